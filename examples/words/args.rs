//! What was typed after the program's name.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser};

use crate::common::options::{path, steps, text, unexpected, whole};

pub const HELP: &str = "\
Learns the sentences of a text file by diffusion, and writes others like them.

    cargo run --release --example words -- FILE [--out DIR] [--steps N] [--samples N] [--infill TEXT]...
                                           [--min-count N] [--max-words N] [--places N] [--width N] [--seed N]

FILE         text in UTF-8 or UTF-16, one sentence a line; some thousand lines are few. It becomes lower case, commas
             and points are words like others, empty lines are passed over
--out        folder for samples.txt, infilled.txt, report.html, curve.csv, checkpoint.safetensors and words.txt, which
             says what may be written again; other files are never overwritten (default: target/words)
--steps      training steps, each of 64 sentences (default: 3000)
--samples    sentences to write (default: 100)
--infill     a sentence with blanks to fill, such as \"the ___ engineers ___ the bridge\"; may be given several times
--min-count  how often a word must occur, not to become <unk>, the unknown word (default: 2)
--max-words  words of the vocabulary at most, the most frequent (default: 2000)
--places     words of a sentence at most; longer ones are left out (default: what holds 95 % of the lines)
--width      of the Transformer, a multiple of 4: 64 learns short sentences in minutes, 128 more and four times as
             long (default: 64)
--seed       fixes every random number (default: 0)
--           what follows is a FILE, even if it begins with -

Stop it when you like. The same command again goes on from the last checkpoint in the folder; --samples and --infill
may be others. Some of the lines are held out: report.html says what the network finds likely of those, how much of what
it writes stands in the text word for word, and from which step on it learns by heart.";

/// A run as it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Args {
    pub file: PathBuf,
    pub out: PathBuf,
    pub steps: u64,
    pub samples: usize,
    pub infill: Vec<String>,
    pub min_count: usize,
    pub max_words: usize,
    pub places: Option<usize>,
    pub width: usize,
    pub seed: u64,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            file: PathBuf::new(),
            out: "target/words".into(),
            steps: 3000,
            samples: 100,
            infill: Vec::new(),
            min_count: 2,
            max_words: 2000,
            places: None,
            width: 64,
            seed: 0,
        }
    }
}

/// `None` if help was asked for; an error is a sentence for the reader.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Option<Args>, String> {
    let mut args = Args::default();
    let words: Vec<OsString> = words.into_iter().collect();
    let mut words = Parser::from_args(words);
    while let Some(word) = words.next().map_err(|error| error.to_string())? {
        match word {
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            Arg::Long("out") => args.out = path("--out", &mut words)?,
            Arg::Long("steps") => args.steps = steps(&mut words)?,
            Arg::Long("samples") => args.samples = whole("--samples", &mut words)?,
            Arg::Long("infill") => args.infill.push(text("--infill", &mut words)?),
            Arg::Long("min-count") => args.min_count = whole("--min-count", &mut words)?,
            Arg::Long("max-words") => args.max_words = whole("--max-words", &mut words)?,
            Arg::Long("places") => args.places = Some(whole("--places", &mut words)?),
            Arg::Long("width") => args.width = whole("--width", &mut words)?,
            Arg::Long("seed") => args.seed = whole("--seed", &mut words)?,
            Arg::Value(file) if file.is_empty() => {
                return Err("the name of the file is empty".to_owned());
            }
            Arg::Value(file) if !args.file.as_os_str().is_empty() => {
                return Err(format!("one file at a time: what is {file:?}?"));
            }
            Arg::Value(file) => args.file = file.into(),
            other => return unexpected(other),
        }
    }
    check(args).map(Some)
}

fn check(args: Args) -> Result<Args, String> {
    if args.file.as_os_str().is_empty() {
        return Err("a text file with a sentence a line is needed; --help says more".to_owned());
    }
    if args.width == 0 || !args.width.is_multiple_of(4) {
        let width = args.width;
        return Err(format!(
            "--width {width}: a multiple of 4, for four heads share it"
        ));
    }
    for (option, value) in [
        ("--min-count", Some(args.min_count)),
        ("--max-words", Some(args.max_words)),
        ("--places", args.places),
    ] {
        if value == Some(0) {
            return Err(format!("{option} 0 would leave nothing: at least 1"));
        }
    }
    Ok(args)
}
