//! Convolutions of pictures with 3×3 weights: y[p] = b + Σ x[p + tap]·W[tap], 0 outside a picture.
//!
//! Pictures are drawn, a few at a time, on a canvas with a margin of zeros. There the three taps of a row of W lie
//! in one run of numbers, so that the kernel reads patches where they are: each row of taps is a product of
//! matrices, and no matrix of patches (nine times as large) is made.

use super::gemm::{Matrix, Start, pieces, product};
use super::linear::{add_column_sums, start};
use super::op::{Backward, Op, Var};
use super::parameters::{ParameterId, Parameters};
use super::tape::{Tape, shapes_fit};
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
    resize: Resize,
    from: [usize; 2],
    to: [usize; 2],
}

impl Tape<'_> {
    /// 3×3 convolution with padding 1 of pictures of `height` by `width` pixels: x is (n·height·width, inputs), one
    /// row a pixel, picture after picture; the result is (n·height′·width′, outputs) with the
    /// [size](Conv2d::size) that the layer makes of it. A 1×1 convolution is [`linear`](Self::linear).
    ///
    /// y[p, o] = b[o] + Σ over taps and channels of x[s·p + tap, c]·W[(tap, c), o], with tap in −1..=1 each way,
    /// 0 outside the picture, and stride s of 2 if the layer halves; x's pixels are doubled first if it doubles.
    ///
    /// # Errors
    /// [`Error::Shapes`](crate::Error::Shapes) with the shape of x, and that of W if their channels differ or height
    /// and width if x has not whole pictures of them; [`Error::Foreign`](crate::Error::Foreign) for a layer of
    /// other parameters; [`Error::Size`](crate::Error::Size) for a picture of 2³² numbers or more.
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
            resize: layer.resize,
            from: size,
            to,
        };
        let plan = convolution.forward(inputs);
        let pieces = pieces(2 * dim.0 * taps * outputs, self.work.grain());
        let mut scratch = self.work.take(pieces * plan.scratch(outputs));
        let w = Matrix::new(self.parameters.slice(weight), taps, outputs);
        let start = Start::Row(self.parameters.slice(bias));
        plan.products(self.slice(x), w, start, &mut y, &mut scratch);
        self.work.give(scratch);
        let operands = [x, convolution.weight, convolution.bias];
        Ok(self.push(convolution, &operands, y, dim))
    }
}

/// How pictures are drawn and patches of them multiplied by a matrix.
struct Plan {
    /// Height, width and channels of the pictures.
    from: [usize; 2],
    channels: usize,
    /// Height and width of a picture on the canvas.
    canvas: [usize; 2],
    /// Canvas pixels from one pixel's place to the next one's, and how often it is repeated each way.
    apart: usize,
    repeats: usize,
    /// Canvas pixels from one patch to the next.
    stride: usize,
    /// Height and width of the result.
    to: [usize; 2],
    /// Whether squares of 2 by 2 pixels of the result are added up in the end.
    folds: bool,
}

/// Numbers on a canvas at most, if it has more than one picture: half a megabyte of second-level cache holds it
/// and the results.
const CANVAS: usize = 1 << 15;

impl Plan {
    /// Numbers in a row of the canvas: a zero pixel, which also ends the row before, and the picture's.
    fn line(&self) -> usize {
        (self.canvas[1] + 1) * self.channels
    }

    /// Numbers from one picture on the canvas to the next: a row of zeros, which also ends the one before, and its
    /// own.
    fn picture(&self) -> usize {
        (self.canvas[0] + 1) * self.line()
    }

    /// Pictures on one canvas.
    fn pictures(&self) -> usize {
        (CANVAS / self.picture()).max(1)
    }

    /// Numbers on the canvas, with what ends its last row.
    fn len(&self) -> usize {
        self.pictures() * self.picture() + self.line() + self.channels
    }

    /// Numbers of memory that one thread needs.
    fn scratch(&self, outputs: usize) -> usize {
        let unfolded = if self.folds {
            self.pictures() * self.to[0] * self.to[1] * outputs
        } else {
            0
        };
        self.len() + unfolded
    }

    /// Where each patch's first row of taps begins.
    fn starts(&self) -> Vec<u32> {
        let places = (0..self.pictures()).flat_map(|i| {
            (0..self.to[0]).flat_map(move |y| (0..self.to[1]).map(move |x| [i, y, x]))
        });
        let start = |[i, y, x]: [usize; 3]| {
            i * self.picture() + self.stride * (y * self.line() + x * self.channels)
        };
        places.map(|place| start(place) as u32).collect()
    }

    /// Draws pictures on a canvas whose margins are 0.
    fn draw(&self, pictures: &[f32], canvas: &mut [f32]) {
        let (channels, line) = (self.channels, self.line());
        let row = self.from[1] * channels;
        for (i, picture) in pictures.chunks_exact(self.from[0] * row).enumerate() {
            for (y, row) in picture.chunks_exact(row).enumerate() {
                for copy in 0..self.repeats {
                    let y = self.apart * y + copy + 1;
                    let to = &mut canvas[i * self.picture() + y * line..][channels..line];
                    if self.apart == 1 {
                        to.copy_from_slice(row);
                        continue;
                    }
                    for (x, pixel) in row.chunks_exact(channels).enumerate() {
                        for copy in 0..self.repeats {
                            let x = self.apart * x + copy;
                            to[x * channels..][..channels].copy_from_slice(pixel);
                        }
                    }
                }
            }
        }
    }

    /// `y = start + patches of x · w`, pieces of the batch on several threads.
    fn products(&self, x: &[f32], w: Matrix, start: Start, y: &mut [f32], scratch: &mut [f32]) {
        let starts = self.starts();
        let [from, to] = [
            self.from[0] * self.from[1] * self.channels,
            self.result() * w.cols,
        ];
        let scratch_len = self.scratch(w.cols);
        let pieces = scratch.len() / scratch_len;
        let pictures = (x.len() / from).div_ceil(pieces).max(1);
        let xs = x.par_chunks(pictures * from);
        let ys = y.par_chunks_mut(pictures * to);
        let all = xs.zip(ys).zip(scratch.par_chunks_exact_mut(scratch_len));
        all.for_each(|((x, y), scratch)| {
            let (canvas, unfolded) = scratch.split_at_mut(self.len());
            canvas.fill(0.0);
            let xs = x.chunks(self.pictures() * from);
            for (x, y) in xs.zip(y.chunks_mut(self.pictures() * to)) {
                self.draw(x, canvas);
                let starts = &starts[..x.len() / from * self.to[0] * self.to[1]];
                if !self.folds {
                    self.product(canvas, starts, w, start, y);
                    continue;
                }
                let unfolded = &mut unfolded[..starts.len() * w.cols];
                self.product(canvas, starts, w, Start::Zero, unfolded);
                self.fold(unfolded, y, w.cols, matches!(start, Start::Add));
            }
        });
    }

    /// Pixels of a picture of the result.
    fn result(&self) -> usize {
        self.to[0] * self.to[1] / if self.folds { 4 } else { 1 }
    }

    /// The three rows of taps of every patch.
    fn taps<'a>(&self, canvas: &'a [f32], starts: &'a [u32]) -> [Matrix<'a>; 3] {
        [0, 1, 2].map(|i| Matrix::lines(&canvas[i * self.line()..], starts, 3 * self.channels))
    }

    fn product(&self, canvas: &[f32], starts: &[u32], w: Matrix, start: Start, y: &mut [f32]) {
        let rows = 3 * self.channels;
        for (i, taps) in self.taps(canvas, starts).into_iter().enumerate() {
            let start = if i == 0 { start } else { Start::Add };
            product(taps, w.rows(i * rows..(i + 1) * rows), start, y);
        }
    }

    /// Adds up squares of 2 by 2 pixels.
    fn fold(&self, from: &[f32], to: &mut [f32], cols: usize, adds: bool) {
        let row = self.to[1] * cols;
        for (pair, to) in from.chunks_exact(2 * row).zip(to.chunks_exact_mut(row / 2)) {
            let (above, below) = pair.split_at(row);
            let pixels = above
                .chunks_exact(2 * cols)
                .zip(below.chunks_exact(2 * cols));
            for ((above, below), to) in pixels.zip(to.chunks_exact_mut(cols)) {
                for c in 0..cols {
                    let sum = (above[c] + above[cols + c]) + (below[c] + below[cols + c]);
                    to[c] = if adds { to[c] + sum } else { sum };
                }
            }
        }
    }

    /// `dw += patches of xᵀ·dy`, pieces of dw's rows on several threads.
    fn for_weight(&self, x: &[f32], dy: &[f32], dw: &mut [f32], scratch: &mut [f32]) {
        let starts = self.starts();
        let (from, to) = (
            self.from[0] * self.from[1] * self.channels,
            self.to[0] * self.to[1],
        );
        let outputs = dw.len() / (9 * self.channels);
        let pieces = scratch.len() / self.len();
        let rows = (9 * self.channels).div_ceil(pieces).next_multiple_of(8);
        let dws = dw.par_chunks_mut(rows * outputs).enumerate();
        let all = dws.zip(scratch.par_chunks_exact_mut(self.len()));
        all.for_each(|((piece, dw), canvas)| {
            canvas.fill(0.0);
            let xs = x.chunks(self.pictures() * from);
            for (x, dy) in xs.zip(dy.chunks(self.pictures() * to * outputs)) {
                self.draw(x, canvas);
                let starts = &starts[..x.len() / from * to];
                let dy = Matrix::new(dy, starts.len(), outputs);
                let mut rest = &mut *dw;
                let mut row = piece * rows;
                for (i, taps) in self.taps(canvas, starts).into_iter().enumerate() {
                    let end = (i + 1) * taps.cols;
                    let count = (rest.len() / outputs).min(end.saturating_sub(row));
                    let dw = rest.split_off_mut(..count * outputs).expect("as many");
                    let first = row + taps.cols - end.min(row + taps.cols);
                    if count > 0 {
                        let columns = taps.columns(first..first + count);
                        product(columns.t(), dy, Start::Add, dw);
                    }
                    row += count;
                }
            }
        });
    }
}

impl Convolution {
    fn forward(&self, inputs: usize) -> Plan {
        let doubles = self.resize == Resize::Double;
        Plan {
            from: self.from,
            channels: inputs,
            canvas: if doubles { self.to } else { self.from },
            apart: if doubles { 2 } else { 1 },
            repeats: if doubles { 2 } else { 1 },
            stride: if self.resize == Resize::Halve { 2 } else { 1 },
            to: self.to,
            folds: false,
        }
    }

    /// The derivative for x is a convolution of dy, with the weights turned: one of stride 2 had zeros between the
    /// pixels of its result.
    fn backward(&self, outputs: usize) -> Plan {
        let (halves, doubles) = (self.resize == Resize::Halve, self.resize == Resize::Double);
        let canvas = if doubles { self.to } else { self.from };
        Plan {
            from: self.to,
            channels: outputs,
            canvas,
            apart: if halves { 2 } else { 1 },
            repeats: 1,
            stride: 1,
            to: canvas,
            folds: doubles,
        }
    }
}

/// The weights for dx: (9·outputs, inputs), the last tap first.
fn turned(w: &[f32], to: &mut [f32], inputs: usize, outputs: usize) {
    let taps = w.chunks_exact(inputs * outputs).rev();
    for (w, to) in taps.zip(to.chunks_exact_mut(inputs * outputs)) {
        for (o, to) in to.chunks_exact_mut(inputs).enumerate() {
            let column = w[o..].iter().step_by(outputs);
            to.iter_mut().zip(column).for_each(|(to, w)| *to = *w);
        }
    }
}

impl Op for Convolution {
    /// dW = patchesᵀ·dy, db = Σ_rows dy, dx = patches of dy · W turned.
    fn backward(&self, walk: &mut Backward, y: Var, dy: Vec<f32>) {
        let Self {
            x, weight, bias, ..
        } = *self;
        let ((_, inputs), (n, outputs)) = (walk.dim(x), walk.dim(y));
        let [x_values, w] = [x, weight].map(|var| walk.slice(var));
        let operations = 18 * n * inputs * outputs;
        let pieces = pieces(operations, walk.work.grain());
        let mut dw = walk.open(weight);
        let mut db = walk.open(bias);
        let (forward, backward) = (self.forward(inputs), self.backward(outputs));
        let mut for_parameters = walk.take(pieces * forward.len());
        let dx = walk.wants(x).then(|| {
            let scratch = walk.take(pieces * backward.scratch(inputs));
            (walk.open(x), scratch, walk.take(w.len()))
        });
        let (dx, ()) = join(
            || {
                dx.map(|((mut dx, adds), mut scratch, mut w_turned)| {
                    turned(w, &mut w_turned, inputs, outputs);
                    let w = Matrix::new(&w_turned, 9 * outputs, inputs);
                    backward.products(&dy, w, start(adds), dx.values(), &mut scratch);
                    (dx, scratch, w_turned)
                })
            },
            || {
                let values = dw.0.values();
                if !dw.1 {
                    values.fill(0.0);
                }
                forward.for_weight(x_values, &dy, values, &mut for_parameters);
                add_column_sums(&mut db, &dy, outputs);
            },
        );
        walk.put(weight, dw.0);
        walk.put(bias, db.0);
        if let Some((dx, scratch, w_turned)) = dx {
            walk.put(x, dx);
            walk.recycle(scratch);
            walk.recycle(w_turned);
        }
        walk.recycle(for_parameters);
        walk.recycle(dy);
    }
}
