//! How near rows are to others: whether they are copies, and whether they differ among themselves.

use ndarray::{Array2, s};

use super::energy::sum_of_distances;
use super::sample::columns;
use crate::check;
use crate::error::Result;
use crate::parallel::*;

#[cfg(doc)]
use crate::Error;

/// Rows that are compared together: one product of matrices.
const PIECE: usize = 64;

/// For each of `rows`, shape (n, d), the nearest of the rows `among`, shape (m, d), the first of them if several are
/// equally near: its 0-based number and how far it is, ‖x − y‖; length n. 0 is a copy.
///
/// Whether samples are copies shows against real rows that the model did not see: they too have a nearest training
/// row, and a model that has learned the distribution, not the rows, comes no nearer than they.
///
/// # Errors
/// [`Error::Empty`] if there is nothing in either; [`Error::Shape`] if the numbers of columns differ;
/// [`Error::NotFinite`] for NaN or infinite values.
pub fn nearest(rows: &Array2<f32>, among: &Array2<f32>) -> Result<Vec<(usize, f64)>> {
    search(rows, among, false)
}

/// [`nearest`] of each row among all others of the same array, at least two.
///
/// # Errors
/// [`Error::Parameter`] for fewer than two rows; as [`nearest`].
pub fn nearest_other(rows: &Array2<f32>) -> Result<Vec<(usize, f64)>> {
    check::parameter("rows", rows.nrows(), rows.nrows() >= 2, "at least 2")?;
    search(rows, rows, true)
}

/// `skip`: not the row of the same number.
fn search(rows: &Array2<f32>, among: &Array2<f32>, skip: bool) -> Result<Vec<(usize, f64)>> {
    for (what, rows) in [("rows", rows), ("rows to be near to", among)] {
        check::not_empty(what, rows.len())?;
        check::all_finite(what, rows)?;
    }
    check::same_shape(
        "rows to be near to",
        &[among.nrows(), rows.ncols()],
        among.shape(),
    )?;
    let (rows, among) = (rows.mapv(f64::from), among.mapv(f64::from));
    let halves: Vec<f64> = among.rows().into_iter().map(|y| 0.5 * y.dot(&y)).collect();
    let pieces = (0..rows.nrows().div_ceil(PIECE)).into_par_iter().map(|k| {
        let from = k * PIECE;
        let piece = rows.slice(s![from..rows.nrows().min(from + PIECE), ..]);
        // ½‖y‖² − x·y is least where ‖x − y‖ is; only that one distance is then taken, exactly.
        let products = piece.dot(&among.t());
        let near = piece.rows().into_iter().zip(products.rows()).enumerate();
        near.map(|(i, (x, products))| {
            let mut best = (usize::MAX, f64::INFINITY);
            for (j, (half, product)) in halves.iter().zip(products).enumerate() {
                if half - product < best.1 && !(skip && j == from + i) {
                    best = (j, half - product);
                }
            }
            let apart = x.iter().zip(among.row(best.0));
            let square: f64 = apart.map(|(x, y)| (x - y).powi(2)).sum();
            (best.0, square.sqrt())
        })
        .collect::<Vec<_>>()
    });
    Ok(pieces.collect::<Vec<_>>().concat())
}

/// The mean distance ‖x − x′‖ between two different rows of `rows`, shape (n, d): how much they differ. Of samples of
/// one class it says whether they are all the same; it does not depend on their number, but for chance.
///
/// # Errors
/// [`Error::Parameter`] for fewer than two rows; [`Error::Empty`] for rows without columns; [`Error::NotFinite`]
/// for NaN or infinite values.
pub fn mean_distance(rows: &Array2<f32>) -> Result<f64> {
    let n = rows.nrows();
    check::parameter("rows", n, n >= 2, "at least 2")?;
    let [rows, _] = columns(rows, rows)?;
    let pairs = n as f64 * (n - 1) as f64 / 2.0;
    Ok(sum_of_distances(&rows, &rows, true) / pairs)
}

/// The middle one of some numbers, or the mean of the two in the middle.
///
/// # Errors
/// [`Error::Empty`] without numbers; [`Error::NotFinite`] for a NaN or infinite one.
pub fn median(numbers: &[f64]) -> Result<f64> {
    check::not_empty("numbers to take the median of", numbers.len())?;
    check::finite("numbers to take the median of", numbers)?;
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let half = sorted.len() / 2;
    Ok(0.5 * sorted[half] + 0.5 * sorted[(sorted.len() - 1) / 2])
}
