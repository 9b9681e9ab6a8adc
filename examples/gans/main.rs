//! Diffusion against GANs on data whose modes are known: the numbers of section 4, over many seeds.
//!
//! ```text
//! cargo run --release --example gans            # everything: about 45 minutes on two cores
//! cargo run --release --example gans -- tune    # the settings of both GAN recipes, compared
//! cargo run --release --example gans -- runs    # ten seeds of every method on every set
//! cargo run --release --example gans -- speed   # seconds of training and sampling
//! ```
//!
//! The results go to the CSV files in this folder; section 4 reads them and repeats some of their rows. Those
//! of `tune` and `runs` are the same bits at any number of threads, and in any number of processes that share the work
//! with `--shard`; those of `speed` belong to the machine.

mod args;
#[path = "../common/mod.rs"]
mod common;
mod judge;
mod method;
mod runs;
mod speed;
mod tune;
mod work;

use std::process::ExitCode;

use common::program;

fn main() -> ExitCode {
    program::run("gans", args::parse, |args| match args {
        None => program::help(args::HELP),
        Some(args) => work::work(&args),
    })
}
