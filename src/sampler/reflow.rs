//! Reflow: pairs of noise and of what a model makes of it, to train on again.

use ndarray::Array2;

use super::plan::Sampler;
use super::solver::Interval;
use crate::check;
use crate::denoiser::Denoiser;
use crate::error::{Error, Result};
use crate::rng::Rng;

impl Sampler {
    /// `n` pairs for reflow, `[x0, noise]`, both (n, d): noise from N(0, I), and what this sampler makes of it
    /// (Liu et al. 2023, algorithm 1). They become [`Data::Pairs`](crate::train::Data::Pairs).
    ///
    /// A network trained on them learns straighter ways with the same ends: the lines of chance pairs cross, and where
    /// they do the best velocity is their mean, so that ways bend; the lines of these pairs cross less, for the ODE's
    /// own ways never do. Trained at the [last timestep](crate::train::Times::Last) alone it learns the map in one step.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if a step adds noise, so that x_0 is not a function of the noise; [`Error::Empty`] for no
    /// pairs or columns; [`Error::Size`] for more than memory can hold; as [`sample`](Self::sample).
    pub fn pairs(
        &self,
        denoiser: &dyn Denoiser,
        n: usize,
        d: usize,
        rng: &mut Rng,
    ) -> Result<[Array2<f32>; 2]> {
        check::not_empty("pairs", n.min(d))?;
        let mut before = None;
        for i in 0..self.timesteps().len() {
            let (t, s) = self.levels(i);
            let ask = &mut |_| Ok(());
            if (self.method().step(&mut Interval { t, s, before, ask })?).is_noisy() {
                return Err(Error::Unsupported {
                    what: format!("reflow with {}, which adds noise", self.method().name()),
                    valid: "use a method without, as Method::DDIM, Method::Heun or Method::DpmSolver",
                });
            }
            before = Some(t);
        }
        let noise = rng.standard_normal(n, d)?;
        let x0 = self.sample(denoiser, &noise, rng)?;
        Ok([x0, noise])
    }
}
