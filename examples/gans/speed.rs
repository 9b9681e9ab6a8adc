//! Seconds of training, and of 10⁴ samples, one contender at a time on all threads.

use std::path::Path;
use std::time::Instant;

use diffusion_intuition::gan::GanConfig;
use diffusion_intuition::prelude::*;

use crate::common::files;
use crate::judge::Set;
use crate::method::{Contender, Extent, game};
use crate::work::{header, lines};

/// Samples that are timed.
const SAMPLES: usize = 10_000;

/// Times that each measurement is repeated; the median counts.
const REPEATS: usize = 5;

/// Steps that are timed at once: this part of a whole training.
const SHARE: u64 = 20;

pub fn speed(out: &Path) -> Result<()> {
    let extent = Extent::BOOK;
    let [_, set] = Set::with_modes()?;
    let mut rows: Vec<Vec<f32>> = Vec::new();
    for (number, contender) in Contender::ALL.into_iter().enumerate() {
        let name = contender.name();
        let mut report = |training: f64, evaluations: u64, sampling: f64| {
            println!(
                "{name:10} training {training:6.2} s, {SAMPLES} samples in {evaluations:4} evaluations {sampling:8.4} s"
            );
            rows.push(vec![
                number as f32,
                training as f32,
                evaluations as f32,
                sampling as f32,
            ]);
        };
        let gan = match contender {
            Contender::Classic => Some(GanConfig::classic(extent.gan_steps)),
            Contender::Stable => Some(GanConfig::stable(extent.gan_steps)),
            Contender::Reference | Contender::Waves => None,
        };
        if let Some(config) = gan {
            let mut gan = game(&set, config)?;
            let training = seconds(REPEATS, || gan.run(extent.gan_steps / SHARE, |_| ()))?;
            let sampling = seconds(REPEATS, || {
                gan.sample(SAMPLES, &mut Rng::new(0)).map(|_| ())
            })?;
            report(training * SHARE as f64, 1, sampling);
        } else {
            let (schedule, mut network, mut trainer) = contender.start(&set, extent.steps, 0)?;
            let training = seconds(REPEATS, || {
                trainer.run(&mut network, extent.steps / SHARE, |_| ())
            })?;
            for evaluations in [10, 50, 1000] {
                let sampler = Sampler::new(&schedule, Method::DDIM, evaluations as usize)?;
                let sampling = seconds(REPEATS, || {
                    let mut rng = Rng::new(0);
                    let noise = rng.standard_normal(SAMPLES, 2)?;
                    sampler.sample(&network, &noise, &mut rng).map(|_| ())
                })?;
                report(training * SHARE as f64, evaluations, sampling);
            }
        }
    }
    let names = [
        "contender",
        "training_seconds",
        "evaluations",
        "sampling_seconds",
    ];
    let mut text = vec![header(&names)?];
    text.extend(lines(&rows)?);
    files::write(&out.join("speed.csv"), text.join("\n") + "\n")
}

/// Median seconds of some work, over `repeats`.
fn seconds(repeats: usize, mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..repeats {
        let start = Instant::now();
        work()?;
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times[repeats / 2])
}
