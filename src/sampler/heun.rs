//! Euler and Heun: the probability-flow ODE in σ, solved step by step.
//!
//! With x̄ = x_t/√ᾱ_t and σ = √((1−ᾱ)/ᾱ), data and noise simply add: x̄ = x_0 + σ ε, and a sample moves along
//! dx̄/dσ = ε̂ = (x̄ − x̂0)/σ (Karras et al. 2022, eqs. 1 and 3). At ᾱ = 0, σ is infinite: these methods
//! cannot start there.

use super::blend::{Blend, X_T, X0, X0_OTHER};
use super::level::Level;

/// Euler's step: x̄_s = x̄_t + (σ_s − σ_t) (x̄_t − x̂0)/σ_t. The same as DDIM with η = 0.
pub(super) fn euler(t: Level, s: Level) -> Blend {
    let x_bar = X_T / t.signal();
    let slope = (x_bar - X0) / t.sigma();
    s.signal() * (x_bar + (s.sigma() - t.sigma()) * slope)
}

/// Heun's step (Karras et al. 2022, algorithm 1): Euler's, then again with the mean of the slopes at its
/// start and at its end. [`X0_OTHER`] is x̂0 at the end of Euler's step, of which σ_s must not be 0: the last
/// step stays Euler's.
pub(super) fn heun(t: Level, s: Level) -> Blend {
    let x_bar = X_T / t.signal();
    let slope = (x_bar - X0) / t.sigma();
    let trial = x_bar + (s.sigma() - t.sigma()) * slope;
    let slope_there = (trial - X0_OTHER) / s.sigma();
    s.signal() * (x_bar + (s.sigma() - t.sigma()) * ((slope + slope_there) / 2.0))
}
