//! What a bound is made of, in nats and in bits per dimension.

use std::f64::consts::LN_2;
use std::fmt;

use ndarray::Array1;

use crate::data::Standardizer;
use crate::error::Result;
use crate::metrics::Estimate;

/// L_vlb = L_T + Σ_t L_t, an upper bound on the negative log-likelihood of a sample, term by term.
///
/// Everything is a mean over samples and a sum over the d coordinates, in nats, unless the name says bits.
/// For continuous data it bounds −ln of a *density*, which may be negative and changes with the data's unit:
/// data scaled by a factor c has ln c more nats (log₂ c more bits) per dimension. On a grid
/// ([`Decoder::Grid`](super::Decoder::Grid)) it bounds −ln of a probability.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    pub(super) dim: usize,
    pub(super) prior: f64,
    pub(super) terms: Array1<f64>,
    pub(super) term_errors: Array1<f64>,
    pub(super) rows: Array1<f64>,
    pub(super) nats: f64,
    pub(super) error: f64,
}

impl Bound {
    /// L_vlb, in nats.
    pub fn nats(&self) -> f64 {
        self.nats
    }

    /// L_vlb in bits per dimension: nats / (d ln 2).
    pub fn bits_per_dim(&self) -> f64 {
        bits_per_dim(self.nats, self.dim)
    }

    /// Standard error of [`nats`](Self::nats), over the choice of samples and the noise; 0 for an exact bound.
    pub fn nats_error(&self) -> f64 {
        self.error
    }

    /// Standard error of [`bits_per_dim`](Self::bits_per_dim).
    pub fn bits_per_dim_error(&self) -> f64 {
        bits_per_dim(self.error, self.dim)
    }

    /// L_T = KL(q(x_T | x_0) ‖ N(0, I)), in nats: what the forward process has left of the data.
    pub fn prior(&self) -> f64 {
        self.prior
    }

    /// L_t for t = 0, …, T−1, in nats; shape (T). The paper's index and our 0-based timestep agree: entry
    /// `t` belongs to the step back from our x_t. L_0 = −E ln p(x_0 | x_t) at t = 0, the decoder's; all
    /// others are KL(q(x_{t−1} | x_t, x_0) ‖ p_θ(x_{t−1} | x_t)) ≥ 0.
    pub fn terms(&self) -> &Array1<f64> {
        &self.terms
    }

    /// Standard error of each of [`terms`](Self::terms); shape (T). They are not independent of each other:
    /// all terms saw the same samples.
    pub fn term_errors(&self) -> &Array1<f64> {
        &self.term_errors
    }

    /// Every sample's own bound on its −ln p, in nats, in order; shape (n). Empty for an exact bound.
    ///
    /// The mean difference to another figure of the same samples (a density known exactly, another model's
    /// bound) has a far smaller standard error than either.
    pub fn rows(&self) -> &Array1<f64> {
        &self.rows
    }

    /// Dimension d of the data.
    pub fn dim(&self) -> usize {
        self.dim
    }
}

/// Bits per dimension, with its standard error.
impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.4}", self.bits_per_dim())?;
        if self.error > 0.0 {
            write!(f, " ± {:.4}", self.bits_per_dim_error())?;
        }
        write!(f, " bits/dim")
    }
}

/// What a model makes of held-out samples: the mean of −ln p in bits per dimension, in the data's own units, with
/// its standard error over samples. `log_densities` are ln p(x_0) in nats of standardised samples, one each.
///
/// A density has a unit: where x is divided by s, ln p rises by ln s. So the logarithms of `scale`'s standard
/// deviations come off again, and models trained on different scales can be compared.
///
/// # Errors
/// What [`Estimate::of`] returns.
pub fn bits_of_samples(log_densities: &Array1<f64>, scale: &Standardizer) -> Result<Estimate> {
    let volume: f64 = scale.std().iter().map(|std| std.ln()).sum();
    let bits = log_densities
        .iter()
        .map(|ln_p| bits_per_dim(volume - ln_p, scale.dim()));
    Estimate::of(&bits.collect::<Vec<_>>())
}

/// Nats of a whole d-dimensional sample in bits per dimension: nats / (d ln 2). `dim` must not be 0.
pub fn bits_per_dim(nats: f64, dim: usize) -> f64 {
    nats / (dim as f64 * LN_2)
}
