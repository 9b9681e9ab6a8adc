//! Feature-wise linear modulation and SiLU in one pass: y = h + silu(u·(1 + scale) + shift).

use fearless_simd::{Simd, dispatch};

use super::math::{SIMD, fuses, not_below, piece, sigmoid};
use super::op::{Backward, Op, Var};
use super::rows::Rows;
use super::tape::{Tape, same_dim, shapes_fit};
use crate::error::Result;
use crate::parallel::*;

#[derive(Debug)]
struct Film {
    h: Var,
    u: Var,
    table: Var,
    rows: Rows,
    /// silu′ at every element, which costs nearly nothing beside silu itself; empty where no gradient is wanted.
    slope: Var,
}

impl Tape<'_> {
    /// A residual block's end: h + silu(u·(1 + scale) + shift), elementwise, with the scales and shifts in a
    /// table of one row for each distinct t: h and u are (n, c), `table` is (k, 2c) with the scales in its first
    /// c columns, and `rows` tells which of its rows belongs to each of the n; the result is (n, c). The (n, 2c)
    /// matrix of [gathered](Self::gather) rows is never made.
    ///
    /// FiLM (Perez et al. 2018, eq. 1) with the scale counted from 1, as in improved DDPM (Nichol &
    /// Dhariwal 2021, §3.3), followed by SiLU (x·sigmoid(x), Elfwing et al. 2018).
    pub fn film_residual(&mut self, h: Var, u: Var, table: Var, rows: &Rows) -> Result<Var> {
        let op = "film_residual";
        let (dim @ (n, cols), table_dim) = (self.dim(u)?, self.dim(table)?);
        same_dim(op, self.dim(h)?, dim)?;
        let fit = Some(table_dim.1) == cols.checked_mul(2);
        shapes_fit(fit, op, dim, table_dim)?;
        rows.fit(op, table_dim)?;
        let batch = rows.of().len();
        shapes_fit(batch == n, op, dim, (batch, table_dim.0))?;
        let mut y = self.take(op, dim)?;
        let keeps = self.recording && [h, u, table].iter().any(|var| self.wants(*var));
        let mut slope = self.work.take(if keeps { y.len() } else { 0 });
        let h_values = self.slice(h);
        let film = Modulation {
            u: self.slice(u),
            table: self.slice(table),
            rows: rows.of(),
            cols: cols.max(1),
        };
        let size = piece(y.len(), film.cols);
        let pieces = y.par_chunks_mut(size).enumerate();
        let write = |i: usize, y: &mut [f32], slope: &mut [f32]| {
            let first = i * size / film.cols;
            dispatch!(*SIMD, simd => forward(simd, y, slope, first, h_values, &film));
        };
        if keeps {
            let pieces = pieces.zip(slope.par_chunks_mut(size));
            pieces.for_each(|((i, y), slope)| write(i, y, slope));
        } else {
            pieces.for_each(|(i, y)| write(i, y, &mut []));
        }
        let film = Film {
            h,
            u,
            table,
            rows: rows.clone(),
            slope: self.keep(slope),
        };
        Ok(self.push(film, &[h, u, table], y, dim))
    }
}

/// The operands by row.
struct Modulation<'a> {
    u: &'a [f32],
    table: &'a [f32],
    rows: &'a [u32],
    cols: usize,
}

impl<'a> Modulation<'a> {
    /// u, scale and shift of row `r`.
    fn row(&self, r: usize) -> (&'a [f32], &'a [f32], &'a [f32]) {
        let cols = self.cols;
        let table = &self.table[self.rows[r] as usize * 2 * cols..][..2 * cols];
        let (scale, shift) = table.split_at(cols);
        (&self.u[r * cols..][..cols], scale, shift)
    }
}

/// The rows of y from `first` on, and silu′ in them, if `slope` has room for it.
#[inline(always)]
fn forward<S: Simd>(
    _: S,
    y: &mut [f32],
    slope: &mut [f32],
    first: usize,
    h: &[f32],
    film: &Modulation,
) {
    let cols = film.cols;
    for (i, y) in y.chunks_exact_mut(cols).enumerate() {
        let r = first + i;
        let (h, operands) = (&h[r * cols..][..cols], film.row(r));
        match slope.get_mut(i * cols..(i + 1) * cols) {
            Some(slope) => forward_row::<S, true>(y, slope, h, operands),
            None => forward_row::<S, false>(y, &mut [], h, operands),
        }
    }
}

/// silu(z) = z·σ(z), silu′(z) = σ(z)·(1 + z·(1 − σ(z))).
#[inline(always)]
fn forward_row<S: Simd, const SLOPE: bool>(
    y: &mut [f32],
    slope: &mut [f32],
    h: &[f32],
    (u, scale, shift): (&[f32], &[f32], &[f32]),
) {
    let n = y.len();
    let (h, u, scale, shift) = (&h[..n], &u[..n], &scale[..n], &shift[..n]);
    let slope = if SLOPE { &mut slope[..n] } else { slope };
    for i in 0..n {
        let z = not_below(u[i] * (1.0 + scale[i]) + shift[i]);
        let s = sigmoid(z, fuses::<S>());
        let silu = z * s;
        y[i] = h[i] + silu;
        if SLOPE {
            slope[i] = s + silu * (1.0 - s);
        }
    }
}

/// dz = dy·slope and du (+)= dz·(1 + scale), for the rows from `first` on.
#[inline(always)]
fn backward<S: Simd>(
    _: S,
    (dz, du): (&mut [f32], &mut [f32]),
    adds: bool,
    (dy, slope): (&[f32], &[f32]),
    first: usize,
    film: &Modulation,
) {
    let cols = film.cols;
    for (i, dz) in dz.chunks_exact_mut(cols).enumerate() {
        let (_, scale, _) = film.row(first + i);
        let du = &mut du[i * cols..][..cols];
        let (dy, slope) = (&dy[i * cols..][..cols], &slope[i * cols..][..cols]);
        for j in 0..cols {
            dz[j] = dy[j] * slope[j];
            let d = dz[j] * (1.0 + scale[j]);
            du[j] = if adds { du[j] + d } else { d };
        }
    }
}

/// Adds dz·u to dscale and dz to dshift.
#[inline(always)]
fn add_to_table<S: Simd>(_: S, sum: &mut [f32], dz: &[f32], u: &[f32]) {
    let (dscale, dshift) = sum.split_at_mut(dz.len());
    let (dshift, u) = (&mut dshift[..dz.len()], &u[..dz.len()]);
    for j in 0..dz.len() {
        dscale[j] += dz[j] * u[j];
        dshift[j] += dz[j];
    }
}

impl Op for Film {
    /// With z = u·(1 + scale) + shift and dz = dy·silu′(z): du = dz·(1 + scale); dscale = Σ dz·u and
    /// dshift = Σ dz over the rows that share a table row; dh = dy.
    fn backward(&self, walk: &mut Backward, y: Var, dy: Vec<f32>) {
        let cols = walk.dim(y).1.max(1);
        let film = Modulation {
            u: walk.slice(self.u),
            table: walk.slice(self.table),
            rows: self.rows.of(),
            cols,
        };
        let mut dz = walk.take(dy.len());
        let (mut du, adds) = walk.open(self.u);
        let size = piece(dy.len(), cols);
        let results = dz.par_chunks_mut(size).zip(du.par_chunks_mut(size));
        let given = dy.par_chunks(size);
        let given = given.zip(walk.slice(self.slope).par_chunks(size));
        let pieces = results.zip(given).enumerate();
        pieces.for_each(|(i, (results, given))| {
            let first = i * size / cols;
            dispatch!(*SIMD, simd => backward(simd, results, adds, given, first, &film));
        });
        walk.put(self.u, du);
        if walk.wants(self.table) {
            let (mut sums, adds) = walk.open(self.table);
            self.rows.scatter(&mut sums, 2 * cols, adds, |sum, r| {
                let (dz, u) = (&dz[r * cols..][..cols], &film.u[r * cols..][..cols]);
                dispatch!(*SIMD, simd => add_to_table(simd, sum, dz, u));
            });
            walk.put(self.table, sums);
        }
        walk.recycle(dz);
        // Moved, not copied: dy is complete, and nothing here needs it any more.
        walk.give(self.h, dy);
    }
}
