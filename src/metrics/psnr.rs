//! How much of a picture is kept.

use ndarray::Array2;

use crate::check;
use crate::error::Result;

#[cfg(doc)]
use crate::Error;

/// Peak signal-to-noise ratio of `others` against `rows`, shape (n, d) both: 10·log₁₀(range²/mean (x − y)²) decibels, the
/// mean over all numbers of all rows. `range` is that of the numbers: 2 for pixels from −1 to 1. 6 dB more are half the
/// error; ∞ if nothing differs.
///
/// # Errors
/// [`Error::Shape`] unless the shapes are equal; [`Error::Empty`] if there is nothing in them; [`Error::NotFinite`] for a
/// NaN or infinite number; [`Error::Parameter`] for a range that is not positive and finite.
pub fn psnr(rows: &Array2<f32>, others: &Array2<f32>, range: f64) -> Result<f64> {
    check::same_shape("rows to compare with", rows.shape(), others.shape())?;
    check::not_empty("rows", rows.len())?;
    check::all_finite("rows", rows)?;
    check::all_finite("rows to compare with", others)?;
    let fine = range > 0.0 && range.is_finite();
    check::parameter("range of pixels", range, fine, "positive and finite")?;
    let square = |(x, y): (&f32, &f32)| (f64::from(*x) - f64::from(*y)).powi(2);
    let error = rows.iter().zip(others).map(square).sum::<f64>() / rows.len() as f64;
    Ok(20.0 * range.log10() - 10.0 * error.log10())
}
