//! SDEdit: sampling that starts from something, not from noise alone.

use ndarray::{Array2, ArrayRef2};

use super::plan::Sampler;
use crate::denoiser::Denoiser;
use crate::error::Result;
use crate::rng::Rng;

impl Sampler {
    /// The same sampler started at the 0-based timestep `t`: `t` itself, then those of its timesteps that
    /// are below it.
    ///
    /// # Errors
    /// As [`with_timesteps`](Self::with_timesteps), for a `t` outside the schedule above all.
    pub fn starting_at(&self, t: usize) -> Result<Self> {
        let below = self.timesteps().iter().copied().filter(|s| *s < t);
        self.at(std::iter::once(t).chain(below).collect())
    }

    /// SDEdit (Meng et al. 2022, algorithm 1, with this sampler): noises `guide`, shape (n, d), to the 0-based
    /// timestep `t`, and samples from there; shape (n, d).
    ///
    /// The larger `t`, the more the result looks like data and the less like the guide.
    ///
    /// # Errors
    /// As [`starting_at`](Self::starting_at) and [`sample`](Self::sample).
    pub fn edit(
        &self,
        denoiser: &dyn Denoiser,
        guide: &ArrayRef2<f32>,
        t: usize,
        rng: &mut Rng,
    ) -> Result<Array2<f32>> {
        let sampler = self.starting_at(t)?;
        let (x_t, _eps) = self.schedule().q_sample(guide, t, rng)?;
        sampler.sample(denoiser, &x_t, rng)
    }
}
