//! The best possible predictions: what a perfect network would answer.

use ndarray::{Array, ArrayRef, Dimension};

use super::density::Mixture;
use super::points::{Points, Real};
use crate::error::Result;
use crate::prediction::Prediction;
use crate::schedule::Schedule;

impl Mixture {
    /// What `prediction` names at its best, given x_t, when x_0 follows this mixture; the shape of `x_t`:
    /// ε*(x_t, t) = E[ε | x_t] = −√(1−ᾱ_t) ∇ ln q(x_t), x0* = E[x_0 | x_t], v* = √ᾱ_t ε* − √(1−ᾱ_t) x0*
    /// (Salimans & Ho 2022, §4), or the velocity ε* − x0* (Lipman et al. 2023).
    ///
    /// Each minimises the mean squared error among all functions of (x_t, t) (Song et al. 2021, §2; Vincent 2011),
    /// ε* that of the chapter's loss. `t` is 0-based.
    ///
    /// # Errors
    /// [`Error::Timestep`](crate::Error::Timestep) if `t` is not in `0..T`; for `x_t` as [`score`](Self::score).
    pub fn optimal<F: Real, D: Dimension>(
        &self,
        prediction: Prediction,
        schedule: &Schedule,
        x_t: &ArrayRef<F, D>,
        t: usize,
    ) -> Result<Array<F, D>> {
        let alpha_bar = schedule.alpha_bar(t)?;
        let (signal, noise) = (alpha_bar.sqrt(), (1.0 - alpha_bar).sqrt());
        let marginal = self.diffused(alpha_bar);
        let points = Points::new(x_t, self.dim())?;
        Ok(points.map_to_points(|x, best| match prediction {
            Prediction::X0 => self.x0_at(&marginal, signal, x, best),
            Prediction::Eps => {
                marginal.score_at(x, best);
                best.iter_mut().for_each(|e| *e *= -noise);
            }
            Prediction::V | Prediction::Velocity => {
                let mut x0 = vec![0.0; x.len()];
                self.x0_at(&marginal, signal, x, &mut x0);
                marginal.score_at(x, best);
                for (best, x0) in best.iter_mut().zip(x0) {
                    *best = match prediction {
                        Prediction::V => -noise * (signal * *best + x0),
                        _ => -noise * *best - x0,
                    };
                }
            }
        }))
    }

    /// The [`optimal`](Self::optimal) prediction of ε: what ε_θ tries to learn.
    ///
    /// # Errors
    /// As [`optimal`](Self::optimal).
    pub fn optimal_eps<F: Real, D: Dimension>(
        &self,
        schedule: &Schedule,
        x_t: &ArrayRef<F, D>,
        t: usize,
    ) -> Result<Array<F, D>> {
        self.optimal(Prediction::Eps, schedule, x_t, t)
    }

    /// E[x_0 | x_t = x] = Σ_k p(k | x) (μ_k + √ᾱ Σ_k (ᾱ Σ_k + (1−ᾱ) I)⁻¹ (x − √ᾱ μ_k)), √ᾱ the `signal` in
    /// `marginal`; other paths have another.
    ///
    /// Unlike (x − √(1−ᾱ) ε*)/√ᾱ this holds at ᾱ = 0 as well, where it is the data's mean.
    pub(super) fn x0_at(&self, marginal: &Self, signal: f64, x: &[f64], x0: &mut [f64]) {
        x0.fill(0.0);
        let shares = marginal.responsibilities(x);
        let pairs = self.components.iter().zip(&marginal.components);
        for (share, (clean, noisy)) in shares.iter().zip(pairs) {
            let mut y = noisy.to_axes(x, noisy.mean());
            let spreads = clean.variances().iter().zip(noisy.variances());
            for (y, (clean, noisy)) in y.iter_mut().zip(spreads) {
                *y *= share * signal * clean / noisy;
            }
            clean.add_from_axes(&y, x0);
            let means = x0.iter_mut().zip(clean.mean());
            means.for_each(|(x0, m)| *x0 += share * m);
        }
    }
}
