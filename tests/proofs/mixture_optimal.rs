//! The best predictions of ε, x_0 and v are conditional means, checked by integrating over x_0.

use diffusion_intuition::{Mixture, Prediction, Rng, Schedule};
use ndarray::{Array1, Array2};

use crate::support::{
    assert_all_close, assert_close, assert_mean, chapter_schedule, coarse_schedule,
    five_dimensions, grid, log_normal, lopsided, naive_log_density, plane, plane_grid,
    random_points,
};

fn worlds() -> [(&'static str, Mixture); 4] {
    [
        ("bimodal", Mixture::bimodal()),
        ("lopsided", lopsided()),
        ("plane", plane()),
        ("five dimensions", five_dimensions()),
    ]
}

fn schedules() -> [Schedule; 3] {
    let zero = chapter_schedule().zero_terminal_snr().unwrap();
    [chapter_schedule(), coarse_schedule(), zero]
}

/// A few rounded operations on numbers of this size.
fn rounding(size: f64) -> f64 {
    1e-13 * (1.0 + size)
}

#[test]
fn optimal_eps_is_the_score_scaled_and_the_sign_turned() {
    let rng = &mut Rng::new(1);
    for (name, data) in worlds() {
        for schedule in schedules() {
            for t in 0..schedule.timesteps() {
                let x_t = random_points(20, data.dim(), 3.0, rng);
                let eps = data.optimal_eps(&schedule, &x_t, t).unwrap();
                let score = data.marginal(&schedule, t).unwrap().score(&x_t).unwrap();
                let noise = (1.0 - schedule.alpha_bars()[t]).sqrt();
                let expected = score.mapv(|s| -noise * s);
                let what = format!("{name}, t = {t}");
                assert_all_close(what, &eps, &expected, |e| rounding(e.abs()));
            }
        }
    }
}

/// x_t = √ᾱ x0* + √(1−ᾱ) ε*, and v* = √ᾱ ε* − √(1−ᾱ) x0*: means keep linear relations.
#[test]
fn the_three_predictions_belong_together() {
    let rng = &mut Rng::new(2);
    for (name, data) in worlds() {
        for schedule in schedules() {
            for t in 0..schedule.timesteps() {
                let x_t = random_points(20, data.dim(), 3.0, rng);
                let eps = data.optimal_eps(&schedule, &x_t, t).unwrap();
                let x0 = data.optimal(Prediction::X0, &schedule, &x_t, t).unwrap();
                let v = data.optimal(Prediction::V, &schedule, &x_t, t).unwrap();
                let ab = schedule.alpha_bars()[t];
                let (signal, noise) = (ab.sqrt(), (1.0 - ab).sqrt());
                let size = eps.iter().chain(&x0).fold(10.0_f64, |m, e| m.max(e.abs()));
                let what = |part: &str| format!("{name}, t = {t}: {part}");
                let sum = signal * &x0 + noise * &eps;
                assert_all_close(what("x_t"), &sum, &x_t, |_| rounding(size));
                let expected = signal * &eps - noise * &x0;
                assert_all_close(what("v"), &v, &expected, |_| rounding(size));
            }
        }
    }
}

/// E[x_0 | x_t] = ∫ x_0 q(x_t | x_0) p(x_0) dx_0 / ∫ q(x_t | x_0) p(x_0) dx_0, in one dimension.
#[test]
fn predictions_are_posterior_means_in_one_dimension() {
    // √(1−ᾱ) ≥ 0.01, so in x_0 the likelihood is as wide as 2.5 spacings at the least, see `grid`.
    let (nodes, _) = grid(-6.0, 6.5, 3126);
    for data in [Mixture::bimodal(), lopsided()] {
        let prior: Array1<f64> = nodes
            .iter()
            .map(|x| naive_log_density(&data, &[*x]))
            .collect();
        for schedule in schedules() {
            for t in [0, 1, schedule.timesteps() / 2, schedule.timesteps() - 1] {
                let ab = schedule.alpha_bars()[t];
                let (signal, noise) = (ab.sqrt(), (1.0 - ab).sqrt());
                let x_t = Array1::linspace(-4.0, 4.0, 33);
                let found = data.optimal(Prediction::X0, &schedule, &x_t, t).unwrap();
                let found_eps = data.optimal_eps(&schedule, &x_t, t).unwrap();
                for (i, &y) in x_t.iter().enumerate() {
                    let logs: Array1<f64> = nodes
                        .iter()
                        .zip(&prior)
                        .map(|(x, p)| p + log_normal(y, signal * x, noise * noise))
                        .collect();
                    let top = logs.fold(f64::NEG_INFINITY, |m, l| m.max(*l));
                    let weights = logs.mapv(|l| (l - top).exp());
                    let x0 = weights.dot(&nodes) / weights.sum();
                    // Exponents up to some thousands (y far from all data at t = 0) are good to 1e-12,
                    // and ε* divides by a noise level of 0.01.
                    let what = format!("t = {t}, x_t = {y}");
                    assert_close(format_args!("{what}: x0"), found[i], x0, 1e-10);
                    let eps = (y - signal * x0) / noise;
                    assert_close(format_args!("{what}: eps"), found_eps[i], eps, 1e-8);
                }
            }
        }
    }
}

#[test]
fn predictions_are_posterior_means_in_two_dimensions() {
    let data = plane();
    let (nodes, _) = grid(-10.0, 10.0, 201); // 9 standard deviations of the widest part
    let cells = plane_grid(&nodes);
    let prior = data.density(&cells).unwrap(); // proven in mixture_density
    let schedule = coarse_schedule();
    let x_t = random_points(10, 2, 2.0, &mut Rng::new(3));
    for t in 0..6 {
        let ab = schedule.alpha_bars()[t];
        let (signal, noise) = (ab.sqrt(), (1.0 - ab).sqrt());
        let found = data.optimal(Prediction::X0, &schedule, &x_t, t).unwrap();
        for (y, found) in x_t.rows().into_iter().zip(found.rows()) {
            let weights: Array1<f64> = cells
                .rows()
                .into_iter()
                .zip(&prior)
                .map(|(x, p)| {
                    let logs = [0, 1].map(|i| log_normal(y[i], signal * x[i], noise * noise));
                    p * (logs[0] + logs[1]).exp()
                })
                .collect();
            let expected = weights.dot(&cells) / weights.sum();
            // The posterior is 2 spacings wide at the least, see `grid`; the rest is rounding.
            assert_all_close(format_args!("t = {t}"), found, &expected, |_| 1e-11);
        }
    }
}

/// No prediction has a smaller mean squared error: adding any function of x_t makes it larger, because the
/// remaining error is uncorrelated with it. Also proves that `q_sample` and the mixture mean the same t.
#[test]
fn remaining_errors_are_uncorrelated_with_the_input() {
    let data = plane();
    let schedule = coarse_schedule();
    let x0 = data.sample(40_000, &mut Rng::new(4)).unwrap();
    for t in 0..6 {
        let (x_t, eps) = schedule
            .q_sample(&x0, t, &mut Rng::new(5 + t as u64))
            .unwrap();
        let best = data.optimal_eps(&schedule, &x_t, t).unwrap();
        let best_x0 = data.optimal(Prediction::X0, &schedule, &x_t, t).unwrap();
        for (what, error) in [("eps", &eps - &best), ("x0", &x0 - &best_x0)] {
            for f in [|_: f32| 1.0, |x: f32| x, |x: f32| (2.0 * x).sin()] {
                let products = error.iter().zip(&x_t).map(|(e, x)| f64::from(e * f(*x)));
                let products: Vec<f64> = products.collect();
                // The two coordinates of a point are two draws; their errors are correlated at most fully,
                // which the 6 standard errors forgive (4.2 of the wider ones: 2e-5 each).
                assert_mean(format_args!("t = {t}, {what}"), &products, 0.0);
            }
        }
    }
}

/// Nothing of x_0 is left at the last step: ε* is x_t itself and x0* the data's mean.
#[test]
fn a_last_step_without_signal_is_finite() {
    for (name, data) in worlds() {
        let schedule = chapter_schedule().zero_terminal_snr().unwrap();
        let x_t: Array2<f64> = random_points(50, data.dim(), 3.0, &mut Rng::new(6));
        let eps = data.optimal_eps(&schedule, &x_t, 199).unwrap();
        assert_all_close(name, &eps, &x_t, |e| rounding(e.abs()));
        let x0 = data.optimal(Prediction::X0, &schedule, &x_t, 199).unwrap();
        let v = data.optimal(Prediction::V, &schedule, &x_t, 199).unwrap();
        let mean = data.mean();
        for row in 0..50 {
            assert_all_close(name, x0.row(row), &mean, |e| rounding(e.abs()));
            assert_all_close(name, &v.row(row).mapv(|v| -v), &mean, |e| rounding(e.abs()));
        }
    }
}
