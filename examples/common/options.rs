//! What stands after an option. Errors are sentences for the reader.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use lexopt::{Arg, Parser};

use super::shard::{Part, Shard};

/// What stands after an option, or behind its `=`.
pub fn value(option: &str, words: &mut Parser) -> Result<OsString, String> {
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

pub fn text(option: &str, words: &mut Parser) -> Result<String, String> {
    let word = value(option, words)?.into_string();
    word.map_err(|word| format!("{option} takes text, and {word:?} is none in UTF-8"))
}

/// The name of a file or folder.
pub fn path(option: &str, words: &mut Parser) -> Result<PathBuf, String> {
    let word = value(option, words)?;
    match word.is_empty() {
        true => Err(format!(
            "{option} takes the name of a file or folder, and this is empty"
        )),
        false => Ok(word.into()),
    }
}

pub fn number(option: &str, words: &mut Parser) -> Result<f64, String> {
    read(option, "a number", words)
}

pub fn whole<T: FromStr>(option: &str, words: &mut Parser) -> Result<T, String> {
    read(option, "a whole number", words)
}

fn read<T: FromStr>(option: &str, what: &str, words: &mut Parser) -> Result<T, String> {
    let word = value(option, words)?;
    let found = word.to_str().and_then(|word| word.parse().ok());
    found.ok_or_else(|| format!("{option} takes {what}, not {word:?}"))
}

/// What `--steps` says.
pub fn steps(words: &mut Parser) -> Result<u64, String> {
    match whole("--steps", words)? {
        0 => Err("--steps 0 would train nothing: at least 1".to_owned()),
        steps => Ok(steps),
    }
}

/// What `--shard` says of a task that is whole until then.
pub fn shard(part: Part, words: &mut Parser) -> Result<Part, String> {
    let word = text("--shard", words)?;
    match (part, Shard::parse(&word)) {
        (Part::Whole, Some(shard)) => Ok(Part::Shard(shard)),
        (Part::Whole, None) => Err(format!(
            "--shard takes a part such as 2/8, the second of eight, not {word:?}"
        )),
        _ => Err("either one --shard or --merge".to_owned()),
    }
}

/// What `--merge` says.
pub fn merge(part: Part) -> Result<Part, String> {
    match part {
        Part::Whole => Ok(Part::Merge),
        _ => Err("either one --shard or --merge".to_owned()),
    }
}

/// A word that has no meaning where it stands.
pub fn unexpected<T>(word: Arg) -> Result<T, String> {
    let what = word.unexpected();
    Err(format!("{what}: --help lists what there is"))
}
