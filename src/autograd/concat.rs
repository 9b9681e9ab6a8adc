//! Matrices side by side, and some columns of one.

use std::ops::Range;

use super::op::{Backward, Op, Var};
use super::tape::{Tape, shapes_fit};
use crate::check;
use crate::error::Result;

struct Concat {
    parts: Vec<Var>,
}

struct Columns {
    x: Var,
    start: usize,
}

impl Tape<'_> {
    /// The columns of all `parts`, in order: (n, a), (n, b), … become (n, a + b + …).
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty) too without parts.
    pub fn concat(&mut self, parts: &[Var]) -> Result<Var> {
        check::not_empty("concat", parts.len())?;
        let first @ (rows, _) = self.dim(parts[0])?;
        let mut cols = 0_usize;
        for part in parts {
            let dim = self.dim(*part)?;
            shapes_fit(dim.0 == rows, "concat", first, dim)?;
            cols = cols.saturating_add(dim.1);
        }
        let dim = (rows, cols);
        let mut y = self.take("concat", dim)?;
        let mut start = 0;
        for part in parts {
            let (_, width) = self.dim(*part)?;
            copy(self.slice(*part), (width, 0), &mut y, (cols, start), width);
            start += width;
        }
        let op = Concat {
            parts: parts.to_vec(),
        };
        Ok(self.push(op, parts, y, dim))
    }

    /// The columns `range` of `x`, 0-based: (n, c) becomes (n, range's length). What
    /// [`concat`](Self::concat) put side by side comes apart again.
    ///
    /// # Errors
    /// [`Error::Shapes`](crate::Error::Shapes) if `x` has no such columns or the range is empty.
    pub fn columns(&mut self, x: Var, range: Range<usize>) -> Result<Var> {
        let (rows, all) = self.dim(x)?;
        let fit = range.start < range.end && range.end <= all;
        shapes_fit(fit, "columns", (rows, all), (rows, range.end))?;
        let (start, cols) = (range.start, range.len());
        let mut y = self.take("columns", (rows, cols))?;
        copy(self.slice(x), (all, start), &mut y, (cols, 0), cols);
        Ok(self.push(Columns { x, start }, &[x], y, (rows, cols)))
    }
}

impl Op for Concat {
    /// Each part's gradient is its own columns of dy.
    fn backward(&self, walk: &mut Backward, y: Var, dy: Vec<f32>) {
        let (rows, cols) = walk.dim(y);
        let mut start = 0;
        for part in &self.parts {
            let (_, width) = walk.dim(*part);
            if walk.wants(*part) {
                let mut d = walk.take(rows * width);
                copy(&dy, (cols, start), &mut d, (width, 0), width);
                walk.give(*part, d);
            }
            start += width;
        }
        walk.recycle(dy);
    }
}

impl Op for Columns {
    /// dx is dy in these columns and 0 in the others.
    fn backward(&self, walk: &mut Backward, y: Var, dy: Vec<f32>) {
        let ((rows, cols), (_, all)) = (walk.dim(y), walk.dim(self.x));
        let mut dx = walk.take(rows * all);
        dx.fill(0.0);
        copy(&dy, (cols, 0), &mut dx, (all, self.start), cols);
        walk.give(self.x, dx);
        walk.recycle(dy);
    }
}

/// Copies `width` columns of every row; each matrix with its number of columns and the first of these.
fn copy(
    from: &[f32],
    (from_cols, from_start): (usize, usize),
    to: &mut [f32],
    (to_cols, to_start): (usize, usize),
    width: usize,
) {
    // A matrix without columns may have more rows than anyone can count through.
    if width == 0 {
        return;
    }
    let rows = from.chunks_exact(from_cols);
    for (from, to) in rows.zip(to.chunks_exact_mut(to_cols)) {
        to[to_start..][..width].copy_from_slice(&from[from_start..][..width]);
    }
}
