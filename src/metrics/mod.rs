//! Distances between samples and distributions, each with what chance alone would give.
//!
//! | figure | of | 0 means | what it misses |
//! | --- | --- | --- | --- |
//! | [`ks_two_sample`], [`ks_one_sample`] | 1-D | equal distribution functions | how far apart the values are |
//! | [`wasserstein_two_sample`], [`wasserstein_one_sample`] | 1-D | equal | shape, where moving costs little |
//! | [`sliced_wasserstein`] | any d | equal | as above, seen from all directions |
//! | [`energy_distance`] | any d | equal | fine detail |
//! | [`frechet_distance`] | features, any d | equal means and covariances | everything else |
//! | [`nearest`] | any d | copies | whether there is anything else |
//! | [`mean_distance`] | any d | all rows are one | what the rows are |
//! | [`psnr`] | any d | (decibels, not a distance: ∞ means equal) | what of the rows is lost |
//! | [`straightness`] | trajectories | straight, at constant speed | where they end |
//! | [`mode_coverage`] | modes that are known | (a report of shares, not a distance) | shape between the modes |
//!
//! Even two samples of the same data are some distance apart. So no distance says anything without its
//! [`floor`]: the same distance between two samples of the real data, of the same size. And every figure is
//! an [`Estimate`], with an uncertainty over [`seeds`](over_seeds). [`compare`] does both for rows of your own.

mod energy;
mod frechet;
mod kolmogorov_smirnov;
mod mode_coverage;
mod nearest;
mod pca;
mod psnr;
mod sample;
mod straightness;
mod student;
mod two_sample;
mod uncertainty;
mod wasserstein;

pub use energy::energy_distance;
pub use frechet::frechet_distance;
pub use kolmogorov_smirnov::{ks_critical, ks_one_sample, ks_two_sample};
pub use mode_coverage::{ModeCoverage, high_quality_ceiling, mode_coverage};
pub use nearest::{mean_distance, median, nearest, nearest_other};
pub use pca::Pca;
pub use psnr::psnr;
pub use straightness::straightness;
pub use two_sample::{Comparison, compare, floor, floor_of_rows};
pub(crate) use uncertainty::check_seeds;
pub use uncertainty::{Estimate, over_seeds};
pub use wasserstein::{sliced_wasserstein, wasserstein_one_sample, wasserstein_two_sample};
