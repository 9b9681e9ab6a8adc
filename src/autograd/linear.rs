//! y = x·Wᵀ + b.

use std::ops::Range;

use rayon::join;

use super::backward::{Backward, Slot, give_spent};
use super::gemm::{COARSE, Matrix, Start, gemm};
use super::tape::{Node, Op, Tape, Var, shapes_fit};
use crate::error::Result;
use crate::network::Linear;

#[derive(Debug)]
pub(super) struct LinearOp {
    x: Var,
    pub layer: Linear,
}

/// What a layer makes of a single row. Predictions ask for it again for every piece of a batch: all of its
/// rows stand at one timestep, and the answer takes as long to compute as that of some 20 rows.
#[derive(Debug)]
pub(super) struct Known {
    layer: Linear,
    x: Vec<f32>,
    y: Vec<f32>,
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
        if let Some(y) = self.known(x, layer) {
            return Ok(self.push(Op::Linear(LinearOp { x, layer }), y, n, outputs, true));
        }
        let mut y = self.work.take(n * outputs);
        let bias = self.parameters.slice(layer.bias);
        let weight = Matrix::new(self.parameters.slice(layer.weight), outputs, inputs);
        let x_values = Matrix::new(self.slice(x), n, inputs);
        let start = Start::Row(bias);
        gemm(x_values, weight.t(), start, &mut y, self.work.grain);
        if n == 1 && !self.recording {
            let x = self.slice(x).to_vec();
            let y = y.clone();
            self.work.known.push(Known { layer, x, y });
        }
        let op = Op::Linear(LinearOp { x, layer });
        Ok(self.push(op, y, n, outputs, true))
    }

    /// The answer to a single row, if it was computed before for the same parameters: on a tape that only
    /// predicts, whose memory never sees others.
    fn known(&mut self, x: Var, layer: Linear) -> Option<Vec<f32>> {
        let values = self.slice(x);
        let mut all = self.work.known.iter();
        let place = all.position(|known| known.layer == layer && known.x == values)?;
        let mut y = self.work.take(self.work.known[place].y.len());
        y.copy_from_slice(&self.work.known[place].y);
        Some(y)
    }
}

/// Floating-point operations of products that are left to a task of their own, which has the time to wait for a
/// thread: smaller ones are not worth the hand-over, larger ones are better done at once, while their operands
/// are in the cache.
const LATER: Range<usize> = 1 << 18..COARSE;

impl LinearOp {
    /// dW = dyᵀ·x, db = Σ_rows dy, dx = dy·W.
    ///
    /// Nothing on the walk waits for dW and db.
    pub fn backward(&self, walk: &mut Backward, dy: Vec<f32>, node: &Node) {
        let (n, outputs) = (node.rows, node.cols);
        let Self { x, layer } = *self;
        let inputs = walk.node(x).cols;
        let x_values = walk.value(x);
        let weight = walk.parameters.slice(layer.weight);
        let dx = walk.wants(x).then(|| walk.take(x));
        let grain = walk.work.grain;
        let for_parameters = move |dy: &[f32], weight: &mut Slot, bias: &mut Slot| {
            let (dw, beta) = weight.open();
            let x = Matrix::new(x_values, n, inputs);
            let dy_matrix = Matrix::new(dy, n, outputs);
            gemm(dy_matrix.t(), x, start(beta), dw, grain);
            add_column_sums(bias, dy, outputs);
        };
        let for_input = |dy: &[f32]| {
            dx.map(|(mut dx, beta)| {
                let dy = Matrix::new(dy, n, outputs);
                let weight = Matrix::new(weight, outputs, inputs);
                gemm(dy, weight, start(beta), &mut dx, grain);
                dx
            })
        };
        let once = [layer.weight, layer.bias].map(|id| walk.uses[id.0] == 1);
        let [mut weight, mut bias] =
            [layer.weight, layer.bias].map(|id| walk.slots[id.0].take().expect("no task has it"));
        let operations = 2 * n * inputs * outputs;
        let dx = if once == [true, true] && LATER.contains(&operations) {
            let dx = for_input(&dy);
            let spent = walk.spent;
            walk.scope.spawn(move |_| {
                for_parameters(&dy, &mut weight, &mut bias);
                give_spent(spent, dy);
            });
            dx
        } else {
            let mut for_parameters = || for_parameters(&dy, &mut weight, &mut bias);
            let for_input = || for_input(&dy);
            let dx = if operations >= grain {
                join(for_parameters, for_input).1
            } else {
                for_parameters();
                for_input()
            };
            walk.slots[layer.weight.0] = Some(weight);
            walk.slots[layer.bias.0] = Some(bias);
            walk.work.give(dy);
            dx
        };
        if let Some(dx) = dx {
            walk.put(x, dx);
        }
    }
}

/// What a gradient is added to.
fn start(beta: f32) -> Start<'static> {
    if beta == 0.0 { Start::Zero } else { Start::Add }
}

/// Adds the sum of every column of `dy` to the gradient of a bias, row after row.
fn add_column_sums(bias: &mut Slot, dy: &[f32], cols: usize) {
    let (db, beta) = bias.open();
    if beta == 0.0 {
        db.fill(0.0);
    }
    for row in dy.chunks_exact(cols) {
        db.iter_mut().zip(row).for_each(|(db, dy)| *db += dy);
    }
}
