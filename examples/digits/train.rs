//! The training run, its measures, and the choice.

use diffusion_intuition::data::PictureSplit;
use diffusion_intuition::judge::Exam;
use diffusion_intuition::prelude::*;

use crate::common::files::write;
use crate::common::training::{Kept, Train};
use crate::recipe;
use crate::table::{Row, choose, csv, shown};

/// Steps between two rows of the table.
const EVERY: u64 = 500;

/// Steps between two checkpoints; a divisor of [`EVERY`], so that what a row is made of is never lost.
const SAVE: u64 = 50;

/// Pictures of each class, as many as are held out, and seeds of each measure.
pub const PER_CLASS: usize = 30;
pub const SEEDS: u64 = 10;

pub fn train(args: &Train) -> Result<()> {
    let digits = data::digits();
    args.make()?;
    let kept = Kept::new(&args.work, None);
    let data = (digits.train.rows.clone(), digits.train.labels.clone());
    let (mut network, schedule) = (recipe::network()?, recipe::schedule()?);
    let (settings, steps) = (recipe::settings(args.steps), marks(args.steps));
    let losses = kept.train(&mut network, data, &schedule, settings, SAVE, steps)?;
    println!("training the judge");
    let exam = Exam::new(&digits, &mut Rng::new(0))?;
    let real = exam.score(&digits.held_out.rows, &digits.held_out.labels)?;
    println!(
        "held-out pictures: accuracy {:.4}, nearest {:.3}",
        real.accuracy, real.nearest
    );
    let floor = exam.floor(0..SEEDS, PER_CLASS)?;
    println!("floor of real pictures: {}", shown(&floor));
    let mut rows = Vec::new();
    for step in marks(args.steps) {
        let mut network = recipe::network()?;
        network.parameters_mut().load(kept.weights(step))?;
        rows.push(row(&network, step, &losses, &exam, &digits)?);
        let row = &rows[rows.len() - 1];
        println!("step {step}: {}", shown(&row.score));
        write(&args.out.join("digits.csv"), csv(&rows))?;
    }
    let Some(chosen) = choose(&rows, real.nearest) else {
        println!("no row is kept: even the first comes nearer than held-out pictures do");
        return Ok(());
    };
    println!("step {} is kept", chosen.step);
    args.publish(&kept.weights(chosen.step), "digits")
}

/// The steps that have a row: every [`EVERY`], and the last.
fn marks(steps: u64) -> impl Iterator<Item = u64> {
    (1..=steps.div_ceil(EVERY)).map(move |i| (i * EVERY).min(steps))
}

fn row(
    network: &UNet,
    step: u64,
    losses: &[f32],
    exam: &Exam,
    digits: &PictureSplit,
) -> Result<Row> {
    let since = (step as usize - 1) / EVERY as usize * EVERY as usize;
    let recent = &losses[since..step as usize];
    let sum: f64 = recent.iter().map(|loss| f64::from(*loss)).sum();
    let labels: Vec<usize> = (0..10).flat_map(|class| [class; PER_CLASS]).collect();
    let score = exam.over_seeds(0..SEEDS, |rng| {
        let painted = recipe::paint(network, &labels, 1.0, rng)?;
        Ok((painted, labels.clone()))
    })?;
    Ok(Row {
        step,
        training: sum / recent.len() as f64,
        train: recipe::loss(network, &digits.train)?,
        held_out: recipe::loss(network, &digits.held_out)?,
        score,
    })
}
