//! Texts: no panic, every refusal names what is wrong, and what was read is whole.

use diffusion_intuition::Error;
use diffusion_intuition::text::{Corpus, CorpusConfig};

use crate::draw::Draw;
use crate::harness::{self, Entry};

#[test]
fn hostile_input() {
    harness::run("corpus::hostile_input", ENTRIES);
}

const ENTRIES: &[Entry] = &[("Corpus::parse", parse), ("patterns", patterns)];

/// What lines are made of, and what gets into them.
const PIECES: [&str; 40] = [
    "the",
    "The",
    "sea",
    "don't",
    "’",
    "'",
    "-",
    "--",
    ".",
    "...",
    ",",
    "1,000",
    "3.14",
    "\"",
    "“",
    "(",
    ")",
    "___",
    "_",
    "·",
    "··",
    "<unk>",
    " ",
    " ",
    " ",
    "\t",
    "\n",
    "\n",
    "\r\n",
    "\r",
    "\u{feff}",
    "\0",
    "\u{301}",
    "\u{200d}",
    "\u{ad}",
    "İ",
    "ß",
    "我",
    "👍🏽",
    "\u{1b}[2J",
];

fn text(draw: &Draw) -> String {
    let length = draw.one(&[0, 1, 5, 40, 300]);
    (0..length).map(|_| draw.one(&PIECES)).collect()
}

fn config(draw: &Draw) -> CorpusConfig {
    CorpusConfig {
        min_count: draw.one(&[1, 1, 2, 3, 0, usize::MAX]),
        max_words: draw.one(&[None, None, Some(1), Some(3), Some(0), Some(usize::MAX)]),
        places: draw
            .rarely(2)
            .then(|| draw.one(&[1, 4, 60, 60, 0, 1 << 40, usize::MAX])),
    }
}

fn parse(draw: &Draw) -> Result<(), String> {
    let (text, config) = (text(draw), config(draw));
    let corpus = match Corpus::parse(&text, &config) {
        Ok(corpus) => corpus,
        Err(Error::File { reason, .. }) if !reason.is_empty() => return Ok(()),
        Err(Error::Parameter { .. } | Error::Size { .. }) => return Ok(()),
        Err(other) => return Err(format!("{other:?}")),
    };
    let (n, places) = corpus.sentences.dim();
    let report = &corpus.report;
    let lines = report.empty + report.too_long + report.sentences;
    if (n, lines) != (report.sentences, report.lines) || corpus.lines.len() != n {
        return Err(format!("{n} sentences, {report:?}"));
    }
    if config.places.is_some_and(|wanted| wanted != places) {
        return Err(format!("{places} places, {config:?}"));
    }
    let size = corpus.vocabulary.len();
    let padding = corpus.vocabulary.padding();
    for sentence in corpus.sentences.rows() {
        let ends = sentence.iter().position(|word| Some(*word) == padding);
        let words = ends.unwrap_or(places);
        if words == 0 || sentence.iter().any(|word| *word >= size) {
            return Err(format!("{sentence:?}"));
        }
        if sentence
            .iter()
            .skip(words)
            .any(|word| Some(*word) != padding)
        {
            return Err(format!("padding within {sentence:?}"));
        }
        let written = corpus.text(&sentence.to_vec());
        if written.is_empty() {
            return Err(format!("{sentence:?} is written as nothing"));
        }
    }
    match corpus.split(draw.size(), &mut draw.rng()) {
        Ok((train, held_out)) if train.nrows() + held_out.nrows() != n => {
            Err(format!("{} and {} of {n}", train.nrows(), held_out.nrows()))
        }
        _ => Ok(()),
    }
}

fn patterns(draw: &Draw) -> Result<(), String> {
    let Ok(corpus) = Corpus::parse(
        "the sea , the \" sea don't .",
        &CorpusConfig {
            min_count: 1,
            ..CorpusConfig::default()
        },
    ) else {
        return Err("a plain text".into());
    };
    match corpus.pattern(&text(draw)) {
        Ok(pattern) if pattern.len() != corpus.places() => Err(format!("{pattern:?}")),
        Ok(_) | Err(Error::Name { .. } | Error::Shape { .. }) => Ok(()),
        Err(other) => Err(format!("{other:?}")),
    }
}
