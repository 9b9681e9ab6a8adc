//! What was typed after the program's name.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser};

use crate::common::options::{number, path, steps, text, unexpected, whole};
use crate::common::training::Train;

pub const HELP: &str = "\
Trains the book's U-Net that paints from a sentence, or paints with it.

    cargo run --release --example prompts -- paint \"a small red crab left of a blue square\"
    cargo run --release --example prompts -- train [--steps N] [--work DIR] [--out DIR]
    cargo run --release --example prompts -- measure [--weights FILE]

paint     --n        pictures (default: 8)
          --not      a sentence to lead away from, in place of the empty one
          --scale    of the guidance, 1 is none (default: 3)
          --seed     fixes every random number (default: 0)
          --weights  the network (default: weights/prompts.safetensors)
          -o, --out  the sheet, .svg or .png (default: target/prompts.svg)
train     --steps    training steps, along one cosine of the learning rate (default: 40000)
          --work     folder of the run, which goes on from there (default: target/prompts)
          --out      folder for prompts.safetensors and prompts.csv (default: weights)
measure   --weights  prints what was measured of edits: another word half way, negative prompts, SDEdit";

#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    Help,
    Paint(Paint),
    Train(Train),
    Measure(PathBuf),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Paint {
    pub sentence: String,
    pub instead_of: Option<String>,
    pub n: usize,
    pub scale: f64,
    pub seed: u64,
    pub weights: PathBuf,
    pub out: PathBuf,
}

/// An error is a sentence for the reader.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Task, String> {
    let words: Vec<OsString> = words.into_iter().collect();
    let mut words = Parser::from_args(words);
    let mut train = Train::new(40_000, "target/prompts");
    let mut paint = Paint {
        sentence: String::new(),
        instead_of: None,
        n: 8,
        scale: 3.0,
        seed: 0,
        weights: "weights/prompts.safetensors".into(),
        out: "target/prompts.svg".into(),
    };
    let mut task = None;
    while let Some(word) = words.next().map_err(|error| error.to_string())? {
        let is = |name: &str| task.as_deref() == Some(name);
        match word {
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            Arg::Value(word) if task.is_none() => {
                task = Some(word.to_string_lossy().into_owned());
            }
            Arg::Value(word) if is("paint") && paint.sentence.is_empty() => {
                paint.sentence = word.to_string_lossy().into_owned();
            }
            Arg::Long("n") if is("paint") => paint.n = whole("--n", &mut words)?,
            Arg::Long("not") if is("paint") => paint.instead_of = Some(text("--not", &mut words)?),
            Arg::Long("scale") if is("paint") => paint.scale = number("--scale", &mut words)?,
            Arg::Long("seed") if is("paint") => paint.seed = whole("--seed", &mut words)?,
            Arg::Long("weights") if is("paint") || is("measure") => {
                paint.weights = path("--weights", &mut words)?;
            }
            Arg::Long("out") | Arg::Short('o') if is("paint") => {
                paint.out = path("--out", &mut words)?
            }
            Arg::Long("steps") if is("train") => train.steps = steps(&mut words)?,
            Arg::Long("work") if is("train") => train.work = path("--work", &mut words)?,
            Arg::Long("out") if is("train") => train.out = path("--out", &mut words)?,
            other => return unexpected(other),
        }
    }
    match task.as_deref() {
        Some("train") => Ok(Task::Train(train)),
        Some("paint") if paint.n == 0 => Err("--n 0 would paint nothing".to_owned()),
        Some("paint") if paint.sentence.is_empty() => {
            Err("paint what? \"a small red crab left of a blue square\", say".to_owned())
        }
        Some("paint") => Ok(Task::Paint(paint)),
        Some("measure") => Ok(Task::Measure(paint.weights)),
        _ => Err("paint, train or measure? --help says more".to_owned()),
    }
}
