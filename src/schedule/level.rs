//! How noisy a batch is, in the words of each paper.

use super::Schedule;

/// The largest σ_t/σ_s at which Heun's second slope is taken in σ: beyond it x̂0' would count more than once.
const LONG: f64 = 3.0;

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

    /// What Heun's second evaluation adds to x_s, for each unit of x̂0' − x̂0, where x̂0' is that at the end of the
    /// [first-order step](Self::towards): at s, which is not clean.
    ///
    /// The mean of both slopes in σ (Karras et al. 2022, algorithm 1) adds ½ (σ_t/σ_s − 1) (x̂0' − x̂0) to x̄_s.
    /// Where σ is large and falls far in one step, that goes beyond x̂0' by any factor: thousands from the end
    /// of the cosine schedule. There the mean of both x̂0 in 1/σ is taken, of the same order, which adds
    /// ½ (1 − σ_s/σ_t) (x̂0' − x̂0): at most half of the way (Lu et al. 2022, DPM-Solver++(2S) with r = 1).
    pub(crate) fn correction(self, s: Self) -> f64 {
        let left = self.sigma_left(s);
        let long = self.sigma() > 1.0 && left * LONG < 1.0;
        let change = if long { 1.0 - left } else { 1.0 / left - 1.0 };
        s.signal() * change / 2.0
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
