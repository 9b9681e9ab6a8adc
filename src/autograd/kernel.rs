//! A product of matrices on one thread, for matrices of a few hundred rows and columns.
//!
//! A panel of `b`, 16 or 32 columns wide and up to 128 rows deep, is copied to where it lies densely, turned on
//! the way if need be; numbers of `a` are read where they stand, each spread over a vector. A product of
//! this size would take a fifth of its time to copy both operands, as general products do (Goto & van de
//! Geijn 2008).
//!
//! Against ndarray's product with its AVX-512 kernels, on one core of an AMD EPYC of family 26, layers of 32 and
//! 64 outputs from 288 and 576 inputs run 1.5 to 3.1 times as fast forward and 1.1 to 1.6 times backward
//! (`cargo bench --bench products`). The reference network trains 1.3 and
//! samples 1.4 times as fast.
#![expect(
    clippy::needless_range_loop,
    reason = "the compiler keeps vectors in registers when they are indexed, not when they are iterated over"
)]

use fearless_simd::{Level, Simd, SimdBase, SimdFloat, dispatch, f32x16};

use super::math::SIMD;
use super::matrix::{Matrix, Start};
use super::vectors::{LANES, WIDTH, load, store, transpose};

/// Most rows of a panel: 32 columns of them fill half of a first-level cache.
const DEPTH: usize = 128;

/// `c = start + a·b`, with `c` in row-major order, on this thread.
///
/// Each number of `c` is one sum: from its start over the inner dimension in order, wherever it stands.
pub(crate) fn product(a: Matrix, b: Matrix, start: Start, c: &mut [f32]) {
    if b.cols < LANES && b.cols < a.rows {
        return narrow(a, b, start, c);
    }
    wide(*SIMD, a, b, start, c);
}

/// The same with the vectors of one level.
fn wide(level: Level, a: Matrix, b: Matrix, start: Start, c: &mut [f32]) {
    dispatch!(level, simd => panels(simd, a, b, start, c));
}

/// A product with fewer columns than a vector: its transpose, which has more.
fn narrow(a: Matrix, b: Matrix, start: Start, c: &mut [f32]) {
    let mut turned = Vec::with_capacity(c.len());
    for j in 0..b.cols {
        match start {
            Start::Zero => turned.resize(turned.len() + a.rows, 0.0),
            Start::Add => turned.extend(c.iter().skip(j).step_by(b.cols)),
            Start::Row(row) => turned.resize(turned.len() + a.rows, row[j]),
        }
    }
    product(b.t(), a.t(), Start::Add, &mut turned);
    for (j, turned) in turned.chunks_exact(a.rows).enumerate() {
        let column = c.iter_mut().skip(j).step_by(b.cols);
        column.zip(turned).for_each(|(c, turned)| *c = *turned);
    }
}

/// Where number (row, column) of a matrix in whole vectors of columns, counted in row-major order, stands in the panels
/// that [`product_of_panels`] wants: one after the other, each row by row.
#[inline(always)]
pub(super) fn place_in_panels<S: Simd>(simd: S, number: usize, [rows, cols]: [usize; 2]) -> usize {
    let (row, col) = (number / cols, number % cols);
    let left = col - col % panel_width(simd);
    let width = panel_width(simd).min(cols - left);
    left * rows + row * width + col - left
}

/// Columns of a panel of many.
#[inline(always)]
fn panel_width<S: Simd>(_: S) -> usize {
    if S::f32s::LEN == 16 { WIDTH } else { LANES }
}

/// [`product`] with a matrix that was packed once, for products of few rows with many such.
pub(super) fn product_of_panels(a: Matrix, panels: &[f32], c: &mut [f32]) {
    dispatch!(*SIMD, simd => packed(simd, a, panels, c));
}

#[inline(always)]
fn packed<S: Simd>(simd: S, a: Matrix, panels: &[f32], c: &mut [f32]) {
    let stride = panels.len() / a.cols;
    let mut left = 0;
    for panel in panels.chunks(a.cols * panel_width(simd)) {
        let width = panel.len() / a.cols;
        for first in (0..a.cols).step_by(DEPTH) {
            let depth = first..a.cols.min(first + DEPTH);
            let mut block = Block {
                a: a.columns(depth.clone()),
                panel: &panel[depth.start * width..depth.end * width],
                start: if first == 0 { Start::Zero } else { Start::Add },
                c: &mut c[left..],
                width,
                stride,
            };
            match (S::f32s::LEN, width) {
                (16, LANES) => tiles::<S, 8, 1>(simd, &mut block),
                (16, _) => tiles::<S, 8, 2>(simd, &mut block),
                (8, _) => tiles::<S, 5, 1>(simd, &mut block),
                _ => tiles::<S, 2, 1>(simd, &mut block),
            }
        }
        left += width;
    }
}

/// Tiles as large as the level's registers hold.
#[inline(always)]
fn panels<S: Simd>(simd: S, a: Matrix, b: Matrix, start: Start, c: &mut [f32]) {
    match S::f32s::LEN {
        16 if b.cols <= LANES => blocks::<S, 8, 1>(simd, a, b, start, c),
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
    let mut panel = [0.0; DEPTH * WIDTH];
    // Of an empty inner dimension, the start is left.
    for first in (0..a.cols.max(1)).step_by(DEPTH) {
        let depth = first..a.cols.min(first + DEPTH);
        let start = if first == 0 { start } else { Start::Add };
        for left in (0..b.cols).step_by(VECTORS * LANES) {
            let columns = left..b.cols.min(left + VECTORS * LANES);
            let panel = &mut panel[..depth.len() * VECTORS * LANES];
            pack::<S, VECTORS>(simd, b.rows(depth.clone()).columns(columns.clone()), panel);
            let mut block = Block {
                a: a.columns(depth.clone()),
                panel,
                start: start.columns(columns.clone()),
                c: &mut c[left..],
                width: columns.len(),
                stride: b.cols,
            };
            tiles::<S, ROWS, VECTORS>(simd, &mut block);
        }
    }
}

/// All rows of a block.
#[inline(always)]
fn tiles<S: Simd, const ROWS: usize, const VECTORS: usize>(simd: S, block: &mut Block) {
    let rows = block.a.rows;
    let whole = rows / ROWS * ROWS;
    for row in (0..whole).step_by(ROWS) {
        tile::<S, ROWS, VECTORS>(simd, block, row);
    }
    // What whole tiles leave, in pairs and at last alone. A tile may have an odd number of rows.
    let pairs = whole + (rows - whole) / 2 * 2;
    for row in (whole..pairs).step_by(2) {
        tile::<S, 2, VECTORS>(simd, block, row);
    }
    if pairs < rows {
        tile::<S, 1, VECTORS>(simd, block, pairs);
    }
}

/// `b`, as wide as `VECTORS` vectors at most, to a dense panel of this width, with zeros or what stood there
/// before after its last column.
#[inline(always)]
fn pack<S: Simd, const VECTORS: usize>(simd: S, b: Matrix, panel: &mut [f32]) {
    if !b.turned {
        for (k, row) in panel.chunks_exact_mut(VECTORS * LANES).enumerate() {
            let b = &b.from(k, 0)[..b.cols];
            store(load::<S, VECTORS>(simd, b), row);
        }
        return;
    }
    let (rows, cols) = (b.rows / LANES * LANES, b.cols / LANES * LANES);
    for j in (0..cols).step_by(LANES) {
        for k in (0..rows).step_by(LANES) {
            let mut square = [f32x16::splat(simd, 0.0); LANES];
            for i in 0..LANES {
                [square[i]] = load(simd, &b.from(j + i, k)[..LANES]);
            }
            let square = transpose(square);
            for i in 0..LANES {
                square[i].store_slice(&mut panel[(k + i) * VECTORS * LANES + j..][..LANES]);
            }
        }
    }
    for j in 0..b.cols {
        let column = &b.from(j, 0)[..b.rows];
        for k in if j < cols { rows } else { 0 }..b.rows {
            panel[k * VECTORS * LANES + j] = column[k];
        }
    }
}

/// What the tiles of one panel share.
struct Block<'a> {
    /// As many columns as the panel has rows.
    a: Matrix<'a>,
    panel: &'a [f32],
    start: Start<'a>,
    /// The result from the panel's first column on, of which `width` are the panel's.
    c: &'a mut [f32],
    width: usize,
    stride: usize,
}

/// `ROWS` rows of the result from `row` on, in registers.
#[inline(always)]
fn tile<S: Simd, const ROWS: usize, const VECTORS: usize>(simd: S, block: &mut Block, row: usize) {
    let (width, stride) = (block.width, block.stride);
    let mut sums = [[f32x16::splat(simd, 0.0); VECTORS]; ROWS];
    match block.start {
        Start::Zero => {}
        Start::Add => {
            for i in 0..ROWS {
                sums[i] = load(simd, &block.c[(row + i) * stride..][..width]);
            }
        }
        Start::Row(row) => sums = [load(simd, row); ROWS],
    }
    let sums = accumulate(simd, block.a, row, block.panel, sums);
    for i in 0..ROWS {
        store(sums[i], &mut block.c[(row + i) * stride..][..width]);
    }
}

/// `sums` and the products of `ROWS` rows of `a` with the panel; by value, or they would live in memory.
#[inline(always)]
fn accumulate<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    a: Matrix,
    row: usize,
    panel: &[f32],
    mut sums: [[f32x16<S>; VECTORS]; ROWS],
) -> [[f32x16<S>; VECTORS]; ROWS] {
    let steps = panel.chunks_exact(VECTORS * LANES).enumerate();
    let mut numbers = [0.0; ROWS];
    if a.turned {
        for (k, b) in steps {
            numbers.copy_from_slice(&a.from(k, row)[..ROWS]);
            step(simd, &mut sums, b, numbers);
        }
    } else {
        let mut rows: [&[f32]; ROWS] = [&[]; ROWS];
        for i in 0..ROWS {
            rows[i] = &a.from(row + i, 0)[..a.cols];
        }
        for (k, b) in steps {
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
    let b: [f32x16<S>; VECTORS] = load(simd, b);
    for i in 0..ROWS {
        let a = f32x16::splat(simd, a[i]);
        for v in 0..VECTORS {
            sums[i][v] = a.mul_add(b[v], sums[i][v]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::math::levels;
    use super::*;

    fn numbers(len: usize) -> Vec<f32> {
        let number = |i: usize| (i * 7919 % 1013) as f32 / 1013.0 - 0.5;
        (0..len).map(number).collect()
    }

    /// Tiles have another number of rows at every level: all remainders of all of them, on every machine.
    #[test]
    fn every_level_computes_every_row_once() {
        let (inner, cols) = (3, 21);
        for rows in 1..=41 {
            let (a, b, row) = (numbers(rows * inner), numbers(inner * cols), numbers(cols));
            for start in [Start::Zero, Start::Add, Start::Row(&row)] {
                let mut wanted = numbers(rows * cols);
                for (at, wanted) in wanted.iter_mut().enumerate() {
                    let (i, j) = (at / cols, at % cols);
                    let first = match start {
                        Start::Zero => 0.0,
                        Start::Add => *wanted,
                        Start::Row(row) => row[j],
                    };
                    *wanted =
                        (0..inner).fold(first, |sum, k| sum + a[i * inner + k] * b[k * cols + j]);
                }
                for level in levels() {
                    let (a, b) = (Matrix::new(&a, rows, inner), Matrix::new(&b, inner, cols));
                    let mut c = numbers(rows * cols);
                    wide(level, a, b, start, &mut c);
                    // Three additions of numbers below 1, fused or not.
                    let off = |(c, wanted): (&f32, &f32)| (c - wanted).abs() > 4.0 * f32::EPSILON;
                    let off = c.iter().zip(&wanted).position(off);
                    assert_eq!(off.map(|at| at / cols), None, "{rows} rows, {level:?}");
                }
            }
        }
    }
}
