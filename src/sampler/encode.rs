//! Encoding: from data to the noise from which a sampler makes it.

use ndarray::{Array2, ArrayRef2};

use super::blend::{X_T, X0};
use super::ddim;
use super::plan::Sampler;
use super::run::Run;
use crate::denoiser::Denoiser;
use crate::error::{Error, Result};

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
    /// [`Error::Unsupported`] unless the method is [`Method::Euler`](super::Method::Euler), or DDIM with η = 0;
    /// as [`sample`](Self::sample).
    pub fn encode(&self, denoiser: &dyn Denoiser, x0: &ArrayRef2<f32>) -> Result<Array2<f32>> {
        if !self.method().can_encode() {
            let what = format!("{} cannot encode", self.method().name());
            let valid = "only DDIM with eta = 0 (or Euler) can be run backwards";
            return Err(Error::Unsupported { what, valid });
        }
        let up: Vec<usize> = self.timesteps().iter().rev().copied().collect();
        // The largest timestep is where encoding ends: nothing is asked there, unless it is the only one.
        let asked = &up[..(up.len() - 1).max(1)];
        let mut run = Run::new(self, denoiser, x0, asked)?;
        let first = self.level(up[0]);
        run.apply(first.signal() * X_T);
        run.predict_x0(0, up[0])?;
        // x_t = x + √(1−ᾱ) ε̂ for x = √ᾱ x0: ε̂ is read off x̂0, of which x is the x_t.
        let eps = (X_T - first.signal() * X0) / first.noise();
        run.apply(X_T + first.noise() * eps);
        for (i, pair) in up.windows(2).enumerate() {
            run.predict_x0(i + 1, pair[0])?;
            run.apply(ddim::step(self.level(pair[0]), self.level(pair[1]), 0.0));
        }
        Ok(run.x)
    }
}
