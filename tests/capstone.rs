//! The program `examples/capstone`, piece by piece, on a tiny data set.

#[expect(dead_code, reason = "tests/capstone_program.rs reads the words")]
#[path = "../examples/capstone/args.rs"]
mod args;
#[path = "../examples/common/mod.rs"]
mod common;
#[path = "../examples/capstone/folder.rs"]
mod folder;
#[path = "../examples/capstone/model.rs"]
mod model;
#[path = "../examples/capstone/page.rs"]
mod page;
#[path = "../examples/capstone/rows.rs"]
mod rows;
#[path = "../examples/capstone/run.rs"]
mod run;
#[path = "../examples/capstone/verdict.rs"]
mod verdict;

use std::path::{Path, PathBuf};

use diffusion_intuition::data::Csv;
use diffusion_intuition::network::Network;
use diffusion_intuition::prelude::*;
use model::Source;

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

fn source(rows: Array2<f32>) -> Source {
    Source {
        name: "table".to_owned(),
        table: Csv::new(&[], rows.mapv(f64::from)).unwrap(),
        truth: None,
    }
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
        model::train(&source, STEPS, 5, path, observer).unwrap()
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
    let rows = source(data::moons(40, &mut Rng::new(3)).unwrap());
    let other = source(data::moons(40, &mut Rng::new(4)).unwrap());
    model::train(&rows, 10, 5, &path, |_| ()).unwrap();
    let before = std::fs::read(&path).unwrap();
    for (rows, steps, seed, part) in [
        (&other, 10, 5, "other data"),
        (&rows, 20, 5, "other settings"),
        // It splits the rows otherwise, too: that is no other data.
        (&rows, 10, 6, "another seed (5 there, 6 here)"),
    ] {
        match model::train(rows, steps, seed, &path, |_| ()).err() {
            Some(Error::File { reason, .. }) => assert!(reason.contains(part), "{reason}"),
            other => panic!("{part}: {other:?}"),
        }
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_folder_that_is_not_there_is_found_before_the_work() {
    let scratch = Scratch::new("nowhere");
    let rows = source(data::moons(40, &mut Rng::new(3)).unwrap());
    let path = scratch.file("no/such/checkpoint");
    let found = model::train(&rows, 10, 5, &path, |_| panic!("a step was done"));
    assert!(matches!(found.err(), Some(Error::File { .. })));
}

#[test]
fn bad_files_get_a_sentence() {
    let scratch = Scratch::new("bad");
    let sentence = |text: &str| {
        let file = scratch.with("bad.csv", text);
        let source = model::load(Some(&file));
        let trained = source
            .and_then(|source| model::train(&source, 2, 0, &scratch.file("checkpoint"), |_| ()));
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
    assert!(sentence(&constant).starts_with("bad.csv: column 2 holds nothing but 7: there is"));
    // All but one of the values are equal, and with some seeds that one is held out.
    let nearly: String = (0..9)
        .map(|i| format!("{i},{}\n", i32::from(i == 4)))
        .collect();
    let found: Vec<String> = (0..20)
        .map(|seed| {
            let file = scratch.with("nearly.csv", &nearly);
            let source = model::load(Some(&file)).unwrap();
            match model::split(&source, seed) {
                Ok(_) => String::new(),
                Err(error) => error.to_string(),
            }
        })
        .collect();
    let refused: Vec<&String> = found.iter().filter(|found| !found.is_empty()).collect();
    assert!((1..20).contains(&refused.len()));
    let said =
        "column 2 holds nothing but 0 in the 7 rows to learn from, for the 1 with other values";
    assert!(
        refused.iter().all(|found| found.contains(said)),
        "{refused:?}"
    );
    for value in ["3e38", "-1e300"] {
        let far = good.replacen("\n", &format!("\n{value},1\n"), 1);
        let said = format!("bad.csv, line 2: a<b: {value} is so far from the others");
        assert!(sentence(&far).starts_with(&said));
    }
}

#[test]
fn the_report_holds_everything_and_needs_nothing() {
    let scratch = Scratch::new("report");
    let source = model::load(Some(&scratch.with("data.csv", &table()))).unwrap();
    let checkpoint = scratch.file("checkpoint");
    let model = model::train(&source, 4, 0, &checkpoint, |_| ()).unwrap();
    let verdict = verdict::judge(&source, &model, &mut Rng::new(0));
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
    assert_eq!(page.matches("role=\"img\"").count(), 3, "figures");
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

/// One held-out value is a placeholder that no training row has. Everything is written, and its row is named.
#[test]
fn a_row_that_is_far_out_costs_nothing_else() {
    let scratch = Scratch::new("far");
    let lines: Vec<String> = data::moons(40, &mut Rng::new(3))
        .unwrap()
        .rows()
        .into_iter()
        .map(|row| format!("{},{}", row[0], row[1]))
        .collect();
    let write = |at: usize, value: &str| {
        let mut lines = lines.clone();
        lines[at] = format!("{value},0.5");
        scratch.with("data.csv", &lines.join("\n"))
    };
    let seed = 0;
    let first = model::load(Some(&write(0, "0.25"))).unwrap();
    let (split, _) = model::split(&first, seed).unwrap();
    let at = split.held_out_rows[0];
    let args = args::Args {
        file: Some(write(at, "99999")),
        out: scratch.file("out"),
        steps: 2,
        seed,
    };
    run::run(&args).unwrap();
    let samples = data::read_csv(args.out.join(folder::SAMPLES)).unwrap();
    assert_eq!(samples.rows.dim(), (40, 2));
    let page = std::fs::read_to_string(args.out.join(folder::REPORT)).unwrap();
    let line = at + 1;
    let named =
        format!("The least likely of the rows that the model never saw is the one in line {line}:");
    assert!(page.contains(&named), "{page}");
    assert!(page.contains(&format!("(line {line}) is")), "noted before");
}

#[test]
fn rows_that_cannot_be_measured_are_found() {
    let rows = Array2::from_shape_fn((100, 1), |(i, _)| i as f32);
    let bad = |x: f32| x == 7.0 || x == 63.0;
    let mut calls = 0;
    let tried = rows::each(&rows, &mut |rows| {
        calls += 1;
        match rows.iter().find(|x| bad(**x)) {
            Some(_) => Err(Error::Empty { what: "a row" }),
            None => Ok(rows
                .column(0)
                .mapv(|x| if x == 11.0 { f64::NAN } else { f64::from(x) })),
        }
    });
    for (i, tried) in tried.iter().enumerate() {
        match i {
            7 | 63 => assert!(tried.as_ref().is_err_and(|error| error.contains("a row"))),
            11 => assert_eq!(tried, &Err("ln p = NaN".to_owned())),
            i => assert_eq!(tried, &Ok(i as f64)),
        }
    }
    assert_eq!(tried.len(), 100);
    assert!(calls < 40, "{calls}");
    // Where nothing can be measured, that is said soon.
    let mut calls = 0;
    let none = rows::each(&Array2::zeros((5000, 1)), &mut |_| {
        calls += 1;
        Err(Error::Empty { what: "a row" })
    });
    assert!(none.len() == 5000 && none.iter().all(Result::is_err) && calls < 1000);
}
