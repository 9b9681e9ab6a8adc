//! What a sampler is: a method, and the timesteps at which it asks the denoiser.

use std::sync::Arc;

use super::solver::Solver;
use super::threshold::Threshold;
use super::timesteps::Spacing;
use crate::check;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::schedule::{Level, Schedule};

/// A method and the timesteps at which it asks the denoiser. See the [module](super) for an example.
#[derive(Debug, Clone)]
pub struct Sampler {
    schedule: Schedule,
    method: Arc<dyn Solver>,
    timesteps: Vec<usize>,
    threshold: Option<Threshold>,
}

impl Sampler {
    /// `method`, a [`Method`](super::Method) or a [`Solver`] of your own, in `steps` steps,
    /// [trailing](Spacing::Trailing): the first is at t = T−1.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless 1 ≤ `steps` ≤ T, and for a setting of the method outside its range.
    pub fn new(schedule: &Schedule, method: impl Solver + 'static, steps: usize) -> Result<Self> {
        Self::spaced(schedule, method, Spacing::Trailing, steps)
    }

    /// [`new`](Self::new) with the timesteps of another `spacing`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn spaced(
        schedule: &Schedule,
        method: impl Solver + 'static,
        spacing: Spacing,
        steps: usize,
    ) -> Result<Self> {
        Self::with_timesteps(schedule, method, spacing.timesteps(schedule, steps)?)
    }

    /// `method` at timesteps of your own, 0-based and falling; [`Spacing::timesteps`] makes some.
    ///
    /// # Errors
    /// [`Error::Empty`] for none; [`Error::Timestep`] for one outside `0..T`; [`Error::Parameter`] unless each is
    /// below the one before, and for a setting of the method outside its range.
    pub fn with_timesteps(
        schedule: &Schedule,
        method: impl Solver + 'static,
        timesteps: Vec<usize>,
    ) -> Result<Self> {
        method.check()?;
        let sampler = Self {
            schedule: schedule.clone(),
            method: Arc::new(method),
            timesteps: Vec::new(),
            threshold: None,
        };
        sampler.at(timesteps)
    }

    /// The same sampler at other timesteps.
    pub(super) fn at(&self, timesteps: Vec<usize>) -> Result<Self> {
        check::not_empty("timesteps", timesteps.len())?;
        timesteps.iter().try_for_each(|t| self.schedule.check(*t))?;
        for pair in timesteps.windows(2) {
            let (name, valid) = ("a timestep of a sampler", "below the one before it");
            check::parameter(name, pair[1], pair[1] < pair[0], valid)?;
        }
        let sampler = self.clone();
        Ok(Self {
            timesteps,
            ..sampler
        })
    }

    /// The same sampler with x̂0 kept in bounds, or on words, at every step. Off by default, and wrong for data
    /// without bounds: see [`Threshold`]. For words, batches whose rows are not whole places are refused when they
    /// are sampled ([`Error::Shape`]).
    ///
    /// # Errors
    /// [`Error::Parameter`] for a bound or a quantile outside its range.
    pub fn with_threshold(self, threshold: Threshold) -> Result<Self> {
        threshold.check()?;
        let threshold = Some(threshold);
        Ok(Self { threshold, ..self })
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The method.
    pub fn method(&self) -> &dyn Solver {
        &*self.method
    }

    /// The 0-based timesteps, from the noisiest on. One step starts at each.
    pub fn timesteps(&self) -> &[usize] {
        &self.timesteps
    }

    /// The bounds of x̂0, or its words, if there are any.
    pub fn threshold(&self) -> Option<&Threshold> {
        self.threshold.as_ref()
    }

    /// How often a run asks the denoiser for the whole batch (NFE, number of function evaluations): what
    /// methods are fairly compared at.
    pub fn nfe(&self) -> u64 {
        self.method.nfe(self.timesteps.len())
    }

    /// The noise level of a valid timestep.
    pub(super) fn level(&self, t: usize) -> Level {
        self.schedule.level(t)
    }

    /// Where step number `i` starts and ends: at the next timestep, or at clean data.
    pub(super) fn levels(&self, i: usize) -> (Level, Level) {
        let next = self.timesteps.get(i + 1);
        let s = next.map_or(Level::CLEAN, |t| self.level(*t));
        (self.level(self.timesteps[i]), s)
    }
}
