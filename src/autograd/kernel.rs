//! The inner loops of a matrix product, for matrices of a few hundred rows and columns.
//!
//! A panel of `b`, 16 or 32 columns wide and up to 128 deep, is copied to where it lies densely, turned on
//! the way if need be; numbers of `a` are read where they stand, each spread over a vector. A product of
//! this size would take a fifth of its time to copy both operands, as general products do (Goto & van de
//! Geijn 2008).
#![expect(
    clippy::needless_range_loop,
    reason = "the compiler keeps sums in registers when they are indexed, not when they are iterated over"
)]

use fearless_simd::{Simd, SimdBase, SimdFloat, dispatch, f32x16};

use super::math::SIMD;
use super::matrix::{Matrix, Start};
use super::panel::{DEPTH, LANES, WIDTH, pack};

/// `c = start + a·b`, with `c` in row-major order, on this thread.
///
/// Each number of `c` is one sum: from its start over the inner dimension in order, wherever it stands.
pub(super) fn product(a: Matrix, b: Matrix, start: Start, c: &mut [f32]) {
    if b.cols < LANES && b.cols < a.rows {
        return narrow(a, b, start, c);
    }
    if a.cols == 0 {
        return begin(start, c, b.cols);
    }
    dispatch!(*SIMD, simd => panels(simd, a, b, start, c));
}

/// A product with fewer columns than a vector: its transpose, which has more.
fn narrow(a: Matrix, b: Matrix, start: Start, c: &mut [f32]) {
    begin(start, c, b.cols);
    let (rows, cols) = (a.rows, b.cols);
    let mut turned: Vec<f32> = Vec::with_capacity(c.len());
    for j in 0..cols {
        turned.extend(c.iter().skip(j).step_by(cols));
    }
    dispatch!(*SIMD, simd => panels(simd, b.t(), a.t(), Start::Add, &mut turned));
    for (j, turned) in turned.chunks_exact(rows).enumerate() {
        let column = c.iter_mut().skip(j).step_by(cols);
        column.zip(turned).for_each(|(c, turned)| *c = *turned);
    }
}

/// Writes the start to `c`.
fn begin(start: Start, c: &mut [f32], cols: usize) {
    match start {
        Start::Zero => c.fill(0.0),
        Start::Add => {}
        Start::Row(row) => c
            .chunks_exact_mut(cols)
            .for_each(|c| c.copy_from_slice(row)),
    }
}

/// Tiles as large as the level's registers hold.
#[inline(always)]
fn panels<S: Simd>(simd: S, a: Matrix, b: Matrix, start: Start, c: &mut [f32]) {
    match S::f32s::LEN {
        16 => blocks::<S, 8, 2>(simd, a, b, start, c),
        8 => blocks::<S, 5, 1>(simd, a, b, start, c),
        _ => blocks::<S, 2, 1>(simd, a, b, start, c),
    }
}

/// The product in blocks of a panel of `b` and `ROWS` rows of `a`.
#[inline(always)]
fn blocks<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    a: Matrix,
    b: Matrix,
    start: Start,
    c: &mut [f32],
) {
    let width = VECTORS * LANES;
    let mut panel = [0.0; DEPTH * WIDTH];
    for first in (0..a.cols).step_by(DEPTH) {
        let depth = (a.cols - first).min(DEPTH);
        let start = if first == 0 { start } else { Start::Add };
        for left in (0..b.cols).step_by(width) {
            let panel = &mut panel[..depth * width];
            pack(simd, b, first, left, panel, width);
            let mut block = Block {
                a,
                first,
                panel,
                left,
                width: (b.cols - left).min(width),
                start,
                c,
                stride: b.cols,
            };
            let whole = a.rows / ROWS * ROWS;
            for row in (0..whole).step_by(ROWS) {
                tile::<S, ROWS, VECTORS>(simd, &mut block, row);
            }
            let pairs = a.rows / 2 * 2;
            for row in (whole..pairs).step_by(2) {
                tile::<S, 2, VECTORS>(simd, &mut block, row);
            }
            if pairs < a.rows {
                tile::<S, 1, VECTORS>(simd, &mut block, pairs);
            }
        }
    }
}

/// What the tiles of one panel share.
struct Block<'a> {
    a: Matrix<'a>,
    /// First row of `b`, and column of `a`, that is in the panel.
    first: usize,
    panel: &'a [f32],
    /// Columns of the result: `left..left + width`.
    left: usize,
    width: usize,
    start: Start<'a>,
    c: &'a mut [f32],
    stride: usize,
}

/// `ROWS` rows of the result from `row` on, in registers.
#[inline(always)]
fn tile<S: Simd, const ROWS: usize, const VECTORS: usize>(simd: S, block: &mut Block, row: usize) {
    let Block {
        a,
        first,
        panel,
        left,
        width,
        start,
        ..
    } = *block;
    let mut sums = [[f32x16::splat(simd, 0.0); VECTORS]; ROWS];
    match start {
        Start::Zero => {}
        Start::Add => {
            for i in 0..ROWS {
                let c = &block.c[(row + i) * block.stride + left..][..width];
                load(simd, c, &mut sums[i]);
            }
        }
        Start::Row(row) => {
            load(simd, &row[left..][..width], &mut sums[0]);
            sums = [sums[0]; ROWS];
        }
    }
    let sums = accumulate(simd, a, first, row, panel, sums);
    for i in 0..ROWS {
        let c = &mut block.c[(row + i) * block.stride + left..][..width];
        store(&sums[i], c);
    }
}

/// `sums` and the products of `ROWS` rows of `a` with the panel; by value, or they would live in memory.
#[inline(always)]
fn accumulate<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    a: Matrix,
    first: usize,
    row: usize,
    panel: &[f32],
    mut sums: [[f32x16<S>; VECTORS]; ROWS],
) -> [[f32x16<S>; VECTORS]; ROWS] {
    let depth = panel.len() / (VECTORS * LANES);
    let steps = panel.chunks_exact(VECTORS * LANES);
    if a.turned {
        for (k, b) in steps.enumerate() {
            let a = &a.values[(first + k) * a.stride + row..][..ROWS];
            let mut numbers = [0.0; ROWS];
            numbers.copy_from_slice(a);
            step(simd, &mut sums, b, numbers);
        }
    } else {
        let mut rows: [&[f32]; ROWS] = [&[]; ROWS];
        for i in 0..ROWS {
            rows[i] = &a.values[(row + i) * a.stride + first..][..depth];
        }
        for (k, b) in steps.enumerate() {
            let mut numbers = [0.0; ROWS];
            for i in 0..ROWS {
                numbers[i] = rows[i][k];
            }
            step(simd, &mut sums, b, numbers);
        }
    }
    sums
}

/// Adds one column of `a` times one row of the panel.
#[inline(always)]
fn step<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    sums: &mut [[f32x16<S>; VECTORS]; ROWS],
    b: &[f32],
    a: [f32; ROWS],
) {
    let mut vectors = [f32x16::splat(simd, 0.0); VECTORS];
    for v in 0..VECTORS {
        vectors[v] = f32x16::from_slice(simd, &b[v * LANES..(v + 1) * LANES]);
    }
    for i in 0..ROWS {
        let a = f32x16::splat(simd, a[i]);
        for v in 0..VECTORS {
            sums[i][v] = a.mul_add(vectors[v], sums[i][v]);
        }
    }
}

/// Numbers in vectors, with zeros after them.
#[inline(always)]
fn load<S: Simd, const VECTORS: usize>(simd: S, values: &[f32], to: &mut [f32x16<S>; VECTORS]) {
    let mut padded = [0.0; WIDTH];
    let values = if values.len() == VECTORS * LANES {
        values
    } else {
        padded[..values.len()].copy_from_slice(values);
        &padded
    };
    for v in 0..VECTORS {
        to[v] = f32x16::from_slice(simd, &values[v * LANES..(v + 1) * LANES]);
    }
}

/// As many numbers as `c` has room for.
#[inline(always)]
fn store<S: Simd, const VECTORS: usize>(from: &[f32x16<S>; VECTORS], c: &mut [f32]) {
    if c.len() == VECTORS * LANES {
        for v in 0..VECTORS {
            from[v].store_slice(&mut c[v * LANES..(v + 1) * LANES]);
        }
    } else {
        let mut padded = [0.0; WIDTH];
        for v in 0..VECTORS {
            from[v].store_slice(&mut padded[v * LANES..(v + 1) * LANES]);
        }
        c.copy_from_slice(&padded[..c.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(len: usize) -> Vec<f32> {
        let number = |i: usize| (i * 7919 % 1013) as f32 / 1013.0 - 0.5;
        (0..len).map(number).collect()
    }

    /// A matrix of this shape over `values`, stored as it is or turned.
    fn matrix(values: &[f32], rows: usize, cols: usize, turned: bool) -> Matrix<'_> {
        match turned {
            true => Matrix::new(values, cols, rows).t(),
            false => Matrix::new(values, rows, cols),
        }
    }

    fn at(m: Matrix, row: usize, col: usize) -> f32 {
        let (r, c) = if m.turned { (col, row) } else { (row, col) };
        m.values[r * m.stride + c]
    }

    #[test]
    fn product_is_the_textbook_one() {
        for (rows, inner, cols) in [(1, 1, 1), (7, 130, 3), (19, 16, 33), (40, 300, 70)] {
            let (a, b) = (numbers(rows * inner), numbers(inner * cols));
            for turned in [(false, false), (false, true), (true, false), (true, true)] {
                let a = matrix(&a, rows, inner, turned.0);
                let b = matrix(&b, inner, cols, turned.1);
                let row = numbers(cols);
                let old = numbers(rows * cols);
                for start in [Start::Zero, Start::Add, Start::Row(&row)] {
                    let mut c = old.clone();
                    product(a, b, start, &mut c);
                    for (i, c) in c.iter().enumerate() {
                        let (r, j) = (i / cols, i % cols);
                        let terms = (0..inner).map(|k| at(a, r, k) * at(b, k, j));
                        let start = match start {
                            Start::Zero => 0.0,
                            Start::Add => old[i],
                            Start::Row(row) => row[j],
                        };
                        let wanted = start + terms.sum::<f32>();
                        assert!((c - wanted).abs() < 2e-5, "{c} {wanted}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_other_rows_change_no_bit() {
        for cols in [2, 16, 40] {
            let (rows, inner) = (37, 140);
            let (a, b) = (numbers(rows * inner), numbers(inner * cols));
            for turned in [false, true] {
                let a = matrix(&a, rows, inner, turned);
                let b = matrix(&b, inner, cols, false);
                let mut all = vec![0.0; rows * cols];
                product(a, b, Start::Zero, &mut all);
                for row in [0, 1, 5, 16, 36] {
                    let mut split = vec![0.0; rows * cols];
                    let ((above, below), (c, c_below)) =
                        (a.split_at(row), split.split_at_mut(row * cols));
                    product(above, b, Start::Zero, c);
                    product(below, b, Start::Zero, c_below);
                    assert_eq!(all, split);
                }
            }
        }
    }
}
