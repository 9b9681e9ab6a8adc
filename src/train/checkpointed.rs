//! A training run that keeps itself on disk, and goes on from there.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::batch::Data;
use super::config::TrainConfig;
use super::identity::Identity;
use super::progress::Progress;
use super::safetensors::{TensorFile, create, write};
use super::trainer::Trainer;
use crate::autograd::Tape;
use crate::error::{Error, Result};
use crate::hash::fnv1a;
use crate::network::{Network, Parameters};
use crate::rng::Rng;
use crate::schedule::Schedule;
use crate::verdict::Verdict;

/// Name of the tensor with the loss of every step.
const LOSSES: &str = "losses";

/// Name of the tensor with the network's answers to fixed questions.
const ANSWERS: &str = "answers";

/// A [`Trainer`] that saves its state every few steps, and starts where the file left off.
///
/// The process may end at any moment, with Ctrl-C, `kill -9` or the power: the file is always a whole one, and
/// opening it again loses nothing but the steps since it was written. They are done again, and the parameters
/// are the same bits as those of a run that never stopped.
///
/// The file names the seed, the network, the settings, the schedule and the data that it belongs to, and is refused
/// for any others: a run that changed half-way would be neither one nor the other. It is looked at before it is
/// replaced, too: of two processes that begin different runs in one file, one gets an error. (Two that begin the same
/// run write the same bits.)
///
/// ```
/// use diffusion_intuition::prelude::*;
///
/// let path = std::env::temp_dir().join(format!("checkpointed-{}.safetensors", std::process::id()));
/// let schedule = Schedule::linear_rescaled(50)?;
/// let rows = Mixture::bimodal().sample(200, &mut Rng::new(0))?;
/// let config = TrainConfig { batch: 16, ..TrainConfig::default() };
/// for total in [6, 10] { // the second round goes on from step 6
///     let mut network = FilmMlp::new(1, &mut Rng::new(0))?;
///     let mut run = Checkpointed::open(&path, 4, &mut network, rows.clone(), &schedule, config.clone())?;
///     run.run_to(&mut network, total, |_| ())?;
///     assert_eq!(run.step(), total);
/// }
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct Checkpointed {
    trainer: Trainer,
    path: PathBuf,
    every: u64,
    identity: Identity,
    /// Losses of the steps before this trainer was made.
    earlier: Vec<f32>,
    /// Fingerprint of the parameters as they were left.
    left: u64,
}

impl Checkpointed {
    /// The run in the file `path`, which then is saved every `every` steps. If there is no such file, a run at
    /// step 0, which is saved at once: a folder that cannot be written to is found before the work, not after.
    ///
    /// From a file, `network` gets its parameters; on an error it is unchanged. Of the settings, only
    /// [`report_every`](TrainConfig::report_every) may differ from those of the file.
    ///
    /// # Errors
    /// [`Error::Parameter`] for `every` = 0; [`Error::File`] if the file belongs to another seed, network or
    /// schedule, other settings or data: it says what differs; what [`Trainer::resume`] and [`Trainer::save`]
    /// return.
    pub fn open(
        path: impl AsRef<Path>,
        every: u64,
        network: &mut dyn Network,
        data: impl Into<Data>,
        schedule: &Schedule,
        config: TrainConfig,
    ) -> Result<Self> {
        if every == 0 {
            return Err(Error::Parameter {
                name: "steps between two checkpoints",
                value: 0.0,
                valid: "at least 1",
            });
        }
        let data = data.into();
        let mut run = Self {
            identity: Identity::new(network.parameters(), &data, schedule, &config),
            trainer: Trainer::new(network, data, schedule, config)?,
            path: path.as_ref().to_owned(),
            every,
            earlier: Vec::new(),
            left: fingerprint(network.parameters()),
        };
        if run.is_missing() {
            run.save(network)?;
        } else {
            let parameters = run.read(network)?;
            *network.parameters_mut() = parameters;
        }
        Ok(run)
    }

    /// Whether there is nothing of the file's name, not even a link that leads nowhere.
    fn is_missing(&self) -> bool {
        let found = std::fs::symlink_metadata(&self.path);
        found.is_err_and(|error| error.kind() == ErrorKind::NotFound)
    }

    /// Takes everything from the file but the parameters, which it returns once all is checked.
    fn read(&mut self, network: &dyn Network) -> Result<Parameters> {
        let mut file = TensorFile::open(&self.path)?;
        self.identity.check(&file)?;
        let parameters = self.trainer.restore(&mut file, network.parameters())?;
        let step = self.step();
        let shape = file.shape(LOSSES).map(<[usize]>::to_vec);
        if shape.as_deref() != Some(&[step as usize]) {
            return Err(file.refuse(format!("its losses are of shape {shape:?} at step {step}")));
        }
        self.earlier = file.read(LOSSES)?;
        self.check_answers(&mut file, network, &parameters)?;
        self.left = fingerprint(&parameters);
        Ok(parameters)
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
             or name another file, to start anew"
                .to_owned(),
        ))
    }

    /// What the network answers to the same few questions, whoever asks.
    fn answers(&self, network: &dyn Network, parameters: &Parameters) -> Result<Vec<f32>> {
        let timesteps = self.trainer.schedule.timesteps();
        let x_t = Rng::new(0).standard_normal(4, self.trainer.data.dim())?;
        let ts = [0, timesteps / 3, timesteps / 2, timesteps - 1];
        let mut tape = Tape::new(parameters);
        let x_t = tape.input(&x_t);
        let y = network.forward(&mut tape, x_t, &ts)?;
        tape.dim(y)?;
        Ok(tape.value(y).iter().copied().collect())
    }

    /// Trains until `steps` steps are done in all, those before a stop included, or until the observer returns
    /// `ControlFlow::Break(())`. Saves every `every` steps, counted from step 0, and at the end.
    ///
    /// The observer is called as in [`Trainer::run`], and before each checkpoint.
    ///
    /// # Errors
    /// As [`Trainer::run`] and [`Trainer::save`]; [`Error::File`] if another run has taken the file, or if
    /// `network` is not as it was left: another one, or changed since, by [`use_ema`](Trainer::use_ema) say. After an
    /// error the file holds the last checkpoint.
    pub fn run_to<V: Verdict>(
        &mut self,
        network: &mut dyn Network,
        steps: u64,
        mut observer: impl FnMut(&Progress) -> V,
    ) -> Result<()> {
        if self.step() < steps && fingerprint(network.parameters()) != self.left {
            let step = self.trainer.step();
            return Err(Error::File {
                file: self.path.display().to_string(),
                line: None,
                reason: format!(
                    "the parameters of the network are not those that this run left at its last checkpoint (it is at \
                     step {step}): open it again to go on from there"
                ),
            });
        }
        let mut stopped = false;
        while self.step() < steps && !stopped {
            let next = (self.step() / self.every + 1).saturating_mul(self.every);
            let count = next.min(steps) - self.step();
            self.trainer.run(network, count, |progress| {
                let flow = observer(progress).flow();
                stopped = flow.is_break();
                flow
            })?;
            self.save(network)?;
        }
        Ok(())
    }

    /// Number of steps done, those before a stop included.
    pub fn step(&self) -> u64 {
        self.trainer.step()
    }

    /// Loss of every step since step 0.
    pub fn losses(&self) -> Vec<f32> {
        [&self.earlier, self.trainer.losses()].concat()
    }

    /// The trainer; its [`use_ema`](Trainer::use_ema) gives a network the averaged parameters.
    pub fn trainer(&self) -> &Trainer {
        &self.trainer
    }

    fn save(&mut self, network: &dyn Network) -> Result<()> {
        let losses = self.losses();
        let answers = self.answers(network, network.parameters())?;
        let (mut metadata, mut tensors) = self.trainer.state(network)?;
        let known: Vec<_> = metadata.iter().map(|(key, _)| *key).collect();
        let more = self.identity.0.iter();
        metadata.extend(more.filter(|(key, _)| !known.contains(key)).cloned());
        for (name, values) in [(LOSSES, &losses), (ANSWERS, &answers)] {
            tensors.push((name.to_owned(), vec![values.len()], values.as_slice()));
        }
        // A file that somebody else has put there since is theirs.
        if !(self.is_missing() && create(&self.path, &metadata, &tensors)?) {
            self.identity.check(&TensorFile::open(&self.path)?)?;
            write(&self.path, &metadata, &tensors)?;
        }
        self.left = fingerprint(network.parameters());
        Ok(())
    }
}

fn fingerprint(parameters: &Parameters) -> u64 {
    fnv1a(parameters.values().iter().flat_map(|x| x.to_le_bytes()))
}
