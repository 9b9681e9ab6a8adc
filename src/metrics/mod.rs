//! Distances between samples and distributions, each with what chance alone would give.
//!
//! | figure | of | 0 means | what it misses |
//! | --- | --- | --- | --- |
//! | [`ks_two_sample`], [`ks_one_sample`] | 1-D | equal distribution functions | how far apart the values are |
//! | [`wasserstein_two_sample`], [`wasserstein_one_sample`] | 1-D | equal | shape, where moving costs little |
//! | [`sliced_wasserstein`] | any d | equal | as above, seen from all directions |
//! | [`energy_distance`] | any d | equal | fine detail |
//! | [`mode_coverage`] | modes that are known | (a report of shares, not a distance) | shape between the modes |
//!
//! Even two samples of the same data are some distance apart. So no distance says anything without its
//! [`floor`]: the same distance between two samples of the real data, of the same size. And every figure is
//! an [`Estimate`], with an uncertainty over [`seeds`](over_seeds). [`compare`] does both for rows of your own.

mod compare;
mod energy;
mod estimate;
mod floor;
mod kolmogorov_smirnov;
mod mode_coverage;
mod sliced;
mod student;
mod wasserstein;

pub use compare::{Comparison, compare};
pub use energy::energy_distance;
pub use estimate::{Estimate, over_seeds};
pub use floor::{floor, floor_of_rows};
pub use kolmogorov_smirnov::{ks_critical, ks_one_sample, ks_two_sample};
pub use mode_coverage::{ModeCoverage, high_quality_ceiling, mode_coverage};
pub use sliced::sliced_wasserstein;
pub use wasserstein::{wasserstein_one_sample, wasserstein_two_sample};

use ndarray::{Array1, Array2, ArrayRef, Dimension};

use crate::check;
use crate::error::{Error, Result};
use crate::mixture::check_points;

/// The values of a one-dimensional sample, shape (n) or (n, 1), in rising order.
fn sorted<T: Copy + Into<f64>, D: Dimension>(
    what: &'static str,
    sample: &ArrayRef<T, D>,
) -> Result<Array1<f64>> {
    check_points(what, sample.shape(), 1)?;
    if sample.is_empty() {
        return Err(Error::Empty { what });
    }
    check::finite(what, sample)?;
    let mut values: Vec<f64> = sample.iter().map(|x| (*x).into()).collect();
    values.sort_unstable_by(f64::total_cmp);
    Ok(Array1::from(values))
}

/// Both samples have rows, the same number of columns, and finite values only.
fn check_pair(a: &Array2<f32>, b: &Array2<f32>) -> Result<()> {
    for (what, sample) in [("first sample", a), ("second sample", b)] {
        if sample.is_empty() {
            return Err(Error::Empty { what });
        }
        check::finite(what, sample)?;
    }
    if a.ncols() != b.ncols() {
        return Err(Error::Shape {
            what: "second sample",
            expected: vec![b.nrows(), a.ncols()],
            found: b.shape().to_vec(),
        });
    }
    Ok(())
}

/// The columns of a sample, in f64.
fn columns(sample: &Array2<f32>) -> Vec<Vec<f64>> {
    let columns = sample.columns().into_iter();
    columns
        .map(|column| column.iter().map(|x| f64::from(*x)).collect())
        .collect()
}
