//! Which timesteps to visit.

use crate::error::{Error, Result};
use crate::schedule::{Schedule, no_lambda};

use super::level::Level;

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
    /// [`Error::Parameter`] unless 1 ≤ `n` ≤ T; [`Error::Degenerate`] for [`Spacing::UniformLambda`] with zero
    /// terminal SNR, where λ_{T−1} is −∞.
    pub fn timesteps(self, schedule: &Schedule, n: usize) -> Result<Vec<usize>> {
        let total = schedule.timesteps();
        if n == 0 || n > total {
            return Err(Error::Parameter {
                name: "number of steps",
                value: n as f64,
                valid: "at least 1 and at most T",
            });
        }
        let last = (total - 1) as f64;
        // From 0 at the least noise to 1 at the most.
        let share = |i: usize| {
            if n == 1 {
                1.0
            } else {
                i as f64 / (n - 1) as f64
            }
        };
        let rising: Vec<usize> = match self {
            Self::Trailing => {
                let stride = total as f64 / n as f64;
                let trailing = |i: usize| (total as f64 - i as f64 * stride).round_ties_even();
                (0..n).rev().map(|i| trailing(i) as usize - 1).collect()
            }
            Self::Linspace => (0..n)
                .map(|i| (share(i) * last).round_ties_even() as usize)
                .collect(),
            Self::Leading => (0..n).map(|i| i * (total / n)).collect(),
            Self::Quadratic => (0..n)
                .map(|i| (share(i).powi(2) * last).round() as usize)
                .collect(),
            Self::Cubic => {
                let left = |i: usize| (i + 1) as f64 / n as f64;
                let cubic = |i: usize| (left(i).powi(3) * last).round() as usize;
                (0..n).map(cubic).collect()
            }
            Self::UniformLambda => {
                let lambdas = lambdas(schedule)?;
                let (low, high) = (lambdas[0], lambdas[total - 1]);
                let target = |i: usize| low + share(i) * (high - low);
                (0..n).map(|i| nearest(&lambdas, target(i))).collect()
            }
        };
        let mut ts = distinct(&rising, total);
        ts.reverse();
        Ok(ts)
    }
}

/// λ_t for every t; falling.
fn lambdas(schedule: &Schedule) -> Result<Vec<f64>> {
    let t = schedule.timesteps() - 1;
    if schedule.alpha_bars()[t] == 0.0 {
        return Err(no_lambda(t));
    }
    let lambda = |alpha_bar: &f64| {
        Level {
            alpha_bar: *alpha_bar,
        }
        .lambda()
    };
    Ok(schedule.alpha_bars().iter().map(lambda).collect())
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
