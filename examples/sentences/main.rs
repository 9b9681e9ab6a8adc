//! The weights of the book's Transformers for sentences: trained, and measured against what is exact.
//!
//! ```text
//! cargo run --release --example sentences -- train aligned     # weights/aligned.safetensors and weights/aligned.csv
//! cargo run --release --example sentences -- train free
//! cargo run --release --example sentences -- sample aligned --about topic=sea,tense=past
//! ```
//!
//! A training run that was stopped, with kill −9 or the power, goes on where it was saved last, and ends with the same
//! bits, at any number of threads. `weights/README.md` says what came out.

mod args;
mod measure;
mod recipe;
mod table;
mod train;
mod write;

use std::process::ExitCode;

use args::Task;

fn main() -> ExitCode {
    let result = match args::parse(std::env::args_os().skip(1)) {
        Ok(Task::Help) => {
            println!("{}", args::HELP);
            return ExitCode::SUCCESS;
        }
        Ok(Task::Train(args)) => train::train(&args),
        Ok(Task::Sample(args)) => write::sample(&args),
        Err(sentence) => {
            eprintln!("{sentence}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
