//! The exact reverse step q(x_{t−1} | x_t): what the chapter's p_θ tries to be.

use ndarray::{Array, ArrayRef, Axis, Dimension, Ix1};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use super::density::{Mixture, pick};
use super::gaussian::Gaussian;
use super::points::{Points, Real};
use crate::check;
use crate::error::Result;
use crate::rng::Rng;
use crate::schedule::Schedule;

impl Mixture {
    /// q(x_{t−1} | x_t) for one point `x_t`, shape (d), when x_0 follows this mixture: itself a mixture.
    ///
    /// Component k is the Gaussian posterior of the prior q(x_{t−1} | k) under the step's likelihood
    /// N(x_t; √α_t x_{t−1}, β_t I); its weight is p(k | x_t). With m, V the prior's mean and (co)variance,
    /// mean = (β_t m + √α_t V x_t) / (α_t V + β_t), variance = β_t V / (α_t V + β_t). `t` is 0-based: the
    /// step from `t = 0` ends at clean data. Not the Gaussian of the chapter's p_θ: that is its limit for
    /// small β_t only.
    ///
    /// # Errors
    /// As [`optimal_eps`](Self::optimal_eps), for one point.
    pub fn reverse_kernel<F: Real>(
        &self,
        schedule: &Schedule,
        x_t: &ArrayRef<F, Ix1>,
        t: usize,
    ) -> Result<Self> {
        let step = ReverseStep::new(self, schedule, t)?;
        let points = Points::new(&x_t.view().insert_axis(Axis(0)), self.dim())?;
        let point = points.rows();
        let given = |c: &StepBack| c.prior.with(c.moved(point, || 0.0), c.variances.clone());
        Ok(Self {
            weights: step.marginal.responsibilities(point),
            components: step.components.iter().map(given).collect(),
        })
    }

    /// Draws x_{t−1} ~ q(x_{t−1} | x_t) for each point; the shape of `x_t`. In parallel, the same bits at
    /// any thread count.
    ///
    /// Repeated from t = T−1 down to 0, from exact samples of q(x_{T−1}), this is the exact reverse process:
    /// what comes out is distributed exactly as the data.
    ///
    /// # Errors
    /// As [`optimal_eps`](Self::optimal_eps); [`Error::NotFinite`](crate::Error::NotFinite) for a draw beyond f32.
    pub fn reverse_step<D: Dimension>(
        &self,
        schedule: &Schedule,
        x_t: &ArrayRef<f32, D>,
        t: usize,
        rng: &mut Rng,
    ) -> Result<Array<f32, D>> {
        let step = ReverseStep::new(self, schedule, t)?;
        let points = Points::new(x_t, self.dim())?;
        let x_before = points.shaped(step.draw(points.rows(), rng));
        check::all_finite("x_before in f32", &x_before)?;
        Ok(x_before)
    }
}

/// What the step from x_t to x_{t−1} needs, for every component.
struct ReverseStep {
    /// q(x_t).
    marginal: Mixture,
    components: Vec<StepBack>,
}

/// q(x_{t−1} | x_t, k): mean m + gain (x_t − √α_t m), coordinate by coordinate in the component's own axes.
struct StepBack {
    /// q(x_{t−1} | k), with mean m.
    prior: Gaussian,
    /// √α_t m, where x_t is expected.
    predicted: Vec<f64>,
    /// √α_t V / (α_t V + β_t) along each axis.
    gains: Vec<f64>,
    /// β_t V / (α_t V + β_t) along each axis.
    variances: Vec<f64>,
}

impl ReverseStep {
    fn new(data: &Mixture, schedule: &Schedule, t: usize) -> Result<Self> {
        schedule.check(t)?;
        let (alpha, beta) = (schedule.alphas()[t], schedule.betas()[t]);
        let before = data.diffused(schedule.alpha_bar_before(t));
        let priors = before.components.into_iter();
        Ok(Self {
            marginal: data.marginal(schedule, t)?,
            components: priors.map(|p| StepBack::new(p, alpha, beta)).collect(),
        })
    }

    /// x_{t−1} for each point. For no type of the caller's, so that it is compiled, and optimised, with the library.
    fn draw(&self, points: &[f64], rng: &mut Rng) -> Vec<f32> {
        let d = self.marginal.dim();
        rng.rows(points.len() / d, d, |i, out, rng| {
            let x = &points[i * d..][..d];
            let k = pick(&self.marginal.responsibilities(x), rng.random());
            let draw = self.components[k].moved(x, || StandardNormal.sample(rng));
            out.iter_mut().zip(draw).for_each(|(o, x)| *o = x as f32);
        })
    }
}

impl StepBack {
    fn new(prior: Gaussian, alpha: f64, beta: f64) -> Self {
        let total = |v: &f64| alpha * v + beta;
        let spread = prior.variances();
        Self {
            predicted: prior.mean().iter().map(|m| alpha.sqrt() * m).collect(),
            gains: spread.iter().map(|v| alpha.sqrt() * v / total(v)).collect(),
            variances: spread.iter().map(|v| beta * v / total(v)).collect(),
            prior,
        }
    }

    /// The mean at x_t = x, moved by `noise` times the standard deviation along each axis.
    fn moved(&self, x: &[f64], mut noise: impl FnMut() -> f64) -> Vec<f64> {
        let mut shift = self.prior.to_axes(x, &self.predicted);
        let along = shift.iter_mut().zip(&self.gains).zip(&self.variances);
        for ((s, gain), variance) in along {
            let z = noise();
            *s = gain * *s + variance.sqrt() * z;
        }
        let mut mean = self.prior.mean().to_vec();
        self.prior.add_from_axes(&shift, &mut mean);
        mean
    }
}
