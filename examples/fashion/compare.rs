//! The same U-Net on latents, on patches and on pixels: how good its samples are after so much processor time.

use std::path::Path;
use std::time::Instant;

use diffusion_intuition::judge::Exam;
use diffusion_intuition::prelude::*;

use crate::common::files::{make, write};
use crate::recipe::{self, Coder, Space};

/// Steps after which samples are measured. One step on pixels takes as long as five or so on latents.
const SMALL: [u64; 8] = [500, 1000, 1500, 2000, 3000, 4000, 5000, 6000];
const LARGE: [u64; 8] = [100, 200, 400, 600, 800, 1000, 1400, 1800];

/// Steps of the autoencoder, whose time counts: fewer than of the weights.
const AUTOENCODER: u64 = 8000;

/// Pictures of each class in every measure.
const PER_CLASS: usize = 50;

/// Trains all three, each with one rate and an average of the weights that forgets: so that every row of the table is
/// what that much training gives.
pub fn compare(out: &Path) -> Result<()> {
    make(out)?;
    let clothes = recipe::clothes()?;
    let exam = Exam::new(&clothes, &mut Rng::new(0))?;
    let floor = exam.floor(0..10, PER_CLASS)?;
    let mut table = String::from("space,step,seconds,loss,frechet,accuracy,diversity\n");
    table += &format!(
        "real,,,,{:.3},{:.4},{:.3}\n",
        floor.frechet.mean, floor.accuracy.mean, floor.diversity.mean
    );
    for (space, marks) in [
        (Space::Latents, SMALL),
        (Space::Patches, SMALL),
        (Space::Pixels, LARGE),
    ] {
        let start = processor_seconds();
        let coder = match space {
            Space::Latents => {
                let network = recipe::trained_autoencoder(&clothes.train.rows, AUTOENCODER)?;
                Coder::Latents(Box::new(network))
            }
            _ => Coder::plain(space)?,
        };
        let mut network = space.network()?;
        let data = (
            coder.encode(&clothes.train.rows)?,
            clothes.train.labels.clone(),
        );
        let settings = recipe::settings(LearningRate::constant(1e-3), 0.995);
        let mut trainer = Trainer::new(&network, data, &recipe::schedule()?, settings)?;
        let mut spent = processor_seconds() - start;
        for step in marks {
            let (start, mut loss) = (processor_seconds(), 0.0);
            trainer.run_to(&mut network, step, |progress| loss = progress.loss)?;
            spent += processor_seconds() - start;
            let mut averaged = network.clone();
            trainer.use_ema(&mut averaged)?;
            let (rows, labels) = recipe::paint(&averaged, &coder, PER_CLASS, &mut Rng::new(2))?;
            let score = exam.score(&rows, &labels)?;
            let row = format!(
                "{},{step},{spent:.1},{loss:.4},{:.3},{:.4},{:.3}",
                space.name(),
                score.frechet,
                score.accuracy,
                score.diversity
            );
            println!("{row}");
            table += &(row + "\n");
            write(&out.join("fashion.csv"), &table)?;
        }
    }
    Ok(())
}

/// Seconds that processors have worked for this process, on all threads: other work on the machine does not count. Where
/// the system does not tell (it does on Linux, in hundredths), seconds by the clock.
fn processor_seconds() -> f64 {
    let told = std::fs::read_to_string("/proc/self/stat").ok();
    let told = told.as_deref().and_then(|text| {
        // After the name in brackets, of user and system.
        let fields = text.rsplit_once(')')?.1.split_whitespace();
        let ticks: Vec<f64> = fields.skip(11).take(2).flat_map(str::parse).collect();
        Some(ticks.iter().sum::<f64>() / 100.0)
    });
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let clock = START.get_or_init(Instant::now).elapsed().as_secs_f64();
    told.unwrap_or(clock)
}
