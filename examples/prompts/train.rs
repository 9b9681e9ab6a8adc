//! The training run and its measures.

use diffusion_intuition::prelude::*;
use diffusion_intuition::scenes::Scenes;

use crate::common::files::write;
use crate::common::training::{Kept, Train};
use crate::recipe;
use crate::table::{KINDS, PARTS, Row, csv};

/// Rows of the table before the last: the steps are divided in so many parts.
const PARTS_OF_RUN: u64 = 4;

/// Steps between two checkpoints.
const SAVE: u64 = 250;

/// Scale of the guidance of all rows but those of the last step, which has all of [`SCALES`].
const USUAL: f64 = 3.0;
const SCALES: [f64; 6] = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0];

pub fn train(args: &Train) -> Result<()> {
    let scenes = Scenes::new()?;
    args.make()?;
    let kept = Kept::new(&args.work, None);
    let (mut network, schedule) = (recipe::network(&scenes)?, recipe::schedule()?);
    let (data, settings) = (recipe::data(&scenes)?, recipe::settings(args.steps));
    let steps = marks(args.steps);
    kept.train(&mut network, data, &schedule, settings, SAVE, steps)?;
    args.publish(&kept.weights(args.steps), "prompts")?;
    let mut rows = Vec::new();
    for step in marks(args.steps).rev() {
        let mut network = recipe::network(&scenes)?;
        network.parameters_mut().load(kept.weights(step))?;
        let scales: &[f64] = if step == args.steps {
            &SCALES
        } else {
            &[USUAL]
        };
        for (scale, kind) in scales
            .iter()
            .flat_map(|s| (0..KINDS.len()).map(move |k| (*s, k)))
        {
            let row = Row::measure(&network, &scenes, step, scale, kind)?;
            println!("{}", shown(&row));
            rows.push(row);
        }
        rows.sort_by_key(|row| row.step);
        write(&args.out.join("prompts.csv"), csv(&rows))?;
    }
    Ok(())
}

/// The steps that have rows.
fn marks(steps: u64) -> impl DoubleEndedIterator<Item = u64> {
    let first = steps.min(PARTS_OF_RUN);
    (1..=first).map(move |i| i * steps / first)
}

fn shown(row: &Row) -> String {
    let parts = PARTS.iter().zip(row.obeyed);
    let parts = parts.map(|(name, share)| format!("{name} {share:.3}"));
    let parts = parts.collect::<Vec<_>>().join(", ");
    let Row {
        step,
        scale,
        kind,
        diversity,
        ..
    } = row;
    format!("step {step}, scale {scale}, {kind}: {parts}; diversity {diversity:.3}")
}
