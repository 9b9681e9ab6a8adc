//! The weights of the book's U-Net that paints from a sentence: trained, measured, and put to use.
//!
//! ```text
//! cargo run --release --example prompts -- paint "a small red crab left of a blue square" -o crab.png
//! cargo run --release --example prompts -- train      # weights/prompts.safetensors and weights/prompts.csv
//! cargo run --release --example prompts -- measure    # what edits do
//! ```
//!
//! A training run that was stopped, with kill −9 or the power, goes on where it was saved last, and ends with the same
//! bits, at any number of threads. `weights/README.md` says what came out.

mod args;
#[path = "../common/mod.rs"]
mod common;
mod edits;
mod recipe;
mod sheet;
mod table;
mod train;

use std::process::ExitCode;

use args::Task;
use common::program;

fn main() -> ExitCode {
    program::run("prompts", args::parse, |task| match task {
        Task::Help => program::help(args::HELP),
        Task::Paint(args) => sheet::paint(&args),
        Task::Train(args) => train::train(&args),
        Task::Measure(weights) => edits::measure(&weights),
    })
}
