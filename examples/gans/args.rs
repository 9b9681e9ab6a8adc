//! What was typed after the program's name.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser};

use crate::common::options::{merge, path, shard, unexpected};
use crate::common::shard::Part;
use crate::method::Extent;

pub const HELP: &str = "\
Diffusion against GANs on data whose modes are known: the tables of section 4, over many seeds.

    cargo run --release --example gans -- [tune|runs|speed] [--out DIR]
    cargo run --release --example gans -- tune|runs --shard I/N [--quick] [--parts DIR]
    cargo run --release --example gans -- tune|runs --merge [--quick] [--parts DIR] [--out DIR]

tune     the settings of both GAN recipes, compared
runs     ten seeds of every method on every set
speed    seconds of training and sampling, which belong to the machine
         nothing said: all three, about 45 minutes on two cores
--shard  the I-th of N parts, I from 1: for processes on any machines of one kind, in any order
--merge  makes the tables of the parts, the same bytes as one process; says if one is missing, twice or another's
--parts  folder for the parts (default: target/gans, with --quick target/gans-quick)
--quick  a thousandth of the work, to try a queue: its numbers mean nothing
--out    folder for the tables (default: examples/gans, with --quick that of the parts)";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    Tune,
    Runs,
    Speed,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Args {
    pub tasks: Vec<Task>,
    pub extent: Extent,
    pub part: Part,
    pub parts: PathBuf,
    pub out: PathBuf,
}

/// `None` if help was asked for; an error is a sentence for the reader.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Option<Args>, String> {
    let words: Vec<OsString> = words.into_iter().collect();
    let mut words = Parser::from_args(words);
    let (mut task, mut extent, mut part) = (None, Extent::BOOK, Part::Whole);
    let (mut parts, mut out) = (None, None);
    while let Some(word) = words.next().map_err(|error| error.to_string())? {
        match word {
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            Arg::Value(word) if task.is_none() => {
                task = Some(match word.to_str() {
                    Some("tune") => Task::Tune,
                    Some("runs") => Task::Runs,
                    Some("speed") => Task::Speed,
                    _ => return Err(format!("{word:?} is none of tune, runs, speed")),
                });
            }
            Arg::Long("quick") => extent = Extent::QUICK,
            Arg::Long("shard") => part = shard(part, &mut words)?,
            Arg::Long("merge") => part = merge(part)?,
            Arg::Long("parts") => parts = Some(path("--parts", &mut words)?),
            Arg::Long("out") => out = Some(path("--out", &mut words)?),
            other => return unexpected(other),
        }
    }
    let book = extent == Extent::BOOK;
    if (part != Part::Whole || !book) && !matches!(task, Some(Task::Tune | Task::Runs)) {
        return Err("--shard, --merge and --quick are for tune or runs".to_owned());
    }
    let [tables, folder] = match book {
        true => [
            concat!(env!("CARGO_MANIFEST_DIR"), "/examples/gans"),
            "target/gans",
        ],
        false => ["target/gans-quick"; 2],
    };
    Ok(Some(Args {
        tasks: task.map_or(vec![Task::Tune, Task::Runs, Task::Speed], |task| vec![task]),
        extent,
        part,
        parts: parts.unwrap_or_else(|| folder.into()),
        out: out.unwrap_or_else(|| tables.into()),
    }))
}
