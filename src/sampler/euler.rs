//! Euler: the probability-flow ODE in σ, solved step by step.
//!
//! With x̄ = x_t/√ᾱ_t and σ = √((1−ᾱ)/ᾱ), data and noise simply add: x̄ = x_0 + σ ε, and a sample moves along
//! dx̄/dσ = ε̂ = (x̄ − x̂0)/σ (Karras et al. 2022, eqs. 1 and 3).
//!
//! The same ODE is d(x̄/σ) = x̂0 d(1/σ). Euler's step is the same in both forms; in this one nothing is
//! infinite at ᾱ = 0, where 1/σ = 0, and nothing is large near it.

use super::blend::{Blend, X_T, X0};
use super::solver::{Interval, Solver};
use crate::error::Result;
use crate::schedule::Level;

/// Euler's step: x̄_s = x̄_t + (σ_s − σ_t) (x̄_t − x̂0)/σ_t, which is (σ_s/σ_t) x̄_t + (1 − σ_s/σ_t) x̂0. The
/// same as DDIM with η = 0.
pub(super) fn step(t: Level, s: Level) -> Blend {
    let [of_x_t, of_x0] = t.towards(s);
    of_x_t * X_T + of_x0 * X0
}

#[derive(Debug)]
pub(super) struct Euler;

impl Solver for Euler {
    fn name(&self) -> &'static str {
        "Euler"
    }

    fn can_encode(&self) -> bool {
        true
    }

    fn step(&self, from: &mut Interval) -> Result<Blend> {
        Ok(step(from.t, from.s))
    }
}
