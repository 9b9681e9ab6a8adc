//! The reverse kernel q(x_{t−1} | x_t) is Bayes' rule, pointwise and integrated.

use diffusion_intuition::{Mixture, Rng, Schedule};
use ndarray::{Array1, Array2, array};

use crate::support::{
    assert_all_close, assert_close, assert_moments, chapter_schedule, coarse_schedule,
    five_dimensions, grid, log_normal, lopsided, plane, to_f64,
};

/// q(x_{t−1}), which at t = 0 is the data's own law.
fn before(data: &Mixture, schedule: &Schedule, t: usize) -> Mixture {
    match t {
        0 => data.clone(),
        t => data.marginal(schedule, t - 1).unwrap(),
    }
}

/// ln q(x_{t−1} | x_t) = ln q(x_t | x_{t−1}) + ln q(x_{t−1}) − ln q(x_t), at points drawn from the chain.
#[test]
fn kernel_is_bayes_at_random_points() {
    for (name, data) in [
        ("bimodal", Mixture::bimodal()),
        ("lopsided", lopsided()),
        ("plane", plane()),
        ("five dimensions", five_dimensions()),
    ] {
        for schedule in [chapter_schedule(), coarse_schedule()] {
            for t in 0..schedule.timesteps() {
                let rng = &mut Rng::new(t as u64);
                let earlier = before(&data, &schedule, t);
                let x = earlier.sample(10, rng).unwrap();
                let y = schedule.q_step(&x, t, rng).unwrap().mapv(f64::from);
                let x = x.mapv(f64::from);
                let marginal = data.marginal(&schedule, t).unwrap();
                let (log_x, log_y) = (earlier.log_density(&x), marginal.log_density(&y));
                let (log_x, log_y) = (log_x.unwrap(), log_y.unwrap());
                let (alpha, beta) = (schedule.alphas()[t], schedule.betas()[t]);
                for i in 0..10 {
                    let kernel = data.reverse_kernel(&schedule, &y.row(i), t).unwrap();
                    let point = x.row(i).insert_axis(ndarray::Axis(0));
                    let found = kernel.log_density(&point).unwrap()[0];
                    let pairs = x.row(i).into_iter().zip(y.row(i));
                    let step: f64 = pairs
                        .map(|(x, y)| log_normal(*y, alpha.sqrt() * x, beta))
                        .sum();
                    let expected = step + log_x[i] - log_y[i];
                    // A mean of size 5 is off by some 1e-15; ln N feels that times |x − mean|/β, at most 5
                    // standard deviations over 0.01: 5e-13. Six of ten such terms in five dimensions: 1e-11.
                    let what = format!("{name}, t = {t}, row {i}");
                    assert_close(what, found, expected, 1e-11 * (1.0 + expected.abs()));
                }
            }
        }
    }
}

/// ∫ q(x_{t−1} | x_t) q(x_t) dx_t = q(x_{t−1}).
#[test]
fn kernel_integrates_out_to_the_marginal_before() {
    let probes = Array1::linspace(-4.0, 4.5, 18);
    for data in [Mixture::bimodal(), lopsided()] {
        for (schedule, ts) in [
            (chapter_schedule(), vec![0, 1, 30, 120, 199]),
            (coarse_schedule(), (0..6).collect()),
        ] {
            for t in ts {
                // As a function of x_t the integrand is as narrow as q(x_t | x_{t−1}): √β ≥ 0.01, which is
                // 2 spacings.
                let (nodes, spacing) = grid(-8.0, 9.0, 3401);
                let mass = data.marginal(&schedule, t).unwrap().density(&nodes);
                let mass = mass.unwrap() * spacing;
                let mut total: Array1<f64> = Array1::zeros(probes.len());
                for (y, mass) in nodes.iter().zip(&mass) {
                    let kernel = data.reverse_kernel(&schedule, &array![*y], t).unwrap();
                    total.scaled_add(*mass, &kernel.density(&probes).unwrap());
                }
                let expected = before(&data, &schedule, t).density(&probes).unwrap();
                let what = format!("t = {t}");
                // Rounding of the exponents, some 1e3 in size where a kernel is 0.01 wide.
                assert_all_close(what, &total, &expected, |e| 1e-12 + 1e-11 * e);
            }
        }
    }
}

/// `reverse_step` draws from what `reverse_kernel` says: moments for every coordinate.
#[test]
fn step_draws_from_the_kernel() {
    let n = 40_000;
    for data in [lopsided(), plane(), five_dimensions()] {
        let d = data.dim();
        for schedule in [chapter_schedule(), coarse_schedule()] {
            for t in [0, 1, schedule.timesteps() / 2, schedule.timesteps() - 1] {
                let point = Array1::from_shape_fn(d, |i| 0.3 + 0.2 * i as f32);
                let x_t = Array2::from_shape_fn((n, d), |(_, i)| point[i]);
                let rng = &mut Rng::new(10 + t as u64);
                let drawn = data.reverse_step(&schedule, &x_t, t, rng).unwrap();
                let kernel = data.reverse_kernel(&schedule, &point, t).unwrap();
                let (mean, covariance) = (kernel.mean(), kernel.covariance());
                for i in 0..d {
                    let what = format!("d = {d}, t = {t}, coordinate {i}");
                    let column = to_f64(drawn.column(i));
                    assert_moments(&what, &column, mean[i], covariance[[i, i]]);
                }
                // And the two first coordinates together.
                if d > 1 {
                    let sums: Vec<f64> = drawn
                        .rows()
                        .into_iter()
                        .map(|r| f64::from(r[0] + r[1]))
                        .collect();
                    let spread = covariance[[0, 0]] + covariance[[1, 1]] + 2.0 * covariance[[0, 1]];
                    assert_moments(
                        &format!("d = {d}, t = {t}, sum"),
                        &sums,
                        mean[0] + mean[1],
                        spread,
                    );
                }
            }
        }
    }
}

/// Nothing of x_0 is left in x_T, so a step back from it is a fresh draw of q(x_{T−1}), whatever x_T is.
#[test]
fn a_last_step_without_signal_forgets_its_start() {
    for data in [Mixture::bimodal(), plane()] {
        let schedule = chapter_schedule().zero_terminal_snr().unwrap();
        let expected = before(&data, &schedule, 199);
        for start in [-3.0_f64, 0.0, 50.0] {
            let point = Array1::from_elem(data.dim(), start);
            let kernel = data.reverse_kernel(&schedule, &point, 199).unwrap();
            // Responsibilities come from equal exponents of size start²/2 = 1250: good to 3e-13.
            assert_all_close("weights", kernel.weights(), expected.weights(), |_| 1e-12);
            let mean = expected.mean();
            assert_all_close("mean", &kernel.mean(), &mean, |_| 1e-11);
            let covariance = expected.covariance();
            assert_all_close("covariance", &kernel.covariance(), &covariance, |_| 1e-11);
        }
    }
}

/// The step from t = 0 ends at clean data: for one Gaussian in closed form, N(μ, s²) seen through noise.
#[test]
fn the_first_step_ends_at_clean_data() {
    let (mu, s2) = (1.0, 0.25);
    let data = Mixture::isotropic(&array![[mu]], 0.5).unwrap();
    let schedule = coarse_schedule();
    let (alpha, beta) = (schedule.alphas()[0], schedule.betas()[0]);
    for x in [-1.0, 0.2, 3.0] {
        let kernel = data.reverse_kernel(&schedule, &array![x], 0).unwrap();
        let precision = 1.0 / s2 + alpha / beta;
        let mean = (mu / s2 + alpha.sqrt() * x / beta) / precision;
        assert_close("mean", kernel.mean()[0], mean, 1e-14);
        assert_close(
            "variance",
            kernel.covariance()[[0, 0]],
            1.0 / precision,
            1e-15,
        );
    }
}
