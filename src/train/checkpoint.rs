//! The file that a training run keeps itself in.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use ndarray::Array2;

use super::batch::Data;
use super::config::TrainConfig;
use super::header::Dtype;
use super::identity::Identity;
use super::optimizer::Optimizer;
use super::safetensors::{TensorFile, bytes_of, failure};
use crate::autograd::Tape;
use crate::check::parameter;
use crate::error::Result;
use crate::file::{create_atomically, write_atomically};
use crate::hash::fnv1a;
use crate::network::{Network, Parameters};
use crate::rng::Rng;
use crate::schedule::Schedule;

/// Names the layout of the file.
const FORMAT: &str = "diffusion-intuition training state 1";

/// Name of the tensor with the loss of every step.
const LOSSES: &str = "losses";

/// Name of the tensor with the network's answers to fixed questions.
const ANSWERS: &str = "answers";

/// Largest number of steps that is believed: all of them are exact in f64.
const LAST_STEP: u64 = 1 << 53;

/// Where a run is kept, how often it is written there, and what it belongs to.
#[derive(Debug)]
pub(super) struct Checkpoint {
    path: PathBuf,
    pub every: u64,
    identity: Identity,
    /// Rows and their timesteps: with the same parameters, only the same network answers the same.
    questions: (Array2<f32>, [usize; 4]),
    /// Fingerprint of the parameters as they were left.
    left: u64,
}

impl Checkpoint {
    pub fn new(
        path: &Path,
        every: u64,
        network: &dyn Network,
        data: &Data,
        schedule: &Schedule,
        config: &TrainConfig,
    ) -> Result<Self> {
        let name = "steps between two checkpoints";
        parameter(name, every as f64, every > 0, "at least 1")?;
        let parameters = network.parameters();
        let x_t = Rng::new(0).standard_normal(4, data.dim())?;
        let end = schedule.timesteps();
        Ok(Self {
            path: path.to_owned(),
            every,
            identity: Identity::new(parameters, data, schedule, config),
            questions: (x_t, [0, end / 3, end / 2, end - 1]),
            left: fingerprint(parameters),
        })
    }

    /// Whether there is nothing of the file's name, not even a link that leads nowhere.
    pub fn is_missing(&self) -> bool {
        let found = std::fs::symlink_metadata(&self.path);
        found.is_err_and(|error| error.kind() == ErrorKind::NotFound)
    }

    /// Takes the state of the run from the file, and returns the parameters of its network; on an error, `optimizer`
    /// and `losses` are not to be used.
    pub fn read(
        &mut self,
        network: &dyn Network,
        optimizer: &mut Optimizer,
        losses: &mut Vec<f32>,
    ) -> Result<Parameters> {
        let mut file = TensorFile::open(&self.path)?;
        self.identity.check(&file)?;
        let format = file.metadata("format").unwrap_or("none");
        if format != FORMAT {
            return Err(file.refuse(format!("its format is \"{format}\", expected \"{FORMAT}\"")));
        }
        let text = file.metadata("step");
        let step = text.and_then(|text| text.parse().ok());
        let Some(step) = step.filter(|step| *step <= LAST_STEP) else {
            return Err(file.refuse(format!(
                "its step is {}, expected a number of steps",
                text.unwrap_or("missing")
            )));
        };
        let parameters = network.parameters();
        let model = parameters.read(&mut file, "model.")?;
        if let Some(ema) = &mut optimizer.ema {
            *ema = parameters.read(&mut file, "ema.")?;
        }
        let m = parameters.read(&mut file, "adam.m.")?;
        let v = parameters.read(&mut file, "adam.v.")?;
        if let Some(value) = v.values().iter().find(|v| **v < 0.0) {
            return Err(file.refuse(format!("a second moment is {value}, below 0")));
        }
        optimizer.moments.m.copy_from_slice(m.values());
        optimizer.moments.v.copy_from_slice(v.values());
        optimizer.steps = step;
        let shape = file.shape(LOSSES);
        if shape != Some(&[step as usize]) {
            let shape = shape.map_or("missing".into(), |shape| format!("of shape {shape:?}"));
            return Err(file.refuse(format!("its losses are {shape} at step {step}")));
        }
        *losses = file.read(LOSSES)?;
        self.check_answers(&mut file, network, &model)?;
        self.left = fingerprint(&model);
        Ok(model)
    }

    /// Refuses a network that is another function than the one of the file, with the same parameters: its
    /// activations or its embedding of t differ, say.
    fn check_answers(
        &self,
        file: &mut TensorFile,
        network: &dyn Network,
        parameters: &Parameters,
    ) -> Result<()> {
        if file.shape(ANSWERS).is_none() {
            return Ok(());
        }
        let (then, now) = (file.read(ANSWERS)?, self.answers(network, parameters)?);
        let largest = then.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        // Processors that multiply and add in one instruction differ from others by some 1e-6 of it.
        let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-3 * largest;
        if then.len() == now.len() && then.iter().zip(&now).all(near) {
            return Ok(());
        }
        Err(file.refuse(
            "it belongs to a run with another network: with its parameters, this one answers otherwise; remove it, \
             or name another file, to start anew",
        ))
    }

    /// What the network answers to the same few questions, whoever asks.
    fn answers(&self, network: &dyn Network, parameters: &Parameters) -> Result<Vec<f32>> {
        let (x_t, ts) = &self.questions;
        let mut tape = Tape::new(parameters);
        let x_t = tape.input(x_t);
        let y = network.forward(&mut tape, x_t, ts)?;
        tape.dim(y)?;
        Ok(tape.value(y).iter().copied().collect())
    }

    /// Refuses parameters that are not as this run left them.
    pub fn check_left(&self, parameters: &Parameters, step: u64) -> Result<()> {
        if fingerprint(parameters) == self.left {
            return Ok(());
        }
        let reason = format!(
            "the parameters of the network are not those that this run left at its last checkpoint (it is at step \
             {step}): open it again to go on from there"
        );
        Err(failure(&self.path, reason))
    }

    /// Writes the state of the run, atomically.
    pub fn save(
        &mut self,
        network: &dyn Network,
        optimizer: &Optimizer,
        losses: &[f32],
    ) -> Result<()> {
        let parameters = network.parameters();
        optimizer.check(parameters)?;
        let answers = self.answers(network, parameters)?;
        let mut tensors = parameters.tensors("model.", parameters.values());
        if let Some(ema) = &optimizer.ema {
            tensors.extend(ema.tensors("ema.", ema.values()));
        }
        tensors.extend(parameters.tensors("adam.m.", &optimizer.moments.m));
        tensors.extend(parameters.tensors("adam.v.", &optimizer.moments.v));
        for (name, values) in [(LOSSES, losses), (ANSWERS, answers.as_slice())] {
            tensors.push((name.to_owned(), vec![values.len()], values));
        }
        let mut texts = self.identity.0.clone();
        texts.push(("format", FORMAT.to_owned()));
        texts.push(("step", optimizer.steps.to_string()));
        let bytes = bytes_of(&texts, &tensors, Dtype::F32);
        self.replace(&bytes.map_err(|reason| failure(&self.path, reason))?)?;
        self.left = fingerprint(parameters);
        Ok(())
    }

    /// Replaces the file, unless somebody else has put another run there since: that is theirs.
    fn replace(&self, bytes: &[u8]) -> Result<()> {
        let failed = |error: io::Error| failure(&self.path, error);
        if self.is_missing() {
            match create_atomically(&self.path, bytes) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                other => return other.map_err(failed),
            }
        }
        self.identity.check(&TensorFile::open(&self.path)?)?;
        write_atomically(&self.path, bytes).map_err(failed)
    }
}

fn fingerprint(parameters: &Parameters) -> u64 {
    fnv1a(parameters.values().iter().flat_map(|x| x.to_le_bytes()))
}
