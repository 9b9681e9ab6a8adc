//! Some columns of a matrix.

use std::ops::Range;

use super::backward::Backward;
use super::tape::{Node, Op, Tape, Var, shapes_fit};
use crate::error::Result;

#[derive(Debug)]
pub(super) struct Columns {
    x: Var,
    start: usize,
}

impl Tape<'_> {
    /// The columns `range` of `x`, 0-based: (n, c) becomes (n, range's length). What
    /// [`concat`](Self::concat) put side by side comes apart again.
    ///
    /// # Errors
    /// [`Error::Shapes`](crate::Error::Shapes) if `x` has no such columns or the range is empty;
    /// [`Error::Foreign`](crate::Error::Foreign) if `x` is of another tape.
    pub fn columns(&mut self, x: Var, range: Range<usize>) -> Result<Var> {
        let (rows, all) = self.dim(x)?;
        let fit = range.start < range.end && range.end <= all;
        shapes_fit(fit, "columns", (rows, all), (rows, range.end))?;
        let (start, cols) = (range.start, range.len());
        let mut y = self.work.take(rows * cols);
        let values = self.slice(x);
        for r in 0..rows {
            y[r * cols..][..cols].copy_from_slice(&values[r * all + start..][..cols]);
        }
        let op = Op::Columns(Columns { x, start });
        Ok(self.push(op, y, rows, cols, self.wants(x)))
    }
}

impl Columns {
    /// dx is dy in these columns and 0 in the others.
    pub fn backward(&self, walk: &mut Backward, dy: Vec<f32>, node: &Node) {
        let all = walk.node(self.x).cols;
        let mut dx = walk.work.take(node.rows * all);
        dx.fill(0.0);
        for r in 0..node.rows {
            let from = &dy[r * node.cols..][..node.cols];
            dx[r * all + self.start..][..node.cols].copy_from_slice(from);
        }
        walk.give(self.x, dx);
        walk.work.give(dy);
    }
}
