//! Which modes of the data the samples reach, and how well: PacGAN's protocol.

use std::fmt;

use crate::parallel::*;
use ndarray::Array2;

use crate::check;
use crate::error::Result;
use crate::mixture::Mixture;

/// How many standard deviations from a mode a sample is of high quality.
const REACH: f64 = 3.0;

/// What [`mode_coverage`] reports. Lists have one entry a mode, in the order of the mixture's components.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ModeCoverage {
    /// Number of modes K.
    pub modes: usize,
    /// How many of them have at least one sample of high quality.
    pub covered: usize,
    /// Share of the samples that are of high quality, in [0, 1]; real samples reach
    /// [`high_quality_ceiling`].
    pub high_quality: f64,
    /// KL(q ‖ p) in nats, of the share q_k of samples nearest to mode k from the mode's weight p_k: 0 if all
    /// modes are as frequent as in the data.
    pub reverse_kl: f64,
    /// Samples nearest to each mode, of high quality or not; length K.
    pub counts: Vec<usize>,
    /// Standard deviation of the samples nearest to each mode around their own mean: root of the mean, over
    /// the coordinates, of their variance (divided by their number less one). NaN where there are fewer than
    /// two. Length K.
    pub stds: Vec<f64>,
}

/// Mode coverage and quality of samples, shape (n, d), against a mixture whose components are the modes.
///
/// The protocol of PacGAN (Lin et al. 2018, after Srivastava et al. 2017): a sample belongs to its nearest
/// mode, and is of high quality if it lies within 3 standard deviations of it; a mode is covered if at
/// least one such sample belongs to it; the shares of samples by mode are compared with the true shares by
/// their reverse KL divergence. Distances are in standard deviations of the mode (Mahalanobis), which for the
/// round Gaussians of one width of that paper is the same.
///
/// # Errors
/// [`Error::Empty`](crate::Error::Empty) without samples; [`Error::Shape`](crate::Error::Shape) if they are not of the mixture's dimension;
/// [`Error::NotFinite`](crate::Error::NotFinite) for NaN or infinite values.
pub fn mode_coverage(samples: &Array2<f32>, modes: &Mixture) -> Result<ModeCoverage> {
    let (what, (n, d)) = ("sample", samples.dim());
    check::not_empty(what, n)?;
    check::same_shape(what, &[n, modes.dim()], &[n, d])?;
    check::all_finite(what, samples)?;
    let rows: Vec<f64> = samples.iter().map(|x| f64::from(*x)).collect();
    let nearest = rows.par_chunks_exact(d).map(|x| nearest(x, modes));
    let nearest: Vec<(usize, f64)> = nearest.collect();

    let k = modes.components().len();
    let (mut counts, mut high_quality) = (vec![0; k], vec![0_usize; k]);
    for (mode, distance) in &nearest {
        counts[*mode] += 1;
        high_quality[*mode] += usize::from(*distance <= REACH);
    }
    let shares = counts.iter().zip(modes.weights());
    let reverse_kl = shares.filter(|(count, _)| **count > 0).map(|(count, p)| {
        let q = *count as f64 / n as f64;
        q * (q / p).ln()
    });
    Ok(ModeCoverage {
        modes: k,
        covered: high_quality.iter().filter(|count| **count > 0).count(),
        high_quality: high_quality.iter().sum::<usize>() as f64 / n as f64,
        reverse_kl: reverse_kl.sum(),
        stds: stds(&rows, &nearest, &counts, d),
        counts,
    })
}

/// Share of a d-dimensional Gaussian that lies within 3 standard deviations of its mean: what samples of the
/// real data reach as [`ModeCoverage::high_quality`], if the modes are far apart.
///
/// P(χ²_d ≤ 9): 1 − e^(−9/2) = 0.98889 for d = 2.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) for d = 0.
pub fn high_quality_ceiling(d: usize) -> Result<f64> {
    check::parameter("d", d, d > 0, "at least 1")?;
    // P(χ²_{k+2} > x) = P(χ²_k > x) + (x/2)^(k/2) e^(−x/2) / Γ(k/2 + 1), upwards from k = 1 or 2.
    let half = REACH * REACH / 2.0;
    let (mut k, mut beyond) = match d % 2 {
        1 => (1, libm::erfc(half.sqrt())),
        _ => (2, (-half).exp()),
    };
    while k < d {
        let order = k as f64 / 2.0;
        let term = (order * half.ln() - half - libm::lgamma(order + 1.0)).exp();
        beyond += term;
        // Terms fall from order 9/2 on; the rest of them is nothing, however large d is.
        if term == 0.0 {
            break;
        }
        k += 2;
    }
    Ok((1.0 - beyond).max(0.0))
}

/// The mode nearest to `x`, and how many of its standard deviations away it is.
fn nearest(x: &[f64], modes: &Mixture) -> (usize, f64) {
    let components = modes.components().iter().enumerate();
    let distances = components.map(|(k, mode)| (k, mode.mahalanobis(x)));
    let nearest = distances.min_by(|(_, a), (_, b)| a.total_cmp(b));
    nearest.expect("a mixture has components")
}

fn stds(rows: &[f64], nearest: &[(usize, f64)], counts: &[usize], d: usize) -> Vec<f64> {
    let samples = || rows.chunks_exact(d).zip(nearest.iter().map(|(k, _)| *k));
    let mut means = vec![vec![0.0; d]; counts.len()];
    for (x, k) in samples() {
        for (mean, x) in means[k].iter_mut().zip(x) {
            *mean += x / counts[k] as f64;
        }
    }
    let mut squares = vec![0.0; counts.len()];
    for (x, k) in samples() {
        let parts = means[k].iter().zip(x);
        squares[k] += parts.map(|(mean, x)| (x - mean).powi(2)).sum::<f64>();
    }
    let each = squares.iter().zip(counts);
    let std = |(square, count): (&f64, &usize)| match count {
        0 | 1 => f64::NAN,
        _ => (square / (d * (count - 1)) as f64).sqrt(),
    };
    each.map(std).collect()
}

impl fmt::Display for ModeCoverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} modes covered, {:.2} % of high quality, reverse KL {:.4}",
            self.covered,
            self.modes,
            100.0 * self.high_quality,
            self.reverse_kl
        )
    }
}
