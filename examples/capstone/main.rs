//! The whole road as a program: a table of numbers → a trained diffusion model → samples, its verdict and a report.
//!
//! ```text
//! cargo run --release --example capstone -- data.csv --out DIR
//! ```
//!
//! Without a file it takes the chapter's 400 points. A run that was stopped goes on where it was saved last, and ends
//! with the same bits. Section 7 of the book walks through the same steps.

mod args;
mod folder;
mod model;
mod page;
mod rows;
mod run;
mod say;
mod verdict;

use std::process::ExitCode;

use say::{complain, say};

fn main() -> ExitCode {
    let args = match args::parse(std::env::args_os().skip(1)) {
        Ok(Some(args)) => args,
        Ok(None) => {
            say(args::HELP);
            return ExitCode::SUCCESS;
        }
        Err(sentence) => {
            complain("capstone", &sentence);
            return ExitCode::from(2);
        }
    };
    match run::run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain("capstone", &error.to_string());
            ExitCode::FAILURE
        }
    }
}
