//! What was typed after the program's name.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser};

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
    Autoencoder(Run),
    Train(Space, Run),
    Compare(Run),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// 0: as many as the task has by default.
    pub steps: u64,
    pub work: PathBuf,
    pub out: PathBuf,
}

/// An error is a sentence for the reader.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Task, String> {
    let words: Vec<OsString> = words.into_iter().collect();
    let mut words = Parser::from_args(words);
    let mut run = Run {
        steps: 0,
        work: "target/fashion".into(),
        out: "weights".into(),
    };
    let mut task = Vec::new();
    while let Some(word) = words.next().map_err(|error| error.to_string())? {
        let trains = task.first().is_some_and(|word| word == "train");
        match word {
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            Arg::Value(word) if task.len() < 2 => task.push(word.to_string_lossy().into_owned()),
            Arg::Long("steps") if trains => run.steps = steps(&mut words)?,
            Arg::Long("work") if trains => run.work = path(&mut words)?,
            Arg::Long("out") => run.out = path(&mut words)?,
            other => {
                let what = other.unexpected();
                return Err(format!("{what}: --help lists what there is"));
            }
        }
    }
    let task: Vec<&str> = task.iter().map(String::as_str).collect();
    match task[..] {
        ["train", "autoencoder"] => Ok(Task::Autoencoder(run)),
        ["train", "latents"] => Ok(Task::Train(Space::Latents, run)),
        ["train", "patches"] => Ok(Task::Train(Space::Patches, run)),
        ["train", "pixels"] => Ok(Task::Train(Space::Pixels, run)),
        ["compare"] => Ok(Task::Compare(run)),
        _ => Err(
            "train autoencoder, latents, patches or pixels? Or compare? --help says more".into(),
        ),
    }
}

fn path(words: &mut Parser) -> Result<PathBuf, String> {
    let word = words.value().map_err(|error| error.to_string())?;
    match word.is_empty() {
        true => Err("the name of a folder is empty".to_owned()),
        false => Ok(word.into()),
    }
}

fn steps(words: &mut Parser) -> Result<u64, String> {
    let word = words.value().map_err(|error| error.to_string())?;
    let read = word.to_str().and_then(|word| word.parse().ok());
    let read = read.filter(|steps| *steps > 0);
    read.ok_or_else(|| format!("--steps takes a number above 0, not {word:?}"))
}
