//! Derivatives for the weights of convolutions, by squares of 4×4 pixels.

use fearless_simd::dispatch;

use super::kernel::product;
use super::math::SIMD;
use super::matrix::{Matrix, Start};
use super::squares::{AT_ONCE, Squares};
use super::winograd::{POINTS, gradient_of_weights, of_point};
use crate::parallel::*;

/// Rows of a matrix (inputs, outputs) that are computed together at all points: with 64 outputs they fill a third of a
/// second-level cache, and are still there when weights are made of them.
const ROWS: usize = 32;

/// Patches of xᵀ·dy at the points, of the squares of several canvases: in a product of few squares, the kernel would read
/// and write the result more than it multiplies.
pub(super) struct SquaresGradient<'a> {
    /// [`ROWS`] of every point's matrix, one after the other, then the next.
    du: &'a mut [f32],
    points: Gathered<'a>,
}

/// Squares at the points.
struct Gathered<'a> {
    xs: &'a mut [f32],
    ys: &'a mut [f32],
    channels: [usize; 2],
    /// How many there are, of how many that there is memory for.
    count: usize,
    room: usize,
    /// Of the first products, and of those after them.
    start: Start<'static>,
}

impl<'a> SquaresGradient<'a> {
    /// Numbers of memory for so many squares.
    pub fn memory(squares: usize, channels: [usize; 2]) -> usize {
        of_weights(channels) + Squares::scratch(squares, channels)
    }

    /// Of so many squares, none of which are there yet.
    pub fn new(squares: usize, channels: [usize; 2], memory: &'a mut [f32]) -> Self {
        let room = squares.min(AT_ONCE);
        let (du, points) = memory.split_at_mut(of_weights(channels));
        let (xs, ys) = points.split_at_mut(POINTS * of_point(room, channels[0]));
        let points = Gathered {
            xs,
            ys,
            channels,
            count: 0,
            room,
            start: Start::Zero,
        };
        Self { du, points }
    }

    /// Adds squares of a canvas.
    pub fn add(&mut self, squares: Squares, canvas: &[f32], dy: &[f32]) {
        for part in squares.parts() {
            if self.points.count + part.starts.len() > self.points.room {
                let blocks = self.du.chunks_mut(of_block(ROWS, self.points.channels[1]));
                for (block, du) in blocks.enumerate() {
                    self.points.multiply(block, du);
                }
                (self.points.count, self.points.start) = (0, Start::Add);
            }
            self.points.gather(&part, canvas, dy);
        }
    }

    /// `dw = patches of xᵀ·dy`, added to what is there if it `adds`; a part of the rows on each of several threads.
    pub fn finish(self, pieces: usize, adds: bool, dw: &mut [f32]) {
        let Self { du, points } = self;
        let [inputs, outputs] = points.channels;
        let blocks = inputs.div_ceil(ROWS);
        let mut dws: Vec<Vec<&mut [f32]>> = (0..blocks).map(|_| Vec::new()).collect();
        for tap in dw.chunks_exact_mut(inputs * outputs) {
            let rows = tap.chunks_mut(ROWS * outputs);
            rows.zip(&mut dws).for_each(|(rows, dw)| dw.push(rows));
        }
        let (each, of_block) = (blocks.div_ceil(pieces), of_block(ROWS, outputs));
        let all = du
            .par_chunks_mut(each * of_block)
            .zip(dws.par_chunks_mut(each));
        all.enumerate().for_each(|(piece, (du, dws))| {
            for (i, (du, dw)) in du.chunks_mut(of_block).zip(dws).enumerate() {
                points.multiply(piece * each + i, du);
                gradient_of_weights(du, adds, dw);
            }
        });
    }
}

impl Gathered<'_> {
    fn of_points(&self) -> [usize; 2] {
        self.channels.map(|channels| of_point(self.room, channels))
    }

    fn gather(&mut self, squares: &Squares, canvas: &[f32], dy: &[f32]) {
        let (at, [of_x, of_y]) = (self.count, self.of_points());
        dispatch!(*SIMD, simd => squares.pixels(simd, canvas, (&mut *self.xs, at), of_x));
        dispatch!(*SIMD, simd => squares.slopes(simd, dy, (&mut *self.ys, at), of_y));
        self.count += squares.starts.len();
    }

    /// `du = start + xᵀ·dy` at all points, of one block of rows.
    fn multiply(&self, block: usize, du: &mut [f32]) {
        let (count, [inputs, outputs]) = (self.count, self.channels);
        let [of_x, of_y] = self.of_points();
        let columns = block * ROWS..inputs.min((block + 1) * ROWS);
        let size = columns.len() * outputs;
        let dus = du.chunks_exact_mut(of_point(columns.len(), outputs));
        for (point, du) in dus.enumerate() {
            let x = Matrix::new(&self.xs[point * of_x..][..count * inputs], count, inputs);
            let x = x.columns(columns.clone());
            let dy = Matrix::new(&self.ys[point * of_y..][..count * outputs], count, outputs);
            product(x.t(), dy, self.start, &mut du[..size]);
        }
    }
}

/// Numbers of some rows of all points' matrices.
fn of_block(rows: usize, outputs: usize) -> usize {
    POINTS * of_point(rows, outputs)
}

/// Numbers of all of their rows.
fn of_weights([inputs, outputs]: [usize; 2]) -> usize {
    inputs / ROWS * of_block(ROWS, outputs)
        + match inputs % ROWS {
            0 => 0,
            rows => of_block(rows, outputs),
        }
}
