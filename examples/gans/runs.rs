//! Ten seeds of every contender on every set.

use diffusion_intuition::data::write_csv;
use diffusion_intuition::gan::GanConfig;
use diffusion_intuition::prelude::*;
use rayon::prelude::*;

use super::judge::{COLUMNS, Set};
use super::method::{Contender, GAN_STEPS, play};
use super::{file, short};

const SEEDS: std::ops::Range<u64> = 0..10;

/// How many times longer the longest GAN runs are, and their seeds: whether patience alone helps.
const LONGER: u64 = 4;
const FEW: std::ops::Range<u64> = 0..3;

pub fn runs() -> Result<()> {
    for set in &Set::all()? {
        for contender in Contender::ALL {
            // The reference network without waves is at its limits where modes are narrow: only there.
            if contender == Contender::Reference && set.law.is_none() {
                continue;
            }
            let name = format!("{}-{}", contender.name(), set.name);
            write(&name, SEEDS, &|seed| contender.run(set, seed))?;
        }
        if set.law.is_some() {
            let steps = LONGER * GAN_STEPS;
            let name = format!("longer-{}", set.name);
            write(&name, FEW, &|seed| {
                play(GanConfig::stable(steps), set, seed, steps)
            })?;
        }
    }
    Ok(())
}

/// Runs all seeds, side by side, and writes their rows.
fn write(
    name: &str,
    seeds: std::ops::Range<u64>,
    run: &(dyn Fn(u64) -> Result<Vec<Vec<f32>>> + Sync),
) -> Result<()> {
    println!("{name}");
    let one = |seed: u64| -> Result<Vec<Vec<f32>>> {
        let rows = run(seed)?;
        match rows.last() {
            Some(last) => println!("  {last:.4?}"),
            None => println!("  seed {seed} diverged"),
        }
        Ok(rows)
    };
    let rows: Vec<Vec<Vec<f32>>> = seeds.into_par_iter().map(one).collect::<Result<_>>()?;
    let rows = rows.concat();
    let names = [&["seed", "step", "evaluations"], &COLUMNS[..]].concat();
    let rows = Array2::from_shape_vec((rows.len(), names.len()), rows.concat());
    write_csv(
        file(name),
        &names,
        &short(&rows.expect("rows of one length")),
    )
}
