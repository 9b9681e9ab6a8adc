//! Trains the reference network on the chapter's bimodal data and compares it with the exact optimum at
//! every t: `cargo run --release --example train_bimodal [steps] [peak rate] [batch] [EMA decay] [seed] [file]`.
//! With a file, the averaged parameters are saved there; tests/golden/pytorch_load.py reads them.

use std::time::Instant;

use diffusion_intuition::network::{FilmMlp, Network};
use diffusion_intuition::train::{Ema, LearningRate, TrainConfig, Trainer};
use diffusion_intuition::{Mixture, Result, Rng, Schedule};
use ndarray::{Array1, array};

fn main() -> Result<()> {
    let argument = |i: usize, default: f64| {
        let given = std::env::args().nth(i);
        given.and_then(|a| a.parse().ok()).unwrap_or(default)
    };
    let steps = argument(1, 4000.0) as u64;
    let seed = argument(5, 0.0) as u64;
    let config = TrainConfig {
        batch: argument(3, 512.0) as usize,
        learning_rate: LearningRate::cosine(argument(2, 4e-3), steps).warm_up(100),
        ema: Some(Ema {
            decay: argument(4, 0.99),
        }),
        report_every: (steps / 5).max(1),
        seed,
        ..TrainConfig::default()
    };
    let schedule = Schedule::linear(200, 1e-4, 0.02)?;
    let data = Mixture::bimodal();
    let mut network = FilmMlp::new(1, &mut Rng::new(seed))?;
    let mut trainer = Trainer::new(&network, data.clone(), &schedule, config)?;

    let start = Instant::now();
    trainer.run(&mut network, steps, |p| {
        println!("step {:5}: loss {:.4}", p.step, p.loss);
    })?;
    let seconds = start.elapsed().as_secs_f64();
    println!("{seconds:.1} s, {:.0} steps/s", steps as f64 / seconds);

    for name in ["last parameters", "EMA"] {
        let excess: Array1<f64> = (0..schedule.timesteps())
            .map(|t| data.eps_excess(&schedule, t, &|x_t| network.predict_at(x_t, t)))
            .collect::<Result<_>>()?;
        let mean = excess.mean().unwrap_or(f64::NAN);
        let (t, worst) =
            excess.indexed_iter().fold(
                (0, 0.0),
                |worst, (t, e)| {
                    if *e > worst.1 { (t, *e) } else { worst }
                },
            );
        println!("{name}: excess {mean:.6} averaged over t, {worst:.6} at the worst t = {t}");
        trainer.use_ema(&mut network)?;
    }
    if let Some(file) = std::env::args().nth(6) {
        network.parameters().save(&file)?;
        let eps = network.predict_at(&array![[0.5]], 100)?;
        println!("saved to {file}; prediction for x_t = 0.5 at t = 100: {eps}");
    }
    Ok(())
}
