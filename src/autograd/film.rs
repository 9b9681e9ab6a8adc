//! Feature-wise linear modulation and SiLU in one pass: y = h + silu(u·(1 + scale) + shift).

use fearless_simd::{Simd, SimdBase, dispatch, f32x16};

use super::gather::Rows;
use super::math::{SIMD, all_not_below, fuses, not_below, piece, sigmoid, sigmoids};
use super::op::{Backward, Op, Var};
use super::tape::{Tape, shapes_fit};
use super::vectors::{LANES, load, store};
use crate::error::Result;
use crate::parallel::*;

struct Film {
    h: Var,
    u: Var,
    table: Var,
    rows: Rows,
}

impl Tape<'_> {
    /// A residual block's end: h + silu(u·(1 + scale) + shift), elementwise, with the scales and shifts in a
    /// table of one row for each distinct t: h and u are (n, c), `table` is (k, 2c) with the scales in its first
    /// c columns, and `rows` tells which of its rows belongs to each of the n; the result is (n, c). The (n, 2c)
    /// matrix of [gathered](Self::gather) rows is never made.
    ///
    /// FiLM (Perez et al. 2018, eq. 2) with the scale counted from 1, as in improved DDPM (Nichol &
    /// Dhariwal 2021, appendix A), followed by SiLU (x·sigmoid(x), Elfwing et al. 2018).
    pub fn film_residual(&mut self, h: Var, u: Var, table: Var, rows: &Rows) -> Result<Var> {
        let op = "film_residual";
        let (dim @ (n, cols), table_dim) = (self.dim(u)?, self.dim(table)?);
        shapes_fit(self.dim(h)? == dim, op, self.dim(h)?, dim)?;
        rows.fit_film(op, n, dim, table_dim)?;
        let mut y = self.take(op, dim)?;
        let [h_values, u_values, table_values] = [h, u, table].map(|var| self.slice(var));
        let cols = cols.max(1);
        let least = piece(y.len(), cols) / cols;
        let all = y.par_chunks_exact_mut(cols).with_min_len(least);
        all.enumerate().for_each(|(r, y)| {
            let h = &h_values[r * cols..][..cols];
            let operands = row(u_values, table_values, r, rows.of()[r], cols);
            dispatch!(*SIMD, simd => forward(simd, y, h, operands));
        });
        let rows = rows.clone();
        Ok(self.push(Film { h, u, table, rows }, &[h, u, table], y, dim))
    }
}

/// u, scale and shift of the batch row `r`, which belongs to the table row `k`.
fn row<'a>(u: &'a [f32], table: &'a [f32], r: usize, k: u32, cols: usize) -> [&'a [f32]; 3] {
    let table = &table[k as usize * 2 * cols..][..2 * cols];
    [&u[r * cols..][..cols], &table[..cols], &table[cols..]]
}

/// One row of y.
#[inline(always)]
fn forward<S: Simd>(_: S, y: &mut [f32], h: &[f32], operands: [&[f32]; 3]) {
    let n = y.len();
    let ([u, scale, shift], h) = (operands.map(|x| &x[..n]), &h[..n]);
    for i in 0..n {
        let z = not_below(u[i] * (1.0 + scale[i]) + shift[i]);
        y[i] = h[i] + z * sigmoid(z, fuses::<S>());
    }
}

/// One row of dz = dy·silu′(z) and du (+)= dz·(1 + scale); silu(z) = z·σ(z), silu′(z) = σ(z)·(1 + z·(1 − σ(z))).
/// In vectors by hand: a loop over numbers, with two results, stays one of single numbers where vectors are short.
#[inline(always)]
fn backward<S: Simd>(
    simd: S,
    dz: &mut [f32],
    du: &mut [f32],
    adds: bool,
    dy: &[f32],
    operands: [&[f32]; 3],
) {
    let one = f32x16::splat(simd, 1.0);
    for first in (0..dz.len()).step_by(LANES) {
        let block = first..dz.len().min(first + LANES);
        let part = |all: &[f32]| load::<S, 1>(simd, &all[block.clone()])[0];
        let [u, scale, shift] = operands.map(part);
        let z = all_not_below(simd, u * (one + scale) + shift);
        let s = sigmoids(simd, z);
        let dz_part = part(dy) * (s + z * s * (one - s));
        let d = dz_part * (one + scale);
        let d = if adds { part(du) + d } else { d };
        store([dz_part], &mut dz[block.clone()]);
        store([d], &mut du[block]);
    }
}

/// Adds dz·u to dscale and dz to dshift.
#[inline(always)]
fn add_to_table<S: Simd>(_: S, sum: &mut [f32], dz: &[f32], u: &[f32]) {
    let (dscale, dshift) = sum.split_at_mut(dz.len());
    let (dshift, u) = (&mut dshift[..dz.len()], &u[..dz.len()]);
    for i in 0..dz.len() {
        dscale[i] += dz[i] * u[i];
        dshift[i] += dz[i];
    }
}

impl Op for Film {
    /// With z = u·(1 + scale) + shift and dz = dy·silu′(z): du = dz·(1 + scale); dscale = Σ dz·u and
    /// dshift = Σ dz over the rows that share a table row; dh = dy.
    fn backward(&self, walk: &mut Backward, y: Var, dy: Vec<f32>) {
        let (u, table) = (walk.slice(self.u), walk.slice(self.table));
        let (of, cols) = (self.rows.of(), walk.dim(y).1.max(1));
        let mut dz = walk.take(dy.len());
        let (mut du, adds) = walk.open(self.u);
        let least = piece(dy.len(), cols) / cols;
        let results = dz.par_chunks_exact_mut(cols);
        let results = results.zip(du.values().par_chunks_exact_mut(cols));
        let all = results.zip(dy.par_chunks_exact(cols)).with_min_len(least);
        all.enumerate().for_each(|(r, ((dz, du), dy))| {
            let operands = row(u, table, r, of[r], cols);
            dispatch!(*SIMD, simd => backward(simd, dz, du, adds, dy, operands));
        });
        walk.put(self.u, du);
        if walk.wants(self.table) {
            let (mut sums, adds) = walk.open(self.table);
            self.rows.scatter(sums.values(), 2 * cols, adds, |sum, r| {
                let (dz, u) = (&dz[r * cols..][..cols], &u[r * cols..][..cols]);
                dispatch!(*SIMD, simd => add_to_table(simd, sum, dz, u));
            });
            walk.put(self.table, sums);
        }
        walk.recycle(dz);
        // Moved, not copied: dy is complete, and nothing here needs it any more.
        walk.give(self.h, dy);
    }
}
