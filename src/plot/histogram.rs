//! Density-normalised histograms.

use super::axis::Extent;
use super::numbers::{Values, checked, listed};
#[cfg(doc)]
use crate::Error;
use crate::Result;
use crate::check::parameter;

/// More bins than a figure has pixels are a mistake.
const MOST_BINS: usize = 10_000;

/// Bins of equal width from the smallest to the largest value, with heights such that
/// Σ height · width = 1: the scale of a probability density.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Bin edges, rising, one more than there are bins.
    pub edges: Vec<f64>,
    /// Density in each bin: count / (n · bin width).
    pub density: Vec<f64>,
}

impl Histogram {
    /// Counts `values` in `bins` bins. A value on an inner edge belongs to the bin on its right, the
    /// largest value to the last bin. If all values are equal, the bins span 1 around them.
    ///
    /// # Errors
    /// [`Error::Empty`] without values, [`Error::NotFinite`] for NaN or an infinity,
    /// [`Error::Parameter`] for `bins` = 0 or above 10000, or bins too narrow for double precision.
    ///
    /// ```
    /// use diffusion_intuition::plot::Histogram;
    /// let h = Histogram::new([0.0, 0.5, 1.5, 2.0], 2)?;
    /// assert_eq!((h.edges, h.density), (vec![0.0, 1.0, 2.0], vec![0.5, 0.5]));
    /// # Ok::<(), diffusion_intuition::Error>(())
    /// ```
    pub fn new(values: impl Values, bins: usize) -> Result<Self> {
        Self::of(listed(values), bins)
    }

    fn of(values: Vec<f64>, bins: usize) -> Result<Self> {
        let values = checked("histogram values", values)?;
        let fine = (1..=MOST_BINS).contains(&bins);
        parameter("bins", bins, fine, "between 1 and 10000")?;
        let Extent {
            mut low, mut high, ..
        } = Extent::of(&values);
        if low == high {
            (low, high) = (low - 0.5, high + 0.5);
        }
        let width = (high - low) / bins as f64;
        let unit = 1.0 / values.len() as f64 / width;
        let apart = low + width != low && high - width != high;
        let fine = width.is_finite() && unit.is_normal() && apart;
        let valid = "finite and large enough to tell neighbouring bins apart";
        parameter("bin width", width, fine, valid)?;
        let mut counts = vec![0usize; bins];
        for v in &values {
            counts[(((v - low) / width) as usize).min(bins - 1)] += 1;
        }
        Ok(Self {
            edges: (0..=bins).map(|i| low + width * i as f64).collect(),
            density: counts.iter().map(|n| *n as f64 * unit).collect(),
        })
    }
}
