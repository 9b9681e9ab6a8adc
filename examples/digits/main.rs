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
#[path = "../common/mod.rs"]
mod common;
mod distil;
mod recipe;
mod sheet;
mod table;
mod train;

use std::process::ExitCode;

use args::Task;
use common::program;

fn main() -> ExitCode {
    program::run("digits", args::parse, |task| match task {
        Task::Help => program::help(args::HELP),
        Task::Train(args) => Ok(train::train(&args)?),
        Task::Sample(args) => Ok(sheet::sample(&args)?),
        Task::Distil(args) => distil::distil(&args),
        Task::Measure(args) => distil::measure(&args),
    })
}
