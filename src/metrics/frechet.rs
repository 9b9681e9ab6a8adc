//! The Fréchet distance between the Gaussians that fit two samples.

use ndarray::{Array1, Array2, Axis};

use crate::check;
use crate::error::Result;
use crate::mixture::eigen;

#[cfg(doc)]
use crate::Error;

/// ‖μ_a − μ_b‖² + tr(Σ_a + Σ_b − 2 (Σ_a Σ_b)^½), with the means and covariances (divided by n − 1) of two samples of
/// features, shapes (n, d) and (m, d): the squared distance between the two Gaussians (Dowson & Landau 1982), which
/// is W₂² between them. Of features of a network for pictures it is called FID (Heusel et al. 2017, eq. 6).
///
/// It sees means and covariances only, and with n not far above d it is far above 0 for two samples of the same
/// data: compare it with its [`floor`](super::floor()) at the same n and m.
///
/// # Errors
/// [`Error::Parameter`] for a sample of fewer than two rows; [`Error::Empty`] for rows without columns;
/// [`Error::Shape`] if the numbers of columns differ; [`Error::NotFinite`] for a NaN or infinite value;
/// [`Error::Size`] for more columns than memory can hold covariances of.
pub fn frechet_distance(a: &Array2<f32>, b: &Array2<f32>) -> Result<f64> {
    check::same_shape("second sample", &[b.nrows(), a.ncols()], b.shape())?;
    let (a, b) = (moments("first sample", a)?, moments("second sample", b)?);
    let apart: f64 = (&a.0 - &b.0).mapv(|x| x * x).sum();
    // (Σ_a Σ_b)^½ has the eigenvalues of (R Σ_b R)^½ with R = Σ_a^½, here in the axes of Σ_a.
    let (variances, axes) = eigen(&a.1);
    let roots = Array1::from(variances).mapv(|v| v.max(0.0).sqrt());
    let between = axes.t().dot(&b.1).dot(&axes) * &roots * &roots.insert_axis(Axis(1));
    let between = (&between + &between.t()) / 2.0;
    let common: f64 = eigen(&between).0.iter().map(|v| v.max(0.0).sqrt()).sum();
    // Rounding can leave a little less than nothing.
    Ok((apart + a.1.diag().sum() + b.1.diag().sum() - 2.0 * common).max(0.0))
}

/// Mean, and covariance divided by n − 1.
pub(super) fn moments(
    what: &'static str,
    rows: &Array2<f32>,
) -> Result<(Array1<f64>, Array2<f64>)> {
    let n = rows.nrows();
    check::parameter("rows for a covariance", n, n >= 2, "at least 2")?;
    check::not_empty(what, rows.ncols())?;
    check::elements::<f64>("a covariance", &[rows.ncols(), rows.ncols()])?;
    check::all_finite(what, rows)?;
    let rows = rows.mapv(f64::from);
    let mean = rows.sum_axis(Axis(0)) / n as f64;
    let moved = &rows - &mean;
    Ok((mean, moved.t().dot(&moved) / (n - 1) as f64))
}
