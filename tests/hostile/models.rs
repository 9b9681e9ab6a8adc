//! Sizes and settings of networks, training runs and games.

use diffusion_intuition::Rng;
use diffusion_intuition::autograd::Tape;
use diffusion_intuition::gan::{Gan, GanConfig};
use diffusion_intuition::metrics::psnr;
use diffusion_intuition::network::{Autoencoder, AutoencoderConfig, Fold};
use diffusion_intuition::network::{FilmMlp, FilmMlpConfig, Mlp, TimeEmbedding, octaves};
use diffusion_intuition::train::{TrainConfig, Trainer, train_autoencoder};

use crate::core::valid_schedule;
use crate::draw::{Draw, no_nan_f32};
use crate::harness::{self, Entry};

#[test]
fn hostile_input() {
    harness::run("models::hostile_input", ENTRIES);
}

const ENTRIES: &[Entry] = &[
    ("networks", networks),
    ("autoencoders", autoencoders),
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

fn autoencoders(draw: &Draw) -> Result<(), String> {
    let or = |usual: usize| match draw.rarely(16) {
        true => draw.size(),
        false => usual,
    };
    let picture = [
        or(draw.one(&[1, 4, 9])),
        or(draw.one(&[1, 8])),
        or(draw.one(&[1, 3])),
    ];
    let pixels = picture
        .iter()
        .map(|side| (*side).min(99))
        .product::<usize>();
    let n = draw.one(&[0, 1, 2, 9]);
    let rows = draw.rows(
        n,
        if draw.rarely(9) {
            draw.small()
        } else {
            pixels.min(500)
        },
    );
    if let Ok(fold) = Fold::new(picture, or(2), or(draw.one(&[2, 4, 6])))
        && let Ok(folded) = fold.fold(&rows)
        && fold.unfold(&folded) != Ok(rows.clone())
    {
        return Err("folding is not undone".into());
    }
    let config = AutoencoderConfig {
        height: picture[0],
        width: picture[1],
        channels: picture[2],
        hidden: or(draw.one(&[1, 2, 4])),
        latents: or(draw.one(&[1, 2])),
        kl: if draw.rarely(3) { draw.f32() } else { 1e-4 },
    };
    let Ok(mut network) = Autoencoder::new(&config, &mut draw.rng()) else {
        return Ok(());
    };
    let small = |rows: &ndarray::Array2<f32>| rows.iter().all(|x| x.abs() < 1e4);
    if let (Ok(latents), true) = (network.encode(&rows), small(&rows)) {
        no_nan_f32("latents", &latents)?;
        let decoded = network
            .decode(&latents)
            .map_err(|error| error.to_string())?;
        no_nan_f32("pictures", &decoded)?;
        if let Ok(found) = psnr(&rows, &decoded, draw.f64())
            && found.is_nan()
        {
            return Err("a PSNR is NaN".into());
        }
    }
    let noise = draw.rows(n, draw.one(&[2, 4, 8]));
    let _ = network.decode(&noise);
    let _ = network.loss(&mut Tape::new(network.parameters()), &rows, &noise);
    let trained = train_autoencoder(
        &mut network,
        &rows,
        draw.one(&[0, 1, 3]),
        &mut draw.rng(),
        |_| (),
    );
    match trained {
        Ok(()) if small(&rows) => no_nan_f32("parameters", network.parameters().values()),
        _ => Ok(()),
    }
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
