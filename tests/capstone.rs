//! The program `examples/capstone`, piece by piece, on a tiny data set.

#[path = "../examples/capstone/args.rs"]
mod args;
#[path = "../examples/capstone/model.rs"]
mod model;
#[path = "../examples/capstone/page.rs"]
mod page;
#[path = "../examples/capstone/verdict.rs"]
mod verdict;

use std::path::{Path, PathBuf};

use args::Args;
use diffusion_intuition::network::Network;
use diffusion_intuition::prelude::*;

const STEPS: u64 = 40; // a checkpoint every 2

/// A folder of its own for each test, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("diffusion-intuition-capstone-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
    fn with(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.file(name), text).unwrap();
        self.file(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Forty rows of two columns with names that a page must escape.
fn table() -> String {
    let rows = data::moons(40, &mut Rng::new(3)).unwrap();
    let lines = rows
        .rows()
        .into_iter()
        .map(|row| format!("{},{}\n", row[0], 10.0 * row[1]));
    "a<b,second column\n".to_owned() + &lines.collect::<String>()
}

fn bits(network: &FilmMlp) -> Vec<u32> {
    network
        .parameters()
        .values()
        .iter()
        .map(|x| x.to_bits())
        .collect()
}

#[test]
fn a_run_that_was_killed_ends_with_the_same_bits() {
    let scratch = Scratch::new("killed");
    let source = model::load(Some(&scratch.with("data.csv", &table()))).unwrap();
    let (path, left) = (scratch.file("straight"), scratch.file("left"));
    let train = |path: &Path, observer: &mut dyn FnMut(&Progress)| {
        model::train(&source.table.rows, STEPS, 5, path, observer).unwrap()
    };
    // What a process killed between the checkpoints of steps 12 and 14 leaves behind.
    let straight = train(&path, &mut |progress| {
        if progress.step == 14 {
            std::fs::copy(&path, &left).unwrap();
        }
    });
    let mut steps = Vec::new();
    let resumed = train(&left, &mut |progress| steps.push(progress.step));
    assert_eq!(steps[0], 14, "it goes on after step 12");
    assert_eq!(bits(&resumed.network), bits(&straight.network));
    assert_eq!(resumed.losses, straight.losses);
    assert_eq!(resumed.losses.len() as u64, STEPS);
    let samples = [&straight, &resumed].map(|model| model.sample(5, &mut Rng::new(0)).unwrap());
    assert_eq!(samples[0], samples[1]);

    // A run that is over has nothing left to do.
    let again = train(&left, &mut |_| panic!("no step is left"));
    assert_eq!(bits(&again.network), bits(&straight.network));
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let scratch = Scratch::new("other");
    let path = scratch.file("checkpoint");
    let rows = data::moons(40, &mut Rng::new(3)).unwrap();
    let other = data::moons(40, &mut Rng::new(4)).unwrap();
    model::train(&rows, 10, 5, &path, |_| ()).unwrap();
    let before = std::fs::read(&path).unwrap();
    for (rows, steps, seed, part) in [
        (&other, 10, 5, "other data"),
        (&rows, 20, 5, "other settings"),
        // It splits the rows otherwise, too: that is no other data.
        (&rows, 10, 6, "another seed (5 there, 6 here)"),
    ] {
        match model::train(rows, steps, seed, &path, |_| ()).err() {
            Some(Error::Checkpoint { reason, .. }) => assert!(reason.contains(part), "{reason}"),
            other => panic!("{part}: {other:?}"),
        }
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_folder_that_is_not_there_is_found_before_the_work() {
    let scratch = Scratch::new("nowhere");
    let rows = data::moons(40, &mut Rng::new(3)).unwrap();
    let path = scratch.file("no/such/checkpoint");
    let found = model::train(&rows, 10, 5, &path, |_| panic!("a step was done"));
    assert!(matches!(found.err(), Some(Error::Checkpoint { .. })));
}

#[test]
fn bad_files_get_a_sentence() {
    let scratch = Scratch::new("bad");
    let sentence = |text: &str| {
        let file = scratch.with("bad.csv", text);
        let source = model::load(Some(&file));
        let trained = source.and_then(|source| {
            model::train(
                &source.table.rows,
                2,
                0,
                &scratch.file("checkpoint"),
                |_| (),
            )
        });
        let error = trained
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        error.replace(&format!("{}", file.display()), "bad.csv")
    };
    let good = table();
    let broken = good.replacen('\n', "\n1.5,tall\n", 1);
    assert_eq!(
        sentence(&broken),
        "bad.csv, line 2: column 2: \"tall\" is not a number"
    );
    let missing = format!("{good}1.5\n");
    assert_eq!(
        sentence(&missing),
        "bad.csv, line 42: it has 1 column, the rows before it: 2"
    );
    assert!(sentence("1\n2\n3\n").starts_with("bad.csv: it has 3 rows; at least 8"));
    assert!(sentence("x\n").starts_with("bad.csv: it has no rows of numbers"));
    let constant: String = (0..9).map(|i| format!("{i},7\n")).collect();
    assert!(sentence(&constant).starts_with("column 2 (counted from 1) holds nothing but 7"));
}

#[test]
fn the_report_holds_everything_and_needs_nothing() {
    let scratch = Scratch::new("report");
    let source = model::load(Some(&scratch.with("data.csv", &table()))).unwrap();
    let model = model::train(
        &source.table.rows,
        4,
        0,
        &scratch.file("checkpoint"),
        |_| (),
    )
    .unwrap();
    let verdict = verdict::judge(&source, &model, &mut Rng::new(0)).unwrap();
    assert_eq!(verdict.distances.len(), 3, "two columns, and both together");
    assert!(verdict.exact.is_none());
    assert_eq!(verdict.bits.len(), 4);
    let samples = model
        .split
        .scale
        .inverse(&model.sample(40, &mut Rng::new(0)).unwrap())
        .unwrap();
    let page = page::report(&source, &model, &verdict, &samples)
        .unwrap()
        .html();
    for part in [
        "a&lt;b",
        "second column",
        "all together",
        "40 rows of 2 columns",
        "<svg",
        "</html>",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("a<b"));
    assert_eq!(page.matches("<svg").count(), 3);
    for outside in [
        "src=\"http",
        "href=\"http",
        "url(http",
        "@import",
        "<script",
        "<link",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn words_become_arguments() {
    let parse = |words: &str| args::parse(words.split_whitespace().map(str::to_owned));
    assert_eq!(parse(""), Ok(Some(Args::default())));
    let wanted = Args {
        file: Some("d.csv".into()),
        out: "o".into(),
        steps: 7,
        seed: 9,
    };
    assert_eq!(
        parse("d.csv --out o --steps 7 --seed 9"),
        Ok(Some(wanted.clone()))
    );
    assert_eq!(parse("--steps=7 --seed=9 --out=o d.csv"), Ok(Some(wanted)));
    assert_eq!(parse("d.csv --help"), Ok(None));
    assert!(args::HELP.contains("--out"));
    for (words, part) in [
        ("--out", "needs a value"),
        ("--steps many", "whole number, not \"many\""),
        ("--seed -1", "whole number"),
        ("--steps 0", "at least 1"),
        ("--fast", "no option --fast"),
        ("a.csv b.csv", "\"b.csv\""),
    ] {
        assert!(parse(words).unwrap_err().contains(part), "{words}");
    }
}
