//! A training run that keeps itself on disk, and goes on from there.

use std::path::{Path, PathBuf};

use super::batch::Data;
use super::config::TrainConfig;
use super::progress::{Progress, Verdict};
use super::safetensors::TensorFile;
use super::trainer::Trainer;
use crate::error::{Error, Result};
use crate::hash::fnv1a;
use crate::network::Network;
use crate::schedule::Schedule;

/// Name of the tensor with the loss of every step.
const LOSSES: &str = "losses";

/// A [`Trainer`] that saves its state every few steps, and starts where the file left off.
///
/// The process may end at any moment, with Ctrl-C, `kill -9` or the power: the file is always a whole one, and
/// opening it again loses nothing but the steps since it was written. They are done again, and the parameters
/// are the same bits as those of a run that never stopped.
///
/// The file names the data, the schedule and the settings that it belongs to, and is refused for any others:
/// a run that changed half-way would be neither one nor the other.
///
/// ```
/// use diffusion_intuition::prelude::*;
///
/// let path = std::env::temp_dir().join(format!("checkpointed-{}.safetensors", std::process::id()));
/// let schedule = Schedule::linear_rescaled(50)?;
/// let rows = Mixture::bimodal().sample(200, &mut Rng::new(0));
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
    /// What the run is about: metadata of the file, and what a reader calls each.
    identity: [(&'static str, String); 3],
    /// Losses of the steps before this trainer was made.
    earlier: Vec<f32>,
}

impl Checkpointed {
    /// The run in the file `path`, which then is saved every `every` steps. If there is no such file, a run at
    /// step 0, which is saved at once: a folder that cannot be written to is found before the work, not after.
    ///
    /// From a file, `network` gets its parameters; on an error it is unchanged. Of the settings, only
    /// [`report_every`](TrainConfig::report_every) may differ from those of the file.
    ///
    /// # Errors
    /// [`Error::Parameter`] for `every` = 0; [`Error::Checkpoint`] if the file belongs to other data, another
    /// schedule or other settings; what [`Trainer::resume`] and [`Trainer::save`] return.
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
        let (path, data) = (path.as_ref().to_owned(), data.into());
        let identity = identity(&data, schedule, &config);
        if !path.exists() {
            let run = Self {
                trainer: Trainer::new(network, data, schedule, config)?,
                path,
                every,
                identity,
                earlier: Vec::new(),
            };
            run.save(network)?;
            return Ok(run);
        }
        let mut file = TensorFile::open(&path)?;
        for (key, value) in &identity {
            if file.metadata(key) != Some(value) {
                return Err(file.refuse(format!(
                    "it belongs to a run with other {key}: remove it, or name another file, to start anew"
                )));
            }
        }
        let earlier = file.read(LOSSES)?;
        let trainer = Trainer::resume(&path, network, data, schedule, config)?;
        if earlier.len() as u64 != trainer.step() {
            let (found, step) = (earlier.len(), trainer.step());
            return Err(file.refuse(format!("it has {found} losses at step {step}")));
        }
        Ok(Self {
            trainer,
            path,
            every,
            identity,
            earlier,
        })
    }

    /// Trains until `steps` steps are done in all, those before a stop included, or until the observer returns
    /// `ControlFlow::Break(())`. Saves every `every` steps, counted from step 0, and at the end.
    ///
    /// The observer is called as in [`Trainer::run`], and before each checkpoint.
    ///
    /// # Errors
    /// As [`Trainer::run`] and [`Trainer::save`]. After an error the file holds the last checkpoint.
    pub fn run_to<V: Verdict>(
        &mut self,
        network: &mut dyn Network,
        steps: u64,
        mut observer: impl FnMut(&Progress) -> V,
    ) -> Result<()> {
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

    fn save(&self, network: &dyn Network) -> Result<()> {
        let losses = self.losses();
        let tensor = (LOSSES.to_owned(), vec![losses.len()], losses.as_slice());
        self.trainer
            .save_with(network, &self.path, &self.identity, vec![tensor])
    }
}

/// What must be the same for a run to go on.
fn identity(data: &Data, schedule: &Schedule, config: &TrainConfig) -> [(&'static str, String); 3] {
    let data = match data {
        Data::Rows(rows) => {
            let values = rows.iter().flat_map(|x| x.to_le_bytes());
            format!("rows {:?}, {:016x}", rows.shape(), fnv1a(values))
        }
        Data::Fresh(mixture) => format!("{:016x}", fnv1a(format!("{mixture:?}").bytes())),
    };
    let betas = schedule.betas().iter().flat_map(|beta| beta.to_le_bytes());
    let settings = TrainConfig {
        report_every: 1, // changes no number of the run
        ..config.clone()
    };
    [
        ("data", data),
        ("schedule", format!("{:016x}", fnv1a(betas))),
        ("settings", format!("{settings:?}")),
    ]
}
