//! What is trained, and how: the same for the weights, their measures and the sheet.

use diffusion_intuition::data::Pictures;
use diffusion_intuition::network::UNetConfig;
use diffusion_intuition::prelude::*;

use crate::common::training::loss_of_v;

/// What the network answers. Of v, unlike of ε, samplers make x̂0 where ᾱ is nearly 0, as at the cosine's end.
pub const PREDICTION: Prediction = Prediction::V;

/// Evaluations of the network a sample.
const NFE: usize = 25;

pub fn schedule() -> Result<Schedule> {
    Schedule::cosine(1000)
}

/// The reference U-Net, told the digit: 387,265 parameters.
pub fn network() -> Result<UNet> {
    let config = UNetConfig {
        classes: 10,
        ..UNetConfig::default()
    };
    UNet::new(&config, &mut Rng::new(0))
}

/// The network that is distilled from it: half the channels, 112,641 parameters.
pub fn student() -> Result<UNet> {
    let config = UNetConfig {
        classes: 10,
        levels: vec![16, 32],
        ..UNetConfig::default()
    };
    UNet::new(&config, &mut Rng::new(0))
}

pub fn settings(steps: u64) -> TrainConfig {
    TrainConfig {
        batch: 64,
        prediction: PREDICTION,
        adam: Adam {
            weight_decay: 0.1,
            ..Adam::default()
        },
        learning_rate: LearningRate::cosine(4e-3, steps).warm_up(100),
        clip_grad_norm: Some(1.0),
        ema: Some(Ema { decay: 0.998 }),
        report_every: 50,
        ..TrainConfig::default()
    }
}

/// How pictures are painted, if nothing else is said.
pub fn sampler() -> Result<Sampler> {
    let (method, spacing) = (Method::DpmSolver, Spacing::UniformLambda);
    Sampler::spaced(&schedule()?, method, spacing, NFE)
}

/// Pictures of the classes `labels`, guided with `scale` (1: not at all), cut to the range of pixels as a screen does.
pub fn paint(network: &UNet, labels: &[usize], scale: f64, rng: &mut Rng) -> Result<Array2<f32>> {
    paint_by(&sampler()?, network, labels, scale, rng)
}

/// The same by another sampler.
pub fn paint_by(
    sampler: &Sampler,
    network: &UNet,
    labels: &[usize],
    scale: f64,
    rng: &mut Rng,
) -> Result<Array2<f32>> {
    let noise = rng.standard_normal(labels.len(), 64)?;
    let labels: Vec<Option<usize>> = labels.iter().copied().map(Some).collect();
    let given = network.given_each(&labels);
    let guidance = Guidance::towards(given, scale)?;
    let model: &dyn Denoiser = if scale == 1.0 { &given } else { &guidance };
    let painted = sampler.sample(&PREDICTION.of(model), &noise, rng)?;
    Ok(painted.mapv(|x| x.clamp(-1.0, 1.0)))
}

/// The loss on given pictures, told their classes.
pub fn loss(network: &UNet, pictures: &Pictures) -> Result<f64> {
    loss_of_v(network, &schedule()?, &pictures.rows, &pictures.labels)
}
