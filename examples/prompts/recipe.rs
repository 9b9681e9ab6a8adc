//! What is trained, and how: the same for the weights, their measures and the sheet.

use diffusion_intuition::network::TextConfig;
use diffusion_intuition::prelude::*;
use diffusion_intuition::scenes::Scenes;
use rand::RngExt;

/// What the network answers. Of v, unlike of ε, samplers make x̂0 where ᾱ is nearly 0, as at the cosine's end.
pub const PREDICTION: Prediction = Prediction::V;

/// Evaluations of the network a sample.
const NFE: usize = 25;

/// Pictures to train on, a quarter of them of one thing.
const PICTURES: usize = 40_000;

pub fn schedule() -> Result<Schedule> {
    Schedule::cosine(1000)
}

/// A U-Net with a text encoder, 417,731 parameters; a label is a row of [`Scenes::sentences`].
pub fn network(scenes: &Scenes) -> Result<UNet> {
    let padding = scenes.vocabulary().padding().unwrap_or(0);
    let text = TextConfig::new(scenes.vocabulary().len(), padding, scenes.places());
    let [height, width, channels] = Scenes::SIZE;
    let config = UNetConfig {
        height,
        width,
        channels,
        levels: vec![16, 32, 64],
        embedding: 32,
        text: Some(text),
        ..UNetConfig::default()
    };
    let mut network = UNet::new(&config, &mut Rng::new(0))?;
    network.set_prompts(scenes.sentences())?;
    Ok(network)
}

/// Of these rows of [`Scenes::sentences`] those of one thing, and those of two.
pub fn by_things(scenes: &Scenes, rows: impl IntoIterator<Item = usize>) -> [Vec<usize>; 2] {
    let article = scenes.vocabulary().index("a");
    let things = |row: &usize| {
        let words = scenes.sentences().row(*row);
        words.iter().filter(|word| Some(**word) == article).count()
    };
    let (one, two) = rows.into_iter().partition(|row| things(row) == 1);
    [one, two]
}

/// `n` of these rows, with replacement.
pub fn pick(rows: &[usize], n: usize, rng: &mut Rng) -> Vec<usize> {
    (0..n)
        .map(|_| rows[rng.random_range(0..rows.len())])
        .collect()
}

/// Pictures, each drawn for a sentence that is trained on, and the rows of these sentences.
pub fn data(scenes: &Scenes) -> Result<(Array2<f32>, Vec<usize>)> {
    let mut rng = Rng::new(1);
    let [one, two] = by_things(scenes, scenes.seen());
    let mut labels = pick(&one, PICTURES / 4, &mut rng);
    labels.extend(pick(&two, PICTURES - PICTURES / 4, &mut rng));
    let sentences = scenes.sentences().select(Axis(0), &labels);
    Ok((scenes.draw(&sentences, &mut rng)?, labels))
}

pub fn settings(steps: u64) -> TrainConfig {
    TrainConfig {
        batch: 32,
        prediction: PREDICTION,
        adam: Adam {
            weight_decay: 0.1,
            ..Adam::default()
        },
        learning_rate: LearningRate::cosine(4e-3, steps).warm_up(100),
        clip_grad_norm: Some(1.0),
        ema: Some(Ema { decay: 0.999 }),
        report_every: 250,
        ..TrainConfig::default()
    }
}

/// With fresh noise at every step, DDPM's: what a step got wrong, a half-made thing say, later ones may correct.
/// Without (η = 0, or DPM-Solver++) fewer of two things come out whole.
pub fn sampler() -> Result<Sampler> {
    Sampler::new(&schedule()?, Method::Ddim { eta: 1.0 }, NFE)
}

/// A picture for each of these rows of the network's sentences, guided with `scale` (1: not at all), cut to the range of
/// pixels as a screen does.
pub fn paint(network: &UNet, labels: &[usize], scale: f64, rng: &mut Rng) -> Result<Array2<f32>> {
    let labels: Vec<Option<usize>> = labels.iter().copied().map(Some).collect();
    let given = network.given_each(&labels);
    let guidance = Guidance::towards(given, scale)?;
    let model: &dyn Denoiser = if scale == 1.0 { &given } else { &guidance };
    sample(model, labels.len(), rng)
}

/// `n` pictures by this model of v.
pub fn sample(model: &dyn Denoiser, n: usize, rng: &mut Rng) -> Result<Array2<f32>> {
    let noise = rng.standard_normal(n, Scenes::SIZE.iter().product())?;
    let painted = sampler()?.sample(&PREDICTION.of(model), &noise, rng)?;
    Ok(painted.mapv(|x| x.clamp(-1.0, 1.0)))
}
