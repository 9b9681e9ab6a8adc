//! y = x·Wᵀ + b.

use std::ops::Range;

use crate::parallel::*;

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
    /// [`Error::Shapes`](crate::Error::Shapes) with the shapes of x and W if their inputs differ, of W and b if
    /// their outputs do; [`Error::Foreign`](crate::Error::Foreign) for a layer that the tape's
    /// parameters do not have.
    pub fn linear(&mut self, x: Var, layer: Linear) -> Result<Var> {
        self.linears([(x, layer)]).map(|[y]| y)
    }

    /// Several [affine maps](Self::linear), none of which waits for another: threads that would have nothing
    /// to do share them.
    ///
    /// # Errors
    /// As [`linear`](Self::linear).
    pub fn linears<const N: usize>(&mut self, maps: [(Var, Linear); N]) -> Result<[Var; N]> {
        let mut ys = [const { Vec::new() }; N];
        let mut operations = 0;
        for ((x, layer), y) in maps.iter().zip(&mut ys) {
            let (n, inputs) = self.dim(*x)?;
            let (outputs, wanted) = self.layer_dim(*layer)?;
            shapes_fit(inputs == wanted, "linear", (n, inputs), (outputs, wanted))?;
            *y = self.room("linear", n, outputs)?;
            operations += 2 * n * inputs * outputs;
        }
        let tape = &*self;
        let write = |((x, layer), y): (&(Var, Linear), &mut Vec<f32>)| tape.affine(*x, *layer, y);
        if N > 1 && operations >= 2 * self.work.grain {
            maps.par_iter().zip(&mut ys).for_each(write);
        } else {
            maps.iter().zip(&mut ys).for_each(write);
        }
        let mut ys = ys.into_iter();
        Ok(maps.map(|(x, layer)| {
            let y = ys.next().expect("one for each map");
            self.push_linear(x, layer, y)
        }))
    }

    /// Outputs and inputs of a layer that is one of these parameters.
    fn layer_dim(&self, layer: Linear) -> Result<(usize, usize)> {
        self.parameters.check(layer.weight)?;
        self.parameters.check(layer.bias)?;
        let weight @ [outputs, inputs] = self.parameters.shape(layer.weight);
        let bias = self.parameters.shape(layer.bias);
        // One matrix cannot be both: their gradients have a place each.
        let fit = bias == [1, outputs] && layer.weight != layer.bias;
        shapes_fit(fit, "linear", weight.into(), bias.into())?;
        Ok((outputs, inputs))
    }

    /// x·Wᵀ + b, written to `y`.
    fn affine(&self, x: Var, layer: Linear, y: &mut [f32]) {
        if let Some(known) = self.known(x, layer) {
            return y.copy_from_slice(&known.y);
        }
        let [outputs, inputs] = self.parameters.shape(layer.weight);
        let bias = self.parameters.slice(layer.bias);
        let weight = Matrix::new(self.parameters.slice(layer.weight), outputs, inputs);
        let x = Matrix::new(self.slice(x), y.len() / outputs, inputs);
        gemm(x, weight.t(), Start::Row(bias), y, self.work.grain);
    }

    /// The answer to a single row, if it was computed before for the same parameters: on a tape that only
    /// predicts, whose memory never sees others.
    fn known(&self, x: Var, layer: Linear) -> Option<&Known> {
        let values = self.slice(x);
        let mut all = self.work.known.iter();
        all.find(|known| known.layer == layer && known.x == values)
    }

    fn push_linear(&mut self, x: Var, layer: Linear, y: Vec<f32>) -> Var {
        let [outputs, _] = self.parameters.shape(layer.weight);
        let n = y.len() / outputs;
        if n == 1 && !self.recording && self.known(x, layer).is_none() {
            let (x, y) = (self.slice(x).to_vec(), y.clone());
            self.work.known.push(Known { layer, x, y });
        }
        self.push(Op::Linear(LinearOp { x, layer }), y, n, outputs, true)
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
        let once = [layer.weight, layer.bias].map(|id| walk.uses[id.index] == 1);
        let [mut weight, mut bias] = [layer.weight, layer.bias]
            .map(|id| walk.slots[id.index].take().expect("no task has it"));
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
            walk.slots[layer.weight.index] = Some(weight);
            walk.slots[layer.bias.index] = Some(bias);
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
