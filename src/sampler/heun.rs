//! Heun: the probability-flow ODE in σ at second order, for two evaluations a step.

use super::blend::{Blend, X0, X0_OTHER};
use super::euler;
use super::solver::{Interval, Solver};
use crate::error::Result;
use crate::schedule::Level;

/// The largest σ_t/σ_s at which Heun's second slope is taken in σ: beyond it x̂0' would count more than once.
const LONG: f64 = 3.0;

/// Heun's step: [Euler's](euler), corrected by what x̂0 has changed on the way. [`X0_OTHER`] is x̂0' at the end of
/// Euler's step, of which σ_s must not be 0: the last step stays Euler's.
///
/// The mean of both slopes in σ (Karras et al. 2022, algorithm 1) adds ½ (σ_t/σ_s − 1) (x̂0' − x̂0) to x̄_s.
/// Where σ is large and falls far in one step, that goes beyond x̂0' by any factor: thousands from the end
/// of the cosine schedule. There the mean of both x̂0 in 1/σ is taken, of the same order, which adds
/// ½ (1 − σ_s/σ_t) (x̂0' − x̂0): at most half of the way (Lu et al. 2022, DPM-Solver++(2S) with r = 1).
#[derive(Debug)]
pub(super) struct Heun;

impl Solver for Heun {
    fn name(&self) -> &'static str {
        "Heun"
    }

    fn nfe_per_step(&self) -> u64 {
        2
    }

    fn step(&self, from: &mut Interval) -> Result<Blend> {
        let (t, s) = (from.t, from.s);
        let euler = euler::step(t, s);
        if s == Level::CLEAN {
            return Ok(euler);
        }
        from.look_ahead(euler)?;
        let left = t.sigma_left(s);
        let long = t.sigma() > 1.0 && left * LONG < 1.0;
        let change = if long { 1.0 - left } else { 1.0 / left - 1.0 };
        Ok(euler + s.signal() * change / 2.0 * (X0_OTHER - X0))
    }
}
