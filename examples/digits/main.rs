//! The weights of the book's U-Net for digits: trained, measured every 500 steps, and chosen before it copies.
//!
//! ```text
//! cargo run --release --example digits -- train     # weights/digits.safetensors and weights/digits.csv
//! cargo run --release --example digits -- sample    # ten digits of each class, as a picture
//! cargo run --release --example digits -- distil    # weights/digits-distilled.safetensors and .csv: one to four steps
//! ```
//!
//! A training run that was stopped, with kill −9 or the power, goes on where it was saved last, and ends with the same
//! bits, at any number of threads. `weights/README.md` says what came out.

mod args;
mod distil;
mod recipe;
mod sheet;
mod table;
mod train;

use std::process::ExitCode;

use args::Task;

fn main() -> ExitCode {
    let result = match args::parse(std::env::args_os().skip(1)) {
        Ok(Task::Help) => {
            println!("{}", args::HELP);
            return ExitCode::SUCCESS;
        }
        Ok(Task::Train(args)) => train::train(&args),
        Ok(Task::Sample(args)) => sheet::sample(&args),
        Ok(Task::Distil(args)) => distil::distil(&args),
        Ok(Task::Measure(out)) => distil::measure(&out),
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
