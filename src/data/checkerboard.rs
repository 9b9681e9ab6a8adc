//! A checkerboard.

use ndarray::Array2;
use rand::RngExt;

use super::draw;
use crate::error::Result;
use crate::rng::Rng;

/// The black squares of a board of 4 × 4, filled evenly; shape (n, 2).
///
/// Uniform on the 8 unit squares of [−2, 2)² in which ⌊x⌋ + ⌊y⌋ is even: a density with sharp edges. Each
/// coordinate alone is uniform, with mean 0 and variance 4/3; the points are scaled by √¾ to variance 1.
///
/// # Errors
/// [`Error::Empty`](crate::Error::Empty) for `n` = 0; [`Error::Size`](crate::Error::Size) for more points than
/// memory can hold.
pub fn checkerboard(n: usize, rng: &mut Rng) -> Result<Array2<f32>> {
    let std = (4.0_f64 / 3.0).sqrt();
    draw(n, rng, [0.0, 0.0], [std, std], |rng| {
        let column = rng.random_range(0..4);
        // In even columns the black squares are rows 0 and 2, in odd ones 1 and 3.
        let row = 2 * rng.random_range(0..2) + column % 2;
        [column, row].map(|square| f64::from(square) - 2.0 + rng.random::<f64>())
    })
}
