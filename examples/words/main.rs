//! A Transformer learns sentences of your own, a text file with one a line, and writes others.
//!
//! ```text
//! cargo run --release --example words -- sentences.txt --out DIR --infill "the ___ engineers ___ the bridge"
//! ```
//!
//! A run that was stopped, by Ctrl-C, kill −9 or the power, goes on where it was saved last, and ends with the same
//! bits. Section 9 of the book explains the steps.

mod args;
mod folder;
mod model;
mod novelty;
mod page;
mod run;
#[path = "../capstone/say.rs"]
mod say;

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
            complain("words", &sentence);
            return ExitCode::from(2);
        }
    };
    match run::run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain("words", &error.to_string());
            ExitCode::FAILURE
        }
    }
}
