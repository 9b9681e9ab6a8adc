//! What x_t says of an attribute, and samples that are pushed towards it.

use ndarray::{Array1, Array2, Zip};

use super::exact::ExactText;
use super::grammar::Grammar;
use super::vectors::WordVectors;
use crate::check;
use crate::denoiser::Denoiser;
use crate::error::Result;
use crate::prediction::Prediction;
use crate::schedule::Schedule;

#[cfg(doc)]
use crate::Error;

/// p(c | x_t), exactly: the probability that the sentence under the noise has the attributes c.
///
/// By Bayes' rule, ln p(c | x_t) = ln p(c) + ln p(x_t | c) − ln p(x_t), where p(x_t | c) is that of the grammar of the
/// sentences that have c; its gradient in x_t is the difference of the two scores.
///
/// ```
/// use diffusion_intuition::prelude::*;
/// use diffusion_intuition::text::{ExactClassifier, ExactText, Grammar, WordVectors};
///
/// let mut rng = Rng::new(0);
/// let grammar = Grammar::aligned();
/// let vectors = WordVectors::random(grammar.vocabulary().len(), 16, &mut rng)?;
/// let schedule = Schedule::cosine(200)?;
/// let wanted = [("topic", "sea"), ("tense", "past"), ("polarity", "negated")];
/// let classifier = ExactClassifier::new(&grammar, &wanted, &vectors, &schedule)?;
///
/// let any = ExactText::new(&grammar, &vectors, &schedule, Prediction::X0)?; // or a network
/// let guided = classifier.guide(&any, 1.0)?;
/// let noise = rng.standard_normal(4, 10 * 16)?;
/// let x0 = Sampler::new(&schedule, Method::DDIM, 25)?.sample(&guided, &noise, &mut rng)?;
/// for sentence in vectors.round(&x0)?.rows() {
///     for (name, value) in wanted {
///         assert_eq!(grammar.attribute(name, &sentence.to_vec())?, Some(value));
///     }
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ExactClassifier {
    all: ExactText,
    having: ExactText,
    /// ln p(c).
    ln_prior: f64,
    schedule: Schedule,
}

impl ExactClassifier {
    /// For the attributes c, `[("tense", "past"), …]`, all of them together.
    ///
    /// # Errors
    /// As [`Grammar::given`] and [`ExactText::new`].
    pub fn new(
        grammar: &Grammar,
        wanted: &[(&str, &str)],
        vectors: &WordVectors,
        schedule: &Schedule,
    ) -> Result<Self> {
        let (narrow, p) = grammar.given(wanted)?;
        Ok(Self {
            all: ExactText::new(grammar, vectors, schedule, Prediction::X0)?,
            having: ExactText::new(&narrow, vectors, schedule, Prediction::X0)?,
            ln_prior: p.ln(),
            schedule: schedule.clone(),
        })
    }

    /// ln p(c | x_t) of n sentences, `x_t` of shape (n, L·d) at the 0-based timestep `t`, in nats; shape (n).
    ///
    /// # Errors
    /// As [`ExactText::posteriors`].
    pub fn log_prob(&self, x_t: &Array2<f32>, t: usize) -> Result<Array1<f64>> {
        let (all, having) = (self.all.evidence(x_t, t)?, self.having.evidence(x_t, t)?);
        Ok((having - all).mapv(|ln_p| (self.ln_prior + ln_p).min(0.0)))
    }

    /// ∇ ln p(c | x_t) in x_t: √ᾱ_t/(1−ᾱ_t) (E[x_0 | x_t, c] − E[x_0 | x_t]); shape (n, L·d).
    ///
    /// # Errors
    /// As [`ExactText::posteriors`].
    pub fn gradient(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f64>> {
        let pull = self.pull(x_t, t)?;
        let level = self.schedule.level(t);
        Ok(pull * (level.signal() / (1.0 - level.alpha_bar)))
    }

    /// Classifier guidance of any denoiser (Dhariwal & Nichol 2021, algorithm 2): ε̂ − scale √(1−ᾱ_t) ∇ ln p(c | x_t),
    /// or the same of a prediction of x_0 or v: x̂0 + scale (E[x_0 | x_t, c] − E[x_0 | x_t]).
    ///
    /// At scale 1, an exact denoiser becomes that of the sentences that have c.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a scale that is not finite in f32.
    pub fn guide<'a>(
        &'a self,
        denoiser: &'a dyn Denoiser,
        scale: f64,
    ) -> Result<ClassifierGuidance<'a>> {
        let fine = (scale as f32).is_finite();
        check::parameter("scale of a guidance", scale, fine, "finite in f32")?;
        Ok(ClassifierGuidance {
            classifier: self,
            denoiser,
            scale,
        })
    }

    /// E[x_0 | x_t, c] − E[x_0 | x_t].
    fn pull(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f64>> {
        Ok(self.having.means(x_t, t)? - self.all.means(x_t, t)?)
    }
}

/// A denoiser that an [`ExactClassifier`] guides: see [`ExactClassifier::guide`].
#[derive(Clone, Copy)]
pub struct ClassifierGuidance<'a> {
    classifier: &'a ExactClassifier,
    denoiser: &'a dyn Denoiser,
    scale: f64,
}

impl Denoiser for ClassifierGuidance<'_> {
    fn prediction(&self) -> Prediction {
        self.denoiser.prediction()
    }

    fn is_exact(&self) -> bool {
        self.denoiser.is_exact()
    }

    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>> {
        let pull = self.classifier.pull(x_t, t)?;
        let level = self.classifier.schedule.level(t);
        let (_, of_x0) = Prediction::X0.factors(self.prediction(), level)?;
        let mut answer = self.denoiser.denoise(x_t, t)?;
        check::same_shape("prediction", x_t.shape(), answer.shape())?;
        let factor = self.scale * of_x0;
        Zip::from(&mut answer)
            .and(&pull)
            .for_each(|answer, pull| *answer += (factor * pull) as f32);
        Ok(answer)
    }
}
