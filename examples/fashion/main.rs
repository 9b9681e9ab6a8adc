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
mod compare;
mod recipe;
#[path = "../digits/table.rs"]
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
        Ok(Task::Autoencoder(args)) => train::autoencoder(&args),
        Ok(Task::Train(space, args)) => train::space(space, &args),
        Ok(Task::Compare(args)) => compare::compare(&args),
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
