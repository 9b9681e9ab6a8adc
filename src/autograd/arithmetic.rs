//! Sums and products of two matrices of one shape.

use super::op::{Backward, Op, Var};
use super::tape::{Tape, same_dim};
use crate::check;
use crate::error::Result;

/// y = a + factor·b.
#[derive(Debug)]
struct Sum {
    a: Var,
    b: Var,
    factor: f32,
}

/// y = factor·x.
#[derive(Debug)]
struct Scale {
    x: Var,
    factor: f32,
}

/// y = a·b.
#[derive(Debug)]
struct Product {
    a: Var,
    b: Var,
}

impl Tape<'_> {
    /// a + b, elementwise, for two matrices of one shape.
    pub fn add(&mut self, a: Var, b: Var) -> Result<Var> {
        let (y, dim) = self.elementwise("add", a, b, |a, b| a + b)?;
        Ok(self.push(Sum { a, b, factor: 1.0 }, &[a, b], y, dim))
    }

    /// a − b, elementwise, for two matrices of one shape.
    pub fn sub(&mut self, a: Var, b: Var) -> Result<Var> {
        let (y, dim) = self.elementwise("sub", a, b, |a, b| a - b)?;
        let factor = -1.0;
        Ok(self.push(Sum { a, b, factor }, &[a, b], y, dim))
    }

    /// a·b, elementwise, for two matrices of one shape.
    pub fn mul(&mut self, a: Var, b: Var) -> Result<Var> {
        let (y, dim) = self.elementwise("mul", a, b, |a, b| a * b)?;
        Ok(self.push(Product { a, b }, &[a, b], y, dim))
    }

    /// factor·x, for a constant factor.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) too if `factor` is NaN or infinite.
    pub fn scale(&mut self, x: Var, factor: f32) -> Result<Var> {
        check::parameter("factor", factor, factor.is_finite(), "finite")?;
        let (y, dim) = self.elementwise("scale", x, x, |x, _| factor * x)?;
        Ok(self.push(Scale { x, factor }, &[x], y, dim))
    }

    fn elementwise(
        &mut self,
        op: &'static str,
        a: Var,
        b: Var,
        f: impl Fn(f32, f32) -> f32,
    ) -> Result<(Vec<f32>, (usize, usize))> {
        let dim = self.dim(a)?;
        same_dim(op, dim, self.dim(b)?)?;
        let mut y = self.take(op, dim)?;
        let operands = self.slice(a).iter().zip(self.slice(b));
        let pairs = y.iter_mut().zip(operands);
        pairs.for_each(|(y, (a, b))| *y = f(*a, *b));
        Ok((y, dim))
    }
}

impl Op for Sum {
    /// da = dy, db = factor·dy.
    fn backward(&self, walk: &mut Backward, _: Var, dy: Vec<f32>) {
        if walk.wants(self.b) {
            let mut db = walk.take(dy.len());
            let pairs = db.iter_mut().zip(&dy);
            pairs.for_each(|(db, dy)| *db = self.factor * dy);
            walk.give(self.b, db);
        }
        walk.give(self.a, dy);
    }
}

impl Op for Scale {
    /// dx = factor·dy.
    fn backward(&self, walk: &mut Backward, _: Var, mut dy: Vec<f32>) {
        dy.iter_mut().for_each(|d| *d *= self.factor);
        walk.give(self.x, dy);
    }
}

impl Op for Product {
    /// da = dy·b, db = dy·a.
    fn backward(&self, walk: &mut Backward, _: Var, mut dy: Vec<f32>) {
        let (a, b) = (walk.slice(self.a), walk.slice(self.b));
        if walk.wants(self.b) {
            let mut db = walk.take(dy.len());
            let pairs = db.iter_mut().zip(dy.iter().zip(a));
            pairs.for_each(|(db, (dy, a))| *db = dy * a);
            walk.give(self.b, db);
        }
        dy.iter_mut().zip(b).for_each(|(dy, b)| *dy *= b);
        walk.give(self.a, dy);
    }
}
