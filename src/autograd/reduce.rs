//! One number from many: sum, mean, mean squared error. Added in f64, in a fixed order.

use super::math::sum_of;
use super::op::{Backward, Op, Var};
use super::tape::{Tape, shapes_fit};
use crate::check;
use crate::error::Result;

/// y = factor·Σ x.
struct Sum {
    x: Var,
    factor: f32,
}

/// y = mean of (a − b)².
struct Mse {
    a: Var,
    b: Var,
}

impl Tape<'_> {
    /// Sum of all elements, 1×1.
    pub fn sum(&mut self, x: Var) -> Result<Var> {
        self.dim(x)?;
        self.scaled_sum(x, 1.0)
    }

    /// Mean of all elements, 1×1.
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty) too if there are none.
    pub fn mean(&mut self, x: Var) -> Result<Var> {
        let (rows, cols) = self.dim(x)?;
        check::not_empty("mean", rows * cols)?;
        self.scaled_sum(x, 1.0 / (rows * cols) as f64)
    }

    fn scaled_sum(&mut self, x: Var, factor: f64) -> Result<Var> {
        let values = self.slice(x);
        let sum = factor * sum_of(values.len(), |i| f64::from(values[i]));
        let factor = factor as f32;
        self.push_number(Sum { x, factor }, &[x], sum)
    }

    /// Mean of (a − b)² over all elements, 1×1: the chapter's loss, with a = ε_θ and b = ε.
    ///
    /// A mean over columns too: the chapter's ‖·‖² summed over the d columns is d times this.
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty) too if there are no elements.
    pub fn mse(&mut self, a: Var, b: Var) -> Result<Var> {
        let dim = self.dim(a)?;
        shapes_fit(self.dim(b)? == dim, "mse", dim, self.dim(b)?)?;
        let len = dim.0 * dim.1;
        check::not_empty("mse", len)?;
        let (x, z) = (self.slice(a), self.slice(b));
        let square = |i| f64::from(x[i] - z[i]).powi(2);
        let mean = sum_of(len, square) / len as f64;
        self.push_number(Mse { a, b }, &[a, b], mean)
    }

    pub(super) fn push_number(
        &mut self,
        op: impl Op + 'static,
        operands: &[Var],
        y: f64,
    ) -> Result<Var> {
        let mut buffer = self.take("a number", (1, 1))?;
        buffer[0] = y as f32;
        Ok(self.push(op, operands, buffer, (1, 1)))
    }
}

impl Op for Sum {
    /// dx = factor·dy, the same for every element.
    fn backward(&self, walk: &mut Backward, _: Var, dy: Vec<f32>) {
        let mut dx = walk.take(walk.slice(self.x).len());
        dx.fill(self.factor * dy[0]);
        walk.give(self.x, dx);
        walk.recycle(dy);
    }
}

impl Op for Mse {
    /// da = 2(a − b)/n·dy, db = −da.
    fn backward(&self, walk: &mut Backward, _: Var, dy: Vec<f32>) {
        let (a, b) = (walk.slice(self.a), walk.slice(self.b));
        let factor = 2.0 * dy[0] / a.len() as f32;
        for (var, factor) in [(self.a, factor), (self.b, -factor)] {
            if walk.wants(var) {
                let mut d = walk.take(a.len());
                let pairs = d.iter_mut().zip(a.iter().zip(b));
                pairs.for_each(|(d, (a, b))| *d = factor * (a - b));
                walk.give(var, d);
            }
        }
        walk.recycle(dy);
    }
}
