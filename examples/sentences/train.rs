//! The training run, and its measures.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use diffusion_intuition::file::write_atomically;
use diffusion_intuition::prelude::*;

use crate::args::Train;
use crate::measure::Judge;
use crate::recipe;
use crate::table::csv;

/// Rows of the table: after so many steps of each.
const ROWS: u64 = 8;

/// Steps between two checkpoints.
const SAVE: u64 = 100;

pub fn train(args: &Train) -> Result<()> {
    for folder in [&args.work, &args.out] {
        fs::create_dir_all(folder).map_err(|error| failure(folder, &error))?;
    }
    let losses = steps(args)?;
    let judge = Judge::new(args.language)?;
    println!("exactly: {}", judge.exact()?);
    let name = args.language.name();
    let (mut rows, mut first) = (Vec::new(), 0);
    for step in marks(args.steps) {
        let mut network = args.language.network()?;
        let file = file_of(args, step);
        network.parameters_mut().load(&file)?;
        let recent = &losses[first as usize..step as usize];
        let row = judge.row(&network, step, seconds(args, step), recent)?;
        println!("{row}");
        rows.push(row);
        first = step;
        write(&args.out.join(format!("{name}.csv")), csv(&rows).as_bytes())?;
    }
    let weights = file_of(args, args.steps);
    let weights = fs::read(&weights).map_err(|error| failure(&weights, &error))?;
    write(&args.out.join(format!("{name}.safetensors")), &weights)
}

/// The steps that have a row.
fn marks(steps: u64) -> impl Iterator<Item = u64> {
    let mut marks: Vec<u64> = (1..=ROWS).map(|i| i * steps / ROWS).collect();
    marks.retain(|step| *step > 0);
    marks.into_iter()
}

/// The averaged weights after that step, in half precision: what is measured is what is kept.
fn file_of(args: &Train, step: u64) -> PathBuf {
    args.work.join(format!("step-{step}.safetensors"))
}

/// Trains, from where the run was saved last, and returns the loss of every step.
fn steps(args: &Train) -> Result<Vec<f32>> {
    let mut network = args.language.network()?;
    println!("{} parameters", network.parameters().count());
    let (sentences, classes) = args.language.data()?;
    let data = (sentences, classes, args.language.vectors()?);
    let (path, schedule) = (args.work.join("run.safetensors"), recipe::schedule()?);
    let settings = args.language.settings(args.steps);
    let mut trainer = Trainer::open(path, SAVE, &mut network, data, &schedule, settings)?;
    let (start, first) = (Instant::now(), trainer.step());
    let pace = |step: u64| start.elapsed().as_secs_f64() / (step - first) as f64;
    for step in marks(args.steps) {
        trainer.run_to(&mut network, step, |progress| {
            println!("{progress}, {:.1} ms a step", 1e3 * pace(progress.step));
            let _ = std::io::stdout().flush();
        })?;
        if trainer.step() == step {
            let ema = trainer.ema().unwrap_or(network.parameters());
            ema.save_f16(file_of(args, step))?;
        }
        if trainer.step() == step && step > first {
            // Those of steps that another process did, at the pace of this one.
            let seconds = format!("{:.0}", pace(step) * step as f64);
            write(
                &file_of(args, step).with_extension("seconds"),
                seconds.as_bytes(),
            )?;
        }
    }
    Ok(trainer.losses().to_vec())
}

/// How long the training took up to that step, as far as is known.
fn seconds(args: &Train, step: u64) -> f64 {
    let text = fs::read_to_string(file_of(args, step).with_extension("seconds"));
    let read = text.ok().and_then(|text| text.trim().parse().ok());
    read.unwrap_or(f64::NAN)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    write_atomically(path, bytes).map_err(|error| failure(path, &error))
}

pub fn failure(path: &Path, error: &std::io::Error) -> Error {
    Error::File {
        file: path.display().to_string(),
        line: None,
        reason: error.to_string(),
    }
}
