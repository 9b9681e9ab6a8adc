//! The best denoiser there is if the data is nothing but the rows at hand: it knows them by heart.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, Axis};
use rand::RngExt;

use crate::check;
use crate::denoiser::Denoiser;
use crate::error::Result;
use crate::metrics::Estimate;
use crate::parallel::*;
use crate::prediction::Prediction;
use crate::rng::Rng;
use crate::schedule::Schedule;

/// Rows whose weights are computed together: a product of matrices each, small enough for a core's cache.
const PIECE: usize = 32;

/// The best prediction of ε, x_0, v or the velocity when x_0 is one of n given rows, each as likely as any other.
///
/// x0*(x_t, t) = E[x_0 | x_t] = Σ_i w_i x_i, with w = softmax_i(−‖x_t − √ᾱ_t x_i‖² / (2(1−ᾱ_t))); ε* and v* follow from
/// it (Karras et al. 2022, appendix B.3, eq. 57). It is the limit of [`Mixture::isotropic`](crate::Mixture::isotropic)
/// as the standard deviation goes to 0, and minimises the loss of *training*, with [`loss_floor`](Self::loss_floor)
/// left: no network gets below that on its training rows, and what samples with it copies them. A network is of
/// use because it does not reach it.
///
/// ```
/// use diffusion_intuition::prelude::*;
///
/// let digits = data::digits();
/// let schedule = Schedule::cosine(200)?;
/// let copies = EmpiricalDenoiser::new(&digits.train.rows, &schedule, Prediction::Eps)?;
/// let noise = Rng::new(0).standard_normal(4, 64)?;
/// let sampler = Sampler::new(&schedule, Method::DDIM, 25)?;
/// let samples = sampler.sample(&copies, &noise, &mut Rng::new(1))?;
/// let (_, distance) = metrics::nearest(&samples, &digits.train.rows)?[0];
/// assert!(distance < 1e-3);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct EmpiricalDenoiser {
    /// Shape (n, d).
    rows: Array2<f32>,
    /// The same in f64.
    wide: Array2<f64>,
    /// ½‖x_i‖².
    half_squares: Vec<f64>,
    schedule: Schedule,
    prediction: Prediction,
}

impl EmpiricalDenoiser {
    /// For the data that `rows` are, shape (n, d). With the rows of one class it is the best for that class.
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty) without numbers; [`Error::NotFinite`](crate::Error::NotFinite) for a NaN
    /// or infinite one.
    pub fn new(rows: &Array2<f32>, schedule: &Schedule, prediction: Prediction) -> Result<Self> {
        check::not_empty("data of an empirical denoiser", rows.len())?;
        check::all_finite("data of an empirical denoiser", rows)?;
        let rows = rows.as_standard_layout().into_owned();
        let wide = rows.mapv(f64::from);
        let half = |row: ndarray::ArrayView1<f64>| 0.5 * row.dot(&row);
        Ok(Self {
            half_squares: wide.rows().into_iter().map(half).collect(),
            rows,
            wide,
            schedule: schedule.clone(),
            prediction,
        })
    }

    /// What is left of the training loss: E of the mean over the d coordinates of (target − best prediction)², over
    /// the rows, the noise, and the 0-based timesteps `ts`, all equally likely. `0..T` gives the floor of the loss as a
    /// whole, `t..t + 1` that at t. From `draws` independent draws, with the standard error.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for fewer than two draws;
    /// [`Error::Empty`](crate::Error::Empty) without timesteps; [`Error::Timestep`](crate::Error::Timestep) for one
    /// outside the schedule; [`Error::Size`](crate::Error::Size) for more draws than memory can hold.
    pub fn loss_floor(&self, ts: Range<usize>, draws: usize, rng: &mut Rng) -> Result<Estimate> {
        check::not_empty("the range of timesteps", ts.len())?;
        self.schedule.check(ts.end - 1)?;
        check::elements::<f32>("draws of the loss", &[draws, 4 * self.rows.ncols()])?;
        let chosen: Vec<usize> = (0..draws)
            .map(|_| rng.random_range(0..self.rows.nrows()))
            .collect();
        let ts: Vec<usize> = (0..draws).map(|_| rng.random_range(ts.clone())).collect();
        let x0 = self.rows.select(Axis(0), &chosen);
        let (x_t, eps) = self.schedule.q_sample_batch(&x0, &ts, rng)?;
        let best = self.answers(&x_t, &|i| ts[i])?;
        let losses = ts.iter().enumerate().map(|(i, &t)| {
            let alpha_bar = self.schedule.alpha_bars()[t];
            let row = x0.row(i).into_iter().zip(eps.row(i)).zip(best.row(i));
            let squares = row.map(|((x0, eps), best)| {
                let target = self.prediction.target(alpha_bar, *x0, *eps);
                f64::from(target - best).powi(2)
            });
            squares.sum::<f64>() / x0.ncols() as f64
        });
        Estimate::of(&losses.collect::<Vec<f64>>())
    }

    /// The best predictions for rows that each stand at their own timestep, all in range.
    fn answers(
        &self,
        x_t: &Array2<f32>,
        time: &(dyn Fn(usize) -> usize + Sync),
    ) -> Result<Array2<f32>> {
        let d = self.rows.ncols();
        check::same_shape("x_t", &[x_t.nrows(), d], x_t.shape())?;
        check::all_finite("x_t", x_t)?;
        let x_t = x_t.as_standard_layout();
        let mut out = Array2::zeros(x_t.dim());
        let pieces = out.as_slice_mut().expect("freshly made");
        let rows = x_t.as_slice().expect("standard layout");
        let pieces = pieces
            .par_chunks_mut(PIECE * d)
            .zip(rows.par_chunks(PIECE * d));
        pieces.enumerate().for_each(|(k, (out, x))| {
            let x = ArrayView2::from_shape((x.len() / d, d), x).expect("whole rows");
            let alpha_bars =
                (0..x.nrows()).map(|i| self.schedule.alpha_bars()[time(k * PIECE + i)]);
            self.answer(&x.mapv(f64::from), &alpha_bars.collect::<Vec<_>>(), out);
        });
        Ok(out)
    }

    /// Writes the best predictions for some rows, each at its own ᾱ.
    fn answer(&self, x: &Array2<f64>, alpha_bars: &[f64], out: &mut [f32]) {
        // −‖x − √ᾱ x_i‖²/2 up to what is the same for all i.
        let mut weights = x.dot(&self.wide.t());
        for (mut row, alpha_bar) in weights.rows_mut().into_iter().zip(alpha_bars) {
            let (signal, variance) = (alpha_bar.sqrt(), 1.0 - alpha_bar);
            for (w, half_square) in row.iter_mut().zip(&self.half_squares) {
                *w = signal * (*w - signal * half_square) / variance;
            }
            let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row.mapv_inplace(|w| (w - most).exp());
            let sum = row.sum();
            row.mapv_inplace(|w| w / sum);
        }
        let x0 = weights.dot(&self.wide);
        let d = x.ncols();
        for (i, (x, x0)) in x.iter().zip(&x0).enumerate() {
            let (signal, noise) = (alpha_bars[i / d].sqrt(), (1.0 - alpha_bars[i / d]).sqrt());
            let eps = (x - signal * x0) / noise;
            out[i] = match self.prediction {
                Prediction::Eps => eps,
                Prediction::X0 => *x0,
                Prediction::V => signal * eps - noise * x0,
                Prediction::Velocity => eps - x0,
            } as f32;
        }
    }
}

impl Denoiser for EmpiricalDenoiser {
    fn prediction(&self) -> Prediction {
        self.prediction
    }

    fn is_exact(&self) -> bool {
        true
    }

    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>> {
        self.schedule.check(t)?;
        self.answers(x_t, &|_| t)
    }
}
