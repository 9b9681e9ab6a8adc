//! The training run and its measures.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use diffusion_intuition::file::write_atomically;
use diffusion_intuition::prelude::*;
use diffusion_intuition::scenes::Scenes;

use crate::args::Train;
use crate::recipe;
use crate::table::{KINDS, PARTS, Row, csv};

/// Rows of the table before the last: the steps are divided in so many parts.
const PARTS_OF_RUN: u64 = 4;

/// Steps between two checkpoints.
const SAVE: u64 = 250;

/// Scale of the guidance of all rows but those of the last step, which has all of [`SCALES`].
const USUAL: f64 = 3.0;
const SCALES: [f64; 6] = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0];

pub fn train(args: &Train) -> Result<()> {
    let scenes = Scenes::new()?;
    for folder in [&args.work, &args.out] {
        fs::create_dir_all(folder).map_err(|error| failure(folder, &error))?;
    }
    steps(args, &scenes)?;
    let weights = file_of(args, args.steps);
    let bytes = fs::read(&weights).map_err(|error| failure(&weights, &error))?;
    write(&args.out.join("prompts.safetensors"), &bytes)?;
    let mut rows = Vec::new();
    for step in marks(args.steps).rev() {
        let mut network = recipe::network(&scenes)?;
        network.parameters_mut().load(file_of(args, step))?;
        let scales: &[f64] = if step == args.steps {
            &SCALES
        } else {
            &[USUAL]
        };
        for (scale, kind) in scales
            .iter()
            .flat_map(|s| (0..KINDS.len()).map(move |k| (*s, k)))
        {
            let row = Row::measure(&network, &scenes, step, scale, kind)?;
            println!("{}", shown(&row));
            rows.push(row);
        }
        rows.sort_by_key(|row| row.step);
        write(&args.out.join("prompts.csv"), csv(&rows).as_bytes())?;
    }
    Ok(())
}

/// The steps that have rows.
fn marks(steps: u64) -> impl DoubleEndedIterator<Item = u64> {
    let first = steps.min(PARTS_OF_RUN);
    (1..=first).map(move |i| i * steps / first)
}

/// The averaged weights after that step, in half precision: what is measured is what is kept.
fn file_of(args: &Train, step: u64) -> PathBuf {
    args.work.join(format!("step-{step}.safetensors"))
}

/// Trains, from where the run was saved last.
fn steps(args: &Train, scenes: &Scenes) -> Result<()> {
    let mut network = recipe::network(scenes)?;
    let (path, schedule) = (args.work.join("run.safetensors"), recipe::schedule()?);
    let (data, settings) = (recipe::data(scenes)?, recipe::settings(args.steps));
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
    Ok(())
}

fn shown(row: &Row) -> String {
    let parts = PARTS.iter().zip(row.obeyed);
    let parts = parts.map(|(name, share)| format!("{name} {share:.3}"));
    let parts = parts.collect::<Vec<_>>().join(", ");
    let Row {
        step,
        scale,
        kind,
        diversity,
        ..
    } = row;
    format!("step {step}, scale {scale}, {kind}: {parts}; diversity {diversity:.3}")
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    write_atomically(path, bytes).map_err(|error| failure(path, &error))
}

fn failure(path: &Path, error: &std::io::Error) -> Error {
    Error::File {
        file: path.display().to_string(),
        line: None,
        reason: error.to_string(),
    }
}
