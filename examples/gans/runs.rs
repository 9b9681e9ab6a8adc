//! Ten seeds of every contender on every set.

use diffusion_intuition::gan::GanConfig;
use diffusion_intuition::prelude::*;

use crate::common::plan::Table;
use crate::judge::{COLUMNS, Judge, Set};
use crate::method::{Contender, Extent, play};
use crate::work::{header, lines};

/// How many times longer the longest GAN runs are, and how many: whether patience alone helps.
const LONGER: u64 = 4;
const FEW: u64 = 3;

/// A job is a seed.
pub fn tables(extent: &Extent) -> Result<Vec<Table<'_>>> {
    let mut tables = Vec::new();
    for set in Set::all()? {
        let law = set.law.is_some();
        for contender in Contender::ALL {
            // The reference network without waves is at its limits where modes are narrow: only there.
            if contender == Contender::Reference && !law {
                continue;
            }
            let name = format!("{}-{}", contender.name(), set.name);
            let run = move |judge: &Judge, seed| contender.run(judge, extent, seed);
            tables.push(table(name, set.clone(), extent, extent.seeds, run)?);
        }
        if law {
            let steps = LONGER * extent.gan_steps;
            let name = format!("longer-{}", set.name);
            let run = move |judge: &Judge, seed| {
                play(GanConfig::stable(steps), judge, extent, seed, steps)
            };
            tables.push(table(name, set, extent, FEW.min(extent.seeds), run)?);
        }
    }
    Ok(tables)
}

fn table<'a>(
    name: String,
    set: Set,
    extent: &'a Extent,
    seeds: u64,
    run: impl Fn(&Judge, u64) -> Result<Vec<Vec<f32>>> + Copy + Sync + 'a,
) -> Result<Table<'a>> {
    let open = move || {
        let judge = Judge::new(set.clone(), extent)?;
        let one = move |seed: usize| {
            let rows = run(&judge, seed as u64)?;
            match rows.last() {
                Some(last) => println!("  {last:.4?}"),
                None => println!("  seed {seed} diverged"),
            }
            lines(&rows)
        };
        Ok(Box::new(one) as _)
    };
    let names = [&["seed", "step", "evaluations"], &COLUMNS[..]].concat();
    Ok(Table {
        name,
        header: header(&names)?,
        jobs: seeds as usize,
        open: Box::new(open),
    })
}
