//! The bound itself: which terms it has, and what each is worth.

use ndarray::{Array1, ArrayRef2, ArrayView1};

use super::bound::Bound;
use super::decoder::Decoder;
use super::variance::reverse_variances;
use crate::check::{self, all_finite, same_shape};
use crate::denoiser::Denoiser;
use crate::error::{Error, Result};
use crate::mixture::Mixture;
use crate::prediction::Prediction;
use crate::rng::Rng;
use crate::sampler::Variance;
use crate::schedule::Schedule;

/// The variational bound of a diffusion model (Ho et al. 2020, eq. 5):
///
/// −ln p_θ(x_0) ≤ L_vlb = L_T + Σ_t L_t, see [`Bound`].
///
/// p_θ(x_{t−1} | x_t) = N(μ_θ, σ_t² I), with the mean of q(x_{t−1} | x_t, x_0) at x_0 = x̂0, the denoiser's;
/// never clipped. Each KL is then, a coordinate,
///
/// L_t = ½ (ln(σ_t²/β̃_t) − 1 + (β̃_t + c_t² (x_0 − x̂0)²)/σ_t²), c_t = √ᾱ_{t−1} β_t/(1−ᾱ_t).
#[derive(Debug, Clone, PartialEq)]
pub struct Elbo {
    schedule: Schedule,
    variances: Array1<f64>,
    decoder: Decoder,
}

impl Elbo {
    /// The bound with a fixed variance; [`reverse_variances`] says what that is at each t, and for the
    /// decoder. Data is continuous; see [`with_decoder`](Self::with_decoder).
    ///
    /// # Errors
    /// [`Error::Parameter`] for an interpolation outside [0, 1].
    pub fn new(schedule: &Schedule, variance: Variance) -> Result<Self> {
        Self::with_variances(schedule, reverse_variances(schedule, variance)?)
    }

    /// The bound with any σ_t², shape (T); entry 0 is the decoder's.
    ///
    /// # Errors
    /// [`Error::Shape`] unless there are T; [`Error::Parameter`] for one that is not positive and finite.
    pub fn with_variances(schedule: &Schedule, variances: impl Into<Array1<f64>>) -> Result<Self> {
        let variances: Array1<f64> = variances.into();
        same_shape("variances", &[schedule.timesteps()], variances.shape())?;
        for &value in &variances {
            let fine = value > 0.0 && value.is_finite();
            check::parameter(
                "variance of a step back",
                value,
                fine,
                "positive and finite",
            )?;
        }
        Ok(Self {
            schedule: schedule.clone(),
            variances,
            decoder: Decoder::Gaussian,
        })
    }

    /// The same bound with another decoder, for L_0.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a grid of fewer than two levels or none that rise.
    pub fn with_decoder(self, decoder: Decoder) -> Result<Self> {
        decoder.check()?;
        Ok(Self { decoder, ..self })
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// σ_t² of every step back, the decoder's first; shape (T).
    pub fn variances(&self) -> &Array1<f64> {
        &self.variances
    }

    /// The weight of ‖ε − ε_θ‖² in L_t, in nats; shape (T): β_t²/(2 σ_t² α_t (1−ᾱ_t)) (Ho et al. 2020,
    /// eq. 12). L_simple puts 1 in its place at every t.
    ///
    /// At t = 0 it is that of the Gaussian decoder. Infinite at a last step with zero terminal SNR, where ε
    /// says nothing of x_0.
    pub fn weights(&self) -> Array1<f64> {
        let schedule = &self.schedule;
        let weight = |t: usize| {
            let (alpha, beta) = (schedule.alphas()[t], schedule.betas()[t]);
            let noise = 1.0 - schedule.alpha_bars()[t];
            // σ_t² last: in a product with α_t = 0 an enormous one would make the weight NaN, not infinite.
            beta / (2.0 * alpha) * (beta / noise) / self.variances[t]
        };
        (0..schedule.timesteps()).map(weight).collect()
    }

    /// The bound for the samples `x0`, shape (n, d), with one draw of noise for each sample at each of the T
    /// timesteps: an unbiased estimate, with its standard errors. Costs T evaluations of the whole batch. The
    /// same bits at any thread count.
    ///
    /// # Errors
    /// [`Error::Parameter`] for fewer than two samples, or samples that are not on the decoder's grid;
    /// [`Error::Empty`] for d = 0; [`Error::NotFinite`] for a sample or a prediction that is not, or a sample
    /// whose bound is beyond f64; [`Error::Shape`] for a prediction of another shape; [`Error::Degenerate`] at a
    /// timestep with ᾱ = 0 for a denoiser that predicts ε; what the denoiser returns.
    pub fn estimate(
        &self,
        denoiser: &dyn Denoiser,
        x0: &ArrayRef2<f32>,
        rng: &mut Rng,
    ) -> Result<Bound> {
        let (n, d) = x0.dim();
        let valid = "at least 2: one alone has no standard error";
        check::parameter("number of samples", n, n > 1, valid)?;
        check::not_empty("x0", d)?;
        all_finite("x0", x0)?;
        self.decoder.check_data(x0)?;
        let (kind, timesteps) = (denoiser.prediction(), self.schedule.timesteps());
        // A conversion that does not exist is refused before the work, not after it.
        let factor = |t| Ok(kind.factors(Prediction::X0, self.schedule.level(t))?.1);
        let factors: Vec<f64> = (0..timesteps).map(factor).collect::<Result<_>>()?;

        let squares = |row: ArrayView1<f32>| -> f64 {
            let nats = row.iter().map(|x| self.prior_nats(f64::from(*x).powi(2)));
            nats.sum()
        };
        let mut rows: Array1<f64> = x0.rows().into_iter().map(squares).collect();
        let (prior, _) = mean_and_error(&rows);
        let (mut terms, mut term_errors) = (Array1::zeros(timesteps), Array1::zeros(timesteps));
        for t in 0..timesteps {
            let (x_t, eps) = self.schedule.q_sample(x0, t, rng)?;
            let prediction = denoiser.denoise(&x_t, t)?;
            same_shape("the prediction", x0.shape(), prediction.shape())?;
            all_finite("the prediction", &prediction)?;
            let alpha_bar = self.schedule.alpha_bars()[t];
            let coordinate = |at: [usize; 2]| {
                let target = kind.target(alpha_bar, x0[at], eps[at]);
                let miss = f64::from(target) - f64::from(prediction[at]);
                self.nats(t, f64::from(x0[at]), factors[t] * miss)
            };
            let row = |i| (0..d).map(|j| coordinate([i, j])).sum::<f64>();
            let term = Array1::from_shape_fn(n, row);
            (terms[t], term_errors[t]) = mean_and_error(&term);
            rows += &term;
        }
        // A variance near 0 makes a sample as unlikely as f64 can say, and then more.
        check::finite("the samples' bounds", &rows)?;
        let (nats, error) = mean_and_error(&rows);
        Ok(Bound {
            dim: d,
            prior,
            terms,
            term_errors,
            rows,
            nats,
            error,
        })
    }

    /// The exact bound, its mean over all samples and all noise, for data that follows a one-dimensional
    /// mixture: by quadrature over x_t, of which the denoiser is asked once for each t. Its standard errors
    /// are 0.
    ///
    /// The mean squared error of x̂0 is that of the best denoiser, ([`Mixture::eps_floor`]), plus what this one
    /// is off it ([`Mixture::eps_excess`]).
    ///
    /// # Errors
    /// [`Error::Shape`] if the mixture is not one-dimensional or a prediction is not (n, 1);
    /// [`Error::Degenerate`] for a schedule with zero terminal SNR; [`Error::Unsupported`] for a decoder on a
    /// grid, which continuous data does not lie on; what the denoiser returns.
    pub fn exact(&self, denoiser: &dyn Denoiser, data: &Mixture) -> Result<Bound> {
        if let Decoder::Grid { .. } = self.decoder {
            return Err(Error::Unsupported {
                what: "the exact bound with a decoder on a grid".into(),
                valid: "it is of continuous data, which lies on none: take the Gaussian decoder",
            });
        }
        let schedule = &self.schedule;
        let kind = denoiser.prediction();
        let levels = (0..schedule.timesteps()).map(|t| schedule.level(t));
        let to_x0 = levels.map(|level| Prediction::Eps.factors(Prediction::X0, level));
        let to_x0: Vec<(f64, f64)> = to_x0.collect::<Result<_>>()?;
        let floors = data.eps_floors(schedule)?;
        let mut terms = Array1::zeros(schedule.timesteps());
        for (t, (term, floor)) in terms.iter_mut().zip(&floors).enumerate() {
            let excess = data.eps_excess(schedule, t, &|x_t| {
                kind.to_eps(schedule, x_t, &denoiser.denoise(x_t, t)?, t)
            })?;
            // Both branches are affine in the squared error: its mean may stand for it.
            let square = to_x0[t].1.powi(2) * (floor + excess);
            *term = self.nats(t, 0.0, square.max(0.0).sqrt()); // rounding may leave less than 0
        }
        let second = data.expectation(|x| x * x)?;
        let prior = self.prior_nats(second);
        check::finite("the terms of the bound", &terms)?;
        let nats = prior + terms.sum();
        Ok(Bound {
            dim: 1,
            prior,
            term_errors: Array1::zeros(terms.len()),
            terms,
            rows: Array1::zeros(0),
            nats,
            error: 0.0,
        })
    }

    /// L_t of one coordinate for x̂0 = x0 − `error`.
    fn nats(&self, t: usize, x0: f64, error: f64) -> f64 {
        let variance = self.variances[t];
        if t == 0 {
            return self.decoder.nats(x0, error, variance);
        }
        let posterior = self.schedule.posterior_at(t);
        let miss = (posterior.x0 * error).powi(2);
        gaussian_kl(posterior.variance, variance, miss)
    }

    /// L_T of one coordinate with x_0² = `square`: KL(N(√ᾱ x_0, 1−ᾱ) ‖ N(0, 1)) at the last timestep.
    fn prior_nats(&self, square: f64) -> f64 {
        let last = self.schedule.timesteps() - 1;
        let alpha_bar = self.schedule.alpha_bars()[last];
        gaussian_kl(1.0 - alpha_bar, 1.0, alpha_bar * square)
    }
}

/// KL(N(a, q) ‖ N(b, p)) = ½ (ln(p/q) − 1 + (q + (a−b)²)/p), in nats, for variances q and p.
fn gaussian_kl(q: f64, p: f64, square: f64) -> f64 {
    0.5 * ((p / q).ln() - 1.0 + (q + square) / p)
}

/// Mean of at least two values and its standard error.
fn mean_and_error(values: &Array1<f64>) -> (f64, f64) {
    let n = values.len() as f64;
    (values.sum() / n, values.std(1.0) / n.sqrt())
}
