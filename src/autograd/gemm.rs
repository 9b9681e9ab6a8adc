//! Matrix products, split over threads by rows of the result.

use rayon::join;

use super::kernel::product;
pub(super) use super::matrix::{Matrix, Start};

/// Fewest floating-point operations that are worth a hand-over to another thread where the threads have other
/// work too, for each half of a product copies the second operand anew: about 50 µs.
pub(super) const COARSE: usize = 1 << 23;

/// The same where all other threads wait: about 10 µs.
pub(super) const FINE: usize = 1 << 20;

/// `c = start + a·b`, with `c` in row-major order.
///
/// Each number of `c` is one sum, from its start over the inner dimension in order, whatever piece it is in: so a
/// split changes no bit (tested).
pub(super) fn gemm(a: Matrix, b: Matrix, start: Start, c: &mut [f32], grain: usize) {
    assert_eq!(a.cols, b.rows, "the inner dimension");
    if !c.is_empty() {
        let pieces = 2 * a.rows * a.cols * b.cols / grain;
        split(a, b, start, c, pieces.min(2 * rayon::current_num_threads()));
    }
}

/// Halves the rows until there are `pieces` (a power of two is reached from below).
fn split(a: Matrix, b: Matrix, start: Start, c: &mut [f32], pieces: usize) {
    // Whole tiles of the kernel.
    let half = (a.rows / 2).next_multiple_of(16);
    if pieces < 2 || half >= a.rows || rayon::current_num_threads() == 1 {
        return product(a, b, start, c);
    }
    let (a, below) = a.split_at(half);
    let (c, c_below) = c.split_at_mut(half * b.cols);
    join(
        || split(a, b, start, c, pieces / 2),
        || split(below, b, start, c_below, pieces / 2),
    );
}
