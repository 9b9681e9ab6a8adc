//! An operation from outside of the crate: one file, with its derivative.

use diffusion_intuition::Result;
use diffusion_intuition::autograd::{Backward, Op, Tape, Var};

use crate::derivatives::check;

struct Tanh {
    x: Var,
}

/// tanh x, elementwise.
pub fn tanh(tape: &mut Tape, x: Var) -> Result<Var> {
    let dim = tape.dim(x)?;
    let mut y = tape.take("tanh", dim)?;
    let pairs = y.iter_mut().zip(tape.slice(x));
    pairs.for_each(|(y, x)| *y = x.tanh());
    Ok(tape.push(Tanh { x }, &[x], y, dim))
}

impl Op for Tanh {
    /// dx = dy·(1 − y²).
    fn backward(&self, walk: &mut Backward, y: Var, mut dy: Vec<f32>) {
        let pairs = dy.iter_mut().zip(walk.slice(y));
        pairs.for_each(|(dy, y)| *dy *= 1.0 - y * y);
        walk.give(self.x, dy);
    }
}

/// The outer product of a column and a row, whose gradients are shaped otherwise than the result's.
struct Outer {
    column: Var,
    row: Var,
}

fn outer(tape: &mut Tape, column: Var, row: Var) -> Result<Var> {
    let dim @ (_, cols) = (tape.dim(column)?.0, tape.dim(row)?.1);
    let mut y = tape.take("outer", dim)?;
    for (y, a) in y.chunks_exact_mut(cols).zip(tape.slice(column)) {
        y.iter_mut()
            .zip(tape.slice(row))
            .for_each(|(y, b)| *y = a * b);
    }
    Ok(tape.push(Outer { column, row }, &[column, row], y, dim))
}

impl Op for Outer {
    /// dcolumn_i = Σ_j dy_ij·row_j, drow_j = Σ_i dy_ij·column_i.
    fn backward(&self, walk: &mut Backward, y: Var, dy: Vec<f32>) {
        let (rows, cols) = walk.dim(y);
        let (column, row) = (walk.slice(self.column), walk.slice(self.row));
        let (mut dcolumn, mut drow) = (walk.take(rows), walk.take(cols));
        drow.fill(0.0);
        for (i, dy) in dy.chunks_exact(cols).enumerate() {
            dcolumn[i] = dy.iter().zip(row).map(|(dy, b)| dy * b).sum();
            drow.iter_mut()
                .zip(dy)
                .for_each(|(d, dy)| *d += dy * column[i]);
        }
        walk.give(self.column, dcolumn);
        walk.give(self.row, drow);
        walk.recycle(dy);
    }
}

#[test]
fn operations_from_outside_are_differentiated() {
    check(&[[4, 3]], |tape, p| tanh(tape, p[0]));
    check(&[[4, 1], [1, 3]], |tape, p| outer(tape, p[0], p[1]));
    // Between the crate's own, on one operand twice.
    check(&[[4, 3]], |tape, p| {
        let y = tape.silu(p[0])?;
        let y = tanh(tape, y)?;
        tape.mul(y, p[0])
    });
}
