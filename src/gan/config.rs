//! Settings of a GAN.

use crate::check::parameter;
use crate::error::Result;
use crate::network::octaves;
use crate::train::{Adam, Ema, LearningRate};

/// Settings of a [`Gan`](super::Gan): the sizes of its networks, its recipe and its optimisers.
#[derive(Debug, Clone, PartialEq)]
pub struct GanConfig {
    /// Dimension of the noise z ~ N(0, I) that the generator turns into a sample.
    pub latent: usize,
    /// Widths of the generator's hidden layers.
    pub generator: Vec<usize>,
    /// Widths of the discriminator's hidden layers.
    pub discriminator: Vec<usize>,
    /// Frequencies of the [waves](crate::autograd::Tape::fourier) that the discriminator sees beside each
    /// coordinate, so that it can tell fine detail; none in the classic recipe.
    pub frequencies: Vec<f32>,
    /// How many samples the discriminator judges together (Lin et al. 2018, §2): 1 is the classic GAN.
    pub pack: usize,
    /// Whether the discriminator's weights are divided by their spectral norm (Miyato et al. 2018).
    pub spectral_norm: bool,
    /// Real samples of a step of the discriminator, and as many generated ones; a multiple of `pack`.
    pub batch: usize,
    /// The optimiser of both, with moments of their own.
    pub adam: Adam,
    /// Learning rate of the generator.
    pub generator_rate: LearningRate,
    /// Learning rate of the discriminator.
    pub discriminator_rate: LearningRate,
    /// Moving average of the generator's parameters, which then makes the samples.
    pub ema: Option<Ema>,
    /// Fixes every random number: the first weights and all that is drawn later.
    pub seed: u64,
    /// Steps between two calls of the observer.
    pub report_every: u64,
}

/// The classic recipe with no plan for its length: constant rates of 2e-4 (Radford et al. 2016, §4).
impl Default for GanConfig {
    fn default() -> Self {
        Self {
            latent: 2,
            generator: vec![272; 3],
            discriminator: vec![128; 3],
            frequencies: Vec::new(),
            pack: 1,
            spectral_norm: false,
            batch: 128,
            adam: Adam {
                beta1: 0.5,
                ..Adam::default()
            },
            generator_rate: LearningRate::constant(2e-4),
            discriminator_rate: LearningRate::constant(2e-4),
            ema: None,
            seed: 0,
            report_every: 100,
        }
    }
}

impl GanConfig {
    /// The classic recipe, for a game of `steps` steps: the non-saturating loss and nothing else (Goodfellow et
    /// al. 2014). The generator's three hidden layers of 272 make it, for samples in the plane, as large as the
    /// reference network of diffusion (149 874 parameters; that one has 149 250); the discriminator has three of 128
    /// (33 537).
    pub fn classic(steps: u64) -> Self {
        let rate = LearningRate::cosine(1e-3, steps);
        Self {
            generator_rate: rate.clone(),
            discriminator_rate: rate,
            ..Self::default()
        }
    }

    /// A recipe made for stability and diversity, for a game of `steps` steps: spectral normalisation, waves of
    /// the coordinates for the discriminator, which learns four times as fast as the generator (Heusel et al.
    /// 2017), no momentum, and averaged weights for the samples (Yazıcı et al. 2019). Packing was tried beside it
    /// and gained nothing on the sets of section 4.
    pub fn stable(steps: u64) -> Self {
        Self {
            spectral_norm: true,
            frequencies: octaves(0.7, 3),
            adam: Adam {
                beta1: 0.0,
                ..Adam::default()
            },
            generator_rate: LearningRate::cosine(1e-3, steps),
            discriminator_rate: LearningRate::cosine(4e-3, steps),
            ema: Some(Ema { decay: 0.99 }),
            ..Self::default()
        }
    }
}

impl GanConfig {
    pub(super) fn check(&self) -> Result<()> {
        let counts = [
            ("latent", self.latent),
            ("pack", self.pack),
            ("batch", self.batch),
        ];
        for (name, value) in counts {
            parameter(name, value, value >= 1, "at least 1")?;
        }
        let every = self.report_every;
        parameter("report_every", every as f64, every >= 1, "at least 1")?;
        let whole = self.batch.is_multiple_of(self.pack);
        parameter("batch", self.batch, whole, "a multiple of pack")?;
        self.generator_rate.check()?;
        self.discriminator_rate.check()
    }
}
