//! Layer norm of every row, with scale and shift from a table, and rows brought to norm 1.

use fearless_simd::{Simd, dispatch};

use super::gather::Rows;
use super::math::{SIMD, piece};
use super::norm::scale_and_shift;
use super::norm_passes::EPS;
use super::op::{Backward, Op, Var};
use super::softmax::fold;
use super::tape::{Tape, shapes_fit};
use crate::error::Result;
use crate::parallel::*;

struct Modulate {
    x: Var,
    table: Var,
    rows: Rows,
    /// Mean and 1/√(variance + ε) of each row.
    moments: Var,
}

struct Unit {
    x: Var,
}

impl Tape<'_> {
    /// Layer norm of every row, without γ and β of its own, then ·(1 + scale) + shift:
    ///
    /// ```text
    /// y = x̂·(1 + scale) + shift,  x̂ = (x − mean)/√(variance + 1e-5)
    /// ```
    ///
    /// Scales and shifts stand in a table (k, 2c), the scales in its first c columns; x is (n·L, c), the places of n
    /// sentences, and `rows` tells which row of the table belongs to each of the n. (Layer norm: Ba et al. 2016;
    /// modulated so, without what starts a block at zero: adaLN of DiT, Peebles & Xie 2023, §3.2.)
    ///
    /// # Errors
    /// [`Error::Shapes`](crate::Error::Shapes) too with (n, rows of the table) unless n divides the rows of x.
    pub fn modulate(&mut self, x: Var, table: Var, rows: &Rows) -> Result<Var> {
        let (op, dim @ (all, cols), of) = ("modulate", self.dim(x)?, self.dim(table)?);
        shapes_fit(Some(of.1) == cols.checked_mul(2), op, dim, of)?;
        rows.fit(op, of)?;
        let n = rows.of().len();
        let whole = if n == 0 { all == 0 } else { all % n == 0 };
        shapes_fit(whole, op, dim, (n, of.0))?;
        let mut y = self.take(op, dim)?;
        let mut moments = self.take(op, (all, 2))?;
        let (places, width) = (all / n.max(1), cols.max(1));
        let [x_values, table_values] = [x, table].map(|var| self.slice(var));
        let least = piece(y.len(), width) / width;
        let results = y.par_chunks_exact_mut(width);
        let results = results.zip(moments.par_chunks_exact_mut(2));
        let results = results.zip(x_values.par_chunks_exact(width));
        let results = results.with_min_len(least).enumerate();
        results.for_each(|(r, ((y, moments), x))| {
            let film = scale_and_shift(table_values, rows, r / places, cols);
            dispatch!(*SIMD, simd => forward(simd, y, x, film, moments));
        });
        let moments = self.kept(moments, (all, 2));
        let rows = rows.clone();
        let op = Modulate {
            x,
            table,
            rows,
            moments,
        };
        Ok(self.push(op, &[x, table], y, dim))
    }

    /// Every row over its Euclidean norm, x/‖x‖. (A row of nothing but zeros stays one.)
    pub fn unit_rows(&mut self, x: Var) -> Result<Var> {
        let dim = self.dim(x)?;
        let mut y = self.take("unit_rows", dim)?;
        let rows = self.slice(x).chunks_exact(dim.1.max(1));
        for (y, x) in y.chunks_exact_mut(dim.1.max(1)).zip(rows) {
            let norm = norm(x);
            y.iter_mut().zip(x).for_each(|(y, x)| *y = x / norm);
        }
        Ok(self.push(Unit { x }, &[x], y, dim))
    }
}

fn norm(x: &[f32]) -> f32 {
    let squares = x.iter().map(|x| x * x).sum::<f32>();
    squares.sqrt().max(f32::MIN_POSITIVE)
}

#[inline(always)]
fn plus(a: f32, b: f32) -> f32 {
    a + b
}

/// One row.
#[inline(always)]
fn forward<S: Simd>(_: S, y: &mut [f32], x: &[f32], film: [&[f32]; 2], moments: &mut [f32]) {
    let n = y.len();
    let (x, [scale, shift]) = (&x[..n], film.map(|film| &film[..n]));
    let mean = fold(0.0, x, x, |sum, x, _| sum + x, plus) / n as f32;
    let square = |sum, x: f32, _| sum + (x - mean) * (x - mean);
    let variance = fold(0.0, x, x, square, plus) / n as f32;
    let inverse = 1.0 / (variance + EPS).sqrt();
    for i in 0..n {
        y[i] = (x[i] - mean) * inverse * (1.0 + scale[i]) + shift[i];
    }
    moments.copy_from_slice(&[mean, inverse]);
}

/// One row: turns dy into dx.
#[inline(always)]
fn backward<S: Simd>(_: S, dy: &mut [f32], x: &[f32], scale: &[f32], moments: &[f32]) {
    let n = dy.len();
    let (x, scale) = (&x[..n], &scale[..n]);
    let (mean, inverse) = (moments[0], moments[1]);
    for i in 0..n {
        dy[i] *= 1.0 + scale[i];
    }
    let p = fold(0.0, dy, x, |sum, d, _| sum + d, plus) / n as f32;
    let along = |sum, d: f32, x: f32| sum + d * (x - mean);
    let q = fold(0.0, dy, x, along, plus) / n as f32 * inverse * inverse;
    for i in 0..n {
        dy[i] = inverse * (dy[i] - p - (x[i] - mean) * q);
    }
}

/// Adds dy·x̂ to dscale and dy to dshift.
#[inline(always)]
fn add_to_table<S: Simd>(_: S, sum: &mut [f32], dy: &[f32], x: &[f32], moments: &[f32]) {
    let n = dy.len();
    let (dscale, dshift) = sum.split_at_mut(n);
    let (x, dshift) = (&x[..n], &mut dshift[..n]);
    for i in 0..n {
        dscale[i] += dy[i] * ((x[i] - moments[0]) * moments[1]);
        dshift[i] += dy[i];
    }
}

impl Op for Modulate {
    /// With dx̂ = dy·(1 + scale): dx = (dx̂ − mean(dx̂) − x̂·mean(dx̂·x̂))/√(variance + ε); dscale = Σ dy·x̂ and
    /// dshift = Σ dy over the places that share a row of the table.
    fn backward(&self, walk: &mut Backward, y: Var, mut dy: Vec<f32>) {
        let [x, table, moments] = [self.x, self.table, self.moments].map(|var| walk.slice(var));
        let (all, cols) = walk.dim(y);
        let (places, width) = (all / self.rows.of().len().max(1), cols.max(1));
        if walk.wants(self.table) {
            let (mut sums, adds) = walk.open(self.table);
            let size = places * cols;
            self.rows.scatter(sums.values(), 2 * cols, adds, |sum, i| {
                let [dy, x] = [&dy, x].map(|values| values[i * size..][..size].chunks_exact(cols));
                let moments = moments[i * 2 * places..].chunks_exact(2);
                for ((dy, x), moments) in dy.zip(x).zip(moments) {
                    dispatch!(*SIMD, simd => add_to_table(simd, sum, dy, x, moments));
                }
            });
            walk.put(self.table, sums);
        }
        let least = piece(dy.len(), width) / width;
        let rows = dy.par_chunks_exact_mut(width);
        let rows = rows.zip(x.par_chunks_exact(width).zip(moments.par_chunks_exact(2)));
        let rows = rows.with_min_len(least).enumerate();
        rows.for_each(|(r, (dy, (x, moments)))| {
            let [scale, _] = scale_and_shift(table, &self.rows, r / places, cols);
            dispatch!(*SIMD, simd => backward(simd, dy, x, scale, moments));
        });
        walk.give(self.x, dy);
    }
}

impl Op for Unit {
    /// dx = (dy − y·(y·dy))/‖x‖.
    fn backward(&self, walk: &mut Backward, y: Var, mut dy: Vec<f32>) {
        let cols = walk.dim(y).1.max(1);
        let [x, y] = [self.x, y].map(|var| walk.slice(var).chunks_exact(cols));
        for (dy, (x, y)) in dy.chunks_exact_mut(cols).zip(x.zip(y)) {
            let along: f32 = dy.iter().zip(y).map(|(dy, y)| dy * y).sum();
            let norm = norm(x);
            let pairs = dy.iter_mut().zip(y);
            pairs.for_each(|(dy, y)| *dy = (*dy - y * along) / norm);
        }
        walk.give(self.x, dy);
    }
}
