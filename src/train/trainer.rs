//! The training loop.

use std::ops::ControlFlow;
use std::path::Path;

use ndarray::Array2;

use super::batch::{Batch, Data, rng_of_step};
use super::checkpoint::Checkpoint;
use super::config::TrainConfig;
use super::optimizer::Optimizer;
use super::progress::{PerTimestep, Progress};
use super::shard::{self, Shard};
use super::teacher::{self, Teacher};
use crate::check::{elements, finite, not_empty, same_shape};
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::network::{Minibatch, Network, Parameters};
use crate::parallel;
use crate::schedule::Schedule;
use crate::verdict::Verdict;

/// Trains a network by minimising E[(target − network(x_t, t))²] over t, x_0 and ε: DDPM's simple loss
/// (Ho et al. 2020, eq. 14), a mean over columns too.
///
/// It holds everything but the network: so it lives on in a notebook beside it. See the [module](super) for an example.
#[derive(Debug)]
pub struct Trainer {
    config: TrainConfig,
    data: Data,
    schedule: Schedule,
    optimizer: Optimizer,
    /// The file that the run is kept in, if there is one.
    checkpoint: Option<Checkpoint>,
    losses: Vec<f32>,
    per_t: PerTimestep,
    shards: Vec<Shard>,
    /// Of the whole batch, in the layout of the parameters.
    gradient: Vec<f32>,
    gradient_norm: f64,
    batch: Batch,
}

impl Trainer {
    /// A trainer for `network`, at step 0, kept in no file. `data` is an array of rows, or `(rows, labels)` for a
    /// network with [`classes`](Network::classes), or a [`Mixture`](crate::Mixture) for fresh draws; [`Data`] says how
    /// they are drawn.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside its range; [`Error::Size`] for a batch that memory cannot hold;
    /// [`Error::Empty`] and [`Error::NotFinite`] for data that is; [`Error::Shape`] unless there is one label a row,
    /// [`Error::Label`] for one that `network` does not know; [`Error::Word`] for a word without a vector;
    /// [`Error::Unsupported`] for random changes of sentences or pairs.
    pub fn new(
        network: &dyn Network,
        data: impl Into<Data>,
        schedule: &Schedule,
        config: TrainConfig,
    ) -> Result<Self> {
        let data = data.into();
        config.check(data.dim())?;
        data.check()?;
        data.check_labels(network.classes())?;
        data.check_changes(&config)?;
        let parameters = network.parameters();
        // x_0, x_t, ε and the target.
        elements::<f32>("a batch", &[4, config.batch, data.dim()])?;
        Ok(Self {
            data,
            optimizer: Optimizer::of(parameters, &config)?,
            checkpoint: None,
            losses: Vec::new(),
            per_t: PerTimestep::new(schedule.timesteps()),
            shards: Vec::new(),
            gradient: vec![0.0; parameters.count()],
            gradient_norm: 0.0,
            batch: Batch::default(),
            schedule: schedule.clone(),
            config,
        })
    }

    /// The run in the file `path`, which then is saved every `every` steps. If there is no such file, a run at
    /// step 0, which is saved at once: a folder that cannot be written to is found before the work, not after.
    ///
    /// From a file, `network` gets its parameters; on an error it is unchanged. Of the settings, only
    /// [`report_every`](TrainConfig::report_every) may differ from those of the file.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`Error::Parameter`] for `every` = 0; [`Error::File`] if the file cannot be read or
    /// written, is damaged, or belongs to another seed, network or schedule, other settings or data: it says what
    /// differs.
    pub fn open(
        path: impl AsRef<Path>,
        every: u64,
        network: &mut dyn Network,
        data: impl Into<Data>,
        schedule: &Schedule,
        config: TrainConfig,
    ) -> Result<Self> {
        let mut trainer = Self::new(network, data, schedule, config)?;
        let (path, run) = (path.as_ref(), &mut trainer);
        let mut file = Checkpoint::new(path, every, network, &run.data, schedule, &run.config)?;
        if file.is_missing() {
            file.save(network, &run.optimizer, &run.losses)?;
        } else {
            let parameters = file.read(network, &mut run.optimizer, &mut run.losses)?;
            *network.parameters_mut() = parameters;
        }
        trainer.checkpoint = Some(file);
        Ok(trainer)
    }

    /// Trains for `steps` more steps: [`run_to`](Self::run_to) that many after those that are done.
    ///
    /// # Errors
    /// As [`run_to`](Self::run_to).
    pub fn run<V: Verdict>(
        &mut self,
        network: &mut dyn Network,
        steps: u64,
        observer: impl FnMut(&Progress) -> V,
    ) -> Result<()> {
        self.run_to(network, self.step().saturating_add(steps), observer)
    }

    /// Trains until `steps` steps are done in all, those before a stop included, or until the observer returns
    /// `ControlFlow::Break(())`. The observer is called every [`report_every`](TrainConfig::report_every) steps, at
    /// the end, and before the run is saved to its file: every few steps, counted from step 0, and at the end.
    ///
    /// # Errors
    /// [`Error::Diverged`] if a loss, a gradient or a parameter is NaN or infinite: `network` and the average then
    /// are those of the last parameters whose loss was finite, and the trainer counts the step that was undone.
    /// After the last step, and before each save, too: its parameters are tried on the batch that would come next.
    /// [`Error::Shape`] or [`Error::Foreign`] if `network` has other parameters than the one that the trainer was made
    /// for; what its [`forward`](Network::forward) returns. [`Error::File`] if the file cannot be written or another
    /// run has taken it, or if `network` is not as the run left it: another one, or changed since, by
    /// [`use_ema`](Self::use_ema) say. After an error the file holds the last checkpoint.
    pub fn run_to<V: Verdict>(
        &mut self,
        network: &mut dyn Network,
        steps: u64,
        mut observer: impl FnMut(&Progress) -> V,
    ) -> Result<()> {
        self.advance(network, None, steps, &mut |progress| {
            observer(progress).flow()
        })
    }

    /// [`run_to`](Self::run_to) with targets from a teacher: rows are noised to its timesteps, and its x̂0, turned into
    /// what the network predicts, takes the place of what they were noised with. A file knows nothing of the teacher: it
    /// goes on with another if it is given one.
    ///
    /// # Errors
    /// As [`run_to`](Self::run_to); [`Error::Empty`] and [`Error::Timestep`] for timesteps that the schedule does not
    /// have; [`Error::Unsupported`] for sentences; [`Error::Shape`] for what the teacher answers, and its own errors.
    pub fn run_taught<V: Verdict>(
        &mut self,
        network: &mut dyn Network,
        teacher: &dyn Teacher,
        steps: u64,
        mut observer: impl FnMut(&Progress) -> V,
    ) -> Result<()> {
        teacher::check_taught(&self.data, &self.schedule, teacher)?;
        self.advance(network, Some(teacher), steps, &mut |progress| {
            observer(progress).flow()
        })
    }

    /// [`run_to`](Self::run_to) without the observer's type, compiled once.
    fn advance(
        &mut self,
        network: &mut dyn Network,
        teacher: Option<&dyn Teacher>,
        steps: u64,
        observer: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<()> {
        let file = self.checkpoint.as_ref();
        let save_every = file.map_or(u64::MAX, |file| file.every);
        if let Some(file) = file.filter(|_| self.step() < steps) {
            file.check_left(network.parameters(), self.step())?;
        }
        while self.step() < steps {
            let next = |every: u64| (self.step() / every + 1).saturating_mul(every);
            let (report, save) = (next(self.config.report_every), next(save_every));
            let end = report.min(save).min(steps);
            let loss = self.steps(network, teacher, end - self.step())?;
            let progress = Progress {
                step: self.step(),
                loss,
                loss_per_t: &self.per_t.take(),
                gradient_norm: self.gradient_norm,
                learning_rate: self.config.learning_rate.at(self.step() - 1),
            };
            let stop = observer(&progress).is_break();
            if stop || end == steps || end == save {
                self.try_next(network, teacher)?;
                if let Some(file) = &mut self.checkpoint {
                    file.save(network, &self.optimizer, &self.losses)?;
                }
            }
            if stop {
                break;
            }
        }
        Ok(())
    }

    /// The mean loss of `steps` steps on a worker thread of rayon's: from outside, every parallel piece of work would
    /// wait for one to wake up.
    fn steps(
        &mut self,
        network: &mut dyn Network,
        teacher: Option<&dyn Teacher>,
        steps: u64,
    ) -> Result<f64> {
        let first = self.losses.len();
        parallel::scope(|_| {
            (0..steps).try_for_each(|_| {
                let batch = self.draw(network, teacher)?;
                let result = self.step_on_finite(network, batch.rows());
                self.batch = batch;
                result.map(|_| ())
            })
        })?;
        let losses = &self.losses[first..];
        let sum: f64 = losses.iter().map(|loss| f64::from(*loss)).sum();
        Ok(sum / losses.len() as f64)
    }

    /// Refuses parameters whose loss on the next batch is not finite: nobody could train on from there.
    fn try_next(&mut self, network: &mut dyn Network, teacher: Option<&dyn Teacher>) -> Result<()> {
        let batch = self.draw(network, teacher)?;
        let loss = self.evaluate(network, batch.rows(), false);
        self.batch = batch;
        loss.map(|_| ())
    }

    /// The batch of the step that comes next, in the memory of the last.
    fn draw(&mut self, network: &dyn Network, teacher: Option<&dyn Teacher>) -> Result<Batch> {
        let mut rng = rng_of_step(self.config.seed, self.step());
        let mut batch = std::mem::take(&mut self.batch);
        let (schedule, config) = (&self.schedule, &self.config);
        let among = teacher.map(Teacher::timesteps);
        batch.draw(&self.data, schedule, config, among, &mut rng)?;
        if let Some(teacher) = teacher {
            batch.teach(|rows| {
                teacher::target(teacher, network, config.prediction, schedule, rows)
            })?;
        }
        Ok(batch)
    }

    /// One step on a batch of your own: `x_t` and `target` are (n, d), `ts` holds the n 0-based timesteps.
    /// Returns the loss before the step. [`run`](Self::run) is this on batches that it draws, and a look at the
    /// loss after the last. (A run in a file is one on its own batches: after this it can be opened again, not go on.)
    ///
    /// # Errors
    /// As [`run`](Self::run); [`Error::Timestep`] for a `t` outside the schedule; [`Error::Shape`] unless
    /// there is one `t` a row; [`Error::Empty`] without rows or columns; [`Error::NotFinite`] for a batch with a NaN
    /// or infinite value.
    pub fn step_on(
        &mut self,
        network: &mut dyn Network,
        x_t: &Array2<f32>,
        ts: &[usize],
        target: &Array2<f32>,
    ) -> Result<f32> {
        ts.iter().try_for_each(|t| self.schedule.check(*t))?;
        same_shape("ts", &[x_t.nrows()], &[ts.len()])?;
        not_empty("batch", x_t.len().min(target.len()))?;
        finite("x_t", x_t)?;
        finite("target", target)?;
        let rows = Minibatch {
            x_t: x_t.view(),
            ts,
            labels: &[],
            target: target.view(),
            sentences: None,
        };
        self.step_on_finite(network, rows)
    }

    fn step_on_finite(&mut self, network: &mut dyn Network, rows: Minibatch) -> Result<f32> {
        let loss = self.evaluate(network, rows, true)? as f32;
        let losses = self.shards.iter().flat_map(|shard| shard.row_losses());
        for (t, loss) in rows.ts.iter().zip(losses) {
            self.per_t.add(*t, *loss);
        }
        let norm = shard::add(&mut self.shards, &mut self.gradient);
        self.gradient_norm = norm;
        if !norm.is_finite() {
            return Err(self.optimizer.diverged("the norm of the gradient", norm));
        }
        let limit = self.config.clip_grad_norm.unwrap_or(f64::INFINITY);
        let scale = (limit / norm).min(1.0);
        let rate = self.config.learning_rate.at(self.step());
        let (parameters, optimizer) = (network.parameters_mut(), &mut self.optimizer);
        optimizer.update(parameters, &self.gradient, rate, scale)?;
        self.losses.push(loss);
        Ok(loss)
    }

    /// Loss of a batch; the shards have its gradients if they are asked for. If it is not finite, the parameters are
    /// those of before the last step again.
    fn evaluate(
        &mut self,
        network: &mut dyn Network,
        rows: Minibatch,
        gradients: bool,
    ) -> Result<f64> {
        let parameters = network.parameters();
        self.optimizer.check(parameters)?;
        let parts = shard::shards(rows.ts.len(), network.cost(rows.x_t.ncols()));
        self.shards.truncate(parts);
        self.shards.resize_with(parts, || Shard::new(parameters));
        let loss = shard::run(&mut self.shards, &*network, gradients, rows)?;
        if !(loss as f32).is_finite() {
            self.optimizer.undo(network.parameters_mut());
            return Err(self.optimizer.diverged("the loss", loss));
        }
        self.optimizer.tried();
        Ok(loss)
    }

    /// Loss of every step since step 0.
    pub fn losses(&self) -> &[f32] {
        &self.losses
    }

    /// Number of steps done, over all runs, before and after a stop.
    pub fn step(&self) -> u64 {
        self.optimizer.steps()
    }

    /// The moving average of the parameters, if the settings ask for one.
    pub fn ema(&self) -> Option<&Parameters> {
        self.optimizer.ema()
    }

    /// Gives `network` the averaged parameters, for sampling. (To train on, keep a clone of the network.)
    /// Does nothing without an average.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Foreign`] for a network of another make than the one that was trained.
    pub fn use_ema(&self, network: &mut dyn Network) -> Result<()> {
        self.optimizer.give_ema(network.parameters_mut())
    }
}
