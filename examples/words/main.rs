//! A Transformer learns sentences of your own, a text file with one a line, and writes others.
//!
//! ```text
//! cargo run --release --example words -- sentences.txt --out DIR --infill "the ___ engineers ___ the bridge"
//! ```
//!
//! A run that was stopped, by Ctrl-C, kill −9 or the power, goes on where it was saved last, and ends with the same
//! bits. Section 9 of the book explains the steps.

mod args;
#[path = "../common/mod.rs"]
mod common;
mod folder;
mod model;
mod novelty;
mod page;
mod run;

use std::process::ExitCode;

use common::program;

fn main() -> ExitCode {
    program::run("words", args::parse, |task| match task {
        None => program::help(args::HELP),
        Some(args) => run::run(&args),
    })
}
