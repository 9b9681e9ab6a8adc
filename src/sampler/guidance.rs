//! Classifier-free guidance: two denoisers, one of which knows what is wanted.

use ndarray::Array2;

use crate::check;
use crate::denoiser::Denoiser;
use crate::error::{Error, Result};
use crate::network::Given;
use crate::prediction::Prediction;

/// Classifier-free guidance (Ho & Salimans 2021): unconditional + scale · (conditional − unconditional).
///
/// Scale 0 ignores the condition, 1 samples the conditional distribution, and more than 1 goes beyond it:
/// samples become more typical of the condition and less diverse, and no longer follow any of the
/// distributions that were learned. The paper's w counts from there: scale = 1 + w (its eq. 6). The formula is the same for ε, x0 and v,
/// because each is affine in the others. Two evaluations of a model count as one of the guided denoiser.
///
/// ```
/// use diffusion_intuition::prelude::*;
///
/// let schedule = Schedule::cosine(1000)?;
/// let right = Mixture::new(&[1.0], vec![Gaussian::isotropic(&[2.0], 0.3)?])?;
/// let any = Mixture::bimodal().denoiser(&schedule, Prediction::Eps);
/// let wanted = right.denoiser(&schedule, Prediction::Eps);
/// let guided = Guidance::new(&wanted, &any, 2.0)?;
/// let mut rng = Rng::new(0);
/// let start = rng.standard_normal(100, 1)?;
/// let x0 = Sampler::new(&schedule, Method::DDIM, 50)?.sample(&guided, &start, &mut rng)?;
/// assert!(x0.iter().all(|x| *x > 0.0)); // all in the right half
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Guidance<'a> {
    conditional: Side<'a>,
    unconditional: Side<'a>,
    scale: f64,
}

#[derive(Clone, Copy)]
enum Side<'a> {
    Any(&'a dyn Denoiser),
    Given(Given<'a>),
}

impl<'a> Guidance<'a> {
    /// Guidance of `unconditional` towards `conditional`.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if one predicts ε and the other x0, say; [`Error::Parameter`] for a scale
    /// that is not finite in f32.
    pub fn new(
        conditional: &'a dyn Denoiser,
        unconditional: &'a dyn Denoiser,
        scale: f64,
    ) -> Result<Self> {
        let (left, right) = (conditional.prediction(), unconditional.prediction());
        if left != right {
            let what = format!("one denoiser predicts {left:?} and the other {right:?}");
            let valid = "both must predict the same";
            return Err(Error::Unsupported { what, valid });
        }
        Self::of(Side::Any(conditional), Side::Any(unconditional), scale)
    }

    /// Guidance of a conditional network that was trained with label dropout: from what it answers when told nothing
    /// towards what it answers as `given`.
    ///
    /// `Guidance::towards(network.given(Some(3)), 1.0 + w)` is for class 3,
    /// `Guidance::towards(network.given_each(&labels), 1.0 + w)` for a class a row. A network that predicts v stays
    /// one: `Prediction::V.of(&guidance)`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a scale that is not finite in f32.
    pub fn towards(given: Given<'a>, scale: f64) -> Result<Self> {
        Self::of(Side::Given(given), Side::Given(given.nothing()), scale)
    }

    fn of(conditional: Side<'a>, unconditional: Side<'a>, scale: f64) -> Result<Self> {
        let (fine, valid) = ((scale as f32).is_finite(), "finite in f32, at most 3.4e38");
        check::parameter("guidance scale", scale, fine, valid)?;
        Ok(Self {
            conditional,
            unconditional,
            scale,
        })
    }
}

impl Side<'_> {
    fn get(&self) -> &dyn Denoiser {
        match self {
            Self::Any(denoiser) => *denoiser,
            Self::Given(given) => given,
        }
    }
}

impl Denoiser for Guidance<'_> {
    fn prediction(&self) -> Prediction {
        self.conditional.get().prediction()
    }

    fn is_exact(&self) -> bool {
        self.conditional.get().is_exact() && self.unconditional.get().is_exact()
    }

    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>> {
        let conditional = self.conditional.get().denoise(x_t, t)?;
        let mut guided = self.unconditional.get().denoise(x_t, t)?;
        let what = "the unconditional prediction";
        check::same_shape(what, conditional.shape(), guided.shape())?;
        let scale = self.scale as f32;
        // 0 · ∞, where the difference is beyond f32, would be NaN.
        if scale != 0.0 {
            guided.zip_mut_with(&conditional, |u, c| *u += scale * (c - *u));
        }
        Ok(guided)
    }
}
