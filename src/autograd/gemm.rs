//! Matrix products, split over threads by rows or columns of the result.

use super::kernel::product;
use super::matrix::{Matrix, Start};
use super::vectors::{WIDTH, turn};
use crate::parallel::*;

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
    if 4 * a.rows <= b.cols && a.turned && matches!(start, Start::Zero) {
        // A wide product of long columns is fastest as its transpose: what is copied for many rows is then `a`.
        let mut turned = vec![0.0; c.len()];
        by_rows(b.t(), a.t(), start, &mut turned, pieces(operations, grain));
        return turn(&turned, a.rows, c);
    }
    if a.rows < b.cols && !matches!(start, Start::Add) {
        // No piece copies what another does: they may be smaller.
        by_columns(a, b, start, c, pieces(2 * operations, grain));
    } else {
        by_rows(a, b, start, c, pieces(operations, grain));
    }
}

/// How many pieces so many floating-point operations are split into.
pub(super) fn pieces(operations: usize, grain: usize) -> usize {
    let threads = current_num_threads();
    let most = if threads == 1 { 1 } else { 2 * threads };
    most.min(operations / grain).max(1)
}

/// Pieces of whole tiles of the kernel.
fn by_rows(a: Matrix, b: Matrix, start: Start, c: &mut [f32], pieces: usize) {
    let rows = a.rows.div_ceil(pieces).next_multiple_of(16);
    if rows >= a.rows {
        return product(a, b, start, c);
    }
    let pieces = c.par_chunks_mut(rows * b.cols).enumerate();
    pieces.for_each(|(i, c)| {
        let rows = i * rows..a.rows.min((i + 1) * rows);
        product(a.rows(rows), b, start, c);
    });
}

/// Pieces of whole panels, each of which first has its own place.
fn by_columns(a: Matrix, b: Matrix, start: Start, c: &mut [f32], pieces: usize) {
    let width = b.cols.div_ceil(pieces).next_multiple_of(WIDTH);
    if width >= b.cols {
        return product(a, b, start, c);
    }
    let pieces = (0..b.cols.div_ceil(width)).into_par_iter().map(|i| {
        let columns = i * width..b.cols.min((i + 1) * width);
        let mut piece = vec![0.0; a.rows * columns.len()];
        product(
            a,
            b.columns(columns.clone()),
            start.columns(columns),
            &mut piece,
        );
        piece
    });
    for (i, piece) in pieces.collect::<Vec<_>>().iter().enumerate() {
        let rows = piece.chunks_exact(piece.len() / a.rows);
        for (c, row) in c.chunks_exact_mut(b.cols).zip(rows) {
            c[i * width..][..row.len()].copy_from_slice(row);
        }
    }
}
