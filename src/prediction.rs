//! Four ways to say the same thing: a prediction of ε, of x0, of v or of the velocity.

use ndarray::{Array, ArrayRef, Dimension, Zip};

use crate::check;
use crate::error::{Error, Result};
use crate::schedule::{Level, Schedule};

/// What a network predicts. Given x_t = √ᾱ_t x_0 + √(1−ᾱ_t) ε, each determines the others, except at the
/// ends of the schedule.
///
/// ε (Ho et al. 2020, §3.2); x_0; v = √ᾱ_t ε − √(1−ᾱ_t) x_0 (Salimans & Ho 2022, §4), which is determined
/// by x_t and either of the others at every ᾱ. At ᾱ = 0 (zero terminal SNR) x_t is all noise: ε is known
/// from it and x_0 is not.
///
/// The velocity ε − x_0 of the linear path (flow matching, Lipman et al. 2023; Liu et al. 2023) is one more, at the
/// levels of any schedule: x_0 = (x_t − √(1−ᾱ_t) u)/(√ᾱ_t + √(1−ᾱ_t)), with a divisor between 1 and √2.
///
/// v of data divided by its standard deviation σ_data is what EDM's preconditioned network F predicts (Karras et al.
/// 2022, eq. 7 and table 1), up to the sign, with the same weight: D(x; σ) = c_skip x + c_out F(c_in x) is σ_data
/// (√ᾱ_t x_t − √(1−ᾱ_t) v) where σ/σ_data = √((1−ᾱ_t)/ᾱ_t). So EDM's training is [`V`](Self::V) on data of variance
/// 1, with its [distribution of σ](crate::train::Times::EDM).
///
/// For exact predictions the four are a change of units. For a network's they are not: turned into x_0, an
/// error δ of ε becomes √(1−ᾱ_t)/√ᾱ_t δ, which grows without bound as ᾱ_t nears 0 (20,000 δ at the end of
/// [`Schedule::cosine`] with T = 1000), one of v becomes √(1−ᾱ_t) δ, one of the velocity no more than that, and one of
/// x_0 stays δ. What of it
/// samplers let through is said in [`sampler`](crate::sampler).
///
/// ```
/// use diffusion_intuition::{Prediction, Schedule};
/// use ndarray::array;
///
/// let schedule = Schedule::linear(200, 1e-4, 0.02)?;
/// let (x0, eps) = (array![[1.0_f32]], array![[-0.5_f32]]);
/// let x_t = schedule.q_sample_with(&x0, 50, &eps)?;
/// let again = Prediction::Eps.to_x0(&schedule, &x_t, &eps, 50)?;
/// assert!((again[[0, 0]] - 1.0).abs() < 1e-5);
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prediction {
    /// The noise ε in x_t.
    #[default]
    Eps,
    /// The clean sample x_0.
    X0,
    /// The velocity v = √ᾱ_t ε − √(1−ᾱ_t) x_0.
    V,
    /// The velocity ε − x_0 of flow matching.
    Velocity,
}

impl Prediction {
    /// x_0 from a prediction of this kind; the shape of `x_t`. `t` is 0-based.
    ///
    /// From ε: (x_t − √(1−ᾱ) ε)/√ᾱ; from v: √ᾱ x_t − √(1−ᾱ) v; from the velocity u:
    /// (x_t − √(1−ᾱ) u)/(√ᾱ + √(1−ᾱ)).
    ///
    /// # Errors
    /// [`Error::Degenerate`] from ε where √ᾱ is 0 in f32; [`Error::Timestep`] if `t` is not in `0..T`;
    /// [`Error::Shape`] if the shapes differ.
    pub fn to_x0<D: Dimension>(
        self,
        schedule: &Schedule,
        x_t: &ArrayRef<f32, D>,
        prediction: &ArrayRef<f32, D>,
        t: usize,
    ) -> Result<Array<f32, D>> {
        self.convert(Self::X0, schedule, x_t, prediction, t)
    }

    /// ε from a prediction of this kind; the shape of `x_t`. `t` is 0-based.
    ///
    /// From x_0: (x_t − √ᾱ x_0)/√(1−ᾱ); from v: √(1−ᾱ) x_t + √ᾱ v; from the velocity u:
    /// (x_t + √ᾱ u)/(√ᾱ + √(1−ᾱ)).
    ///
    /// # Errors
    /// [`Error::Timestep`] if `t` is not in `0..T`; [`Error::Shape`] if the shapes differ.
    pub fn to_eps<D: Dimension>(
        self,
        schedule: &Schedule,
        x_t: &ArrayRef<f32, D>,
        prediction: &ArrayRef<f32, D>,
        t: usize,
    ) -> Result<Array<f32, D>> {
        self.convert(Self::Eps, schedule, x_t, prediction, t)
    }

    fn convert<D: Dimension>(
        self,
        to: Self,
        schedule: &Schedule,
        x_t: &ArrayRef<f32, D>,
        prediction: &ArrayRef<f32, D>,
        t: usize,
    ) -> Result<Array<f32, D>> {
        schedule.check(t)?;
        let (of_x_t, of_prediction) = self.factors(to, schedule.level(t))?;
        check::same_shape("prediction", x_t.shape(), prediction.shape())?;
        let (a, b) = (of_x_t as f32, of_prediction as f32);
        if a == 0.0 {
            // An infinite x_t must not become NaN where it does not count.
            return Ok(prediction.mapv(|p| b * p));
        }
        let both = Zip::from(x_t).and(prediction);
        Ok(both.map_collect(|x, p| a * x + b * p))
    }

    /// What a network of this kind should answer when x_0 and ε are known: the target of training.
    pub(crate) fn target(self, alpha_bar: f64, x0: f32, eps: f32) -> f32 {
        match self {
            Self::Eps => eps,
            Self::X0 => x0,
            Self::V => alpha_bar.sqrt() as f32 * eps - (1.0 - alpha_bar).sqrt() as f32 * x0,
            Self::Velocity => eps - x0,
        }
    }

    /// Factors of x_t and of a prediction of this kind in what another kind would be.
    ///
    /// # Errors
    /// [`Error::Degenerate`] for a divisor that is 0, or so small that its factor is infinite in f32.
    pub(crate) fn factors(self, to: Self, level: Level) -> Result<(f64, f64)> {
        use Prediction::{Eps, V, Velocity, X0};
        let (signal, noise) = (level.signal(), level.noise());
        let sum = signal + noise; // from 1 to √2
        let (factors, divisor, what) = match (self, to) {
            (Eps, X0) => ((1.0 / signal, -noise / signal), signal, "x0 from eps"),
            (Eps, V) => ((-noise / signal, 1.0 / signal), signal, "v from eps"),
            (X0, Eps) => ((1.0 / noise, -signal / noise), noise, "eps from x0"),
            (X0, V) => ((signal / noise, -1.0 / noise), noise, "v from x0"),
            (V, X0) => ((signal, -noise), 1.0, "x0 from v"),
            (V, Eps) => ((noise, signal), 1.0, "eps from v"),
            (Eps, Velocity) => ((-1.0 / signal, sum / signal), signal, "velocity from eps"),
            (X0, Velocity) => ((1.0 / noise, -sum / noise), noise, "velocity from x0"),
            (V, Velocity) => ((noise - signal, sum), 1.0, "velocity from v"),
            (Velocity, Eps) => ((1.0 / sum, signal / sum), 1.0, "eps from velocity"),
            (Velocity, X0) => ((1.0 / sum, -noise / sum), 1.0, "x0 from velocity"),
            (Velocity, V) => (((signal - noise) / sum, 1.0 / sum), 1.0, "v from velocity"),
            (Eps, Eps) | (X0, X0) | (V, V) | (Velocity, Velocity) => ((0.0, 1.0), 1.0, "itself"),
        };
        if ((1.0 / divisor) as f32).is_finite() {
            return Ok(factors);
        }
        let alpha_bar = level.alpha_bar;
        Err(Error::Degenerate { what, alpha_bar })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What no schedule and no public function reaches: targets, v, and ᾱ = 1. All else is in tests/.
    #[test]
    fn targets_and_velocities() {
        use Prediction::{Eps, V, Velocity, X0};
        let (x0, eps) = (1.5_f32, -0.75_f32);
        for alpha_bar in [0.9999, 0.6, 0.13] {
            let level = Level { alpha_bar };
            let (signal, noise) = (level.signal(), level.noise());
            let (x, e) = (f64::from(x0), f64::from(eps));
            // v by its definition, Salimans & Ho 2022, §4.
            let v = signal * e - noise * x;
            let all = [(Eps, e), (X0, x), (V, v), (Velocity, e - x)];
            for (kind, truth) in all {
                let target = f64::from(kind.target(alpha_bar, x0, eps));
                assert!((target - truth).abs() < 1e-6, "{kind:?} at {alpha_bar}");
                for (to, wanted) in all {
                    let (of_x_t, of_given) = kind.factors(to, level).unwrap();
                    let found = of_x_t * (signal * x + noise * e) + of_given * truth;
                    // Rounding, magnified by 1/√(1−ᾱ) ≤ 100 from x0.
                    let what = format!("{kind:?} to {to:?} at {alpha_bar}");
                    assert!((found - wanted).abs() < 1e-12, "{what}");
                }
            }
        }
        for (from, to, alpha_bar) in [
            (Eps, V, 0.0),
            (Eps, V, 1e-82), // the root's inverse is infinite in f32
            (Eps, Velocity, 0.0),
            (X0, Eps, 1.0),
            (X0, V, 1.0),
            (X0, Velocity, 1.0),
        ] {
            assert!(from.factors(to, Level { alpha_bar }).is_err());
        }
        for (to, alpha_bar) in [(X0, 0.0), (Eps, 0.0), (X0, 1.0), (Eps, 1.0)] {
            let (of_x_t, of_velocity) = Velocity.factors(to, Level { alpha_bar }).unwrap();
            assert!(of_x_t == 1.0 && of_velocity.abs() <= 1.0);
        }
    }
}
