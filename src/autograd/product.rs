//! y = a·b, for two matrices neither of which need be a parameter.

use super::gemm::gemm;
use super::linear::start;
use super::matrix::{Matrix, Start};
use super::op::{Backward, Op, Var};
use super::tape::{Tape, shapes_fit};
use crate::error::Result;

struct Product {
    a: Var,
    b: Var,
}

impl Tape<'_> {
    /// The matrix product a·b: (n, k) and (k, m) become (n, m). With the rows of a weights that sum to 1, the result's
    /// rows are means of the rows of b.
    pub fn matmul(&mut self, a: Var, b: Var) -> Result<Var> {
        let (op, left, right) = ("matmul", self.dim(a)?, self.dim(b)?);
        shapes_fit(left.1 == right.0, op, left, right)?;
        let dim = (left.0, right.1);
        let mut y = self.take(op, dim)?;
        let [a_values, b_values] = [(a, left), (b, right)].map(|(x, dim)| self.matrix(x, dim));
        gemm(a_values, b_values, Start::Zero, &mut y, self.work.grain());
        Ok(self.push(Product { a, b }, &[a, b], y, dim))
    }

    fn matrix(&self, x: Var, (rows, cols): (usize, usize)) -> Matrix<'_> {
        Matrix::new(self.slice(x), rows, cols)
    }
}

impl Op for Product {
    /// da = dy·bᵀ, db = aᵀ·dy.
    fn backward(&self, walk: &mut Backward, y: Var, dy: Vec<f32>) {
        let grain = walk.work.grain();
        let matrix = |values, (rows, cols)| Matrix::new(values, rows, cols);
        let [a, b] = [self.a, self.b].map(|x| matrix(walk.slice(x), walk.dim(x)));
        let of_y = walk.dim(y);
        if walk.wants(self.a) {
            let (mut da, adds) = walk.open(self.a);
            gemm(matrix(&dy, of_y), b.t(), start(adds), da.values(), grain);
            walk.put(self.a, da);
        }
        if walk.wants(self.b) {
            let (mut db, adds) = walk.open(self.b);
            gemm(a.t(), matrix(&dy, of_y), start(adds), db.values(), grain);
            walk.put(self.b, db);
        }
        walk.recycle(dy);
    }
}
