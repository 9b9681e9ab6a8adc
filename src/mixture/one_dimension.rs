//! Integrals, modes and the distribution function of one-dimensional mixtures.

use ndarray::{Array1, Array2, ArrayRef, Axis, Dimension};

use super::density::{Mixture, log_sum_exp};
use super::gaussian::Gaussian;
use super::points::{Points, Real};
use super::quadrature::{Node, nodes};
use crate::bisection::bisect;
use crate::check;
use crate::error::{Error, Result};
use crate::parallel::*;
use crate::schedule::Schedule;

/// Fewest nodes of a formula: enough to tell modes apart.
const NODES: f64 = 4001.0;

/// Fewest nodes at which a network is asked, which costs more than a formula.
const NETWORK_NODES: f64 = 401.0;

/// How many standard deviations beyond its mean a component has mass in f64.
const FARTHEST: f64 = 39.0;

impl Mixture {
    /// Distribution function P(X ≤ x) of a one-dimensional mixture at each of `x`; shape (n).
    ///
    /// # Errors
    /// [`Error::Shape`] if the mixture is not one-dimensional or the shape of `x` is neither (n) nor (n, 1).
    pub fn cdf<F: Real, D: Dimension>(&self, x: &ArrayRef<F, D>) -> Result<Array1<f64>> {
        self.check_one_dimension()?;
        let points = Points::unchecked(x, 1)?;
        Ok(points.map_to_scalars(|x| self.tails(x[0])[0]))
    }

    /// The quantile function of a one-dimensional mixture, the inverse of its [`cdf`](Self::cdf), at one share `p`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the mixture is not one-dimensional; [`Error::Parameter`] unless 0 < `p` < 1.
    pub fn quantile(&self, p: f64) -> Result<f64> {
        self.check_one_dimension()?;
        check::parameter("p of a quantile", p, p > 0.0 && p < 1.0, "above 0, below 1")?;
        Ok(self.place_of([p, 1.0 - p]))
    }

    /// P(X ≤ x) and P(X > x), each to its own relative accuracy.
    pub(super) fn tails(&self, x: f64) -> [f64; 2] {
        [-1.0, 1.0].map(|side| {
            let parts = self.parts().map(|(w, c)| {
                let z = (x - c.mean()[0]) / c.variances()[0].sqrt();
                0.5 * w * libm::erfc(side * z / std::f64::consts::SQRT_2)
            });
            parts.sum()
        })
    }

    /// The place with these [`tails`](Self::tails), of which the smaller counts.
    pub(super) fn place_of(&self, [below, above]: [f64; 2]) -> f64 {
        let reach = |side: f64| {
            let ends = self.parts().filter(|(w, _)| *w > 0.0);
            ends.map(move |(_, c)| c.mean()[0] + side * FARTHEST * c.variances()[0].sqrt())
        };
        let low = reach(-1.0).fold(f64::INFINITY, f64::min);
        let high = reach(1.0).fold(f64::NEG_INFINITY, f64::max);
        bisect(low, high, |x| {
            let tails = self.tails(x);
            match below < above {
                true => tails[0] < below,
                false => tails[1] > above,
            }
        })
    }

    /// E[f(X)] of a one-dimensional mixture; exact to about 1e-12 for an `f` that is smooth on the scale of
    /// the narrowest component at each place.
    ///
    /// By the trapezoidal rule, whose nodes are evenly spaced, or by Gauss's rule on panels where components
    /// are too narrow for one spacing: standard deviations and distances may have any ratio.
    ///
    /// # Errors
    /// [`Error::Shape`] if the mixture is not one-dimensional; [`Error::NotFinite`] if `f` is NaN or infinite
    /// where there is mass.
    pub fn expectation(&self, f: impl Fn(f64) -> f64) -> Result<f64> {
        self.integral(|node, _| f(node.x()))
    }

    /// ∫ p f, for an `f` of the place and of ln p there.
    fn integral(&self, f: impl Fn(&Node, f64) -> f64) -> Result<f64> {
        let mut sum = 0.0;
        for (index, node) in self.nodes(NODES)?.iter().enumerate() {
            let log_density = log_sum_exp(&self.joint_log_densities_near(node));
            let mass = log_density.exp() * node.weight;
            // Where there is no mass, `f` may be what it likes.
            if mass > 0.0 {
                let value = f(node, log_density);
                sum += mass * value;
                if !value.is_finite() {
                    let what = "the function whose mean is asked";
                    return Err(Error::NotFinite { what, index, value });
                }
            }
        }
        Ok(sum)
    }

    /// Where the density of a one-dimensional mixture peaks, from left to right.
    ///
    /// # Errors
    /// [`Error::Shape`] if the mixture is not one-dimensional.
    pub fn modes(&self) -> Result<Vec<f64>> {
        let nodes = self.nodes(NODES)?;
        let rises = |node: &Node| self.score_near(node) > 0.0;
        let rising: Vec<bool> = nodes.iter().map(rises).collect();
        let mut modes = Vec::new();
        for i in 1..nodes.len() {
            if rising[i - 1] && !rising[i] {
                let (before, node) = (nodes[i - 1], nodes[i]);
                let at = |offset| Node { offset, ..node };
                let low = (before.origin - node.origin) + before.offset;
                modes.push(at(bisect(low, node.offset, |offset| rises(&at(offset)))).x());
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
        self.integral(|_, log_density| -log_density)
    }

    /// KL(p ‖ N(0, 1)) of a one-dimensional mixture p, in nats: how far the end of a forward process is from the
    /// noise that sampling starts with.
    ///
    /// # Errors
    /// [`Error::Shape`] if the mixture is not one-dimensional.
    pub fn kl_from_standard_normal(&self) -> Result<f64> {
        let log_normal = |x: f64| -0.5 * (x * x + std::f64::consts::TAU.ln());
        self.integral(|node, log_density| log_density - log_normal(node.x()))
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
        let square = marginal.integral(|node, _| marginal.score_near(node).powi(2))?;
        Ok(1.0 - (1.0 - schedule.alpha_bar(t)?) * square)
    }

    /// [`eps_floor`](Self::eps_floor) at every t, in parallel; length T. Its mean is the least loss that training can
    /// reach.
    ///
    /// # Errors
    /// [`Error::Shape`] if the mixture is not one-dimensional.
    pub fn eps_floors(&self, schedule: &Schedule) -> Result<Array1<f64>> {
        let ts = (0..schedule.timesteps()).into_par_iter();
        let floors: Vec<f64> = ts
            .map(|t| self.eps_floor(schedule, t))
            .collect::<Result<_>>()?;
        Ok(floors.into())
    }

    /// E[(ε_θ(x_t, t) − ε*(x_t, t))²] over q(x_t): how far a predictor of ε is from the best one, when x_0
    /// follows this one-dimensional mixture. Its loss is [`eps_floor`](Self::eps_floor) plus this, without
    /// the noise of a measurement on samples. `t` is 0-based.
    ///
    /// `predict` answers ε_θ for a batch of x_t, shape (n, 1); it is asked once, at the nodes of a
    /// quadrature rule rounded to f32.
    ///
    /// # Errors
    /// [`Error::Timestep`] if `t` is not in `0..T`; [`Error::Shape`] if the mixture is not one-dimensional
    /// or the answer is not (n, 1); [`Error::NotFinite`] if f32 does not reach over x_t, or for an answer that
    /// is NaN or infinite; what `predict` returns.
    pub fn eps_excess(
        &self,
        schedule: &Schedule,
        t: usize,
        predict: &dyn Fn(&Array2<f32>) -> Result<Array2<f32>>,
    ) -> Result<f64> {
        let marginal = self.marginal(schedule, t)?;
        let nodes = marginal.nodes(NETWORK_NODES)?;
        let x_t: Array1<f32> = nodes.iter().map(|node| node.x() as f32).collect();
        let x_t = x_t.insert_axis(Axis(1));
        check::all_finite("x_t in f32", &x_t)?;
        let predicted = predict(&x_t)?;
        check::same_shape("prediction", x_t.shape(), predicted.shape())?;
        check::all_finite("the prediction", &predicted)?;
        // The best prediction where the network was asked: at the rounded nodes.
        let best = self.optimal_eps(schedule, &x_t.mapv(f64::from), t)?;
        let errors = predicted.mapv(f64::from) - best;
        let terms = errors.iter().zip(&nodes).map(|(e, node)| {
            let log_density = log_sum_exp(&marginal.joint_log_densities_near(node));
            e * e * (log_density.exp() * node.weight)
        });
        Ok(terms.sum())
    }

    /// Nodes over all of the mass, at least about `fewest`.
    fn nodes(&self, fewest: f64) -> Result<Vec<Node>> {
        self.check_one_dimension()?;
        let parts = self.parts().filter(|(w, _)| *w > 0.0);
        let parts: Vec<(f64, f64)> = parts
            .map(|(_, c)| (c.mean()[0], c.variances()[0].sqrt()))
            .collect();
        Ok(nodes(&parts, fewest))
    }

    /// (ln p)′ at a node that a component with weight reaches.
    fn score_near(&self, node: &Node) -> f64 {
        let joint = self.joint_log_densities_near(node);
        let total = log_sum_exp(&joint);
        let parts = joint.iter().zip(&self.components);
        let score = |(joint, c): (&f64, &Gaussian)| {
            -(joint - total).exp() / c.variances()[0] * node.from(c.mean()[0])
        };
        parts.map(score).sum()
    }

    fn joint_log_densities_near(&self, node: &Node) -> Vec<f64> {
        let log_density = |c: &Gaussian| c.log_density_along(&[node.from(c.mean()[0])]);
        let parts = self.parts();
        parts.map(|(w, c)| w.ln() + log_density(c)).collect()
    }
}
