//! Numbers in vectors of 16, and squares of 16 by 16 of them turned.

use fearless_simd::{Simd, SimdBase, SimdCombine, SimdSplit, dispatch, f32x8, f32x16};

use super::math::SIMD;

/// Numbers in a vector. CPUs with shorter ones take several for each.
pub(super) const LANES: usize = 16;

/// Most columns of a panel.
pub(super) const WIDTH: usize = 2 * LANES;

/// Numbers in vectors, with zeros after them.
#[inline(always)]
pub(super) fn load<S: Simd, const VECTORS: usize>(simd: S, values: &[f32]) -> [f32x16<S>; VECTORS] {
    // Half a vector, as heads of 8 columns ask for.
    if VECTORS == 1 && values.len() == LANES / 2 {
        let half = f32x8::from_slice(simd, values);
        return [half.combine(f32x8::splat(simd, 0.0)); VECTORS];
    }
    let mut padded = [0.0; WIDTH];
    let values = if values.len() == VECTORS * LANES {
        values
    } else {
        padded[..values.len()].copy_from_slice(values);
        &padded
    };
    let mut vectors = [f32x16::splat(simd, 0.0); VECTORS];
    for v in 0..VECTORS {
        vectors[v] = f32x16::from_slice(simd, &values[v * LANES..(v + 1) * LANES]);
    }
    vectors
}

/// As many of the numbers as `to` has room for.
#[inline(always)]
pub(super) fn store<S: Simd, const VECTORS: usize>(vectors: [f32x16<S>; VECTORS], to: &mut [f32]) {
    if VECTORS == 1 && to.len() == LANES / 2 {
        return vectors[0].split().0.store_slice(to);
    }
    let mut padded = [0.0; WIDTH];
    let whole = to.len() == VECTORS * LANES;
    let all = if whole { &mut *to } else { &mut padded[..] };
    for v in 0..VECTORS {
        vectors[v].store_slice(&mut all[v * LANES..(v + 1) * LANES]);
    }
    if !whole {
        to.copy_from_slice(&padded[..to.len()]);
    }
}

/// A square of 16 by 16 numbers turned: four perfect shuffles of its rows.
#[inline(always)]
pub(super) fn transpose<S: Simd>(mut rows: [f32x16<S>; LANES]) -> [f32x16<S>; LANES] {
    for _ in 0..4 {
        let old = rows;
        for i in 0..LANES / 2 {
            rows[2 * i] = old[i].zip_low(old[i + LANES / 2]);
            rows[2 * i + 1] = old[i].zip_high(old[i + LANES / 2]);
        }
    }
    rows
}

/// Writes the transpose of a row-major matrix of `cols` columns.
pub(super) fn turn(from: &[f32], cols: usize, to: &mut [f32]) {
    dispatch!(*SIMD, simd => turn_squares(simd, from, cols, to));
}

#[inline(always)]
fn turn_squares<S: Simd>(simd: S, from: &[f32], cols: usize, to: &mut [f32]) {
    let rows = from.len() / cols;
    for i in (0..rows).step_by(LANES) {
        for j in (0..cols).step_by(LANES) {
            let (height, width) = (LANES.min(rows - i), LANES.min(cols - j));
            let mut square = [f32x16::splat(simd, 0.0); LANES];
            for k in 0..height {
                [square[k]] = load(simd, &from[(i + k) * cols + j..][..width]);
            }
            let square = transpose(square);
            for k in 0..width {
                store([square[k]], &mut to[(j + k) * rows + i..][..height]);
            }
        }
    }
}
