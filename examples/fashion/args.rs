//! What was typed after the program's name.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser};

use crate::common::options::{path, steps, unexpected};
use crate::common::training::Train;
use crate::recipe::Space;

pub const HELP: &str = "\
Trains the book's latent diffusion model on 4,000 pictures of clothes, or measures what latents save.

    cargo run --release --example fashion -- train autoencoder|latents|patches|pixels [--steps N] [--work DIR] [--out DIR]
    cargo run --release --example fashion -- compare [--out DIR]

train      --steps  training steps, along one cosine of the learning rate (default: 20000 of the autoencoder, 12000)
           --work   folder of the run, which goes on from there (default: target/fashion)
compare    the U-Net on latents, patches and pixels, by processor time
both       --out    folder for fashion-*.safetensors and fashion*.csv (default: weights)";

#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    Help,
    Autoencoder(Train),
    Train(Space, Train),
    Compare(PathBuf),
}

/// An error is a sentence for the reader.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Task, String> {
    let words: Vec<OsString> = words.into_iter().collect();
    let mut words = Parser::from_args(words);
    let mut run = Train::new(12_000, "target/fashion");
    let (mut length, mut task) = (None, Vec::new());
    while let Some(word) = words.next().map_err(|error| error.to_string())? {
        let trains = task.first().is_some_and(|word| word == "train");
        match word {
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            Arg::Value(word) if task.len() < 2 => task.push(word.to_string_lossy().into_owned()),
            Arg::Long("steps") if trains => length = Some(steps(&mut words)?),
            Arg::Long("work") if trains => run.work = path("--work", &mut words)?,
            Arg::Long("out") => run.out = path("--out", &mut words)?,
            other => return unexpected(other),
        }
    }
    run.steps = length.unwrap_or(match task.get(1).map(String::as_str) {
        Some("autoencoder") => 20_000,
        _ => run.steps,
    });
    let task: Vec<&str> = task.iter().map(String::as_str).collect();
    match task[..] {
        ["train", "autoencoder"] => Ok(Task::Autoencoder(run)),
        ["train", "latents"] => Ok(Task::Train(Space::Latents, run)),
        ["train", "patches"] => Ok(Task::Train(Space::Patches, run)),
        ["train", "pixels"] => Ok(Task::Train(Space::Pixels, run)),
        ["compare"] => Ok(Task::Compare(run.out)),
        _ => Err(
            "train autoencoder, latents, patches or pixels? Or compare? --help says more".into(),
        ),
    }
}
