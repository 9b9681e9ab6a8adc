//! The weights of the book's latent diffusion model for clothes, and how long it takes to learn in latents and in pixels.
//!
//! ```text
//! cargo run --release --example fashion -- train autoencoder   # weights/fashion-autoencoder.safetensors
//! cargo run --release --example fashion -- train latents       # weights/fashion-latents.safetensors and .csv
//! cargo run --release --example fashion -- compare             # weights/fashion.csv
//! ```
//!
//! `train pixels` and `train patches` train the same on pixels, and on squares of 4 × 4 pixels. A training run of the U-Net
//! that was stopped goes on where it was saved last, and ends with the same bits, at any number of threads; the
//! autoencoder's takes a minute and begins anew. `weights/README.md` says what came out.

mod args;
#[path = "../common/mod.rs"]
mod common;
mod compare;
mod recipe;
#[path = "../digits/table.rs"]
mod table;
mod train;

use std::process::ExitCode;

use args::Task;
use common::program;

fn main() -> ExitCode {
    program::run("fashion", args::parse, |task| match task {
        Task::Help => program::help(args::HELP),
        Task::Autoencoder(args) => train::autoencoder(&args),
        Task::Train(space, args) => train::space(space, &args),
        Task::Compare(out) => compare::compare(&out),
    })
}
