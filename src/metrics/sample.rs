//! Samples as all distances take them.

use ndarray::{Array2, ArrayRef, Dimension};

use crate::check;
use crate::error::Result;
use crate::mixture::check_points;

/// The values of a one-dimensional sample, shape (n) or (n, 1), in rising order.
pub(super) fn sorted<T: Copy + Into<f64>, D: Dimension>(
    what: &'static str,
    sample: &ArrayRef<T, D>,
) -> Result<Vec<f64>> {
    check_points(what, sample.shape(), 1)?;
    check::not_empty(what, sample.len())?;
    check::finite(what, sample)?;
    let mut values: Vec<f64> = sample.iter().map(|x| (*x).into()).collect();
    values.sort_unstable_by(f64::total_cmp);
    Ok(values)
}

/// The different values of two sorted samples, each with F_a − F_b there, of the empirical distribution functions.
pub(super) fn steps(a: &[f64], b: &[f64]) -> impl Iterator<Item = (f64, f64)> {
    let (mut i, mut j) = (0, 0);
    std::iter::from_fn(move || {
        let x = match (a.get(i), b.get(j)) {
            (Some(a), Some(b)) => a.min(*b),
            (a, b) => *a.or(b)?,
        };
        // Both functions jump at a value that both samples hold, so all its copies are passed at once.
        while i < a.len() && a[i] == x {
            i += 1;
        }
        while j < b.len() && b[j] == x {
            j += 1;
        }
        Some((x, i as f64 / a.len() as f64 - j as f64 / b.len() as f64))
    })
}

/// The columns of two samples that have rows, the same number of columns, and finite values only, in f64.
pub(super) fn columns(a: &Array2<f32>, b: &Array2<f32>) -> Result<[Vec<Vec<f64>>; 2]> {
    for (what, sample) in [("first sample", a), ("second sample", b)] {
        check::not_empty(what, sample.len())?;
        check::all_finite(what, sample)?;
    }
    check::same_shape("second sample", &[b.nrows(), a.ncols()], b.shape())?;
    Ok([a, b].map(|sample| {
        let columns = sample.columns().into_iter();
        columns
            .map(|column| column.iter().map(|x| f64::from(*x)).collect())
            .collect()
    }))
}
