//! Generated rows against held-out ones, and against what chance alone gives.

use std::ops::Range;

use ndarray::Array2;

use super::estimate::{Estimate, check_seeds};
use super::{floor_of_rows, sliced_wasserstein, wasserstein_two_sample};
use crate::error::{Error, Result};
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
    /// [`Error::Parameter`] if the floor is 0.
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
/// [`Error::Shape`] if `all` has fewer than 2m rows, or what `draw` returns is not (m, d); [`Error::Empty`]
/// without rows; [`Error::NotFinite`] for values that are; the first error of `draw`; what [`Estimate::of`]
/// returns.
pub fn compare(
    seeds: Range<u64>,
    held_out: &Array2<f32>,
    all: &Array2<f32>,
    mut draw: impl FnMut(usize, &mut Rng) -> Result<Array2<f32>>,
) -> Result<Vec<Comparison>> {
    let (m, d) = held_out.dim();
    if held_out.is_empty() {
        let what = "held-out rows";
        return Err(Error::Empty { what });
    }
    check_seeds(&seeds)?;
    check_shape("all rows", &[all.nrows(), d], all)?;
    let mut columns: Vec<Option<usize>> = (0..d).map(Some).collect();
    if d > 1 {
        columns.push(None);
    }
    let mut found: Vec<Vec<f64>> = vec![Vec::new(); columns.len()];
    for seed in seeds.clone() {
        let mut rng = Rng::new(seed);
        let rows = draw(m, &mut rng)?;
        check_shape("generated rows", &[m, d], &rows)?;
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

fn check_shape(what: &'static str, expected: &[usize], rows: &Array2<f32>) -> Result<()> {
    if rows.shape() == expected {
        return Ok(());
    }
    Err(Error::Shape {
        what,
        expected: expected.to_vec(),
        found: rows.shape().to_vec(),
    })
}
