//! Ours and its peers (NumPy, PyTorch, JAX) in turn, in one run: `cargo bench --bench versus_peers`.
//!
//! `-- q_sample` runs the cases whose names contain that text; `--rounds N` measures each contender N times
//! (7 if not said); the median of the rounds counts. All take two threads. The peers are installed on first
//! use, in the user's cache folder; one that cannot be had is left out with a sentence. Before it is
//! measured, every contender's result is checked. The table is also written to `target/versus_peers.json`. Last,
//! or alone with `-- "train to loss"`, comes how long training takes to reach a held-out loss, and its memory.
//!
//! A new case is a file like `q_sample.rs`, a line in [`cases`], and a file in `benches/peers/` for each
//! library.

mod batch;
mod case;
mod files;
mod machine;
mod noise;
mod peer;
mod pictures;
mod python;
mod q_sample;
mod reference;
mod report;
mod run;
mod sample;
mod to_loss;
mod train;
mod words;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use case::{Case, Result};
use pictures::{SamplePictures, TrainPictures};
use q_sample::QSample;
use sample::Sample;
use train::Train;
use words::TrainWords;

/// Name of what is printed after the table: see [`to_loss`].
const TO_LOSS: &str = "train to loss";

/// Threads that every contender may use.
const THREADS: usize = 2;

fn cases() -> Vec<Box<dyn Case>> {
    let q_sample = [("1e7", 10_000_000), ("1e5", 100_000), ("1e3", 1000)];
    let mut cases: Vec<Box<dyn Case>> = Vec::new();
    for (size, n) in q_sample {
        cases.push(Box::new(QSample::new(size, n)));
    }
    for batch in [32, 256, 2048] {
        cases.push(Box::new(Train::new(batch)));
    }
    cases.push(Box::new(Sample::new()));
    cases.push(Box::new(TrainPictures::digits()));
    cases.push(Box::new(TrainPictures::latents()));
    cases.push(Box::new(SamplePictures::new()));
    cases.push(Box::new(TrainWords::new()));
    cases
}

struct Options {
    filter: String,
    rounds: usize,
}

/// None if this is not `cargo bench` but a test run over all targets.
fn options() -> Result<Option<Options>> {
    let mut filter = String::new();
    let mut rounds = 7;
    let mut benchmark = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => benchmark = true,
            "--rounds" => {
                let value = arguments.next().unwrap_or_default();
                let value = value.parse().ok().filter(|n| *n > 0);
                rounds = value.ok_or("--rounds wants a number above 0")?;
            }
            option if option.starts_with('-') => {
                return Err(format!("unknown option {option}: there is --rounds N").into());
            }
            name => name.clone_into(&mut filter),
        }
    }
    Ok(benchmark.then_some(Options { filter, rounds }))
}

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<()> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(THREADS)
        .build_global()?;
    if std::env::args().any(|argument| argument == to_loss::OPTION) {
        return to_loss::ours();
    }
    let Some(options) = options()? else {
        println!("nothing to test here; `cargo bench --bench versus_peers` measures");
        return Ok(());
    };
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let scratch = target.join("versus_peers");
    fs::create_dir_all(&scratch)?;
    if options.filter == TO_LOSS {
        return to_loss::run(&scratch);
    }
    let mut cases = cases();
    let mut names: Vec<_> = cases.iter().map(|case| case.name()).collect();
    names.push(TO_LOSS.into());
    cases.retain(|case| case.name().contains(&options.filter));
    if cases.is_empty() {
        let message = format!(
            "no case is named *{}*; there are: {}",
            options.filter,
            names.join(", ")
        );
        return Err(message.into());
    }
    let libraries = cases.iter().flat_map(|case| case.peers());
    let mut peers = peer::start_all(libraries.map(|contender| contender.library), &scratch);
    let mut rows = Vec::new();
    for case in &mut cases {
        rows.push(run::run(
            case.as_mut(),
            &mut peers,
            options.rounds,
            &scratch,
        )?);
    }
    println!("\n{}", report::table(&rows));
    let path = target.join("versus_peers.json");
    fs::write(&path, report::json(&rows)?)?;
    println!("written to {}", path.display());
    if TO_LOSS.contains(&options.filter) {
        to_loss::run(&scratch)?;
    }
    Ok(())
}
