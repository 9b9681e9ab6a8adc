//! Which sampler: the names, their settings and what they cost.

use super::Variance;
use crate::error::{Error, Result};

/// A way from noise to data; the table in the [module](super) compares them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// Ancestral sampling (Ho et al. 2020, algorithm 2): fresh noise at every step but the last.
    Ddpm {
        /// The variance of that noise.
        variance: Variance,
    },
    /// DDIM (Song et al. 2020).
    Ddim {
        /// Share of fresh noise: 0 for none, 1 for as much as DDPM with β̃.
        eta: f64,
    },
    /// Euler's method on the probability-flow ODE in σ (Karras et al. 2022, eq. 3): DDIM with η = 0 under
    /// another name.
    Euler,
    /// Heun's method on the same ODE (Karras et al. 2022, algorithm 1, without its churn). Two evaluations a
    /// step, one at the last. A step in which σ > 1 falls to less than a third is taken in 1/σ instead, where
    /// the second evaluation corrects the first and does not extrapolate from it (as DPM-Solver++(2S)).
    Heun,
    /// DPM-Solver++(2M) (Lu et al. 2022): second order in λ from the last two x̂0.
    DpmSolver,
}

impl Method {
    /// DDPM with the posterior variance β̃.
    pub const DDPM: Self = Self::Ddpm {
        variance: Variance::Posterior,
    };

    /// Deterministic DDIM, η = 0.
    pub const DDIM: Self = Self::Ddim { eta: 0.0 };

    /// The method's usual name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ddpm { .. } => "DDPM",
            Self::Ddim { .. } => "DDIM",
            Self::Euler => "Euler",
            Self::Heun => "Heun",
            Self::DpmSolver => "DPM-Solver++(2M)",
        }
    }

    /// Evaluations of the denoiser in so many steps (at least 1).
    pub fn evaluations(self, steps: usize) -> u64 {
        let steps = steps as u64;
        match self {
            Self::Heun => steps.saturating_add(steps.saturating_sub(1)),
            _ => steps,
        }
    }

    /// The most steps that so many evaluations pay for.
    pub fn steps(self, evaluations: u64) -> usize {
        let steps = match self {
            Self::Heun => evaluations.div_ceil(2),
            _ => evaluations,
        };
        usize::try_from(steps).unwrap_or(usize::MAX)
    }

    pub(super) fn check(self) -> Result<()> {
        match self {
            Self::Ddpm { variance } => variance.check(),
            Self::Ddim { eta } if !(0.0..=1.0).contains(&eta) => Err(Error::Parameter {
                name: "eta",
                value: eta,
                valid: "between 0 and 1",
            }),
            _ => Ok(()),
        }
    }
}
