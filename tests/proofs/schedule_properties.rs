//! What must hold for every schedule, tried on hundreds of random ones.
//!
//! Seeded loops instead of a property-testing crate: a failure names its schedule, and there is nothing
//! smaller to shrink to than the timestep that the message gives.

use diffusion_intuition::{Rng, Schedule};
use rand::RngExt;

use crate::support::{assert_all_close, assert_close, chapter_schedule};

const EPS: f64 = f64::EPSILON;

/// β from 1e-6 to 0.5, evenly in the logarithm, at random lengths; and every named constructor at random
/// parameters.
fn schedules() -> Vec<(String, Schedule)> {
    let mut rng = Rng::new(1);
    let mut all = Vec::new();
    for case in 0..200 {
        let n = rng.random_range(1..=300_usize);
        let mut betas = vec![0.0; n];
        let high = if n > 100 { 0.05 } else { 0.5 }; // so that no ᾱ underflows
        for beta in &mut betas {
            let low: f64 = 1e-6;
            *beta = low * (high / low).powf(rng.random::<f64>());
        }
        let name = format!("random betas, case {case}, T = {n}");
        all.push((name, Schedule::from_betas(betas).unwrap()));
        let mut ends = [rng.random_range(1e-5..0.03), rng.random_range(1e-5..0.03)];
        ends.sort_by(f64::total_cmp);
        let [start, end] = ends;
        let s = rng.random_range(0.001..0.1);
        let tau = rng.random_range(0.5..2.0);
        let made = [
            ("linear", Schedule::linear(n, start, end)),
            ("linear downwards", Schedule::linear(n, end, start)),
            ("scaled_linear", Schedule::scaled_linear(n, start, end)),
            ("linear_rescaled", Schedule::linear_rescaled(n.max(20))),
            ("cosine", Schedule::cosine_with(n, s)),
            ("sigmoid", Schedule::sigmoid_with(n, -3.0, 3.0, tau)),
            ("sqrt", Schedule::sqrt(n)),
        ];
        for (kind, schedule) in made {
            let name = format!("{kind}, T = {n}, ends {start} and {end}, s {s}, tau {tau}");
            all.push((name, schedule.unwrap()));
        }
    }
    for steps in [2, 20, 200] {
        let zero = Schedule::cosine(steps)
            .unwrap()
            .zero_terminal_snr()
            .unwrap();
        all.push((format!("zero terminal SNR of cosine {steps}"), zero));
    }
    all
}

#[test]
fn betas_are_in_range_and_alphas_are_their_complement() {
    for (name, schedule) in schedules() {
        let last = schedule.timesteps() - 1;
        for (t, (&beta, &alpha)) in schedule.betas().iter().zip(schedule.alphas()).enumerate() {
            let valid = beta > 0.0 && (beta < 1.0 || (t == last && beta == 1.0));
            assert!(valid, "{name}: beta[{t}] = {beta}");
            assert_eq!(alpha, 1.0 - beta, "{name}: alpha[{t}]");
        }
    }
}

#[test]
fn alpha_bars_are_the_products_of_alphas() {
    for (name, schedule) in schedules() {
        for t in 0..schedule.timesteps() {
            let alpha_bar = schedule.alpha_bar(t).unwrap();
            // Multiplied from the other end: each of the two products rounds t times.
            let product: f64 = schedule.alphas().iter().take(t + 1).rev().product();
            let tolerance = (t + 1) as f64 * EPS * product;
            assert_close(
                format_args!("{name}: alpha_bar[{t}]"),
                alpha_bar,
                product,
                tolerance,
            );
        }
    }
}

#[test]
fn signal_falls_and_noise_rises_strictly() {
    for (name, schedule) in schedules() {
        let bars = schedule.alpha_bars();
        let (snr, log_snr) = (schedule.snr(), schedule.log_snr());
        let noise = schedule.noise_levels();
        assert!(bars[0] < 1.0, "{name}");
        for t in 0..schedule.timesteps() {
            let ab = bars[t];
            // Three and four roundings.
            assert_close(
                format_args!("{name}: SNR {t}"),
                snr[t],
                ab / (1.0 - ab),
                4.0 * EPS * snr[t],
            );
            let logs = ab.ln() - (-ab).ln_1p();
            let tolerance = 8.0 * EPS * (1.0 + ab.ln().abs() + (-ab).ln_1p().abs());
            assert_close(
                format_args!("{name}: log SNR {t}"),
                log_snr[t],
                logs,
                tolerance,
            );
            assert_close(
                format_args!("{name}: noise {t}"),
                noise[t].powi(2),
                1.0 - ab,
                4.0 * EPS,
            );
            if t > 0 {
                assert!(ab < bars[t - 1], "{name}: alpha_bar[{t}]");
                assert!(snr[t] < snr[t - 1], "{name}: SNR {t}");
                assert!(log_snr[t] < log_snr[t - 1], "{name}: log SNR {t}");
                assert!(noise[t] >= noise[t - 1], "{name}: noise level {t}");
            }
        }
    }
}

/// Bayes: precisions add up, 1/β̃_t = α_t/β_t + 1/(1−ᾱ_{t−1}). The crate uses another form, eq. 7.
#[test]
fn posterior_variance_is_bayes_and_below_beta() {
    for (name, schedule) in schedules() {
        let all = schedule.posterior_variances();
        assert_eq!(all.len(), schedule.timesteps(), "{name}");
        assert_eq!(all[0], 0.0, "{name}: nothing is unknown at t = 0");
        for t in 1..schedule.timesteps() {
            let (alpha, beta) = (schedule.alphas()[t], schedule.betas()[t]);
            let before = 1.0 - schedule.alpha_bars()[t - 1];
            let expected = 1.0 / (alpha / beta + 1.0 / before);
            // 1 − ᾱ carries the rounding of ᾱ, t half-ulps of 1 at most; so do α and 1 − β.
            let tolerance = expected * EPS * (8.0 + (t + 1) as f64 * (1.0 / before));
            assert_close(
                format_args!("{name}: variance {t}"),
                all[t],
                expected,
                tolerance,
            );
            assert_eq!(schedule.posterior_variance(t).unwrap(), all[t]);
            // Where ᾱ is below the rounding of 1, knowing x_0 helps by less than an f64 can say.
            let visible = schedule.alpha_bars()[t - 1] > 1e-12;
            assert!(
                all[t] < beta || (!visible && all[t] == beta),
                "{name}: {t}: {} against beta = {beta}",
                all[t]
            );
        }
    }
}

#[test]
fn alpha_bars_give_back_their_schedule() {
    for (name, schedule) in schedules() {
        let again = Schedule::from_alpha_bars(schedule.alpha_bars().clone()).unwrap();
        // The product, the ratio and the difference round once each, at the scale of 1.
        assert_all_close(&name, again.betas(), schedule.betas(), |_| 2.0 * EPS);
        // Each step adds at most three such errors, seen relative to its α.
        let mut bound = 0.0;
        for t in 0..schedule.timesteps() {
            bound += 3.0 * EPS * (1.0 + 1.0 / schedule.alphas()[t]);
            let (found, expected) = (again.alpha_bars()[t], schedule.alpha_bars()[t]);
            let tolerance = if expected == 0.0 {
                0.0
            } else {
                bound * expected
            };
            assert_close(
                format_args!("{name}: alpha_bar[{t}]"),
                found,
                expected,
                tolerance,
            );
        }
    }
}

#[test]
fn zero_terminal_snr_keeps_the_first_and_ends_at_nothing() {
    for (name, schedule) in schedules() {
        let last = schedule.timesteps() - 1;
        if last == 0 {
            continue;
        }
        let zero = schedule.zero_terminal_snr().unwrap();
        let first = schedule.alpha_bars()[0];
        // (a − b)·(a/(a − b)) rounds three times, its square and the way through β as often again.
        assert_close(&name, zero.alpha_bars()[0], first, 8.0 * EPS);
        assert_eq!(zero.alpha_bars()[last], 0.0, "{name}");
        assert_eq!(zero.betas()[last], 1.0, "{name}");
        assert_eq!(zero.alphas()[last], 0.0, "{name}");
        assert_eq!(zero.snr()[last], 0.0, "{name}");
        assert_eq!(zero.log_snr()[last], f64::NEG_INFINITY, "{name}");
        assert_eq!(zero.noise_level(last).unwrap(), 1.0, "{name}");
        // Nothing is left of x_0 in x_T: knowing x_T adds nothing to q(x_{T−1} | x_0).
        let expected = 1.0 - zero.alpha_bars()[last - 1];
        assert_close(&name, zero.posterior_variance(last).unwrap(), expected, EPS);
        let twice = zero.zero_terminal_snr().unwrap();
        assert_all_close(&name, twice.alpha_bars(), zero.alpha_bars(), |ab| {
            1e-12 * ab
        });
    }
}

/// The facts that the book states, to its digits.
#[test]
fn where_schedules_end() {
    let end = |schedule: Schedule| schedule.alpha_bar(schedule.timesteps() - 1).unwrap();
    assert_close("chapter", end(chapter_schedule()), 0.1322, 5e-5);
    let scaled = Schedule::scaled_linear(200, 1e-4, 0.02).unwrap();
    assert_close("scaled linear", end(scaled), 0.236, 5e-4);
    let rescaled = Schedule::linear_rescaled(200).unwrap();
    assert_close("rescaled", end(rescaled), 3.0e-5, 5e-7);
    let default = Schedule::default();
    assert_eq!(default, Schedule::linear(100, 1e-4, 0.02).unwrap());
}

/// The numbers that the docs of the schedules name.
#[test]
fn schedules_end_where_their_docs_say() {
    let linear = Schedule::linear(1000, 1e-4, 0.02);
    let latent = Schedule::scaled_linear(1000, 0.00085, 0.012);
    for (schedule, alpha_bar, factor) in [
        (linear, 4.0e-5, 157.0),
        (latent, 0.0047, 15.0),
        (Schedule::linear_rescaled(200), 3.0e-5, 182.0),
        (Schedule::linear_rescaled(50), 7.7e-6, 360.0),
        (Schedule::cosine(1000), 2.4e-9, 20_000.0),
        (Schedule::cosine(200), 6.1e-8, 4_000.0),
        (Schedule::sigmoid(1000), 3.0e-7, 1_800.0),
        (Schedule::sigmoid(200), 1.5e-6, 800.0),
        (Schedule::sqrt(200), 0.00245, 20.2),
        (Schedule::sqrt(2000), 2.0e-4, 70.7),
    ] {
        let schedule = schedule.unwrap();
        let last = schedule.timesteps() - 1;
        // Rounded to two digits, one of them in three.
        let found = schedule.alpha_bars()[last];
        assert_close("alpha_bar", found / alpha_bar, 1.0, 0.05);
        assert_close("factor", (1.0 / found - 1.0).sqrt() / factor, 1.0, 0.05);
    }
    let end = |schedule: diffusion_intuition::Result<Schedule>| {
        *schedule.unwrap().alpha_bars().last().unwrap()
    };
    assert_eq!(end(Schedule::linear_rescaled(20)), 0.0);
    for total in [100, 4000] {
        let t = total as f64;
        assert_close("cosine", end(Schedule::cosine(total)) * t * t, 0.0024, 5e-5);
        assert_close("sigmoid", end(Schedule::sigmoid(total)) * t, 0.0003, 1e-5);
    }
}

/// ᾱ_t = 1 − √(t/T + 10⁻⁴) with t from 0, up to the limit of β, which only the last of very many steps meets.
#[test]
fn the_square_root_is_the_papers() {
    for total in [1, 2, 200, 2000, 9999] {
        let schedule = Schedule::sqrt(total).unwrap();
        for (t, alpha_bar) in schedule.alpha_bars().iter().enumerate() {
            let expected = 1.0 - (t as f64 / total as f64 + 1e-4).sqrt();
            let limited = total == 9999 && t == 9998;
            let expected = match limited {
                true => schedule.alpha_bars()[t - 1] * 0.001,
                false => expected,
            };
            // Roundings of 1e-16 in β and in the product, at most 3 a step and each relative to α ≥ 0.001.
            let tolerance = 3.0 * f64::EPSILON * (t + 1) as f64 * expected.max(1e-3);
            assert_close(format!("{total}: {t}"), *alpha_bar, expected, tolerance);
        }
    }
    let first = Schedule::sqrt(200).unwrap().noise_level(0).unwrap();
    assert_close("the first noise", first, 0.1, 1e-15);
}
