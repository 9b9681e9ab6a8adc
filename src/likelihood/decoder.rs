//! L_0: how likely x_0 is under N(x̂0, σ_0²), as a density or on a grid.

use std::f64::consts::{SQRT_2, TAU};

use crate::check;
use crate::error::Result;

/// What p_θ(x_0 | x_t) at t = 0 makes of its Gaussian N(x̂0, σ_0² I).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Decoder {
    /// Its density: for continuous data.
    #[default]
    Gaussian,
    /// Its mass in the cell around each value: for data on evenly spaced levels (Ho et al. 2020, eq. 13, has
    /// 256 of them from −1 to 1). Cells meet half way between levels; the outermost reach to ±∞.
    Grid {
        /// The lowest level.
        low: f64,
        /// The highest level.
        high: f64,
        /// Number of levels, at least 2.
        levels: usize,
    },
}

/// How far, in spacings, a value may be from its level: f32 cannot hold most levels exactly.
const OFF_LEVEL: f64 = 1e-3;

impl Decoder {
    pub(super) fn check(self) -> Result<()> {
        let Self::Grid { low, high, levels } = self else {
            return Ok(());
        };
        check::parameter("levels of the decoder", levels, levels > 1, "at least 2")?;
        let spacing = (high - low) / (levels - 1) as f64;
        let fine = low < high && spacing.is_finite() && spacing >= f64::MIN_POSITIVE;
        let valid = "finite and above the lowest, with a spacing of levels that f64 holds";
        check::parameter("highest level of the decoder", high, fine, valid)
    }

    /// Refuses data that this decoder has no likelihood for.
    pub(super) fn check_data<'a>(self, x0: impl IntoIterator<Item = &'a f32>) -> Result<()> {
        let Self::Grid { low, high, levels } = self else {
            return Ok(());
        };
        let last = (levels - 1) as f64;
        let spacing = (high - low) / last;
        for x in x0 {
            let value = f64::from(*x);
            let level = (value - low) / spacing;
            let near = (level - level.round()).abs() <= OFF_LEVEL;
            // NaN fails the comparison too.
            let fine = near && (-0.5..last + 0.5).contains(&level);
            let name = "value of data on a grid";
            check::parameter(name, value, fine, "one of the decoder's levels")?;
        }
        Ok(())
    }

    /// −ln p(x0) in nats for one coordinate, when the mean is `x0 − error`.
    pub(super) fn nats(self, x0: f64, error: f64, variance: f64) -> f64 {
        match self {
            Self::Gaussian => 0.5 * ((TAU * variance).ln() + error * error / variance),
            Self::Grid { low, high, levels } => {
                let spacing = (high - low) / (levels - 1) as f64;
                let level = ((x0 - low) / spacing).round();
                let std = variance.sqrt();
                // The edges against the mean, from the level's own exact place.
                let center = low + level * spacing - x0 + error;
                let below = match level {
                    0.0 => f64::NEG_INFINITY,
                    _ => (center - 0.5 * spacing) / std,
                };
                let above = match level == (levels - 1) as f64 {
                    true => f64::INFINITY,
                    false => (center + 0.5 * spacing) / std,
                };
                -log_normal_mass(below, above)
            }
        }
    }
}

/// ln(Φ(b) − Φ(a)) for a < b, either of which may be infinite; without underflow.
fn log_normal_mass(a: f64, b: f64) -> f64 {
    // Where the larger of the two tails is the upper one, differences keep their digits.
    let (a, b) = if a + b < 0.0 { (-b, -a) } else { (a, b) };
    let tail = log_upper_tail(a);
    if b == f64::INFINITY {
        return tail;
    }
    tail + (-(log_upper_tail(b) - tail).exp_m1()).ln()
}

/// ln(1 − Φ(z)).
fn log_upper_tail(z: f64) -> f64 {
    if z < 30.0 {
        return (0.5 * libm::erfc(z / SQRT_2)).ln();
    }
    // Mills' ratio, off by less than 105/z⁸ < 2e-10; erfc underflows from 38 on.
    let i = 1.0 / (z * z);
    -0.5 * z * z - (z * TAU.sqrt()).ln() + (-i + 3.0 * i * i - 15.0 * i * i * i).ln_1p()
}
