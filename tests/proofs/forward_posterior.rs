//! Means and variances of q(x_t | x_0) and q(x_{t−1} | x_t, x_0), checked by Bayes' rule.

use diffusion_intuition::{Rng, Schedule};
use ndarray::{Array1, array};

use crate::support::{assert_close, chapter_schedule, coarse_schedule, log_normal, random_points};

/// Relative error of one rounding to f32.
const HALF_ULP: f64 = f32::EPSILON as f64 / 2.0;

fn schedules() -> [(&'static str, Schedule); 3] {
    [
        ("chapter", chapter_schedule()),
        ("coarse", coarse_schedule()),
        ("cosine", Schedule::cosine(50).unwrap()),
    ]
}

fn floats(n: usize, reach: f64, rng: &mut Rng) -> Array1<f32> {
    random_points(n, 1, reach, rng)
        .into_iter()
        .map(|x| x as f32)
        .collect()
}

#[test]
fn mean_and_variance_of_x_t() {
    let x0 = floats(100, 4.0, &mut Rng::new(1));
    for (name, schedule) in schedules() {
        let mut kept = 1.0;
        for t in 0..schedule.timesteps() {
            kept *= 1.0 - schedule.betas()[t];
            let (mean, variance) = schedule.q_mean_variance(&x0, t).unwrap();
            assert_close(
                format_args!("{name}: variance {t}"),
                variance,
                1.0 - kept,
                1e-15,
            );
            for (mean, x0) in mean.iter().zip(&x0) {
                let expected = kept.sqrt() * f64::from(*x0);
                // The coefficient and the product are rounded once each.
                let tolerance = 2.1 * HALF_ULP * expected.abs();
                assert_close(
                    format_args!("{name}: mean {t}"),
                    f64::from(*mean),
                    expected,
                    tolerance,
                );
            }
        }
    }
}

/// ln q(x_t|x_{t−1}) + ln q(x_{t−1}|x_0) − ln q(x_t|x_0) = ln q(x_{t−1}|x_t,x_0), at random points.
#[test]
fn posterior_is_bayes_at_random_points() {
    let n = 200;
    for (name, schedule) in schedules() {
        for t in 1..schedule.timesteps() {
            let rng = &mut Rng::new(300 + t as u64);
            let x0 = floats(n, 3.0, rng);
            // Points where the densities live; the identity holds at all, rounding is worst in the tails.
            let (before, _) = schedule.q_sample(&x0, t - 1, rng).unwrap();
            let x_t = schedule.q_step(&before, t, rng).unwrap();
            let (mean_before, variance_before) = schedule.q_mean_variance(&x0, t - 1).unwrap();
            let (mean_t, variance_t) = schedule.q_mean_variance(&x0, t).unwrap();
            let (mean, variance) = schedule.q_posterior(&x0, &x_t, t).unwrap();
            let (alpha, beta) = (schedule.alphas()[t], schedule.betas()[t]);
            for i in 0..n {
                let at = |x: &Array1<f32>| f64::from(x[i]);
                let (x, y) = (at(&before), at(&x_t));
                let step = log_normal(y, alpha.sqrt() * x, beta);
                let bayes = step + log_normal(x, at(&mean_before), variance_before)
                    - log_normal(y, at(&mean_t), variance_t);
                let posterior = log_normal(x, at(&mean), variance);
                // Means are rounded to f32: an error δ in a mean moves ln N by |x − mean|/variance·δ.
                // x0, x_t < 8 in size, so the posterior's two products and their sum err by < 40 half-ulps
                // of 1, the other means by < 8.
                let lever = |x: f64, mean: f64, variance: f64| (x - mean).abs() / variance;
                let tolerance = 1e-9
                    + HALF_ULP
                        * (40.0 * lever(x, at(&mean), variance)
                            + 8.0 * lever(x, at(&mean_before), variance_before)
                            + 8.0 * lever(y, at(&mean_t), variance_t));
                assert_close(
                    format_args!("{name}, t = {t}, {i}"),
                    posterior,
                    bayes,
                    tolerance,
                );
            }
        }
    }
}

/// By precisions: 1/β̃ = α/β + 1/(1−ᾱ_{t−1}), mean = β̃·(√α/β·x_t + √ᾱ_{t−1}/(1−ᾱ_{t−1})·x_0).
#[test]
fn posterior_coefficients_are_the_precision_weights() {
    let (one, none) = (array![1.0_f32], array![0.0_f32]);
    for (name, schedule) in schedules() {
        for t in 1..schedule.timesteps() {
            let (alpha, beta) = (schedule.alphas()[t], schedule.betas()[t]);
            let kept = schedule.alpha_bars()[t - 1];
            let variance = 1.0 / (alpha / beta + 1.0 / (1.0 - kept));
            let (of_x0, found) = schedule.q_posterior(&one, &none, t).unwrap();
            let (of_x_t, _) = schedule.q_posterior(&none, &one, t).unwrap();
            // 1 − ᾱ ≥ 1e-4 leaves twelve digits; f32 then rounds once.
            let close = |what: &str, found: f64, expected: f64, relative: f64| {
                let what = format!("{name}, t = {t}: {what}");
                assert_close(what, found, expected, relative * expected);
            };
            close("variance", found, variance, 1e-11);
            let weight_x0 = variance * kept.sqrt() / (1.0 - kept);
            let weight_x_t = variance * alpha.sqrt() / beta;
            close("x0", f64::from(of_x0[0]), weight_x0, 1.01 * HALF_ULP);
            close("x_t", f64::from(of_x_t[0]), weight_x_t, 1.01 * HALF_ULP);
        }
    }
}

/// At t = 0 the clean sample is the answer, exactly, whatever x_t is.
#[test]
fn posterior_at_the_first_step_is_the_clean_sample() {
    let x0 = floats(50, 4.0, &mut Rng::new(2));
    let x_t = floats(50, 4.0, &mut Rng::new(3));
    for (name, schedule) in schedules() {
        let (mean, variance) = schedule.q_posterior(&x0, &x_t, 0).unwrap();
        assert_eq!(mean, x0, "{name}");
        assert_eq!(variance, 0.0, "{name}");
    }
}

/// With zero terminal SNR x_T says nothing: the posterior is q(x_{T−1} | x_0).
#[test]
fn posterior_of_a_last_step_without_signal() {
    let schedule = chapter_schedule().zero_terminal_snr().unwrap();
    let x0 = floats(50, 4.0, &mut Rng::new(4));
    let x_t = floats(50, 4.0, &mut Rng::new(5));
    let (mean, variance) = schedule.q_posterior(&x0, &x_t, 199).unwrap();
    let (expected, expected_variance) = schedule.q_mean_variance(&x0, 198).unwrap();
    assert_eq!(mean, expected);
    assert_close("variance", variance, expected_variance, 1e-15);
}
