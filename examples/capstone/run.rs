//! The steps from a table to samples and a report, in the order that loses nothing.

use std::time::Instant;

use diffusion_intuition::prelude::*;

use crate::args::Args;
use crate::common::say::say;
use crate::folder::{self, CHECKPOINT, Folder, REPORT, Run, SAMPLES};
use crate::model::{self, Model, Source};
use crate::{page, verdict};

/// As many samples as rows, and no more than this.
const MOST_SAMPLES: usize = 10_000;

pub fn run(args: &Args) -> Result<()> {
    // Whatever can be refused is refused before the work.
    let source = model::load(args.file.as_deref())?;
    say(&page::columns(&source)?.text());
    for remark in source.table.remarks() {
        say(&format!("note: {remark}"));
    }
    say("");
    model::split(&source, args.seed)?;
    let run = Run::new(&source.table.rows, args.steps, args.seed);
    let mut folder = folder::claim(&args.out, args.file.as_deref(), run)?;

    let start = Instant::now();
    let model = train(args, &source, &folder)?;
    say(&format!(
        "trained in {:.1} s\n",
        start.elapsed().as_secs_f64()
    ));

    // What was asked for comes first: measuring may fail.
    let mut rng = Rng::new(args.seed);
    let n = source.table.rows.nrows().min(MOST_SAMPLES);
    let samples = model.split.scale.inverse(&model.sample(n, &mut rng)?)?;
    let names: Vec<&str> = source.table.names.iter().map(String::as_str).collect();
    let path = folder.write(SAMPLES, &data::csv_text(&names, &samples)?)?;
    say(&format!("{n} samples in {}\n", path.display()));

    let verdict = verdict::judge(&source, &model, &mut rng);
    say(&format!("{}\n", page::likelihoods(&verdict)?.text()));
    say(&format!("{}\n", page::distances(&source, &verdict)?.text()));
    if let Some((distance, floor, learned_from)) = &verdict.exact {
        let times = distance.mean / floor.mean;
        say(&format!(
            "W₁ to the exact law: {distance}; floor {floor}: {times:.2} times"
        ));
        say(&format!("W₁ of the rows learned from: {learned_from:.4}\n"));
    }
    for remark in &verdict.remarks {
        say(remark);
    }
    let page = page::report(&source, &model, &verdict, &samples)?;
    let path = folder.write(REPORT, &page.html())?;
    say(&format!("report in {}", path.display()));
    say(&format!("{:.1} s in all", start.elapsed().as_secs_f64()));
    Ok(())
}

fn train(args: &Args, source: &Source, folder: &Folder) -> Result<Model> {
    let checkpoint = folder.file(CHECKPOINT);
    if checkpoint.exists() {
        say(&format!("going on from {}", checkpoint.display()));
    }
    let start = Instant::now();
    let mut first = None;
    let show = |progress: &Progress| {
        let (step, all) = (progress.step, args.steps);
        let mut line = format!("step {step:6} of {all}: loss {:.4}", progress.loss);
        // What is left, by the time that the steps since the first report took.
        let now = start.elapsed().as_secs_f64();
        let (from, then) = *first.get_or_insert((step, now));
        if step > from {
            let left = (all - step) as f64 * (now - then) / (step - from) as f64;
            line += &format!(", {left:.0} s left");
        }
        say(&line);
    };
    model::train(source, args.steps, args.seed, &checkpoint, show)
}
