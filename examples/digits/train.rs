//! The training run, its measures, and the choice.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use diffusion_intuition::data::PictureSplit;
use diffusion_intuition::file::write_atomically;
use diffusion_intuition::judge::Exam;
use diffusion_intuition::prelude::*;

use crate::args::Train;
use crate::recipe;
use crate::table::{Row, choose, csv, estimates};

/// Steps between two rows of the table.
const EVERY: u64 = 500;

/// Steps between two checkpoints; a divisor of [`EVERY`], so that what a row is made of is never lost.
const SAVE: u64 = 50;

/// Pictures of each class, as many as are held out, and seeds of each measure.
pub const PER_CLASS: usize = 30;
pub const SEEDS: u64 = 10;

pub fn train(args: &Train) -> Result<()> {
    let digits = data::digits();
    for folder in [&args.work, &args.out] {
        fs::create_dir_all(folder).map_err(|error| failure(folder, &error))?;
    }
    let losses = steps(args, &digits)?;
    println!("training the judge");
    let exam = Exam::new(&digits, &mut Rng::new(0))?;
    let real = exam.score(&digits.held_out.rows, &digits.held_out.labels)?;
    println!(
        "held-out pictures: accuracy {:.4}, nearest {:.3}",
        real.accuracy, real.nearest
    );
    let floor = exam.floor(0..SEEDS, PER_CLASS)?;
    println!("floor of real pictures: {}", shown(&estimates(&floor)));
    let mut rows = Vec::new();
    for step in marks(args.steps) {
        let mut network = recipe::network()?;
        network.parameters_mut().load(file_of(args, step))?;
        rows.push(row(&network, step, &losses, &exam, &digits)?);
        let row = &rows[rows.len() - 1];
        println!("step {step}: {}", shown(&estimates(&row.score)));
        write(&args.out.join("digits.csv"), csv(&rows).as_bytes())?;
    }
    let Some(chosen) = choose(&rows, real.nearest) else {
        println!("no row is kept: even the first comes nearer than held-out pictures do");
        return Ok(());
    };
    println!("step {} is kept", chosen.step);
    let weights = file_of(args, chosen.step);
    let weights = fs::read(&weights).map_err(|error| failure(&weights, &error))?;
    write(&args.out.join("digits.safetensors"), &weights)
}

/// The steps that have a row: every [`EVERY`], and the last.
fn marks(steps: u64) -> impl Iterator<Item = u64> {
    (1..=steps.div_ceil(EVERY)).map(move |i| (i * EVERY).min(steps))
}

/// The averaged weights after that step, in half precision: what is measured is what is kept.
fn file_of(args: &Train, step: u64) -> PathBuf {
    args.work.join(format!("step-{step}.safetensors"))
}

/// Trains, from where the run was saved last, and returns the loss of every step.
fn steps(args: &Train, digits: &PictureSplit) -> Result<Vec<f32>> {
    let mut network = recipe::network()?;
    let data = (digits.train.rows.clone(), digits.train.labels.clone());
    let (path, schedule) = (args.work.join("run.safetensors"), recipe::schedule()?);
    let settings = recipe::settings(args.steps);
    let mut trainer = Trainer::open(path, SAVE, &mut network, data, &schedule, settings)?;
    let (start, first) = (Instant::now(), trainer.step());
    for step in marks(args.steps) {
        trainer.run_to(&mut network, step, |progress| {
            let seconds = start.elapsed().as_secs_f64();
            let rate = (progress.step - first) as f64 / seconds;
            println!("{progress}, {seconds:.0} s, {rate:.1} steps/s");
        })?;
        if trainer.step() == step {
            let ema = trainer.ema().unwrap_or(network.parameters());
            ema.save_f16(file_of(args, step))?;
        }
    }
    Ok(trainer.losses().to_vec())
}

fn row(
    network: &UNet,
    step: u64,
    losses: &[f32],
    exam: &Exam,
    digits: &PictureSplit,
) -> Result<Row> {
    let since = (step as usize - 1) / EVERY as usize * EVERY as usize;
    let recent = &losses[since..step as usize];
    let sum: f64 = recent.iter().map(|loss| f64::from(*loss)).sum();
    let labels: Vec<usize> = (0..10).flat_map(|class| [class; PER_CLASS]).collect();
    let score = exam.over_seeds(0..SEEDS, |rng| {
        let painted = recipe::paint(network, &labels, 1.0, rng)?;
        Ok((painted, labels.clone()))
    })?;
    Ok(Row {
        step,
        training: sum / recent.len() as f64,
        train: recipe::loss(network, &digits.train)?,
        held_out: recipe::loss(network, &digits.held_out)?,
        score,
    })
}

pub fn shown(estimates: &[metrics::Estimate]) -> String {
    let names = [
        "accuracy",
        "Fréchet",
        "of components",
        "nearest",
        "diversity",
    ];
    let pairs = names.iter().zip(estimates);
    let pairs = pairs.map(|(name, estimate)| format!("{name} {estimate}"));
    pairs.collect::<Vec<_>>().join("; ")
}

pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    write_atomically(path, bytes).map_err(|error| failure(path, &error))
}

pub fn failure(path: &Path, error: &std::io::Error) -> Error {
    Error::File {
        file: path.display().to_string(),
        line: None,
        reason: error.to_string(),
    }
}
