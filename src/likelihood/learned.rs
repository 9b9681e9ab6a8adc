//! A variance that is learned beside the mean (Nichol & Dhariwal 2021, §3.1).

use std::f64::consts::{LN_2, TAU};

use ndarray::{Array2, ArrayRef2, Axis, Slice, s};

use super::bound::Bound;
use super::elbo::{Answer, Elbo};
use super::variance::LogRange;
use crate::autograd::{Tape, Var};
use crate::check::same_shape;
use crate::denoiser::Denoiser;
use crate::error::{Error, Result};
use crate::network::{Network, predict_columns};
use crate::prediction::Prediction;
use crate::rng::Rng;
use crate::schedule::Schedule;

/// A network with 2d outputs, read as a prediction (the first d) and a variance (the others).
///
/// An output o says v = (o + 1)/2, and Σ_θ = exp(v ln β_t + (1−v) ln β̃_t), one for each coordinate (Nichol &
/// Dhariwal 2021, eq. 15; v is not confined to [0, 1]; β̃_1 stands for β̃_0). [`Hybrid`] trains such a
/// network; [`FilmMlp::with_outputs`](crate::network::FilmMlp::with_outputs) makes one. It is a [`Denoiser`]
/// too, by its prediction alone.
///
/// ```
/// use diffusion_intuition::likelihood::{Elbo, Hybrid, LearnedVariance};
/// use diffusion_intuition::prelude::*;
///
/// let schedule = Schedule::linear_rescaled(50)?;
/// let data = Mixture::bimodal();
/// let mut rng = Rng::new(0);
/// let mut network = FilmMlp::with_outputs(1, 2, &FilmMlpConfig::default(), &mut rng)?;
/// let loss = Hybrid::new(&schedule, Prediction::Eps)?;
/// let (x0, ts) = (data.sample(3, &mut rng)?, [0, 20, 49]);
/// let (x_t, eps) = schedule.q_sample_batch(&x0, &ts, &mut rng)?;
/// let mut tape = Tape::new(network.parameters());
/// let x_t = tape.input(&x_t);
/// let output = network.forward(&mut tape, x_t, &ts)?;
/// let loss = loss.loss(&mut tape, output, &eps, &ts)?; // for an Optimizer
/// let learned = LearnedVariance::new(&network, Prediction::Eps);
/// let elbo = Elbo::new(&schedule, Variance::Posterior)?;
/// let bound = elbo.estimate_learned(&learned, &data.sample(100, &mut rng)?, &mut rng)?;
/// assert!(bound.nats().is_finite());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct LearnedVariance<'a> {
    network: &'a dyn Network,
    prediction: Prediction,
}

impl<'a> LearnedVariance<'a> {
    /// `network`, whose first d outputs are a prediction of that kind.
    pub fn new(network: &'a dyn Network, prediction: Prediction) -> Self {
        Self {
            network,
            prediction,
        }
    }

    /// The prediction and Σ_θ, a variance, for the rows of `x_t`, shape (n, d), at the 0-based timestep `t`;
    /// both of shape (n, d).
    ///
    /// # Errors
    /// [`Error::Timestep`] if `t` is not in `0..T`; [`Error::Shape`] unless the network has 2d outputs; what
    /// it returns.
    pub fn predict(
        &self,
        schedule: &Schedule,
        x_t: &ArrayRef2<f32>,
        t: usize,
    ) -> Result<(Array2<f32>, Array2<f64>)> {
        schedule.check(t)?;
        let (d, both) = self.outputs(x_t, t)?;
        let range = LogRange::at(schedule, t);
        let variances = both.slice(s![.., d..]);
        let variances = variances.mapv(|o| range.variance(share(f64::from(o))));
        Ok((both.slice(s![.., ..d]).to_owned(), variances))
    }

    /// d and all 2d outputs.
    fn outputs(&self, x_t: &ArrayRef2<f32>, t: usize) -> Result<(usize, Array2<f32>)> {
        let d = x_t.ncols();
        Ok((d, predict_columns(self.network, x_t, t, 2 * d)?))
    }
}

/// v of an output.
fn share(output: f64) -> f64 {
    0.5 * (output + 1.0)
}

impl Denoiser for LearnedVariance<'_> {
    fn prediction(&self) -> Prediction {
        self.prediction
    }

    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>> {
        let (d, both) = self.outputs(x_t, t)?;
        Ok(both.slice_axis(Axis(1), Slice::from(..d)).to_owned())
    }
}

impl Elbo {
    /// [`estimate`](Self::estimate) with the network's own variances in place of this bound's, the decoder's
    /// too.
    ///
    /// # Errors
    /// As [`estimate`](Self::estimate) and [`LearnedVariance::predict`].
    pub fn estimate_learned(
        &self,
        model: &LearnedVariance,
        x0: &ArrayRef2<f32>,
        rng: &mut Rng,
    ) -> Result<Bound> {
        self.estimate_with(model.prediction, x0, rng, &|x_t, t| {
            let (prediction, variances) = model.predict(self.schedule(), x_t, t)?;
            let variances = Some(variances);
            Ok(Answer {
                prediction,
                variances,
            })
        })
    }
}

/// L_hybrid = L_simple + λ L_vlb (Nichol & Dhariwal 2021, eq. 16), for a network with 2d outputs as
/// [`LearnedVariance`] reads them.
///
/// L_simple, the mean squared error, trains the prediction alone; L_vlb, in bits per dimension and estimated
/// at the batch's timesteps as T times the mean L_t, trains the variance alone: no gradient goes through its
/// mean. Its schedule must be the trainer's: a timestep that it does not have is an error of the run.
/// λ = 0.001 as in the paper (and its code, where the unit is bits too). L_T is constant and left
/// out. The trainer's losses per timestep are those of the prediction.
#[derive(Debug, Clone)]
pub struct Hybrid {
    weight: f64,
    steps: Vec<Step>,
}

/// What the loss needs to know of a timestep.
#[derive(Debug, Clone, Copy)]
struct Step {
    range: LogRange,
    /// β̃_t, 0 at t = 0.
    posterior: f64,
    /// Factor of the prediction's error in that of the mean.
    mean: f64,
    /// What L_t has beside ½ (ln σ² + (β̃ + error²)/σ²), in nats.
    constant: f64,
}

impl Hybrid {
    /// With λ = 0.001, for a network that predicts what the trainer's settings say.
    ///
    /// # Errors
    /// [`Error::Degenerate`] for a prediction of ε and a schedule with zero terminal SNR.
    pub fn new(schedule: &Schedule, prediction: Prediction) -> Result<Self> {
        Self::with_weight(schedule, prediction, 1e-3)
    }

    /// With another λ.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`Error::Parameter`] for a λ that is negative or not finite.
    pub fn with_weight(schedule: &Schedule, prediction: Prediction, weight: f64) -> Result<Self> {
        if !(weight.is_finite() && weight >= 0.0) {
            return Err(Error::Parameter {
                name: "weight of L_vlb",
                value: weight,
                valid: "finite and not negative",
            });
        }
        let step = |t: usize| {
            let posterior = schedule.posterior_at(t);
            let to_x0 = prediction.x0_factors(schedule.alpha_bars()[t])?.1;
            let constant = match t {
                0 => 0.5 * TAU.ln(),
                _ => -0.5 * (posterior.variance.ln() + 1.0),
            };
            Ok(Step {
                range: LogRange::at(schedule, t),
                posterior: posterior.variance,
                mean: posterior.x0 * to_x0,
                constant,
            })
        };
        let steps = (0..schedule.timesteps()).map(step);
        Ok(Self {
            weight,
            steps: steps.collect::<Result<_>>()?,
        })
    }

    /// Records the loss, 1×1, of a batch: `output` is what the network answered, shape (n, 2d), `target` what its
    /// prediction should have been, shape (n, d); `ts` holds the n 0-based timesteps.
    ///
    /// # Errors
    /// What the operations return; [`Error::Timestep`] for a `t` outside the schedule.
    pub fn loss(
        &self,
        tape: &mut Tape<'_>,
        output: Var,
        target: &ArrayRef2<f32>,
        ts: &[usize],
    ) -> Result<Var> {
        let dim = target.dim();
        same_shape("ts", &[dim.0], &[ts.len()])?;
        if dim.0 == 0 {
            let what = "the batch";
            return Err(Error::Empty { what });
        }
        let timesteps = self.steps.len();
        if let Some(&t) = ts.iter().find(|t| **t >= timesteps) {
            return Err(Error::Timestep { t, timesteps });
        }
        let prediction = tape.columns(output, 0..dim.1)?;
        let output = tape.columns(output, dim.1..2 * dim.1)?;
        let wanted = tape.input(target);
        let simple = tape.mse(prediction, wanted)?;

        // The error of the mean enters as a number: no gradient goes back through it.
        let miss = &tape.value(prediction) - &target.view();
        let per_row = |f: &dyn Fn(&Step) -> f64| {
            Array2::from_shape_fn(dim, |(i, _)| f(&self.steps[ts[i]]) as f32)
        };
        let middle = per_row(&|step| 0.5 * (step.range.large + step.range.small));
        let half_range = per_row(&|step| 0.5 * (step.range.large - step.range.small));
        let log_square = Array2::from_shape_fn(dim, |(i, j)| {
            let step = &self.steps[ts[i]];
            let error = step.mean * f64::from(miss[[i, j]]);
            // At t = 0 nothing is added to the error, and the logarithm of 0 must stay finite.
            (step.posterior + error * error)
                .max(f64::from(f32::MIN_POSITIVE))
                .ln() as f32
        });
        let constant: f64 = ts.iter().map(|t| self.steps[*t].constant).sum();

        // ln σ² = middle + half_range·o, L = ½ (ln σ² + exp(log_square − ln σ²)) + constant.
        let (middle, half_range) = (tape.input(&middle), tape.input(&half_range));
        let log_variance = tape.mul(half_range, output)?;
        let log_variance = tape.add(middle, log_variance)?;
        let log_square = tape.input(&log_square);
        let ratio = tape.sub(log_square, log_variance)?;
        let ratio = tape.exp(ratio)?;
        let terms = tape.add(log_variance, ratio)?;
        let mean = tape.mean(terms)?;
        let bits = self.weight * self.steps.len() as f64 / LN_2;
        let constant = bits * constant / ts.len() as f64;
        let constant = tape.input(&Array2::from_elem((1, 1), constant as f32));
        let bound = tape.scale(mean, (0.5 * bits) as f32)?;
        let bound = tape.add(bound, constant)?;
        tape.add(simple, bound)
    }
}
