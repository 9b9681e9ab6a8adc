//! A small grid of settings for each GAN recipe, on both sets with known modes.

use diffusion_intuition::data::write_csv;
use diffusion_intuition::gan::GanConfig;
use diffusion_intuition::network::octaves;
use diffusion_intuition::prelude::*;
use rayon::prelude::*;

use super::judge::{COLUMNS, Set};
use super::method::play;
use super::{file, short};

/// A little more than half of the runs that follow.
const STEPS: u64 = 2500;

/// Seeds of a setting; those of `runs` are others.
const SEEDS: [u64; 2] = [100, 101];

/// Settings of a grid: the numbers that tell one from another, and the whole.
type Settings = Vec<(Vec<f32>, GanConfig)>;

pub fn tune() -> Result<()> {
    let names = ["rate", "beta1", "cosine"];
    compare("tune-classic", &names, classic())?;
    let names = [
        "generator_rate",
        "discriminator_rate",
        "beta1",
        "pack",
        "waves",
    ];
    compare("tune-stable", &names, stable())
}

fn classic() -> Settings {
    let mut settings = Vec::new();
    for rate in [2e-4, 5e-4, 1e-3] {
        for beta1 in [0.5, 0.9] {
            for cosine in [false, true] {
                let rates = match cosine {
                    true => LearningRate::cosine(rate, STEPS),
                    false => LearningRate::constant(rate),
                };
                let config = GanConfig {
                    adam: Adam {
                        beta1,
                        ..Adam::default()
                    },
                    generator_rate: rates.clone(),
                    discriminator_rate: rates,
                    ..GanConfig::classic(STEPS)
                };
                let label = vec![rate as f32, beta1 as f32, f32::from(u8::from(cosine))];
                settings.push((label, config));
            }
        }
    }
    settings
}

fn stable() -> Settings {
    let mut settings = Vec::new();
    for (slow, fast) in [(5e-4, 2e-3), (1e-3, 4e-3)] {
        for beta1 in [0.0, 0.5] {
            for pack in [1, 2] {
                for waves in [3, 4] {
                    let config = GanConfig {
                        adam: Adam {
                            beta1,
                            ..Adam::default()
                        },
                        generator_rate: LearningRate::cosine(slow, STEPS),
                        discriminator_rate: LearningRate::cosine(fast, STEPS),
                        pack,
                        frequencies: octaves(0.7, waves),
                        ..GanConfig::stable(STEPS)
                    };
                    let numbers = [slow, fast, beta1].map(|number| number as f32);
                    let label = [&numbers[..], &[pack as f32, waves as f32]].concat();
                    settings.push((label, config));
                }
            }
        }
    }
    settings
}

/// Writes one row a setting, with means over both sets and all seeds: of the share of modes covered, of what
/// [`judge`](super::judge::judge) finds but the first, and of the score, which is the share of modes covered
/// times the share of high quality. A run that diverges counts as 0 in all.
fn compare(name: &str, labels: &[&str], settings: Settings) -> Result<()> {
    let sets = Set::with_modes()?;
    println!(
        "{name}: {} settings, 2 sets, {} seeds",
        settings.len(),
        SEEDS.len()
    );
    let one = |(label, config): &(Vec<f32>, GanConfig)| -> Result<Vec<f32>> {
        let mut means = [0.0; COLUMNS.len() + 1];
        let share = 1.0 / (sets.len() * SEEDS.len()) as f32;
        for set in &sets {
            for seed in SEEDS {
                let rows = play(config.clone(), set, seed, STEPS)?;
                let Some(last) = rows.last().filter(|row| row[1] == STEPS as f32) else {
                    continue;
                };
                let mut judged = last[3..].to_vec();
                judged[0] /= set
                    .law
                    .as_ref()
                    .map_or(1.0, |law| law.components().len() as f32);
                judged.push(judged[0] * judged[1]);
                means
                    .iter_mut()
                    .zip(judged)
                    .for_each(|(mean, x)| *mean += share * x);
            }
        }
        let row = [label, &means[..]].concat();
        println!("  {row:.4?}");
        Ok(row)
    };
    let rows: Vec<Vec<f32>> = settings.par_iter().map(one).collect::<Result<_>>()?;
    let names = [labels, &["modes"], &COLUMNS[1..], &["score"]].concat();
    let rows = Array2::from_shape_vec((rows.len(), names.len()), rows.concat());
    write_csv(
        file(name),
        &names,
        &short(&rows.expect("rows of one length")),
    )
}
