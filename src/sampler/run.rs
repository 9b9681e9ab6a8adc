//! The loop: a batch on its way through a sampler.

use std::ops::ControlFlow;

use ndarray::{Array2, ArrayRef2};

use super::blend::{Blend, flat};
use super::plan::Sampler;
use super::predictor::Predictor;
use super::solver::Interval;
use crate::check::all_finite;
use crate::denoiser::Denoiser;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::memory::zeros;
use crate::rng::Rng;
use crate::schedule::Level;
use crate::verdict::Verdict;

/// What an observer sees of a step, before it is taken.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// 0-based number of the step.
    pub step: usize,
    /// Number of steps of the whole run.
    pub steps: usize,
    /// The 0-based timestep at which the batch stands.
    pub t: usize,
    /// ᾱ_t.
    pub alpha_bar: f64,
    /// The batch x_t; shape (n, d).
    pub x: &'a Array2<f32>,
    /// x̂0, the clean samples as the denoiser sees them from here, after any thresholding; shape (n, d).
    pub x0: &'a Array2<f32>,
    /// How often the denoiser has been asked so far.
    pub nfe: u64,
}

impl Sampler {
    /// Samples: from `x`, noise at the timestep [`timesteps`](Self::timesteps)`[0]`, to data; both (n, d).
    ///
    /// `x` is drawn from N(0, I), for instance by [`Rng::standard_normal`], if the schedule ends there;
    /// where it does not (ᾱ_{T−1} far from 0), that start is itself an error. `rng` is used by stochastic
    /// methods only; a seed gives the same bits at any number of threads.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a start that is not; for a denoiser that predicts ε, [`Error::Degenerate`] at a
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
        self.run(denoiser, x, rng, &mut |step| observer(step).flow())
    }

    fn run(
        &self,
        denoiser: &dyn Denoiser,
        x: &ArrayRef2<f32>,
        rng: &mut Rng,
        observer: &mut dyn FnMut(&Step) -> ControlFlow<()>,
    ) -> Result<Array2<f32>> {
        let mut run = Run::down(self, denoiser, x)?;
        for (i, &t) in self.timesteps().iter().enumerate() {
            run.predict_x0(i, t)?;
            if observer(&run.seen(i, t)).is_break() {
                break;
            }
            run.advance(i, rng)?;
        }
        Ok(run.x)
    }
}

/// A batch, and room for one step: the memory does not grow with the number of steps.
pub(super) struct Run<'a> {
    sampler: &'a Sampler,
    predictor: Predictor<'a>,
    /// The batch.
    pub x: Array2<f32>,
    /// Its x̂0, once predicted.
    x0: Array2<f32>,
    /// The other x̂0 that a method may use.
    x0_other: Array2<f32>,
    /// The level of `x0_other`, if it is that of the step before.
    before: Option<Level>,
    /// Where a method tries a step, if it does.
    trial: Option<Array2<f32>>,
    z: Vec<f32>,
}

impl<'a> Run<'a> {
    /// A run from the noise `x` to data, unless its steps would drown it in the denoiser's error.
    pub fn down(
        sampler: &'a Sampler,
        denoiser: &'a dyn Denoiser,
        x: &ArrayRef2<f32>,
    ) -> Result<Self> {
        let run = Self::new(sampler, denoiser, x, sampler.timesteps())?;
        sampler.check_amplification(denoiser)?;
        Ok(run)
    }

    /// A run that starts with `x`, and asks the denoiser at the timesteps `ts`.
    pub fn new(
        sampler: &'a Sampler,
        denoiser: &'a dyn Denoiser,
        x: &ArrayRef2<f32>,
        ts: &[usize],
    ) -> Result<Self> {
        let predictor = Predictor::new(sampler, denoiser, ts)?;
        all_finite("the start", x)?;
        let room = || Array2::from_shape_vec(x.dim(), zeros(x.len())).expect("as long as x");
        let mut batch = room();
        batch.assign(x);
        Ok(Self {
            sampler,
            predictor,
            x: batch,
            x0: room(),
            x0_other: room(),
            before: None,
            trial: None,
            z: Vec::new(),
        })
    }

    /// x̂0 of the batch, which stands at the timestep `t`.
    pub fn predict_x0(&mut self, step: usize, t: usize) -> Result<()> {
        self.predictor.predict_x0(step, t, &self.x, &mut self.x0)
    }

    /// From timestep number `i`, where x̂0 is known, to the next one, or to clean data after the last.
    pub fn advance(&mut self, i: usize, rng: &mut Rng) -> Result<()> {
        let (t, s) = self.sampler.levels(i);
        let next = self.sampler.timesteps().get(i + 1);
        let mut ask = |step: Blend| {
            let trial = self.trial.get_or_insert_with(|| self.x.clone());
            trial.assign(&self.x);
            step.apply(trial, [flat(&self.x0), flat(&self.x0_other), &[]]);
            if let Some(next) = next {
                let model = &mut self.predictor;
                return model.predict_x0(i, *next, trial, &mut self.x0_other);
            }
            self.x0_other.assign(trial);
            Ok(())
        };
        let mut from = Interval {
            t,
            s,
            before: self.before,
            ask: &mut ask,
        };
        let step = self.sampler.method().step(&mut from)?;
        if step.is_noisy() {
            self.z.resize(self.x.len(), 0.0);
            rng.fill_standard_normal(&mut self.z);
        }
        self.apply(step);
        std::mem::swap(&mut self.x0, &mut self.x0_other);
        self.before = Some(t);
        Ok(())
    }

    /// Takes a step; noise, if it has any, is drawn already.
    pub fn apply(&mut self, step: Blend) {
        let parts = [flat(&self.x0), flat(&self.x0_other), &self.z];
        step.apply(&mut self.x, parts);
    }

    /// Forgets the step before: something else than the method has changed the batch.
    pub fn forget(&mut self) {
        self.before = None;
    }

    fn seen(&self, step: usize, t: usize) -> Step<'_> {
        Step {
            step,
            steps: self.sampler.timesteps().len(),
            t,
            alpha_bar: self.sampler.level(t).alpha_bar,
            x: &self.x,
            x0: &self.x0,
            nfe: self.predictor.nfe,
        }
    }
}
