//! Training, games, and the files that they leave.

use std::path::PathBuf;
use std::sync::OnceLock;

use diffusion_intuition::autograd::Gradients;
use diffusion_intuition::gan::{Gan, GanConfig};
use diffusion_intuition::network::{FilmMlp, FilmMlpConfig, Network, Parameters, TimeEmbedding};
use diffusion_intuition::train::safetensors::TensorFile;
use diffusion_intuition::train::{Adam, Ema, LearningRate, Optimizer, TrainConfig, Trainer};
use diffusion_intuition::{Error, Mixture, Prediction, Rng, Schedule, data};
use rand::RngExt;

use crate::draw::Draw;
use crate::harness::{self, Entry};

#[test]
fn hostile_input() {
    harness::run("train::hostile_input", ENTRIES);
}

const ENTRIES: &[Entry] = &[
    ("header", header),
    ("checkpoint", checkpoint),
    ("names", names),
    ("run", run),
    ("optimizer", optimizer),
    ("step_on", step_on),
    ("game", game),
];

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("train-{name}.safetensors"))
}

fn network() -> FilmMlp {
    let config = FilmMlpConfig {
        hidden: 4,
        blocks: 1,
        time: TimeEmbedding::new(4).expect("valid"),
        ..FilmMlpConfig::default()
    };
    FilmMlp::with_config(1, &config, &mut Rng::new(0)).expect("valid")
}

fn schedule() -> Schedule {
    Schedule::linear(10, 1e-4, 0.02).expect("valid")
}

fn is_finite(what: &str, parameters: &Parameters) -> Result<(), String> {
    match parameters.values().iter().find(|x| !x.is_finite()) {
        None => Ok(()),
        Some(value) => Err(format!("{what}: {value} and no error")),
    }
}

/// A header put together from what headers consist of, and whatever length before it.
fn header(draw: &Draw) -> Result<(), String> {
    const PARTS: [&str; 30] = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "null",
        "true",
        "0",
        "4",
        "-1",
        "1e9",
        "18446744073709551615",
        "18446744073709551616",
        "\"a\"",
        "\"\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud800\"",
        "\"\\u+1\"",
        "\"__metadata__\":",
        "\"dtype\":\"F32\"",
        "\"dtype\":\"F8\"",
        "\"dtype\":",
        "\"shape\":[1]",
        "\"shape\":[4294967296,4294967296]",
        "\"data_offsets\":[0,4]",
        "\"data_offsets\":[4,0]",
        "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}",
        "\"b\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[4,12]}",
    ];
    let mut header = String::new();
    for _ in 0..draw.small() {
        header.push_str(draw.one(&PARTS));
        if draw.rarely(2) {
            header.push(',');
        }
    }
    if draw.rarely(2) {
        header = format!("{{{}}}", header.trim_matches(','));
    }
    let len = match draw.rarely(4) {
        true => draw.size() as u64,
        false => header.len() as u64,
    };
    let mut bytes = len.to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend(vec![0; draw.one(&[0, 4, 12, 13])]);
    let path = file("header");
    std::fs::write(&path, bytes).map_err(|error| error.to_string())?;
    let mut file = match TensorFile::open(&path) {
        Ok(file) => file,
        Err(Error::File { .. }) => return Ok(()),
        Err(other) => return Err(other.to_string()),
    };
    for name in &file.names() {
        let len: usize = file.shape(name).expect("it is named").iter().product();
        if file.read(name).is_ok_and(|values| values.len() != len) {
            return Err(format!("{name}: not as long as its shape"));
        }
    }
    Ok(())
}

/// A good checkpoint with something changed: refused, and nothing changed by it; or read, and good.
fn checkpoint(draw: &Draw) -> Result<(), String> {
    let path = file("checkpoint");
    let open = |network: &mut FilmMlp| {
        let config = TrainConfig {
            batch: 4,
            ..TrainConfig::default()
        };
        Trainer::open(&path, 2, network, Mixture::bimodal(), &schedule(), config)
    };
    static GOOD: OnceLock<Vec<u8>> = OnceLock::new();
    let mut bytes = GOOD
        .get_or_init(|| {
            let _ = std::fs::remove_file(&path);
            let mut first = network();
            let mut run = open(&mut first).expect("a new file");
            run.run_to(&mut first, 2, |_| ()).expect("two steps");
            std::fs::read(&path).expect("it was written")
        })
        .clone();
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().expect("eight")) as usize;
    for _ in 0..draw.one(&[1, 1, 3]) {
        let end = if draw.rarely(3) { bytes.len() } else { header };
        let at = draw.rng().random_range(0..end);
        bytes[at] = draw.one(&[0, 1, b'"', b'9', b'-', b' ', 0x7f, 0xff]);
    }
    if draw.rarely(5) {
        let end = draw.rng().random_range(0..bytes.len());
        bytes.truncate(end);
    }
    std::fs::write(&path, bytes).map_err(|error| error.to_string())?;
    let mut fresh = network();
    match open(&mut fresh) {
        Ok(run) => {
            is_finite("network", fresh.parameters())?;
            is_finite("average", run.ema().expect("the default"))?;
            match run.losses().len() as u64 == run.step() {
                true => Ok(()),
                false => Err("not as many losses as steps".to_owned()),
            }
        }
        Err(Error::File { .. }) if fresh == network() => Ok(()),
        Err(error) => Err(format!("{error}; the same network: {}", fresh == network())),
    }
}

/// Whatever parameters are called, a file that was written can be read.
fn names(draw: &Draw) -> Result<(), String> {
    let mut parameters = Parameters::new();
    for _ in 0..3 {
        let letters = draw.small();
        let letter = |_| {
            draw.one(&[
                'a', '"', '\\', '\n', '\u{0}', '/', 'é', '😀', '\u{2028}', '_',
            ])
        };
        let name: String = (0..letters).map(letter).collect();
        let name = draw.one(&[name, "__metadata__".to_owned()]);
        let _ = parameters.uniform(&name, [1, 2], 1.0, &mut Rng::new(0));
    }
    if draw.rarely(4) && !parameters.is_empty() {
        parameters.values_mut()[0] = draw.f32();
    }
    let path = file("names");
    let mut read = parameters.clone();
    if parameters.save_f16(&path).is_ok() {
        read.load(&path).map_err(|error| error.to_string())?;
    }
    if parameters.save(&path).is_err() {
        return Ok(());
    }
    read.values_mut().fill(0.0);
    read.load(&path).map_err(|error| error.to_string())?;
    let bits = |p: &Parameters| p.values().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    match bits(&read) == bits(&parameters) {
        true => Ok(()),
        false => Err("other numbers".to_owned()),
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

/// A run that says `Ok` has parameters, and an average, that can be saved, read, and trained on.
fn run(draw: &Draw) -> Result<(), String> {
    let config = TrainConfig {
        batch: draw.small(),
        prediction: draw.one(&[Prediction::Eps, Prediction::X0, Prediction::V]),
        adam: adam(draw),
        learning_rate: rate(draw),
        clip_grad_norm: draw.rarely(3).then(|| draw.f64()),
        ema: ema(draw),
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
