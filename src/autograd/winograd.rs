//! 3×3 convolutions with a quarter of the multiplications.
//!
//! Four numbers and three weights in a line, multiplied as polynomials are, give six. A product of polynomials is known
//! from its values at as many points, where it costs one multiplication each: here at 0, ±1, ±2 and ∞. A convolution,
//! which makes four results of six pixels and three weights, is that turned round (its transpose), and costs as many. So
//! 4×4 pixels of a result take 6·6 = 36 multiplications instead of 4·4·9 = 144, and a layer is 36 products of matrices,
//! one a point ([`Squares`](super::squares::Squares)):
//!
//! Y = Aᵀ\[(G g Gᵀ) ⊙ (Bᵀ d B)\]A, with the pixels d, the weights g and the three matrices of F(4×4, 3×3) in Lavin &
//! Gray 2016, "Fast algorithms for convolutional neural networks". The derivative for g is this turned round:
//! Gᵀ\[(A dY Aᵀ) ⊙ (Bᵀ d B)\]G.
//!
//! A row of Bᵀ adds up to ten times a pixel, one of Aᵀ nineteen times a product: what is left of their differences is
//! rounded more than a plain sum is, on normal numbers by about one digit. On one core of an AMD EPYC of family 25 the
//! U-Net of section 8 predicts twice as fast as by plain sums, and trains 1.4 times with 64 pictures a step
//! (`cargo bench --bench pictures`).
#![expect(
    clippy::needless_range_loop,
    reason = "the compiler keeps vectors in registers when they are indexed, not when they are iterated over"
)]

use fearless_simd::{Simd, SimdBase, dispatch, f32x16};

use super::kernel::place_in_panels;
use super::math::SIMD;
use super::vectors::LANES;

/// Pixels of a side of a square of the result.
pub(super) const SIDE: usize = 4;

/// Pixels of a side of what lies below it, and points of a line.
pub(super) const BELOW: usize = SIDE + 2;

/// Points in the plane.
pub(super) const POINTS: usize = BELOW * BELOW;

/// Taps of a side.
const TAPS: usize = 3;

/// One of the matrices, times a line of `N` vectors.
pub(super) trait Line<const N: usize, const M: usize> {
    fn line<S: Simd>(simd: S, line: [f32x16<S>; N]) -> [f32x16<S>; M];
}

/// Squares of vectors on the way through a matrix: made once for many squares, since to clear them each time took a
/// fifteenth of a training step.
pub(super) struct Ways<S: Simd, const N: usize, const M: usize> {
    /// What the matrix is to be multiplied with from both sides.
    pub square: [[f32x16<S>; N]; N],
    half: [[f32x16<S>; N]; M],
    /// The result.
    pub rows: [[f32x16<S>; M]; M],
}

impl<S: Simd, const N: usize, const M: usize> Ways<S, N, M> {
    #[inline(always)]
    pub fn new(simd: S) -> Self {
        let zero = f32x16::splat(simd, 0.0);
        Self {
            square: [[zero; N]; N],
            half: [[zero; N]; M],
            rows: [[zero; M]; M],
        }
    }

    /// Takes a vector of each of the square's matrices, which lie so many numbers apart.
    #[inline(always)]
    pub fn take(&mut self, simd: S, from: &[f32], apart: usize) {
        for i in 0..N * N {
            let from = &from[i * apart..][..LANES];
            self.square[i / N][i % N] = f32x16::from_slice(simd, from);
        }
    }

    /// The matrix times the square times the matrix turned.
    #[inline(always)]
    pub fn through<L: Line<N, M>>(&mut self, simd: S) {
        for j in 0..N {
            let mut column = [self.square[0][j]; N];
            for i in 1..N {
                column[i] = self.square[i][j];
            }
            let column = L::line(simd, column);
            for i in 0..M {
                self.half[i][j] = column[i];
            }
        }
        for i in 0..M {
            self.rows[i] = L::line(simd, self.half[i]);
        }
    }
}

#[inline(always)]
fn times<S: Simd>(simd: S, x: f32x16<S>, by: f32) -> f32x16<S> {
    x * f32x16::splat(simd, by)
}

/// Bᵀ: what six pixels are for the products at the points.
pub(super) struct Pixels;

impl Line<BELOW, BELOW> for Pixels {
    #[inline(always)]
    fn line<S: Simd>(simd: S, d: [f32x16<S>; BELOW]) -> [f32x16<S>; BELOW] {
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
}

/// Aᵀ: four results from the products at the points.
pub(super) struct Results;

impl Line<BELOW, SIDE> for Results {
    #[inline(always)]
    fn line<S: Simd>(simd: S, m: [f32x16<S>; BELOW]) -> [f32x16<S>; SIDE] {
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
}

/// A: four derivatives of results at the points.
pub(super) struct Slopes;

impl Line<SIDE, BELOW> for Slopes {
    #[inline(always)]
    fn line<S: Simd>(simd: S, d: [f32x16<S>; SIDE]) -> [f32x16<S>; BELOW] {
        let [two, four, eight] = [2.0, 4.0, 8.0].map(|by| f32x16::splat(simd, by));
        let ones = (d[0] + d[2], d[1] + d[3]);
        let twos = (d[0] + four * d[2], two * d[1] + eight * d[3]);
        [
            d[0],
            ones.0 + ones.1,
            ones.0 - ones.1,
            twos.0 + twos.1,
            twos.0 - twos.1,
            d[3],
        ]
    }
}

/// G: three weights at the points, divided by the product of a point's differences from the others.
struct Weights;

impl Line<TAPS, BELOW> for Weights {
    #[inline(always)]
    fn line<S: Simd>(simd: S, [a, b, c]: [f32x16<S>; TAPS]) -> [f32x16<S>; BELOW] {
        let ones = (times(simd, a + c, -1.0 / 6.0), times(simd, b, 1.0 / 6.0));
        let twos = times(simd, a, 1.0 / 24.0) + times(simd, c, 1.0 / 6.0);
        let twos = (twos, times(simd, b, 1.0 / 12.0));
        [
            times(simd, a, 0.25),
            ones.0 - ones.1,
            ones.0 + ones.1,
            twos.0 + twos.1,
            twos.0 - twos.1,
            c,
        ]
    }
}

/// Gᵀ: the derivatives of three weights from those at the points.
struct WeightSlopes;

impl Line<BELOW, TAPS> for WeightSlopes {
    #[inline(always)]
    fn line<S: Simd>(simd: S, u: [f32x16<S>; BELOW]) -> [f32x16<S>; TAPS] {
        let ones = times(simd, u[1] + u[2], -1.0 / 6.0);
        let twos = u[3] + u[4];
        let odd = times(simd, u[2] - u[1], 1.0 / 6.0) + times(simd, u[3] - u[4], 1.0 / 12.0);
        [
            times(simd, u[0], 0.25) + ones + times(simd, twos, 1.0 / 24.0),
            odd,
            ones + times(simd, twos, 1.0 / 6.0) + u[5],
        ]
    }
}

/// Numbers from one point's matrix to the next one's: a vector more than it has, or those of all points would often lie a
/// power of two apart, and push each other out of a cache.
pub(super) fn of_point(rows: usize, cols: usize) -> usize {
    rows * cols + LANES
}

/// Writes G·g·Gᵀ of (9·inputs, outputs) weights, for every pair of channels: a matrix (inputs, outputs) a point, in
/// panels, [`of_point`] numbers apart.
pub(super) fn weights_at_points(w: &[f32], channels: [usize; 2], at_points: &mut [f32]) {
    dispatch!(*SIMD, simd => {
        let [pairs, apart] = [channels[0] * channels[1], of_point(channels[0], channels[1])];
        let mut ways = Ways::new(simd);
        for first in (0..pairs).step_by(LANES) {
            ways.take(simd, &w[first..], pairs);
            ways.through::<Weights>(simd);
            let place = place_in_panels(simd, first, channels);
            for i in 0..POINTS {
                let to = &mut at_points[i * apart + place..][..LANES];
                ways.rows[i / BELOW][i % BELOW].store_slice(to);
            }
        }
    });
}

/// `dw = start + Gᵀ·du·G`, for derivatives at the points, [`of_point`] numbers apart: of some rows of every tap's matrix,
/// the same for each.
pub(super) fn gradient_of_weights(du: &[f32], adds: bool, dw: &mut [&mut [f32]]) {
    dispatch!(*SIMD, simd => {
        let apart = du.len() / POINTS;
        let mut ways = Ways::new(simd);
        for first in (0..apart - LANES).step_by(LANES) {
            ways.take(simd, &du[first..], apart);
            ways.through::<WeightSlopes>(simd);
            for i in 0..TAPS * TAPS {
                let to = &mut dw[i][first..][..LANES];
                let mut value = ways.rows[i / TAPS][i % TAPS];
                if adds {
                    value = f32x16::from_slice(simd, to) + value;
                }
                value.store_slice(to);
            }
        }
    });
}
