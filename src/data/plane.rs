//! Data sets in the plane: moons, rolled-up curves, a checkerboard; and how one is drawn.

use std::f64::consts::{FRAC_1_PI, PI};

use ndarray::Array2;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use crate::check;
use crate::error::Result;
use crate::rng::Rng;

/// Standard deviation of the noise, where a moon's radius is 1.
const NOISE: f64 = 0.05;

/// Two moons: half circles of radius 1 that reach into each other; shape (n, 2).
///
/// With θ uniform in [0, π], half of the points are (cos θ, sin θ), half (1 − cos θ, ½ − sin θ), with
/// N(0, 0.05²) added to both coordinates: the law of scikit-learn's `make_moons(noise=0.05)`, but for
/// which moon a point belongs to, which is drawn here. That has mean (½, ¼) and variances ¾ + 0.05² and
/// 9/16 − 1/π + 0.05²; the points are moved and scaled, each coordinate on its own, to mean 0 and
/// variance 1.
///
/// # Errors
/// [`Error::Empty`](crate::Error::Empty) for `n` = 0; [`Error::Size`](crate::Error::Size) for more points than
/// memory can hold.
pub fn moons(n: usize, rng: &mut Rng) -> Result<Array2<f32>> {
    let noise = NOISE * NOISE;
    let std = [0.75 + noise, 0.5625 - FRAC_1_PI + noise].map(f64::sqrt);
    draw(n, rng, [0.5, 0.25], std, |rng| {
        let (sin, cos) = libm::sincos(PI * rng.random::<f64>());
        let upper: bool = rng.random();
        let point = if upper {
            [cos, sin]
        } else {
            [1.0 - cos, 0.5 - sin]
        };
        blurred(point, NOISE, rng)
    })
}

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
/// As [`moons`].
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
/// As [`moons`].
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

/// The black squares of a board of 4 × 4, filled evenly; shape (n, 2).
///
/// Uniform on the 8 unit squares of [−2, 2)² in which ⌊x⌋ + ⌊y⌋ is even: a density with sharp edges. Each
/// coordinate alone is uniform, with mean 0 and variance 4/3; the points are scaled by √¾ to variance 1.
///
/// # Errors
/// As [`moons`].
pub fn checkerboard(n: usize, rng: &mut Rng) -> Result<Array2<f32>> {
    let std = (4.0_f64 / 3.0).sqrt();
    draw(n, rng, [0.0, 0.0], [std, std], |rng| {
        let column = rng.random_range(0..4);
        // In even columns the black squares are rows 0 and 2, in odd ones 1 and 3.
        let row = 2 * rng.random_range(0..2) + column % 2;
        [column, row].map(|square| f64::from(square) - 2.0 + rng.random::<f64>())
    })
}

/// A point of the plane.
pub(super) type Point = [f64; 2];

/// `n` independent points, each from `point` and then moved and scaled: (point − mean) / std.
pub(super) fn draw(
    n: usize,
    rng: &mut Rng,
    mean: Point,
    std: Point,
    point: impl Fn(&mut Rng) -> Point + Sync,
) -> Result<Array2<f32>> {
    check_number(n)?;
    let values = rng.rows(n, 2, |_, row, rng| {
        let drawn = point(rng);
        for axis in 0..2 {
            row[axis] = ((drawn[axis] - mean[axis]) / std[axis]) as f32;
        }
    });
    Ok(Array2::from_shape_vec((n, 2), values).expect("n points"))
}

/// Refuses no points, and more of them than memory can hold.
pub(super) fn check_number(n: usize) -> Result<()> {
    check::not_empty("a data set of n = 0 points", n)?;
    check::elements::<f32>("points", &[n, 2]).map(|_| ())
}

/// `point` with N(0, std²) added to both coordinates.
fn blurred(point: Point, std: f64, rng: &mut Rng) -> Point {
    point.map(|x| {
        let z: f64 = StandardNormal.sample(rng);
        x + std * z
    })
}
