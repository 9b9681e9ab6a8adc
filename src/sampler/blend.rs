//! A sampler's step, as the paper writes it: a sum of x_t, x̂0 and noise.

use std::ops::{Add, Div, Mul, Sub};

use crate::parallel::*;

use crate::rng::{CHUNK, PARALLEL};

/// A weighted sum of what a step may use: x_t, x̂0, one other x̂0, and fresh noise z ~ N(0, I).
///
/// The samplers write their formulas with [`X_T`], [`X0`], [`X0_OTHER`] and [`Z`] and plain arithmetic; what
/// comes out are four numbers, in f64, and one pass over the batch applies them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Blend {
    pub x_t: f64,
    pub x0: f64,
    pub x0_other: f64,
    pub z: f64,
}

const NOTHING: Blend = Blend {
    x_t: 0.0,
    x0: 0.0,
    x0_other: 0.0,
    z: 0.0,
};

/// The batch before the step.
pub(super) const X_T: Blend = Blend {
    x_t: 1.0,
    ..NOTHING
};
/// x̂0, from the denoiser at x_t.
pub(super) const X0: Blend = Blend { x0: 1.0, ..NOTHING };
/// Another x̂0: of the step before (DPM-Solver++), or of the step's own trial end (Heun).
pub(super) const X0_OTHER: Blend = Blend {
    x0_other: 1.0,
    ..NOTHING
};
/// Fresh noise.
pub(super) const Z: Blend = Blend { z: 1.0, ..NOTHING };

impl Add for Blend {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            x_t: self.x_t + other.x_t,
            x0: self.x0 + other.x0,
            x0_other: self.x0_other + other.x0_other,
            z: self.z + other.z,
        }
    }
}

impl Mul<Blend> for f64 {
    type Output = Blend;

    fn mul(self, sum: Blend) -> Blend {
        Blend {
            x_t: self * sum.x_t,
            x0: self * sum.x0,
            x0_other: self * sum.x0_other,
            z: self * sum.z,
        }
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

/// What a [`Blend`] is a sum of, beside the batch: x̂0, the other x̂0, and noise if the step has any.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub x0: &'a [f32],
    pub x0_other: &'a [f32],
    pub z: Option<&'a [f32]>,
}

impl Blend {
    /// Replaces every element of the batch `x` by the sum; all slices are as long as it.
    pub fn apply(self, x: &mut [f32], parts: Parts) {
        if x.len() < PARALLEL {
            return self.apply_serial(x, parts);
        }
        x.par_chunks_mut(CHUNK).enumerate().for_each(|(i, x)| {
            let range = i * CHUNK..i * CHUNK + x.len();
            let part = Parts {
                x0: &parts.x0[range.clone()],
                x0_other: &parts.x0_other[range.clone()],
                z: parts.z.map(|z| &z[range]),
            };
            self.apply_serial(x, part);
        });
    }

    fn apply_serial(self, x: &mut [f32], parts: Parts) {
        let (a, b, c) = (self.x_t as f32, self.x0 as f32, self.x0_other as f32);
        for ((x, x0), other) in x.iter_mut().zip(parts.x0).zip(parts.x0_other) {
            *x = a * *x + b * x0 + c * other;
        }
        if let Some(z) = parts.z {
            let d = self.z as f32;
            x.iter_mut().zip(z).for_each(|(x, z)| *x += d * z);
        }
    }
}
