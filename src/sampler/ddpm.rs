//! DDPM: ancestral sampling, one draw of p(x_s | x_t) after the other.

use super::blend::{Blend, X_T, X0, Z};
use super::level::Level;
use crate::error::{Error, Result};

/// σ², the variance of the noise that a step of DDPM adds. Every choice becomes exact as steps get small.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Variance {
    /// β̃_t = β_t (1−ᾱ_s)/(1−ᾱ_t), that of q(x_s | x_t, x_0): right if x̂0 is certain, so where the noise is
    /// wide against the data's own detail. The lower bound (Ho et al. 2020, §3.2).
    #[default]
    Posterior,
    /// β_t = 1 − ᾱ_t/ᾱ_s, that of the forward step: right for data that is itself N(0, I). The upper bound.
    Beta,
    /// Between them in log space: exp(v ln β_t + (1−v) ln β̃_t), 0 ≤ v ≤ 1 (Nichol & Dhariwal 2021, eq. 15).
    Interpolated(f64),
}

impl Variance {
    pub(crate) fn check(self) -> Result<()> {
        match self {
            Self::Interpolated(value) if !(0.0..=1.0).contains(&value) => Err(Error::Parameter {
                name: "v of the interpolated variance",
                value,
                valid: "between 0 (posterior) and 1 (beta)",
            }),
            _ => Ok(()),
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
pub(super) fn step(t: Level, s: Level, variance: Variance) -> Blend {
    let alpha = t.alpha_bar / s.alpha_bar;
    let beta = 1.0 - alpha;
    let total = 1.0 - t.alpha_bar;
    let before = 1.0 - s.alpha_bar;
    let mean = s.signal() * beta / total * X0 + alpha.sqrt() * before / total * X_T;
    let posterior = beta * before / total;
    let sigma_squared = match variance {
        _ if s == Level::CLEAN => 0.0,
        Variance::Posterior => posterior,
        Variance::Beta => beta,
        Variance::Interpolated(v) => (v * beta.ln() + (1.0 - v) * posterior.ln()).exp(),
    };
    mean + sigma_squared.sqrt() * Z
}
