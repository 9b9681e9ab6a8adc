//! Columns to mean 0 and variance 1, and back.

use ndarray::Array2;

use crate::error::{Error, Result};

/// Moves and scales each column of a data set to mean 0 and variance 1, and samples back to the data's units.
///
/// Diffusion adds noise of variance 1 to every coordinate: data on another scale is drowned at once or
/// never. Fit it on the training data and use the same one for everything afterwards.
///
/// ```
/// use diffusion_intuition::data::Standardizer;
/// use ndarray::array;
///
/// let heights_and_weights = array![[1.62_f32, 55.0], [1.75, 70.0], [1.81, 82.0]];
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
    pub fn fit(rows: &Array2<f32>) -> Result<Self> {
        let what = "data to standardize";
        if rows.is_empty() {
            return Err(Error::Empty { what });
        }
        Error::check_finite(what, rows)?;
        let n = rows.nrows() as f64;
        let (mut mean, mut std) = (Vec::new(), Vec::new());
        for column in rows.columns() {
            let values = || column.iter().map(|x| f64::from(*x));
            let first = f64::from(column[0]);
            if values().all(|x| x == first) {
                mean.push(first);
                std.push(1.0);
                continue;
            }
            let center = values().sum::<f64>() / n;
            let variance = values().map(|x| (x - center).powi(2)).sum::<f64>() / n;
            mean.push(center);
            std.push(variance.sqrt());
        }
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

    /// (x − mean) / std in each column; the shape of `rows`, (n, d) with any n.
    ///
    /// # Errors
    /// [`Error::Shape`] if `rows` does not have d columns.
    pub fn transform(&self, rows: &Array2<f32>) -> Result<Array2<f32>> {
        self.map(rows, |x, mean, std| (x - mean) / std)
    }

    /// x · std + mean in each column, which undoes [`transform`](Self::transform) up to the rounding of f32:
    /// a relative 2⁻²⁴ of the result and of its distance from the mean.
    ///
    /// # Errors
    /// [`Error::Shape`] if `rows` does not have d columns.
    pub fn inverse(&self, rows: &Array2<f32>) -> Result<Array2<f32>> {
        self.map(rows, |x, mean, std| x * std + mean)
    }

    fn map(&self, rows: &Array2<f32>, f: impl Fn(f64, f64, f64) -> f64) -> Result<Array2<f32>> {
        if rows.ncols() != self.dim() {
            return Err(Error::Shape {
                what: "rows",
                expected: vec![rows.nrows(), self.dim()],
                found: rows.shape().to_vec(),
            });
        }
        let mut out = rows.clone();
        for (j, mut column) in out.columns_mut().into_iter().enumerate() {
            column.mapv_inplace(|x| f(f64::from(x), self.mean[j], self.std[j]) as f32);
        }
        Ok(out)
    }
}
