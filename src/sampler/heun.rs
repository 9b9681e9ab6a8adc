//! Heun: the probability-flow ODE in σ at second order, for two evaluations a step.

use super::blend::{Blend, X0, X0_OTHER};
use super::euler;
use super::solver::{Interval, Solver};
use crate::error::Result;
use crate::schedule::Level;

/// Heun's step: [Euler's](euler), corrected by what x̂0 has changed on the way. [`X0_OTHER`] is x̂0' at the end of
/// Euler's step, of which σ_s must not be 0: the last step stays Euler's.
///
/// What is added to x_s is [`Level::correction`] times (x̂0' − x̂0).
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
        Ok(euler + t.correction(s) * (X0_OTHER - X0))
    }
}
