//! Noise schedules: β_t for every timestep, and the tables that follow from it.
//!
//! Time is a 0-based index `t` in `0..T`, as in the chapter's code. Its formulas count from 1: the
//! formula's β₁ is `betas[0]` here, and `t = 0` names a sample that already has one step of noise.
//! Clean data has no index; ᾱ before `t = 0` is 1.

mod constructors;
mod level;

pub(crate) use constructors::no_lambda;

use ndarray::Array1;

pub use level::Level;

use crate::error::{Error, Result};

/// A noise schedule of T timesteps: β_t, α_t = 1 − β_t and ᾱ_t = ∏_{s≤t} α_s, all in f64.
///
/// The tables are public to read through [`betas`](Self::betas), [`alphas`](Self::alphas) and
/// [`alpha_bars`](Self::alpha_bars); methods that take a `t` return an error outside `0..T`.
///
/// ```
/// use diffusion_intuition::Schedule;
///
/// let schedule = Schedule::linear(200, 1e-4, 0.02)?;
/// assert_eq!(schedule.timesteps(), 200);
/// // The chapter's own schedule keeps 13 % of the signal's variance at its last step:
/// assert!((schedule.alpha_bar(199)? - 0.1322).abs() < 5e-5);
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    betas: Array1<f64>,
    alphas: Array1<f64>,
    alpha_bars: Array1<f64>,
}

impl Schedule {
    /// Number of timesteps T; valid timesteps are `0..T`.
    pub fn timesteps(&self) -> usize {
        self.betas.len()
    }

    /// β_t, the variance of the noise that step t adds; shape (T).
    pub fn betas(&self) -> &Array1<f64> {
        &self.betas
    }

    /// α_t = 1 − β_t, the share of the variance that step t keeps; shape (T).
    pub fn alphas(&self) -> &Array1<f64> {
        &self.alphas
    }

    /// ᾱ_t = ∏_{s≤t} α_s, the share of the data's variance left in x_t; shape (T).
    pub fn alpha_bars(&self) -> &Array1<f64> {
        &self.alpha_bars
    }

    /// √(1 − ᾱ_t), the *standard deviation* of the noise in x_t given x_0, for every t; shape (T).
    pub fn noise_levels(&self) -> Array1<f64> {
        self.alpha_bars.mapv(|ab| (1.0 - ab).sqrt())
    }

    /// Signal-to-noise ratio ᾱ_t / (1 − ᾱ_t) for every t (Kingma et al. 2021, eq. 2); shape (T).
    ///
    /// It is a ratio of variances; 0 at a last step with zero terminal SNR.
    pub fn snr(&self) -> Array1<f64> {
        self.alpha_bars.mapv(|ab| ab / (1.0 - ab))
    }

    /// Natural logarithm of [`snr`](Self::snr); −∞ at a last step with zero terminal SNR; shape (T).
    pub fn log_snr(&self) -> Array1<f64> {
        self.snr().mapv(f64::ln)
    }

    /// β̃_t, the variance of q(x_{t−1} | x_t, x_0), for every t; shape (T).
    ///
    /// β̃_t = β_t (1 − ᾱ_{t−1}) / (1 − ᾱ_t) (Ho et al. 2020, eq. 7). It is 0 at t = 0, where x_0 is
    /// known, and below β_t everywhere, for knowing x_0 can only help.
    pub fn posterior_variances(&self) -> Array1<f64> {
        (0..self.timesteps())
            .map(|t| self.posterior_at(t).variance)
            .collect()
    }

    /// ᾱ_t at one timestep.
    ///
    /// # Errors
    /// [`Error::Timestep`] if `t` is not in `0..T`.
    pub fn alpha_bar(&self, t: usize) -> Result<f64> {
        self.check(t)?;
        Ok(self.alpha_bars[t])
    }

    /// √(1 − ᾱ_t), the standard deviation of the noise in x_t: the chapter's "noise level".
    ///
    /// The *variance* of that noise is its square, 1 − ᾱ_t.
    ///
    /// # Errors
    /// [`Error::Timestep`] if `t` is not in `0..T`.
    pub fn noise_level(&self, t: usize) -> Result<f64> {
        Ok((1.0 - self.alpha_bar(t)?).sqrt())
    }

    /// β̃_t at one timestep; see [`posterior_variances`](Self::posterior_variances).
    ///
    /// # Errors
    /// [`Error::Timestep`] if `t` is not in `0..T`.
    pub fn posterior_variance(&self, t: usize) -> Result<f64> {
        self.check(t)?;
        Ok(self.posterior_at(t).variance)
    }

    /// ᾱ_{t−1}, which is 1 for t = 0: nothing has been added to clean data. Assumes a valid `t`.
    pub(crate) fn alpha_bar_before(&self, t: usize) -> f64 {
        if t == 0 { 1.0 } else { self.alpha_bars[t - 1] }
    }

    /// Coefficients of q(x_{t−1} | x_t, x_0) (Ho et al. 2020, eq. 7). Assumes a valid `t`.
    pub(crate) fn posterior_at(&self, t: usize) -> Posterior {
        let before = self.alpha_bar_before(t);
        let total = 1.0 - self.alpha_bars[t];
        Posterior {
            x0: before.sqrt() * self.betas[t] / total,
            x_t: self.alphas[t].sqrt() * (1.0 - before) / total,
            variance: self.betas[t] * (1.0 - before) / total,
        }
    }

    /// Refuses a timestep outside `0..T`.
    pub(crate) fn check(&self, t: usize) -> Result<()> {
        let timesteps = self.timesteps();
        if t < timesteps {
            Ok(())
        } else {
            Err(Error::Timestep { t, timesteps })
        }
    }
}

/// q(x_{t−1} | x_t, x_0) = N(x0·x_0 + x_t·x_t, variance·I).
pub(crate) struct Posterior {
    /// Coefficient of x_0.
    pub x0: f64,
    /// Coefficient of x_t.
    pub x_t: f64,
    /// β̃_t.
    pub variance: f64,
}

/// The chapter's default: linear, T = 100, β from 1e-4 to 0.02.
impl Default for Schedule {
    fn default() -> Self {
        Self::linear(100, 1e-4, 0.02).expect("the default schedule is valid")
    }
}
