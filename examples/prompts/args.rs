//! What was typed after the program's name.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use lexopt::{Arg, Parser};

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

#[derive(Debug, Clone, PartialEq)]
pub struct Train {
    pub steps: u64,
    pub work: PathBuf,
    pub out: PathBuf,
}

/// An error is a sentence for the reader.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Task, String> {
    let words: Vec<OsString> = words.into_iter().collect();
    let mut words = Parser::from_args(words);
    let mut train = Train {
        steps: 40_000,
        work: "target/prompts".into(),
        out: "weights".into(),
    };
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
            Arg::Long("n") if is("paint") => paint.n = number("--n", &mut words)?,
            Arg::Long("not") if is("paint") => paint.instead_of = Some(text(&mut words)?),
            Arg::Long("scale") if is("paint") => paint.scale = number("--scale", &mut words)?,
            Arg::Long("seed") if is("paint") => paint.seed = number("--seed", &mut words)?,
            Arg::Long("weights") if is("paint") || is("measure") => {
                paint.weights = path(&mut words)?;
            }
            Arg::Long("out") | Arg::Short('o') if is("paint") => paint.out = path(&mut words)?,
            Arg::Long("steps") if is("train") => train.steps = number("--steps", &mut words)?,
            Arg::Long("work") if is("train") => train.work = path(&mut words)?,
            Arg::Long("out") if is("train") => train.out = path(&mut words)?,
            other => {
                let what = other.unexpected();
                return Err(format!("{what}: --help lists what there is"));
            }
        }
    }
    match task.as_deref() {
        Some("train") if train.steps == 0 => Err("--steps 0 would train nothing".to_owned()),
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

fn text(words: &mut Parser) -> Result<String, String> {
    let word = words.value().map_err(|error| error.to_string())?;
    Ok(word.to_string_lossy().into_owned())
}

fn path(words: &mut Parser) -> Result<PathBuf, String> {
    let word = words.value().map_err(|error| error.to_string())?;
    match word.is_empty() {
        true => Err("the name of a file or folder is empty".to_owned()),
        false => Ok(word.into()),
    }
}

fn number<T: FromStr>(option: &str, words: &mut Parser) -> Result<T, String> {
    let word = words.value().map_err(|error| error.to_string())?;
    let read = word.to_str().and_then(|word| word.parse().ok());
    read.ok_or_else(|| format!("{option} takes a number, not {word:?}"))
}
