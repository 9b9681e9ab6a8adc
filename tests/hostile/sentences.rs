//! Grammars written by anyone, and what is exact of their sentences.

use diffusion_intuition::text::{ExactClassifier, ExactText, Grammar, Vocabulary, WordVectors};
use diffusion_intuition::{Denoiser, Prediction};

use crate::core::{timestep, valid_schedule};
use crate::draw::{Draw, no_nan, no_nan_f32};
use crate::harness::{self, Entry};

#[test]
fn hostile_input() {
    harness::run("sentences::hostile_input", ENTRIES);
}

const ENTRIES: &[Entry] = &[
    ("vocabularies", vocabularies),
    ("descriptions", descriptions),
    ("grammars", grammars),
    ("exact denoisers", exact),
    ("classifiers", classifiers),
];

/// What descriptions are made of, and what gets into them.
const PIECES: [&str; 30] = [
    "a",
    "b",
    "the",
    "ä",
    "·",
    "-",
    "*2",
    "*1e-9",
    "*1e9",
    "*-1",
    "*NaN",
    "*",
    "|",
    "|",
    "|",
    "||",
    "[",
    "]",
    "[x]",
    "[x/y]",
    "[x y]",
    "[x z]",
    "=",
    "n = x | y",
    "m = z *3 | w [x]",
    "#",
    "\n",
    "\n",
    "\r\n",
    "\0",
];

/// Alternatives that fit the attributes of `valid`.
const ALTERNATIVES: [&str; 12] = [
    "a",
    "b *1e9",
    "a b",
    "- *1e-9",
    "-",
    "b [x]",
    "a a [y w] *0.3",
    "c [z]",
    "- [x/y]",
    "d [y]",
    "b b b",
    "a *1e-9",
];

fn pieces(draw: &Draw) -> String {
    let pieces = (0..draw.small()).map(|_| draw.one(&PIECES));
    pieces.collect::<Vec<_>>().join(draw.one(&[" ", " ", ""]))
}

/// A description that reads, of a few slots.
fn valid(draw: &Draw) -> Option<Grammar> {
    let mut text = String::from("n = x *1e-9 | y\nm = z *3 | w [y]\n");
    for _ in 0..1 + draw.small() % 6 {
        let alternatives = (0..draw.small() % 6).map(|_| draw.one(&ALTERNATIVES));
        text += &[vec!["e"], alternatives.collect()].concat().join(" | ");
        text.push('\n');
    }
    Grammar::new(&text, draw.one(&[1, 3, 6, 12, 20])).ok()
}

fn vocabularies(draw: &Draw) -> Result<(), String> {
    let words: Vec<&str> = (0..draw.small()).map(|_| draw.one(&PIECES)).collect();
    let Ok(vocabulary) = Vocabulary::new(words) else {
        return Ok(());
    };
    let (text, places) = (pieces(draw), draw.size());
    if let Ok(sentence) = vocabulary.parse(&text, places)
        && (sentence.len() != places || sentence.iter().any(|word| *word >= vocabulary.len()))
    {
        return Err(format!("{text:?} became {sentence:?}"));
    }
    let pattern = vocabulary.pattern(&(text + draw.one(&["", " ...", "___"])), places);
    if pattern.is_ok_and(|pattern| pattern.len() != places) {
        return Err("a pattern of another length".into());
    }
    vocabulary.text(&[draw.size(), draw.small()]);
    Ok(())
}

fn descriptions(draw: &Draw) -> Result<(), String> {
    let text = pieces(draw);
    let Ok(grammar) = Grammar::new(&text, draw.size()) else {
        return Ok(());
    };
    questions(draw, &grammar)
}

fn grammars(draw: &Draw) -> Result<(), String> {
    valid(draw).map_or(Ok(()), |grammar| questions(draw, &grammar))
}

/// What is sampled is of the language, and numbers are finite.
fn questions(draw: &Draw, grammar: &Grammar) -> Result<(), String> {
    let name = |error: diffusion_intuition::Error| error.to_string();
    no_nan("entropy", &[grammar.entropy(), grammar.sentences()])?;
    let samples = grammar
        .sample(draw.small(), &mut draw.rng())
        .map_err(name)?;
    for sentence in samples.rows() {
        let mut sentence = sentence.to_vec();
        let ln_p = grammar.log_prob(&sentence).map_err(name)?;
        if !ln_p.is_finite() || grammar.first_error(&sentence) != Ok(None) {
            return Err(format!("{sentence:?} was sampled with ln p = {ln_p}"));
        }
        for (attribute, _) in grammar.attributes() {
            grammar.attribute(attribute, &sentence).map_err(name)?;
        }
        let place = draw.size() % sentence.len();
        sentence[place] = draw.size();
        let _ = grammar.first_error(&sentence);
    }
    let _ = grammar.sample(draw.size(), &mut draw.rng());
    let _ = grammar.labels(draw.one(&["n", "m", "o"]), &samples);
    let wanted = [
        ("n", draw.one(&["x", "y", "z"])),
        ("m", draw.one(&["z", "w"])),
    ];
    if let Ok((given, p)) = grammar.given(&wanted[..draw.small() % 3]) {
        if !(p > 0.0 && p < 1.0 + 1e-9) {
            return Err(format!("p = {p}"));
        }
        no_nan("entropy given", &[given.entropy()])?;
    }
    Ok(())
}

fn exact(draw: &Draw) -> Result<(), String> {
    let schedule = valid_schedule(draw);
    let Some(grammar) = valid(draw) else {
        return Ok(());
    };
    let (words, d) = (grammar.vocabulary().len(), 1 + draw.small() % 4);
    let words = if draw.rarely(8) { draw.small() } else { words };
    let Ok(vectors) = WordVectors::new(draw.rows(words, d)) else {
        return Ok(());
    };
    let kind = draw.one(&[Prediction::Eps, Prediction::X0, Prediction::V]);
    let Ok(mut exact) = ExactText::new(&grammar, &vectors, &schedule, kind) else {
        return Ok(());
    };
    if draw.rarely(2) {
        let known = (0..grammar.places())
            .map(|_| draw.one(&[None, None, None, Some(0), Some(draw.size())]));
        match exact.known(&known.collect::<Vec<_>>()) {
            Ok(known) => exact = known,
            Err(_) => return Ok(()),
        }
    }
    let columns = if draw.rarely(8) {
        draw.small()
    } else {
        grammar.places() * d
    };
    let (x, t) = (draw.rows(draw.small(), columns), timestep(draw, &schedule));
    if let Ok(answer) = exact.denoise(&x, t) {
        no_nan_f32("denoise", &answer)?;
    }
    if let (Ok(posteriors), Ok(entropies)) = (exact.posteriors(&x, t), exact.entropies(&x, t)) {
        for row in posteriors.rows() {
            let sum = row.sum();
            // Rounding of as many products as there are places.
            if (sum - 1.0).abs() > 1e-12 {
                return Err(format!("a posterior adds up to {sum}"));
            }
        }
        no_nan("entropies", &entropies)?;
        no_nan(
            "log density",
            &exact
                .log_density(&x, t)
                .map_err(|error| error.to_string())?,
        )?;
        for sentence in exact
            .draw(&x, t, &mut draw.rng())
            .map_err(|error| error.to_string())?
            .rows()
        {
            if grammar.first_error(&sentence.to_vec()) != Ok(None) {
                return Err(format!("{sentence} was drawn"));
            }
        }
    }
    let _ = exact.floor(0..timestep(draw, &schedule), draw.size(), &mut draw.rng());
    Ok(())
}

fn classifiers(draw: &Draw) -> Result<(), String> {
    let (schedule, grammar) = (valid_schedule(draw), valid(draw));
    let Some(grammar) = grammar else {
        return Ok(());
    };
    let Ok(vectors) = WordVectors::new(draw.rows(grammar.vocabulary().len(), 2)) else {
        return Ok(());
    };
    let wanted = [
        ("n", draw.one(&["x", "y", "z"])),
        ("m", draw.one(&["z", "w"])),
    ];
    let Ok(classifier) =
        ExactClassifier::new(&grammar, &wanted[..draw.small() % 3], &vectors, &schedule)
    else {
        return Ok(());
    };
    let x = draw.rows(
        draw.small(),
        draw.one(&[2 * grammar.places(), draw.small()]),
    );
    let t = timestep(draw, &schedule);
    if let Ok(ln_p) = classifier.log_prob(&x, t) {
        no_nan("ln p of an attribute", &ln_p)?;
        no_nan(
            "its gradient",
            &classifier
                .gradient(&x, t)
                .map_err(|error| error.to_string())?,
        )?;
    }
    let kind = draw.one(&[Prediction::Eps, Prediction::X0, Prediction::V]);
    let exact =
        ExactText::new(&grammar, &vectors, &schedule, kind).map_err(|error| error.to_string())?;
    if let Ok(guided) = classifier.guide(&exact, draw.f64()) {
        let _ = guided.denoise(&x, t);
    }
    Ok(())
}
