//! The exact reverse step q(x_{t−1} | x_t): what the chapter's p_θ tries to be.

use ndarray::{Array, ArrayRef, Dimension};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use super::points::Points;
use super::{Gaussian, Mixture, Real, pick};
use crate::check::all_finite;
use crate::error::Result;
use crate::rng::{CHUNK, Rng};
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
    /// [`Error::Timestep`](crate::Error::Timestep) if `t` is not in `0..T`;
    /// [`Error::Shape`](crate::Error::Shape) unless `x_t` is one point of this mixture's dimension;
    /// [`Error::NotFinite`](crate::Error::NotFinite) and [`Error::Parameter`](crate::Error::Parameter) for a value
    /// that is NaN, infinite or beyond ±1e150.
    pub fn reverse_kernel<F: Real>(
        &self,
        schedule: &Schedule,
        x_t: &ArrayRef<F, ndarray::Ix1>,
        t: usize,
    ) -> Result<Self> {
        let step = ReverseStep::new(self, schedule, t)?;
        let point = x_t.view().insert_axis(ndarray::Axis(0));
        Points::new(&point, self.dim())?;
        let point: Vec<f64> = x_t.iter().map(|x| x.to_f64()).collect();
        let components = step.components.iter().map(|c| c.given(&point)).collect();
        Ok(Self {
            weights: step.marginal.responsibilities(&point),
            components,
        })
    }

    /// Draws x_{t−1} ~ q(x_{t−1} | x_t) for each point; the shape of `x_t`. In parallel, the same bits at
    /// any thread count.
    ///
    /// Repeated from t = T−1 down to 0, from exact samples of q(x_{T−1}), this is the exact reverse process:
    /// what comes out is distributed exactly as the data.
    ///
    /// # Errors
    /// [`Error::NotFinite`](crate::Error::NotFinite) for a draw beyond f32;
    /// [`Error::Timestep`](crate::Error::Timestep) if `t` is not in `0..T`;
    /// [`Error::Shape`](crate::Error::Shape) if the points are not of this mixture's dimension;
    /// [`Error::NotFinite`](crate::Error::NotFinite) and [`Error::Parameter`](crate::Error::Parameter) for a value
    /// that is NaN, infinite or beyond ±1e150.
    pub fn reverse_step<D: Dimension>(
        &self,
        schedule: &Schedule,
        x_t: &ArrayRef<f32, D>,
        t: usize,
        rng: &mut Rng,
    ) -> Result<Array<f32, D>> {
        let step = ReverseStep::new(self, schedule, t)?;
        let points = Points::new(x_t, self.dim())?;
        let piece = CHUNK.div_ceil(self.dim());
        let streams = rng.forks(points.len().div_ceil(piece));
        let x_before = points.map_with_noise(streams, piece, |rng, x, out| {
            let k = pick(&step.marginal.responsibilities(x), rng.random());
            step.components[k].sample_into(x, out, rng);
        });
        all_finite("x_before in f32", &x_before)?;
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
        Ok(Self {
            marginal: data.marginal(schedule, t)?,
            components: before
                .components
                .into_iter()
                .map(|prior| StepBack::new(prior, alpha, beta))
                .collect(),
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

    /// q(x_{t−1} | x_t = x, k).
    fn given(&self, x: &[f64]) -> Gaussian {
        let mut shift = self.prior.to_axes(x, &self.predicted);
        shift.iter_mut().zip(&self.gains).for_each(|(s, g)| *s *= g);
        let mut mean = self.prior.mean().to_vec();
        self.prior.add_from_axes(&shift, &mut mean);
        self.prior.with(mean, self.variances.clone())
    }

    /// A draw from [`given`](Self::given), without building it.
    fn sample_into(&self, x: &[f64], out: &mut [f32], rng: &mut Rng) {
        let mut shift = self.prior.to_axes(x, &self.predicted);
        let along = shift.iter_mut().zip(&self.gains).zip(&self.variances);
        for ((s, gain), variance) in along {
            let z: f64 = StandardNormal.sample(rng);
            *s = gain * *s + variance.sqrt() * z;
        }
        let mut draw = self.prior.mean().to_vec();
        self.prior.add_from_axes(&shift, &mut draw);
        out.iter_mut().zip(draw).for_each(|(o, x)| *o = x as f32);
    }
}
