//! What was typed after the program's name.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use lexopt::{Arg, Parser};

use crate::common::options::{merge, number, path, shard, steps, unexpected, whole};
use crate::common::shard::Part;
use crate::common::training::Train;

pub const HELP: &str = "\
Trains the book's U-Net on the 997 digits to train on, distils it to few steps, or draws what it paints.

    cargo run --release --example digits -- train [--steps N] [--work DIR] [--out DIR]
    cargo run --release --example digits -- sample [--scale S] [--seed N] [--weights FILE] [--out FILE]
    cargo run --release --example digits -- distil [--steps N] [--work DIR] [--out DIR]
    cargo run --release --example digits -- measure [--shard I/N | --merge] [--parts DIR] [--out DIR]

train     --steps    training steps, along one cosine of the learning rate (default: 4000)
          --work     folder of the run, which goes on from there (default: target/digits)
          --out      folder for digits.safetensors and digits.csv (default: weights)
sample    --scale    of the guidance, 1 + w; 1 is none (default: 1)
          --seed     fixes every random number (default: 0)
          --weights  the network (default: weights/digits.safetensors)
          --out      the picture, an SVG (default: target/digits.svg)
distil    --steps    training steps of the student (default: 8000)
          --work     folder of the run, which goes on from there (default: target/digits-distilled)
          --out      folder with digits.safetensors, for digits-distilled.safetensors and .csv (default: weights)
measure   --out      the folder with both networks, for digits-distilled.csv (default: weights)
          --shard    the I-th of N parts of the rows, for processes on any machines of one kind
          --merge    makes the table of the parts, the same bytes as one process
          --parts    folder for the parts (default: target/digits-measure)";

const TASKS: [&str; 4] = ["train", "sample", "distil", "measure"];

#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    Help,
    Train(Train),
    Sample(Sample),
    Distil(Train),
    Measure(Measure),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub scale: f64,
    pub seed: u64,
    pub weights: PathBuf,
    pub out: PathBuf,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    pub part: Part,
    pub parts: PathBuf,
    pub out: PathBuf,
}

impl Measure {
    /// All of it, of the networks in a folder.
    pub fn new(out: &Path) -> Self {
        Self {
            part: Part::Whole,
            parts: "target/digits-measure".into(),
            out: out.into(),
        }
    }
}

/// An error is a sentence for the reader.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Task, String> {
    let words: Vec<OsString> = words.into_iter().collect();
    let mut words = Parser::from_args(words);
    let mut train = Train::new(4000, "target/digits");
    let mut sample = Sample {
        scale: 1.0,
        seed: 0,
        weights: "weights/digits.safetensors".into(),
        out: "target/digits.svg".into(),
    };
    let mut measure = Measure::new(Path::new("weights"));
    let mut task = None;
    while let Some(word) = words.next().map_err(|error| error.to_string())? {
        let is = |name: &str| task.as_deref() == Some(name);
        let trains = || is("train") || is("distil");
        match word {
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            Arg::Value(word) if task.is_none() && TASKS.iter().any(|task| word == *task) => {
                task = Some(word.to_string_lossy().into_owned());
                if word == "distil" {
                    train = Train::new(8000, "target/digits-distilled");
                }
            }
            Arg::Long("steps") if trains() => train.steps = steps(&mut words)?,
            Arg::Long("work") if trains() => train.work = path("--work", &mut words)?,
            Arg::Long("out") if trains() => train.out = path("--out", &mut words)?,
            Arg::Long("out") if is("measure") => measure.out = path("--out", &mut words)?,
            Arg::Long("parts") if is("measure") => measure.parts = path("--parts", &mut words)?,
            Arg::Long("shard") if is("measure") => measure.part = shard(measure.part, &mut words)?,
            Arg::Long("merge") if is("measure") => measure.part = merge(measure.part)?,
            Arg::Long("scale") if is("sample") => sample.scale = number("--scale", &mut words)?,
            Arg::Long("seed") if is("sample") => sample.seed = whole("--seed", &mut words)?,
            Arg::Long("weights") if is("sample") => sample.weights = path("--weights", &mut words)?,
            Arg::Long("out") if is("sample") => sample.out = path("--out", &mut words)?,
            other => return unexpected(other),
        }
    }
    match task.as_deref() {
        Some("train") => Ok(Task::Train(train)),
        Some("distil") => Ok(Task::Distil(train)),
        Some("measure") => Ok(Task::Measure(measure)),
        Some(_) => Ok(Task::Sample(sample)),
        None => Err("train, sample, distil or measure? --help says more".to_owned()),
    }
}
