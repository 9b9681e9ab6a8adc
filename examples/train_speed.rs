//! Training steps per second of the reference network (d = 2, T = 200, Adam 1e-3):
//! `cargo run --release --example train_speed [batch …]`.

use std::time::Instant;

use diffusion_intuition::network::FilmMlp;
use diffusion_intuition::train::{TrainConfig, Trainer};
use diffusion_intuition::{Result, Rng, Schedule};
use ndarray::Array2;

fn main() -> Result<()> {
    let given: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|a| a.parse().ok())
        .collect();
    let batches = if given.is_empty() {
        vec![32, 256, 2048]
    } else {
        given
    };
    let schedule = Schedule::linear(200, 1e-4, 0.02)?;
    let mut rng = Rng::new(0);
    let mut data = Array2::zeros((10_000, 2));
    rng.fill_standard_normal(data.as_slice_mut().expect("freshly made"));
    for batch in batches {
        let config = TrainConfig {
            batch,
            ema: None,
            ..TrainConfig::default()
        };
        let mut network = FilmMlp::new(2, &mut rng)?;
        let mut trainer = Trainer::new(&network, data.clone(), &schedule, config)?;
        trainer.run(&mut network, 20, |_| ())?;
        let steps = (200_000 / (batch + 100)).clamp(20, 1000) as u64;
        let mut rates: Vec<f64> = Vec::new();
        for _ in 0..7 {
            let start = Instant::now();
            trainer.run(&mut network, steps, |_| ())?;
            rates.push(steps as f64 / start.elapsed().as_secs_f64());
        }
        rates.sort_by(f64::total_cmp);
        println!(
            "batch {batch:5}: {:7.1} steps/s (median of 7; best {:.1})",
            rates[3], rates[6]
        );
    }
    Ok(())
}
