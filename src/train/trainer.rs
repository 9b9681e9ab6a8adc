//! The training loop.

use ndarray::Array2;

use super::adam::{Moments, Step};
use super::batch::{Batch, Data, rng_of_step};
use super::config::TrainConfig;
use super::loss::Loss;
use super::progress::{PerTimestep, Progress};
use super::shard::{self, Objective, Shard};
use crate::check;
use crate::error::{Error, Result};
use crate::network::{Network, Parameters};
use crate::schedule::Schedule;
use crate::verdict::Verdict;

/// Trains a network by minimising E[(target − network(x_t, t))²] over t, x_0 and ε: DDPM's simple loss
/// (Ho et al. 2020, eq. 14), a mean over columns too.
///
/// It holds everything but the network: so it lives on in a notebook beside it. See the
/// [module](super) for an example.
#[derive(Debug)]
pub struct Trainer {
    pub(super) config: TrainConfig,
    pub(super) data: Data,
    loss: Option<Box<dyn Loss>>,
    pub(super) schedule: Schedule,
    pub(super) step: u64,
    pub(super) moments: Moments,
    pub(super) ema: Option<Parameters>,
    /// The parameters before the last step, and room for those after the next.
    previous: Vec<f32>,
    /// The same of the average, if there is one.
    previous_ema: Vec<f32>,
    /// Whether nobody has seen a loss of the parameters yet: `previous` holds those to return to if it is bad.
    untried: bool,
    /// Fingerprint of the parameters' names and shapes.
    layout: u64,
    losses: Vec<f32>,
    per_t: PerTimestep,
    shards: Vec<Shard>,
    /// Of the whole batch, in the layout of the parameters.
    gradient: Vec<f32>,
    gradient_norm: f64,
    batch: Batch,
}

impl Trainer {
    /// A trainer for `network`, at step 0. `data` is an array of rows, or a [`Mixture`](crate::Mixture) for
    /// fresh draws; [`Data`] says how they are drawn.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside its range; [`Error::Size`] for a batch that memory cannot hold;
    /// [`Error::Empty`] and [`Error::NotFinite`] for data that is.
    pub fn new(
        network: &dyn Network,
        data: impl Into<Data>,
        schedule: &Schedule,
        config: TrainConfig,
    ) -> Result<Self> {
        Self::with_data(network, data.into(), schedule, config)
    }

    fn with_data(
        network: &dyn Network,
        data: Data,
        schedule: &Schedule,
        config: TrainConfig,
    ) -> Result<Self> {
        config.check()?;
        data.check()?;
        let parameters = network.parameters();
        let count = parameters.count();
        // x_0, x_t, ε and the target; gradients, two moments, and parameters and their average before and after.
        check::elements::<f32>("a batch", &[4, config.batch, data.dim()])?;
        check::elements::<f32>("the state of the optimiser", &[7, count])?;
        Ok(Self {
            data,
            loss: None,
            step: 0,
            moments: Moments::new(count),
            ema: config.ema.is_some().then(|| parameters.clone()),
            previous: vec![0.0; count],
            previous_ema: vec![0.0; if config.ema.is_some() { count } else { 0 }],
            untried: false,
            layout: parameters.layout(),
            losses: Vec::new(),
            per_t: PerTimestep::new(schedule.timesteps()),
            shards: Vec::new(),
            gradient: vec![0.0; count],
            gradient_norm: 0.0,
            batch: Batch::default(),
            schedule: schedule.clone(),
            config,
        })
    }

    /// The same trainer with another loss than the mean squared error, for networks that have more outputs
    /// than a prediction, say. A [resumed](Self::resume) run needs it again: checkpoints do not hold it.
    pub fn with_loss(self, loss: impl Loss + 'static) -> Self {
        let loss: Option<Box<dyn Loss>> = Some(Box::new(loss));
        Self { loss, ..self }
    }

    /// Trains for `steps` more steps, or until the observer returns `ControlFlow::Break(())`.
    ///
    /// # Errors
    /// [`Error::Diverged`] if a loss, a gradient or a parameter is NaN or infinite: `network` and the average then
    /// are those of the last parameters whose loss was finite, and the trainer counts the step that was undone.
    /// After the last step too: its parameters are tried on the batch that would come next. [`Error::Shape`] or
    /// [`Error::Foreign`] if `network` has other parameters than the one that the trainer was made for;
    /// what its [`forward`](Network::forward) returns.
    pub fn run<V: Verdict>(
        &mut self,
        network: &mut dyn Network,
        steps: u64,
        mut observer: impl FnMut(&Progress) -> V,
    ) -> Result<()> {
        let end = self.step.saturating_add(steps);
        let start = self.step;
        while self.step < end {
            let report = self.step / self.config.report_every + 1;
            let report = report.saturating_mul(self.config.report_every);
            let first = self.losses.len();
            self.steps(network, report.min(end) - self.step)?;
            let losses = &self.losses[first..];
            let sum: f64 = losses.iter().map(|loss| f64::from(*loss)).sum();
            let progress = Progress {
                step: self.step,
                loss: sum / losses.len() as f64,
                loss_per_t: &self.per_t.means(),
                gradient_norm: self.gradient_norm,
                learning_rate: self.config.learning_rate.at(self.step - 1),
            };
            self.per_t.clear();
            if observer(&progress).flow().is_break() {
                break;
            }
        }
        match self.step > start {
            true => self.try_last(network),
            false => Ok(()),
        }
    }

    /// Refuses parameters whose loss on the next batch is not finite: nobody could train on from there.
    fn try_last(&mut self, network: &mut dyn Network) -> Result<()> {
        self.draw()?;
        let batch = std::mem::take(&mut self.batch);
        let loss = self.evaluate(network, &batch.x_t, &batch.ts, &batch.target, false);
        self.batch = batch;
        let loss = loss?;
        if !loss.is_finite() {
            return Err(self.diverged(network, "the loss", loss));
        }
        self.untried = false;
        Ok(())
    }

    /// Loss of every step since this trainer was made (a resumed one begins where it resumed).
    pub fn losses(&self) -> &[f32] {
        &self.losses
    }

    /// Number of steps done, over all runs, before and after a checkpoint.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The moving average of the parameters, if the settings ask for one.
    pub fn ema(&self) -> Option<&Parameters> {
        self.ema.as_ref()
    }

    /// Gives `network` the averaged parameters, for sampling. (To train on, keep a clone of the network.)
    /// Does nothing without an average.
    pub fn use_ema(&self, network: &mut dyn Network) {
        if let Some(ema) = &self.ema {
            network.parameters_mut().clone_from(ema);
        }
    }

    /// `steps` steps on a worker thread of rayon's: from outside, every parallel piece of work would wait
    /// for one to wake up.
    fn steps(&mut self, network: &mut dyn Network, steps: u64) -> Result<()> {
        crate::parallel::scope(|_| (0..steps).try_for_each(|_| self.one_step(network)))
    }

    fn one_step(&mut self, network: &mut dyn Network) -> Result<()> {
        self.draw()?;
        let batch = std::mem::take(&mut self.batch);
        let result = self.step_on_finite(network, &batch.x_t, &batch.ts, &batch.target);
        self.batch = batch;
        result.map(|_| ())
    }

    /// The batch of the step that comes next.
    fn draw(&mut self) -> Result<()> {
        let mut rng = rng_of_step(self.config.seed, self.step);
        let (n, prediction) = (self.config.batch, self.config.prediction);
        self.batch
            .draw(n, &self.data, &self.schedule, prediction, &mut rng)
    }

    /// One step on a batch of your own: `x_t` and `target` are (n, d), `ts` holds the n 0-based timesteps.
    /// Returns the loss before the step. [`run`](Self::run) is this on batches that it draws, and a look at the
    /// loss after the last.
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
        if ts.len() != x_t.nrows() {
            return Err(Error::Shape {
                what: "ts",
                expected: vec![x_t.nrows()],
                found: vec![ts.len()],
            });
        }
        if x_t.is_empty() || target.is_empty() {
            let what = "batch";
            return Err(Error::Empty { what });
        }
        check::finite("x_t", x_t)?;
        check::finite("target", target)?;
        self.step_on_finite(network, x_t, ts, target)
    }

    /// Refuses a network of another make than the one that the trainer was made for.
    pub(super) fn check(&self, parameters: &Parameters) -> Result<()> {
        parameters.check_make(self.gradient.len(), self.layout)
    }

    /// Loss of a batch; the shards have its gradients if they are asked for and it is finite.
    fn evaluate(
        &mut self,
        network: &dyn Network,
        x_t: &Array2<f32>,
        ts: &[usize],
        target: &Array2<f32>,
        gradients: bool,
    ) -> Result<f64> {
        let parameters = network.parameters();
        self.check(parameters)?;
        let parts = shard::shards(ts.len());
        self.shards.truncate(parts);
        self.shards.resize_with(parts, || Shard::new(parameters));
        let objective = Objective {
            network,
            loss: self.loss.as_deref(),
            gradients,
        };
        shard::run(&mut self.shards, &objective, x_t, ts, target)
    }

    fn step_on_finite(
        &mut self,
        network: &mut dyn Network,
        x_t: &Array2<f32>,
        ts: &[usize],
        target: &Array2<f32>,
    ) -> Result<f32> {
        let loss = self.evaluate(network, x_t, ts, target, true)?;
        let value = loss as f32;
        if !value.is_finite() {
            return Err(self.diverged(network, "the loss", loss));
        }
        let rows = self.shards.iter().flat_map(|shard| shard.row_losses());
        for (t, loss) in ts.iter().zip(rows) {
            self.per_t.add(*t, *loss);
        }
        self.gradient_norm = shard::add(&mut self.shards, &mut self.gradient);
        if !self.gradient_norm.is_finite() {
            // These parameters' loss is finite: they are the last good ones.
            self.untried = false;
            let what = "the norm of the gradient";
            return Err(self.diverged(network, what, self.gradient_norm));
        }
        self.update(network)?;
        self.losses.push(value);
        self.step += 1;
        Ok(value)
    }

    fn update(&mut self, network: &mut dyn Network) -> Result<()> {
        let clip = self.config.clip.unwrap_or(f64::INFINITY);
        let step = Step {
            adam: &self.config.adam,
            step: self.step,
            learning_rate: self.config.learning_rate.at(self.step),
            gradient_scale: (clip / self.gradient_norm).min(1.0),
            decay: self
                .config
                .ema
                .as_ref()
                .map_or(0.0, |ema| ema.at(self.step)),
        };
        let ema = self.ema.as_ref().map(Parameters::values);
        let finite = self.moments.update(
            &step,
            network.parameters().values(),
            &self.gradient,
            &mut self.previous,
            ema.zip(Some(self.previous_ema.as_mut_slice())),
        );
        // Parameters that are no numbers are never put in place.
        self.untried = finite;
        if !finite {
            let what = "a parameter after the step";
            let bad = |values: &[f32]| values.iter().copied().find(|x| !x.is_finite());
            let value = bad(&self.previous).or_else(|| bad(&self.previous_ema));
            let value = f64::from(value.unwrap_or(f32::NAN));
            return Err(self.diverged(network, what, value));
        }
        self.swap(network);
        Ok(())
    }

    /// Exchanges the parameters and their average with those of before, or of after.
    fn swap(&mut self, network: &mut dyn Network) {
        network.parameters_mut().swap_values(&mut self.previous);
        if let Some(ema) = &mut self.ema {
            ema.swap_values(&mut self.previous_ema);
        }
    }

    /// Returns to the parameters before the last step, if that is what made the loss infinite. Adam's moments stay:
    /// the gradient that they have seen was that of the parameters returned to.
    fn diverged(&mut self, network: &mut dyn Network, what: &'static str, value: f64) -> Error {
        if std::mem::take(&mut self.untried) {
            self.swap(network);
        }
        let step = self.step;
        Error::Diverged { step, what, value }
    }
}
