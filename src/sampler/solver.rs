//! What a method is: a formula for one step, a name, and what a step costs.

use std::fmt::Debug;

use super::blend::Blend;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::schedule::Level;

/// A method: how a batch gets from one noise level to the next. The [`Method`](super::Method)s are some; one of
/// your own is a type with these functions, see the example of the [module](super).
pub trait Solver: Debug + Send + Sync {
    /// The method's usual name.
    fn name(&self) -> &'static str;

    /// The step over `from`, a sum of what it may use.
    ///
    /// # Errors
    /// What [`look_ahead`](Interval::look_ahead) returns.
    fn step(&self, from: &mut Interval) -> Result<Blend>;

    /// Evaluations of the denoiser in a step; the last one, to clean data, takes one only.
    fn nfe_per_step(&self) -> u64 {
        1
    }

    /// Refuses settings outside their range.
    ///
    /// # Errors
    /// [`Error::Parameter`] if one is.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Whether this is DDIM with η = 0 under whatever name, which [`encode`](super::Sampler::encode) runs
    /// backwards.
    fn can_encode(&self) -> bool {
        false
    }

    /// Number of evaluations of the denoiser (NFE) in so many steps, at least 1.
    fn nfe(&self, steps: usize) -> u64 {
        let full = (steps as u64).saturating_sub(1);
        full.saturating_mul(self.nfe_per_step()).saturating_add(1)
    }

    /// The most steps that so many evaluations pay for.
    fn steps(&self, nfe: u64) -> usize {
        usize::try_from(nfe.div_ceil(self.nfe_per_step())).unwrap_or(usize::MAX)
    }
}

/// The interval of noise levels over which a step goes.
pub struct Interval<'a> {
    /// Where the batch stands: the level of x_t.
    pub t: Level,
    /// Where the step ends; [`Level::CLEAN`] for the last.
    pub s: Level,
    /// Where the step before started: the level of [`X0_OTHER`](super::X0_OTHER). None at the first, and where
    /// something else than the method has changed the batch.
    pub before: Option<Level>,
    /// What [`Self::look_ahead`] does.
    pub(super) ask: &'a mut dyn FnMut(Blend) -> Result<()>,
}

impl Interval<'_> {
    /// Takes a step on trial and asks the denoiser at its end: from now on [`X0_OTHER`](super::X0_OTHER) is the
    /// x̂0 found there. Clean data is its own x̂0; noise has no part in a trial.
    ///
    /// # Errors
    /// As [`sample`](super::Sampler::sample).
    pub fn look_ahead(&mut self, trial: Blend) -> Result<()> {
        (self.ask)(trial)
    }
}
