//! Rolled-up curves: Swiss roll and spiral. Both are Archimedean: the radius is the angle in radians.

use std::f64::consts::PI;

use ndarray::Array2;
use rand::RngExt;

use super::{blurred, draw};
use crate::error::Result;
use crate::rng::Rng;

/// Standard deviation of the Swiss roll's noise, where its turns are 2π apart.
const ROLL_NOISE: f64 = 0.3;

/// Standard deviation of the spiral's noise, where its arms are π apart.
const SPIRAL_NOISE: f64 = 0.2;

/// Swiss roll in two dimensions: one curve of one and a half turns; shape (n, 2).
///
/// (θ cos θ, θ sin θ) with θ uniform in [3π/2, 9π/2], so that the points thin out towards the outer end,
/// with N(0, 0.3²) added to both coordinates: the law of columns 0 and 2 of scikit-learn's
/// `make_swiss_roll(noise=0.3)` (Marsland 2009). That has mean (2, 2/(3π)) and variances 39π²/8 − 17/4 + 0.3²
/// and 39π²/8 + ¼ − 4/(9π²) + 0.3²; the points are moved and scaled, each coordinate on its own, to mean
/// 0 and variance 1.
///
/// # Errors
/// [`Error::Empty`](crate::Error::Empty) for `n` = 0; [`Error::Size`](crate::Error::Size) for more points than
/// memory can hold.
pub fn swiss_roll(n: usize, rng: &mut Rng) -> Result<Array2<f32>> {
    let mean = [2.0, 2.0 / (3.0 * PI)];
    let common = 39.0 / 8.0 * PI * PI + ROLL_NOISE * ROLL_NOISE;
    let std = [common - 0.25 - 4.0, common + 0.25 - mean[1] * mean[1]].map(f64::sqrt);
    draw(n, rng, mean, std, |rng| {
        let angle = PI * (1.5 + 3.0 * rng.random::<f64>());
        let (sin, cos) = libm::sincos(angle);
        blurred([angle * cos, angle * sin], ROLL_NOISE, rng)
    })
}

/// Spiral of two arms, each of one and a half turns; shape (n, 2).
///
/// ±(θ cos θ, θ sin θ), each sign for half of the points, with θ = 3π√u, u uniform in [0, 1): away from the
/// centre, points are evenly spread along the arms. N(0, 0.2²) is added to both coordinates. That has mean
/// 0 and variances 9π²/4 ± ¾ + 0.2²; the points are scaled, each coordinate on its own, to variance 1.
/// (Lang & Witbrock 1988 made two intertwined spirals a benchmark; the numbers are ours.)
///
/// # Errors
/// [`Error::Empty`](crate::Error::Empty) for `n` = 0; [`Error::Size`](crate::Error::Size) for more points than
/// memory can hold.
pub fn spiral(n: usize, rng: &mut Rng) -> Result<Array2<f32>> {
    let common = 2.25 * PI * PI + SPIRAL_NOISE * SPIRAL_NOISE;
    let std = [common + 0.75, common - 0.75].map(f64::sqrt);
    draw(n, rng, [0.0, 0.0], std, |rng| {
        let angle = 3.0 * PI * rng.random::<f64>().sqrt();
        let radius = if rng.random() { angle } else { -angle };
        let (sin, cos) = libm::sincos(angle);
        blurred([radius * cos, radius * sin], SPIRAL_NOISE, rng)
    })
}
