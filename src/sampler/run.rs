//! One batch on its way through a sampler.

use std::ops::ControlFlow;

use ndarray::{Array2, ArrayRef2};

use super::blend::{Blend, Parts};
use super::estimate::Estimator;
use super::{Method, Sampler, Step, ddim, ddpm, dpm_solver, heun};
use crate::check::all_finite;
use crate::denoiser::Denoiser;
use crate::error::Result;
use crate::memory::zeros;
use crate::rng::Rng;

/// An observer of any kind.
pub(super) type Observer<'a> = &'a mut dyn FnMut(&Step) -> ControlFlow<()>;

/// A batch, and room for one step: the memory does not grow with the number of steps.
pub(super) struct Run<'a> {
    sampler: &'a Sampler,
    estimator: Estimator<'a>,
    /// The batch.
    pub x: Array2<f32>,
    /// Its x̂0, once estimated.
    x0: Array2<f32>,
    /// The other x̂0 that a method may use.
    x0_other: Array2<f32>,
    /// The timestep of `x0_other`, if it is that of the step before.
    before: Option<usize>,
    /// Where Heun's method tries a step.
    trial: Array2<f32>,
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
        let estimator = Estimator::new(sampler, denoiser, ts)?;
        all_finite("the start", x)?;
        let room = |(n, d)| Array2::from_shape_vec((n, d), zeros(n * d)).expect("n times d");
        let mut batch = room(x.dim());
        batch.assign(x);
        let heun = sampler.method() == Method::Heun;
        Ok(Self {
            sampler,
            estimator,
            x: batch,
            x0: room(x.dim()),
            x0_other: room(x.dim()),
            before: None,
            trial: room(if heun { x.dim() } else { (0, 0) }),
            z: Vec::new(),
        })
    }

    /// Step number `i`, unless the observer, who sees where it starts, breaks the run off.
    pub fn step(&mut self, i: usize, rng: &mut Rng, observer: Observer) -> Result<ControlFlow<()>> {
        let ts = self.sampler.timesteps();
        let t = ts[i];
        self.estimate(i, t)?;
        let flow = observer(&Step {
            step: i,
            steps: ts.len(),
            t,
            alpha_bar: self.sampler.level(t).alpha_bar,
            x: &self.x,
            x0: &self.x0,
            evaluations: self.estimator.evaluations,
        });
        if flow.is_continue() {
            self.advance(i, rng)?;
        }
        Ok(flow)
    }

    /// From timestep number `i` to the next one, or to clean data after the last.
    fn advance(&mut self, i: usize, rng: &mut Rng) -> Result<()> {
        let ts = self.sampler.timesteps();
        let (t, s) = (self.sampler.level(ts[i]), self.sampler.level_after(i));
        match (self.sampler.method(), ts.get(i + 1)) {
            (Method::Ddpm { variance }, _) => self.noisy(ddpm::step(t, s, variance), rng),
            (Method::Ddim { eta }, _) => self.noisy(ddim::step(t, s, eta), rng),
            (Method::Euler, _) | (Method::Heun, None) => self.apply(heun::euler(t, s)),
            (Method::Heun, Some(&next)) => {
                self.trial.assign(&self.x);
                blend(
                    heun::euler(t, s),
                    &mut self.trial,
                    &self.x0,
                    &self.x0_other,
                    None,
                );
                let there = &mut self.x0_other;
                self.estimator.estimate(i, next, &self.trial, there)?;
                self.apply(heun::heun(t, s));
            }
            (Method::DpmSolver, _) => {
                let before = self.before.map(|t| self.sampler.level(t));
                self.apply(dpm_solver::step(before, t, s));
                std::mem::swap(&mut self.x0, &mut self.x0_other);
                self.before = Some(ts[i]);
            }
        }
        Ok(())
    }

    /// Forgets the step before: something else than the method has changed the batch.
    pub fn forget(&mut self) {
        self.before = None;
    }

    /// x̂0 of the batch, which stands at the timestep `t`.
    pub fn estimate(&mut self, step: usize, t: usize) -> Result<()> {
        self.estimator.estimate(step, t, &self.x, &mut self.x0)
    }

    /// A step without noise.
    pub fn apply(&mut self, step: Blend) {
        blend(step, &mut self.x, &self.x0, &self.x0_other, None);
    }

    /// A step with fresh noise; the generator stays untouched if the noise has no weight.
    fn noisy(&mut self, step: Blend, rng: &mut Rng) {
        if step.z == 0.0 {
            return self.apply(step);
        }
        self.z.resize(self.x.len(), 0.0);
        rng.fill_standard_normal(&mut self.z);
        blend(step, &mut self.x, &self.x0, &self.x0_other, Some(&self.z));
    }
}

fn blend(
    step: Blend,
    x: &mut Array2<f32>,
    x0: &Array2<f32>,
    x0_other: &Array2<f32>,
    z: Option<&[f32]>,
) {
    let row_major = "made in row-major order";
    let parts = Parts {
        x0: x0.as_slice().expect(row_major),
        x0_other: x0_other.as_slice().expect(row_major),
        z,
    };
    step.apply(x.as_slice_mut().expect(row_major), parts);
}
