//! The program `examples/sentences`: its arguments, its classes, its measures and its weights.

#[path = "../examples/sentences/args.rs"]
mod args;
#[path = "../examples/common/mod.rs"]
mod common;
#[expect(dead_code, reason = "the run that uses the rest takes minutes")]
#[path = "../examples/sentences/measure.rs"]
mod measure;
#[expect(dead_code, reason = "the run that uses the rest takes minutes")]
#[path = "../examples/sentences/recipe.rs"]
mod recipe;
#[path = "../examples/sentences/table.rs"]
mod table;

use std::ffi::OsString;

use args::{HELP, Sample, Task, parse};
use common::training::Train;
use diffusion_intuition::network::Network;
use diffusion_intuition::prelude::*;
use diffusion_intuition::text::Reading;
use measure::TS;
use recipe::Language;
use table::{Row, csv};

fn parsed(line: &str) -> Result<Task, String> {
    parse(line.split_whitespace().map(OsString::from))
}

#[test]
fn arguments_are_read() {
    let language = Language::Free;
    let train = Train {
        steps: 40,
        work: "w".into(),
        out: "weights".into(),
    };
    assert_eq!(
        parsed("train free --steps 40 --work w"),
        Ok(Task::Train(language, train))
    );
    let Ok(Task::Train(Language::Aligned, train)) = parsed("train aligned") else {
        panic!("it trains");
    };
    assert_eq!(train.steps, Language::Aligned.steps());
    assert_eq!(train.work.to_str(), Some("target/sentences-aligned"));
    let pairs = [("topic", "sea"), ("tense", "past")];
    let sample = Sample {
        language,
        about: pairs.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec(),
        scale: 2.5,
        clamp: true,
        count: 3,
        seed: 1,
        weights: "weights/free.safetensors".into(),
    };
    let line = "sample free --about topic=sea,tense=past --scale 2.5 --clamp --count 3 --seed 1";
    assert_eq!(parsed(line), Ok(Task::Sample(sample)));
    assert_eq!(parsed("train --help"), Ok(Task::Help));
    for option in [
        "--steps",
        "--work",
        "--out",
        "--about",
        "--scale",
        "--clamp",
        "--count",
        "--seed",
        "--weights",
    ] {
        assert!(HELP.contains(&format!(" {option} ")), "{option}");
    }
    for (wrong, part) in [
        ("", "train or sample?"),
        ("paint", "paint"),
        ("train", "which language"),
        ("train latin", "no language \"latin\""),
        ("train free aligned", "aligned"),
        ("train free --scale 2", "--scale"),
        ("sample free --steps 2", "--steps"),
        ("train free --steps many", "takes a whole number"),
        ("train free --steps 0", "at least 1"),
        ("sample free --about sea", "pairs such as"),
        ("sample free --scale", "--scale"),
    ] {
        let found = parsed(wrong).unwrap_err();
        assert!(found.contains(part), "{wrong}: {found}");
    }
}

/// The labels are those of the grammar's own reading, the last attribute changing fastest.
#[test]
fn classes_are_combinations_of_attributes() {
    for (language, classes) in [(Language::Aligned, 24), (Language::Free, 6)] {
        let grammar = language.grammar();
        assert_eq!(language.classes(&grammar).len(), classes);
        assert_eq!(language.network().unwrap().classes(), classes);
        let (sentences, labels) = language.data().unwrap();
        assert_eq!(
            (sentences.nrows(), sentences.ncols()),
            (labels.len(), grammar.places())
        );
        let some: Vec<usize> = (0..labels.len()).step_by(997).collect();
        let sentences = sentences.select(Axis(0), &some);
        let mut expected = vec![0; some.len()];
        for name in language.told() {
            let all = grammar.attributes();
            let values = &all.iter().find(|(other, _)| other == name).unwrap().1;
            let found = grammar.labels(name, &sentences).unwrap();
            for (class, label) in expected.iter_mut().zip(found) {
                *class = *class * values.len() + label.unwrap();
            }
        }
        let labels: Vec<usize> = some.iter().map(|i| labels[*i]).collect();
        assert_eq!(labels, expected);
        assert_eq!((labels[0], labels[labels.len() - 1]), (0, classes - 1));
        assert_eq!(grammar.read(&sentences).unwrap().share(), 1.0);
    }
}

#[test]
fn the_table_has_every_number_under_its_name() {
    let reading = |valid, nll: &[f64]| Reading {
        count: 8,
        valid,
        distinct: valid - 1,
        nll: (!nll.is_empty()).then(|| metrics::Estimate::of(nll).unwrap()),
    };
    let row = Row {
        step: 500,
        seconds: 12.4,
        training: 0.5,
        of_t: (0..TS.len()).map(|i| [i as f64, 0.125]).collect(),
        written: reading(6, &[12.0, 13.0]),
        clamped: reading(1, &[]),
        told: reading(8, &[11.0, 11.0]),
        obeyed: 0.75,
    };
    assert!(row.to_string().starts_with("step 500: 75.0 % valid"));
    let text = csv(&[row]);
    let lines: Vec<&str> = text.lines().collect();
    let names: Vec<&str> = lines[0].split(',').collect();
    let numbers: Vec<&str> = lines[1].split(',').collect();
    assert_eq!((lines.len(), names.len(), numbers.len()), (2, 40, 40));
    for (name, expected) in [
        ("step", "500"),
        ("seconds", "12"),
        ("training_loss", "0.5000"),
        ("cross_entropy_60", "1.1250"),
        ("floor_60", "1.0000"),
        ("excess_190", "0.1250"),
        ("valid", "0.7500"),
        ("distinct", "5"),
        ("nll", "12.500"),
        ("nll_error", "0.500"),
        ("clamped_valid", "0.1250"),
        ("clamped_nll", ""),
        ("told_valid", "1.0000"),
        ("told_nll", "11.000"),
        ("as_told", "0.7500"),
    ] {
        let column = names.iter().position(|other| *other == name);
        assert_eq!(
            column.map(|column| numbers[column]),
            Some(expected),
            "{name}"
        );
    }
}

/// Written with the committed weights, told nothing and told a class each: not worse than the table says, by more than
/// five standard deviations of so few.
#[test]
fn the_weights_write() {
    for (language, told_nothing, told) in [
        (Language::Aligned, 0.98, 0.98),
        (Language::Free, 0.82, 0.88),
    ] {
        let grammar = language.grammar();
        let mut network = language.network().unwrap();
        let file = format!("weights/{}.safetensors", language.name());
        network.parameters_mut().load(file).unwrap();
        let classes = language.classes(&grammar).len();
        let labels: Vec<Option<usize>> = (0..200).map(|i| Some(i % classes)).collect();
        for (labels, least) in [(vec![None; 200], told_nothing), (labels, told)] {
            let written = recipe::write(&network, &labels, 1.0, false, &mut Rng::new(9)).unwrap();
            let share = grammar.read(&written).unwrap().share();
            assert!(share > least, "{}: {share}", language.name());
        }
    }
}
