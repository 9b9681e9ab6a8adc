//! 3×3 convolutions with a quarter of the multiplications, for predictions.
//!
//! In a line, four pixels of a result are what six pixels and three weights leave when they are multiplied as
//! polynomials are. A product of polynomials is known from its values at a few points, where it costs one
//! multiplication each: here at 0, ±1, ±2 and ∞. So 4×4 pixels of a result take 6·6 = 36 multiplications instead of
//! 4·4·9 = 144, and a layer is 36 products of matrices, (squares of pixels, inputs)·(inputs, outputs), one a point:
//!
//! Y = Aᵀ\[(G g Gᵀ) ⊙ (Bᵀ d B)\]A, with the pixels d, the weights g and the three matrices of F(4×4, 3×3) in Lavin &
//! Gray 2016, "Fast algorithms for convolutional neural networks".
//!
//! Differences of numbers up to 100 times as large as the result's round more than a plain sum does, by about one
//! digit. So training stays with plain sums; the U-Net of section 8 predicts 1.8 times as fast
//! (`cargo bench --bench pictures`).
#![expect(
    clippy::needless_range_loop,
    reason = "the compiler keeps vectors in registers when they are indexed, not when they are iterated over"
)]

use fearless_simd::{Simd, SimdBase, dispatch, f32x16};

use super::kernel::{pack_panels, product_of_panels};
use super::math::SIMD;
use super::matrix::Matrix;
use super::vectors::LANES;

/// Pixels of a side of a square of the result.
pub(super) const SIDE: usize = 4;

/// Pixels of a side of what lies below it, and points of a line.
const BELOW: usize = SIDE + 2;

/// Points in the plane.
const POINTS: usize = BELOW * BELOW;

/// G·g·Gᵀ of (9·inputs, outputs) weights, for every pair of channels: a matrix (inputs, outputs) a point, in panels.
pub(super) fn weights_at_points(w: &[f32], [inputs, outputs]: [usize; 2]) -> Vec<f32> {
    let mut at_points = vec![0.0; POINTS * inputs * outputs];
    dispatch!(*SIMD, simd => weights(simd, w, inputs * outputs, &mut at_points));
    let mut panels = vec![0.0; at_points.len()];
    let of_points = at_points.chunks_exact(inputs * outputs);
    for (w, panels) in of_points.zip(panels.chunks_exact_mut(inputs * outputs)) {
        pack_panels(Matrix::new(w, inputs, outputs), panels);
    }
    panels
}

#[inline(always)]
fn weights<S: Simd>(simd: S, w: &[f32], pairs: usize, at_points: &mut [f32]) {
    for first in (0..pairs).step_by(LANES) {
        let mut half = [[f32x16::splat(simd, 0.0); 3]; BELOW];
        for j in 0..3 {
            let tap =
                |i: usize| f32x16::from_slice(simd, &w[(3 * i + j) * pairs + first..][..LANES]);
            let column = weights_of_line(simd, [tap(0), tap(1), tap(2)]);
            for i in 0..BELOW {
                half[i][j] = column[i];
            }
        }
        for i in 0..BELOW {
            let row = weights_of_line(simd, half[i]);
            for j in 0..BELOW {
                row[j].store_slice(&mut at_points[(BELOW * i + j) * pairs + first..][..LANES]);
            }
        }
    }
}

/// G·g: the polynomial of three weights at the points, divided by what the others' distances from the point multiply to.
#[inline(always)]
fn weights_of_line<S: Simd>(simd: S, [a, b, c]: [f32x16<S>; 3]) -> [f32x16<S>; BELOW] {
    let times = |x: f32x16<S>, by: f32| x * f32x16::splat(simd, by);
    let ones = (times(a + c, -1.0 / 6.0), times(b, 1.0 / 6.0));
    let twos = (
        times(a, 1.0 / 24.0) + times(c, 1.0 / 6.0),
        times(b, 1.0 / 12.0),
    );
    [
        times(a, 0.25),
        ones.0 - ones.1,
        ones.0 + ones.1,
        twos.0 + twos.1,
        twos.0 - twos.1,
        c,
    ]
}

/// Bᵀ·d of six pixels.
#[inline(always)]
fn pixels_of_line<S: Simd>(simd: S, d: [f32x16<S>; BELOW]) -> [f32x16<S>; BELOW] {
    let [two, four, five] = [2.0, 4.0, 5.0].map(|by| f32x16::splat(simd, by));
    let ones = (d[4] - four * d[2], d[3] - four * d[1]);
    let twos = (d[4] - d[2], two * (d[3] - d[1]));
    [
        four * d[0] - five * d[2] + d[4],
        ones.0 + ones.1,
        ones.0 - ones.1,
        twos.0 + twos.1,
        twos.0 - twos.1,
        four * d[1] - five * d[3] + d[5],
    ]
}

/// Aᵀ·m of the products at six points.
#[inline(always)]
fn results_of_line<S: Simd>(simd: S, m: [f32x16<S>; BELOW]) -> [f32x16<S>; SIDE] {
    let [two, four, eight] = [2.0, 4.0, 8.0].map(|by| f32x16::splat(simd, by));
    let even = (m[1] + m[2], m[3] + m[4]);
    let odd = (m[1] - m[2], m[3] - m[4]);
    [
        m[0] + even.0 + even.1,
        odd.0 + two * odd.1,
        even.0 + four * even.1,
        odd.0 + eight * odd.1 + m[5],
    ]
}

/// Squares of pixels of some pictures.
pub(super) struct Squares<'a> {
    /// Where each begins on the canvas and in the result.
    pub starts: &'a [[u32; 2]],
    /// Numbers from one line of pixels to the next, there and there.
    pub lines: [usize; 2],
    /// Inputs and outputs.
    pub channels: [usize; 2],
}

impl Squares<'_> {
    /// Numbers of memory for so many squares.
    pub fn scratch(count: usize, inputs: usize, outputs: usize) -> usize {
        POINTS * (of_point(count, inputs) + of_point(count, outputs))
    }

    /// Their results, from the [weights at the points](weights_at_points).
    pub fn convolve(
        &self,
        canvas: &[f32],
        w: &[f32],
        bias: &[f32],
        y: &mut [f32],
        scratch: &mut [f32],
    ) {
        let count = self.starts.len();
        let [inputs, outputs] = self.channels;
        let [of_x, of_y] = self.channels.map(|channels| of_point(count, channels));
        let (xs, ys) = scratch.split_at_mut(POINTS * of_x);
        dispatch!(*SIMD, simd => self.pixels(simd, canvas, xs, of_x));
        let points = xs.chunks_exact(of_x).zip(ys.chunks_exact_mut(of_y));
        for ((x, y), w) in points.zip(w.chunks_exact(inputs * outputs)) {
            let x = Matrix::new(&x[..count * inputs], count, inputs);
            product_of_panels(x, w, &mut y[..count * outputs]);
        }
        dispatch!(*SIMD, simd => self.results(simd, ys, of_y, bias, y));
    }

    /// Bᵀ·d·B of every square.
    #[inline(always)]
    fn pixels<S: Simd>(&self, simd: S, canvas: &[f32], xs: &mut [f32], of_point: usize) {
        let inputs = self.channels[0];
        for (square, [start, _]) in self.starts.iter().enumerate() {
            for c in (0..inputs).step_by(LANES) {
                let canvas = &canvas[*start as usize + c..];
                let mut half = [[f32x16::splat(simd, 0.0); BELOW]; BELOW];
                for j in 0..BELOW {
                    let mut column = [f32x16::splat(simd, 0.0); BELOW];
                    for i in 0..BELOW {
                        let from = i * self.lines[0] + j * inputs;
                        column[i] = f32x16::from_slice(simd, &canvas[from..][..LANES]);
                    }
                    let column = pixels_of_line(simd, column);
                    for i in 0..BELOW {
                        half[i][j] = column[i];
                    }
                }
                for i in 0..BELOW {
                    let row = pixels_of_line(simd, half[i]);
                    for j in 0..BELOW {
                        let to = (BELOW * i + j) * of_point + square * inputs + c;
                        row[j].store_slice(&mut xs[to..][..LANES]);
                    }
                }
            }
        }
    }

    /// b + Aᵀ·m·A of every square.
    #[inline(always)]
    fn results<S: Simd>(&self, simd: S, ys: &[f32], of_point: usize, bias: &[f32], y: &mut [f32]) {
        let outputs = self.channels[1];
        for (square, [_, start]) in self.starts.iter().enumerate() {
            for c in (0..outputs).step_by(LANES) {
                let bias = f32x16::from_slice(simd, &bias[c..][..LANES]);
                let mut half = [[f32x16::splat(simd, 0.0); BELOW]; SIDE];
                for j in 0..BELOW {
                    let mut column = [f32x16::splat(simd, 0.0); BELOW];
                    for i in 0..BELOW {
                        let from = (BELOW * i + j) * of_point + square * outputs + c;
                        column[i] = f32x16::from_slice(simd, &ys[from..][..LANES]);
                    }
                    let column = results_of_line(simd, column);
                    for i in 0..SIDE {
                        half[i][j] = column[i];
                    }
                }
                for i in 0..SIDE {
                    let row = results_of_line(simd, half[i]);
                    for j in 0..SIDE {
                        let to = *start as usize + i * self.lines[1] + j * outputs + c;
                        (row[j] + bias).store_slice(&mut y[to..][..LANES]);
                    }
                }
            }
        }
    }
}

/// Numbers of one point, and a vector more: those of one square would otherwise lie a power of two apart, and push each
/// other out of a cache.
fn of_point(squares: usize, channels: usize) -> usize {
    squares * channels + LANES
}

#[cfg(test)]
mod tests {
    use crate::autograd::{Conv2d, Parameters, Resize, Tape};
    use crate::rng::Rng;
    use ndarray::{Array2, ArrayRef2, s};

    /// Bᵀ, G and Aᵀ as they are printed in the paper.
    fn matrices() -> [Array2<f64>; 3] {
        let matrix = |rows: &str, cols| {
            let numbers: Vec<f64> = rows
                .split_whitespace()
                .map(|n| n.parse().unwrap())
                .collect();
            Array2::from_shape_vec((numbers.len() / cols, cols), numbers).unwrap()
        };
        let bt = "4 0 -5 0 1 0  0 -4 -4 1 1 0  0 4 -4 -1 1 0  0 -2 -1 2 1 0  0 2 -1 -2 1 0  0 4 0 -5 0 1";
        let g = "6 0 0  -4 -4 -4  -4 4 -4  1 2 4  1 -2 4  0 0 24";
        let at = "1 1 1 1 1 0  0 1 -1 2 -2 0  0 1 1 4 4 0  0 1 -1 8 -8 1";
        [matrix(bt, 6), matrix(g, 3) / 24.0, matrix(at, 6)]
    }

    /// A layer as predictions have it.
    fn predicted(
        parameters: &Parameters,
        layer: Conv2d,
        (x, size): (&ArrayRef2<f32>, [usize; 2]),
    ) -> Array2<f32> {
        let mut tape = Tape::new(parameters).forward_only();
        let x = tape.input(x);
        let y = tape.conv2d(x, layer, size).expect("shapes that fit");
        tape.value(y).to_owned()
    }

    /// Every number against the sum in f64, and within the rounding of the way that it takes: a number at a point is
    /// rounded 8 times in pixels, 6 in weights and once in their product, a result 10 times more and once for each
    /// input, each time by half a unit in the last place of no more than what all magnitudes sum up to.
    #[test]
    fn squares_are_the_sums() {
        let mut rng = Rng::new(11);
        for ([inputs, outputs], size, resize) in [
            ([16, 16], [4, 4], Resize::Keep),
            ([32, 48], [8, 12], Resize::Keep),
            ([160, 32], [4, 8], Resize::Keep),
            ([16, 64], [2, 4], Resize::Double),
        ] {
            let mut parameters = Parameters::new();
            let layer = parameters.conv2d("conv", inputs, outputs, &mut rng);
            let layer = layer.expect("a new name").resizing(resize);
            let pictures = 3;
            let pixels = size[0] * size[1];
            let x = rng.standard_normal(pictures * pixels, inputs);
            let x = x.expect("a small matrix");
            let y = predicted(&parameters, layer, (&x, size));
            let [height, width] = layer.size(size);
            let times = height / size[0];
            let (w, b) = (parameters.get(layer.weight), parameters.get(layer.bias));
            let [bt, g, at] = matrices().map(|m| m.mapv(f64::abs));
            let units = (inputs + 25) as f64 * f64::from(f32::EPSILON) / 2.0;
            for (square, o) in (0..y.nrows() / 16).flat_map(|s| (0..outputs).map(move |o| (s, o))) {
                let across = width / 4;
                let (row, column) = (square / across * 4, square % across * 4);
                let (picture, top) = (row / height, row % height);
                let mut sums = Array2::from_elem((4, 4), f64::from(b[[0, o]]));
                let mut magnitudes = sums.mapv(f64::abs);
                for c in 0..inputs {
                    let below = Array2::from_shape_fn((6, 6), |(i, j)| {
                        let (i, j) = ((top + i).wrapping_sub(1), (column + j).wrapping_sub(1));
                        if i >= height || j >= width {
                            return 0.0;
                        }
                        f64::from(x[[picture * pixels + i / times * size[1] + j / times, c]])
                    });
                    let weights = Array2::from_shape_fn((3, 3), |(i, j)| {
                        f64::from(w[[(3 * i + j) * inputs + c, o]])
                    });
                    for ((i, j), sum) in sums.indexed_iter_mut() {
                        *sum += (&below.slice(s![i..i + 3, j..j + 3]) * &weights).sum();
                    }
                    let d = bt.dot(&below.mapv(f64::abs)).dot(&bt.t());
                    let weights = g.dot(&weights.mapv(f64::abs)).dot(&g.t());
                    magnitudes += &at.dot(&(d * weights)).dot(&at.t());
                }
                for ((i, j), sum) in sums.indexed_iter() {
                    let found = f64::from(y[[(row + i) * width + column + j, o]]);
                    let bound = units * magnitudes[[i, j]];
                    assert!(
                        (found - sum).abs() <= bound,
                        "{found} for {sum} ± {bound:e}"
                    );
                }
            }
            // Whatever stands beside it, a picture's result has the same bits.
            let one = x.slice(s![pixels..2 * pixels, ..]).to_owned();
            let of_one = height * width;
            let alone = predicted(&parameters, layer, (&one, size));
            assert_eq!(y.slice(s![of_one..2 * of_one, ..]), alone);
        }
    }

    /// What was made of weights is made anew when they change, by whatever way.
    #[test]
    fn changed_weights_are_not_remembered() {
        let mut rng = Rng::new(12);
        let mut parameters = Parameters::new();
        let layer = parameters
            .conv2d("conv", 16, 16, &mut rng)
            .expect("a new name");
        let x = rng.standard_normal(16, 16).expect("a small matrix");
        let answer = |parameters: &Parameters| predicted(parameters, layer, (&x, [4, 4]));
        let before = answer(&parameters);
        let ways: [fn(&mut Parameters, Conv2d); 3] = [
            |parameters, layer| parameters.get_mut(layer.weight).fill(0.0),
            |parameters, _| parameters.values_mut().fill(0.0),
            |parameters, _| parameters.swap_values(&mut vec![0.0; parameters.count()]),
        ];
        for way in ways {
            let mut parameters = parameters.clone();
            assert_eq!(answer(&parameters), before);
            way(&mut parameters, layer);
            let bias = parameters.get(layer.bias)[[0, 0]];
            assert_eq!(
                answer(&parameters).column(0),
                Array2::from_elem((16, 1), bias).column(0)
            );
        }
    }
}
