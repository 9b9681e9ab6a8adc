//! The training runs, their measures, and the choice.

use std::path::{Path, PathBuf};

use diffusion_intuition::judge::Exam;
use diffusion_intuition::metrics::{Pca, psnr};
use diffusion_intuition::network::Autoencoder;
use diffusion_intuition::prelude::*;

use crate::common::files::{make, write};
use crate::common::training::{Kept, Train};
use crate::recipe::{self, Coder, Space};
use crate::table::{Row, choose, csv, shown};

/// Rows of the table.
const ROWS: u64 = 4;

/// Steps between two checkpoints.
const SAVE: u64 = 100;

/// Pictures of each class, as many as are held out, and seeds of each measure.
const PER_CLASS: usize = 100;
const SEEDS: u64 = 3;

/// Samples may come so much nearer to training pictures than held-out pictures do: a hundredth is chance.
const NEAR: f64 = 0.99;

pub fn autoencoder(args: &Train) -> Result<()> {
    let clothes = recipe::clothes()?;
    make(&args.out)?;
    let network = recipe::trained_autoencoder(&clothes.train.rows, args.steps)?;
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

pub fn space(space: Space, args: &Train) -> Result<()> {
    let clothes = recipe::clothes()?;
    args.make()?;
    let coder = match space {
        Space::Latents => Coder::Latents(Box::new(stored_autoencoder(&args.out)?)),
        _ => Coder::plain(space)?,
    };
    let kept = Kept::new(&args.work, Some(space.name()));
    let rows = coder.encode(&clothes.train.rows)?;
    let data = (rows, clothes.train.labels.clone());
    let settings = recipe::settings(LearningRate::cosine(2e-3, args.steps), 0.999);
    let (mut network, schedule) = (space.network()?, recipe::schedule()?);
    let steps = marks(args.steps);
    let losses = kept.train(&mut network, data, &schedule, settings, SAVE, steps)?;
    let exam = Exam::new(&clothes, &mut Rng::new(0))?;
    // Coded and decoded, as samples are: what the autoencoder smooths comes nearer to everything.
    let rows = coder.decode(coder.encode(&clothes.held_out.rows)?)?;
    let real = exam.score(&rows, &clothes.held_out.labels)?;
    println!(
        "held-out pictures, coded and decoded: accuracy {:.4}, nearest {:.3}, diversity {:.3}",
        real.accuracy, real.nearest, real.diversity
    );
    let floor = exam.floor(0..10, PER_CLASS)?;
    println!("floor of real pictures: {}", shown(&floor));
    let (mut rows, mut before) = (Vec::new(), 0);
    for step in marks(args.steps) {
        let mut network = space.network()?;
        network.parameters_mut().load(kept.weights(step))?;
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
        println!("step {step}: {}", shown(&rows[rows.len() - 1].score));
        let table = args.out.join(format!("fashion-{}.csv", space.name()));
        write(&table, csv(&rows))?;
    }
    let Some(chosen) = choose(&rows, NEAR * real.nearest) else {
        println!("no row is kept: even the first comes nearer than held-out pictures do");
        return Ok(());
    };
    println!("step {} is kept", chosen.step);
    let name = format!("fashion-{}", space.name());
    args.publish(&kept.weights(chosen.step), &name)
}

/// The steps that have a row.
fn marks(steps: u64) -> impl Iterator<Item = u64> {
    (1..=ROWS).map(move |i| (i * steps).div_ceil(ROWS))
}
