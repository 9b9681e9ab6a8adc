//! DPM-Solver++(2M): the probability-flow ODE in λ, at second order for one evaluation a step.

use super::blend::{Blend, X_T, X0, X0_OTHER};
use super::solver::{Interval, Solver};
use crate::error::Result;

/// An r at which rounding of x̂0, multiplied by 1/(2r), would show.
const NOTHING: f64 = 1e-3;

/// A step from ᾱ_t to ᾱ_s (Lu et al. 2022, "DPM-Solver++", algorithm 2), with λ half the log-SNR:
///
/// x_s = √(1−ᾱ_s)/√(1−ᾱ_t) x_t − √ᾱ_s (e^{−h} − 1) D, h = λ_s − λ_t, D = (1 + 1/(2r)) x̂0 − 1/(2r) x̂0',
///
/// where x̂0' is that of the step before, from the level `before`, and r = (λ_t − λ_before)/h. D = x̂0 (first
/// order, which is DDIM with η = 0) where there is none, and at the step to clean data, where h is infinite
/// and all that is left is x̂0. Likewise after a step from ᾱ = 0, where r is infinite, and where r is next to
/// nothing, for two x̂0 at the same noise level do not tell where x̂0 is going.
#[derive(Debug)]
pub(super) struct DpmSolver;

impl Solver for DpmSolver {
    fn name(&self) -> &'static str {
        "DPM-Solver++(2M)"
    }

    fn step(&self, &mut Interval { t, s, before, .. }: &mut Interval) -> Result<Blend> {
        let h = s.lambda() - t.lambda();
        let r = before.map(|before| (t.lambda() - before.lambda()) / h);
        let d = match r.filter(|r| *r > NOTHING) {
            None => X0,
            Some(r) => (1.0 + 1.0 / (2.0 * r)) * X0 - 1.0 / (2.0 * r) * X0_OTHER,
        };
        Ok(s.noise() / t.noise() * X_T - s.signal() * (-h).exp_m1() * d)
    }
}
