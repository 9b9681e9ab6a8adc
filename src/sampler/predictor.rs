//! x̂0 from whatever the denoiser predicts, with its answer checked.

use ndarray::Array2;

use super::blend::{X_T, X0};
use super::plan::Sampler;
use crate::check::{self, all_finite};
use crate::denoiser::Denoiser;
use crate::error::{Error, Result};
use crate::prediction::Prediction;

/// The denoiser, asked for one thing only: which clean sample is behind this batch?
pub(super) struct Predictor<'a> {
    sampler: &'a Sampler,
    denoiser: &'a dyn Denoiser,
    /// How often it was asked.
    pub nfe: u64,
}

impl<'a> Predictor<'a> {
    /// For a run in which the denoiser will be asked at the timesteps `ts`: a conversion that does not exist
    /// at one of them is refused now, not after half of the work.
    pub fn new(sampler: &'a Sampler, denoiser: &'a dyn Denoiser, ts: &[usize]) -> Result<Self> {
        for t in ts {
            let kind = denoiser.prediction();
            kind.factors(Prediction::X0, sampler.level(*t))?;
        }
        Ok(Self {
            sampler,
            denoiser,
            nfe: 0,
        })
    }

    /// Writes x̂0 of the batch `x`, which stands at the timestep `t`, into `x0`, thresholded.
    pub fn predict_x0(
        &mut self,
        step: usize,
        t: usize,
        x: &Array2<f32>,
        x0: &mut Array2<f32>,
    ) -> Result<()> {
        self.convert(t, x, x0).map_err(|source| {
            let source = Box::new(source);
            Error::Denoiser { step, t, source }
        })?;
        if let Some(threshold) = self.sampler.threshold() {
            threshold.apply(x0)?;
        }
        Ok(())
    }

    fn convert(&mut self, t: usize, x: &Array2<f32>, x0: &mut Array2<f32>) -> Result<()> {
        let what = "the prediction";
        let prediction = self.denoiser.denoise(x, t)?;
        self.nfe += 1;
        check::same_shape(what, x.shape(), prediction.shape())?;
        let kind = self.denoiser.prediction();
        let (of_x, of_prediction) = kind.factors(Prediction::X0, self.sampler.level(t))?;
        x0.assign(x);
        let prediction = prediction.as_standard_layout();
        let given = prediction.as_slice().expect("standard layout");
        (of_x * X_T + of_prediction * X0).apply(x0, [given, &[], &[]]);
        // The factors are finite, so x̂0 is finite only if x and the prediction are.
        all_finite("x0 from the prediction", x0).or_else(|error| {
            all_finite("the batch, x_t", x)?;
            all_finite(what, &prediction)?;
            Err(error)
        })
    }
}
