//! Seconds of sampling with the reference network (d = 2, DDIM), for several numbers of rows and steps:
//! `cargo run --release --example sampling_speed`. The time is linear in rows × steps.

use std::time::Instant;

use diffusion_intuition::network::FilmMlp;
use diffusion_intuition::sampler::{Method, Sampler};
use diffusion_intuition::{Result, Rng, Schedule};

fn main() -> Result<()> {
    let schedule = Schedule::linear(200, 1e-4, 0.02)?;
    let network = FilmMlp::new(2, &mut Rng::new(0))?;
    println!("    rows  steps   seconds  M row-steps/s");
    for rows in [2_500, 10_000, 40_000] {
        let noise = Rng::new(1).standard_normal(rows, 2)?;
        for steps in [25, 50, 100] {
            let sampler = Sampler::new(&schedule, Method::DDIM, steps)?;
            let mut times = Vec::new();
            for _ in 0..5 {
                let start = Instant::now();
                sampler.sample(&network, &noise, &mut Rng::new(2))?;
                times.push(start.elapsed().as_secs_f64());
            }
            times.sort_by(f64::total_cmp);
            let seconds = times[2];
            let rate = (rows * steps) as f64 / seconds / 1e6;
            println!("{rows:8} {steps:6} {seconds:9.3} {rate:14.2}");
        }
    }
    Ok(())
}
