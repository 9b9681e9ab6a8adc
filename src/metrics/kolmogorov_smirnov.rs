//! The Kolmogorov–Smirnov distance: the largest gap between two distribution functions.

use std::f64::consts::LN_2;

use ndarray::{ArrayRef, Dimension, aview1};

use super::sample::{sorted, steps};
use crate::check;
use crate::error::Result;
use crate::mixture::Mixture;

/// sup |F_a − F_b| between the empirical distribution functions of two samples, shape (n) or (n, 1); in [0, 1].
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) for another shape; [`Error::Empty`](crate::Error::Empty) if a sample is
/// empty; [`Error::NotFinite`](crate::Error::NotFinite) for NaN or infinite values.
pub fn ks_two_sample<A, D, B, E>(a: &ArrayRef<A, D>, b: &ArrayRef<B, E>) -> Result<f64>
where
    A: Copy + Into<f64>,
    D: Dimension,
    B: Copy + Into<f64>,
    E: Dimension,
{
    let (a, b) = (sorted("first sample", a)?, sorted("second sample", b)?);
    let largest = |distance: f64, (_, gap): (f64, f64)| distance.max(gap.abs());
    Ok(steps(&a, &b).fold(0.0, largest))
}

/// sup |F_n − F| between a sample, shape (n) or (n, 1), and the exact distribution function of a one-dimensional
/// mixture.
///
/// # Errors
/// As [`ks_two_sample`]; [`Error::Shape`](crate::Error::Shape) if the mixture is not one-dimensional.
pub fn ks_one_sample<T: Copy + Into<f64>, D: Dimension>(
    sample: &ArrayRef<T, D>,
    exact: &Mixture,
) -> Result<f64> {
    let values = sorted("sample", sample)?;
    let n = values.len() as f64;
    let cdf = exact.cdf(&aview1(&values))?;
    let gaps = cdf.iter().enumerate().map(|(i, f)| {
        let (below, above) = (i as f64 / n, (i + 1) as f64 / n);
        (f - below).max(above - f)
    });
    Ok(gaps.fold(0.0, f64::max))
}

/// The Kolmogorov–Smirnov distance that two samples of sizes `n` and `m` of the *same* distribution exceed
/// with probability `alpha`; for one sample against an exact distribution let `m` be `usize::MAX`.
///
/// √(−½ ln(α/2)) · √((n+m)/(nm)), the first term of Kolmogorov's asymptotic series; at n, m ≥ 100 and
/// α ≤ 0.1 it is within a few percent of exact, and on the cautious side.
///
/// # Errors
/// [`Error::Empty`](crate::Error::Empty) for a size of 0; [`Error::Parameter`](crate::Error::Parameter) for an
/// `alpha` outside (0, 1).
pub fn ks_critical(n: usize, m: usize, alpha: f64) -> Result<f64> {
    check::not_empty("sample", n.min(m))?;
    check::parameter("alpha", alpha, alpha > 0.0 && alpha < 1.0, "in (0, 1)")?;
    let sizes = 1.0 / n as f64 + 1.0 / m as f64;
    Ok((-0.5 * (alpha.ln() - LN_2) * sizes).sqrt())
}
