//! A batch on its way, and room for one step: the memory does not grow with the number of steps.

use ndarray::{Array2, ArrayRef2};

use super::blend::{Blend, flat};
use super::plan::Sampler;
use super::predictor::Predictor;
use super::trajectory::Step;
use crate::check::all_finite;
use crate::denoiser::Denoiser;
use crate::error::Result;
use crate::memory::zeros;
use crate::rng::Rng;
use crate::schedule::Level;

pub(super) struct Run<'a> {
    sampler: &'a Sampler,
    predictor: Predictor<'a>,
    /// The batch.
    pub x: Array2<f32>,
    /// Its x̂0, once predicted.
    x0: Array2<f32>,
    /// The other x̂0 that a method may use.
    x0_other: Array2<f32>,
    /// The level of `x0_other` if it is that of the step before: none where something else than the method has
    /// changed the batch.
    pub before: Option<Level>,
    /// Where a step is tried, and then its noise, if it has any.
    room: Option<Array2<f32>>,
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
        if let Some(threshold) = sampler.threshold() {
            threshold.check_shape(x.dim())?;
        }
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
            room: None,
        })
    }

    /// x̂0 of the batch, which stands at the timestep `t`.
    pub fn predict_x0(&mut self, step: usize, t: usize) -> Result<()> {
        self.predictor.predict_x0(step, t, &self.x, &mut self.x0)
    }

    /// Takes a step from timestep number `i` on trial: the other x̂0 is then that at its end.
    pub fn look_ahead(&mut self, i: usize, step: Blend) -> Result<()> {
        let trial = self.room.get_or_insert_with(|| self.x.clone());
        trial.assign(&self.x);
        step.apply(trial, [flat(&self.x0), flat(&self.x0_other), &[]]);
        if let Some(next) = self.sampler.timesteps().get(i + 1) {
            let model = &mut self.predictor;
            return model.predict_x0(i, *next, trial, &mut self.x0_other);
        }
        self.x0_other.assign(trial);
        Ok(())
    }

    /// Takes a step; x̂0 is from then on the other one, that of the step before.
    pub fn take(&mut self, step: Blend, rng: &mut Rng) {
        if step.is_noisy() {
            let z = self.room.get_or_insert_with(|| self.x.clone());
            rng.fill_standard_normal(z.as_slice_mut().expect("made in row-major order"));
        }
        self.apply(step);
        std::mem::swap(&mut self.x0, &mut self.x0_other);
    }

    /// Changes the batch by a sum; noise, if it has any, is drawn already.
    pub fn apply(&mut self, step: Blend) {
        let z = self.room.as_ref().map_or(&[][..], flat);
        step.apply(&mut self.x, [flat(&self.x0), flat(&self.x0_other), z]);
    }

    pub fn seen(&self, step: usize, t: usize) -> Step<'_> {
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
