//! What was typed after the program's name.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser};

use crate::common::options::{number, path, steps, text, unexpected, whole};
use crate::common::training::Train;
use crate::recipe::Language;

pub const HELP: &str = "\
Trains the book's Transformer on the sentences of a grammar, or shows what it writes.

    cargo run --release --example sentences -- train LANGUAGE [--steps N] [--work DIR] [--out DIR]
    cargo run --release --example sentences -- sample LANGUAGE [--about NAME=VALUE,...] [--scale S] [--clamp]
                                               [--count N] [--seed N] [--weights FILE]

LANGUAGE  aligned: ten words, each in its slot; free: up to sixteen, with parts that may be left out
train     --steps    training steps, along one cosine of the learning rate (default: those of the weights)
          --work     folder of the run, which goes on from there (default: target/sentences-LANGUAGE)
          --out      folder for LANGUAGE.safetensors and LANGUAGE.csv (default: weights)
sample    --about    a value for each attribute that the network can be told; aligned: topic (sea, city, garden,
                     space), tense (past, present, future), polarity (affirmed, negated); free: topic (sea, city,
                     garden), tense (past, present)
          --scale    of the guidance, 1 + w; 1 is none (default: 1)
          --clamp    every place of x0 on the nearest word vector, at every step
          --count    sentences (default: 10)
          --seed     fixes every random number (default: 0)
          --weights  the network (default: weights/LANGUAGE.safetensors)";

#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    Help,
    Train(Language, Train),
    Sample(Sample),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub language: Language,
    pub about: Vec<(String, String)>,
    pub scale: f64,
    pub clamp: bool,
    pub count: usize,
    pub seed: u64,
    pub weights: PathBuf,
}

/// An error is a sentence for the reader.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Task, String> {
    let words: Vec<OsString> = words.into_iter().collect();
    let mut words = Parser::from_args(words);
    let (mut task, mut language) = (None, None);
    let (mut length, mut work, mut out, mut weights) = (None, None, None, None);
    let (mut about, mut scale, mut clamp) = (Vec::new(), 1.0, false);
    let (mut count, mut seed) = (10, 0);
    while let Some(word) = words.next().map_err(|error| error.to_string())? {
        let is = |name: &str| task.as_deref() == Some(name);
        match word {
            Arg::Long("help") | Arg::Short('h') => return Ok(Task::Help),
            Arg::Value(word) if task.is_none() && (word == "train" || word == "sample") => {
                task = Some(word.to_string_lossy().into_owned());
            }
            Arg::Value(word) if task.is_some() && language.is_none() => {
                language = Some(Language::named(&word.to_string_lossy())?);
            }
            Arg::Long("steps") if is("train") => length = Some(steps(&mut words)?),
            Arg::Long("work") if is("train") => work = Some(path("--work", &mut words)?),
            Arg::Long("out") if is("train") => out = Some(path("--out", &mut words)?),
            Arg::Long("about") if is("sample") => about = pairs(&mut words)?,
            Arg::Long("scale") if is("sample") => scale = number("--scale", &mut words)?,
            Arg::Long("clamp") if is("sample") => clamp = true,
            Arg::Long("count") if is("sample") => count = whole("--count", &mut words)?,
            Arg::Long("seed") if is("sample") => seed = whole("--seed", &mut words)?,
            Arg::Long("weights") if is("sample") => weights = Some(path("--weights", &mut words)?),
            other => return unexpected(other),
        }
    }
    let task = task.ok_or("train or sample? --help says more")?;
    let language = language.ok_or("which language, aligned or free?")?;
    let name = language.name();
    if task == "sample" {
        let weights = weights.unwrap_or_else(|| format!("weights/{name}.safetensors").into());
        return Ok(Task::Sample(Sample {
            language,
            about,
            scale,
            clamp,
            count,
            seed,
            weights,
        }));
    }
    let steps = length.unwrap_or(language.steps());
    let mut train = Train::new(steps, &format!("target/sentences-{name}"));
    train.work = work.unwrap_or(train.work);
    train.out = out.unwrap_or(train.out);
    Ok(Task::Train(language, train))
}

fn pairs(words: &mut Parser) -> Result<Vec<(String, String)>, String> {
    let word = text("--about", words)?;
    let pairs = word.split(',').map(|pair| {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            format!("--about takes pairs such as topic=sea,tense=past, not {pair:?}")
        })?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    });
    pairs.collect()
}
