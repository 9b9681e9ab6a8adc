//! Feature-wise linear modulation and SiLU in one pass: y = h + silu(u·(1 + scale) + shift).

use crate::parallel::*;
use fearless_simd::{Simd, dispatch};

use super::backward::Backward;
use super::gather::{RowIndex, Rows};
use super::math::{SIMD, fuses, not_below, piece, sigmoid};
use super::tape::{Node, Op, Tape, Var, same_dim, shapes_fit};
use crate::error::Result;

#[derive(Debug)]
pub(super) struct Film {
    /// Added to the result, if there is one.
    residual: Option<Var>,
    u: Var,
    table: Var,
    /// Which table row belongs to each row; without it, the row of the same number.
    rows: Option<usize>,
    /// silu′ at every element, which costs nearly nothing beside silu itself; none where no gradient is wanted.
    slope: Option<Var>,
}

impl Tape<'_> {
    /// silu(u·(1 + scale) + shift), elementwise: u is (n, c), `scale_shift` (n, 2c) with the scales in its
    /// first c columns and the shifts in the others; the result is (n, c).
    ///
    /// FiLM (Perez et al. 2018, eq. 1) with the scale counted from 1, as in improved DDPM (Nichol &
    /// Dhariwal 2021, §3.3), followed by SiLU (x·sigmoid(x), Elfwing et al. 2018).
    ///
    /// # Errors
    /// [`Error::Shapes`](crate::Error::Shapes) unless the shapes are as above.
    pub fn scale_shift_silu(&mut self, u: Var, scale_shift: Var) -> Result<Var> {
        let (u_dim, table_dim) = (self.dim(u)?, self.dim(scale_shift)?);
        let fit = table_dim.0 == u_dim.0 && Some(table_dim.1) == u_dim.1.checked_mul(2);
        shapes_fit(fit, "scale_shift_silu", u_dim, table_dim)?;
        Ok(self.film(None, u, scale_shift, None))
    }

    /// A residual block's end: h + silu(u·(1 + scale) + shift), the scales and shifts gathered from a
    /// table with one row for each distinct t: h and u are (n, c), `table` (k, 2c), `rows` n indices into
    /// it; the result is (n, c). As [`scale_shift_silu`](Self::scale_shift_silu) of a
    /// [`gather`](Self::gather), but the (n, 2c) matrix between them is never made.
    ///
    /// # Errors
    /// [`Error::Shapes`](crate::Error::Shapes) unless the shapes are as above.
    pub fn film_residual(&mut self, h: Var, u: Var, table: Var, rows: Rows) -> Result<Var> {
        let (h_dim, u_dim, table_dim) = (self.dim(h)?, self.dim(u)?, self.dim(table)?);
        same_dim("film_residual", h_dim, u_dim)?;
        shapes_fit(
            Some(table_dim.1) == u_dim.1.checked_mul(2),
            "film_residual",
            u_dim,
            table_dim,
        )?;
        let rows = self.fitting_rows("film_residual", table, rows)?;
        let n = self.indices[rows].of.len();
        shapes_fit(n == u_dim.0, "film_residual", u_dim, (n, table_dim.0))?;
        Ok(self.film(Some(h), u, table, Some(rows)))
    }

    fn film(&mut self, residual: Option<Var>, u: Var, table: Var, rows: Option<usize>) -> Var {
        let (n, u_cols) = self.dim(u).expect("checked by the caller");
        let cols = u_cols.max(1); // a matrix without columns has no rows to walk either
        let mut y = self.work.take(n * u_cols);
        let sources = [Some(u), Some(table), residual];
        let wanted = sources.into_iter().flatten().any(|v| self.wants(v));
        let keeps = wanted && self.recording;
        let slopes = if keeps { n * u_cols } else { 0 };
        let mut slope = self.work.take(slopes);
        let size = piece(n * u_cols, cols);
        let values = Modulation {
            u: self.slice(u),
            table: self.slice(table),
            rows: rows.map(|rows| self.indices[rows].of.as_slice()),
            cols,
        };
        let h = residual.map(|h| self.slice(h));
        if slopes > 0 {
            let pieces = y.par_chunks_mut(size).zip(slope.par_chunks_mut(size));
            pieces.enumerate().for_each(|(i, (y, slope))| {
                dispatch!(*SIMD, simd => forward(simd, y, slope, i * size / cols, h, &values));
            });
        } else {
            let pieces = y.par_chunks_mut(size).enumerate();
            pieces.for_each(|(i, y)| {
                dispatch!(*SIMD, simd => forward(simd, y, &mut [], i * size / cols, h, &values));
            });
        }
        // Of no rows too: their derivative is asked for all the same.
        let slope = keeps.then(|| self.push(Op::Leaf, slope, n, u_cols, false));
        let film = Film {
            residual,
            u,
            table,
            rows,
            slope,
        };
        self.push(Op::Film(film), y, n, u_cols, wanted)
    }
}

/// The operands by row.
struct Modulation<'a> {
    u: &'a [f32],
    table: &'a [f32],
    rows: Option<&'a [u32]>,
    cols: usize,
}

impl<'a> Modulation<'a> {
    /// u, scale and shift of row `r`.
    fn row(&self, r: usize) -> (&'a [f32], &'a [f32], &'a [f32]) {
        let k = self.rows.map_or(r, |rows| rows[r] as usize);
        let table = &self.table[k * 2 * self.cols..][..2 * self.cols];
        let (scale, shift) = table.split_at(self.cols);
        (&self.u[r * self.cols..][..self.cols], scale, shift)
    }
}

/// The rows of y from `first` on, and silu′ in them, if `slope` has room for it.
#[inline(always)]
fn forward<S: Simd>(
    _: S,
    y: &mut [f32],
    slope: &mut [f32],
    first: usize,
    h: Option<&[f32]>,
    values: &Modulation,
) {
    let cols = values.cols;
    for (i, y) in y.chunks_exact_mut(cols).enumerate() {
        let r = first + i;
        let operands = values.row(r);
        let h = h.map(|h| &h[r * cols..][..cols]);
        match (h, slope.get_mut(i * cols..(i + 1) * cols)) {
            (Some(h), Some(slope)) => forward_row::<S, true, true>(y, slope, h, operands),
            (Some(h), None) => forward_row::<S, true, false>(y, &mut [], h, operands),
            (None, Some(slope)) => forward_row::<S, false, true>(y, slope, &[], operands),
            (None, None) => forward_row::<S, false, false>(y, &mut [], &[], operands),
        }
    }
}

/// silu(z) = z·σ(z), silu′(z) = σ(z)·(1 + z·(1 − σ(z))).
#[inline(always)]
fn forward_row<S: Simd, const RESIDUAL: bool, const SLOPE: bool>(
    y: &mut [f32],
    slope: &mut [f32],
    h: &[f32],
    (u, scale, shift): (&[f32], &[f32], &[f32]),
) {
    let n = y.len();
    let (u, scale, shift) = (&u[..n], &scale[..n], &shift[..n]);
    let h = if RESIDUAL { &h[..n] } else { h };
    let slope = if SLOPE { &mut slope[..n] } else { slope };
    for i in 0..n {
        let z = not_below(u[i] * (1.0 + scale[i]) + shift[i]);
        let s = sigmoid(z, fuses::<S>());
        let silu = z * s;
        y[i] = if RESIDUAL { h[i] + silu } else { silu };
        if SLOPE {
            slope[i] = s + silu * (1.0 - s);
        }
    }
}

/// dz = dy·slope and du (+)= dz·(1 + scale), for the rows from `first` on.
#[inline(always)]
fn backward<S: Simd>(
    _: S,
    dz: &mut [f32],
    du: &mut [f32],
    beta: f32,
    (dy, slope): (&[f32], &[f32]),
    first: usize,
    values: &Modulation,
) {
    let cols = values.cols;
    for (i, dz) in dz.chunks_exact_mut(cols).enumerate() {
        let (_, scale, _) = values.row(first + i);
        let du = &mut du[i * cols..][..cols];
        let (dy, slope) = (&dy[i * cols..][..cols], &slope[i * cols..][..cols]);
        for j in 0..cols {
            let z = dy[j] * slope[j];
            let d = z * (1.0 + scale[j]);
            let d = if beta == 0.0 { d } else { du[j] + d };
            (dz[j], du[j]) = (z, d);
        }
    }
}

/// dscale (+)= Σ dz·u and dshift (+)= Σ dz over the rows that share each table row, from `first` on.
#[inline(always)]
fn table_gradient<S: Simd>(
    _: S,
    sum: &mut [f32],
    beta: f32,
    dz: &[f32],
    first: usize,
    index: Option<&RowIndex>,
    values: &Modulation,
) {
    let cols = values.cols;
    for (k, sum) in (first..).zip(sum.chunks_exact_mut(2 * cols)) {
        if beta == 0.0 {
            sum.fill(0.0);
        }
        let (dscale, dshift) = sum.split_at_mut(cols);
        let same = [k as u32];
        for r in index.map_or(&same[..], |index| index.users().of(k)) {
            let r = *r as usize * cols;
            let (dz, u) = (&dz[r..][..cols], &values.u[r..][..cols]);
            for j in 0..cols {
                dscale[j] += dz[j] * u[j];
                dshift[j] += dz[j];
            }
        }
    }
}

impl Film {
    /// With z = u·(1 + scale) + shift and dz = dy·silu′(z): du = dz·(1 + scale); dscale = Σ dz·u and
    /// dshift = Σ dz over the rows that share a table row; dh = dy.
    pub fn backward(&self, walk: &mut Backward, dy: Vec<f32>, node: &Node) {
        let cols = node.cols.max(1);
        let index = self.rows.map(|rows| &walk.indices[rows]);
        let values = Modulation {
            u: walk.value(self.u),
            table: walk.value(self.table),
            rows: index.map(|index| index.of.as_slice()),
            cols,
        };
        let mut dz = walk.work.take(dy.len());
        let (mut du, beta) = walk.take(self.u);
        let size = piece(dy.len(), cols);
        let slope = self.slope.expect("kept by a tape that records");
        let slope = walk.value(slope);
        let operands = dz
            .par_chunks_mut(size)
            .zip(du.par_chunks_mut(size))
            .zip(dy.par_chunks(size).zip(slope.par_chunks(size)));
        operands.enumerate().for_each(|(i, ((dz, du), given))| {
            let first = i * size / cols;
            dispatch!(*SIMD, simd => backward(simd, dz, du, beta, given, first, &values));
        });
        if walk.wants(self.table) {
            let (mut sum, beta) = walk.take(self.table);
            let table_rows = sum.len() / (2 * cols);
            let rows = table_rows.div_ceil((dy.len() / size).max(1)).max(1);
            let pieces = sum.par_chunks_mut(rows * 2 * cols).enumerate();
            pieces.for_each(|(i, sum)| {
                let first = i * rows;
                dispatch!(*SIMD, simd => table_gradient(simd, sum, beta, &dz, first, index, &values));
            });
            walk.put(self.table, sum);
        }
        walk.work.give(dz);
        if walk.wants(self.u) {
            walk.put(self.u, du);
        } else {
            walk.work.give(du);
        }
        match self.residual {
            // Moved, not copied: dy is complete, and nothing here needs it any more.
            Some(h) => walk.give(h, dy),
            None => walk.work.give(dy),
        }
    }
}
