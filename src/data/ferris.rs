//! Ferris, the crab: a drawing as a distribution. From ellipses, thick lines and wedges, all our own.
//!
//! The drawing is symmetric, so all shapes are given for its right half, x ≥ 0.

use std::f64::consts::PI;

use ndarray::Array2;
use rand::RngExt;

use super::plane::{Point, draw};
use crate::error::Result;
use crate::rng::Rng;

/// The drawing lies within |x| < REACH[0] and LOW < y < REACH[1].
const REACH: Point = [2.4, 2.6];
const LOW: f64 = -2.2;

/// Mean and standard deviations of the drawing, by the midpoint rule on a grid of spacing 0.001.
const MEAN: Point = [0.0, 0.30292];
const STD: Point = [1.30326, 1.03482];

/// Half axes of the shell.
const SHELL: Point = [1.55, 1.2];

/// Arms and legs: both ends and half the width of each part.
const ARM: [(Point, Point, f64); 2] = [
    ([1.25, 0.15], [1.85, 0.55], 0.17),
    ([1.85, 0.55], [1.85, 1.1], 0.17),
];
const LEGS: [(Point, Point, f64); 6] = [
    ([1.3, -0.35], [1.9, -0.38], 0.12),
    ([1.9, -0.38], [2.2, -1.0], 0.11),
    ([1.0, -0.75], [1.5, -1.0], 0.12),
    ([1.5, -1.0], [1.7, -1.6], 0.11),
    ([0.6, -0.95], [0.88, -1.4], 0.12),
    ([0.88, -1.4], [0.9, -2.0], 0.11),
];

/// Ferris, the crab: evenly spread over shell, claws and legs, with eyes and a smile left out; shape (n, 2).
///
/// The density is the same everywhere on the drawing and 0 beside it. Points are moved and scaled, each
/// coordinate on its own, to mean 0 and variance 1 (to 1e-5).
///
/// # Errors
/// As [`moons`](super::moons).
pub fn ferris(n: usize, rng: &mut Rng) -> Result<Array2<f32>> {
    draw(n, rng, MEAN, STD, |rng| {
        // Even in the box around the drawing, until a point hits it: 4 of 10 do.
        loop {
            let x = REACH[0] * (2.0 * rng.random::<f64>() - 1.0);
            let y = LOW + (REACH[1] - LOW) * rng.random::<f64>();
            if is_inside([x.abs(), y]) {
                return [x, y];
            }
        }
    })
}

fn is_inside(p: Point) -> bool {
    is_body(p)
        || is_claw(p)
        || is_limb(&ARM, p)
        || is_limb(&LEGS, p) && !in_ellipse(p, [0.0, 0.0], SHELL)
}

/// The shell, spiky above, without the whites of the eyes and the mouth.
fn is_body(p: Point) -> bool {
    let [x, y] = [p[0] / SHELL[0], p[1] / SHELL[1]];
    let spikes = 7.0 * y.atan2(x) / PI + 0.5;
    let edge = if y > 0.0 {
        1.0 + 0.18 * (2.0 * spikes.rem_euclid(1.0) - 1.0).abs()
    } else {
        1.0
    };
    let white =
        in_ellipse(p, [0.54, 0.36], [0.36, 0.36]) && !in_ellipse(p, [0.47, 0.31], [0.17, 0.17]);
    let mouth = p[1] < -0.32 && in_ellipse(p, [0.0, -0.32], [0.6, 0.5]);
    x.hypot(y) < edge && !white && !mouth
}

/// An ellipse out of which a wedge is cut, open upwards and a little inwards.
fn is_claw(p: Point) -> bool {
    let center = [1.7, 1.75];
    let [x, y] = [p[0] - center[0], p[1] - center[1]];
    let length = 0.25_f64.hypot(1.0);
    let along = (-0.25 * x + y) / length + 0.15;
    let across = (x + 0.25 * y) / length;
    in_ellipse(p, center, [0.62, 0.75]) && across.abs() >= 0.42 * along
}

fn is_limb(parts: &[(Point, Point, f64)], p: Point) -> bool {
    parts.iter().any(|(a, b, half_width)| {
        let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
        let [x, y] = [p[0] - a[0], p[1] - a[1]];
        let nearest = ((x * dx + y * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
        (x - nearest * dx).hypot(y - nearest * dy) < *half_width
    })
}

fn in_ellipse(p: Point, center: Point, half_axes: Point) -> bool {
    let x = (p[0] - center[0]) / half_axes[0];
    let y = (p[1] - center[1]) / half_axes[1];
    x * x + y * y < 1.0
}
