//! Which timesteps to visit.

use crate::check;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::schedule::{Schedule, no_lambda};

/// How N of the T timesteps are chosen. Every choice gives N different timesteps, from the noisiest on.
///
/// The first one decides whether sampling starts where the noise is: x drawn from N(0, I) belongs to
/// t = T−1, and a denoiser told another t mistakes how much of it is noise. The last one decides how much
/// is left to the final step, which jumps from there to clean data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spacing {
    /// round(T − i·T/N) − 1 for i = 0..N: starts at T−1, ends at T/N − 1. The one to use if there is no
    /// reason against it (Lin et al. 2024, table 2).
    #[default]
    Trailing,
    /// Evenly from T−1 to 0, both included (T−1 alone for N = 1).
    Linspace,
    /// i·⌊T/N⌋: ends at 0, but starts at T − ⌊T/N⌋ or earlier, so that the start is told a lower noise than
    /// it has. Found in much code (DDIM's, and the default of many pipelines); here to show what it costs.
    Leading,
    /// (T−1)·(i/(N−1))²: from T−1 to 0, most of them at low noise. (DDIM's code has 0.8 T for T−1.)
    Quadratic,
    /// (T−1)·(1 − i/N)³ for i = 0..N: from T−1 to (T−1)/N³, still more of them at low noise. With DPM-Solver++
    /// and ten evaluations the closest to the data on all three sets of `examples/sampling_quality.rs`.
    Cubic,
    /// Nearest to evenly spaced λ = ½ log-SNR, from λ_{T−1} to λ_0: equal steps for DPM-Solver++
    /// (Lu et al. 2022).
    UniformLambda,
}

impl Spacing {
    /// `n` 0-based timesteps of `schedule`, falling.
    ///
    /// Where rounding would repeat a timestep, its neighbours move up or down to the next free one.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless 1 ≤ `n` ≤ T; [`Error::Unsupported`] for [`Spacing::UniformLambda`] with zero
    /// terminal SNR, where λ_{T−1} is −∞.
    pub fn timesteps(self, schedule: &Schedule, n: usize) -> Result<Vec<usize>> {
        let total = schedule.timesteps();
        let fine = (1..=total).contains(&n);
        check::parameter("number of steps", n, fine, "at least 1 and at most T")?;
        let (last, parts) = ((total - 1) as f64, n as f64);
        // From 0 at the least noise to 1 at the most.
        let share = |i: usize| match n {
            1 => 1.0,
            _ => i as f64 / (n - 1) as f64,
        };
        let lambdas = match self {
            Self::UniformLambda => lambdas(schedule)?,
            _ => Vec::new(),
        };
        let rising = |i: usize| match self {
            Self::Trailing => {
                let steps = (n - 1 - i) as f64;
                (total as f64 - steps * (total as f64 / parts)).round_ties_even() as usize - 1
            }
            Self::Linspace => (share(i) * last).round_ties_even() as usize,
            Self::Leading => i * (total / n),
            Self::Quadratic => (share(i).powi(2) * last).round() as usize,
            Self::Cubic => (((i + 1) as f64 / parts).powi(3) * last).round() as usize,
            Self::UniformLambda => {
                let (low, high) = (lambdas[0], lambdas[total - 1]);
                nearest(&lambdas, low + share(i) * (high - low))
            }
        };
        let rising: Vec<usize> = (0..n).map(rising).collect();
        let mut ts = distinct(&rising, total);
        ts.reverse();
        Ok(ts)
    }
}

/// λ_t for every t; falling.
fn lambdas(schedule: &Schedule) -> Result<Vec<f64>> {
    let levels = (0..schedule.timesteps()).map(|t| schedule.level(t).lambda());
    let lambdas: Vec<f64> = levels.collect();
    match lambdas.last() {
        Some(&f64::NEG_INFINITY) => Err(no_lambda(lambdas.len() - 1)),
        _ => Ok(lambdas),
    }
}

/// The index of the value of a falling sequence that is nearest to `target`.
fn nearest(falling: &[f64], target: f64) -> usize {
    let above = falling.partition_point(|value| *value > target);
    let candidates = above.saturating_sub(1)..=above.min(falling.len() - 1);
    let gap = |i: &usize| (falling[*i] - target).abs();
    candidates
        .min_by(|i, j| gap(i).total_cmp(&gap(j)))
        .expect("one or two candidates")
}

/// The closest strictly rising timesteps below `total`: raised where one would repeat, and lowered where
/// there would be no room left for those after it.
fn distinct(rising: &[usize], total: usize) -> Vec<usize> {
    let mut least = 0;
    let raised = rising.iter().enumerate().map(|(i, &t)| {
        let raised = t.max(least);
        least = raised + 1;
        raised.min(total - rising.len() + i)
    });
    raised.collect()
}
