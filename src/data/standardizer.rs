//! Columns to mean 0 and variance 1, and back.

use ndarray::{Array2, ArrayView1};

use crate::check;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;

/// Moves and scales each column of a data set to mean 0 and variance 1, and samples back to the data's units.
///
/// Diffusion adds noise of variance 1 to every coordinate: data on another scale is drowned at once or
/// never. Fit it on the training data and use the same one for everything afterwards.
///
/// Data may be f64 or f32; all arithmetic is in f64. Only standardised values are f32: seconds since 1970
/// need 31 bits, f32 has 24, but seconds from their mean over their spread fit.
///
/// ```
/// use diffusion_intuition::data::Standardizer;
/// use ndarray::array;
///
/// let heights_and_weights = array![[1.62, 55.0], [1.75, 70.0], [1.81, 82.0]];
/// let scale = Standardizer::fit(&heights_and_weights)?;
/// let x0 = scale.transform(&heights_and_weights)?; // train and sample on this scale …
/// let back = scale.inverse(&x0)?; // … and read the samples in metres and kilograms
/// assert!((back[[1, 0]] - 1.75).abs() < 1e-6);
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Standardizer {
    mean: Vec<f64>,
    std: Vec<f64>,
}

impl Standardizer {
    /// Mean and standard deviation (of the rows as a whole population: divided by n, not n − 1) of each
    /// column of `rows`, shape (n, d).
    ///
    /// A column in which all values are equal gets the standard deviation 1: it becomes 0 and comes back as
    /// it was.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows or columns; [`Error::NotFinite`] for a NaN or infinite value.
    pub fn fit<T: Copy + Into<f64>>(rows: &Array2<T>) -> Result<Self> {
        let what = "data to standardize";
        check::not_empty(what, rows.len())?;
        check::finite(what, rows)?;
        let moments = rows.columns().into_iter().map(moments);
        let (mean, std) = moments.unzip();
        Ok(Self { mean, std })
    }

    /// Number of columns d.
    pub fn dim(&self) -> usize {
        self.mean.len()
    }

    /// Mean of each column; length d.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Standard deviation of each column, 1 where all values were equal; length d.
    pub fn std(&self) -> &[f64] {
        &self.std
    }

    /// (x − mean) / std in each column; the shape of `rows`, (n, d) with any n. What f32 cannot hold, 3e38
    /// standard deviations away, is infinite.
    ///
    /// # Errors
    /// [`Error::Shape`] if `rows` does not have d columns.
    pub fn transform<T: Copy + Into<f64>>(&self, rows: &Array2<T>) -> Result<Array2<f32>> {
        self.map(rows, |x, mean, std| {
            let small = power_below(mean.abs().max(std).max(x.abs()));
            ((x * small - mean * small) / (std * small)) as f32
        })
    }

    /// x · std + mean in each column, in f64, which undoes [`transform`](Self::transform) up to the rounding
    /// of f32: 2⁻²⁴ of the result's distance from the mean.
    ///
    /// # Errors
    /// [`Error::Shape`] if `rows` does not have d columns.
    pub fn inverse<T: Copy + Into<f64>>(&self, rows: &Array2<T>) -> Result<Array2<f64>> {
        self.map(rows, |x, mean, std| x * std + mean)
    }

    fn map<T: Copy + Into<f64>, U>(
        &self,
        rows: &Array2<T>,
        f: impl Fn(f64, f64, f64) -> U,
    ) -> Result<Array2<U>> {
        check::same_shape("rows", &[rows.nrows(), self.dim()], rows.shape())?;
        let value = |((_, j), x): ((usize, usize), &T)| f((*x).into(), self.mean[j], self.std[j]);
        let values = rows.indexed_iter().map(value).collect();
        Ok(Array2::from_shape_vec(rows.dim(), values).expect("one value each"))
    }
}

/// Mean and standard deviation of a column that has values.
fn moments<T: Copy + Into<f64>>(column: ArrayView1<T>) -> (f64, f64) {
    let values = || column.iter().map(|x| (*x).into());
    let first: f64 = column[0].into();
    if values().all(|x| x == first) {
        return (first, 1.0);
    }
    let n = column.len() as f64;
    // Squares of the largest numbers of f64 are infinite, those of the smallest 0.
    let small = power_below(values().fold(0.0, |most, x| most.max(x.abs())));
    let values = || values().map(|x| x * small);
    let center = values().sum::<f64>() / n;
    let variance = values().map(|x| (x - center).powi(2)).sum::<f64>() / n;
    (center / small, variance.sqrt() / small)
}

/// 1, but for numbers near the ends of f64 the power of 2 that brings `largest` near 1: rounding stays the same.
fn power_below(largest: f64) -> f64 {
    match largest {
        x if x > 1e100 => 2_f64.powi(-((x.log2() / 2.0) as i32)).powi(2),
        x if x > 0.0 && x < 1e-100 => 2_f64.powi(((-x.log2() / 2.0) as i32).min(500)).powi(2),
        _ => 1.0,
    }
}
