//! The probability-flow ODE: the exact density that a denoiser's own deterministic sampler has.

use std::f64::consts::TAU;

use ndarray::{Array1, Array2, ArrayRef2};

use crate::denoiser::Denoiser;
use crate::error::{Error, Result};
use crate::forward::{all_finite, same_shape};
use crate::schedule::Schedule;

/// Half the distance of two points between which the denoiser is differenced, over the noise level √(1−ᾱ_t).
///
/// A denoiser varies on the scale of the noise and above, so the difference's own error is near 2e-2²/6 of
/// the derivative; f32 rounding adds about 1e-7/2e-2, which averages out over the steps.
const DIFFERENCE: f64 = 2e-2;

/// Log-densities by the probability-flow ODE (Song et al. 2021, §4.3 and eq. 39; instantaneous change of
/// variables: Chen et al. 2018, theorem 1).
///
/// In the angle φ = arccos √ᾱ, a sample moves along dx/dφ = v̂(x, φ) = √ᾱ ε̂ − √(1−ᾱ) x̂0, which is smooth
/// from one end to the other, and its log-density falls by tr ∂v̂/∂x. From x_0 to x_{T−1}:
///
/// ln p(x_0) = ln N(x_{T−1}; 0, I) + ∫ tr ∂v̂/∂x dφ + (d/2) ln ᾱ_0.
///
/// * **Where t starts.** At t = 0, not at clean data, where no denoiser was trained: x_{t=0} = √ᾱ_0 x_0. So
///   this is the log-density, at x_0, of the data *blurred* by noise of standard deviation √((1−ᾱ_0)/ᾱ_0)
///   (0.01 for β_0 = 1e-4). Its mean over the data is below that of the data itself by KL(data ‖ blurred),
///   3e-7 nats for the chapter's data.
/// * **Between timesteps** nothing is interpolated: Heun's method asks the denoiser at timesteps of the
///   schedule only. It is of second order, its error falls with the square of the steps.
/// * **The trace** is exact up to central differences, 2 evaluations a coordinate: for few dimensions.
///
/// Measured on the chapter's data with T = 1000: 2e-5 bits off the truth on average over samples with 999
/// steps, but 0.03 nats at x_0 = 0.5 (0.06 with 250 steps), between the modes, where the flow parts.
///
/// Every step costs 2 + 2d evaluations of the batch. Density, not a bound: for the exact denoiser it is the
/// truth, and for a learned one it is that of the deterministic samplers, not of DDPM's.
///
/// ```
/// use diffusion_intuition::likelihood::ProbabilityFlow;
/// use diffusion_intuition::{Mixture, Prediction, Schedule};
/// use ndarray::array;
///
/// let schedule = Schedule::linear(1000, 1e-4, 0.02)?;
/// let data = Mixture::bimodal();
/// let flow = ProbabilityFlow::new(&schedule, 250)?;
/// let x0 = array![[-2.0_f32], [1.5], [2.3]];
/// let found = flow.log_density(&data.denoiser(&schedule, Prediction::Eps), &x0)?; // nats
/// let truth = data.log_density(&x0.mapv(f64::from))?;
/// assert!((found - truth).iter().all(|gap| gap.abs() < 0.03));
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ProbabilityFlow {
    schedule: Schedule,
    timesteps: Vec<usize>,
}

impl ProbabilityFlow {
    /// `steps` steps between `steps + 1` timesteps, from 0 to T−1 and evenly spaced (rounded); at most T−1.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless 1 ≤ `steps` ≤ T−1.
    pub fn new(schedule: &Schedule, steps: usize) -> Result<Self> {
        let last = schedule.timesteps() - 1;
        if steps == 0 || steps > last {
            return Err(Error::Parameter {
                name: "steps of the probability-flow ODE",
                value: steps as f64,
                valid: "between 1 and T - 1",
            });
        }
        let timesteps = (0..=steps)
            .map(|i| (i * last + steps / 2) / steps)
            .collect();
        let schedule = schedule.clone();
        Ok(Self {
            schedule,
            timesteps,
        })
    }

    /// The timesteps at which the denoiser is asked, rising from 0 to T−1.
    pub fn timesteps(&self) -> &[usize] {
        &self.timesteps
    }

    /// ln p(x_0) in nats for each row of `x0`, shape (n, d); shape (n).
    ///
    /// # Errors
    /// [`Error::Empty`] for d = 0; [`Error::NotFinite`] for a sample or a prediction that is not;
    /// [`Error::Shape`] for a prediction of another shape; [`Error::Degenerate`] at a timestep with ᾱ = 0
    /// for a denoiser that predicts ε; what the denoiser returns.
    pub fn log_density(&self, denoiser: &dyn Denoiser, x0: &ArrayRef2<f32>) -> Result<Array1<f64>> {
        let (n, d) = x0.dim();
        if d == 0 {
            let what = "x0";
            return Err(Error::Empty { what });
        }
        all_finite("x0", x0)?;
        let levels = self
            .timesteps
            .iter()
            .map(|t| Level::new(self, *t, denoiser));
        let levels: Vec<Level> = levels.collect::<Result<_>>()?;

        let first = &levels[0];
        let mut x = x0.mapv(|x| first.signal * f64::from(x));
        let mut log_density = Array1::from_elem(n, d as f64 * first.signal.ln());
        let mut slope = first.velocity(&x)?;
        let mut trace = first.trace(&x)?;
        for pair in levels.windows(2) {
            let (here, there) = (&pair[0], &pair[1]);
            let step = there.angle - here.angle;
            let trial = &x + &(step * &slope);
            let trial_slope = there.velocity(&trial)?;
            x += &(0.5 * step * (&slope + &trial_slope));
            let trace_there = there.trace(&x)?;
            log_density += &(0.5 * step * (&trace + &trace_there));
            trace = trace_there;
            slope = there.velocity(&x)?;
        }
        for (log_density, x) in log_density.iter_mut().zip(x.rows()) {
            let normal = x.iter().map(|x| -0.5 * (x * x + TAU.ln()));
            *log_density += normal.sum::<f64>();
        }
        Ok(log_density)
    }
}

/// One timestep of the flow, and who is asked there.
struct Level<'a> {
    t: usize,
    denoiser: &'a dyn Denoiser,
    /// √ᾱ.
    signal: f64,
    /// √(1−ᾱ).
    noise: f64,
    /// φ: cos φ = √ᾱ, sin φ = √(1−ᾱ).
    angle: f64,
    /// v̂ = factors.0 · x_t + factors.1 · prediction.
    factors: (f64, f64),
}

impl<'a> Level<'a> {
    fn new(flow: &ProbabilityFlow, t: usize, denoiser: &'a dyn Denoiser) -> Result<Self> {
        let alpha_bar = flow.schedule.alpha_bars()[t];
        let (signal, noise) = (alpha_bar.sqrt(), (1.0 - alpha_bar).sqrt());
        Ok(Self {
            t,
            denoiser,
            signal,
            noise,
            angle: noise.atan2(signal),
            factors: denoiser.prediction().v_factors(alpha_bar)?,
        })
    }

    /// v̂ at points that f32 holds.
    fn ask(&self, x: &Array2<f32>) -> Result<Array2<f64>> {
        let prediction = self.denoiser.denoise(x, self.t)?;
        same_shape("the prediction", x.shape(), prediction.shape())?;
        all_finite("the prediction", &prediction)?;
        let mut v = prediction.mapv(|p| self.factors.1 * f64::from(p));
        v.zip_mut_with(x, |v, x| *v += self.factors.0 * f64::from(*x));
        Ok(v)
    }

    fn velocity(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        self.ask(&x.mapv(|x| x as f32))
    }

    /// tr ∂v̂/∂x of each row.
    fn trace(&self, x: &Array2<f64>) -> Result<Array1<f64>> {
        let (n, d) = x.dim();
        let center = x.mapv(|x| x as f32);
        let distance = (DIFFERENCE * self.noise) as f32;
        let mut trace = Array1::zeros(n);
        for axis in 0..d {
            let moved = |offset: f32| {
                let mut x = center.clone();
                x.column_mut(axis).mapv_inplace(|x| x + offset);
                x
            };
            let (low, high) = (moved(-distance), moved(distance));
            let (below, above) = (self.ask(&low)?, self.ask(&high)?);
            for i in 0..n {
                let at = [i, axis];
                // The distance that rounding has left of the one that was meant.
                let run = f64::from(high[at]) - f64::from(low[at]);
                trace[i] += (above[at] - below[at]) / run;
            }
        }
        Ok(trace)
    }
}
