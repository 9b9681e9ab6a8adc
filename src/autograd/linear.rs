//! y = x·Wᵀ + b.

use rayon::join;

use super::backward::Backward;
use super::gemm::{Matrix, Start, gemm};
use super::tape::{Node, Op, Tape, Var, shapes_fit};
use crate::error::Result;
use crate::network::{Linear, ParameterId};

#[derive(Debug)]
pub(super) struct LinearOp {
    x: Var,
    layer: Linear,
}

impl Tape<'_> {
    /// Affine map of every row, y = x·Wᵀ + b: x is (n, inputs), W (outputs, inputs), b (1, outputs), the
    /// result (n, outputs). The layout of W is PyTorch's.
    ///
    /// # Errors
    /// [`Error::Shapes`](crate::Error::Shapes) with the shapes of x and W if their inputs differ.
    pub fn linear(&mut self, x: Var, layer: Linear) -> Result<Var> {
        let (n, inputs) = self.dim(x)?;
        let [outputs, wanted] = self.parameters.shape(layer.weight);
        shapes_fit(inputs == wanted, "linear", (n, inputs), (outputs, wanted))?;
        let mut y = self.work.take(n * outputs);
        let bias = self.parameters.slice(layer.bias);
        let weight = Matrix::new(self.parameters.slice(layer.weight), outputs, inputs);
        let x_values = Matrix::new(self.slice(x), n, inputs);
        let start = Start::Row(bias);
        gemm(x_values, weight.t(), start, &mut y, self.work.grain);
        let op = Op::Linear(LinearOp { x, layer });
        Ok(self.push(op, y, n, outputs, true))
    }
}

impl LinearOp {
    /// dW = dyᵀ·x, db = Σ_rows dy, dx = dy·W.
    pub fn backward(&self, walk: &mut Backward, dy: Vec<f32>, node: &Node) {
        let (n, outputs) = (node.rows, node.cols);
        let Self { x, layer } = *self;
        let inputs = walk.node(x).cols;
        let x_values = walk.value(x);
        let weight = walk.parameters.slice(layer.weight);
        let dx = walk.wants(x).then(|| walk.take(x));
        let gradients = &mut *walk.gradients;
        let grain = walk.work.grain;
        let start = |beta| if beta == 0.0 { Start::Zero } else { Start::Add };
        let dy_matrix = Matrix::new(&dy, n, outputs);
        let mut for_parameters = || {
            let (dw, beta) = gradients.slot(layer.weight);
            let x = Matrix::new(x_values, n, inputs);
            gemm(dy_matrix.t(), x, start(beta), dw, grain);
            add_column_sums(gradients, layer.bias, &dy, outputs);
        };
        let for_input = || {
            dx.map(|(mut dx, beta)| {
                let weight = Matrix::new(weight, outputs, inputs);
                gemm(dy_matrix, weight, start(beta), &mut dx, grain);
                dx
            })
        };
        let dx = if 2 * n * inputs * outputs >= grain {
            join(for_parameters, for_input).1
        } else {
            for_parameters();
            for_input()
        };
        if let Some(dx) = dx {
            walk.put(x, dx);
        }
        walk.work.give(dy);
    }
}

/// Adds the sum of every column of `dy` to the gradient of a bias, row after row.
fn add_column_sums(gradients: &mut super::Gradients, bias: ParameterId, dy: &[f32], cols: usize) {
    let (db, beta) = gradients.slot(bias);
    if beta == 0.0 {
        db.fill(0.0);
    }
    for row in dy.chunks_exact(cols) {
        db.iter_mut().zip(row).for_each(|(db, dy)| *db += dy);
    }
}
