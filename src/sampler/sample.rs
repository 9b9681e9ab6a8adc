//! The loop: from noise to data, step by step.

use ndarray::{Array2, ArrayRef2};

use super::plan::Sampler;
use super::run::Run;
use super::solver::Interval;
use super::trajectory::Step;
use crate::denoiser::Denoiser;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::rng::Rng;
use crate::verdict::Verdict;

impl Sampler {
    /// Samples: from `x`, noise at the timestep [`timesteps`](Self::timesteps)`[0]`, to data; both (n, d).
    ///
    /// `x` is drawn from N(0, I), for instance by [`Rng::standard_normal`], if the schedule ends there;
    /// where it does not (ᾱ_{T−1} far from 0), that start is itself an error. `rng` is used by stochastic
    /// methods only; a seed gives the same bits at any number of threads.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a start that is not; [`Error::Shape`] for one that is not whole places of sentences,
    /// if x̂0 is [kept on words](super::Threshold::Words); for a denoiser that predicts ε, [`Error::Degenerate`] at a
    /// timestep with ᾱ = 0 and [`Error::Amplified`] where ᾱ is so near 0 that its error would drown the sample
    /// (see the [module](super)); [`Error::Denoiser`], with the step, if the denoiser fails, or returns a wrong
    /// shape, NaN or infinity.
    pub fn sample(
        &self,
        denoiser: &dyn Denoiser,
        x: &ArrayRef2<f32>,
        rng: &mut Rng,
    ) -> Result<Array2<f32>> {
        self.sample_with(denoiser, x, rng, |_| {})
    }

    /// [`sample`](Self::sample) with an observer, which is called before every step. It may return
    /// `ControlFlow::Break(())` to stop: the result is then the batch as it just saw it.
    ///
    /// # Errors
    /// As [`sample`](Self::sample).
    pub fn sample_with<V: Verdict>(
        &self,
        denoiser: &dyn Denoiser,
        x: &ArrayRef2<f32>,
        rng: &mut Rng,
        mut observer: impl FnMut(&Step) -> V,
    ) -> Result<Array2<f32>> {
        let mut run = Run::down(self, denoiser, x)?;
        for (i, &t) in self.timesteps().iter().enumerate() {
            run.predict_x0(i, t)?;
            if observer(&run.seen(i, t)).flow().is_break() {
                break;
            }
            self.advance(&mut run, i, rng)?;
        }
        Ok(run.x)
    }

    /// From timestep number `i`, where x̂0 is known, to the next one, or to clean data after the last.
    pub(super) fn advance(&self, run: &mut Run, i: usize, rng: &mut Rng) -> Result<()> {
        let (t, s) = self.levels(i);
        let before = run.before.replace(t);
        let ask = &mut |trial| run.look_ahead(i, trial);
        let step = self.method().step(&mut Interval { t, s, before, ask })?;
        run.take(step, rng);
        Ok(())
    }
}
