//! What was typed after the program's name.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser};

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
            Some(Arg::Long("out")) => {
                args.out = PathBuf::from(value("--out", &mut words)?);
                if args.out.as_os_str().is_empty() {
                    return Err("--out takes the name of a folder, and this is empty".to_owned());
                }
            }
            Some(Arg::Long("steps")) => args.steps = number("--steps", &mut words)?,
            Some(Arg::Long("seed")) => args.seed = number("--seed", &mut words)?,
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
    if args.steps == 0 {
        return Err("--steps 0 would train nothing: at least 1".to_owned());
    }
    Ok(Some(args))
}

fn unknown(dashes: &str, option: &str) -> String {
    format!(
        "there is no option {dashes}{option}; --help lists those there are, and -- goes before a file of that name"
    )
}

/// What stands after an option, or behind its `=`.
fn value(option: &str, words: &mut Parser) -> Result<OsString, String> {
    if let Some(value) = words.optional_value() {
        return Ok(value);
    }
    let mut rest = words.raw_args().map_err(|error| error.to_string())?;
    let is_option = |word: &str| {
        let mut chars = word.chars();
        chars.next() == Some('-') && chars.next().is_some_and(|c| !c.is_ascii_digit())
    };
    match rest.peek() {
        None => Err(format!("{option} needs a value after it")),
        Some(next) if is_option(&next.to_string_lossy()) => Err(format!(
            "{option} needs a value after it, and {next:?} is an option; write {option}={} if it is meant",
            next.display()
        )),
        Some(_) => Ok(rest.next().unwrap_or_default()),
    }
}

fn number(option: &str, words: &mut Parser) -> Result<u64, String> {
    let text = value(option, words)?;
    let found = text.to_str().and_then(|text| text.parse().ok());
    found.ok_or_else(|| format!("{option} takes a whole number, not {text:?}"))
}
