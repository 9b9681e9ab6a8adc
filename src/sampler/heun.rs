//! Euler and Heun: the probability-flow ODE in σ, solved step by step.
//!
//! With x̄ = x_t/√ᾱ_t and σ = √((1−ᾱ)/ᾱ), data and noise simply add: x̄ = x_0 + σ ε, and a sample moves along
//! dx̄/dσ = ε̂ = (x̄ − x̂0)/σ (Karras et al. 2022, eqs. 1 and 3).
//!
//! The same ODE is d(x̄/σ) = x̂0 d(1/σ). Euler's step is the same in both forms; in this one nothing is
//! infinite at ᾱ = 0, where 1/σ = 0, and nothing is large near it.

use super::blend::{Blend, X_T, X0, X0_OTHER};
use super::level::Level;

/// The largest σ_t/σ_s at which Heun's second slope is taken in σ: beyond it x̂0' would count more than once.
const LONG: f64 = 3.0;

/// Euler's step: x̄_s = x̄_t + (σ_s − σ_t) (x̄_t − x̂0)/σ_t, which is (σ_s/σ_t) x̄_t + (1 − σ_s/σ_t) x̂0. The
/// same as DDIM with η = 0.
pub(super) fn euler(t: Level, s: Level) -> Blend {
    s.noise() / t.noise() * X_T + s.signal() * (1.0 - t.sigma_left(s)) * X0
}

/// Heun's step: Euler's, corrected by what x̂0 has changed on the way. [`X0_OTHER`] is x̂0' at the end of
/// Euler's step, of which σ_s must not be 0: the last step stays Euler's.
///
/// The mean of both slopes in σ (Karras et al. 2022, algorithm 1) adds ½ (σ_t/σ_s − 1) (x̂0' − x̂0) to x̄_s.
/// Where σ is large and falls far in one step, that goes beyond x̂0' by any factor: thousands from the end
/// of the cosine schedule. There the mean of both x̂0 in 1/σ is taken, of the same order, which adds
/// ½ (1 − σ_s/σ_t) (x̂0' − x̂0): at most half of the way (Lu et al. 2022, DPM-Solver++(2S) with r = 1).
pub(super) fn heun(t: Level, s: Level) -> Blend {
    let left = t.sigma_left(s);
    let long = t.sigma() > 1.0 && left * LONG < 1.0;
    let change = if long { 1.0 - left } else { 1.0 / left - 1.0 };
    euler(t, s) + s.signal() * change / 2.0 * (X0_OTHER - X0)
}
