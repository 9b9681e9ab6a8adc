//! DDPM: ancestral sampling, one draw of p(x_s | x_t) after the other.

use super::blend::{Blend, X_T, X0, Z};
use super::solver::{Interval, Solver};
use crate::check;
use crate::error::Result;
use crate::schedule::Level;

/// σ², the variance of the noise that a step of DDPM adds. As steps get small, samples
/// of every choice become exact; the bound of fixed-small does not (see [`likelihood`](crate::likelihood)).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Variance {
    /// β̃_t = β_t (1−ᾱ_s)/(1−ᾱ_t), that of q(x_s | x_t, x_0): right if x̂0 is certain, so where the noise is
    /// wide against the data's own detail. The lower bound (Ho et al. 2020, §3.2).
    #[default]
    FixedSmall,
    /// β_t = 1 − ᾱ_t/ᾱ_s, that of the forward step: right for data that is itself N(0, I). The upper bound.
    FixedLarge,
    /// Between them in log space: exp(v ln β_t + (1−v) ln β̃_t), 0 ≤ v ≤ 1 (Nichol & Dhariwal 2021, eq. 15).
    Interpolated(f64),
}

impl Variance {
    pub(crate) fn check(self) -> Result<()> {
        let Self::Interpolated(v) = self else {
            return Ok(());
        };
        let valid = "between 0 (fixed-small) and 1 (fixed-large)";
        let fine = (0.0..=1.0).contains(&v);
        check::parameter("v of the interpolated variance", v, fine, valid)
    }

    /// σ² for these β̃ and β.
    pub(crate) fn of(self, small: f64, large: f64) -> f64 {
        match self {
            Self::FixedSmall => small,
            Self::FixedLarge => large,
            Self::Interpolated(v) => (v * large.ln() + (1.0 - v) * small.ln()).exp(),
        }
    }
}

/// A step from ᾱ_t to ᾱ_s > ᾱ_t (Ho et al. 2020, algorithm 2 and eq. 7, with x̂0 in place of x_0):
///
/// x_s = √ᾱ_s β_t/(1−ᾱ_t) x̂0 + √α_t (1−ᾱ_s)/(1−ᾱ_t) x_t + σ z.
///
/// α_t = ᾱ_t/ᾱ_s and β_t = 1 − α_t are those of the step that is really taken, so that a sub-sequence of
/// timesteps has its own posterior (Nichol & Dhariwal 2021, §4). No noise at the step to clean data. The
/// form in x̂0 holds at ᾱ_t = 0 too, where that in ε̂ divides by √α_t = 0.
#[derive(Debug)]
pub(super) struct Ddpm {
    pub variance: Variance,
}

impl Solver for Ddpm {
    fn name(&self) -> &'static str {
        "DDPM"
    }

    fn check(&self) -> Result<()> {
        self.variance.check()
    }

    fn step(&self, &mut Interval { t, s, .. }: &mut Interval) -> Result<Blend> {
        let alpha = t.alpha_bar / s.alpha_bar;
        let beta = 1.0 - alpha;
        let total = 1.0 - t.alpha_bar;
        let before = 1.0 - s.alpha_bar;
        let mean = s.signal() * beta / total * X0 + alpha.sqrt() * before / total * X_T;
        let sigma_squared = if s == Level::CLEAN {
            0.0
        } else {
            self.variance.of(beta * before / total, beta)
        };
        Ok(mean + sigma_squared.sqrt() * Z)
    }
}
