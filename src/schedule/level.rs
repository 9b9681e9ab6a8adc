//! How noisy a batch is, in the words of each paper.

use super::Schedule;

/// A noise level, given by ᾱ; the names under which the papers know it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// ᾱ, the share of the data's variance that is left.
    pub alpha_bar: f64,
}

impl Level {
    /// Clean data: before t = 0, ᾱ is 1.
    pub const CLEAN: Self = Self { alpha_bar: 1.0 };

    /// √ᾱ: the factor of x_0. Lu et al. call it α.
    pub fn signal(self) -> f64 {
        self.alpha_bar.sqrt()
    }

    /// √(1−ᾱ): the factor of ε. Lu et al. call it σ.
    pub fn noise(self) -> f64 {
        (1.0 - self.alpha_bar).sqrt()
    }

    /// σ = √((1−ᾱ)/ᾱ), the noise of x_t/√ᾱ_t (Karras et al. 2022); infinite at ᾱ = 0.
    pub fn sigma(self) -> f64 {
        self.noise() / self.signal()
    }

    /// σ_s/σ_t of a step from here (t) to a lower level s: what is left of σ, in [0, 1). Finite everywhere,
    /// and 0 for a step from ᾱ = 0 or to clean data.
    pub fn sigma_left(self, s: Self) -> f64 {
        (s.noise() * self.signal()) / (s.signal() * self.noise())
    }

    /// The factors of x_t and x̂0 in x_s, after one step of the probability-flow ODE from here (t) to a lower level s:
    /// x_s = (√(1−ᾱ_s)/√(1−ᾱ_t)) x_t + √ᾱ_s (1 − σ_s/σ_t) x̂0. DDIM with η = 0 (Song et al. 2020, eq. 13).
    pub(crate) fn towards(self, s: Self) -> [f64; 2] {
        let of_x0 = s.signal() * (1.0 - self.sigma_left(s));
        [s.noise() / self.noise(), of_x0]
    }

    /// λ = ln(√ᾱ/√(1−ᾱ)), half the log-SNR (Lu et al. 2022); −∞ at ᾱ = 0 and +∞ at ᾱ = 1.
    pub fn lambda(self) -> f64 {
        (self.signal() / self.noise()).ln()
    }
}

impl Schedule {
    /// The level of x_t. Assumes a valid `t`.
    pub(crate) fn level(&self, t: usize) -> Level {
        Level {
            alpha_bar: self.alpha_bars()[t],
        }
    }
}
