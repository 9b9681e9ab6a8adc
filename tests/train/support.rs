//! What the tests of this folder share: small networks, settings, and files that are removed.

use std::path::PathBuf;

use diffusion_intuition::autograd::{Tape, Var};
use diffusion_intuition::network::{
    FilmMlp, FilmMlpConfig, Linear, Network, Parameters, TimeEmbedding,
};
use diffusion_intuition::train::TrainConfig;
use diffusion_intuition::{Error, Result, Rng, Schedule};

/// A file of its own for each test, removed at the end.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let id = std::process::id();
        let name = format!("diffusion-intuition-{id}-{name}.safetensors");
        Self(std::env::temp_dir().join(name))
    }

    pub fn with(name: &str, bytes: &[u8]) -> Self {
        let scratch = Self::new(name);
        std::fs::write(&scratch.0, bytes).unwrap();
        scratch
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// As large as its test needs: `hidden` numbers wide, and as many of the embedding of t.
pub fn network(d: usize, hidden: usize, blocks: usize, seed: u64) -> FilmMlp {
    let config = FilmMlpConfig {
        hidden,
        blocks,
        time: TimeEmbedding::new(hidden).unwrap(),
        ..FilmMlpConfig::default()
    };
    FilmMlp::with_config(d, &config, &mut Rng::new(seed)).unwrap()
}

pub fn schedule() -> Schedule {
    Schedule::linear(200, 1e-4, 0.02).unwrap()
}

/// The usual settings with something changed.
pub fn with(change: impl FnOnce(&mut TrainConfig)) -> TrainConfig {
    let mut config = TrainConfig::default();
    change(&mut config);
    config
}

pub fn bits(parameters: &Parameters) -> Vec<u32> {
    parameters.values().iter().map(|x| x.to_bits()).collect()
}

/// What is wrong with a file.
pub fn reason<T>(result: Result<T>) -> String {
    match result.err() {
        Some(Error::File { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

pub fn is_refused<T>(result: Result<T>, part: &str) {
    let reason = reason(result);
    assert!(reason.contains(part), "{part}: {reason}");
}

/// A file with that header (its length put before it) and that much data.
pub fn file(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend(vec![0; data]);
    bytes
}

/// One linear layer: it diverges once its only weight has moved far.
pub struct Fragile(pub Parameters, pub Linear);

pub fn fragile() -> Fragile {
    let mut parameters = Parameters::new();
    let layer = parameters.linear("layer", 1, 1, &mut Rng::new(0)).unwrap();
    Fragile(parameters, layer)
}

impl Network for Fragile {
    fn parameters(&self) -> &Parameters {
        &self.0
    }
    fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.0
    }
    fn forward(&self, tape: &mut Tape, x_t: Var, _: &[usize]) -> Result<Var> {
        tape.linear(x_t, self.1)
    }
}
