//! Which timesteps a training run draws.

use rand_distr::{Distribution, StandardNormal};

use crate::check::parameter;
use crate::error::Result;
use crate::rng::Rng;
use crate::schedule::Schedule;

/// The law of the timesteps of a minibatch. It weighs the loss: the best network is the same under each that reaches
/// every t, and a network of finite size and time is better where it looks more often.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Times {
    /// Every t alike (Ho et al. 2020, algorithm 1).
    #[default]
    Uniform,
    /// ln σ ~ N(`mean`, `std`²) for σ_t = √((1−ᾱ_t)/ᾱ_t), the noise of x_t/√ᾱ_t (Karras et al. 2022, table 1): the
    /// first t with at least that σ, or the last. On [`Path::linear`](crate::Path::linear), where σ = u/(1−u), this is
    /// the logit-normal law of u (Esser et al. 2024, §3.1).
    LogNormal {
        /// Of ln σ: at e^mean is the middle.
        mean: f64,
        /// Of ln σ too.
        std: f64,
    },
    /// t = T−1 alone: for a network that is to be asked there only, as one that learns the map of
    /// [pairs](super::Data::Pairs) in one step (Liu et al. 2023, §2.2, "distillation").
    Last,
}

impl Times {
    /// The logit-normal law of rectified flows with the settings that Esser et al. 2024 found best, mean 0 and
    /// deviation 1.
    pub const LOGIT_NORMAL: Self = Self::LogNormal {
        mean: 0.0,
        std: 1.0,
    };

    /// EDM's law for data of variance 1: its ln σ ~ N(−1.2, 1.2²) is for a standard deviation of ½.
    pub const EDM: Self = Self::LogNormal {
        mean: std::f64::consts::LN_2 - 1.2,
        std: 1.2,
    };

    pub(super) fn check(self) -> Result<()> {
        let Self::LogNormal { mean, std } = self else {
            return Ok(());
        };
        parameter("mean of ln sigma", mean, mean.is_finite(), "finite")?;
        let fine = std.is_finite() && std >= 0.0;
        let valid = "finite and not negative";
        parameter("standard deviation of ln sigma", std, fine, valid)
    }

    /// `n` timesteps of `schedule`.
    pub(super) fn draw(self, schedule: &Schedule, n: usize, rng: &mut Rng) -> Result<Vec<usize>> {
        let last = schedule.timesteps() - 1;
        let Self::LogNormal { mean, std } = self else {
            return match self {
                Self::Last => Ok(vec![last; n]),
                _ => schedule.random_timesteps(n, rng),
            };
        };
        let alpha_bars = schedule.alpha_bars();
        let falling = alpha_bars.as_slice().expect("a table in a row");
        let t = |()| {
            let z: f64 = StandardNormal.sample(rng);
            // ᾱ = 1/(1 + σ²).
            let alpha_bar = 1.0 / (1.0 + (2.0 * (mean + std * z)).exp());
            falling.partition_point(|a| *a > alpha_bar).min(last)
        };
        Ok(std::iter::repeat_n((), n).map(t).collect())
    }
}
