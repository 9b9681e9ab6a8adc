//! The same numbers in rows of another length.

use super::op::{Backward, Op, Value, Var};
use super::tape::{Tape, shapes_fit};
use crate::check;
use crate::error::Result;

struct Reshape {
    x: Var,
}

impl Tape<'_> {
    /// The numbers of `x`, in order, as a matrix of `rows` × `cols`: pictures (n, H·W·C) and their pixels
    /// (n·H·W, C) are the same numbers. None is copied.
    pub fn reshape(&mut self, x: Var, rows: usize, cols: usize) -> Result<Var> {
        let dim = self.dim(x)?;
        let fit = rows.checked_mul(cols) == Some(dim.0 * dim.1);
        shapes_fit(fit, "reshape", dim, (rows, cols))?;
        if rows.min(cols) == 0 {
            // Nothing, but of a shape that an array can have.
            check::elements::<f32>("reshape", &[rows, cols])?;
        }
        Ok(self.push_value(Reshape { x }, &[x], Value::Same(x), (rows, cols)))
    }
}

impl Op for Reshape {
    /// dx is dy, in the rows of x.
    fn backward(&self, walk: &mut Backward, _: Var, dy: Vec<f32>) {
        walk.give(self.x, dy);
    }
}
