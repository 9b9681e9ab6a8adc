//! Sums and products of two matrices of one shape.

use super::backward::Backward;
use super::tape::{Op, Tape, Var, check_constant, same_dim};
use crate::error::Result;

/// y = Σ factor·x over its one or two terms.
#[derive(Debug)]
pub(super) struct Combine {
    first: (Var, f32),
    second: Option<(Var, f32)>,
}

/// y = a·b, elementwise.
#[derive(Debug)]
pub(super) struct Product {
    a: Var,
    b: Var,
}

impl Tape<'_> {
    /// a + b, elementwise, for two matrices of one shape.
    ///
    /// # Errors
    /// [`Error::Shapes`](crate::Error::Shapes) if the shapes differ.
    pub fn add(&mut self, a: Var, b: Var) -> Result<Var> {
        self.combine("add", (a, 1.0), (b, 1.0))
    }

    /// a − b, elementwise, for two matrices of one shape.
    ///
    /// # Errors
    /// [`Error::Shapes`](crate::Error::Shapes) if the shapes differ.
    pub fn sub(&mut self, a: Var, b: Var) -> Result<Var> {
        self.combine("sub", (a, 1.0), (b, -1.0))
    }

    /// factor·x, for a constant factor.
    ///
    /// # Errors
    /// [`Error::Foreign`](crate::Error::Foreign) if `x` is of another tape;
    /// [`Error::Parameter`](crate::Error::Parameter) if `factor` is NaN or infinite.
    pub fn scale(&mut self, x: Var, factor: f32) -> Result<Var> {
        check_constant("factor", factor)?;
        let (rows, cols) = self.dim(x)?;
        let mut y = self.work.take(rows * cols);
        let pairs = y.iter_mut().zip(self.slice(x));
        pairs.for_each(|(y, x)| *y = factor * x);
        let first = (x, factor);
        let second = None;
        let op = Op::Combine(Combine { first, second });
        Ok(self.push(op, y, rows, cols, self.wants(x)))
    }

    /// a·b, elementwise, for two matrices of one shape.
    ///
    /// # Errors
    /// [`Error::Shapes`](crate::Error::Shapes) if the shapes differ.
    pub fn mul(&mut self, a: Var, b: Var) -> Result<Var> {
        let (rows, cols) = self.dim(a)?;
        same_dim("mul", (rows, cols), self.dim(b)?)?;
        let mut y = self.work.take(rows * cols);
        let operands = self.slice(a).iter().zip(self.slice(b));
        y.iter_mut()
            .zip(operands)
            .for_each(|(y, (a, b))| *y = a * b);
        let wanted = self.wants(a) || self.wants(b);
        Ok(self.push(Op::Product(Product { a, b }), y, rows, cols, wanted))
    }

    fn combine(&mut self, op: &'static str, a: (Var, f32), b: (Var, f32)) -> Result<Var> {
        let (rows, cols) = self.dim(a.0)?;
        same_dim(op, (rows, cols), self.dim(b.0)?)?;
        let mut y = self.work.take(rows * cols);
        let operands = self.slice(a.0).iter().zip(self.slice(b.0));
        for (y, (x, z)) in y.iter_mut().zip(operands) {
            *y = a.1 * x + b.1 * z;
        }
        let wanted = self.wants(a.0) || self.wants(b.0);
        let first = a;
        let second = Some(b);
        let op = Op::Combine(Combine { first, second });
        Ok(self.push(op, y, rows, cols, wanted))
    }
}

impl Combine {
    /// d(term) = factor·dy.
    pub fn backward(&self, walk: &mut Backward, mut dy: Vec<f32>) {
        if let Some((var, factor)) = self.second
            && walk.wants(var)
        {
            let mut d = walk.work.take(dy.len());
            let pairs = d.iter_mut().zip(&dy);
            pairs.for_each(|(d, dy)| *d = factor * dy);
            walk.give(var, d);
        }
        let (var, factor) = self.first;
        if factor != 1.0 {
            dy.iter_mut().for_each(|d| *d *= factor);
        }
        walk.give(var, dy);
    }
}

impl Product {
    /// da = dy·b, db = dy·a.
    pub fn backward(&self, walk: &mut Backward, mut dy: Vec<f32>) {
        if walk.wants(self.b) {
            let mut db = walk.work.take(dy.len());
            let operands = dy.iter().zip(walk.value(self.a));
            let results = db.iter_mut().zip(operands);
            results.for_each(|(db, (dy, a))| *db = dy * a);
            walk.give(self.b, db);
        }
        let b = walk.value(self.b);
        dy.iter_mut().zip(b).for_each(|(dy, b)| *dy *= b);
        walk.give(self.a, dy);
    }
}
