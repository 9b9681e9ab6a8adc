//! The training runs, their measures, and the choice.

use std::fs;
use std::path::{Path, PathBuf};

use diffusion_intuition::data::PictureSplit;
use diffusion_intuition::file::write_atomically;
use diffusion_intuition::judge::Exam;
use diffusion_intuition::metrics::{Pca, psnr};
use diffusion_intuition::network::Autoencoder;
use diffusion_intuition::prelude::*;

use crate::args::Run;
use crate::recipe::{self, Coder, Space};
use crate::table::{Row, choose, csv, estimates};

/// Rows of the table.
const ROWS: u64 = 4;

/// Steps between two checkpoints.
const SAVE: u64 = 100;

/// Pictures of each class, as many as are held out, and seeds of each measure.
const PER_CLASS: usize = 100;
const SEEDS: u64 = 3;

/// Samples may come so much nearer to training pictures than held-out pictures do: a hundredth is chance.
const NEAR: f64 = 0.99;

pub fn autoencoder(args: &Run) -> Result<()> {
    let clothes = recipe::clothes()?;
    let steps = if args.steps == 0 { 20_000 } else { args.steps };
    make(&args.out)?;
    let network = recipe::trained_autoencoder(&clothes.train.rows, steps)?;
    let path = weights(&args.out, "autoencoder");
    network.parameters().save_f16(&path)?;
    let kept = stored_autoencoder(&args.out)?;
    let pca = Pca::fit(&clothes.train.rows, 256)?;
    for (name, rows) in [
        ("training", &clothes.train.rows),
        ("held-out", &clothes.held_out.rows),
    ] {
        let ours = psnr(rows, &kept.decode(&kept.encode(rows)?)?, 2.0)?;
        let linear = psnr(rows, &pca.rows(&pca.coordinates(rows)?)?, 2.0)?;
        println!("{name} pictures: {ours:.2} dB, of 256 principal components {linear:.2} dB");
    }
    println!("{}", path.display());
    Ok(())
}

/// The autoencoder among the weights.
fn stored_autoencoder(folder: &Path) -> Result<Autoencoder> {
    let mut network = recipe::autoencoder()?;
    network
        .parameters_mut()
        .load(weights(folder, "autoencoder"))?;
    Ok(network)
}

fn weights(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("fashion-{name}.safetensors"))
}

pub fn space(space: Space, args: &Run) -> Result<()> {
    let clothes = recipe::clothes()?;
    let total = if args.steps == 0 { 12_000 } else { args.steps };
    make(&args.work)?;
    make(&args.out)?;
    let coder = match space {
        Space::Latents => Coder::Latents(Box::new(stored_autoencoder(&args.out)?)),
        _ => Coder::plain(space)?,
    };
    let losses = steps(space, args, total, &coder, &clothes)?;
    let exam = Exam::new(&clothes, &mut Rng::new(0))?;
    // Coded and decoded, as samples are: what the autoencoder smooths comes nearer to everything.
    let rows = coder.decode(coder.encode(&clothes.held_out.rows)?)?;
    let real = exam.score(&rows, &clothes.held_out.labels)?;
    println!(
        "held-out pictures, coded and decoded: accuracy {:.4}, nearest {:.3}, diversity {:.3}",
        real.accuracy, real.nearest, real.diversity
    );
    let floor = exam.floor(0..10, PER_CLASS)?;
    println!("floor of real pictures: {}", shown(&estimates(&floor)));
    let (mut rows, mut before) = (Vec::new(), 0);
    for step in marks(total) {
        let mut network = space.network()?;
        network.parameters_mut().load(file_of(args, space, step))?;
        let recent = &losses[before..step as usize];
        let sum: f64 = recent.iter().map(|loss| f64::from(*loss)).sum();
        rows.push(Row {
            step,
            training: sum / recent.len() as f64,
            train: recipe::loss(&network, &coder, &clothes.train)?,
            held_out: recipe::loss(&network, &coder, &clothes.held_out)?,
            score: exam.over_seeds(0..SEEDS, |rng| {
                recipe::paint(&network, &coder, PER_CLASS, rng)
            })?,
        });
        before = step as usize;
        println!(
            "step {step}: {}",
            shown(&estimates(&rows[rows.len() - 1].score))
        );
        let table = args.out.join(format!("fashion-{}.csv", space.name()));
        write(&table, csv(&rows).as_bytes())?;
    }
    let Some(chosen) = choose(&rows, NEAR * real.nearest) else {
        println!("no row is kept: even the first comes nearer than held-out pictures do");
        return Ok(());
    };
    println!("step {} is kept", chosen.step);
    let file = file_of(args, space, chosen.step);
    let bytes = fs::read(&file).map_err(|error| failure(&file, &error))?;
    write(&weights(&args.out, space.name()), &bytes)
}

/// The steps that have a row.
fn marks(steps: u64) -> impl Iterator<Item = u64> {
    (1..=ROWS).map(move |i| (i * steps).div_ceil(ROWS))
}

/// The averaged weights after that step, in half precision: what is measured is what is kept.
fn file_of(args: &Run, space: Space, step: u64) -> PathBuf {
    let name = format!("{}-{step}.safetensors", space.name());
    args.work.join(name)
}

/// Trains, from where the run was saved last, and returns the loss of every step.
fn steps(
    space: Space,
    args: &Run,
    total: u64,
    coder: &Coder,
    clothes: &PictureSplit,
) -> Result<Vec<f32>> {
    let mut network = space.network()?;
    let rows = coder.encode(&clothes.train.rows)?;
    let data = (rows, clothes.train.labels.clone());
    let path = args.work.join(format!("{}-run.safetensors", space.name()));
    let settings = recipe::settings(LearningRate::cosine(2e-3, total), 0.999);
    let schedule = recipe::schedule()?;
    let mut trainer = Trainer::open(path, SAVE, &mut network, data, &schedule, settings)?;
    for step in marks(total) {
        trainer.run_to(&mut network, step, |progress| {
            if progress.step.is_multiple_of(500) {
                println!("{progress}");
            }
        })?;
        if trainer.step() == step {
            let ema = trainer.ema().unwrap_or(network.parameters());
            ema.save_f16(file_of(args, space, step))?;
        }
    }
    Ok(trainer.losses().to_vec())
}

fn shown(estimates: &[metrics::Estimate]) -> String {
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

pub fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| failure(folder, &error))
}

pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    write_atomically(path, bytes).map_err(|error| failure(path, &error))
}

fn failure(path: &Path, error: &std::io::Error) -> Error {
    Error::File {
        file: path.display().to_string(),
        line: None,
        reason: error.to_string(),
    }
}
