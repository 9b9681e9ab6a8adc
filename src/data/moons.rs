//! Two moons.

use std::f64::consts::{FRAC_1_PI, PI};

use ndarray::Array2;
use rand::RngExt;

use super::{blurred, draw};
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
