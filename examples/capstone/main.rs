//! The whole road as a program: a table of numbers → a trained diffusion model → samples, its verdict and a report.
//!
//! ```text
//! cargo run --release --example capstone -- data.csv --out DIR
//! ```
//!
//! Without a file it takes the chapter's 400 points. A run that was stopped goes on where it was saved last, and ends
//! with the same bits. Section 7 of the book walks through the same steps.

mod args;
#[path = "../common/mod.rs"]
mod common;
mod folder;
mod model;
mod page;
mod rows;
mod run;
mod verdict;

use std::process::ExitCode;

use common::program;

fn main() -> ExitCode {
    program::run("capstone", args::parse, |task| match task {
        None => program::help(args::HELP),
        Some(args) => run::run(&args),
    })
}
