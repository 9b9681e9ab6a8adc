//! Products of a matrix with the 3×3 patches of pictures.
//!
//! Pictures are drawn, a few at a time, on a canvas with a margin of zeros. There the three taps of a row of a patch
//! lie in one run of numbers, so that the kernel reads patches where they are: each of the three rows is a product
//! of matrices, and no matrix of patches (nine times as large as the pictures) is made. Where squares of pixels cover
//! the result, they are multiplied at the points of [`winograd`](super::winograd) instead.

use super::kernel::product;
use super::matrix::{Matrix, Start};
use super::squares::Squares;
use super::squares_gradient::SquaresGradient;
use super::vectors::LANES;
use super::winograd::SIDE;
use crate::parallel::*;

/// How pictures are drawn and patches of them multiplied by a matrix.
pub(super) struct Canvas {
    /// How many pictures there are.
    pub count: usize,
    /// Height and width of a picture.
    pub from: [usize; 2],
    pub channels: usize,
    /// Height and width of one that is drawn.
    pub drawn: [usize; 2],
    /// Canvas pixels from one pixel's place to the next one's, and how often it is repeated each way.
    pub apart: usize,
    pub repeats: usize,
    /// Canvas pixels from one patch to the next.
    pub stride: usize,
    /// Height and width of the result.
    pub to: [usize; 2],
    /// Whether squares of 2 by 2 pixels of the result are added up in the end.
    pub folds: bool,
}

/// Numbers on a canvas at most, if it has more than one picture: with the results, or with what [`Squares`] keep of it,
/// half a megabyte of second-level cache.
const CANVAS: usize = 1 << 15;

/// Fewest squares whose derivatives for weights are taken at the points.
const ENOUGH: usize = 16;

impl Canvas {
    /// Numbers in a row of the canvas: a zero pixel, which also ends the row before, and the picture's.
    fn line(&self) -> usize {
        (self.drawn[1] + 1) * self.channels
    }

    /// Numbers from one picture on it to the next: a row of zeros, which also ends the one before, and its own.
    fn picture(&self) -> usize {
        (self.drawn[0] + 1) * self.line()
    }

    /// Pictures on one canvas.
    fn pictures(&self) -> usize {
        (CANVAS / self.picture()).min(self.count).max(1)
    }

    /// Numbers on the canvas, with what ends its last row.
    pub fn len(&self) -> usize {
        self.pictures() * self.picture() + self.line() + self.channels
    }

    /// Numbers of memory that one thread needs.
    fn scratch(&self, outputs: usize) -> usize {
        self.len() + self.unfolded(outputs)
    }

    /// Numbers of what is folded, on one canvas.
    fn unfolded(&self, outputs: usize) -> usize {
        if self.folds {
            self.pictures() * self.to[0] * self.to[1] * outputs
        } else {
            0
        }
    }

    /// Numbers of a picture.
    fn numbers(&self) -> usize {
        self.from[0] * self.from[1] * self.channels
    }

    /// Where each patch's first row of taps begins.
    fn starts(&self) -> Vec<u32> {
        let [height, width] = self.to;
        let mut starts = Vec::with_capacity(self.pictures() * height * width);
        for i in 0..self.pictures() {
            for y in 0..height {
                let row = i * self.picture() + self.stride * y * self.line();
                let places = (0..width).map(|x| (row + self.stride * x * self.channels) as u32);
                starts.extend(places);
            }
        }
        starts
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

    /// `y = start + patches of x · w`, pieces of the batch on several threads, each with a part of the memory.
    pub fn products(&self, x: &[f32], w: Matrix, start: Start, y: &mut [f32], scratch: &mut [f32]) {
        let starts = self.starts();
        let of_piece = self.scratch(w.cols);
        self.each(x, y, w.cols, scratch, of_piece, |canvas, y, unfolded| {
            let pictures = y.len() / (self.result() * w.cols);
            let starts = &starts[..pictures * self.to[0] * self.to[1]];
            if !self.folds {
                return self.product(canvas, starts, w, start, y);
            }
            let unfolded = &mut unfolded[..starts.len() * w.cols];
            self.product(canvas, starts, w, Start::Zero, unfolded);
            self.fold(unfolded, y, w.cols, matches!(start, Start::Add));
        });
    }

    /// Pieces of the batch on several threads, drawn a few pictures at a time: `work` makes their results of the canvas,
    /// with what the canvas leaves of the memory of a piece.
    fn each(
        &self,
        x: &[f32],
        y: &mut [f32],
        outputs: usize,
        scratch: &mut [f32],
        of_piece: usize,
        work: impl Fn(&[f32], &mut [f32], &mut [f32]) + Sync,
    ) {
        let (from, to) = (self.numbers(), self.result() * outputs);
        let pictures = self.count.div_ceil(scratch.len() / of_piece).max(1);
        let xs = x.par_chunks(pictures * from);
        let ys = y.par_chunks_mut(pictures * to);
        let all = xs.zip(ys).zip(scratch.par_chunks_exact_mut(of_piece));
        all.for_each(|((x, y), scratch)| {
            let (canvas, rest) = scratch.split_at_mut(self.len());
            canvas.fill(0.0);
            let xs = x.chunks(self.pictures() * from);
            for (x, y) in xs.zip(y.chunks_mut(self.pictures() * to)) {
                self.draw(x, canvas);
                work(canvas, y, rest);
            }
        });
    }

    /// Whether [`squares`](Self::squares) can compute it: whole squares of pixels, whole vectors of channels. It says
    /// nothing of how many pictures there are, so that a picture's result depends on no other.
    pub fn has_squares(&self, outputs: usize) -> bool {
        let whole = self.to.iter().all(|side| side % SIDE == 0);
        let channels = [self.channels, outputs].iter().all(|c| c % LANES == 0);
        self.stride == 1 && whole && channels
    }

    /// Numbers of memory that one thread needs, whichever way it is computed.
    pub fn memory(&self, outputs: usize) -> usize {
        if !self.has_squares(outputs) {
            return self.scratch(outputs);
        }
        let squares = self.pictures() * self.to[0] * self.to[1] / (SIDE * SIDE);
        self.scratch(outputs) + Squares::scratch(squares, [self.channels, outputs])
    }

    /// `y = start + patches of x · w` by [`Squares`], with the weights at their points: the sums of
    /// [`products`](Self::products) beyond rounding, for a quarter of the multiplications.
    pub fn squares(
        &self,
        x: &[f32],
        (w, outputs): (&[f32], usize),
        start: Start,
        y: &mut [f32],
        scratch: &mut [f32],
    ) {
        let starts = self.square_starts(outputs);
        let of_piece = self.memory(outputs);
        let unfolded = self.unfolded(outputs);
        self.each(x, y, outputs, scratch, of_piece, |canvas, y, scratch| {
            let (unfolded, scratch) = scratch.split_at_mut(unfolded);
            let pictures = y.len() / (self.result() * outputs);
            let squares = self.of_pictures(pictures, &starts, outputs);
            if !self.folds {
                return squares.convolve(canvas, w, start, y, scratch);
            }
            let unfolded = &mut unfolded[..pictures * self.to[0] * self.to[1] * outputs];
            squares.convolve(canvas, w, Start::Zero, unfolded, scratch);
            self.fold(unfolded, y, outputs, matches!(start, Start::Add));
        });
    }

    /// Squares of all pictures.
    fn all_squares(&self) -> usize {
        self.count * self.to[0] * self.to[1] / (SIDE * SIDE)
    }

    /// Whether there are enough squares that they gain more than 36 matrices cost in place of nine.
    pub fn has_many_squares(&self, outputs: usize) -> bool {
        self.has_squares(outputs) && self.all_squares() >= ENOUGH
    }

    /// Numbers of memory for [`gradient_by_squares`](Self::gradient_by_squares).
    pub fn gradient_memory(&self, outputs: usize) -> usize {
        self.len() + SquaresGradient::memory(self.all_squares(), [self.channels, outputs])
    }

    /// `dw = patches of xᵀ·dy`, added to what is there if it `adds`; products in `pieces`.
    pub fn gradient_by_squares(
        &self,
        x: &[f32],
        (dy, outputs): (&[f32], usize),
        (dw, adds): (&mut [f32], bool),
        pieces: usize,
        memory: &mut [f32],
    ) {
        let starts = self.square_starts(outputs);
        let (canvas, rest) = memory.split_at_mut(self.len());
        canvas.fill(0.0);
        let (count, channels) = (self.all_squares(), [self.channels, outputs]);
        let mut gradient = SquaresGradient::new(count, channels, pieces, rest);
        let xs = x.chunks(self.pictures() * self.numbers());
        let of_picture = self.to[0] * self.to[1] * outputs;
        for (x, dy) in xs.zip(dy.chunks(self.pictures() * of_picture)) {
            self.draw(x, canvas);
            let pictures = dy.len() / of_picture;
            gradient.add(self.of_pictures(pictures, &starts, outputs), canvas, dy);
        }
        gradient.finish(adds, dw);
    }

    /// The squares of the first pictures on a canvas.
    fn of_pictures<'a>(&self, n: usize, starts: &'a [[usize; 2]], outputs: usize) -> Squares<'a> {
        Squares {
            starts: &starts[..n * self.to[0] * self.to[1] / (SIDE * SIDE)],
            lines: [self.line(), self.to[1] * outputs],
            channels: [self.channels, outputs],
        }
    }

    /// Where squares of pixels lie on the canvas and in the result.
    fn square_starts(&self, outputs: usize) -> Vec<[usize; 2]> {
        let [height, width] = self.to;
        let mut starts = Vec::with_capacity(self.pictures() * height * width / (SIDE * SIDE));
        for i in 0..self.pictures() {
            for y in (0..height).step_by(SIDE) {
                for x in (0..width).step_by(SIDE) {
                    let on_canvas = i * self.picture() + y * self.line() + x * self.channels;
                    let in_result = ((i * height + y) * width + x) * outputs;
                    starts.push([on_canvas, in_result]);
                }
            }
        }
        starts
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

    /// `dw = start + patches of xᵀ·dy`, pieces of dw's rows on several threads.
    pub fn products_turned(
        &self,
        x: &[f32],
        dy: &[f32],
        start: Start,
        dw: &mut [f32],
        scratch: &mut [f32],
    ) {
        let starts = self.starts();
        let (from, to) = (self.numbers(), self.to[0] * self.to[1]);
        let outputs = dw.len() / (9 * self.channels);
        if self.count == 0 && matches!(start, Start::Zero) {
            return dw.fill(0.0);
        }
        let pieces = scratch.len() / self.len();
        let rows = (9 * self.channels).div_ceil(pieces).next_multiple_of(8);
        let dws = dw.par_chunks_mut(rows * outputs).enumerate();
        let all = dws.zip(scratch.par_chunks_exact_mut(self.len()));
        all.for_each(|((piece, dw), canvas)| {
            canvas.fill(0.0);
            let xs = x.chunks(self.pictures() * from);
            let mut start = start;
            for (x, dy) in xs.zip(dy.chunks(self.pictures() * to * outputs)) {
                self.draw(x, canvas);
                let starts = &starts[..x.len() / from * to];
                let dy = Matrix::new(dy, starts.len(), outputs);
                let first = piece * rows;
                let last = first + dw.len() / outputs;
                for (i, taps) in self.taps(canvas, starts).into_iter().enumerate() {
                    let begin = i * taps.cols;
                    let rows = first.max(begin)..last.min(begin + taps.cols);
                    if !rows.is_empty() {
                        let dw = &mut dw[(rows.start - first) * outputs..];
                        let taps = taps.columns(rows.start - begin..rows.end - begin);
                        product(taps.t(), dy, start, &mut dw[..rows.len() * outputs]);
                    }
                }
                start = Start::Add;
            }
        });
    }
}
