//! What is seen of a run: each step by an observer, or every state afterwards.

use ndarray::{Array1, Array2, ArrayRef2};

use super::plan::Sampler;
use crate::denoiser::Denoiser;
use crate::error::{Error, Result};
use crate::rng::Rng;

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

/// Every state of a run, from noise to data: see [`Sampler::trajectory`].
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory {
    timesteps: Vec<usize>,
    states: Vec<Array2<f32>>,
}

impl Sampler {
    /// [`sample`](Self::sample) with all states kept: memory for N + 1 batches, N the number of steps.
    ///
    /// # Errors
    /// As [`sample`](Self::sample).
    pub fn trajectory(
        &self,
        denoiser: &dyn Denoiser,
        x: &ArrayRef2<f32>,
        rng: &mut Rng,
    ) -> Result<Trajectory> {
        let mut states = Vec::new();
        let x0 = self.sample_with(denoiser, x, rng, |step| states.push(step.x.clone()))?;
        states.push(x0);
        Ok(Trajectory {
            timesteps: self.timesteps().to_vec(),
            states,
        })
    }
}

impl Trajectory {
    /// The 0-based timestep of every state but the last, which is clean; length N.
    pub fn timesteps(&self) -> &[usize] {
        &self.timesteps
    }

    /// How many steps of noise are in each state: t + 1, and 0 in clean data; length N + 1. An axis for
    /// figures.
    pub fn noise_steps(&self) -> Array1<f64> {
        let noisy = self.timesteps.iter().map(|t| (t + 1) as f64);
        noisy.chain([0.0]).collect()
    }

    /// The states: x at every timestep, then the samples; N + 1 arrays of shape (n, d).
    pub fn states(&self) -> &[Array2<f32>] {
        &self.states
    }

    /// The samples; shape (n, d).
    pub fn samples(&self) -> &Array2<f32> {
        self.states.last().expect("there is always the start")
    }

    /// The way of one number, column `column` of row `row`, through all states; length N + 1.
    ///
    /// # Errors
    /// [`Error::Row`] if there is no such row or column.
    pub fn path(&self, row: usize, column: usize) -> Result<Array1<f64>> {
        let (n, d) = self.samples().dim();
        for (row, table_rows) in [(row, n), (column, d)] {
            if row >= table_rows {
                return Err(Error::Row { row, table_rows });
            }
        }
        let at = |state: &Array2<f32>| f64::from(state[[row, column]]);
        Ok(self.states.iter().map(at).collect())
    }
}
