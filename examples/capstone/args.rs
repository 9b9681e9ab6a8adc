//! What was typed after the program's name.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser};

use crate::common::options::{path, steps, whole};

pub const HELP: &str = "\
Trains a diffusion model on a table of numbers, judges it by rows that it never saw, and writes samples and a report.

    cargo run --release --example capstone -- [FILE] [--out DIR] [--steps N] [--seed N]

FILE      numbers separated by commas, semicolons, tabs, bars or spaces, one row a line, with or without a line
          of names; without it, the chapter's 400 points
--out     folder for samples.csv, report.html, checkpoint.safetensors and capstone.txt, which says what may be
          written again; other files are never overwritten (default: target/capstone)
--steps   training steps (default: 2000)
--seed    fixes every random number (default: 0)
--        what follows is a FILE, even if it begins with -

Stop it when you like. The same command again goes on from the last checkpoint in the folder.";

/// A run as it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Args {
    pub file: Option<PathBuf>,
    pub out: PathBuf,
    pub steps: u64,
    pub seed: u64,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            file: None,
            out: PathBuf::from("target/capstone"),
            steps: 2000,
            seed: 0,
        }
    }
}

/// `None` if help was asked for; an error is a sentence for the reader.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Option<Args>, String> {
    let mut args = Args::default();
    let words: Vec<OsString> = words.into_iter().collect();
    let mut words = Parser::from_args(words);
    loop {
        let word = words.next().map_err(|error| error.to_string())?;
        match word {
            None => break,
            Some(Arg::Long("help") | Arg::Short('h')) => return Ok(None),
            Some(Arg::Long("out")) => args.out = path("--out", &mut words)?,
            Some(Arg::Long("steps")) => args.steps = steps(&mut words)?,
            Some(Arg::Long("seed")) => args.seed = whole("--seed", &mut words)?,
            Some(Arg::Long(option)) => return Err(unknown("--", option)),
            Some(Arg::Short(option)) => return Err(unknown("-", &option.to_string())),
            Some(Arg::Value(file)) if file.is_empty() => {
                return Err("the name of the file is empty".to_owned());
            }
            Some(Arg::Value(file)) if args.file.is_some() => {
                return Err(format!("one file at a time: what is {file:?}?"));
            }
            Some(Arg::Value(file)) => args.file = Some(PathBuf::from(file)),
        }
    }
    Ok(Some(args))
}

fn unknown(dashes: &str, option: &str) -> String {
    format!(
        "there is no option {dashes}{option}; --help lists those there are, and -- goes before a file of that name"
    )
}
