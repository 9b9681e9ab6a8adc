//! σ_t², the variance of p_θ(x_{t−1} | x_t), for every t.

use ndarray::Array1;

use crate::error::Result;
use crate::sampler::Variance;
use crate::schedule::Schedule;

/// σ_t² of p_θ(x_{t−1} | x_t) for every 0-based t; shape (T). Entry 0 is the decoder's, of p_θ(x_0 | x_t) at
/// t = 0.
///
/// * [`Variance::FixedSmall`]: β̃_t. The decoder's would be β̃_0 = 0, under which no sample has any likelihood;
///   it is β̃_1 instead, as in Nichol & Dhariwal's code (and Ho et al.'s).
/// * [`Variance::FixedLarge`]: β_t, and for the decoder β_0. (Ho et al.'s code has β̃_1 here too.)
/// * [`Variance::Interpolated`]: exp(v ln β_t + (1−v) ln β̃_t), again with β̃_1 for β̃_0.
///
/// With T = 1 there is no β̃_1; it is β_0 then.
///
/// # Errors
/// [`Error::Parameter`](crate::Error::Parameter) for a v outside [0, 1].
pub fn reverse_variances(schedule: &Schedule, variance: Variance) -> Result<Array1<f64>> {
    variance.check()?;
    let at = |t: usize| {
        let large = schedule.betas()[t];
        let small = match schedule.timesteps() {
            1 => large,
            _ => schedule.posterior_at(t.max(1)).variance,
        };
        variance.of(small, large)
    };
    Ok((0..schedule.timesteps()).map(at).collect())
}
