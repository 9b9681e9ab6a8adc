//! A variance that is learned beside the mean (Nichol & Dhariwal 2021, §3.1): what a network with 2d outputs says,
//! the loss that trains it, and its bound. tests/proofs/likelihood_learned.rs proves it.

use std::f64::consts::{LN_2, TAU};

use diffusion_intuition::autograd::{Gradients, Tape, Var};
use diffusion_intuition::likelihood::reverse_variances;
use diffusion_intuition::network::Network;
use diffusion_intuition::sampler::Variance;
use diffusion_intuition::train::{Adam, Ema, LearningRate, Optimizer};
use diffusion_intuition::{Error, Prediction, Result, Rng, Schedule};
use ndarray::{Array1, Array2, s};
use rand::RngExt;

/// ln β̃_t and ln β_t for every t, β̃_1 for β̃_0: between and beyond them lies Σ_θ.
fn log_range(schedule: &Schedule) -> Result<[Array1<f64>; 2]> {
    let small = reverse_variances(schedule, Variance::FixedSmall)?;
    let large = reverse_variances(schedule, Variance::FixedLarge)?;
    Ok([small.mapv(f64::ln), large.mapv(f64::ln)])
}

/// The prediction (the first d outputs) and Σ_θ, a variance (of the others), for the rows of `x_t`, shape (n, d), at
/// the 0-based timestep `t`; both of shape (n, d).
///
/// An output o says v = (o + 1)/2, and Σ_θ = exp(v ln β_t + (1−v) ln β̃_t), one for each coordinate (eq. 15; v is not
/// confined to [0, 1]).
pub fn predict(
    network: &dyn Network,
    schedule: &Schedule,
    x_t: &Array2<f32>,
    t: usize,
) -> Result<(Array2<f32>, Array2<f64>)> {
    schedule.alpha_bar(t)?;
    let (n, d) = x_t.dim();
    let mut tape = Tape::new(network.parameters());
    let x_t = tape.input(x_t);
    let both = network.forward(&mut tape, x_t, &vec![t; n])?;
    let both = tape.value(both);
    if both.ncols() != 2 * d {
        return Err(Error::Shape {
            what: "outputs",
            expected: vec![n, 2 * d],
            found: both.shape().to_vec(),
        });
    }
    let [small, large] = log_range(schedule)?.map(|range| range[t]);
    let variance = |o: &f32| {
        let v = 0.5 * (f64::from(*o) + 1.0);
        (v * large + (1.0 - v) * small).exp()
    };
    let variances = both.slice(s![.., d..]).map(variance);
    Ok((both.slice(s![.., ..d]).to_owned(), variances))
}

/// Every row's own bound on −ln p_θ(x_0), in nats, as that of [`Elbo`](diffusion_intuition::likelihood::Elbo), with
/// the network's own variances, the decoder's too; for a network that predicts ε.
pub fn bound(
    network: &dyn Network,
    schedule: &Schedule,
    x0: &Array2<f32>,
    rng: &mut Rng,
) -> Result<Array1<f64>> {
    let terms = Terms::new(schedule, Prediction::Eps)?;
    let last = schedule.alpha_bars()[schedule.timesteps() - 1];
    let prior = |x: &f32| 0.5 * (last * (f64::from(*x).powi(2) - 1.0) - (1.0 - last).ln());
    let mut rows: Array1<f64> = x0.map(prior).sum_axis(ndarray::Axis(1));
    for (t, term) in terms.0.iter().enumerate() {
        let (x_t, eps) = schedule.q_sample(x0, t, rng)?;
        let (prediction, variances) = predict(network, schedule, &x_t, t)?;
        for ((i, j), variance) in variances.indexed_iter() {
            let miss = f64::from(eps[[i, j]]) - f64::from(prediction[[i, j]]);
            rows[i] += 0.5 * (variance.ln() + term.square(miss) / variance) + term.constant;
        }
    }
    Ok(rows)
}

/// What L_t needs to know of its timestep: it is ½ (ln σ² + (β̃ + error²)/σ²) + constant, in nats a coordinate.
#[derive(Debug, Clone, Copy)]
struct Term {
    /// β̃_t, 0 at t = 0.
    posterior: f64,
    /// Factor of the prediction's error in that of the mean (at t = 0 of x̂0).
    mean: f64,
    constant: f64,
}

impl Term {
    fn square(self, miss: f64) -> f64 {
        self.posterior + (self.mean * miss).powi(2)
    }
}

/// All of them.
#[derive(Debug, Clone)]
struct Terms(Vec<Term>);

impl Terms {
    fn new(schedule: &Schedule, prediction: Prediction) -> Result<Self> {
        let mut before = 1.0_f64;
        let mut terms = Vec::new();
        for (t, &alpha_bar) in schedule.alpha_bars().iter().enumerate() {
            let noise = (1.0 - alpha_bar).sqrt();
            let to_x0 = match prediction {
                Prediction::Eps if alpha_bar == 0.0 => {
                    let what = "x0 from eps";
                    return Err(Error::Degenerate { what, alpha_bar });
                }
                Prediction::Eps => noise / alpha_bar.sqrt(),
                Prediction::X0 => 1.0,
                Prediction::V => noise,
                Prediction::Velocity => noise / (alpha_bar.sqrt() + noise),
            };
            let posterior = schedule.posterior_variance(t)?;
            let of_x0 = before.sqrt() * schedule.betas()[t] / (1.0 - alpha_bar);
            terms.push(Term {
                posterior,
                mean: of_x0 * to_x0,
                constant: match t {
                    0 => 0.5 * TAU.ln(),
                    _ => -0.5 * (posterior.ln() + 1.0),
                },
            });
            before = alpha_bar;
        }
        Ok(Self(terms))
    }
}

/// L_hybrid = L_simple + λ L_vlb (eq. 16), for a network with 2d outputs as [`predict`] reads them.
///
/// L_simple, the mean squared error, trains the prediction alone; L_vlb, in bits per dimension and estimated at the
/// batch's timesteps as T times the mean L_t, trains the variance alone: no gradient goes through its mean. λ is
/// 0.001 in the paper (and its code, where the unit is bits too). L_T is constant and left out.
#[derive(Debug, Clone)]
pub struct Hybrid {
    weight: f64,
    range: [Array1<f64>; 2],
    terms: Terms,
}

impl Hybrid {
    /// With λ = `weight`, finite and not negative.
    pub fn new(schedule: &Schedule, prediction: Prediction, weight: f64) -> Result<Self> {
        if !(weight.is_finite() && weight >= 0.0) {
            return Err(Error::Parameter {
                name: "weight of L_vlb",
                value: weight,
                valid: "finite and not negative",
            });
        }
        Ok(Self {
            weight,
            range: log_range(schedule)?,
            terms: Terms::new(schedule, prediction)?,
        })
    }

    /// Records the loss of a batch: `output` is the network's, (n, 2d), `target` what it should have predicted,
    /// (n, d), and `ts` holds the n timesteps.
    pub fn loss(
        &self,
        tape: &mut Tape<'_>,
        output: Var,
        target: &Array2<f32>,
        ts: &[usize],
    ) -> Result<Var> {
        let dim = target.dim();
        let prediction = tape.columns(output, 0..dim.1)?;
        let output = tape.columns(output, dim.1..2 * dim.1)?;
        let wanted = tape.input(target);
        let simple = tape.mse(prediction, wanted)?;

        // The error of the mean enters as a number: no gradient goes back through it.
        let miss = &tape.value(prediction) - target;
        let log_square = Array2::from_shape_fn(dim, |(i, j)| {
            let square = self.terms.0[ts[i]].square(f64::from(miss[[i, j]]));
            // At t = 0 nothing is added to the error, and the logarithm of 0 must stay finite.
            square.max(f64::from(f32::MIN_POSITIVE)).ln() as f32
        });
        let [small, large] = &self.range;
        let per_row =
            |f: &dyn Fn(usize) -> f64| Array2::from_shape_fn(dim, |(i, _)| f(ts[i]) as f32);
        let middle = per_row(&|t| 0.5 * (large[t] + small[t]));
        let half_range = per_row(&|t| 0.5 * (large[t] - small[t]));
        let constant: f64 = ts.iter().map(|t| self.terms.0[*t].constant).sum();

        // ln σ² = middle + half_range·o, L = ½ (ln σ² + exp(log_square − ln σ²)) + constant.
        let (middle, half_range) = (tape.input(&middle), tape.input(&half_range));
        let log_variance = tape.mul(half_range, output)?;
        let log_variance = tape.add(middle, log_variance)?;
        let log_square = tape.input(&log_square);
        let ratio = tape.sub(log_square, log_variance)?;
        let ratio = tape.exp(ratio)?;
        let terms = tape.add(log_variance, ratio)?;
        let mean = tape.mean(terms)?;
        let bits = self.weight * self.terms.0.len() as f64 / LN_2;
        let constant = bits * constant / ts.len() as f64;
        let constant = tape.input(&Array2::from_elem((1, 1), constant as f32));
        let bound = tape.scale(mean, (0.5 * bits) as f32)?;
        let bound = tape.add(bound, constant)?;
        tape.add(simple, bound)
    }
}

/// Trains a network that predicts ε on batches that `data` draws, and leaves it the averaged parameters. The loss of
/// every step.
pub fn train(
    network: &mut dyn Network,
    loss: &Hybrid,
    schedule: &Schedule,
    rate: LearningRate,
    steps: u64,
    data: &mut dyn FnMut(&mut Rng) -> Result<Array2<f32>>,
) -> Result<Vec<f32>> {
    let (adam, ema) = (Adam::default(), Some(Ema::default()));
    let mut optimizer = Optimizer::new(network.parameters(), adam, ema)?;
    let mut gradients = Gradients::new(network.parameters());
    let (mut losses, mut rng) = (Vec::new(), Rng::new(0));
    for step in 0..steps {
        let x0 = data(&mut rng)?;
        let t = |_| rng.random_range(0..schedule.timesteps());
        let ts: Vec<usize> = (0..x0.nrows()).map(t).collect();
        let (x_t, eps) = schedule.q_sample_batch(&x0, &ts, &mut rng)?;
        let mut tape = Tape::new(network.parameters());
        let x_t = tape.input(&x_t);
        let output = network.forward(&mut tape, x_t, &ts)?;
        let value = loss.loss(&mut tape, output, &eps, &ts)?;
        tape.backward(value, &mut gradients)?;
        losses.push(tape.scalar(value));
        drop(tape);
        optimizer.step(network.parameters_mut(), &gradients, rate.at(step))?;
    }
    if let Some(ema) = optimizer.ema() {
        network.parameters_mut().clone_from(ema);
    }
    Ok(losses)
}
