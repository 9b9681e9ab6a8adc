//! The empirical denoiser is the conditional mean over its rows, the limit of narrow Gaussians, and copies.

use diffusion_intuition::metrics::{Estimate, nearest};
use diffusion_intuition::prelude::*;
use ndarray::s;

use crate::support::{SIGMAS, assert_close, assert_same_at_any_thread_count};

const KINDS: [Prediction; 4] = [
    Prediction::Eps,
    Prediction::X0,
    Prediction::V,
    Prediction::Velocity,
];

fn digits(n: usize) -> Array2<f32> {
    data::digits().train.rows.slice(s![..n, ..]).to_owned()
}

/// E[x_0 | x_t] written out: weights from differences, not from products of matrices.
fn mean_given(rows: &Array2<f32>, x: &[f64], alpha_bar: f64) -> Vec<f64> {
    let exponent = |row: &[f32]| -> f64 {
        let squares = row.iter().zip(x);
        let squares = squares.map(|(y, x)| (x - alpha_bar.sqrt() * f64::from(*y)).powi(2));
        -squares.sum::<f64>() / (2.0 * (1.0 - alpha_bar))
    };
    let exponents: Vec<f64> = rows
        .rows()
        .into_iter()
        .map(|r| exponent(r.as_slice().unwrap()))
        .collect();
    let most = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = exponents.iter().map(|e| (e - most).exp()).collect();
    let sum: f64 = weights.iter().sum();
    (0..x.len())
        .map(|j| {
            weights
                .iter()
                .zip(rows.column(j))
                .map(|(w, y)| w * f64::from(*y))
                .sum::<f64>()
                / sum
        })
        .collect()
}

/// All predictions, at all ends of the schedule; ᾱ = 0 at the last.
#[test]
fn it_is_the_mean_over_the_rows() {
    let rows = digits(50);
    let schedule = Schedule::linear(100, 1e-4, 0.1)
        .unwrap()
        .zero_terminal_snr()
        .unwrap();
    let x0 = rows.slice(s![..40, ..]).to_owned();
    for t in [0, 20, 50, 80, 99] {
        let alpha_bar: f64 = schedule.alpha_bar(t).unwrap();
        let (signal, noise) = (alpha_bar.sqrt(), (1.0 - alpha_bar).sqrt());
        let (x_t, _) = schedule.q_sample(&x0, t, &mut Rng::new(t as u64)).unwrap();
        let found = KINDS.map(|kind| {
            let denoiser = EmpiricalDenoiser::new(&rows, &schedule, kind).unwrap();
            assert!(denoiser.is_exact() && denoiser.prediction() == kind);
            denoiser.denoise(&x_t, t).unwrap()
        });
        for (i, row) in x_t.rows().into_iter().enumerate() {
            let x: Vec<f64> = row.iter().map(|x| f64::from(*x)).collect();
            let mean = mean_given(&rows, &x, alpha_bar);
            for (j, (x, x0)) in x.iter().zip(mean).enumerate() {
                let eps = (x - signal * x0) / noise;
                let expected = [eps, x0, signal * eps - noise * x0, eps - x0];
                for (found, expected) in found.iter().zip(expected) {
                    // f32's rounding of the answer; and of exponents of up to 64/1e-4 that of f64, 64e4·2⁻⁵³ = 7e-11,
                    // in weights, which ε divides by a noise of 1e-2.
                    let tolerance = 6e-8 * expected.abs() + 1e-8;
                    assert_close(
                        format_args!("t {t}"),
                        found[[i, j]].into(),
                        expected,
                        tolerance,
                    );
                }
            }
        }
    }
}

/// A Gaussian of standard deviation s at every row: s² is added to the noise's variance, (1−ᾱ)/ᾱ in the rows' units.
#[test]
fn it_is_the_limit_of_narrow_gaussians() {
    let rows = digits(30);
    let schedule = Schedule::cosine(50).unwrap();
    let narrow = Mixture::isotropic(&rows.mapv(f64::from), 1e-6).unwrap();
    for kind in KINDS {
        let (limit, narrow) = (
            EmpiricalDenoiser::new(&rows, &schedule, kind).unwrap(),
            narrow.denoiser(&schedule, kind),
        );
        for t in [0, 10, 25, 40, 49] {
            let (x_t, _) = schedule.q_sample(&rows, t, &mut Rng::new(7)).unwrap();
            let (a, b) = (
                limit.denoise(&x_t, t).unwrap(),
                narrow.denoise(&x_t, t).unwrap(),
            );
            let gap = (&a - &b).iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            // s²ᾱ/(1−ᾱ) < 1e-8 of the differences of exponents, which count while they are below 30; and two roundings
            // to f32 of numbers below 8.
            assert!(gap < 2e-6, "{kind:?} at t = {t}: {gap}");
        }
    }
}

#[test]
fn what_samples_with_it_copies() {
    let rows = digits(200);
    let schedule = Schedule::cosine(100).unwrap();
    let denoiser = EmpiricalDenoiser::new(&rows, &schedule, Prediction::V).unwrap();
    let noise = Rng::new(0).standard_normal(50, 64).unwrap();
    for method in [Method::DDIM, Method::DDPM] {
        let sampler = Sampler::new(&schedule, method, 100).unwrap();
        let samples = sampler.sample(&denoiser, &noise, &mut Rng::new(1)).unwrap();
        let near = nearest(&samples, &rows).unwrap();
        // The last step goes to x̂0, a single row but for a share of e^(−0.9²/(2·4e-4)) of the others (training pictures
        // are at least 0.94 apart), rounded to f32.
        assert!(
            near.iter().all(|(_, distance)| *distance < 1e-5),
            "{near:?}"
        );
        let different: std::collections::HashSet<_> = near.iter().map(|(i, _)| *i).collect();
        assert!(different.len() > 30, "{} of 200", different.len());
    }
}

/// The floor of a loss on ε at t in 40,000 draws, and what quadrature says of such a law, which it comes close to.
fn same_floor(
    denoiser: &EmpiricalDenoiser,
    law: &Mixture,
    (schedule, t): (&Schedule, usize),
    seed: u64,
) -> (Estimate, f64) {
    let draws = denoiser.loss_floor(t..t + 1, 40_000, &mut Rng::new(seed));
    let (floor, expected) = (draws.unwrap(), law.eps_floor(schedule, t).unwrap());
    assert_close("floor", floor.mean, expected, SIGMAS * floor.standard_error);
    (floor, expected)
}

/// Two numbers, ±1: a mixture of two narrow Gaussians, whose floor quadrature knows.
#[test]
fn its_floor_is_that_of_the_loss() {
    let schedule = Schedule::linear(100, 1e-4, 0.05).unwrap();
    let rows = array![[-1.0], [1.0]];
    let denoiser = EmpiricalDenoiser::new(&rows, &schedule, Prediction::Eps).unwrap();
    let law = Mixture::normals(&[(1.0, -1.0, 1e-5), (1.0, 1.0, 1e-5)]).unwrap();
    for t in [30, 60, 99] {
        let (_, expected) = same_floor(&denoiser, &law, (&schedule, t), 3);
        assert!(expected > 1e-3);
    }
    let all = denoiser
        .loss_floor(0..100, 40_000, &mut Rng::new(4))
        .unwrap();
    let expected = law.eps_floors(&schedule).unwrap().mean().unwrap();
    assert_close(
        "mean floor",
        all.mean,
        expected,
        SIGMAS * all.standard_error,
    );
    // One row alone tells all of its noise, but for the rounding of x_t to f32: 2⁻²⁴·|x_t| over √(1−ᾱ) = 0.2.
    let alone = EmpiricalDenoiser::new(&array![[0.5, -1.0]], &schedule, Prediction::Eps).unwrap();
    let floor = alone.loss_floor(20..100, 1000, &mut Rng::new(5)).unwrap();
    assert!(floor.mean < 1e-12, "{floor}");
    // An error of x_0 is √(1−ᾱ)/√ᾱ times one of ε, so one of v = √ᾱ ε − √(1−ᾱ) x_0 is √ᾱ + (1−ᾱ)/√ᾱ = 1/√ᾱ times,
    // draw by draw.
    let v = EmpiricalDenoiser::new(&rows, &schedule, Prediction::V).unwrap();
    let [eps, v] = [&denoiser, &v].map(|d| d.loss_floor(60..61, 1000, &mut Rng::new(6)).unwrap());
    let ratio = 1.0 / schedule.alpha_bar(60).unwrap();
    // Both in f32, relative to targets of 1 where the loss is about 0.1.
    assert_close("ratio of floors", v.mean / eps.mean, ratio, 1e-5);
}

/// All pairs of −1, −1 and 1: the rows are as likely as each other, equal ones too, and the floor is the mean over
/// coordinates.
#[test]
fn its_floor_counts_rows_and_coordinates() {
    let schedule = Schedule::linear(100, 1e-4, 0.05).unwrap();
    let values = [-1.0, -1.0, 1.0];
    let rows = Array2::from_shape_fn((9, 2), |(i, j)| values[[i / 3, i % 3][j]]);
    let law = Mixture::normals(&[(2.0, -1.0, 1e-5), (1.0, 1.0, 1e-5)]).unwrap();
    let denoiser = EmpiricalDenoiser::new(&rows, &schedule, Prediction::Eps).unwrap();
    let (floor, expected) = same_floor(&denoiser, &law, (&schedule, 60), 7);
    // The spread of 40,000 draws is known to 1 %, and a wrong floor would be many of it away.
    assert!(20.0 * floor.standard_error < expected, "{floor}");
}

#[test]
fn threads_do_not_change_it() {
    let rows = digits(300);
    let schedule = Schedule::cosine(50).unwrap();
    let denoiser = EmpiricalDenoiser::new(&rows, &schedule, Prediction::Eps).unwrap();
    let x = Rng::new(0).standard_normal(100, 64).unwrap();
    assert_same_at_any_thread_count(|| denoiser.denoise(&x, 30).unwrap());
    // Each row's answer is its own, to the last bits of f64 in a product of matrices of another height.
    let all = denoiser.denoise(&x, 30).unwrap();
    let one = denoiser
        .denoise(&x.slice(s![70..71, ..]).to_owned(), 30)
        .unwrap();
    assert!(
        one.iter()
            .zip(all.row(70))
            .all(|(a, b)| (a - b).abs() < 1e-6)
    );
}

#[test]
fn bad_input_is_refused() {
    let schedule = Schedule::cosine(50).unwrap();
    let new = |rows: &Array2<f32>| EmpiricalDenoiser::new(rows, &schedule, Prediction::Eps);
    assert!(matches!(
        new(&Array2::zeros((0, 3))),
        Err(Error::Empty { .. })
    ));
    assert!(matches!(
        new(&array![[0.0, f32::NAN]]),
        Err(Error::NotFinite { index: 1, .. })
    ));
    let denoiser = new(&array![[0.0, 1.0]]).unwrap();
    let x = Array2::zeros((4, 2));
    assert!(matches!(
        denoiser.denoise(&x, 50),
        Err(Error::Timestep { t: 50, .. })
    ));
    assert!(matches!(
        denoiser.denoise(&Array2::zeros((4, 3)), 0),
        Err(Error::Shape { .. })
    ));
    assert_eq!(
        denoiser.denoise(&Array2::zeros((0, 2)), 0).unwrap().dim(),
        (0, 2)
    );
    let floor = |ts, draws| {
        denoiser
            .loss_floor(ts, draws, &mut Rng::new(0))
            .unwrap_err()
    };
    assert!(matches!(floor(3..3, 10), Error::Empty { .. }));
    assert!(matches!(floor(50..51, 10), Error::Timestep { .. }));
    // Also where none of the draws falls on it.
    assert!(matches!(floor(0..51, 2), Error::Timestep { t: 50, .. }));
    assert!(matches!(floor(0..50, 1), Error::Parameter { .. }));
    assert!(matches!(floor(0..50, usize::MAX), Error::Size { .. }));
}
