//! What samplers see of a model: a prediction for a batch at one timestep.

use ndarray::Array2;

use crate::error::Result;
use crate::mixture::Mixture;
use crate::prediction::Prediction;
use crate::schedule::Schedule;

/// Anything that predicts ε, x_0, v or the velocity from x_t: a closure, a trained network, the exact [`Mixture`].
///
/// A closure `|x_t: &Array2<f32>, t: usize|` that returns an `Array2<f32>`, or a `Result` of one, is a
/// denoiser that predicts ε; [`Prediction::of`] makes it one that predicts something else. So is the
/// reference network, and a `&dyn Network` of any other; with the averaged weights, after
/// [`use_ema`](crate::train::Trainer::use_ema).
///
/// ```
/// use diffusion_intuition::prelude::*;
///
/// let schedule = Schedule::linear(200, 1e-4, 0.02)?;
/// let x_t = Array2::<f32>::zeros((5, 1));
/// let exact = Mixture::bimodal().denoiser(&schedule, Prediction::Eps);
/// let network = FilmMlp::new(1, &mut Rng::new(0))?;
/// let closure = |x_t: &Array2<f32>, _t: usize| x_t * 0.5;
/// for denoiser in [&exact as &dyn Denoiser, &network, &closure, &Prediction::V.of(&network)] {
///     assert_eq!(denoiser.denoise(&x_t, 100)?.dim(), (5, 1));
/// }
/// # Ok::<(), Error>(())
/// ```
pub trait Denoiser {
    /// What [`denoise`](Self::denoise) returns: ε unless said otherwise.
    fn prediction(&self) -> Prediction {
        Prediction::Eps
    }

    /// Whether the answers are a formula's, right to the rounding of f32, and not those of something trained.
    ///
    /// Samplers ask where they would multiply an error of ε: see
    /// [`amplification`](crate::sampler::Sampler::amplification).
    fn is_exact(&self) -> bool {
        false
    }

    /// The prediction for the rows of `x_t`, shape (n, d), which all stand at the 0-based timestep `t`;
    /// shape (n, d).
    ///
    /// # Errors
    /// Whatever went wrong. Samplers check the shape and the numbers themselves.
    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>>;
}

/// What a closure may return to be a [`Denoiser`]: a prediction, or the `Result` of one.
pub trait Fallible {
    /// As a result.
    fn result(self) -> Result<Array2<f32>>;
}

impl Fallible for Array2<f32> {
    fn result(self) -> Result<Array2<f32>> {
        Ok(self)
    }
}

impl Fallible for Result<Array2<f32>> {
    fn result(self) -> Result<Array2<f32>> {
        self
    }
}

impl<F, A> Denoiser for F
where
    F: Fn(&Array2<f32>, usize) -> A,
    A: Fallible,
{
    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>> {
        self(x_t, t).result()
    }
}

/// The best denoiser that there is for data of a known law: see [`Mixture::denoiser`].
#[derive(Debug, Clone, PartialEq)]
pub struct ExactDenoiser {
    data: Mixture,
    schedule: Schedule,
    prediction: Prediction,
}

impl Mixture {
    /// The exact denoiser for data that follows this mixture: ε*, x0*, v* or the velocity of `schedule`, the conditional
    /// means that a network of that kind tries to learn.
    ///
    /// With it, all that a sampler gets wrong is the sampler's own doing.
    pub fn denoiser(&self, schedule: &Schedule, prediction: Prediction) -> ExactDenoiser {
        ExactDenoiser {
            data: self.clone(),
            schedule: schedule.clone(),
            prediction,
        }
    }
}

impl Denoiser for ExactDenoiser {
    fn prediction(&self) -> Prediction {
        self.prediction
    }

    fn is_exact(&self) -> bool {
        true
    }

    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>> {
        self.data.optimal(self.prediction, &self.schedule, x_t, t)
    }
}

/// A denoiser whose answers are to be read as another kind of prediction: see [`Prediction::of`].
#[derive(Clone, Copy)]
pub struct Predicting<'a> {
    denoiser: &'a dyn Denoiser,
    prediction: Prediction,
}

impl Prediction {
    /// `denoiser` with its answers read as predictions of this kind: for closures and networks, which do
    /// not know what they were trained to predict. Nothing is converted.
    pub fn of(self, denoiser: &dyn Denoiser) -> Predicting<'_> {
        Predicting {
            denoiser,
            prediction: self,
        }
    }
}

impl Denoiser for Predicting<'_> {
    fn prediction(&self) -> Prediction {
        self.prediction
    }

    fn is_exact(&self) -> bool {
        self.denoiser.is_exact()
    }

    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>> {
        self.denoiser.denoise(x_t, t)
    }
}
