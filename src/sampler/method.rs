//! The methods that come with the library.

use super::blend::Blend;
use super::consistency::Consistency;
use super::ddim::Ddim;
use super::ddpm::{Ddpm, Variance};
use super::dpm_solver::DpmSolver;
use super::euler::Euler;
use super::heun::Heun;
use super::solver::{Interval, Solver};
use crate::error::Result;

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
    /// For a network whose x̂0 is the end of the path, and not the mean of all ends (Song et al. 2023, algorithm 1): every
    /// step noises x̂0 anew, but the last. Of a denoiser it makes samples that are too narrow.
    Consistency,
}

impl Method {
    /// DDPM with the variance β̃.
    pub const DDPM: Self = Self::Ddpm {
        variance: Variance::FixedSmall,
    };

    /// Deterministic DDIM, η = 0.
    pub const DDIM: Self = Self::Ddim { eta: 0.0 };

    fn solver(self) -> Box<dyn Solver> {
        match self {
            Self::Ddpm { variance } => Box::new(Ddpm { variance }),
            Self::Ddim { eta } => Box::new(Ddim { eta }),
            Self::Euler => Box::new(Euler),
            Self::Heun => Box::new(Heun),
            Self::DpmSolver => Box::new(DpmSolver),
            Self::Consistency => Box::new(Consistency),
        }
    }
}

impl Solver for Method {
    fn name(&self) -> &'static str {
        self.solver().name()
    }

    fn step(&self, from: &mut Interval) -> Result<Blend> {
        self.solver().step(from)
    }

    fn nfe_per_step(&self) -> u64 {
        self.solver().nfe_per_step()
    }

    fn check(&self) -> Result<()> {
        self.solver().check()
    }

    fn can_encode(&self) -> bool {
        self.solver().can_encode()
    }
}
