//! A figure and how sure we are of it.

use std::fmt;
use std::ops::Range;

use super::student::student_quantile;
use crate::check;
use crate::error::Result;
use crate::rng::Rng;

/// The mean of several independent measurements, and its standard error.
///
/// ```
/// use diffusion_intuition::metrics::Estimate;
///
/// let estimate = Estimate::of(&[1.1, 0.9, 1.0, 1.2])?;
/// assert_eq!(estimate.to_string(), "1.05 ± 0.21 (95 %, n = 4)");
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Mean of the measurements.
    pub mean: f64,
    /// Standard deviation of the measurements (divided by n − 1) over √n: that of their mean.
    pub standard_error: f64,
    /// Number of measurements, at least 2.
    pub n: usize,
}

impl Estimate {
    /// Of independent measurements, at least two: one alone says nothing of its uncertainty. A slice, a list or an
    /// array, of f64, f32 or small whole numbers.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for fewer than two; [`Error::NotFinite`](crate::Error::NotFinite) for a NaN or infinite one.
    pub fn of<'a, T: Copy + Into<f64> + 'a>(
        measurements: impl IntoIterator<Item = &'a T>,
    ) -> Result<Self> {
        let measurements = measurements.into_iter().map(|x| (*x).into());
        Self::of_numbers(&measurements.collect::<Vec<f64>>())
    }

    fn of_numbers(measurements: &[f64]) -> Result<Self> {
        let n = measurements.len();
        check::parameter("number of measurements", n, n >= 2, "at least 2")?;
        check::finite("measurements", measurements)?;
        // Squares of numbers beyond 1e±150 would overflow or vanish: these are counted in a unit near the largest.
        let largest = measurements.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let unit = match largest {
            0.0 | 1e-150..=1e150 => 0,
            _ => libm::frexp(largest).1,
        };
        let scaled = || measurements.iter().map(|x| libm::ldexp(*x, -unit));
        let mean = scaled().sum::<f64>() / n as f64;
        let squares = scaled().map(|x| (x - mean).powi(2));
        let variance = squares.sum::<f64>() / (n - 1) as f64;
        Ok(Self {
            mean: libm::ldexp(mean, unit),
            standard_error: libm::ldexp((variance / n as f64).sqrt(), unit),
            n,
        })
    }

    /// The interval around the mean that covers the true value with probability `confidence`, for
    /// measurements that are about normal: mean ± [`half_width`](Self::half_width).
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for a `confidence` outside (0, 1).
    pub fn interval(&self, confidence: f64) -> Result<(f64, f64)> {
        let half = self.half_width(confidence)?;
        Ok((self.mean - half, self.mean + half))
    }

    /// Half of the length of [`interval`](Self::interval): t · standard error, with the quantile t of Student's
    /// distribution with n − 1 degrees of freedom.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for a `confidence` outside (0, 1).
    pub fn half_width(&self, confidence: f64) -> Result<f64> {
        let fine = confidence > 0.0 && confidence < 1.0;
        check::parameter("confidence", confidence, fine, "in (0, 1)")?;
        Ok(student_quantile(confidence, self.n.max(2) - 1) * self.standard_error)
    }

    /// How many times `other` this is, for two independent estimates: relative standard errors add as squares
    /// (to first order: they should be small), and n is the smaller of the two.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) if a mean is not positive; [`Error::NotFinite`](crate::Error::NotFinite) if the ratio is beyond f64.
    pub fn ratio(&self, other: &Self) -> Result<Self> {
        let (above, below) = (self.mean, other.mean);
        let valid = "positive, in a ratio";
        check::parameter("numerator's mean", above, above > 0.0, valid)?;
        check::parameter("denominator's mean", below, below > 0.0, valid)?;
        let relative = (self.standard_error / above).hypot(other.standard_error / below);
        let ratio = above / below;
        check::finite("a ratio of means", &[ratio, ratio * relative])?;
        Ok(Self {
            mean: ratio,
            standard_error: ratio * relative,
            n: self.n.min(other.n),
        })
    }
}

/// The mean and half the 95 % interval, to two digits of the latter.
impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = student_quantile(0.95, self.n.max(2) - 1) * self.standard_error;
        let decimals = match half > 0.0 && half.is_finite() {
            true => (1.0 - half.log10().floor()).clamp(0.0, 17.0) as usize,
            false => 6,
        };
        let (mean, n) = (self.mean, self.n);
        write!(f, "{mean:.decimals$} ± {half:.decimals$} (95 %, n = {n})")
    }
}

/// Refuses more seeds than there is memory for their results.
pub(crate) fn check_seeds(seeds: &Range<u64>) -> Result<()> {
    let number = seeds.end.saturating_sub(seeds.start);
    let number = usize::try_from(number).unwrap_or(usize::MAX);
    check::elements::<f64>("measurements, one for each seed,", &[number]).map(|_| ())
}

/// `measure` once for each seed, with a generator of that seed.
///
/// ```
/// use diffusion_intuition::prelude::*;
///
/// // The Kolmogorov–Smirnov distance of 1000 samples from their own distribution:
/// let law = Mixture::bimodal();
/// let estimate = metrics::over_seeds(0..20, |rng| {
///     metrics::ks_one_sample(&law.sample(1000, rng)?, &law)
/// })?;
/// assert!((0.02..0.035).contains(&estimate.mean), "{estimate}");
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// The first error of `measure`; what [`Estimate::of`] returns; [`Error::Size`](crate::Error::Size) for more seeds than memory can
/// hold results.
pub fn over_seeds(
    seeds: Range<u64>,
    mut measure: impl FnMut(&mut Rng) -> Result<f64>,
) -> Result<Estimate> {
    check_seeds(&seeds)?;
    let measurements: Result<Vec<f64>> = seeds.map(|seed| measure(&mut Rng::new(seed))).collect();
    Estimate::of(&measurements?)
}
