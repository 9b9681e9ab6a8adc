//! Principal components: the few directions in which data varies most.

use ndarray::{Array1, Array2};

use super::frechet::moments;
use crate::check;
use crate::error::Result;
use crate::mixture::eigen;

#[cfg(doc)]
use crate::Error;

/// The directions in which rows vary most (Pearson 1901): the eigenvectors of their covariance with the largest
/// eigenvalues, in falling order, each with its largest entry positive.
///
/// Fit it to training data, and use the same one for everything that is to be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Pca {
    mean: Array1<f64>,
    axes: Array2<f64>,
    variances: Vec<f64>,
}

impl Pca {
    /// The first `components` directions of `rows`, shape (n, d).
    ///
    /// # Errors
    /// [`Error::Parameter`] for fewer than two rows, or unless there are between 1 and d components;
    /// [`Error::Empty`] for rows without columns; [`Error::NotFinite`] for a NaN or infinite value; [`Error::Size`] for
    /// more columns than memory can hold covariances of.
    pub fn fit(rows: &Array2<f32>, components: usize) -> Result<Self> {
        let (mean, covariance) = moments("rows for principal components", rows)?;
        let fine = (1..=rows.ncols()).contains(&components);
        let valid = "between 1 and the number of columns";
        check::parameter("principal components", components, fine, valid)?;
        let (eigenvalues, vectors) = eigen(&covariance);
        let mut order: Vec<usize> = (0..eigenvalues.len()).collect();
        order.sort_by(|i, j| eigenvalues[*j].total_cmp(&eigenvalues[*i]));
        order.truncate(components);
        let mut axes = vectors.select(ndarray::Axis(1), &order);
        for mut axis in axes.columns_mut() {
            let largest = axis
                .iter()
                .fold(0.0_f64, |most, x| match x.abs() > most.abs() {
                    true => *x,
                    false => most,
                });
            axis.mapv_inplace(|x| x * largest.signum());
        }
        Ok(Self {
            mean,
            axes,
            variances: order.iter().map(|i| eigenvalues[*i].max(0.0)).collect(),
        })
    }

    /// Orthonormal columns; shape (d, k).
    pub fn axes(&self) -> &Array2<f64> {
        &self.axes
    }

    /// The variance of the rows along each (divided by n − 1), falling; length k.
    pub fn variances(&self) -> &[f64] {
        &self.variances
    }

    /// Coordinates (x − mean)·axes, shape (n, k).
    ///
    /// # Errors
    /// [`Error::Shape`] if `rows`, shape (n, d), has another number of columns; [`Error::NotFinite`] for a NaN or
    /// infinite value.
    pub fn coordinates(&self, rows: &Array2<f32>) -> Result<Array2<f32>> {
        let expected = [rows.nrows(), self.mean.len()];
        check::same_shape("rows", &expected, rows.shape())?;
        check::all_finite("rows", rows)?;
        let moved = rows.mapv(f64::from) - &self.mean;
        Ok(moved.dot(&self.axes).mapv(|x| x as f32))
    }

    /// The rows that have these coordinates, shape (n, k), and lie at the mean along all other directions: mean +
    /// coordinates·axesᵀ, shape (n, d). Of all linear ways to keep k numbers of a row, this loses least of the rows
    /// that it was fitted to.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of coordinates than components; [`Error::NotFinite`] for a NaN or infinite
    /// value.
    pub fn rows(&self, coordinates: &Array2<f32>) -> Result<Array2<f32>> {
        let expected = [coordinates.nrows(), self.variances.len()];
        check::same_shape("coordinates", &expected, coordinates.shape())?;
        check::all_finite("coordinates", coordinates)?;
        let moved = coordinates.mapv(f64::from).dot(&self.axes.t());
        Ok((moved + &self.mean).mapv(|x| x as f32))
    }
}
