//! x̂0 from whatever the denoiser predicts, with its answer checked.

use crate::parallel::*;
use ndarray::Array2;

use super::{Sampler, Threshold};
use crate::check::{all_finite, is_finite, same_shape};
use crate::denoiser::Denoiser;
use crate::error::{Error, Result};
use crate::rng::{CHUNK, PARALLEL};

/// The denoiser, asked for one thing only: which clean sample is behind this batch?
pub(super) struct Estimator<'a> {
    sampler: &'a Sampler,
    denoiser: &'a dyn Denoiser,
    pub evaluations: u64,
}

impl<'a> Estimator<'a> {
    /// For a run in which the denoiser will be asked at the timesteps `ts`: a conversion that does not exist
    /// at one of them is refused now, not after half of the work.
    pub fn new(sampler: &'a Sampler, denoiser: &'a dyn Denoiser, ts: &[usize]) -> Result<Self> {
        for t in ts {
            let alpha_bar = sampler.level(*t).alpha_bar;
            denoiser.prediction().x0_factors(alpha_bar)?;
        }
        Ok(Self {
            sampler,
            denoiser,
            evaluations: 0,
        })
    }

    /// Writes x̂0 of the batch `x`, which stands at the timestep `t`, into `x0`, thresholded.
    pub fn estimate(
        &mut self,
        step: usize,
        t: usize,
        x: &Array2<f32>,
        x0: &mut Array2<f32>,
    ) -> Result<()> {
        let source = |source| {
            let source = Box::new(source);
            Error::Denoiser { step, t, source }
        };
        self.convert(t, x, x0).map_err(source)?;
        if let Some(threshold) = self.sampler.threshold() {
            Threshold::apply(threshold, x0);
        }
        Ok(())
    }

    fn convert(&mut self, t: usize, x: &Array2<f32>, x0: &mut Array2<f32>) -> Result<()> {
        let what = "the prediction";
        let prediction = self.denoiser.denoise(x, t)?;
        self.evaluations += 1;
        same_shape(what, x.shape(), prediction.shape())?;
        let alpha_bar = self.sampler.level(t).alpha_bar;
        let (of_x, of_prediction) = self.denoiser.prediction().x0_factors(alpha_bar)?;
        let (of_x, of_prediction) = (of_x as f32, of_prediction as f32);
        let prediction = prediction.as_standard_layout();
        let given = prediction.as_slice().expect("standard layout");
        let xs = x.as_slice().expect("made in row-major order");
        let x0s = x0.as_slice_mut().expect("made in row-major order");
        let work = |x0: &mut [f32], x: &[f32], given: &[f32]| {
            for ((x0, x), p) in x0.iter_mut().zip(x).zip(given) {
                *x0 = of_x * x + of_prediction * p;
            }
            // The factors are finite, so x̂0 is finite only if x and the prediction are.
            is_finite(x0)
        };
        let finite = if xs.len() < PARALLEL {
            work(x0s, xs, given)
        } else {
            x0s.par_chunks_mut(CHUNK)
                .zip(xs.par_chunks(CHUNK))
                .zip(given.par_chunks(CHUNK))
                .map(|((x0, x), given)| work(x0, x, given))
                .min()
                != Some(false)
        };
        if finite {
            return Ok(());
        }
        all_finite("the batch, x_t", x)?;
        all_finite(what, &prediction)?;
        all_finite("x0 from the prediction", x0)
    }
}
