//! What a step makes of an error of the prediction.

use ndarray::Array1;

use super::plan::Sampler;
use crate::denoiser::Denoiser;
use crate::error::{Error, Result};
use crate::prediction::Prediction;

/// σ up to which nothing is refused: the usual linear schedules end at 157 (T = 1000) and 182
/// (rescaled to 200), and by then x_t is noise to 0.5 %.
const ORDINARY: f64 = 200.0;

/// The largest amplification for a trained ε, which is off by a hundredth or two at the end of a schedule:
/// beyond it, x_s is off by more than a tenth of its own noise.
const TRAINED: f64 = 10.0;

/// The same for an exact ε, which is off by the rounding of f32, 6e-8.
const EXACT: f64 = 1e5;

/// σ at which a start is advised instead: a mean of the data of 1 is missed there by 1/50.
const ADVISED: f64 = 50.0;

impl Sampler {
    /// By how much each step multiplies an error of the prediction on its way into x_s; shape (N), one for
    /// every one of [`timesteps`](Self::timesteps).
    ///
    /// A step of first order from t to s is x_s = (noise)·x_t + √ᾱ_s (1 − σ_s/σ_t) x̂0, with
    /// σ = √(1−ᾱ)/√ᾱ. The factor of x̂0 is what an error of x0 is multiplied by; of v, √(1−ᾱ_t) times that, of
    /// the velocity, √(1−ᾱ_t)/(√ᾱ_t + √(1−ᾱ_t)) times: none exceeds 1. Of ε it is σ_t times that,
    ///
    /// √ᾱ_s (σ_t − σ_s),
    ///
    /// which has no bound where ᾱ_t is near 0, and is infinite at ᾱ_t = 0. So [`sample`](Self::sample)
    /// refuses to take x̂0 from ε where σ_t > 200 and this exceeds 10; see the [module](super).
    pub fn amplification(&self, prediction: Prediction) -> Array1<f64> {
        let factor = |i: usize| {
            let (t, s) = self.levels(i);
            let of_x0 = s.signal() * (1.0 - t.sigma_left(s));
            match prediction {
                Prediction::Eps => of_x0 * t.sigma(),
                Prediction::X0 => of_x0,
                Prediction::V => of_x0 * t.noise(),
                Prediction::Velocity => of_x0 * t.noise() / (t.signal() + t.noise()),
            }
        };
        (0..self.timesteps().len()).map(factor).collect()
    }

    /// Refuses steps in which an error of ε becomes larger than what it is an error of.
    pub(super) fn check_amplification(&self, denoiser: &dyn Denoiser) -> Result<()> {
        if self.threshold().is_some() || denoiser.prediction() != Prediction::Eps {
            return Ok(());
        }
        let limit = if denoiser.is_exact() { EXACT } else { TRAINED };
        for (i, factor) in self.amplification(Prediction::Eps).iter().enumerate() {
            let t = self.timesteps()[i];
            if *factor > limit && self.level(t).sigma() > ORDINARY {
                return Err(Error::Amplified {
                    t,
                    next: self.timesteps().get(i + 1).copied(),
                    alpha_bar: self.level(t).alpha_bar,
                    factor: *factor,
                    limit,
                    start: (0..t).rev().find(|t| self.level(*t).sigma() <= ADVISED),
                });
            }
        }
        Ok(())
    }
}
