//! A sampler of a reader's own: one file, with its order measured.

use diffusion_intuition::sampler::{Blend, Interval, Method, Sampler, Solver, X_T, X0, X0_OTHER};
use diffusion_intuition::schedule::Level;
use diffusion_intuition::{Error, Prediction, Result, Rng, Schedule};

use crate::sampler_order::errors_and_order;
use crate::support::{assert_close, lopsided, plane};

/// Adams–Bashforth of second order on dy/dλ = e^λ x̂0 for y = x_t/√(1−ᾱ_t), with e^λ integrated exactly.
///
/// x̂0 goes on along the line through its last two values: with h = λ_s − λ_t,
/// x_s = √(1−ᾱ_s)/√(1−ᾱ_t) x_t + √ᾱ_s ((1 − e^{−h}) x̂0 + (h − 1 + e^{−h}) (x̂0 − x̂0')/(λ_t − λ_before)).
/// The first step, and that to clean data, take x̂0 as constant.
#[derive(Debug)]
struct AdamsBashforth2;

impl Solver for AdamsBashforth2 {
    fn name(&self) -> &'static str {
        "AB2"
    }

    fn step(&self, &mut Interval { t, s, before, .. }: &mut Interval) -> Result<Blend> {
        let h = s.lambda() - t.lambda();
        let constant = s.noise() / t.noise() * X_T - s.signal() * (-h).exp_m1() * X0;
        Ok(match before.filter(|_| s != Level::CLEAN) {
            None => constant,
            Some(before) => {
                let slope = (X0 - X0_OTHER) / (t.lambda() - before.lambda());
                constant + s.signal() * (h + (-h).exp_m1()) * slope
            }
        })
    }
}

#[test]
fn a_solver_from_outside_has_its_order() {
    for data in [lopsided(), plane()] {
        let (errors, order) = errors_and_order(&data, || AdamsBashforth2);
        let what = format!("AB2, d = {}, errors {errors:?}", data.dim());
        println!("order {order:.3}: {what}");
        assert_close(what, order, 2.0, 0.2);
    }
}

/// Midpoint in σ, by a look ahead to the end of the step: Heun's, with other words.
#[derive(Debug)]
struct Trapezoid(f64);

impl Solver for Trapezoid {
    fn name(&self) -> &'static str {
        "trapezoid"
    }

    fn nfe_per_step(&self) -> u64 {
        2
    }

    fn check(&self) -> Result<()> {
        let (name, value, valid) = ("share of the end", self.0, "one half");
        match value == 0.5 {
            true => Ok(()),
            false => Err(Error::Parameter { name, value, valid }),
        }
    }

    fn step(&self, from: &mut Interval) -> Result<Blend> {
        let (t, s) = (from.t, from.s);
        let x = X_T / t.signal();
        let first = (x - X0) / t.sigma();
        let fall = s.sigma() - t.sigma();
        let euler = x + fall * first;
        if s == Level::CLEAN {
            return Ok(euler);
        }
        from.look_ahead(s.signal() * euler)?;
        let second = (euler - X0_OTHER) / s.sigma();
        let mean = (1.0 - self.0) * first + self.0 * second;
        Ok(s.signal() * (x + fall * mean))
    }
}

#[test]
fn looking_ahead_counts_and_is_what_heun_does() {
    let data = lopsided();
    let schedule = Schedule::linear(1000, 1e-4, 0.02).unwrap();
    let denoiser = data.denoiser(&schedule, Prediction::V);
    let start = Rng::new(0).standard_normal(50, 1).unwrap();
    // With 200 steps σ never falls to a third in one, where Heun's would go over to 1/σ, but in the last.
    let heun = Sampler::new(&schedule, Method::Heun, 200).unwrap();
    let own = Sampler::new(&schedule, Trapezoid(0.5), 200).unwrap();
    assert_eq!(own.nfe(), heun.nfe());
    let mut asked = 0;
    let run = own.sample_with(&denoiser, &start, &mut Rng::new(0), |step| asked = step.nfe);
    assert_eq!(asked, own.nfe());
    let expected = heun.sample(&denoiser, &start, &mut Rng::new(0)).unwrap();
    for (found, expected) in run.unwrap().iter().zip(&expected) {
        // Two ways of rounding, through 200 steps and amplitudes of up to σ = 157.
        assert!((found - expected).abs() < 1e-3, "{found} {expected}");
    }
    // Its settings are checked, it has no way back, and it can start later and go by name.
    assert!(Sampler::new(&schedule, Trapezoid(0.4), 200).is_err());
    let back = own.encode(&denoiser, &expected).unwrap_err();
    assert!(
        back.to_string().contains("trapezoid cannot encode"),
        "{back}"
    );
    assert_eq!(own.starting_at(500).unwrap().method().name(), "trapezoid");
}
