//! Matrix products, split over threads by rows or columns of the result.

use crate::parallel::*;

use super::kernel::product;
pub(super) use super::matrix::{Matrix, Start};
use super::panel::WIDTH;

/// Fewest floating-point operations that are worth a hand-over to another thread where the threads have other
/// work too, for each half of a product's rows copies the second operand anew: about 50 µs.
pub(super) const COARSE: usize = 1 << 23;

/// The same where all other threads wait: about 10 µs.
pub(super) const FINE: usize = 1 << 20;

/// `c = start + a·b`, with `c` in row-major order.
///
/// Each number of `c` is one sum, from its start over the inner dimension in order, whatever piece it is in: so a
/// split changes no bit (tested).
pub(super) fn gemm(a: Matrix, b: Matrix, start: Start, c: &mut [f32], grain: usize) {
    assert_eq!(a.cols, b.rows, "the inner dimension");
    if c.is_empty() {
        return;
    }
    let operations = 2 * a.rows * a.cols * b.cols;
    let most = 2 * crate::parallel::current_num_threads();
    match start {
        Start::Row(_) | Start::Zero if a.rows < b.cols => {
            // No piece copies what another does: they may be smaller.
            by_columns(a, b, start, c, most.min(2 * operations / grain));
        }
        _ => by_rows(a, b, start, c, most.min(operations / grain)),
    }
}

/// Halves the rows until there are `pieces` (a power of two is reached from below).
fn by_rows(a: Matrix, b: Matrix, start: Start, c: &mut [f32], pieces: usize) {
    // Whole tiles of the kernel.
    let half = (a.rows / 2).next_multiple_of(16);
    if pieces < 2 || half >= a.rows || crate::parallel::current_num_threads() == 1 {
        return product(a, b, start, c);
    }
    let (a, below) = a.split_at(half);
    let (c, c_below) = c.split_at_mut(half * b.cols);
    join(
        || by_rows(a, b, start, c, pieces / 2),
        || by_rows(below, b, start, c_below, pieces / 2),
    );
}

/// The columns in `pieces` of whole panels, each of which first has its own place.
fn by_columns(a: Matrix, b: Matrix, start: Start, c: &mut [f32], pieces: usize) {
    let width = b.cols.div_ceil(pieces.max(1)).next_multiple_of(WIDTH);
    if width >= b.cols || crate::parallel::current_num_threads() == 1 {
        return product(a, b, start, c);
    }
    let pieces = 0..b.cols.div_ceil(width);
    let parts = pieces.into_par_iter().map(|i| {
        let columns = i * width..b.cols.min((i + 1) * width);
        let mut part = vec![0.0; a.rows * columns.len()];
        let start = match start {
            Start::Row(row) => Start::Row(&row[columns.clone()]),
            start => start,
        };
        product(a, b.columns(columns), start, &mut part);
        part
    });
    for (i, part) in parts.collect::<Vec<_>>().iter().enumerate() {
        let cols = part.len() / a.rows;
        for (c, part) in c.chunks_exact_mut(b.cols).zip(part.chunks_exact(cols)) {
            c[i * width..][..cols].copy_from_slice(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_change_no_bit() {
        let numbers = |len: usize| -> Vec<f32> {
            let number = |i: usize| (i * 7919 % 1013) as f32 / 1013.0 - 0.5;
            (0..len).map(number).collect()
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build();
        let pool = pool.expect("three threads");
        for (rows, inner, cols) in [(30, 7, 256), (5, 130, 70), (100, 20, 33)] {
            let (a, b) = (numbers(rows * inner), numbers(inner * cols));
            let (row, old) = (numbers(cols), numbers(rows * cols));
            for turned in [false, true] {
                let a = Matrix::new(&a, rows, inner);
                let b = match turned {
                    true => Matrix::new(&b, cols, inner).t(),
                    false => Matrix::new(&b, inner, cols),
                };
                for start in [Start::Zero, Start::Add, Start::Row(&row)] {
                    let [mut whole, mut split] = [old.clone(), old.clone()];
                    product(a, b, start, &mut whole);
                    pool.install(|| gemm(a, b, start, &mut split, 1));
                    assert_eq!(whole, split);
                }
            }
        }
    }
}
