//! Minibatches: timesteps, clean rows, noise, targets.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView2, s};
use rand::{Rng as _, RngExt};

use crate::check::{all_finite, not_empty};
use crate::error::Result;
use crate::mixture::Mixture;
use crate::prediction::Prediction;
use crate::rng::Rng;
use crate::schedule::Schedule;

/// Where clean samples come from.
///
/// Rows of an array are drawn independently, **with replacement**: every batch is then an unbiased sample of
/// the data, and what a batch holds depends on the seed and the step alone. (Going through a shuffled
/// array epoch by epoch needs the permutation as further state, and gains nothing where each row is seen
/// hundreds of times with different noise.)
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Rows of an array, shape (n, d), with replacement.
    Rows(Array2<f32>),
    /// Fresh draws from a distribution at every step: nothing to overfit.
    Fresh(Mixture),
}

impl From<Mixture> for Data {
    fn from(mixture: Mixture) -> Self {
        Self::Fresh(mixture)
    }
}

impl From<Array2<f32>> for Data {
    fn from(rows: Array2<f32>) -> Self {
        Self::Rows(rows)
    }
}

/// One-dimensional data: each number is a row.
impl From<Array1<f32>> for Data {
    fn from(values: Array1<f32>) -> Self {
        Self::Rows(values.insert_axis(ndarray::Axis(1)))
    }
}

impl Data {
    /// Number of columns d.
    pub fn dim(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.ncols(),
            Self::Fresh(mixture) => mixture.dim(),
        }
    }

    /// Fills `x0`, of any number of rows, with independent samples.
    pub(crate) fn draw(&self, x0: &mut Array2<f32>, rng: &mut Rng) -> Result<()> {
        match self {
            Self::Fresh(mixture) => *x0 = mixture.sample(x0.nrows(), rng)?,
            Self::Rows(rows) => {
                for mut row in x0.rows_mut() {
                    row.assign(&rows.row(rng.random_range(0..rows.nrows())));
                }
            }
        }
        Ok(())
    }

    /// Refuses data that training cannot use.
    pub(crate) fn check(&self) -> Result<()> {
        let Self::Rows(rows) = self else {
            return Ok(());
        };
        not_empty("training data", rows.len())?;
        all_finite("training data", rows)
    }
}

/// Noised rows and what the network should answer, both of shape (n, d), and the n 0-based timesteps.
#[derive(Clone, Copy)]
pub(super) struct Minibatch<'a> {
    pub x_t: ArrayView2<'a, f32>,
    pub ts: &'a [usize],
    pub target: ArrayView2<'a, f32>,
}

impl Minibatch<'_> {
    /// Some of them.
    pub fn part(&self, range: Range<usize>) -> Minibatch<'_> {
        let rows = || s![range.clone(), ..];
        Minibatch {
            x_t: self.x_t.slice(rows()),
            ts: &self.ts[range.clone()],
            target: self.target.slice(rows()),
        }
    }
}

/// The arrays of one minibatch, kept from step to step.
#[derive(Debug, Default)]
pub(super) struct Batch {
    ts: Vec<usize>,
    x_t: Array2<f32>,
    target: Array2<f32>,
    x0: Array2<f32>,
    eps: Array2<f32>,
}

impl Batch {
    pub fn rows(&self) -> Minibatch<'_> {
        Minibatch {
            x_t: self.x_t.view(),
            ts: &self.ts,
            target: self.target.view(),
        }
    }

    /// Draws `n` rows: t uniform in 0..T (and sorted), then x_0, then ε, in this order.
    pub fn draw(
        &mut self,
        n: usize,
        data: &Data,
        schedule: &Schedule,
        prediction: Prediction,
        rng: &mut Rng,
    ) -> Result<()> {
        let timesteps = schedule.timesteps();
        self.ts.clear();
        self.ts
            .extend((0..n).map(|_| rng.random_range(0..timesteps)));
        // Rows are exchangeable. In order of t, the shards of a batch share at most one t, so that what
        // depends on t alone is not computed twice.
        self.ts.sort_unstable();
        let dim = (n, data.dim());
        if self.x_t.dim() != dim {
            self.x0 = Array2::zeros(dim);
            self.x_t = Array2::zeros(dim);
            self.eps = Array2::zeros(dim);
            self.target = Array2::zeros(dim);
        }
        data.draw(&mut self.x0, rng)?;
        schedule.q_sample_batch_into(&self.x0, &self.ts, &mut self.x_t, &mut self.eps, rng)?;
        let alpha_bars = schedule.alpha_bars();
        let known = self.x0.rows().into_iter().zip(self.eps.rows());
        let rows = self.target.rows_mut().into_iter().zip(known);
        for ((mut target, (x0, eps)), t) in rows.zip(&self.ts) {
            let pairs = target.iter_mut().zip(x0.iter().zip(eps));
            pairs.for_each(|(y, (x0, eps))| *y = prediction.target(alpha_bars[*t], *x0, *eps));
        }
        Ok(())
    }
}

/// A generator for each step, so that a run can resume at any: the first number of the seed's stream, and
/// the number of the step spread over 64 bits by the golden ratio, seed it.
pub(crate) fn rng_of_step(seed: u64, step: u64) -> Rng {
    let key = Rng::new(seed).next_u64();
    Rng::new(key ^ step.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
