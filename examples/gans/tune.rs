//! A small grid of settings for each GAN recipe, on both sets with known modes.

use diffusion_intuition::gan::GanConfig;
use diffusion_intuition::network::octaves;
use diffusion_intuition::prelude::*;

use crate::common::plan::Table;
use crate::judge::{COLUMNS, Judge, Set};
use crate::method::{Extent, play};
use crate::work::{header, lines};

/// Seeds of a setting; those of `runs` are others.
const SEEDS: [u64; 2] = [100, 101];

/// Settings of a grid: the numbers that tell one from another, and the whole.
type Settings = Vec<(Vec<f32>, GanConfig)>;

/// A job is a setting.
pub fn tables(extent: &Extent) -> Result<Vec<Table<'_>>> {
    let names = ["rate", "beta1", "cosine"];
    let classic = table("tune-classic", &names, classic(extent.tune_steps), extent)?;
    let names = [
        "generator_rate",
        "discriminator_rate",
        "beta1",
        "pack",
        "waves",
    ];
    let stable = table("tune-stable", &names, stable(extent.tune_steps), extent)?;
    Ok(vec![classic, stable])
}

fn classic(steps: u64) -> Settings {
    let mut settings = Vec::new();
    for rate in [2e-4, 5e-4, 1e-3] {
        for beta1 in [0.5, 0.9] {
            for cosine in [false, true] {
                let rates = match cosine {
                    true => LearningRate::cosine(rate, steps),
                    false => LearningRate::constant(rate),
                };
                let config = GanConfig {
                    adam: Adam {
                        beta1,
                        ..Adam::default()
                    },
                    generator_rate: rates.clone(),
                    discriminator_rate: rates,
                    ..GanConfig::classic(steps)
                };
                let label = vec![rate as f32, beta1 as f32, f32::from(u8::from(cosine))];
                settings.push((label, config));
            }
        }
    }
    settings
}

fn stable(steps: u64) -> Settings {
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
                        generator_rate: LearningRate::cosine(slow, steps),
                        discriminator_rate: LearningRate::cosine(fast, steps),
                        pack,
                        frequencies: octaves(0.7, waves),
                        ..GanConfig::stable(steps)
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

/// One row a setting, with means over both sets and all seeds: of the share of modes covered, of what
/// [`Judge::of`] finds but the first, and of the score, which is the share of modes covered times the share of high
/// quality. A run that diverges counts as 0 in all.
fn table<'a>(
    name: &str,
    labels: &[&str],
    settings: Settings,
    extent: &'a Extent,
) -> Result<Table<'a>> {
    let (jobs, steps) = (settings.len(), extent.tune_steps);
    let open = move || {
        let settings = settings.clone();
        let judges = Set::with_modes()?.map(|set| Judge::new(set, extent));
        let judges = judges.into_iter().collect::<Result<Vec<_>>>()?;
        let one = move |job: usize| {
            let (label, config) = &settings[job];
            let mut means = [0.0; COLUMNS.len() + 1];
            let share = 1.0 / (judges.len() * SEEDS.len()) as f32;
            for judge in &judges {
                for seed in SEEDS {
                    let rows = play(config.clone(), judge, extent, seed, steps)?;
                    let Some(last) = rows.last().filter(|row| row[1] == steps as f32) else {
                        continue;
                    };
                    let mut judged = last[3..].to_vec();
                    let law = judge.set.law.as_ref();
                    judged[0] /= law.map_or(1.0, |law| law.components().len() as f32);
                    judged.push(judged[0] * judged[1]);
                    means
                        .iter_mut()
                        .zip(judged)
                        .for_each(|(mean, x)| *mean += share * x);
                }
            }
            let row = [label, &means[..]].concat();
            println!("  {row:.4?}");
            lines(&[row])
        };
        Ok(Box::new(one) as _)
    };
    let names = [labels, &["modes"], &COLUMNS[1..], &["score"]].concat();
    Ok(Table {
        name: name.to_owned(),
        header: header(&names)?,
        jobs,
        open: Box::new(open),
    })
}
