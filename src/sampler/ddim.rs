//! DDIM: from noise to data with as much fresh noise as one likes.

use super::blend::{Blend, X_T, X0, Z};
use super::solver::{Interval, Solver};
use crate::check;
use crate::error::Result;
use crate::schedule::Level;

/// A step between any two noise levels (Song et al. 2020, eqs. 12 and 16):
///
/// x_s = √ᾱ_s x̂0 + √(1−ᾱ_s−σ²) ε̂ + σ z, σ = η √((1−ᾱ_s)/(1−ᾱ_t)) √(1−ᾱ_t/ᾱ_s).
///
/// ε̂ = (x_t − √ᾱ_t x̂0)/√(1−ᾱ_t), so that a clipped x̂0 and ε̂ still make up x_t. At ᾱ_s = 1 nothing but
/// x̂0 is left. At η = 1 the step has the mean and the variance β̃ of DDPM.
pub(super) fn step(t: Level, s: Level, eta: f64) -> Blend {
    let eps = (X_T - t.signal() * X0) / t.noise();
    let share = (1.0 - s.alpha_bar) / (1.0 - t.alpha_bar);
    // Towards more noise, where s may be at ᾱ = 0, η is 0.
    let variance = if eta == 0.0 {
        0.0
    } else {
        eta * eta * share * (1.0 - t.alpha_bar / s.alpha_bar)
    };
    let rest = (1.0 - s.alpha_bar - variance).max(0.0); // rounding may leave less than nothing
    s.signal() * X0 + rest.sqrt() * eps + variance.sqrt() * Z
}

#[derive(Debug)]
pub(super) struct Ddim {
    pub eta: f64,
}

impl Solver for Ddim {
    fn name(&self) -> &'static str {
        "DDIM"
    }

    fn check(&self) -> Result<()> {
        let fine = (0.0..=1.0).contains(&self.eta);
        check::parameter("eta", self.eta, fine, "between 0 and 1")
    }

    fn can_encode(&self) -> bool {
        self.eta == 0.0
    }

    fn step(&self, from: &mut Interval) -> Result<Blend> {
        Ok(step(from.t, from.s, self.eta))
    }
}
