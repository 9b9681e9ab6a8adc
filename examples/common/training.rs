//! Training runs that survive a stop.

use std::path::{Path, PathBuf};
use std::time::Instant;

use diffusion_intuition::prelude::*;
use diffusion_intuition::train::Data;

use super::files::{self, copy};
use super::say::say;

/// A training run as it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Train {
    pub steps: u64,
    /// Where the run is kept.
    pub work: PathBuf,
    /// Where weights and table go.
    pub out: PathBuf,
}

impl Train {
    pub fn new(steps: u64, work: &str) -> Self {
        Self {
            steps,
            work: work.into(),
            out: "weights".into(),
        }
    }

    /// Makes both folders.
    pub fn make(&self) -> Result<()> {
        files::make(&self.work)?;
        files::make(&self.out)
    }

    /// Puts weights that were kept among the book's.
    pub fn publish(&self, kept: &Path, name: &str) -> Result<()> {
        copy(kept, &self.out.join(format!("{name}.safetensors")))
    }
}

/// The files of a run.
#[derive(Debug, Clone)]
pub struct Kept {
    pub run: PathBuf,
    /// What the names of the others begin with; they go on with the step.
    start: PathBuf,
}

impl Kept {
    /// In a folder with other runs a run has a `name`.
    pub fn new(folder: &Path, name: Option<&str>) -> Self {
        let (run, start) = match name {
            None => ("run.safetensors".to_owned(), "step".to_owned()),
            Some(name) => (format!("{name}-run.safetensors"), name.to_owned()),
        };
        Self {
            run: folder.join(run),
            start: folder.join(start),
        }
    }

    /// The averaged weights after that step, in half precision: what is measured is what is kept.
    pub fn weights(&self, step: u64) -> PathBuf {
        format!("{}-{step}.safetensors", self.start.display()).into()
    }

    /// How long the training took up to that step, as far as is known.
    pub fn seconds(&self, step: u64) -> f64 {
        let text = files::read(&self.weights(step).with_extension("seconds"));
        let text = text.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        text.and_then(|text| text.trim().parse().ok())
            .unwrap_or(f64::NAN)
    }

    /// Trains until the last of the `marks`, from where the run was saved last, keeps the averaged weights after each
    /// of them, and returns the loss of every step. Saves every so many steps.
    pub fn train(
        &self,
        network: &mut dyn Network,
        data: impl Into<Data>,
        schedule: &Schedule,
        settings: TrainConfig,
        save: u64,
        marks: impl IntoIterator<Item = u64>,
    ) -> Result<Vec<f32>> {
        let mut trainer = Trainer::open(&self.run, save, network, data, schedule, settings)?;
        let (pace, first) = (Pace::new(trainer.step()), trainer.step());
        for step in marks {
            trainer.run_to(network, step, |progress| pace.tell(progress))?;
            if trainer.step() == step {
                let ema = trainer.ema().unwrap_or(network.parameters());
                ema.save_f16(self.weights(step))?;
            }
            if trainer.step() == step && step > first {
                // Those of steps that another process did, at the pace of this one.
                let seconds = format!("{:.0}", step as f64 / pace.rate(step));
                files::write(&self.weights(step).with_extension("seconds"), seconds)?;
            }
        }
        Ok(trainer.losses().to_vec())
    }
}

/// How fast this process trains.
pub struct Pace {
    start: Instant,
    first: u64,
}

impl Pace {
    /// From that step on.
    pub fn new(first: u64) -> Self {
        let start = Instant::now();
        Self { start, first }
    }

    /// Steps a second.
    fn rate(&self, step: u64) -> f64 {
        (step - self.first) as f64 / self.start.elapsed().as_secs_f64()
    }

    pub fn tell(&self, progress: &Progress) {
        let seconds = self.start.elapsed().as_secs_f64();
        let rate = self.rate(progress.step);
        say(&format!("{progress}, {seconds:.0} s, {rate:.1} steps/s"));
    }
}

/// The mean loss of a network that predicts v, told the labels: every row at twenty timesteps spread over a schedule of a
/// thousand, always with the same noise.
pub fn loss_of_v(
    network: &UNet,
    schedule: &Schedule,
    rows: &Array2<f32>,
    labels: &[usize],
) -> Result<f64> {
    let rng = &mut Rng::new(0);
    let labels: Vec<Option<usize>> = labels.iter().copied().map(Some).collect();
    let mut sum = 0.0;
    for t in (25..1000).step_by(50) {
        let (x_t, eps) = schedule.q_sample(rows, t, rng)?;
        let v = network.given_each(&labels).denoise(&x_t, t)?;
        let alpha_bar = schedule.alpha_bars()[t];
        let (signal, noise) = (alpha_bar.sqrt() as f32, (1.0 - alpha_bar).sqrt() as f32);
        let error = &v - &(&eps * signal - rows * noise);
        sum += error.iter().map(|e| f64::from(*e).powi(2)).sum::<f64>() / error.len() as f64;
    }
    Ok(sum / 20.0)
}
