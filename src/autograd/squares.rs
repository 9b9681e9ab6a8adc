//! Convolutions by squares of 4×4 pixels, at the points of [`winograd`](super::winograd).

use fearless_simd::{Simd, SimdBase, dispatch, f32x16};

use super::kernel::product_of_panels;
use super::math::SIMD;
use super::matrix::{Matrix, Start};
use super::vectors::LANES;
use super::winograd::{BELOW, POINTS, Pixels, Results, SIDE, Slopes, Ways, of_point};

/// Squares of pixels of some pictures.
#[derive(Clone, Copy)]
pub(super) struct Squares<'a> {
    /// Where each begins on the canvas and in the result.
    pub starts: &'a [[usize; 2]],
    /// Numbers from one line of pixels to the next, there and there.
    pub lines: [usize; 2],
    /// Inputs and outputs.
    pub channels: [usize; 2],
}

/// Most squares that are computed at once: one large picture has many.
pub(super) const AT_ONCE: usize = 128;

impl<'a> Squares<'a> {
    /// Numbers of memory for so many squares.
    pub fn scratch(count: usize, [inputs, outputs]: [usize; 2]) -> usize {
        let count = count.min(AT_ONCE);
        POINTS * (of_point(count, inputs) + of_point(count, outputs))
    }

    /// Numbers of one point, of pixels and of results.
    fn of_points(&self) -> [usize; 2] {
        let count = self.starts.len();
        self.channels.map(|channels| of_point(count, channels))
    }

    /// As many squares at once as there is memory for.
    pub fn parts(self) -> impl Iterator<Item = Squares<'a>> {
        let parts = self.starts.chunks(AT_ONCE);
        parts.map(move |starts| Squares { starts, ..self })
    }

    /// `y = start + patches of x · w`, from the weights at the points.
    pub fn convolve(
        &self,
        canvas: &[f32],
        w: &[f32],
        start: Start,
        y: &mut [f32],
        scratch: &mut [f32],
    ) {
        for part in self.parts() {
            part.convolve_part(canvas, w, start, y, scratch);
        }
    }

    fn convolve_part(
        &self,
        canvas: &[f32],
        w: &[f32],
        start: Start,
        y: &mut [f32],
        scratch: &mut [f32],
    ) {
        let count = self.starts.len();
        let [inputs, outputs] = self.channels;
        let [of_x, of_y] = self.of_points();
        let (xs, ys) = scratch.split_at_mut(POINTS * of_x);
        dispatch!(*SIMD, simd => self.pixels(simd, canvas, (&mut *xs, 0), of_x));
        let points = xs.chunks_exact(of_x).zip(ys.chunks_exact_mut(of_y));
        for ((x, y), w) in points.zip(w.chunks_exact(of_point(inputs, outputs))) {
            let x = Matrix::new(&x[..count * inputs], count, inputs);
            product_of_panels(x, &w[..inputs * outputs], &mut y[..count * outputs]);
        }
        dispatch!(*SIMD, simd => self.results(simd, ys, of_y, start, y));
    }

    /// Bᵀ·d·B of every square, to the places of squares from `at` on.
    #[inline(always)]
    pub fn pixels<S: Simd>(
        &self,
        simd: S,
        canvas: &[f32],
        (xs, at): (&mut [f32], usize),
        of_point: usize,
    ) {
        let inputs = self.channels[0];
        let mut ways = Ways::<S, BELOW, BELOW>::new(simd);
        for (square, [start, _]) in self.starts.iter().enumerate() {
            for c in (0..inputs).step_by(LANES) {
                let canvas = &canvas[*start + c..];
                for i in 0..BELOW {
                    for j in 0..BELOW {
                        let from = i * self.lines[0] + j * inputs;
                        ways.square[i][j] = f32x16::from_slice(simd, &canvas[from..][..LANES]);
                    }
                }
                ways.through::<Pixels>(simd);
                for point in 0..POINTS {
                    let to = point * of_point + (at + square) * inputs + c;
                    let value = ways.rows[point / BELOW][point % BELOW];
                    value.store_slice(&mut xs[to..][..LANES]);
                }
            }
        }
    }

    /// Start + Aᵀ·m·A of every square.
    #[inline(always)]
    fn results<S: Simd>(&self, simd: S, ys: &[f32], of_point: usize, start: Start, y: &mut [f32]) {
        let outputs = self.channels[1];
        let mut ways = Ways::<S, BELOW, SIDE>::new(simd);
        for (square, [_, first]) in self.starts.iter().enumerate() {
            for c in (0..outputs).step_by(LANES) {
                ways.take(simd, &ys[square * outputs + c..], of_point);
                ways.through::<Results>(simd);
                for i in 0..SIDE {
                    for j in 0..SIDE {
                        let to = *first + i * self.lines[1] + j * outputs + c;
                        let to = &mut y[to..][..LANES];
                        let before = match start {
                            Start::Zero => f32x16::splat(simd, 0.0),
                            Start::Add => f32x16::from_slice(simd, to),
                            Start::Row(row) => f32x16::from_slice(simd, &row[c..][..LANES]),
                        };
                        (before + ways.rows[i][j]).store_slice(to);
                    }
                }
            }
        }
    }

    /// A·dY·Aᵀ of every square, likewise.
    #[inline(always)]
    pub fn slopes<S: Simd>(
        &self,
        simd: S,
        dy: &[f32],
        (ys, at): (&mut [f32], usize),
        of_point: usize,
    ) {
        let outputs = self.channels[1];
        let mut ways = Ways::<S, SIDE, BELOW>::new(simd);
        for (square, [_, first]) in self.starts.iter().enumerate() {
            for c in (0..outputs).step_by(LANES) {
                for i in 0..SIDE {
                    for j in 0..SIDE {
                        let from = *first + i * self.lines[1] + j * outputs + c;
                        ways.square[i][j] = f32x16::from_slice(simd, &dy[from..][..LANES]);
                    }
                }
                ways.through::<Slopes>(simd);
                for point in 0..POINTS {
                    let to = point * of_point + (at + square) * outputs + c;
                    let value = ways.rows[point / BELOW][point % BELOW];
                    value.store_slice(&mut ys[to..][..LANES]);
                }
            }
        }
    }
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
    /// rounded 6 times in pixels, 8 in weights (their factors, too, are rounded), a result 7 times more, once for each
    /// input and once where one may stand already, each time by half a unit in the last place of no more than what all
    /// magnitudes sum up to.
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
            let (times, across) = (height / size[0], width / 4);
            let (w, b) = (parameters.get(layer.weight), parameters.get(layer.bias));
            let [bt, g, at] = matrices().map(|m| m.mapv(f64::abs));
            let units = (inputs + 22) as f64 * f64::from(f32::EPSILON) / 2.0;
            for (square, o) in (0..y.nrows() / 16).flat_map(|s| (0..outputs).map(move |o| (s, o))) {
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
