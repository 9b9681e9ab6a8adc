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
#[path = "../common/mod.rs"]
mod common;
mod measure;
mod recipe;
mod table;
mod train;
mod write;

use std::process::ExitCode;

use args::Task;
use common::program;

fn main() -> ExitCode {
    program::run("sentences", args::parse, |task| match task {
        Task::Help => program::help(args::HELP),
        Task::Train(language, args) => train::train(language, &args),
        Task::Sample(args) => write::sample(&args),
    })
}
