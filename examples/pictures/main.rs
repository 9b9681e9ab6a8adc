//! A U-Net learns pictures of your own, a folder of PNG files, and paints others.
//!
//! ```text
//! cargo run --release --example pictures -- FOLDER [pixels] [training steps]
//! ```
//!
//! The files may be of any size, grey or coloured; the largest square in the middle of each is shrunk to `pixels` ×
//! `pixels` (16 unless said otherwise; even, and from 32 on a multiple of 4). The run is kept in `target/pictures` and goes on from there
//! after a stop, if folder and numbers are the same. `target/pictures.svg` shows real pictures, painted ones, and the
//! real one that is nearest to each: with few pictures, or after many steps, the two are the same.

#[path = "../common/mod.rs"]
mod common;
mod folder;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use common::files::make;
use diffusion_intuition::prelude::*;

/// Pictures in a row of the sheet.
const SHOWN: usize = 10;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, default: usize| words.get(i).map_or(Some(default), |w| w.parse().ok());
    let (Some(folder), Some(size), Some(steps), true) = (
        words.first(),
        number(1, 16),
        number(2, 2000),
        words.len() < 4,
    ) else {
        eprintln!("expected: pictures FOLDER [pixels] [training steps], both whole numbers");
        return ExitCode::from(2);
    };
    match run(Path::new(folder), size, steps as u64) {
        Ok(sheet) => {
            println!("{}", sheet.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(folder: &Path, size: usize, steps: u64) -> Result<PathBuf> {
    let levels = if size < 32 {
        vec![32, 64]
    } else {
        vec![32, 64, 64]
    };
    let mut config = UNetConfig {
        height: size,
        width: size,
        levels,
        ..UNetConfig::default()
    };
    // Sizes that do not halve are refused before a file is read.
    UNet::new(&config, &mut Rng::new(0))?;
    let folder::Folder { rows, channels } = folder::read(folder, size)?;
    config.channels = channels;
    let mut network = UNet::new(&config, &mut Rng::new(0))?;
    println!(
        "{} pictures of {size}×{size}×{channels}; {} parameters",
        rows.nrows(),
        network.parameters().count()
    );
    let schedule = Schedule::cosine(1000)?;
    let settings = TrainConfig {
        prediction: Prediction::V,
        clip_grad_norm: Some(1.0),
        report_every: 100,
        ..TrainConfig::cosine(32, 2e-3, steps)
    };
    let file = Path::new("target/pictures").join("run.safetensors");
    make(Path::new("target/pictures"))?;
    let data = rows.clone();
    let mut trainer = Trainer::open(&file, 200, &mut network, data, &schedule, settings)?;
    trainer.run_to(&mut network, steps, |progress| println!("{progress}"))?;
    trainer.use_ema(&mut network)?;

    let mut rng = Rng::new(1);
    let noise = rng.standard_normal(SHOWN, rows.ncols())?;
    let sampler = Sampler::new(&schedule, Method::DDIM, 50)?;
    let painted = sampler.sample(&Prediction::V.of(&network), &noise, &mut rng)?;
    let nearest = metrics::nearest(&painted, &rows)?;
    let nearest: Vec<usize> = nearest.iter().map(|(row, _)| *row).collect();
    let some: Vec<usize> = (0..SHOWN).map(|i| i * rows.nrows() / SHOWN).collect();
    let (real, near) = (rows.select(Axis(0), &some), rows.select(Axis(0), &nearest));
    let row = |title: &str, pictures: &Array2<f32>| {
        Panel::pictures(pictures, size, size)
            .columns(SHOWN)
            .title(title)
    };
    let panels = [
        row("your pictures", &real),
        row("painted", &painted),
        row("the nearest of yours", &near),
    ];
    let alt = "Three rows of pictures: real ones, painted ones, and the real one nearest to each.";
    let sheet = PathBuf::from("target/pictures.svg");
    Figure::panels("Pictures of your own", 1, &panels, alt)?.save(&sheet)?;
    Ok(sheet)
}
