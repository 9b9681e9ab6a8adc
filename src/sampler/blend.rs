//! A sampler's step, as the paper writes it: a sum of x_t, x̂0 and noise.

use std::array;
use std::ops::{Add, Div, Mul, Sub};

use ndarray::Array2;

use crate::parallel::*;
use crate::rng::{CHUNK, PARALLEL};

/// A weighted sum of [`X_T`], [`X0`], [`X0_OTHER`] and [`Z`], all that a step may use.
///
/// Solvers write their formulas with these and plain arithmetic; what comes out are four numbers, in f64, and
/// one pass over the batch applies them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blend([f64; 4]);

/// The batch before the step.
pub const X_T: Blend = Blend([1.0, 0.0, 0.0, 0.0]);
/// x̂0, from the denoiser at x_t.
pub const X0: Blend = Blend([0.0, 1.0, 0.0, 0.0]);
/// Another x̂0: of the step before, or from where the step [looked ahead](super::Interval::look_ahead).
pub const X0_OTHER: Blend = Blend([0.0, 0.0, 1.0, 0.0]);
/// Fresh noise z ~ N(0, I).
pub const Z: Blend = Blend([0.0, 0.0, 0.0, 1.0]);

impl Add for Blend {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(array::from_fn(|i| self.0[i] + other.0[i]))
    }
}

impl Mul<Blend> for f64 {
    type Output = Blend;

    fn mul(self, sum: Blend) -> Blend {
        Blend(sum.0.map(|weight| self * weight))
    }
}

impl Sub for Blend {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -1.0 * other
    }
}

impl Div<f64> for Blend {
    type Output = Self;

    fn div(self, divisor: f64) -> Self {
        (1.0 / divisor) * self
    }
}

impl Blend {
    /// Whether fresh noise has any weight.
    pub(super) fn is_noisy(self) -> bool {
        self.0[3] != 0.0
    }

    /// Replaces every element of the batch `x` by the sum, of which x̂0, the other x̂0 and z are the `parts`: as
    /// long as `x`, or empty where the weight is 0.
    pub(super) fn apply(self, x: &mut Array2<f32>, parts: [&[f32]; 3]) {
        let [own, weights @ ..] = self.0.map(|weight| weight as f32);
        let work = |(i, x): (usize, &mut [f32])| {
            x.iter_mut().for_each(|x| *x *= own);
            for (weight, part) in weights.into_iter().zip(parts) {
                if weight != 0.0 {
                    let part = part.get(i * CHUNK..).unwrap_or_default();
                    x.iter_mut().zip(part).for_each(|(x, p)| *x += weight * p);
                }
            }
        };
        let x = x.as_slice_mut().expect("made in row-major order");
        if x.len() < PARALLEL {
            x.chunks_mut(CHUNK).enumerate().for_each(work);
        } else {
            x.par_chunks_mut(CHUNK).enumerate().for_each(work);
        }
    }
}

/// A batch as a part.
pub(super) fn flat(x: &Array2<f32>) -> &[f32] {
    x.as_slice().expect("made in row-major order")
}
