//! The whole road as a program: a table of numbers → a trained diffusion model → its verdict, samples and a report.
//!
//! ```text
//! cargo run --release --example capstone -- data.csv --out DIR
//! ```
//!
//! Without a file it takes the chapter's 400 points. A run that was stopped goes on where it was saved last, and ends
//! with the same bits. Section 7 of the book walks through the same steps.

mod args;
mod model;
mod page;
mod verdict;

use std::process::ExitCode;
use std::time::Instant;

use args::Args;
use diffusion_intuition::prelude::*;

/// As many samples as rows, and no more than this.
const MOST_SAMPLES: usize = 10_000;

fn main() -> ExitCode {
    let args = match args::parse(std::env::args().skip(1)) {
        Ok(Some(args)) => args,
        Ok(None) => {
            println!("{}", args::HELP);
            return ExitCode::SUCCESS;
        }
        Err(sentence) => {
            eprintln!("capstone: {sentence}");
            return ExitCode::from(2);
        }
    };
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("capstone: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
    let source = model::load(args.file.as_deref())?;
    println!("{}\n", source.table.summary()?.text());
    std::fs::create_dir_all(&args.out).map_err(|error| Error::Data {
        file: args.out.display().to_string(),
        line: None,
        reason: error.to_string(),
    })?;

    let checkpoint = args.out.join("checkpoint.safetensors");
    if checkpoint.exists() {
        println!("going on from {}", checkpoint.display());
    }
    let start = Instant::now();
    let mut first = None;
    let show = |progress: &Progress| {
        let (step, all) = (progress.step, args.steps);
        print!("step {step:6} of {all}: loss {:.4}", progress.loss);
        // What is left, by the time that the steps since the first report took.
        let now = start.elapsed().as_secs_f64();
        let (from, then) = *first.get_or_insert((step, now));
        if step > from {
            let left = (all - step) as f64 * (now - then) / (step - from) as f64;
            print!(", {left:.0} s left");
        }
        println!();
    };
    let rows = &source.table.rows;
    let model = model::train(rows, args.steps, args.seed, &checkpoint, show)?;
    println!("trained in {:.1} s\n", start.elapsed().as_secs_f64());

    let mut rng = Rng::new(args.seed);
    let verdict = verdict::judge(&source, &model, &mut rng)?;
    println!("{}\n", page::likelihoods(&verdict)?.text());
    println!("{}\n", page::distances(&source, &verdict)?.text());
    if let Some((distance, floor, learned_from)) = &verdict.exact {
        let ratio = distance.ratio(floor)?;
        println!("W₁ to the exact law: {distance}; floor {floor}; {ratio} times");
        println!("W₁ of the rows learned from: {learned_from:.4}\n");
    }

    let n = rows.nrows().min(MOST_SAMPLES);
    let samples = model.split.scale.inverse(&model.sample(n, &mut rng)?)?;
    let names: Vec<&str> = source.table.names.iter().map(String::as_str).collect();
    let (csv, html) = (args.out.join("samples.csv"), args.out.join("report.html"));
    data::write_csv(&csv, &names, &samples)?;
    page::report(&source, &model, &verdict, &samples)?.save(&html)?;
    println!(
        "{n} samples in {}\nreport in {}",
        csv.display(),
        html.display()
    );
    println!("{:.1} s in all", start.elapsed().as_secs_f64());
    Ok(())
}
