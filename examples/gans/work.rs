//! What is done of what was asked for.

use diffusion_intuition::data::csv_text;
use diffusion_intuition::prelude::*;

use crate::args::{Args, Task};
use crate::common::plan::Plan;
use crate::common::shard::Fault;
use crate::{runs, speed, tune};

pub fn work(args: &Args) -> Result<(), Fault> {
    for task in &args.tasks {
        let plan = |name, tables| Plan {
            name,
            configuration: format!("{:?}", args.extent),
            tables,
            parts: args.parts.clone(),
            out: args.out.clone(),
        };
        match task {
            Task::Tune => plan("gans-tune", tune::tables(&args.extent)?).work(args.part)?,
            Task::Runs => plan("gans-runs", runs::tables(&args.extent)?).work(args.part)?,
            Task::Speed => speed::speed(&args.out)?,
        }
    }
    Ok(())
}

/// The lines of rows of `judge`'s numbers, in as few digits as f32 needs.
pub fn lines(rows: &[Vec<f32>]) -> Result<Vec<String>> {
    let Some(columns) = rows.first().map(Vec::len) else {
        return Ok(Vec::new());
    };
    let short = |x: f32| x.to_string().parse().unwrap_or(f64::from(x));
    let rows = Array2::from_shape_vec((rows.len(), columns), rows.concat());
    let text = csv_text(&[], &rows.expect("rows of one length").mapv(short))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// The first line of a table with these columns.
pub fn header(names: &[&str]) -> Result<String> {
    let text = csv_text(names, &Array2::<f64>::zeros((1, names.len())))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
