//! The report.

use diffusion_intuition::prelude::*;

use crate::model::{Model, Point, Text};
use crate::novelty::{Learned, Novelty};

/// Sentences that are shown.
const SHOWN: usize = 40;

/// What was filled in: the sentence with blanks, and some without.
pub type Infilled = (String, Vec<String>);

/// The page on a model, and what it wrote.
pub fn report(
    text: &Text,
    model: &Model,
    samples: &Array2<usize>,
    learned: &Learned,
    infilled: &[Infilled],
) -> Result<Report> {
    let mut page = Report::new(&format!("Sentences like those of {}", text.name));
    page.heading("The text");
    for line in text.corpus.report.to_string().lines() {
        page.text(line);
    }
    page.text(&format!(
        "{} sentences were learned from, {} held out, with all their copies.",
        text.train.nrows(),
        text.held_out.nrows()
    ));
    page.heading("Training").figure(&curve(&model.curve)?);
    for sentence in remarks(&model.curve) {
        page.text(&sentence);
    }
    page.heading("How much of it stands in the text")
        .table(&novelty(text, samples, learned)?)
        .text(
            "Pairs and triples are of neighbouring words. Real sentences that are held out have as many unknown ones as new \
             sentences of this kind have; samples that have fewer repeat what they have seen, samples that have more put \
             together what does not belong together.",
        );
    for (pattern, found) in infilled {
        page.heading(pattern);
        found.iter().for_each(|sentence| {
            page.text(sentence);
        });
    }
    page.heading("What it writes");
    let rows = samples.rows().into_iter().take(SHOWN).map(|sentence| {
        let sentence = sentence.to_vec();
        let stands = if learned.has(&sentence) { "yes" } else { "" };
        (verbatim(&text.corpus.text(&sentence)), stands)
    });
    page.table(&Table::new("as they came", ["sentence", "in the text"]).rows(rows)?);
    Ok(page)
}

fn curve(curve: &[Point]) -> Result<Figure> {
    let steps: Vec<f64> = curve.iter().map(|point| point.step as f64).collect();
    let training: Vec<f64> = curve.iter().map(|point| point.training).collect();
    let held_out: Vec<f64> = curve.iter().map(|point| point.held_out).collect();
    let last = curve.last().map_or(f64::NAN, |point| point.held_out);
    let most = held_out.iter().copied().fold(0.1, f64::max);
    Panel::new()
        .title("Learning curve")
        .x_label("step")
        .y_label("nats a word")
        .line("training", &steps, &training)
        .line("held out", &steps, &held_out)
        .y_range(0.0, 1.2 * most)
        .height(220.0)
        .figure(&format!(
            "Cross-entropy of the words given noised sentences, over steps; {last:.3} nats a word of held-out sentences at the \
             end."
        ))
}

/// What the curve says.
pub fn remarks(curve: &[Point]) -> Vec<String> {
    let mut remarks = vec![
        "−ln p of each word given a noised sentence, a mean over all noises. It cannot reach 0: noise hides words.".to_owned(),
    ];
    let best = curve
        .iter()
        .min_by(|a, b| a.held_out.total_cmp(&b.held_out));
    if let (Some(best), Some(last)) = (best, curve.last())
        && last.held_out > best.held_out * 1.02
    {
        remarks.push(format!(
            "From step {} on it learns by heart: there the held-out sentences had {:.3} nats a word, at the end {:.3}. More \
             text helps, or --steps {}.",
            best.step, best.held_out, last.held_out, best.step
        ));
    }
    remarks
}

/// A line for the samples, and one for real sentences that are held out.
pub fn novelty(text: &Text, samples: &Array2<usize>, learned: &Learned) -> Result<Table> {
    let columns = [
        "sentences",
        "number",
        "different",
        "in the text",
        "known pairs",
        "known triples",
        "words each",
        "unknown words",
    ];
    let row = |name: &str, sentences: &Array2<usize>| {
        let Novelty {
            copies,
            distinct,
            known: [pairs, triples],
            length,
            unknown,
        } = learned.novelty(sentences);
        let percent = |share: f64| match share.is_nan() {
            true => "–".to_owned(),
            false => format!("{:.1} %", 100.0 * share),
        };
        (
            name.to_owned(),
            sentences.nrows(),
            distinct,
            percent(copies),
            percent(pairs),
            percent(triples),
            num(length, 3),
            percent(unknown),
        )
    };
    let rows = [row("written", samples), row("held out", &text.held_out)];
    Table::new("What stands in the text already", columns).rows(rows)
}
