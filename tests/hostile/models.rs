//! Sizes and settings of networks, training runs and games.

use diffusion_intuition::Rng;
use diffusion_intuition::gan::{Gan, GanConfig};
use diffusion_intuition::network::{FilmMlp, FilmMlpConfig, Mlp, TimeEmbedding, octaves};
use diffusion_intuition::train::{TrainConfig, Trainer};

use crate::core::valid_schedule;
use crate::draw::{Draw, no_nan_f32};
use crate::harness::{self, Entry};

#[test]
fn hostile_input() {
    harness::run("models::hostile_input", ENTRIES);
}

const ENTRIES: &[Entry] = &[
    ("networks", networks),
    ("training", training),
    ("games", games),
];

fn networks(draw: &Draw) -> Result<(), String> {
    let lowest = draw.f32();
    let waves = octaves(lowest, draw.size());
    if waves.len() > 300 {
        return Err(format!("octaves({lowest}) has {} of them", waves.len()));
    }
    let Ok(time) = TimeEmbedding::new(draw.size()) else {
        return Ok(());
    };
    let time = match time.clone().frequency_shift(draw.f64()) {
        Ok(shifted) => shifted,
        Err(_) => time,
    };
    no_nan_f32("embedding", &time.table(&[0, 1, draw.size()]))?;
    let config = FilmMlpConfig {
        hidden: draw.size(),
        blocks: draw.size(),
        time,
        frequencies: waves,
    };
    let _ = FilmMlp::with_outputs(draw.size(), draw.size(), &config, &mut draw.rng());
    let widths: Vec<usize> = (0..draw.small()).map(|_| draw.size()).collect();
    let _ = Mlp::new(&widths, draw.f32(), &[draw.f32()], &mut draw.rng());
    Ok(())
}

fn training(draw: &Draw) -> Result<(), String> {
    let schedule = valid_schedule(draw);
    let config = FilmMlpConfig {
        hidden: 8,
        blocks: 1,
        time: TimeEmbedding::new(4).unwrap(),
        frequencies: Vec::new(),
    };
    let mut network = FilmMlp::with_config(1, &config, &mut Rng::new(0)).unwrap();
    let settings = TrainConfig {
        batch: draw.size(),
        clip_grad_norm: Some(draw.f64()),
        report_every: draw.size() as u64,
        ..TrainConfig::default()
    };
    let rows = draw.rows(draw.one(&[0, 1, 5]), 1);
    let Ok(mut trainer) = Trainer::new(&network, rows, &schedule, settings) else {
        return Ok(());
    };
    let _ = trainer.run(&mut network, 2, |_| ());
    Ok(())
}

fn games(draw: &Draw) -> Result<(), String> {
    let config = GanConfig {
        latent: draw.size(),
        generator: (0..draw.small().min(3)).map(|_| draw.size()).collect(),
        discriminator: (0..draw.small().min(3)).map(|_| draw.size()).collect(),
        pack: draw.size(),
        batch: draw.size(),
        report_every: draw.size() as u64,
        ..GanConfig::default()
    };
    let Ok(mut game) = Gan::new(draw.rows(4, 2), config) else {
        return Ok(());
    };
    let _ = game.run(1, |_| ());
    let _ = game.sample(draw.size(), &mut draw.rng());
    let samples = draw.rows(draw.small(), 2);
    let _ = game.logits(&samples);
    Ok(())
}
