//! What was typed after the program's name.

use std::path::PathBuf;

pub const HELP: &str = "\
Trains a diffusion model on a table of numbers, judges it by rows that it never saw, and writes samples and a report.

    cargo run --release --example capstone -- [FILE] [--out DIR] [--steps N] [--seed N]

FILE      numbers separated by commas, semicolons, tabs or spaces, one row a line, with or without a line of
          names; without it, the chapter's 400 points
--out     folder for checkpoint.safetensors, samples.csv and report.html (default: target/capstone)
--steps   training steps (default: 2000)
--seed    fixes every random number (default: 0)

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
pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Option<Args>, String> {
    let mut args = Args::default();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        // `--steps=100` is `--steps 100`.
        let (name, mut value) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => {
                (name.to_owned(), Some(value.to_owned()))
            }
            _ => (word, None),
        };
        let mut value = || {
            let given = value.take().or_else(|| words.next());
            given.ok_or_else(|| format!("{name} needs a value after it"))
        };
        match name.as_str() {
            "--help" | "-h" => return Ok(None),
            "--out" => args.out = PathBuf::from(value()?),
            "--steps" => args.steps = number("--steps", &value()?)?,
            "--seed" => args.seed = number("--seed", &value()?)?,
            option if option.starts_with('-') => {
                return Err(format!(
                    "there is no option {option}; --help lists those there are"
                ));
            }
            _ if args.file.is_some() => {
                return Err(format!("one file at a time: what is {name:?}?"));
            }
            _ => args.file = Some(PathBuf::from(name)),
        }
    }
    if args.steps == 0 {
        return Err("--steps 0 would train nothing: at least 1".to_owned());
    }
    Ok(Some(args))
}

fn number(option: &str, text: &str) -> Result<u64, String> {
    let found = text.parse();
    found.map_err(|_| format!("{option} takes a whole number, not {text:?}"))
}
