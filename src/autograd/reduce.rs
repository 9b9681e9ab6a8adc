//! One number from many: sum, mean, mean squared error. Added in f64, in a fixed order.

use super::backward::Backward;
use super::math::sum_of;
use super::tape::{Op, Tape, Var, same_dim};
use crate::error::{Error, Result};

/// y = factor·Σ x.
#[derive(Debug)]
pub(super) struct Reduce {
    x: Var,
    factor: f32,
}

/// y = mean of (a − b)².
#[derive(Debug)]
pub(super) struct Mse {
    a: Var,
    b: Var,
}

impl Tape<'_> {
    /// Sum of all elements, 1×1.
    ///
    /// # Errors
    /// [`Error::Foreign`] if `x` is of another tape.
    pub fn sum(&mut self, x: Var) -> Result<Var> {
        self.dim(x)?;
        Ok(self.reduce(x, 1.0))
    }

    /// Mean of all elements, 1×1.
    ///
    /// # Errors
    /// [`Error::Empty`] if there are none; [`Error::Foreign`] if `x` is of another tape.
    pub fn mean(&mut self, x: Var) -> Result<Var> {
        let (rows, cols) = self.dim(x)?;
        if rows * cols == 0 {
            let what = "mean";
            return Err(Error::Empty { what });
        }
        Ok(self.reduce(x, 1.0 / (rows * cols) as f64))
    }

    fn reduce(&mut self, x: Var, factor: f64) -> Var {
        let values = self.slice(x);
        let sum = sum_of(values.len(), |i| f64::from(values[i]));
        let mut y = self.work.take(1);
        y[0] = (factor * sum) as f32;
        let factor = factor as f32;
        let op = Op::Reduce(Reduce { x, factor });
        self.push(op, y, 1, 1, self.wants(x))
    }

    /// Mean of (a − b)² over all elements, 1×1: the chapter's loss, with a = ε_θ and b = ε.
    ///
    /// A mean over columns too: the chapter's ‖·‖² summed over the d columns is d times this.
    ///
    /// # Errors
    /// [`Error::Shapes`] if the shapes differ; [`Error::Empty`] if they have no elements.
    pub fn mse(&mut self, a: Var, b: Var) -> Result<Var> {
        let dim = self.dim(a)?;
        same_dim("mse", dim, self.dim(b)?)?;
        let len = dim.0 * dim.1;
        if len == 0 {
            let what = "mse";
            return Err(Error::Empty { what });
        }
        let (x, z) = (self.slice(a), self.slice(b));
        let square = |i| {
            let difference = f64::from(x[i] - z[i]);
            difference * difference
        };
        let mean = sum_of(len, square) / len as f64;
        let mut y = self.work.take(1);
        y[0] = mean as f32;
        let wanted = self.wants(a) || self.wants(b);
        Ok(self.push(Op::Mse(Mse { a, b }), y, 1, 1, wanted))
    }
}

impl Reduce {
    /// dx = factor·dy, the same for every element.
    pub fn backward(&self, walk: &mut Backward, dy: Vec<f32>) {
        let len = walk.value(self.x).len();
        let mut dx = walk.work.take(len);
        dx.fill(self.factor * dy[0]);
        walk.give(self.x, dx);
        walk.work.give(dy);
    }
}

impl Mse {
    /// da = 2(a − b)/n·dy, db = −da.
    pub fn backward(&self, walk: &mut Backward, dy: Vec<f32>) {
        let (a, b) = (walk.value(self.a), walk.value(self.b));
        let factor = 2.0 * dy[0] / a.len() as f32;
        for (var, factor) in [(self.a, factor), (self.b, -factor)] {
            if !walk.wants(var) {
                continue;
            }
            let mut d = walk.work.take(a.len());
            let pairs = d.iter_mut().zip(a.iter().zip(b));
            pairs.for_each(|(d, (a, b))| *d = factor * (a - b));
            walk.give(var, d);
        }
        walk.work.give(dy);
    }
}
