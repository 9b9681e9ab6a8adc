//! The 1-Wasserstein distance in one dimension, exactly.

use ndarray::{ArrayRef, Dimension};

use super::sorted;
use crate::error::Result;
use crate::mixture::Mixture;

/// W₁ = ∫ |F_a(x) − F_b(x)| dx between two samples of any sizes: how far, on average, mass must be moved to
/// turn one into the other, in the unit of the values.
///
/// In one dimension that is the area between the distribution functions (Vallender 1974); for samples of
/// equal size, the mean distance of the i-th smallest values. Exact up to rounding.
///
/// # Errors
/// [`Error::Empty`](crate::Error::Empty) if a sample is empty;
/// [`Error::NotFinite`](crate::Error::NotFinite) for NaN or infinite values.
pub fn wasserstein_two_sample<A, D, B, E>(a: &ArrayRef<A, D>, b: &ArrayRef<B, E>) -> Result<f64>
where
    A: Copy + Into<f64>,
    D: Dimension,
    B: Copy + Into<f64>,
    E: Dimension,
{
    let (a, b) = (sorted("first sample", a)?, sorted("second sample", b)?);
    Ok(of_sorted(&a.to_vec(), &b.to_vec()))
}

/// W₁ = ∫ |F_n(x) − F(x)| dx between a sample and the exact distribution of a one-dimensional mixture.
///
/// Between two neighbouring values F_n is constant, and the integral of F is known: ∫_{−∞}^x Φ = x Φ(x) +
/// φ(x) for the normal law. Exact up to rounding.
///
/// # Errors
/// [`Error::Empty`](crate::Error::Empty) if the sample is empty;
/// [`Error::NotFinite`](crate::Error::NotFinite) for NaN or infinite values;
/// [`Error::Shape`](crate::Error::Shape) if the mixture is not one-dimensional.
pub fn wasserstein_one_sample<T: Copy + Into<f64>, D: Dimension>(
    sample: &ArrayRef<T, D>,
    exact: &Mixture,
) -> Result<f64> {
    let values = sorted("sample", sample)?;
    let cdf = exact.cdf(&values)?;
    let n = values.len() as f64;
    let parts = parts(exact);
    let last = values.len() - 1;
    let mut sum = below(&parts, values[0]) + above(&parts, values[last]);
    for i in 0..last {
        let (from, to) = (values[i], values[i + 1]);
        let level = (i + 1) as f64 / n;
        // ∫ (F − level) up to where F crosses the level, and from there on, where the sign changes.
        let crossing = if cdf[i] >= level {
            from
        } else if cdf[i + 1] <= level {
            to
        } else {
            quantile(&parts, level, from, to)
        };
        let area = |a: f64, b: f64| below(&parts, b) - below(&parts, a) - level * (b - a);
        sum += area(crossing, to) - area(from, crossing);
    }
    Ok(sum)
}

/// [`wasserstein_two_sample`] of values in rising order.
pub(super) fn of_sorted(a: &[f64], b: &[f64]) -> f64 {
    let (n, m) = (a.len(), b.len());
    if n == m {
        let gaps = a.iter().zip(b).map(|(a, b)| (a - b).abs());
        return gaps.sum::<f64>() / n as f64;
    }
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    let mut before = a[0].min(b[0]);
    // Beyond the end of one sample its distribution function stays 1.
    while i < n || j < m {
        let next = match (a.get(i), b.get(j)) {
            (Some(a), Some(b)) => a.min(*b),
            (Some(x), None) | (None, Some(x)) => *x,
            (None, None) => break,
        };
        let gap = (i as f64 / n as f64 - j as f64 / m as f64).abs();
        sum += gap * (next - before);
        before = next;
        if a.get(i) == Some(&next) {
            i += 1;
        } else {
            j += 1;
        }
    }
    sum
}

/// Weight, mean and standard deviation of a component.
type Part = (f64, f64, f64);

fn parts(mixture: &Mixture) -> Vec<Part> {
    let parts = mixture.weights().iter().zip(mixture.components());
    parts
        .map(|(w, c)| (*w, c.mean()[0], c.covariance()[[0, 0]].sqrt()))
        .collect()
}

/// ∫_{−∞}^x F.
fn below(parts: &[Part], x: f64) -> f64 {
    let part = |(w, mean, std): &Part| w * std * normal_below((x - mean) / std);
    parts.iter().map(part).sum()
}

/// ∫_x^∞ (1 − F).
fn above(parts: &[Part], x: f64) -> f64 {
    let part = |(w, mean, std): &Part| w * std * normal_below((mean - x) / std);
    parts.iter().map(part).sum()
}

/// ∫_{−∞}^z Φ = z Φ(z) + φ(z).
fn normal_below(z: f64) -> f64 {
    let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    z * normal_cdf(z) + density
}

fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// Where F passes `level`, which it does between `low` and `high`.
fn quantile(parts: &[Part], level: f64, mut low: f64, mut high: f64) -> f64 {
    // 60 halvings leave less than the spacing of f64.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        let part = |(w, mean, std): &Part| w * normal_cdf((middle - mean) / std);
        if parts.iter().map(part).sum::<f64>() < level {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}
