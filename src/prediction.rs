//! Three ways to say the same thing: a prediction of ε, of x0 or of v.

use ndarray::{Array, ArrayRef, Dimension, Zip};

use crate::error::{Error, Result};
use crate::schedule::Schedule;

/// What a network predicts. Given x_t = √ᾱ_t x_0 + √(1−ᾱ_t) ε, each determines the others, except at the
/// ends of the schedule.
///
/// ε (Ho et al. 2020, §3.2); x_0; v = √ᾱ_t ε − √(1−ᾱ_t) x_0 (Salimans & Ho 2022, §4), which is determined
/// by x_t and either of the others at every ᾱ. At ᾱ = 0 (zero terminal SNR) x_t is all noise: ε is known
/// from it and x_0 is not.
///
/// For exact predictions the three are a change of units. For a network's they are not: turned into x_0, an
/// error δ of ε becomes √(1−ᾱ_t)/√ᾱ_t δ, which grows without bound as ᾱ_t nears 0 (20,000 δ at the end of
/// [`Schedule::cosine`] with T = 1000), one of v becomes √(1−ᾱ_t) δ, and one of x_0 stays δ. What of it
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
}

/// Factors of x_t and of the prediction.
pub(crate) type Factors = (f64, f64);

impl Prediction {
    /// x_0 from a prediction of this kind; the shape of `x_t`. `t` is 0-based.
    ///
    /// From ε: (x_t − √(1−ᾱ) ε)/√ᾱ; from v: √ᾱ x_t − √(1−ᾱ) v.
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
        combine(self.x0_factors(schedule.alpha_bar(t)?)?, x_t, prediction)
    }

    /// ε from a prediction of this kind; the shape of `x_t`. `t` is 0-based.
    ///
    /// From x_0: (x_t − √ᾱ x_0)/√(1−ᾱ); from v: √(1−ᾱ) x_t + √ᾱ v.
    ///
    /// # Errors
    /// [`Error::Degenerate`] from x_0 at ᾱ = 1; [`Error::Timestep`] if `t` is not in `0..T`;
    /// [`Error::Shape`] if the shapes differ.
    pub fn to_eps<D: Dimension>(
        self,
        schedule: &Schedule,
        x_t: &ArrayRef<f32, D>,
        prediction: &ArrayRef<f32, D>,
        t: usize,
    ) -> Result<Array<f32, D>> {
        combine(self.eps_factors(schedule.alpha_bar(t)?)?, x_t, prediction)
    }

    /// v from a prediction of this kind; the shape of `x_t`. `t` is 0-based.
    ///
    /// From ε: (ε − √(1−ᾱ) x_t)/√ᾱ; from x_0: (√ᾱ x_t − x_0)/√(1−ᾱ).
    ///
    /// # Errors
    /// [`Error::Degenerate`] from ε where √ᾱ is 0 in f32 and from x_0 at ᾱ = 1; [`Error::Timestep`] if `t` is not in
    /// `0..T`; [`Error::Shape`] if the shapes differ.
    pub fn to_v<D: Dimension>(
        self,
        schedule: &Schedule,
        x_t: &ArrayRef<f32, D>,
        prediction: &ArrayRef<f32, D>,
        t: usize,
    ) -> Result<Array<f32, D>> {
        combine(self.v_factors(schedule.alpha_bar(t)?)?, x_t, prediction)
    }

    /// What a network of this kind should answer when x_0 and ε are known, at t: the target of training.
    pub(crate) fn target(self, alpha_bar: f64, x0: f32, eps: f32) -> f32 {
        match self {
            Self::Eps => eps,
            Self::X0 => x0,
            Self::V => alpha_bar.sqrt() as f32 * eps - (1.0 - alpha_bar).sqrt() as f32 * x0,
        }
    }

    /// Factors of x_t and of the prediction in x_0.
    pub(crate) fn x0_factors(self, alpha_bar: f64) -> Result<Factors> {
        let (signal, noise) = levels(alpha_bar);
        match self {
            Self::Eps => {
                nonzero("x0 from eps", signal, alpha_bar)?;
                Ok((1.0 / signal, -noise / signal))
            }
            Self::X0 => Ok((0.0, 1.0)),
            Self::V => Ok((signal, -noise)),
        }
    }

    /// Factors of x_t and of the prediction in eps.
    pub(crate) fn eps_factors(self, alpha_bar: f64) -> Result<Factors> {
        let (signal, noise) = levels(alpha_bar);
        match self {
            Self::Eps => Ok((0.0, 1.0)),
            Self::X0 => {
                nonzero("eps from x0", noise, alpha_bar)?;
                Ok((1.0 / noise, -signal / noise))
            }
            Self::V => Ok((noise, signal)),
        }
    }

    /// Factors of x_t and of the prediction in v.
    pub(crate) fn v_factors(self, alpha_bar: f64) -> Result<Factors> {
        let (signal, noise) = levels(alpha_bar);
        match self {
            Self::Eps => {
                nonzero("v from eps", signal, alpha_bar)?;
                Ok((-noise / signal, 1.0 / signal))
            }
            Self::X0 => {
                nonzero("v from x0", noise, alpha_bar)?;
                Ok((signal / noise, -1.0 / noise))
            }
            Self::V => Ok((0.0, 1.0)),
        }
    }
}

/// √ᾱ and √(1−ᾱ).
fn levels(alpha_bar: f64) -> (f64, f64) {
    (alpha_bar.sqrt(), (1.0 - alpha_bar).sqrt())
}

/// Refuses a divisor that is 0, or so small that the factor it makes is infinite in f32.
fn nonzero(what: &'static str, divisor: f64, alpha_bar: f64) -> Result<()> {
    if !((1.0 / divisor) as f32).is_finite() {
        return Err(Error::Degenerate { what, alpha_bar });
    }
    Ok(())
}

fn combine<D: Dimension>(
    (of_x_t, of_prediction): Factors,
    x_t: &ArrayRef<f32, D>,
    prediction: &ArrayRef<f32, D>,
) -> Result<Array<f32, D>> {
    if x_t.shape() != prediction.shape() {
        return Err(Error::Shape {
            what: "prediction",
            expected: x_t.shape().to_vec(),
            found: prediction.shape().to_vec(),
        });
    }
    let (a, b) = (of_x_t as f32, of_prediction as f32);
    if a == 0.0 {
        // An infinite x_t must not become NaN where it does not count.
        return Ok(prediction.mapv(|p| b * p));
    }
    Ok(Zip::from(x_t)
        .and(prediction)
        .map_collect(|x, p| a * x + b * p))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, array};

    const ALL: [Prediction; 3] = [Prediction::Eps, Prediction::X0, Prediction::V];

    #[test]
    fn every_kind_determines_the_others() {
        let schedule = Schedule::linear(200, 1e-4, 0.02).unwrap();
        let (x0, eps) = (array![1.5_f32, -2.0, 0.25], array![0.5_f32, 1.25, -3.0]);
        for t in [0, 50, 199] {
            let alpha_bar = schedule.alpha_bar(t).unwrap();
            let x_t = schedule.q_sample_with(&x0, t, &eps).unwrap();
            // v by its definition, Salimans & Ho 2022, §4.
            let (signal, noise) = (alpha_bar.sqrt() as f32, (1.0 - alpha_bar).sqrt() as f32);
            let v: Array1<f32> = signal * &eps - noise * &x0;
            let truth = [&eps, &x0, &v];
            for (from, given) in ALL.iter().zip(truth) {
                let answers = [
                    from.to_eps(&schedule, &x_t, given, t).unwrap(),
                    from.to_x0(&schedule, &x_t, given, t).unwrap(),
                    from.to_v(&schedule, &x_t, given, t).unwrap(),
                ];
                for (answer, truth) in answers.iter().zip(truth) {
                    // At t = 0, √(1−ᾱ) = 0.01: ε from x0 magnifies rounding a hundredfold.
                    let error = (answer - truth)
                        .mapv(f32::abs)
                        .iter()
                        .copied()
                        .fold(0.0, f32::max);
                    assert!(error < 5e-5, "{from:?} at {t}: {error}");
                }
                for i in 0..3 {
                    let target = from.target(alpha_bar, x0[i], eps[i]);
                    assert!((target - given[i]).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn zero_terminal_snr_is_refused_where_it_divides_by_zero() {
        let schedule = Schedule::linear(10, 0.1, 0.2)
            .unwrap()
            .zero_terminal_snr()
            .unwrap();
        let x = array![1.0_f32];
        let refused = Err(Error::Degenerate {
            what: "x0 from eps",
            alpha_bar: 0.0,
        });
        assert_eq!(Prediction::Eps.to_x0(&schedule, &x, &x, 9), refused);
        assert!(Prediction::Eps.to_v(&schedule, &x, &x, 9).is_err());
        // v and x0 still work there: v = −x0, and x_t = ε.
        assert_eq!(
            Prediction::V.to_x0(&schedule, &x, &array![0.5], 9).unwrap(),
            array![-0.5]
        );
        assert_eq!(
            Prediction::V
                .to_eps(&schedule, &x, &array![0.5], 9)
                .unwrap(),
            x
        );
        assert!(Prediction::X0.eps_factors(1.0).is_err());
        assert!(Prediction::X0.v_factors(1.0).is_err());
        assert!(Prediction::X0.to_x0(&schedule, &x, &x, 10).is_err());
    }
}
