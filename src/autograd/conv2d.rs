//! Convolutions of pictures with 3×3 weights: y[p] = b + Σ x[p + tap]·W[tap], 0 outside a picture.

use super::canvas::Canvas;
use super::gemm::pieces;
use super::linear::{add_column_sums, start};
use super::matrix::{Matrix, Start};
use super::numbers::Form;
use super::op::{Backward, Op, Var};
use super::parameters::{ParameterId, Parameters};
use super::tape::{Tape, shapes_fit};
use super::vectors::turn;
use super::winograd::{POINTS, of_point, weights_at_points};
use crate::check;
use crate::error::Result;
use crate::parallel::*;
use crate::rng::Rng;

/// What a convolution does to the height and width of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resize {
    /// They stay.
    Keep,
    /// Stride 2: one result for every other pixel of every other row, ⌈height/2⌉ × ⌈width/2⌉ in all.
    Halve,
    /// Every pixel is first repeated to a square of 2 by 2 (nearest upsampling).
    Double,
}

/// Weight and bias of a 3×3 convolution with padding 1, for [`Tape::conv2d`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv2d {
    /// W, shape (9·inputs, outputs), its rows ordered by tap (row by row), then by input channel: PyTorch's is
    /// `w.view(3, 3, inputs, outputs).permute(3, 2, 0, 1)`.
    pub weight: ParameterId,
    /// b, shape (1, outputs); in checkpoints (outputs), as in PyTorch.
    pub bias: ParameterId,
    /// [`Resize::Keep`] unless it is changed.
    pub resize: Resize,
}

impl Conv2d {
    /// The same weights, halving or doubling.
    #[must_use]
    pub fn resizing(self, resize: Resize) -> Self {
        Self { resize, ..self }
    }

    /// Height and width of what it makes of pictures of this height and width.
    pub fn size(self, [height, width]: [usize; 2]) -> [usize; 2] {
        [height, width].map(|side| match self.resize {
            Resize::Keep => side,
            Resize::Halve => side.div_ceil(2),
            Resize::Double => side.saturating_mul(2),
        })
    }
}

impl Parameters {
    /// Adds `name.weight` (9·inputs, outputs) and `name.bias` (1, outputs) of a 3×3 convolution, both uniform in
    /// ±1/√(9·inputs): the default of PyTorch's `nn.Conv2d`. For one that starts at zero, fill both with it:
    /// `parameters.get_mut(conv.weight).fill(0.0)`.
    ///
    /// # Errors
    /// As [`linear`](Self::linear).
    pub fn conv2d(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
        rng: &mut Rng,
    ) -> Result<Conv2d> {
        let taps = inputs.saturating_mul(9);
        let [weight, bias] =
            self.weight_and_bias(name, [[taps, outputs], [1, outputs]], taps, rng)?;
        let resize = Resize::Keep;
        Ok(Conv2d {
            weight,
            bias,
            resize,
        })
    }
}

struct Convolution {
    x: Var,
    weight: Var,
    bias: Var,
    layer: Conv2d,
    from: [usize; 2],
    to: [usize; 2],
}

impl Tape<'_> {
    /// 3×3 convolution with padding 1 of pictures of `height` by `width` pixels: x is (n·height·width, inputs), one
    /// row a pixel, picture after picture; the result is (n·height′·width′, outputs) with the
    /// [size](Conv2d::size) that the layer makes of it. A 1×1 convolution is [`linear`](Self::linear).
    ///
    /// y\[p, o\] = b\[o\] + Σ over taps and channels of x[s·p + tap, c]·W[(tap, c), o], with tap in −1..=1 each way,
    /// 0 outside the picture, and stride s of 2 if the layer halves; x's pixels are doubled first if it doubles.
    /// Unless the layer halves, where the sides of the result are multiples of 4 and the channels, in and out, of 16,
    /// 4×4 pixels are computed together, with a quarter of the multiplications (Lavin & Gray 2016): the same sum, rounded
    /// about a digit more. A pixel that is not finite then spoils all squares of the result that it reaches.
    ///
    /// # Errors
    /// [`Error::Shapes`](crate::Error::Shapes) with the shape of x, and that of W if their channels differ or height
    /// and width if x has not whole pictures of them; [`Error::Foreign`](crate::Error::Foreign) for a layer of
    /// other parameters; [`Error::Parameter`](crate::Error::Parameter) for a picture of 2³² numbers or more.
    pub fn conv2d(&mut self, x: Var, layer: Conv2d, size: [usize; 2]) -> Result<Var> {
        let op = "conv2d";
        let dim @ (rows, inputs) = self.dim(x)?;
        let [weight, bias] = [layer.weight, layer.bias];
        let [taps, outputs] = self.affine_shape(op, [weight, bias], 1)?;
        let fit = inputs.checked_mul(9) == Some(taps);
        shapes_fit(fit, op, dim, (taps, outputs))?;
        let pixels = size[0].saturating_mul(size[1]);
        let fit = pixels > 0 && rows % pixels == 0;
        shapes_fit(fit, op, dim, size.into())?;
        // No pictures at all are whole ones of any size: they need no canvas of it.
        let size = if rows == 0 { [1, 1] } else { size };
        let to = layer.size(size);
        // Places on a canvas are counted in 32 bits.
        let most = [size, to].map(|[h, w]| h.saturating_add(2).saturating_mul(w.saturating_add(2)));
        let numbers = most[0].max(most[1]).saturating_mul(inputs.max(outputs));
        let fine = u32::try_from(numbers).is_ok();
        check::parameter("numbers of a picture", numbers, fine, "less than 2^32")?;
        let dim = (rows / pixels * to[0] * to[1], outputs);
        let mut y = self.take(op, dim)?;
        let convolution = Convolution {
            x,
            weight: self.parameter(weight),
            bias: self.parameter(bias),
            layer,
            from: size,
            to,
        };
        let plan = convolution.forward(rows / pixels, inputs);
        let pieces = pieces(2 * dim.0 * taps * outputs, self.work.grain());
        let pieces = pieces.min(plan.count.max(1));
        let len = check::elements::<f32>(op, &[pieces, plan.memory(outputs)])?;
        let mut memory = self.work.scratch(len);
        let scratch = &mut memory[..len];
        let start = Start::Row(self.parameters.slice(bias));
        if plan.has_squares(outputs) {
            let len = check::elements::<f32>(op, &[POINTS, of_point(inputs, outputs)])?;
            let at_points = (weight, Form::AtPoints);
            let w = self.parameters.made_once(at_points, len, |w, to| {
                weights_at_points(w, [inputs, outputs], to);
            });
            plan.squares(self.slice(x), (&w, outputs), start, &mut y, scratch);
        } else {
            let w = Matrix::new(self.parameters.slice(weight), taps, outputs);
            plan.products(self.slice(x), w, start, &mut y, scratch);
        }
        self.work.leave(memory);
        let operands = [x, convolution.weight, convolution.bias];
        Ok(self.push(convolution, &operands, y, dim))
    }
}

impl Convolution {
    /// Whether it halves, and whether it doubles.
    fn resizes(&self) -> [bool; 2] {
        [Resize::Halve, Resize::Double].map(|resize| self.layer.resize == resize)
    }

    fn forward(&self, count: usize, inputs: usize) -> Canvas {
        let [halves, doubles] = self.resizes();
        Canvas {
            count,
            from: self.from,
            channels: inputs,
            drawn: if doubles { self.to } else { self.from },
            apart: if doubles { 2 } else { 1 },
            repeats: if doubles { 2 } else { 1 },
            stride: if halves { 2 } else { 1 },
            to: self.to,
            folds: false,
        }
    }

    /// The derivative for x is a convolution of dy, with the weights turned: one of stride 2 had zeros between the
    /// pixels of its result.
    fn backward(&self, count: usize, outputs: usize) -> Canvas {
        let [halves, doubles] = self.resizes();
        let drawn = if doubles { self.to } else { self.from };
        Canvas {
            count,
            from: self.to,
            channels: outputs,
            drawn,
            apart: if halves { 2 } else { 1 },
            repeats: 1,
            stride: 1,
            to: drawn,
            folds: doubles,
        }
    }

    /// `dx = start + patches of dy · W turned`, by the [backward](Self::backward) plan.
    fn for_x(
        &self,
        parameters: &Parameters,
        plan: &Canvas,
        (dy, outputs): (&[f32], usize),
        (start, dx): (Start, &mut [f32]),
        scratch: &mut [f32],
    ) {
        let weight = self.layer.weight;
        let inputs = parameters.shape(weight)[0] / 9;
        if plan.has_squares(inputs) {
            let at_points = (weight, Form::TurnedAtPoints);
            let w = parameters.made_once(at_points, POINTS * of_point(outputs, inputs), |w, to| {
                weights_at_points(&turned(w, inputs, outputs), [outputs, inputs], to);
            });
            plan.squares(dy, (&w, inputs), start, dx, scratch);
        } else {
            let w = turned(parameters.slice(weight), inputs, outputs);
            let w = Matrix::new(&w, 9 * outputs, inputs);
            plan.products(dy, w, start, dx, scratch);
        }
    }
}

/// The weights for dx: (9·outputs, inputs), the last tap first.
fn turned(w: &[f32], inputs: usize, outputs: usize) -> Vec<f32> {
    let mut to = vec![0.0; w.len()];
    let taps = w.chunks_exact(inputs * outputs).rev();
    for (w, to) in taps.zip(to.chunks_exact_mut(inputs * outputs)) {
        turn(w, outputs, to);
    }
    to
}

impl Op for Convolution {
    /// dW = patchesᵀ·dy, db = Σ_rows dy, dx = patches of dy · W turned.
    fn backward(&self, walk: &mut Backward, y: Var, dy: Vec<f32>) {
        let Self {
            x, weight, bias, ..
        } = *self;
        let ((_, inputs), (n, outputs)) = (walk.dim(x), walk.dim(y));
        let x_values = walk.slice(x);
        let operations = 18 * n * inputs * outputs;
        let pieces = pieces(operations, walk.work.grain());
        let mut dw = walk.open(weight);
        let mut db = walk.open(bias);
        let count = n / (self.to[0] * self.to[1]);
        let (forward, backward) = (self.forward(count, inputs), self.backward(count, outputs));
        let by_squares = forward.has_many_squares(outputs);
        let len = match by_squares {
            true => forward.gradient_memory(outputs),
            // Each piece draws all pictures.
            false => pieces.min(current_num_threads()) * forward.len(),
        };
        let mut for_parameters = walk.work.scratch(len);
        let dx = walk.wants(x).then(|| {
            let len = pieces.min(count.max(1)) * backward.memory(inputs);
            (walk.open(x), walk.work.scratch(len), len)
        });
        let parameters = walk.parameters;
        let (dx, ()) = join(
            || {
                dx.map(|((mut dx, adds), mut scratch, len)| {
                    let to = (start(adds), dx.values());
                    self.for_x(
                        parameters,
                        &backward,
                        (&dy, outputs),
                        to,
                        &mut scratch[..len],
                    );
                    (dx, scratch)
                })
            },
            || {
                let (to, memory) = (dw.0.values(), &mut for_parameters[..len]);
                if by_squares {
                    let to = (to, dw.1);
                    forward.gradient_by_squares(x_values, (&dy, outputs), to, pieces, memory);
                } else {
                    forward.products_turned(x_values, &dy, start(dw.1), to, memory);
                }
                add_column_sums(&mut db, &dy, outputs);
            },
        );
        walk.put(weight, dw.0);
        walk.put(bias, db.0);
        if let Some((dx, scratch)) = dx {
            walk.put(x, dx);
            walk.work.leave(scratch);
        }
        walk.work.leave(for_parameters);
        walk.recycle(dy);
    }
}
