//! How close samples of the trained reference network come to the data, at few evaluations:
//! `cargo run --release --example sampling_quality [training steps] [set]`.
//!
//! T = 1000 linear, data of unit variance, EMA weights. A figure is the sliced Wasserstein-1 distance of 2000
//! samples to 2000 points of the data (256 projections) over its floor, the same distance between two samples
//! of the data. Seeds are added until the ratio's 95 % interval is within ±5 %, at most 400.

use std::time::Instant;

use diffusion_intuition::metrics::{self, Estimate};
use diffusion_intuition::prelude::*;

/// Points of a sample.
const N: usize = 2000;
const PROJECTIONS: usize = 256;
/// Half of the 95 % interval of a ratio that is precise enough, as a share of it.
const PRECISE: f64 = 0.05;

/// What is compared: the usual way, and what does better at few evaluations.
const FIRST_ORDER: [(Method, Spacing); 3] = [
    (Method::DDIM, Spacing::Trailing),
    (Method::DDIM, Spacing::Quadratic),
    (Method::DDIM, Spacing::Cubic),
];
const SECOND_ORDER: [(Method, Spacing); 3] = [
    (Method::DpmSolver, Spacing::UniformLambda),
    (Method::DpmSolver, Spacing::Quadratic),
    (Method::DpmSolver, Spacing::Cubic),
];

type Draw = fn(usize, &mut Rng) -> Result<Array2<f32>>;

fn main() -> Result<()> {
    let steps = std::env::args().nth(1);
    let steps = steps.and_then(|steps| steps.parse().ok()).unwrap_or(9000);
    let only = std::env::args().nth(2);
    let schedule = Schedule::linear(1000, 1e-4, 0.02)?;
    let sets: [(&str, Draw); 3] = [
        ("ring", data::ring),
        ("moons", data::moons),
        ("spiral", data::spiral),
    ];
    for (name, draw) in sets {
        if only.as_deref().is_none_or(|only| only == name) {
            let (network, seconds) = train(draw, &schedule, steps)?;
            println!("{name}: trained in {seconds:.1} s");
            compare(draw, &schedule, &network)?;
        }
    }
    Ok(())
}

/// The averaged network and the seconds that its training took.
fn train(draw: Draw, schedule: &Schedule, steps: u64) -> Result<(FilmMlp, f64)> {
    let mut network = FilmMlp::new(2, &mut Rng::new(0))?;
    let config = TrainConfig {
        batch: 512,
        learning_rate: LearningRate::cosine(3e-3, steps).warm_up(100),
        ema: Some(Ema { decay: 0.995 }),
        report_every: steps,
        ..TrainConfig::default()
    };
    let start = Instant::now();
    let rows = draw(500_000, &mut Rng::new(1))?;
    let mut trainer = Trainer::new(&network, rows, schedule, config)?;
    trainer.run(&mut network, steps, |_| ())?;
    trainer.use_ema(&mut network)?;
    Ok((network, start.elapsed().as_secs_f64()))
}

/// Prints the ratio of every sampler's distance to the floor.
fn compare(draw: Draw, schedule: &Schedule, network: &FilmMlp) -> Result<()> {
    let distance = |a: &Array2<f32>, b: &Array2<f32>, rng: &mut Rng| {
        metrics::sliced_wasserstein(a, b, PROJECTIONS, rng)
    };
    let floor = metrics::floor(1000..1400, |rng| draw(N, rng), distance)?;
    println!("  floor {floor}");
    let few = [FIRST_ORDER, SECOND_ORDER].concat();
    for (evaluations, methods) in [(50, &FIRST_ORDER[..]), (20, &few), (10, &few)] {
        for (method, spacing) in methods.iter().copied() {
            let sampler = Sampler::spaced(schedule, method, spacing, method.steps(evaluations))?;
            let ratio = until_precise(&floor, &mut |rng| {
                let x0 = sampler.sample(network, &rng.standard_normal(N, 2)?, rng)?;
                distance(&x0, &draw(N, rng)?, rng)
            })?;
            println!(
                "  {evaluations:3} evaluations, {:16} {spacing:?}: {ratio}",
                method.name()
            );
        }
    }
    Ok(())
}

/// The ratio of a distance to its floor, over as many seeds as it takes.
fn until_precise(
    floor: &Estimate,
    measure: &mut dyn FnMut(&mut Rng) -> Result<f64>,
) -> Result<Estimate> {
    let mut measured = Vec::new();
    loop {
        for _ in 0..20 {
            measured.push(measure(&mut Rng::new(measured.len() as u64))?);
        }
        let ratio = Estimate::of(&measured)?.ratio(floor)?;
        if ratio.half_width(0.95)? <= PRECISE * ratio.mean || measured.len() >= 400 {
            return Ok(ratio);
        }
    }
}
