//! Matrix products, split over threads by rows of the result.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, Axis, Slice};
use rayon::prelude::*;

/// Fewest floating-point operations that are worth a thread of their own: about 100 µs. (Training splits
/// its batch before it comes here, so only large products are split again.)
pub(super) const GRAIN: usize = 1 << 23;

/// `c = a·b + beta·c`, with `c` in row-major order.
///
/// Each number of `c` is one sum over the inner dimension in the order of the single-threaded product,
/// whatever rows its block starts with: so a split changes no bit (tested).
pub(super) fn gemm(a: ArrayView2<f32>, b: ArrayView2<f32>, beta: f32, c: &mut [f32]) {
    let (m, k) = a.dim();
    let n = b.ncols();
    if m * n == 0 {
        return;
    }
    let pieces = (2 * m * k * n / GRAIN).clamp(1, 2 * rayon::current_num_threads());
    if pieces == 1 || rayon::current_num_threads() == 1 {
        let mut c = ArrayViewMut2::from_shape((m, n), c).expect("c is m by n");
        return general_mat_mul(1.0, &a, &b, beta, &mut c);
    }
    // Blocks of whole rows of matrixmultiply's 8-row kernel.
    let rows = m.div_ceil(pieces).next_multiple_of(8);
    c.par_chunks_mut(rows * n).enumerate().for_each(|(i, c)| {
        let here = c.len() / n;
        let a = a.slice_axis(Axis(0), Slice::from(i * rows..i * rows + here));
        let mut c = ArrayViewMut2::from_shape((here, n), c).expect("whole rows");
        general_mat_mul(1.0, &a, &b, beta, &mut c);
    });
}

/// A row-major slice as a matrix.
pub(super) fn matrix(values: &[f32], rows: usize, cols: usize) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((rows, cols), values).expect("as long as its shape")
}
