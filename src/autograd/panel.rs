//! Part of a product's second operand, copied to where it lies densely.
#![expect(
    clippy::needless_range_loop,
    reason = "the compiler keeps vectors in registers when they are indexed, not when they are iterated over"
)]

use fearless_simd::{Simd, SimdBase, f32x16};

use super::matrix::Matrix;

/// Numbers in a vector. CPUs with shorter ones take several for each.
pub(super) const LANES: usize = 16;

/// Most rows of a panel: 32 columns of them fill half of a first-level cache.
pub(super) const DEPTH: usize = 128;

/// Most columns of a panel.
pub(super) const WIDTH: usize = 2 * LANES;

/// Columns `left..` of `b`, rows `first..`, to a dense panel `width` wide; what is beyond b's last column is
/// never read from the result.
#[inline(always)]
pub(super) fn pack<S: Simd>(
    simd: S,
    b: Matrix,
    first: usize,
    left: usize,
    panel: &mut [f32],
    width: usize,
) {
    let (depth, cols) = (panel.len() / width, (b.cols - left).min(width));
    if !b.turned {
        for (k, row) in panel.chunks_exact_mut(width).enumerate() {
            let b = &b.values[(first + k) * b.stride + left..][..cols];
            row[..cols].copy_from_slice(b);
        }
        return;
    }
    let column = |j: usize| &b.values[(left + j) * b.stride + first..][..depth];
    let (deep, wide) = (depth / LANES * LANES, cols / LANES * LANES);
    for j in (0..wide).step_by(LANES) {
        for k in (0..deep).step_by(LANES) {
            let mut square = [f32x16::splat(simd, 0.0); LANES];
            for i in 0..LANES {
                let b = &b.values[(left + j + i) * b.stride + first + k..][..LANES];
                square[i] = f32x16::from_slice(simd, b);
            }
            let square = transpose(square);
            for i in 0..LANES {
                square[i].store_slice(&mut panel[(k + i) * width + j..][..LANES]);
            }
        }
    }
    for j in 0..cols {
        let above = if j < wide { deep } else { 0 };
        for (k, value) in column(j).iter().enumerate().skip(above) {
            panel[k * width + j] = *value;
        }
    }
}

/// A square of 16 by 16 numbers turned: four perfect shuffles of its rows.
#[inline(always)]
fn transpose<S: Simd>(mut rows: [f32x16<S>; LANES]) -> [f32x16<S>; LANES] {
    for _ in 0..4 {
        let old = rows;
        for i in 0..LANES / 2 {
            rows[2 * i] = old[i].zip_low(old[i + LANES / 2]);
            rows[2 * i + 1] = old[i].zip_high(old[i + LANES / 2]);
        }
    }
    rows
}
