//! What chance alone gives: the distance between two samples of the real data.

use std::ops::Range;

use ndarray::{Array2, Axis};
use rand::seq::SliceRandom;

use super::estimate::{Estimate, over_seeds};
use crate::error::{Error, Result};
use crate::rng::Rng;

/// The floor of a distance: for each seed, `distance` between two independent samples of the real data that
/// `draw` draws, both of the size of the generated samples. A perfect generator reaches this, none beats it.
///
/// Both closures get the generator of the seed; `distance` needs it only if it is random itself.
///
/// ```
/// use diffusion_intuition::prelude::*;
///
/// let floor = metrics::floor(
///     0..10,
///     |rng| data::moons(500, rng),
///     |a, b, rng| metrics::sliced_wasserstein(a, b, 64, rng),
/// )?;
/// assert!(floor.mean > 0.02); // 500 points of the very same distribution are no closer than this
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// The first error of `draw` and `distance`; what [`Estimate::of`] returns.
pub fn floor(
    seeds: Range<u64>,
    mut draw: impl FnMut(&mut Rng) -> Result<Array2<f32>>,
    mut distance: impl FnMut(&Array2<f32>, &Array2<f32>, &mut Rng) -> Result<f64>,
) -> Result<Estimate> {
    over_seeds(seeds, |rng| {
        let (a, b) = (draw(rng)?, draw(rng)?);
        distance(&a, &b, rng)
    })
}

/// The [`floor`] of data of which there is only an array: for each seed, `distance` between two sets of `n`
/// different rows, drawn without replacement, none of them in both sets.
///
/// With few rows the sets of different seeds overlap: the standard error is then too small. It is that of
/// this array, not of the distribution behind it.
///
/// # Errors
/// [`Error::Shape`] if there are fewer than 2`n` rows; [`Error::Parameter`] for `n` = 0; the first error of
/// `distance`; what [`Estimate::of`] returns.
pub fn floor_of_rows(
    seeds: Range<u64>,
    rows: &Array2<f32>,
    n: usize,
    mut distance: impl FnMut(&Array2<f32>, &Array2<f32>, &mut Rng) -> Result<f64>,
) -> Result<Estimate> {
    if n == 0 {
        return Err(Error::Parameter {
            name: "n",
            value: 0.0,
            valid: "at least 1",
        });
    }
    if n > rows.nrows() / 2 {
        return Err(Error::Shape {
            what: "rows to be split in two",
            expected: vec![n.saturating_mul(2), rows.ncols()],
            found: rows.shape().to_vec(),
        });
    }
    over_seeds(seeds, |rng| {
        let mut order: Vec<usize> = (0..rows.nrows()).collect();
        let (chosen, _) = order.partial_shuffle(rng, 2 * n);
        let [a, b] = [&chosen[..n], &chosen[n..]].map(|rows_of| rows.select(Axis(0), rows_of));
        distance(&a, &b, rng)
    })
}
