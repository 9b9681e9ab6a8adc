//! What an observer of training sees, and how it stops it.

use std::fmt;

/// State of a training run, given to the observer every [`report_every`](super::TrainConfig::report_every)
/// steps and after the last.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// Number of steps done, over all runs of the trainer.
    pub step: u64,
    /// Mean loss over the steps since the last report.
    pub loss: f64,
    /// Mean loss at each 0-based t over the steps since the last report; NaN where t was not drawn; length T. None
    /// for an autoencoder.
    pub loss_per_t: &'a [f64],
    /// Norm of the whole gradient at the last step, before clipping.
    pub gradient_norm: f64,
    /// Learning rate of the last step.
    pub learning_rate: f64,
}

/// As `step  500: loss 0.4730`.
impl fmt::Display for Progress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {:4}: loss {:.4}", self.step, self.loss)
    }
}

/// Sum and number of the losses at each t.
#[derive(Debug, Clone)]
pub(super) struct PerTimestep(Vec<(f64, u64)>);

impl PerTimestep {
    pub fn new(timesteps: usize) -> Self {
        Self(vec![(0.0, 0); timesteps])
    }

    pub fn add(&mut self, t: usize, loss: f64) {
        let (sum, count) = &mut self.0[t];
        *sum += loss;
        *count += 1;
    }

    /// Mean at every t, NaN where there was none; begins anew.
    pub fn take(&mut self) -> Vec<f64> {
        let pairs = self.0.iter_mut().map(std::mem::take);
        pairs.map(|(sum, count)| sum / count as f64).collect()
    }
}
