//! One Gaussian of a mixture, kept in the axes in which its covariance is diagonal.

use ndarray::Array2;
use rand_distr::{Distribution, StandardNormal};

use super::points::{LARGEST, check_size};
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
        if stds.len() != mean.len() {
            return Err(Error::Shape {
                what: "standard deviations",
                expected: vec![mean.len()],
                found: vec![stds.len()],
            });
        }
        let name = "standard deviation";
        let range = 1.0 / LARGEST..=LARGEST;
        if let Some(&value) = stds.iter().find(|s| !range.contains(*s)) {
            let valid = "positive, from 1e-150 to 1e150";
            return Err(Error::Parameter { name, value, valid });
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
    /// [`Error::Empty`] for d = 0; [`Error::NotFinite`] for a NaN or infinite mean; [`Error::Shape`] unless
    /// the covariance is (d, d); [`Error::Covariance`] if it is not symmetric and positive definite, which in f64
    /// means that the smallest eigenvalue is above 4d rounding errors of the largest, or if an eigenvalue is
    /// not between 1e-300 and 1e300; [`Error::Parameter`] for a mean beyond ±1e150.
    pub fn full(mean: &[f64], covariance: &Array2<f64>) -> Result<Self> {
        check_mean(mean)?;
        let d = mean.len();
        if covariance.dim() != (d, d) {
            return Err(Error::Shape {
                what: "covariance",
                expected: vec![d, d],
                found: covariance.shape().to_vec(),
            });
        }
        let scale = covariance.iter().fold(0.0_f64, |m, c| m.max(c.abs()));
        for ((i, j), &value) in covariance.indexed_iter() {
            // NaN fails the comparison too.
            let symmetric = (value - covariance[[j, i]]).abs() <= 1e-12 * scale;
            if !symmetric {
                let other = covariance[[j, i]];
                let reason = format!("entry ({i}, {j}) is {value}, entry ({j}, {i}) is {other}");
                return Err(Error::Covariance { reason });
            }
        }
        // In units of a power of two near the largest entry: squares of entries neither vanish nor overflow,
        // and not a bit of the result changes.
        let exponent = libm::frexp(scale).1;
        let scaled = covariance.mapv(|c| libm::ldexp(c, -exponent));
        let (eigenvalues, axes) = eigen(&scaled);
        // Rounding moves the eigenvalues by about d ε of the largest: a smaller one may as well be 0.
        let largest = eigenvalues.iter().fold(0.0_f64, |m, v| m.max(*v));
        let rounding = 4.0 * d as f64 * f64::EPSILON * largest;
        let variance = |v: &f64| libm::ldexp(*v, exponent);
        if let Some(bad) = eigenvalues
            .iter()
            .find(|v| !(v.is_finite() && **v > rounding))
        {
            let reason = format!("it has the eigenvalue {}", variance(bad));
            return Err(Error::Covariance { reason });
        }
        let variances: Vec<f64> = eigenvalues.iter().map(variance).collect();
        let range = 1.0 / (LARGEST * LARGEST)..=LARGEST * LARGEST;
        if let Some(bad) = variances.iter().find(|v| !range.contains(*v)) {
            let reason = format!("it has the eigenvalue {bad:e}, not between 1e-300 and 1e300");
            return Err(Error::Covariance { reason });
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
        let spread = Array2::from_diag(&ndarray::aview1(&self.variances));
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

    /// The law of √ᾱ x + √(1−ᾱ) ε: N(√ᾱ μ, ᾱ Σ + (1−ᾱ) I).
    pub(super) fn diffused(&self, alpha_bar: f64) -> Self {
        let signal = alpha_bar.sqrt();
        self.with(
            self.mean.iter().map(|m| signal * m).collect(),
            self.variances
                .iter()
                .map(|v| alpha_bar * v + (1.0 - alpha_bar))
                .collect(),
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

    /// (x − μ)ᵀ Σ⁻¹ (x − μ): the square of how many standard deviations x is from the mean.
    pub(crate) fn square_mahalanobis(&self, x: &[f64]) -> f64 {
        let y = self.to_axes(x, &self.mean);
        let terms = y.iter().zip(&self.variances);
        terms.map(|(y, v)| y * y / v).sum()
    }

    /// Its root, where the square would overflow.
    pub(super) fn mahalanobis(&self, x: &[f64]) -> f64 {
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
        let shifted = x.iter().zip(origin).map(|(x, o)| x - o);
        match &self.axes {
            None => shifted.collect(),
            Some(axes) => {
                let shifted: Vec<f64> = shifted.collect();
                axes.t().dot(&ndarray::aview1(&shifted)).to_vec()
            }
        }
    }

    /// out += U y.
    pub(super) fn add_from_axes(&self, y: &[f64], out: &mut [f64]) {
        match &self.axes {
            None => out.iter_mut().zip(y).for_each(|(out, y)| *out += y),
            Some(axes) => {
                let rotated = axes.dot(&ndarray::aview1(y));
                out.iter_mut().zip(&rotated).for_each(|(out, y)| *out += y);
            }
        }
    }

    /// One draw μ + U (√v ∘ z), rounded to f32.
    pub(super) fn sample_into(&self, row: &mut [f32], rng: &mut Rng) {
        let mut draw = self.mean.clone();
        let along: Vec<f64> = self
            .variances
            .iter()
            .map(|v| {
                let z: f64 = StandardNormal.sample(rng);
                v.sqrt() * z
            })
            .collect();
        self.add_from_axes(&along, &mut draw);
        row.iter_mut()
            .zip(draw)
            .for_each(|(out, x)| *out = x as f32);
    }
}

fn check_mean(mean: &[f64]) -> Result<()> {
    if mean.is_empty() {
        let what = "mean";
        return Err(Error::Empty { what });
    }
    let mut values = mean.iter().enumerate();
    values.try_for_each(|(index, value)| check_size("mean", index, *value))
}

/// Eigenvalues and orthonormal eigenvectors (columns) of a symmetric matrix, by cyclic Jacobi rotations
/// (Golub & Van Loan, §8.5): exact to rounding at the few dimensions met here, and no dependency.
fn eigen(matrix: &Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    let d = matrix.nrows();
    let mut a = matrix.clone();
    let mut vectors = Array2::eye(d);
    // Convergence is quadratic: a handful of sweeps reaches rounding; the bound only guards against NaN.
    for _ in 0..64 {
        let off: f64 = (0..d)
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|(i, j)| a[[i, j]].powi(2))
            .sum();
        if off == 0.0 {
            break;
        }
        for p in 0..d {
            for q in p + 1..d {
                rotate(&mut a, &mut vectors, p, q);
            }
        }
    }
    (a.diag().to_vec(), vectors)
}

/// One Jacobi rotation, which makes `a[p, q]` zero.
fn rotate(a: &mut Array2<f64>, vectors: &mut Array2<f64>, p: usize, q: usize) {
    let (app, aqq, apq) = (a[[p, p]], a[[q, q]], a[[p, q]]);
    if apq.abs() <= f64::EPSILON * (app * aqq).abs().sqrt() * 0.5 {
        (a[[p, q]], a[[q, p]]) = (0.0, 0.0);
        return;
    }
    let tau = (aqq - app) / (2.0 * apq);
    let tan = tau.signum() / (tau.abs() + tau.hypot(1.0));
    let cos = 1.0 / tan.hypot(1.0);
    let sin = tan * cos;
    for k in 0..a.nrows() {
        let (akp, akq) = (a[[k, p]], a[[k, q]]);
        (a[[k, p]], a[[k, q]]) = (cos * akp - sin * akq, sin * akp + cos * akq);
    }
    for k in 0..a.nrows() {
        let (apk, aqk) = (a[[p, k]], a[[q, k]]);
        (a[[p, k]], a[[q, k]]) = (cos * apk - sin * aqk, sin * apk + cos * aqk);
        let (vkp, vkq) = (vectors[[k, p]], vectors[[k, q]]);
        (vectors[[k, p]], vectors[[k, q]]) = (cos * vkp - sin * vkq, sin * vkp + cos * vkq);
    }
}
