//! The training run, and its measures.

use diffusion_intuition::prelude::*;

use crate::common::files::write;
use crate::common::training::{Kept, Train};
use crate::measure::Judge;
use crate::recipe::{self, Language};
use crate::table::csv;

/// Rows of the table: after so many steps of each.
const ROWS: u64 = 8;

/// Steps between two checkpoints.
const SAVE: u64 = 100;

pub fn train(language: Language, args: &Train) -> Result<()> {
    args.make()?;
    let kept = Kept::new(&args.work, None);
    let mut network = language.network()?;
    println!("{} parameters", network.parameters().count());
    let (sentences, classes) = language.data()?;
    let data = (sentences, classes, language.vectors()?);
    let (schedule, settings) = (recipe::schedule()?, language.settings(args.steps));
    let steps = marks(args.steps);
    let losses = kept.train(&mut network, data, &schedule, settings, SAVE, steps)?;
    let judge = Judge::new(language)?;
    println!("exactly: {}", judge.exact()?);
    let name = language.name();
    let (mut rows, mut first) = (Vec::new(), 0);
    for step in marks(args.steps) {
        let mut network = language.network()?;
        network.parameters_mut().load(kept.weights(step))?;
        let recent = &losses[first as usize..step as usize];
        let row = judge.row(&network, step, kept.seconds(step), recent)?;
        println!("{row}");
        rows.push(row);
        first = step;
        write(&args.out.join(format!("{name}.csv")), csv(&rows))?;
    }
    args.publish(&kept.weights(args.steps), name)
}

/// The steps that have a row.
fn marks(steps: u64) -> impl Iterator<Item = u64> {
    let mut marks: Vec<u64> = (1..=ROWS).map(|i| i * steps / ROWS).collect();
    marks.retain(|step| *step > 0);
    marks.into_iter()
}
