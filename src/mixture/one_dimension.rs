//! Integrals, modes and the distribution function of one-dimensional mixtures.

use ndarray::{Array1, Array2, ArrayRef, Axis, Ix1};

use super::points::Points;
use super::{Mixture, Real};
use crate::error::{Error, Result};
use crate::schedule::Schedule;

/// Nodes of the trapezoidal rule for each standard deviation of the narrowest component. On smooth
/// functions that vanish at both ends the rule's error falls faster than any power of the spacing.
const NODES_PER_STD: f64 = 16.0;

/// Fewest and most nodes: the fewest make modes easy to tell apart, the most bound time and memory.
const NODES: (f64, f64) = (4001.0, 4e6);

/// Fewest nodes at which a network is asked, which costs more than a formula.
const NETWORK_NODES: f64 = 401.0;

/// How many standard deviations beyond its outermost means a mixture is integrated: e^(−72) is left out.
const REACH: f64 = 12.0;

impl Mixture {
    /// Distribution function P(X ≤ x) of a one-dimensional mixture at each of `x`; shape (n).
    ///
    /// # Errors
    /// [`Error::Shape`] if the mixture is not one-dimensional.
    pub fn cdf<F: Real>(&self, x: &ArrayRef<F, Ix1>) -> Result<Array1<F>> {
        self.check_one_dimension()?;
        let points = Points::new(x, 1)?;
        Ok(points.map_to_scalars(|x| {
            let parts = self.weights.iter().zip(&self.components);
            parts
                .map(|(w, c)| {
                    let z = (x[0] - c.mean()[0]) / c.variances()[0].sqrt();
                    0.5 * w * libm::erfc(-z / std::f64::consts::SQRT_2)
                })
                .sum()
        }))
    }

    /// E[f(X)] of a one-dimensional mixture, by the trapezoidal rule; exact to about 1e-12 for smooth `f`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the mixture is not one-dimensional.
    pub fn expectation(&self, f: impl Fn(f64) -> f64) -> Result<f64> {
        let nodes = self.nodes(NODES.0)?;
        let spacing = nodes[1] - nodes[0];
        let term = |x: &f64| self.log_density_at(&[*x]).exp() * f(*x);
        Ok(nodes.iter().map(term).sum::<f64>() * spacing)
    }

    /// Where the density of a one-dimensional mixture peaks, from left to right.
    ///
    /// # Errors
    /// [`Error::Shape`] if the mixture is not one-dimensional.
    pub fn modes(&self) -> Result<Vec<f64>> {
        let slope = |x: f64| {
            let mut score = [0.0];
            self.score_at(&[x], &mut score);
            score[0]
        };
        let nodes = self.nodes(NODES.0)?;
        let rises: Vec<bool> = nodes.iter().map(|x| slope(*x) > 0.0).collect();
        let mut modes = Vec::new();
        for i in 1..nodes.len() {
            if rises[i - 1] && !rises[i] {
                let (mut low, mut high) = (nodes[i - 1], nodes[i]);
                // 60 halvings leave less than the spacing of f64.
                for _ in 0..60 {
                    let middle = 0.5 * (low + high);
                    if slope(middle) > 0.0 {
                        low = middle;
                    } else {
                        high = middle;
                    }
                }
                modes.push(0.5 * (low + high));
            }
        }
        Ok(modes)
    }

    /// Differential entropy −∫ p ln p of a one-dimensional mixture, in nats: the least negative log-likelihood
    /// that any model can have on its samples, on average.
    ///
    /// # Errors
    /// [`Error::Shape`] if the mixture is not one-dimensional.
    pub fn entropy(&self) -> Result<f64> {
        self.expectation(|x| -self.log_density_at(&[x]))
    }

    /// KL(p ‖ N(0, 1)) of a one-dimensional mixture p, in nats.
    ///
    /// How far the end of a forward process is from the noise that sampling starts with.
    ///
    /// # Errors
    /// [`Error::Shape`] if the mixture is not one-dimensional.
    pub fn kl_from_standard_normal(&self) -> Result<f64> {
        let log_normal = |x: f64| -0.5 * (x * x + std::f64::consts::TAU.ln());
        self.expectation(|x| self.log_density_at(&[x]) - log_normal(x))
    }

    /// E‖ε − ε*(x_t, t)‖², the smallest mean squared error that any predictor of ε can have at timestep t,
    /// when x_0 follows this one-dimensional mixture: the floor of the chapter's loss. `t` is 0-based.
    ///
    /// ε* is a conditional mean, so this is 1 − E\[ε*²\] = 1 − (1−ᾱ_t) E\[(∇ ln q(x_t))²\].
    ///
    /// # Errors
    /// [`Error::Timestep`] if `t` is not in `0..T`; [`Error::Shape`] if the mixture is not one-dimensional.
    pub fn eps_floor(&self, schedule: &Schedule, t: usize) -> Result<f64> {
        let marginal = self.marginal(schedule, t)?;
        let square = marginal.expectation(|x| {
            let mut score = [0.0];
            marginal.score_at(&[x], &mut score);
            score[0] * score[0]
        })?;
        Ok(1.0 - (1.0 - schedule.alpha_bar(t)?) * square)
    }

    /// E[(ε_θ(x_t, t) − ε*(x_t, t))²] over q(x_t): how far a predictor of ε is from the best one, when x_0
    /// follows this one-dimensional mixture. Its loss is [`eps_floor`](Self::eps_floor) plus this, without
    /// the noise of a measurement on samples. `t` is 0-based.
    ///
    /// `predict` answers ε_θ for a batch of x_t, shape (n, 1); it is asked once, at the nodes of a
    /// trapezoidal rule rounded to f32.
    ///
    /// # Errors
    /// [`Error::Timestep`] if `t` is not in `0..T`; [`Error::Shape`] if the mixture is not one-dimensional
    /// or the answer is not (n, 1); what `predict` returns.
    pub fn eps_excess(
        &self,
        schedule: &Schedule,
        t: usize,
        predict: &dyn Fn(&Array2<f32>) -> Result<Array2<f32>>,
    ) -> Result<f64> {
        let marginal = self.marginal(schedule, t)?;
        let nodes = marginal.nodes(NETWORK_NODES)?;
        let spacing = nodes[1] - nodes[0];
        let x_t = nodes.mapv(|x| x as f32).insert_axis(Axis(1));
        let predicted = predict(&x_t)?;
        if predicted.dim() != x_t.dim() {
            return Err(Error::Shape {
                what: "prediction",
                expected: x_t.shape().to_vec(),
                found: predicted.shape().to_vec(),
            });
        }
        // The best prediction where the network was asked: at the rounded nodes.
        let asked = x_t.column(0).mapv(f64::from);
        let errors = predicted.column(0).mapv(f64::from) - self.optimal_eps(schedule, &asked, t)?;
        Ok((errors.mapv(|e| e * e) * marginal.density(&asked)?).sum() * spacing)
    }

    /// Evenly spaced nodes over all of the mixture's mass, at least `fewest`.
    fn nodes(&self, fewest: f64) -> Result<Array1<f64>> {
        self.check_one_dimension()?;
        let ends = self.components.iter().map(|c| {
            let reach = REACH * c.variances()[0].sqrt();
            (c.mean()[0] - reach, c.mean()[0] + reach)
        });
        let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), (a, b)| {
            (l.min(a), h.max(b))
        });
        let variances = self.components.iter().map(|c| c.variances()[0]);
        let narrowest = variances.fold(f64::INFINITY, f64::min).sqrt();
        let nodes = (NODES_PER_STD * (high - low) / narrowest).clamp(fewest, NODES.1);
        Ok(Array1::linspace(low, high, nodes as usize))
    }

    fn check_one_dimension(&self) -> Result<()> {
        if self.dim() == 1 {
            return Ok(());
        }
        Err(Error::Shape {
            what: "mixture",
            expected: vec![1],
            found: vec![self.dim()],
        })
    }
}
