//! Matrix products, split over threads by rows or columns of the result.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, Axis};
use rayon::join;

/// Fewest floating-point operations that are worth a hand-over to another thread where the threads have other
/// work too, for each half of a product packs one operand anew: about 100 µs.
pub(super) const COARSE: usize = 1 << 23;

/// The same where all other threads wait: about 10 µs.
pub(super) const FINE: usize = 1 << 20;

/// `c = a·b + beta·c`, with `c` in row-major order.
///
/// Each number of `c` is one sum over the inner dimension in the order of the single-threaded product,
/// whatever block it is in: so a split changes no bit (tested).
pub(super) fn gemm(a: ArrayView2<f32>, b: ArrayView2<f32>, beta: f32, c: &mut [f32], grain: usize) {
    let dim = (a.nrows(), b.ncols());
    let c = ArrayViewMut2::from_shape(dim, c).expect("as long as its shape");
    if !c.is_empty() {
        let pieces = 2 * a.len() * dim.1 / grain;
        split(a, b, beta, c, pieces.min(2 * rayon::current_num_threads()));
    }
}

/// Halves the longer side of `c` until there are `pieces` (a power of two is reached from below).
fn split(
    a: ArrayView2<f32>,
    b: ArrayView2<f32>,
    beta: f32,
    mut c: ArrayViewMut2<f32>,
    pieces: usize,
) {
    let (m, n) = c.dim();
    if pieces < 2 || rayon::current_num_threads() == 1 {
        return general_mat_mul(1.0, &a, &b, beta, &mut c);
    }
    // Whole tiles of matrixmultiply's kernels, 8 or 16 to a side.
    let half = |side: usize| (side / 2).next_multiple_of(16).min(side);
    if m >= n {
        let ((a, below), (c, c_below)) =
            (a.split_at(Axis(0), half(m)), c.split_at(Axis(0), half(m)));
        join(
            || split(a, b, beta, c, pieces / 2),
            || split(below, b, beta, c_below, pieces / 2),
        );
    } else {
        let ((b, right), (c, c_right)) =
            (b.split_at(Axis(1), half(n)), c.split_at(Axis(1), half(n)));
        join(
            || split(a, b, beta, c, pieces / 2),
            || split(a, right, beta, c_right, pieces / 2),
        );
    }
}

/// A row-major slice as a matrix.
pub(super) fn matrix(values: &[f32], rows: usize, cols: usize) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((rows, cols), values).expect("as long as its shape")
}
