//! Generated rows against held-out ones, and what chance alone gives: the distance between two samples of the real
//! data.

use std::ops::Range;

use ndarray::{Array2, Axis};
use rand::seq::SliceRandom;

use super::uncertainty::{Estimate, check_seeds, over_seeds};
use super::wasserstein::{sliced_wasserstein, wasserstein_two_sample};
use crate::check;
use crate::error::Result;
use crate::rng::Rng;

/// Directions of the sliced distance.
const PROJECTIONS: usize = 64;

/// One distance between generated and held-out rows, with its floor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The 0-based column whose W₁ this is; `None` for the sliced W₁ of all columns together.
    pub column: Option<usize>,
    /// Between generated and held-out rows.
    pub distance: Estimate,
    /// Between two sets of real rows, as many in each.
    pub floor: Estimate,
}

impl Comparison {
    /// How many times the floor the distance is: 1 is as good as it gets.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) if the floor is 0.
    pub fn ratio(&self) -> Result<Estimate> {
        self.distance.ratio(&self.floor)
    }
}

/// W₁ of every column, and for more than one column the sliced W₁ of all of them, between `held_out`, shape
/// (m, d), and m rows that `draw` generates anew for each seed; and the floor of each, between two sets of m
/// rows of `all`, the real data as a whole, shape (n, d).
///
/// The unit is that of the rows. Columns enter the sliced distance as they are: standardise them.
///
/// The held-out rows are the same for all seeds. What is by chance odd about them enters every distance, and
/// the standard error does not know it; with few of them, a ratio some way below or above 1 is luck.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) if `all` has fewer than 2m rows, or what `draw` returns is not (m, d); [`Error::Empty`](crate::Error::Empty)
/// without rows; [`Error::NotFinite`](crate::Error::NotFinite) for values that are; the first error of `draw`; what [`Estimate::of`]
/// returns.
pub fn compare(
    seeds: Range<u64>,
    held_out: &Array2<f32>,
    all: &Array2<f32>,
    mut draw: impl FnMut(usize, &mut Rng) -> Result<Array2<f32>>,
) -> Result<Vec<Comparison>> {
    let (m, d) = held_out.dim();
    check::not_empty("held-out rows", held_out.len())?;
    check_seeds(&seeds)?;
    check::same_shape("all rows", &[all.nrows(), d], all.shape())?;
    let all_together = (d > 1).then_some(None);
    let columns: Vec<Option<usize>> = (0..d).map(Some).chain(all_together).collect();
    let mut found: Vec<Vec<f64>> = vec![Vec::new(); columns.len()];
    for seed in seeds.clone() {
        let mut rng = Rng::new(seed);
        let rows = draw(m, &mut rng)?;
        check::same_shape("generated rows", &[m, d], rows.shape())?;
        for (found, column) in found.iter_mut().zip(&columns) {
            found.push(distance(&rows, held_out, *column, &mut rng)?);
        }
    }
    let pairs = columns.into_iter().zip(found);
    let comparison = |(column, found): (Option<usize>, Vec<f64>)| {
        let between = |a: &Array2<f32>, b: &Array2<f32>, rng: &mut Rng| distance(a, b, column, rng);
        Ok(Comparison {
            column,
            distance: Estimate::of(&found)?,
            floor: floor_of_rows(seeds.clone(), all, m, between)?,
        })
    };
    pairs.map(comparison).collect()
}

fn distance(a: &Array2<f32>, b: &Array2<f32>, column: Option<usize>, rng: &mut Rng) -> Result<f64> {
    match column {
        Some(j) => wasserstein_two_sample(&a.column(j), &b.column(j)),
        None => sliced_wasserstein(a, b, PROJECTIONS, rng),
    }
}

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
/// [`Error::Shape`](crate::Error::Shape) if there are fewer than 2`n` rows; [`Error::Parameter`](crate::Error::Parameter) for `n` = 0; the first error of
/// `distance`; what [`Estimate::of`] returns.
pub fn floor_of_rows(
    seeds: Range<u64>,
    rows: &Array2<f32>,
    n: usize,
    mut distance: impl FnMut(&Array2<f32>, &Array2<f32>, &mut Rng) -> Result<f64>,
) -> Result<Estimate> {
    check::parameter("n", n, n > 0, "at least 1")?;
    if n > rows.nrows() / 2 {
        let expected = [n.saturating_mul(2), rows.ncols()];
        check::same_shape("rows to be split in two", &expected, rows.shape())?;
    }
    over_seeds(seeds, |rng| {
        let mut order: Vec<usize> = (0..rows.nrows()).collect();
        let (chosen, _) = order.partial_shuffle(rng, 2 * n);
        let [a, b] = [&chosen[..n], &chosen[n..]].map(|rows_of| rows.select(Axis(0), rows_of));
        distance(&a, &b, rng)
    })
}
