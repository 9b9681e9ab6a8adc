//! Gaussians in two heaps, on a circle and on a grid: data with modes whose distribution is known exactly.

use std::f64::consts::{SQRT_2, TAU};

use ndarray::{Array1, Array2};
use rand_distr::{Distribution, StandardNormal};

use super::plane::check_number;
use crate::check;
use crate::error::Result;
use crate::mixture::Mixture;
use crate::rng::Rng;

/// The chapter's 400 points: 200 from N(−2, 0.3²), then 200 from N(2, 0.3²); shape (400).
///
/// Exactly half of the points are in each mode, as in the chapter; [`Mixture::bimodal`](crate::Mixture::bimodal) is the
/// distribution behind them, of which [`sample`](crate::Mixture::sample) draws any number.
pub fn bimodal(rng: &mut Rng) -> Array1<f32> {
    (0..400)
        .map(|i| {
            let center = if i < 200 { -2.0 } else { 2.0 };
            let z: f64 = StandardNormal.sample(rng);
            (center + 0.3 * z) as f32
        })
        .collect()
}

/// `n` points of 8 Gaussians on a circle of radius √2, each of standard deviation σ = 0.05·√2; shape (n, 2).
///
/// The circle of radius 1 with σ = 0.05, times √2, which makes the variance 1.005 in both coordinates. The
/// exact distribution is [`ring_mixture`]; other radii and widths: [`ring_mixture_with`].
///
/// # Errors
/// [`Error::Empty`](crate::Error::Empty) for `n` = 0; [`Error::Size`](crate::Error::Size) for more points than memory can hold.
pub fn ring(n: usize, rng: &mut Rng) -> Result<Array2<f32>> {
    check_number(n)?;
    ring_mixture().sample(n, rng)
}

/// The exact distribution of [`ring`].
pub fn ring_mixture() -> Mixture {
    ring_mixture_with(SQRT_2, 0.05 * SQRT_2).expect("both are positive")
}

/// 8 Gaussians on a circle, evenly spaced, the first at (`radius`, 0): equal weights, each round with
/// standard deviation `sigma`. Mean 0, variance `radius`²/2 + `sigma`² in both coordinates.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) unless both are positive and finite.
pub fn ring_mixture_with(radius: f64, sigma: f64) -> Result<Mixture> {
    check_length("radius", radius)?;
    let means = Array2::from_shape_fn((8, 2), |(k, axis)| {
        let (sin, cos) = libm::sincos(TAU * k as f64 / 8.0);
        radius * if axis == 0 { cos } else { sin }
    });
    Mixture::isotropic(&means, sigma)
}

/// `n` points of 25 Gaussians on a grid, whose spacing is 40 times their standard deviation; shape (n, 2).
///
/// The grid of PacGAN's experiments (Lin et al. 2018: spacing 2, σ = 0.05), scaled to variance 1: spacing
/// 0.7070, σ = 0.01767. The exact distribution is [`grid_mixture`]; others: [`grid_mixture_with`].
///
/// # Errors
/// As [`ring`].
pub fn grid(n: usize, rng: &mut Rng) -> Result<Array2<f32>> {
    check_number(n)?;
    grid_mixture().sample(n, rng)
}

/// The exact distribution of [`grid`].
pub fn grid_mixture() -> Mixture {
    let std = (2.0 * 2.0_f64.powi(2) + 0.05_f64.powi(2)).sqrt();
    grid_mixture_with(2.0 / std, 0.05 / std).expect("both are positive")
}

/// 25 Gaussians in 5 rows and 5 columns, `spacing` apart and centred at 0: equal weights, each round with
/// standard deviation `sigma`. Mean 0, variance 2·`spacing`² + `sigma`² in both coordinates.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) unless both are positive and finite.
pub fn grid_mixture_with(spacing: f64, sigma: f64) -> Result<Mixture> {
    check_length("spacing", spacing)?;
    let means = Array2::from_shape_fn((25, 2), |(k, axis)| {
        let step = if axis == 0 { k / 5 } else { k % 5 };
        spacing * (step as f64 - 2.0)
    });
    Mixture::isotropic(&means, sigma)
}

fn check_length(name: &'static str, value: f64) -> Result<()> {
    let fine = value > 0.0 && value.is_finite();
    check::parameter(name, value, fine, "positive and finite")
}
