//! The energy distance.

use ndarray::Array2;

use super::sample::columns;
use crate::error::Result;
use crate::parallel::*;

/// Rows that one thread takes at a time. Part of what fixes the order of summation, hence every bit.
const ROWS: usize = 64;

/// Distances that are computed together, so that the compiler turns the loops into SIMD code.
const BLOCK: usize = 256;

/// Energy distance between two samples, shapes (n, d) and (m, d): 2 E‖a − b‖ − E‖a − a′‖ − E‖b − b′‖.
///
/// It is 0 for equal distributions only (Székely & Rizzo 2013), in the unit of the values; its square root is
/// a metric. The means run over all pairs, those of a row with itself as well, so they are divided by nm, n²
/// and m² (the V-statistic): never negative, and above 0 by about (1/n + 1/m) E‖a − a′‖ for two samples of
/// the same data. SciPy's one-dimensional `energy_distance` is the square root of this.
///
/// Time is O((n + m)² d); in parallel, the same bits at any thread count.
///
/// # Errors
/// [`Error::Empty`](crate::Error::Empty) if a sample is empty; [`Error::Shape`](crate::Error::Shape) if the
/// numbers of columns differ; [`Error::NotFinite`](crate::Error::NotFinite) for NaN or infinite values.
pub fn energy_distance(a: &Array2<f32>, b: &Array2<f32>) -> Result<f64> {
    let (n, m) = (a.nrows() as f64, b.nrows() as f64);
    let [a, b] = columns(a, b)?;
    let between = sum_of_distances(&a, &b, false) / (n * m);
    let within_a = 2.0 * sum_of_distances(&a, &a, true) / (n * n);
    let within_b = 2.0 * sum_of_distances(&b, &b, true) / (m * m);
    // Rounding can leave a little less than nothing.
    Ok((2.0 * between - within_a - within_b).max(0.0))
}

/// Σ ‖a_i − b_j‖ over all i and j, or only over i < j.
pub(super) fn sum_of_distances(a: &[Vec<f64>], b: &[Vec<f64>], ordered: bool) -> f64 {
    let n = a[0].len();
    let from = |i: usize| {
        let row: Vec<f64> = a.iter().map(|column| column[i]).collect();
        sum_from(&row, b, if ordered { i + 1 } else { 0 })
    };
    let pieces = (0..n.div_ceil(ROWS)).into_par_iter();
    let sums: Vec<f64> = pieces
        .map(|piece| (piece * ROWS..n.min((piece + 1) * ROWS)).map(from).sum())
        .collect();
    sums.iter().sum()
}

/// Σ ‖row − b_j‖ over the j from `first` on.
fn sum_from(row: &[f64], b: &[Vec<f64>], first: usize) -> f64 {
    let n = b[0].len();
    let mut sum = 0.0;
    for start in (first..n).step_by(BLOCK) {
        let len = BLOCK.min(n - start);
        let mut squares = [0.0_f64; BLOCK];
        for (x, column) in row.iter().zip(b) {
            for (square, y) in squares.iter_mut().zip(&column[start..start + len]) {
                *square += (x - y) * (x - y);
            }
        }
        // Four sums side by side, which the compiler may not make of one by itself.
        let mut lanes = [0.0; 4];
        for four in squares[..len.next_multiple_of(4)].as_chunks::<4>().0 {
            for (lane, square) in lanes.iter_mut().zip(four) {
                *lane += square.sqrt();
            }
        }
        sum += lanes.iter().sum::<f64>();
    }
    sum
}
