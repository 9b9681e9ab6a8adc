//! The training of an autoencoder.

use ndarray::{Array2, Axis};
use rand::RngExt;

use super::config::{Adam, LearningRate};
use super::optimizer::Optimizer;
use super::progress::Progress;
use super::shard::squares_of;
use crate::autograd::{Gradients, Tape, Workspace};
use crate::check;
use crate::error::Result;
use crate::network::Autoencoder;
use crate::parallel;
use crate::rng::Rng;
use crate::verdict::Verdict;

#[cfg(doc)]
use crate::Error;

/// Pictures in a step: many small steps learn more in the same time than few large ones.
const BATCH: usize = 8;

/// The highest learning rate, and the steps that lead up to it, if there are four times as many in all. At twice that
/// rate training may diverge.
const RATE: f64 = 4e-3;
const WARM_UP: u64 = 500;

/// The longest gradient.
const CLIP: f64 = 0.5;

/// Steps between two reports.
const REPORT: u64 = 100;

/// Trains an autoencoder on pictures, `rows` of shape (n, pixels), then sets its scale by them: `steps` steps of Adam on
/// its [loss](Autoencoder::loss), each with 8 pictures, drawn with replacement. The rate rises to 4e-3 in 500 steps and
/// falls to 0 along a cosine; longer gradients are cut to 0.5. The same `rng` gives the same bits at any number of threads.
///
/// The observer is called every 100 steps and after the last; a [`Progress`] has no losses for timesteps then. It may stop
/// the training: the scale is set all the same.
///
/// # Errors
/// As [`Autoencoder::encode`]; [`Error::Empty`] without pictures; [`Error::Diverged`] if a gradient or a parameter is NaN
/// or infinite.
pub fn train_autoencoder<V: Verdict>(
    network: &mut Autoencoder,
    rows: &Array2<f32>,
    steps: u64,
    rng: &mut Rng,
    mut observer: impl FnMut(&Progress) -> V,
) -> Result<()> {
    check::not_empty("pictures", rows.nrows())?;
    check::all_finite("pictures", rows)?;
    let rate = LearningRate::cosine(RATE, steps).warm_up(WARM_UP.min(steps / 4));
    let mut run = Run {
        optimizer: Optimizer::new(network.parameters(), Adam::default(), None)?,
        gradients: Gradients::new(network.parameters()),
        work: Workspace::new().alone(),
        norm: 0.0,
    };
    while run.optimizer.steps() < steps {
        let first = run.optimizer.steps();
        let last = (first + REPORT).min(steps);
        // On a worker thread of rayon's, as in the trainer.
        let loss = parallel::scope(|_| -> Result<f64> {
            let losses = (first..last).map(|step| run.step(network, rows, rate.at(step), rng));
            losses.sum()
        })?;
        let progress = Progress {
            step: last,
            loss: loss / (last - first) as f64,
            loss_per_t: &[],
            gradient_norm: run.norm,
            learning_rate: rate.at(last - 1),
        };
        if observer(&progress).flow().is_break() {
            break;
        }
    }
    network.fit_scale(rows)
}

struct Run {
    optimizer: Optimizer,
    gradients: Gradients,
    work: Workspace,
    /// Of the last gradient, before it was cut.
    norm: f64,
}

impl Run {
    /// The loss before the step.
    fn step(
        &mut self,
        network: &mut Autoencoder,
        rows: &Array2<f32>,
        rate: f64,
        rng: &mut Rng,
    ) -> Result<f64> {
        let chosen: [usize; BATCH] = std::array::from_fn(|_| rng.random_range(0..rows.nrows()));
        let pictures = rows.select(Axis(0), &chosen);
        let noise = rng.standard_normal(BATCH, network.size().iter().product())?;
        let work = std::mem::take(&mut self.work);
        let mut tape = Tape::with_workspace(network.parameters(), work);
        let [loss, ..] = network.loss(&mut tape, &pictures, &noise)?;
        let value = f64::from(tape.scalar(loss));
        tape.backward(loss, &mut self.gradients)?;
        self.work = tape.into_workspace();
        let gradient = &self.gradients.flat;
        self.norm = squares_of(gradient).sqrt();
        if !self.norm.is_finite() {
            let what = "the norm of the gradient";
            return Err(self.optimizer.diverged(what, self.norm));
        }
        let (parameters, scale) = (network.parameters_mut(), (CLIP / self.norm).min(1.0));
        self.optimizer.update(parameters, gradient, rate, scale)?;
        Ok(value)
    }
}
