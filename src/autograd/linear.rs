//! y = x·Wᵀ + b.

use std::ops::Range;

use fearless_simd::{Simd, dispatch};

use super::gemm::{COARSE, gemm};
use super::math::SIMD;
use super::matrix::{Matrix, Start};
use super::op::{Backward, Op, Sum, Var};
use super::parameters::{Linear, ParameterId};
use super::tape::{Tape, shapes_fit};
use super::vectors::{WIDTH, load, store};
use crate::error::Result;
use crate::parallel::*;

struct Affine {
    x: Var,
    weight: Var,
    bias: Var,
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
        let mut ys = [const { (Vec::new(), (0, 0)) }; N];
        let mut operations = 0;
        for ((x, layer), (y, dim)) in maps.iter().zip(&mut ys) {
            let (n, inputs) = self.dim(*x)?;
            let (outputs, wanted) = self.layer_dim(*layer)?;
            shapes_fit(inputs == wanted, "linear", (n, inputs), (outputs, wanted))?;
            *dim = (n, outputs);
            *y = self.take("linear", *dim)?;
            operations += 2 * n * inputs * outputs;
        }
        let tape = &*self;
        let write = |((x, layer), (y, _)): (&(Var, Linear), &mut (Vec<f32>, _))| {
            tape.affine(*x, *layer, y);
        };
        if N > 1 && operations >= 2 * self.work.grain() {
            maps.par_iter().zip(&mut ys).for_each(write);
        } else {
            maps.iter().zip(&mut ys).for_each(write);
        }
        let mut ys = ys.into_iter();
        Ok(maps.map(|(x, layer)| {
            let (y, dim) = ys.next().expect("one for each map");
            if dim.0 == 1 && !self.recording && self.work.known(layer, self.slice(x)).is_none() {
                let values = self.slice(x).to_vec();
                self.work.remember(layer, values, y.clone());
            }
            let [weight, bias] = [layer.weight, layer.bias].map(|id| self.parameter(id));
            self.push(Affine { x, weight, bias }, &[x, weight, bias], y, dim)
        }))
    }

    /// Outputs and inputs of a layer that is one of these parameters.
    fn layer_dim(&self, layer: Linear) -> Result<(usize, usize)> {
        let [outputs, inputs] = self.affine_shape("linear", [layer.weight, layer.bias], 0)?;
        Ok((outputs, inputs))
    }

    /// Shape of a weight that is one of these parameters, as is the bias, which has a number for each output: what
    /// the weight's axis `outputs` counts.
    pub(super) fn affine_shape(
        &self,
        op: &'static str,
        [weight, bias]: [ParameterId; 2],
        outputs: usize,
    ) -> Result<[usize; 2]> {
        self.parameters.check(weight)?;
        self.parameters.check(bias)?;
        let [shape, bias_shape] = [weight, bias].map(|id| self.parameters.shape(id));
        // One matrix cannot be both: their gradients have a place each.
        let fit = bias_shape == [1, shape[outputs]] && weight != bias;
        shapes_fit(fit, op, shape.into(), bias_shape.into())?;
        Ok(shape)
    }

    /// x·Wᵀ + b, written to `y`.
    fn affine(&self, x: Var, layer: Linear, y: &mut [f32]) {
        let x = self.slice(x);
        if let Some(known) = self.work.known(layer, x) {
            return y.copy_from_slice(known);
        }
        let [outputs, inputs] = self.parameters.shape(layer.weight);
        let bias = self.parameters.slice(layer.bias);
        let weight = Matrix::new(self.parameters.slice(layer.weight), outputs, inputs);
        let x = Matrix::new(x, y.len() / outputs, inputs);
        gemm(x, weight.t(), Start::Row(bias), y, self.work.grain());
    }
}

/// Floating-point operations of products that are left to a task of their own, which has the time to wait for a
/// thread: smaller ones are not worth the hand-over, larger ones are better done at once, while their operands
/// are in the cache.
const LATER: Range<usize> = 1 << 18..COARSE;

impl Op for Affine {
    /// dW = dyᵀ·x, db = Σ_rows dy, dx = dy·W. Nothing on the walk waits for dW and db.
    fn backward(&self, walk: &mut Backward, y: Var, dy: Vec<f32>) {
        let Self { x, weight, bias } = *self;
        let ((n, outputs), (_, inputs)) = (walk.dim(y), walk.dim(x));
        let [x_values, w] = [x, weight].map(|var| walk.slice(var));
        let grain = walk.work.grain();
        let [mut dw, mut db] = [weight, bias].map(|var| walk.open(var));
        let for_parameters = move |dy: &[f32], dw: &mut (Sum, bool), db: &mut (Sum, bool)| {
            let x = Matrix::new(x_values, n, inputs);
            let dy_matrix = Matrix::new(dy, n, outputs);
            gemm(dy_matrix.t(), x, start(dw.1), dw.0.values(), grain);
            add_column_sums(db, dy, outputs);
        };
        let dx = walk.wants(x).then(|| walk.open(x));
        let for_input = |dy: &[f32]| {
            dx.map(|(mut dx, adds)| {
                let w = Matrix::new(w, outputs, inputs);
                let dy = Matrix::new(dy, n, outputs);
                gemm(dy, w, start(adds), dx.values(), grain);
                dx
            })
        };
        let operations = 2 * n * inputs * outputs;
        let dx = if walk.used_once([weight, bias]) && LATER.contains(&operations) {
            let dx = for_input(&dy);
            walk.spawn(dy, move |dy| for_parameters(dy, &mut dw, &mut db));
            dx
        } else {
            let mut for_parameters = || for_parameters(&dy, &mut dw, &mut db);
            let dx = if operations >= grain {
                join(for_parameters, || for_input(&dy)).1
            } else {
                for_parameters();
                for_input(&dy)
            };
            walk.put(weight, dw.0);
            walk.put(bias, db.0);
            walk.recycle(dy);
            dx
        };
        if let Some(dx) = dx {
            walk.put(x, dx);
        }
    }
}

/// What a gradient is added to.
pub(super) fn start(adds: bool) -> Start<'static> {
    if adds { Start::Add } else { Start::Zero }
}

/// Adds the sum of every column of `dy` to the gradient of a bias, row after row.
pub(super) fn add_column_sums((db, adds): &mut (Sum, bool), dy: &[f32], cols: usize) {
    let db = db.values();
    if !*adds {
        db.fill(0.0);
    }
    dispatch!(*SIMD, simd => column_sums(simd, db, dy, cols));
}

/// Two vectors of columns at a time, which stay in registers.
#[inline(always)]
fn column_sums<S: Simd>(simd: S, db: &mut [f32], dy: &[f32], cols: usize) {
    for left in (0..cols).step_by(WIDTH) {
        let block = left..cols.min(left + WIDTH);
        let [mut a, mut b] = load(simd, &db[block.clone()]);
        for row in dy.chunks_exact(cols) {
            let [more_a, more_b] = load(simd, &row[block.clone()]);
            (a, b) = (a + more_a, b + more_b);
        }
        store([a, b], &mut db[block]);
    }
}
