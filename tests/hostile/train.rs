//! Training and games.

use std::path::PathBuf;

use diffusion_intuition::autograd::Gradients;
use diffusion_intuition::gan::{Gan, GanConfig};
use diffusion_intuition::network::{FilmMlp, FilmMlpConfig, Network, Parameters, TimeEmbedding};
use diffusion_intuition::train::{
    Adam, Augment, Ema, LearningRate, Muon, Optimizer, Times, TrainConfig, Trainer,
};
use diffusion_intuition::{Error, Mixture, Prediction, Rng, Schedule, data};

use crate::draw::Draw;
use crate::harness::{self, Entry};

#[test]
fn hostile_input() {
    harness::run("train::hostile_input", ENTRIES);
}

const ENTRIES: &[Entry] = &[
    ("run", run),
    ("optimizer", optimizer),
    ("step_on", step_on),
    ("game", game),
];

pub fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("train-{name}.safetensors"))
}

pub fn network() -> FilmMlp {
    let config = FilmMlpConfig {
        hidden: 4,
        blocks: 1,
        time: TimeEmbedding::new(4).expect("valid"),
        ..FilmMlpConfig::default()
    };
    FilmMlp::with_config(1, &config, &mut Rng::new(0)).expect("valid")
}

pub fn schedule() -> Schedule {
    Schedule::linear(10, 1e-4, 0.02).expect("valid")
}

pub fn is_finite(what: &str, parameters: &Parameters) -> Result<(), String> {
    match parameters.values().iter().find(|x| !x.is_finite()) {
        None => Ok(()),
        Some(value) => Err(format!("{what}: {value} and no error")),
    }
}

fn adam(draw: &Draw) -> Adam {
    let or = |usual: f64| if draw.rarely(4) { draw.f64() } else { usual };
    Adam {
        beta1: or(0.9),
        beta2: or(0.999),
        epsilon: or(1e-8),
        weight_decay: or(0.0),
    }
}

fn rate(draw: &Draw) -> LearningRate {
    let peak = if draw.rarely(2) { draw.f64() } else { 1e-3 };
    let rate = match draw.rarely(2) {
        true => LearningRate::constant(peak),
        false => LearningRate::cosine(peak, draw.size() as u64),
    };
    let rate = if draw.rarely(3) {
        rate.last(draw.f64())
    } else {
        rate
    };
    if draw.rarely(3) {
        rate.warm_up(draw.size() as u64)
    } else {
        rate
    }
}

fn ema(draw: &Draw) -> Option<Ema> {
    let decay = if draw.rarely(2) { draw.f64() } else { 0.9 };
    (!draw.rarely(4)).then_some(Ema { decay })
}

fn muon(draw: &Draw) -> Option<Muon> {
    let scale = if draw.rarely(2) { draw.f64() } else { 0.2 };
    draw.rarely(3).then_some(Muon { scale })
}

fn augment(draw: &Draw) -> Augment {
    Augment {
        height: draw.size(),
        width: draw.size(),
        flip: draw.rarely(2),
        shift: draw.size(),
    }
}

const KINDS: [Prediction; 4] = [
    Prediction::Eps,
    Prediction::X0,
    Prediction::V,
    Prediction::Velocity,
];

fn times(draw: &Draw) -> Times {
    let (mean, std) = (draw.f64(), draw.f64());
    draw.one(&[
        Times::Uniform,
        Times::Last,
        Times::EDM,
        Times::LogNormal { mean, std },
    ])
}

/// A run that says `Ok` has parameters, and an average, that can be saved, read, and trained on.
fn run(draw: &Draw) -> Result<(), String> {
    let config = TrainConfig {
        batch: draw.small(),
        prediction: draw.one(&KINDS),
        adam: adam(draw),
        muon: muon(draw),
        learning_rate: rate(draw),
        clip_grad_norm: draw.rarely(3).then(|| draw.f64()),
        ema: ema(draw),
        label_dropout: if draw.rarely(4) { draw.f64() } else { 0.1 },
        augment: draw.rarely(3).then(|| augment(draw)),
        times: times(draw),
        seed: draw.size() as u64,
        report_every: draw.size() as u64,
    };
    let n = draw.small();
    let rows = draw.rows(n, 1);
    let mut network = network();
    let path = file("run");
    let _ = std::fs::remove_file(&path);
    let every = draw.one(&[1, 2, 5]);
    let open = |network: &mut FilmMlp| {
        let rows = rows.clone();
        Trainer::open(&path, every, network, rows, &schedule(), config.clone())
    };
    let Ok(mut trainer) = open(&mut network) else {
        return Ok(());
    };
    let steps = draw.one(&[0, 1, 1, 2, 3]);
    let result = trainer.run(&mut network, steps, |_| ());
    is_finite("network", network.parameters())?;
    if let Some(ema) = trainer.ema() {
        is_finite("average", ema)?;
    }
    let mut other = network.clone();
    let mut resumed = open(&mut other).map_err(|error| error.to_string())?;
    if result.is_err() || steps == 0 {
        return Ok(());
    }
    if other != network || resumed.step() != steps {
        return Err("another state than that of the run".to_owned());
    }
    // The next step may well fail, but not for a loss that nobody looked at.
    match resumed.run(&mut other, 1, |_| ()) {
        Err(Error::Diverged {
            step,
            what: "the loss",
            ..
        }) if step == steps => Err("its last step diverged".to_owned()),
        _ => Ok(()),
    }
}

/// Whatever the gradients, parameters and average stay numbers.
fn optimizer(draw: &Draw) -> Result<(), String> {
    let mut parameters = network().parameters().clone();
    let Ok(mut optimizer) = Optimizer::new(&parameters, adam(draw), ema(draw)) else {
        return Ok(());
    };
    let mut gradients = Gradients::new(&parameters);
    for id in parameters.ids() {
        gradients.get_mut(id).mapv_inplace(|_| draw.f32());
    }
    for _ in 0..3 {
        let _ = optimizer.step(&mut parameters, &gradients, rate(draw).at(0));
        is_finite("parameters", &parameters)?;
        if let Some(ema) = optimizer.ema() {
            is_finite("average", ema)?;
        }
    }
    Ok(())
}

fn step_on(draw: &Draw) -> Result<(), String> {
    let mut network = network();
    let config = TrainConfig::default();
    let trainer = Trainer::new(&network, Mixture::bimodal(), &schedule(), config);
    let mut trainer = trainer.map_err(|error| error.to_string())?;
    for _ in 0..3 {
        let n = draw.small();
        let d = draw.one(&[0, 1, 1, 1, 2]);
        let m = draw.one(&[n, n, n, 1]);
        let (x_t, target) = (draw.rows(n, d), draw.rows(m, d));
        let ts: Vec<usize> = (0..draw.one(&[n, n, n, 2]))
            .map(|_| draw.one(&[0, 5, 9]))
            .collect();
        let before = network.clone();
        let result = trainer.step_on(&mut network, &x_t, &ts, &target);
        is_finite("network", network.parameters())?;
        let undone = matches!(result, Err(Error::Diverged { .. }));
        if result.is_err() && !undone && network != before {
            return Err("an error that changed the network".to_owned());
        }
    }
    Ok(())
}

fn game(draw: &Draw) -> Result<(), String> {
    let widths = |draw: &Draw| vec![draw.one(&[1, 3, 3, 3, 0]); draw.one(&[0, 1, 2])];
    let config = GanConfig {
        latent: draw.small(),
        generator: widths(draw),
        discriminator: widths(draw),
        frequencies: (0..draw.one(&[0, 1, 2])).map(|_| draw.f32()).collect(),
        pack: draw.one(&[1, 1, 2, 3, 0]),
        spectral_norm: draw.rarely(2),
        batch: draw.one(&[6, 6, 12, 1, 0]),
        adam: adam(draw),
        generator_rate: rate(draw),
        discriminator_rate: rate(draw),
        ema: ema(draw),
        seed: draw.size() as u64,
        report_every: draw.size() as u64,
    };
    let law = data::ring_mixture();
    let n = draw.one(&[0, 1, 4]);
    let game = match draw.rarely(2) {
        true => Gan::new(law, config),
        false => Gan::new(draw.rows(n, 2), config),
    };
    let Ok(mut game) = game else {
        return Ok(());
    };
    let result = game.run(draw.one(&[0, 1, 2, 3]), |_| ());
    is_finite("generator", game.generator().parameters())?;
    is_finite("discriminator", game.discriminator().parameters())?;
    let samples = game.sample(draw.small(), &mut Rng::new(0));
    let samples = samples.map_err(|error| error.to_string())?;
    match samples.iter().all(|x| x.is_finite()) || result.is_err() {
        true => Ok(()),
        false => Err("samples that are no numbers, and no error".to_owned()),
    }
}
