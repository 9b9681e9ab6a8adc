//! What is trained, and how: the same for the weights, their measures and the comparison.

use diffusion_intuition::data::{PictureSplit, Pictures};
use diffusion_intuition::network::{Autoencoder, AutoencoderConfig, Fold};
use diffusion_intuition::prelude::*;
use diffusion_intuition::train::train_autoencoder;

use crate::common::training::loss_of_v;

/// What the network answers.
pub const PREDICTION: Prediction = Prediction::V;

/// Evaluations of the network a sample.
const NFE: usize = 25;

/// What the U-Net works on: 8×8×4 latents, 8×8×16 patches (squares of 4 × 4 pixels) or 28×28 pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    Latents,
    Patches,
    Pixels,
}

impl Space {
    pub fn name(self) -> &'static str {
        match self {
            Self::Latents => "latents",
            Self::Patches => "patches",
            Self::Pixels => "pixels",
        }
    }

    /// The U-Net, told the class.
    pub fn network(self) -> Result<UNet> {
        let (side, channels, levels) = match self {
            Self::Latents => (8, 4, vec![32, 64]),
            Self::Patches => (8, 16, vec![32, 64]),
            Self::Pixels => (28, 1, vec![16, 32, 64]),
        };
        let config = UNetConfig {
            height: side,
            width: side,
            channels,
            levels,
            classes: 10,
            ..UNetConfig::default()
        };
        UNet::new(&config, &mut Rng::new(0))
    }
}

/// The way from pictures to what the U-Net works on, and back.
pub enum Coder {
    Latents(Box<Autoencoder>),
    Patches(Fold),
    Pixels,
}

impl Coder {
    /// Without an autoencoder.
    pub fn plain(space: Space) -> Result<Self> {
        match space {
            Space::Patches => Ok(Self::Patches(Fold::new([28, 28, 1], 4, 8)?)),
            _ => Ok(Self::Pixels),
        }
    }

    pub fn encode(&self, rows: &Array2<f32>) -> Result<Array2<f32>> {
        match self {
            Self::Latents(autoencoder) => autoencoder.encode(rows),
            Self::Patches(fold) => fold.fold(rows),
            Self::Pixels => Ok(rows.clone()),
        }
    }

    /// Cut to the range of pixels, as a screen does.
    pub fn decode(&self, rows: Array2<f32>) -> Result<Array2<f32>> {
        let pictures = match self {
            Self::Latents(autoencoder) => autoencoder.decode(&rows)?,
            Self::Patches(fold) => fold.unfold(&rows)?,
            Self::Pixels => rows,
        };
        Ok(pictures.mapv(|x| x.clamp(-1.0, 1.0)))
    }
}

pub fn clothes() -> Result<PictureSplit> {
    data::fashion(concat!(env!("CARGO_MANIFEST_DIR"), "/data/fashion.bin"))
}

pub fn schedule() -> Result<Schedule> {
    Schedule::cosine(1000)
}

pub fn autoencoder() -> Result<Autoencoder> {
    Autoencoder::new(&AutoencoderConfig::default(), &mut Rng::new(0))
}

/// A trained autoencoder.
pub fn trained_autoencoder(rows: &Array2<f32>, steps: u64) -> Result<Autoencoder> {
    let mut network = autoencoder()?;
    train_autoencoder(&mut network, rows, steps, &mut Rng::new(1), |progress| {
        if progress.step.is_multiple_of(1000) {
            println!("autoencoder: {progress}");
        }
    })?;
    Ok(network)
}

/// Many small steps learn more in the same time than few large ones.
pub fn settings(learning_rate: LearningRate, decay: f64) -> TrainConfig {
    TrainConfig {
        batch: 32,
        prediction: PREDICTION,
        learning_rate: learning_rate.warm_up(100),
        clip_grad_norm: Some(1.0),
        ema: Some(Ema { decay }),
        report_every: 500,
        ..TrainConfig::default()
    }
}

/// `per_class` pictures of each class, and their labels.
pub fn paint(
    network: &UNet,
    coder: &Coder,
    per_class: usize,
    rng: &mut Rng,
) -> Result<(Array2<f32>, Vec<usize>)> {
    let (schedule, method) = (schedule()?, Method::DpmSolver);
    let sampler = Sampler::spaced(&schedule, method, Spacing::UniformLambda, NFE)?;
    let labels: Vec<usize> = (0..10).flat_map(|class| vec![class; per_class]).collect();
    let config = network.config();
    let numbers = config.height * config.width * config.channels;
    let noise = rng.standard_normal(labels.len(), numbers)?;
    let told: Vec<Option<usize>> = labels.iter().copied().map(Some).collect();
    let given = network.given_each(&told);
    let model = PREDICTION.of(&given);
    let painted = sampler.sample(&model, &noise, rng)?;
    Ok((coder.decode(painted)?, labels))
}

/// The loss on given pictures, told their classes.
pub fn loss(network: &UNet, coder: &Coder, pictures: &Pictures) -> Result<f64> {
    let rows = coder.encode(&pictures.rows)?;
    loss_of_v(network, &schedule()?, &rows, &pictures.labels)
}
