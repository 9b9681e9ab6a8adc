//! Derivatives for the weights of convolutions, by squares of 4×4 pixels.

use fearless_simd::dispatch;

use super::kernel::product;
use super::math::SIMD;
use super::matrix::{Matrix, Start};
use super::squares::{AT_ONCE, Squares};
use super::vectors::LANES;
use super::winograd::{POINTS, gradient_of_weights, of_point};
use crate::parallel::*;

/// Most rows of a matrix (inputs, outputs) that are computed together at all points: with 64 outputs they fill a third
/// of a second-level cache, and are still there when weights are made of them.
const ROWS: usize = 32;

/// Patches of xᵀ·dy at the points, of the squares of several canvases: the more squares a product has, the less it costs to
/// read and write its result.
pub(super) struct SquaresGradient<'a> {
    /// Some rows of every point's matrix, one after the other, then the next.
    du: &'a mut [f32],
    /// Blocks of rows for one thread.
    each: usize,
    points: Gathered<'a>,
}

/// Squares at the points.
struct Gathered<'a> {
    xs: &'a mut [f32],
    ys: &'a mut [f32],
    channels: [usize; 2],
    /// Of a block.
    rows: usize,
    /// How many there are, of how many that there is memory for.
    count: usize,
    room: usize,
    /// Of the first products, and of those after them.
    start: Start<'static>,
}

impl<'a> SquaresGradient<'a> {
    /// Numbers of memory for so many squares, in whatever number of pieces.
    pub fn memory(squares: usize, channels: [usize; 2]) -> usize {
        of_weights(LANES, channels) + Squares::scratch(squares, channels)
    }

    /// Of so many squares, none of which are there yet; rows in `pieces`, each on one of several threads.
    pub fn new(squares: usize, channels: [usize; 2], pieces: usize, memory: &'a mut [f32]) -> Self {
        let room = squares.min(AT_ONCE);
        let rows = channels[0].div_ceil(pieces).next_multiple_of(LANES);
        let rows = rows.min(ROWS);
        let (du, points) = memory.split_at_mut(of_weights(rows, channels));
        let (xs, ys) = points.split_at_mut(POINTS * of_point(room, channels[0]));
        let points = Gathered {
            xs,
            ys,
            channels,
            rows,
            count: 0,
            room,
            start: Start::Zero,
        };
        let each = points.blocks().div_ceil(pieces);
        Self { du, each, points }
    }

    /// Adds squares of a canvas.
    pub fn add(&mut self, squares: Squares, canvas: &[f32], dy: &[f32]) {
        for part in squares.parts() {
            if self.points.count + part.starts.len() > self.points.room {
                let (points, each, of_block) = (&self.points, self.each, self.points.of_block());
                let all = self.du.par_chunks_mut(each * of_block).enumerate();
                all.for_each(|(piece, du)| {
                    for (i, du) in du.chunks_mut(of_block).enumerate() {
                        points.multiply(piece * each + i, du);
                    }
                });
                (self.points.count, self.points.start) = (0, Start::Add);
            }
            self.points.gather(&part, canvas, dy);
        }
    }

    /// `dw = patches of xᵀ·dy`, added to what is there if it `adds`.
    pub fn finish(self, adds: bool, dw: &mut [f32]) {
        let Self { du, each, points } = self;
        let [inputs, outputs] = points.channels;
        let mut dws: Vec<Vec<&mut [f32]>> = (0..points.blocks()).map(|_| Vec::new()).collect();
        for tap in dw.chunks_exact_mut(inputs * outputs) {
            let rows = tap.chunks_mut(points.rows * outputs);
            rows.zip(&mut dws).for_each(|(rows, dw)| dw.push(rows));
        }
        let of_block = points.of_block();
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
    fn blocks(&self) -> usize {
        self.channels[0].div_ceil(self.rows)
    }

    /// Numbers of a whole block, at all points.
    fn of_block(&self) -> usize {
        POINTS * of_point(self.rows, self.channels[1])
    }

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
        let columns = block * self.rows..inputs.min((block + 1) * self.rows);
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

/// Numbers of all points' matrices, in blocks of so many rows and what they leave: in the smallest blocks the most.
fn of_weights(rows: usize, [inputs, outputs]: [usize; 2]) -> usize {
    POINTS * (inputs * outputs + inputs.div_ceil(rows) * of_point(0, outputs))
}
