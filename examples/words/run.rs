//! The steps from a text to sentences and a report, in the order that loses nothing.

use std::time::Instant;

use diffusion_intuition::prelude::*;
use diffusion_intuition::text::{Corpus, Vocabulary};

use crate::args::Args;
use crate::common::say::say;
use crate::folder::{self, Folder, INFILLED, REPORT, SAMPLES};
use crate::model::{self, Model, Text};
use crate::novelty::Learned;
use crate::page::{self, Infilled};

/// Sentences that fill in one with blanks.
const FILLED: usize = 20;

/// Sentences that are said.
const SAID: usize = 10;

pub fn run(args: &Args) -> Result<()> {
    // Whatever can be refused is refused before the work.
    let text = model::load(args)?;
    say(&text.corpus.report.to_string());
    let patterns = args
        .infill
        .iter()
        .map(|pattern| text.corpus.pattern(pattern));
    let patterns: Vec<Vec<Option<usize>>> = patterns.collect::<Result<_>>()?;
    let mut folder = folder::claim(&args.out, &args.file)?;
    let start = Instant::now();
    let seconds = || start.elapsed().as_secs_f64();
    let model = model::train(args, &text, &mut folder, |line| {
        say(&format!("{:6.0} s  {line}", seconds()));
    })?;
    let rng = &mut Rng::new(args.seed);
    let samples = model.write(args.samples, rng)?;
    let lines = samples
        .rows()
        .into_iter()
        .map(|row| text.corpus.text(&row.to_vec()));
    let lines: Vec<String> = lines.collect();
    let path = folder.write(SAMPLES, &(lines.join("\n") + "\n"))?;
    say(&format!(
        "\n{} sentences in {}, such as",
        lines.len(),
        path.display()
    ));
    lines
        .iter()
        .take(SAID)
        .for_each(|line| say(&format!("    {line}")));

    let mut infilled = Vec::new();
    for (pattern, words) in args.infill.iter().zip(&patterns) {
        infilled.push((pattern.clone(), fill(&text, &model, words, rng)?));
    }
    tell(&infilled, &mut folder)?;

    let number = |word| {
        text.corpus
            .vocabulary
            .index(word)
            .expect("a word of every corpus")
    };
    let (padding, unknown) = (number(Vocabulary::PADDING), number(Corpus::UNKNOWN));
    let learned = Learned::new(&text.train, padding, unknown);
    say(&format!(
        "\n{}",
        page::novelty(&text, &samples, &learned)?.text()
    ));
    page::remarks(&model.curve)
        .iter()
        .for_each(|remark| say(remark));
    let page = page::report(&text, &model, &samples, &learned, &infilled)?;
    let path = folder.write(REPORT, &page.html())?;
    say(&format!(
        "report in {}; {:.0} s in all",
        path.display(),
        seconds()
    ));
    Ok(())
}

/// Different sentences that fill the blanks, the most frequent first, each with how often it came.
fn fill(
    text: &Text,
    model: &Model,
    pattern: &[Option<usize>],
    rng: &mut Rng,
) -> Result<Vec<String>> {
    let found = model.infill(pattern, FILLED, rng)?;
    let mut counted: Vec<(String, usize)> = Vec::new();
    for row in found.rows() {
        let sentence = text.corpus.text(&row.to_vec());
        match counted.iter_mut().find(|(other, _)| *other == sentence) {
            Some((_, count)) => *count += 1,
            None => counted.push((sentence, 1)),
        }
    }
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let line = |(sentence, count): (String, usize)| match count {
        1 => sentence,
        _ => format!("{sentence}   ({count} of {FILLED})"),
    };
    Ok(counted.into_iter().map(line).collect())
}

fn tell(infilled: &[Infilled], folder: &mut Folder) -> Result<()> {
    if infilled.is_empty() {
        // What an earlier run filled in is not of this one.
        return folder.remove(INFILLED);
    }
    let mut all = String::new();
    for (pattern, found) in infilled {
        all += &format!("{pattern}\n");
        for sentence in found {
            all += &format!("    {sentence}\n");
        }
    }
    let path = folder.write(INFILLED, &all)?;
    say(&format!("\nfilled in, in {}:\n{all}", path.display()));
    Ok(())
}
