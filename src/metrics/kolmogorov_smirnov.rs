//! The Kolmogorov–Smirnov distance: the largest gap between two distribution functions.

use std::f64::consts::LN_2;

use ndarray::{ArrayRef, Dimension};

use super::sorted;
use crate::error::{Error, Result};
use crate::mixture::Mixture;

/// sup |F_a − F_b| between the empirical distribution functions of two samples; in [0, 1].
///
/// # Errors
/// [`Error::Empty`] if a sample is empty; [`Error::NotFinite`] for NaN or infinite values.
pub fn ks_two_sample<A, D, B, E>(a: &ArrayRef<A, D>, b: &ArrayRef<B, E>) -> Result<f64>
where
    A: Copy + Into<f64>,
    D: Dimension,
    B: Copy + Into<f64>,
    E: Dimension,
{
    let (a, b) = (sorted("first sample", a)?, sorted("second sample", b)?);
    let (mut i, mut j, mut distance) = (0, 0, 0.0_f64);
    while i < a.len() && j < b.len() {
        // Both functions jump at a value that both samples hold, so all its copies are passed at once.
        let x = a[i].min(b[j]);
        while i < a.len() && a[i] == x {
            i += 1;
        }
        while j < b.len() && b[j] == x {
            j += 1;
        }
        let gap = i as f64 / a.len() as f64 - j as f64 / b.len() as f64;
        distance = distance.max(gap.abs());
    }
    Ok(distance)
}

/// sup |F_n − F| between a sample and the exact distribution function of a one-dimensional mixture.
///
/// # Errors
/// [`Error::Empty`] if the sample is empty; [`Error::NotFinite`] for NaN or infinite values;
/// [`Error::Shape`] if the mixture is not one-dimensional.
pub fn ks_one_sample<T: Copy + Into<f64>, D: Dimension>(
    sample: &ArrayRef<T, D>,
    exact: &Mixture,
) -> Result<f64> {
    let values = sorted("sample", sample)?;
    let n = values.len() as f64;
    let cdf = exact.cdf(&values)?;
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
/// [`Error::Empty`] for a size of 0; [`Error::Parameter`] for an `alpha` outside (0, 1).
pub fn ks_critical(n: usize, m: usize, alpha: f64) -> Result<f64> {
    if n == 0 || m == 0 {
        let what = "sample";
        return Err(Error::Empty { what });
    }
    if !(alpha > 0.0 && alpha < 1.0) {
        let valid = "in (0, 1)";
        return Err(Error::Parameter {
            name: "alpha",
            value: alpha,
            valid,
        });
    }
    let sizes = 1.0 / n as f64 + 1.0 / m as f64;
    Ok((-0.5 * (alpha.ln() - LN_2) * sizes).sqrt())
}
