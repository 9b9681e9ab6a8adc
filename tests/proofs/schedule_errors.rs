//! Bad schedules and timesteps are refused with a typed error that names the value.

use diffusion_intuition::sampler::{Method, Sampler, Solver, Spacing};
use diffusion_intuition::{Error, Mixture, Prediction, Result, Rng, Schedule};
use ndarray::{Array1, Array2, array};

use crate::support::chapter_schedule;

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T>, expected: Error, text: &[&str]) {
    let error = result.unwrap_err();
    // Compared as text, for NaN is not equal to itself.
    assert_eq!(format!("{error:?}"), format!("{expected:?}"));
    let message = error.to_string();
    for part in text {
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
}

#[test]
fn no_timesteps() {
    let none = [
        Schedule::linear(0, 1e-4, 0.02),
        Schedule::linear_rescaled(0),
        Schedule::scaled_linear(0, 1e-4, 0.02),
        Schedule::cosine(0),
        Schedule::sigmoid(0),
        Schedule::from_betas(vec![]),
        Schedule::from_alpha_bars(vec![]),
    ];
    for schedule in none {
        refused(
            schedule,
            Error::Parameter {
                name: "T",
                value: 0.0,
                valid: "at least 1: a schedule needs a timestep",
            },
            &["T = 0"],
        );
    }
}

/// 1 − √(t/T + 10⁻⁴) is 0 or less before the end if T is 10,000 or more.
#[test]
fn timesteps_that_the_square_root_cannot_have() {
    for n in [0, 10_000, usize::MAX] {
        let (name, value) = ("T", n as f64);
        let valid = "from 1 to 9999, so that 1 − √(t/T + 1e-4) is positive";
        let expected = Error::Parameter { name, value, valid };
        refused(Schedule::sqrt(n), expected, &["9999"]);
    }
}

/// The error for a β that is not in (0, 1].
fn beta(t: usize, value: f64) -> Error {
    let (name, valid) = ("beta", "a beta must lie in (0, 1]".to_owned());
    Error::Schedule {
        name,
        t,
        value,
        valid,
    }
}

#[test]
fn betas_outside_the_range() {
    for (bad, text) in [
        (0.0, "beta[1] = 0:"),
        (-0.1, "beta[1] = -0.1:"),
        (1.5, "beta[1] = 1.5:"),
        (f64::NAN, "beta[1] = NaN:"),
        (f64::INFINITY, "beta[1] = inf:"),
    ] {
        let expected = beta(1, bad);
        let schedule = Schedule::from_betas(vec![0.1, bad, 0.2]);
        refused(schedule, expected, &[text, "(0, 1]"]);
    }
    let first = beta(0, -1.0);
    refused(Schedule::linear(10, -1.0, 0.02), first, &["beta[0] = -1"]);
    let last = beta(9, 1.05);
    refused(Schedule::linear(10, 0.1, 1.05), last, &["beta[9]"]);
    assert!(Schedule::linear(10, f64::NAN, 0.02).is_err());
    assert!(Schedule::linear(10, 1e-4, f64::NAN).is_err());
}

#[test]
fn beta_of_one_only_at_the_end() {
    let valid =
        "it wipes out the signal before the end, only the last of the 3 betas (t = 2) may be 1";
    let (name, valid) = ("beta", valid.to_owned());
    let expected = Error::Schedule {
        name,
        t: 1,
        value: 1.0,
        valid,
    };
    let text = ["beta[1] = 1", "3 betas", "t = 2"];
    refused(Schedule::from_betas(vec![0.1, 1.0, 0.2]), expected, &text);
    let valid = Schedule::from_betas(vec![0.1, 1.0]).unwrap();
    assert_eq!(valid.alpha_bar(1).unwrap(), 0.0);
    assert!(Schedule::from_betas(vec![1.0]).is_ok());
}

#[test]
fn rescaled_linear_needs_twenty_steps() {
    for timesteps in 2..20 {
        match Schedule::linear_rescaled(timesteps) {
            Err(Error::Schedule {
                name: "beta",
                value,
                ..
            }) => assert!(value >= 1.0, "T = {timesteps}: {value}"),
            other => panic!("T = {timesteps}: {other:?}"),
        }
    }
    let shortest = Schedule::linear_rescaled(20).unwrap();
    assert_eq!(shortest.betas()[19], 1.0);
}

#[test]
fn alpha_bars_that_do_not_fall() {
    for (bars, t, alpha_bar, previous) in [
        (vec![1.0, 0.5], 0, 1.0, 1.0),
        (vec![0.9, 0.9], 1, 0.9, 0.9),
        (vec![0.9, 0.95], 1, 0.95, 0.9),
        (vec![0.9, -0.1], 1, -0.1, 0.9),
        (vec![0.9, 0.0, 0.0], 1, 0.0, 0.9),
        (vec![f64::NAN], 0, f64::NAN, 1.0),
    ] {
        let valid = format!(
            "after {previous}, alpha_bars must fall strictly, from below 1 and not below 0"
        );
        let text = format!("alpha_bar[{t}] = {alpha_bar}: after {previous}");
        let (name, value) = ("alpha_bar", alpha_bar);
        let expected = Error::Schedule {
            name,
            t,
            value,
            valid,
        };
        refused(Schedule::from_alpha_bars(bars), expected, &[&text]);
    }
    assert!(Schedule::from_alpha_bars(vec![0.9, 0.0]).is_ok());
}

#[test]
fn parameters_outside_their_range() {
    let inf = f64::INFINITY;
    for (schedule, name, value) in [
        (Schedule::cosine_with(10, -0.1), "s", -0.1),
        (Schedule::cosine_with(10, f64::NAN), "s", f64::NAN),
        (Schedule::cosine_with(10, inf), "s", inf),
        // The logistic function is 1 from 37 on; 2e308 is infinite.
        (Schedule::sigmoid_with(10, 40.0, 50.0, 1.0), "end", 50.0),
        (Schedule::sigmoid_with(10, -1e308, 1e308, 1.0), "end", 1e308),
        // Neither 0 nor anything that a last β could leave.
        (
            Schedule::from_alpha_bars(vec![0.5, 1e-20]),
            "the last alpha_bar",
            1e-20,
        ),
        (Schedule::sigmoid_with(10, inf, 3.0, 1.0), "start", inf),
        (Schedule::sigmoid_with(10, 3.0, 3.0, 1.0), "end", 3.0),
        (Schedule::sigmoid_with(10, 3.0, -3.0, 1.0), "end", -3.0),
        (Schedule::sigmoid_with(10, -3.0, inf, 1.0), "end", inf),
        (Schedule::sigmoid_with(10, -3.0, 3.0, 0.0), "tau", 0.0),
        (Schedule::sigmoid_with(10, -3.0, 3.0, -1.0), "tau", -1.0),
        (
            Schedule::sigmoid_with(10, -3.0, 3.0, f64::NAN),
            "tau",
            f64::NAN,
        ),
        (
            Schedule::scaled_linear(10, -1e-4, 0.02),
            "beta_start",
            -1e-4,
        ),
        (
            Schedule::scaled_linear(10, 1e-4, f64::NAN),
            "beta_end",
            f64::NAN,
        ),
        (
            Schedule::linear(1, 0.1, 0.1).unwrap().zero_terminal_snr(),
            "T",
            1.0,
        ),
    ] {
        match schedule {
            Err(Error::Parameter {
                name: n,
                value: v,
                valid,
            }) => {
                assert_eq!((n, v.to_bits()), (name, value.to_bits()));
                let message = Error::Parameter {
                    name: n,
                    value: v,
                    valid,
                }
                .to_string();
                assert_eq!(message, format!("{name} = {value}: must be {valid}"));
            }
            other => panic!("{name} = {value}: {other:?}"),
        }
    }
}

/// β too small to change 1 − β, or so many that ᾱ underflows to 0 before the end: refused, not answered
/// with NaN.
#[test]
fn betas_without_usable_tables() {
    let underflow = (0..).scan(1.0, |product, _| {
        *product *= 1.0 - 0.999;
        Some(*product)
    });
    let underflow = underflow.take_while(|product: &f64| *product > 0.0).count();
    for (betas, place) in [
        (vec![1e-17, 0.1], 0),
        (vec![0.1, 1e-17], 1),
        (vec![0.999; 200], underflow),
    ] {
        match Schedule::from_betas(betas) {
            Err(Error::Schedule {
                name: "alpha_bar",
                t,
                ..
            }) => assert_eq!(t, place),
            other => panic!("{other:?}"),
        }
    }
    // At the very end ᾱ may underflow: no signal is left there, as after β = 1.
    assert!(Schedule::from_betas(vec![0.999; underflow + 1]).is_ok());
}

/// Refused before memory for the tables is asked for, of which there is none.
#[test]
fn sizes_without_end() {
    let one = Schedule::linear(1000, 1e-4, 0.02).unwrap();
    for n in [1 << 38, usize::MAX / 8, usize::MAX] {
        for schedule in [
            Schedule::linear(n, 1e-4, 0.02),
            Schedule::linear_rescaled(n),
            Schedule::scaled_linear(n, 1e-4, 0.02),
            Schedule::cosine(n),
            Schedule::sigmoid(n),
            one.uniform_in_lambda(n),
        ] {
            let text = schedule.unwrap_err().to_string();
            assert!(text.ends_with("more than memory can hold"), "{text}");
        }
        assert!(Spacing::Leading.timesteps(&one, n).is_err());
        assert!(Sampler::new(&one, Method::Heun, n).is_err());
        assert!(Method::Heun.nfe(n) >= n as u64);
        assert!(Method::Heun.steps(n as u64) > 1 << 22);
    }
}

/// Every method that takes a `t`.
#[test]
fn timesteps_outside_the_schedule() {
    let schedule = chapter_schedule();
    let mixture = Mixture::bimodal();
    let x: Array1<f32> = array![0.5];
    let rows: Array2<f32> = array![[0.5], [0.5]];
    for t in [200, 201, usize::MAX] {
        let outside = || Error::Timestep { t, timesteps: 200 };
        let t_text = format!("t = {t} ");
        let text = [t_text.as_str(), "0..=199"];
        let rng = &mut Rng::new(0);
        let s = &schedule;
        refused(s.alpha_bar(t), outside(), &text);
        refused(s.noise_level(t), outside(), &text);
        refused(s.posterior_variance(t), outside(), &text);
        refused(s.q_step(&x, t, rng), outside(), &text);
        refused(s.q_sample(&x, t, rng), outside(), &text);
        refused(s.q_sample_with(&x, t, &x), outside(), &text);
        refused(s.q_sample_batch(&rows, &[0, t], rng), outside(), &text);
        refused(s.q_mean_variance(&x, t), outside(), &text);
        refused(s.q_posterior(&x, &x, t), outside(), &text);
        refused(mixture.marginal(s, t), outside(), &text);
        refused(mixture.optimal_eps(s, &x, t), outside(), &text);
        refused(mixture.optimal(Prediction::X0, s, &x, t), outside(), &text);
        refused(mixture.optimal(Prediction::V, s, &x, t), outside(), &text);
        refused(mixture.reverse_kernel(s, &x, t), outside(), &text);
        refused(mixture.reverse_step(s, &x, t, rng), outside(), &text);
        refused(mixture.eps_floor(s, t), outside(), &text);
    }
}
