//! One Gaussian of a mixture, kept in the axes in which its covariance is diagonal.

use ndarray::{Array2, aview1};
use rand_distr::{Distribution, StandardNormal};

use super::eigen::eigen;
use super::points::{LARGEST, check_size};
use crate::check;
use crate::error::{Error, Result};
use crate::rng::Rng;

/// Steepest score of one component along one axis: far out, where f64 ends, scores stay finite.
const STEEPEST: f64 = 1e300;

/// A Gaussian N(μ, Σ) in d dimensions with positive definite Σ.
///
/// Σ = U diag(variances) Uᵀ is stored by its axes U and the variances along them: noising scales and
/// shifts the variances and leaves the axes as they are, so no factorisation is needed at any t.
#[derive(Debug, Clone, PartialEq)]
pub struct Gaussian {
    mean: Vec<f64>,
    variances: Vec<f64>,
    /// Orthonormal columns; `None` for the coordinate axes.
    axes: Option<Array2<f64>>,
}

impl Gaussian {
    /// Round: Σ = std² I. `mean` has length d; `std` is a standard deviation.
    ///
    /// # Errors
    /// As [`diagonal`](Self::diagonal).
    pub fn isotropic(mean: &[f64], std: f64) -> Result<Self> {
        Self::diagonal(mean, &vec![std; mean.len()])
    }

    /// Along the coordinate axes: Σ = diag(stds²). `mean` and `stds` have length d.
    ///
    /// # Errors
    /// [`Error::Empty`] for d = 0; [`Error::Shape`] if the lengths differ; [`Error::NotFinite`] for a NaN or
    /// infinite mean; [`Error::Parameter`] for a mean beyond ±1e150, or a standard deviation that is not between
    /// 1e-150 and 1e150 (the variance, its square, is what is computed with).
    pub fn diagonal(mean: &[f64], stds: &[f64]) -> Result<Self> {
        check_mean(mean)?;
        check::same_shape("standard deviations", &[mean.len()], &[stds.len()])?;
        for std in stds {
            let fine = (1.0 / LARGEST..=LARGEST).contains(std);
            let valid = "positive, from 1e-150 to 1e150";
            check::parameter("standard deviation", *std, fine, valid)?;
        }
        Ok(Self {
            mean: mean.to_vec(),
            variances: stds.iter().map(|s| s * s).collect(),
            axes: None,
        })
    }

    /// Any symmetric positive definite covariance, shape (d, d); `mean` has length d.
    ///
    /// # Errors
    /// As [`diagonal`](Self::diagonal) for the mean and the shape; [`Error::Covariance`] unless the covariance is
    /// symmetric and positive definite, which in f64 means that the smallest eigenvalue is above 4d rounding errors
    /// of the largest, and all are between 1e-300 and 1e300.
    pub fn full(mean: &[f64], covariance: &Array2<f64>) -> Result<Self> {
        check_mean(mean)?;
        let d = mean.len();
        check::same_shape("covariance", &[d, d], covariance.shape())?;
        let refused = |reason| Err(Error::Covariance { reason });
        let scale = covariance.iter().fold(0.0_f64, |m, c| m.max(c.abs()));
        for ((i, j), &value) in covariance.indexed_iter() {
            let other = covariance[[j, i]];
            // NaN fails the comparison too.
            let symmetric = (value - other).abs() <= 1e-12 * scale;
            if !symmetric {
                return refused(format!(
                    "entry ({i}, {j}) is {value}, entry ({j}, {i}) is {other}"
                ));
            }
        }
        // In units of a power of two near the largest entry: squares of entries neither vanish nor overflow,
        // and not a bit of the result changes.
        let exponent = libm::frexp(scale).1;
        let (eigenvalues, axes) = eigen(&covariance.mapv(|c| libm::ldexp(c, -exponent)));
        // Rounding moves the eigenvalues by about d ε of the largest: a smaller one may as well be 0.
        let largest = eigenvalues.iter().fold(0.0_f64, |m, v| m.max(*v));
        let rounding = 4.0 * d as f64 * f64::EPSILON * largest;
        let variance = |v: &f64| libm::ldexp(*v, exponent);
        let variances: Vec<f64> = eigenvalues.iter().map(variance).collect();
        let flat = |v: &f64| !(v.is_finite() && *v > rounding);
        if let Some(k) = eigenvalues.iter().position(flat) {
            return refused(format!("it has the eigenvalue {}", variances[k]));
        }
        let range = 1.0 / (LARGEST * LARGEST)..=LARGEST * LARGEST;
        if let Some(bad) = variances.iter().find(|v| !range.contains(*v)) {
            return refused(format!(
                "it has the eigenvalue {bad:e}, not between 1e-300 and 1e300"
            ));
        }
        Ok(Self {
            mean: mean.to_vec(),
            variances,
            axes: Some(axes),
        })
    }

    /// Dimension d.
    pub fn dim(&self) -> usize {
        self.mean.len()
    }

    /// Mean μ; length d.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Covariance Σ; shape (d, d).
    pub fn covariance(&self) -> Array2<f64> {
        let spread = Array2::from_diag(&aview1(&self.variances));
        match &self.axes {
            Some(axes) => axes.dot(&spread).dot(&axes.t()),
            None => spread,
        }
    }

    /// Variance of a coordinate, on average over the d of them: tr Σ / d. In one dimension, the variance.
    pub fn variance(&self) -> f64 {
        self.variances.iter().sum::<f64>() / self.dim() as f64
    }

    /// Root of [`variance`](Self::variance).
    pub fn std(&self) -> f64 {
        self.variance().sqrt()
    }

    /// The variances along the Gaussian's own axes; length d.
    pub(super) fn variances(&self) -> &[f64] {
        &self.variances
    }

    /// The same axes with another mean and other variances along them.
    pub(super) fn with(&self, mean: Vec<f64>, variances: Vec<f64>) -> Self {
        Self {
            mean,
            variances,
            axes: self.axes.clone(),
        }
    }

    /// The law of signal·x + noise·ε, N(signal μ, kept Σ + added I): `kept` is signal² and `added` noise², which a caller
    /// may know better than their roots.
    pub(super) fn noised(&self, signal: f64, [kept, added]: [f64; 2]) -> Self {
        let noised = |v: &f64| kept * v + added;
        self.with(
            self.mean.iter().map(|m| signal * m).collect(),
            self.variances.iter().map(noised).collect(),
        )
    }

    /// ln N(x; μ, Σ) = −½ Σᵢ (yᵢ²/vᵢ + ln 2πvᵢ), y = Uᵀ(x − μ).
    pub(super) fn log_density(&self, x: &[f64]) -> f64 {
        self.log_density_along(&self.to_axes(x, &self.mean))
    }

    /// The same from y = Uᵀ(x − μ).
    pub(super) fn log_density_along(&self, y: &[f64]) -> f64 {
        let terms = y.iter().zip(&self.variances);
        -0.5 * terms
            .map(|(y, v)| y * y / v + (std::f64::consts::TAU * v).ln())
            .sum::<f64>()
    }

    /// √((x − μ)ᵀ Σ⁻¹ (x − μ)): how many standard deviations x is from the mean, where its square would overflow too.
    pub(crate) fn mahalanobis(&self, x: &[f64]) -> f64 {
        let y = self.to_axes(x, &self.mean);
        let terms = y.iter().zip(&self.variances);
        let terms: Vec<f64> = terms.map(|(y, v)| (y / v.sqrt()).abs()).collect();
        let largest = terms.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let squares = terms.iter().map(|z| (z / largest).powi(2));
        largest * squares.sum::<f64>().sqrt()
    }

    /// Adds weight · ∇ ln N(x; μ, Σ) = −weight · U diag(1/v) Uᵀ (x − μ).
    pub(super) fn add_score(&self, weight: f64, x: &[f64], score: &mut [f64]) {
        let mut y = self.to_axes(x, &self.mean);
        for (y, v) in y.iter_mut().zip(&self.variances) {
            *y = (*y * (-weight / v)).clamp(-STEEPEST, STEEPEST);
        }
        self.add_from_axes(&y, score);
    }

    /// Uᵀ(x − origin).
    pub(super) fn to_axes(&self, x: &[f64], origin: &[f64]) -> Vec<f64> {
        let shifted: Vec<f64> = x.iter().zip(origin).map(|(x, o)| x - o).collect();
        match &self.axes {
            None => shifted,
            Some(axes) => axes.t().dot(&aview1(&shifted)).to_vec(),
        }
    }

    /// out += U y.
    pub(super) fn add_from_axes(&self, y: &[f64], out: &mut [f64]) {
        let mut add = |y: &[f64]| out.iter_mut().zip(y).for_each(|(out, y)| *out += y);
        match &self.axes {
            None => add(y),
            Some(axes) => add(&axes.dot(&aview1(y)).to_vec()),
        }
    }

    /// One draw μ + U (√v ∘ z), rounded to f32.
    pub(super) fn sample_into(&self, row: &mut [f32], rng: &mut Rng) {
        let along = self.variances.iter().map(|v| {
            let z: f64 = StandardNormal.sample(rng);
            v.sqrt() * z
        });
        let along: Vec<f64> = along.collect();
        let mut draw = self.mean.clone();
        self.add_from_axes(&along, &mut draw);
        row.iter_mut()
            .zip(draw)
            .for_each(|(out, x)| *out = x as f32);
    }
}

fn check_mean(mean: &[f64]) -> Result<()> {
    check::not_empty("mean", mean.len())?;
    check_size("mean", mean)
}
