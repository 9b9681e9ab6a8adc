//! DDIM: from noise to data with as much fresh noise as one likes, and back.

use ndarray::{Array2, ArrayRef2};

use super::blend::{Blend, X_T, X0, Z};
use super::level::Level;
use super::run::Run;
use super::{Method, Sampler};
use crate::denoiser::Denoiser;
use crate::error::{Error, Result};

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

impl Sampler {
    /// The noise x_{T−1} from which this sampler makes `x0`, nearly: DDIM with η = 0, the other way.
    ///
    /// Every step is the same formula towards *more* noise, with ε̂ of where it starts; sampling takes it
    /// where it ends. So encoding is not an exact inverse: what comes back differs from `x0` by an error
    /// that halves when the number of steps doubles. ε̂ at clean data, which has no timestep, is that of
    /// √ᾱ x0 at the smallest timestep. As many evaluations as steps; the result stands at
    /// [`timesteps`](Self::timesteps)`[0]`, which may have ᾱ = 0: there it is the last ε̂. No step this way
    /// multiplies an error of ε by more than 1.
    ///
    /// # Errors
    /// [`Error::Unsupported`] unless the method is [`Method::Euler`], or DDIM with η = 0; as
    /// [`sample`](Self::sample).
    pub fn encode(&self, denoiser: &dyn Denoiser, x0: &ArrayRef2<f32>) -> Result<Array2<f32>> {
        match self.method() {
            Method::Euler | Method::DDIM => {}
            method => {
                let what = format!("{} cannot encode", method.name());
                let valid = "only DDIM with eta = 0 (or Euler) can be run backwards";
                return Err(Error::Unsupported { what, valid });
            }
        }
        let up: Vec<usize> = self.timesteps().iter().rev().copied().collect();
        // The largest timestep is where encoding ends: nothing is asked there, unless it is the only one.
        let asked = &up[..(up.len() - 1).max(1)];
        let mut run = Run::new(self, denoiser, x0, asked)?;
        let first = self.level(up[0]);
        run.apply(first.signal() * X_T);
        run.estimate(0, up[0])?;
        // x_t = x + √(1−ᾱ) ε̂ for x = √ᾱ x0: ε̂ is read off x̂0, of which x is the x_t.
        let eps = (X_T - first.signal() * X0) / first.noise();
        run.apply(X_T + first.noise() * eps);
        for (i, pair) in up.windows(2).enumerate() {
            run.estimate(i + 1, pair[0])?;
            run.apply(step(self.level(pair[0]), self.level(pair[1]), 0.0));
        }
        Ok(run.x)
    }
}
