//! What the program `examples/words` does with its arguments, its folder and a text.

#[path = "../examples/words/args.rs"]
mod args;
#[path = "../examples/common/mod.rs"]
mod common;
#[path = "../examples/words/folder.rs"]
mod folder;
#[expect(dead_code, reason = "the report that uses the rest is not tried here")]
#[path = "../examples/words/model.rs"]
mod model;
#[path = "../examples/words/novelty.rs"]
mod novelty;

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use args::Args;
use diffusion_intuition::prelude::*;
use folder::{CHECKPOINT, CURVE, Folder, INFILLED, REPORT, SAMPLES};
use novelty::{Learned, Novelty};

/// A folder of its own for each test, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("diffusion-intuition-words-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn with(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.0.join(name), text).unwrap();
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn words_become_arguments() {
    let parse = |words: &str| args::parse(words.split_whitespace().map(OsString::from));
    let wanted = Args {
        file: "s.txt".into(),
        out: "o".into(),
        steps: 7,
        samples: 3,
        infill: vec!["a".into(), "b".into()],
        min_count: 1,
        max_words: 90,
        places: Some(12),
        width: 32,
        seed: 9,
    };
    for words in [
        "s.txt --out o --steps 7 --samples 3 --infill a --infill b --min-count 1 --max-words 90 --places 12 --width 32 --seed 9",
        "--seed=9 --width=32 --places=12 --max-words=90 --min-count=1 --infill=a --infill=b --samples=3 --steps=7 --out=o -- s.txt",
    ] {
        assert_eq!(parse(words), Ok(Some(wanted.clone())), "{words}");
    }
    let file = "s.txt".into();
    let default = Args {
        file,
        ..Args::default()
    };
    assert_eq!(parse("s.txt"), Ok(Some(default)));
    assert_eq!(parse("s.txt --help"), Ok(None));
    for option in [
        "--out",
        "--steps",
        "--samples",
        "--infill",
        "--min-count",
        "--max-words",
        "--places",
        "--width",
        "--seed",
    ] {
        assert!(args::HELP.contains(&format!("\n{option} ")), "{option}");
        let needs = parse(&format!("s.txt {option}")).unwrap_err();
        assert!(needs.contains("needs a value"), "{needs}");
    }
    for (words, part) in [
        ("", "a text file with a sentence a line"),
        ("a.txt b.txt", "\"b.txt\""),
        ("s.txt --out --seed 3", "\"--seed\" is an option"),
        ("s.txt --out=", "this is empty"),
        ("s.txt --steps many", "whole number, not \"many\""),
        ("s.txt --steps 0", "at least 1"),
        ("s.txt --places 0", "--places 0"),
        ("s.txt --min-count 0", "--min-count 0"),
        ("s.txt --max-words 0", "--max-words 0"),
        ("s.txt --width 30", "a multiple of 4"),
        ("s.txt --width 0", "a multiple of 4"),
        ("s.txt --fast", "--fast"),
    ] {
        let found = parse(words).unwrap_err();
        assert!(found.contains(part), "{words}: {found}");
    }
    let blanks = args::parse(["s.txt", "--infill", "the ___ is"].map(OsString::from));
    assert_eq!(blanks.unwrap().unwrap().infill, ["the ___ is"]);
}

#[track_caller]
fn refused(found: Result<Folder>) -> String {
    match found.map(|_| ()) {
        Err(error) => error.to_string(),
        Ok(()) => panic!("the folder was taken"),
    }
}

#[test]
fn only_what_it_wrote_is_written_again() {
    let scratch = Scratch::new("own");
    let (path, input) = (&scratch.0, Path::new("elsewhere.txt"));
    let mut folder = folder::claim(path, input).unwrap();
    let busy = refused(folder::claim(path, input));
    assert!(busy.contains("another run is at work"), "{busy}");
    folder.write(SAMPLES, "old").unwrap();
    folder.write(SAMPLES, "new").unwrap();
    folder.write(INFILLED, "filled").unwrap();
    folder.remove(INFILLED).unwrap();
    folder.remove(INFILLED).unwrap();
    assert!(!path.join(INFILLED).exists());
    drop(folder);
    drop(folder::claim(path, input).unwrap());
    for name in [SAMPLES, INFILLED, REPORT, CURVE] {
        let before = fs::read(path.join(name)).ok();
        scratch.with(name, "a thesis");
        let found = refused(folder::claim(path, input));
        assert!(found.contains(name) && found.contains("--out"), "{found}");
        assert_eq!(fs::read_to_string(path.join(name)).unwrap(), "a thesis");
        match before {
            Some(before) => fs::write(path.join(name), before).unwrap(),
            None => fs::remove_file(path.join(name)).unwrap(),
        }
    }
    drop(folder::claim(path, input).unwrap());
    scratch.with("words.txt", "my words\n");
    let notes = refused(folder::claim(path, input));
    assert!(notes.contains("words.txt"), "{notes}");
}

#[test]
fn the_text_itself_is_never_overwritten() {
    for name in [SAMPLES, CURVE, CHECKPOINT, "words.txt"] {
        let scratch = Scratch::new(&format!("input-{name}"));
        let input = scratch.with(name, "the sea is calm\n");
        for input in [input.clone(), scratch.0.join(".").join(name)] {
            let found = refused(folder::claim(&scratch.0, &input));
            assert!(found.contains("the text to learn from"), "{found}");
        }
        assert_eq!(fs::read_to_string(&input).unwrap(), "the sea is calm\n");
    }
}

#[test]
fn what_stands_in_the_text_is_counted() {
    // 9 is padding, 8 the unknown word.
    let learned = Learned::new(&array![[1, 2, 3, 9], [4, 5, 9, 9]], 9, 8);
    assert!(learned.has(&[4, 5, 9, 9]) && !learned.has(&[5, 4, 9, 9]));
    let samples = array![[1, 2, 3, 9], [1, 2, 4, 5], [1, 2, 4, 5], [8, 9, 9, 9]];
    let expected = Novelty {
        copies: 0.25,
        distinct: 3,
        // Pairs 12 23 | 12 24 45 twice, triples 123 | 124 245 twice: of padding there are none.
        known: [6.0 / 8.0, 1.0 / 5.0],
        length: 12.0 / 4.0,
        unknown: 1.0 / 12.0,
    };
    assert_eq!(learned.novelty(&samples), expected);
    let none = learned.novelty(&array![[8, 9, 9, 9]]);
    assert!(none.known.iter().all(|share| share.is_nan()));
}

/// 60 sentences of five words in lines of their own.
fn sentences() -> String {
    let (who, does) = (
        ["the sea", "the moon", "a boat", "the tide"],
        ["is", "was", "stays"],
    );
    let how = ["calm", "far", "old", "new", "cold"];
    let lines = (0..60).map(|i| format!("{} {} {}.\n", who[i % 4], does[i % 3], how[i % 5]));
    lines.collect()
}

#[test]
fn a_run_that_was_stopped_ends_with_the_same_bits() {
    let scratch = Scratch::new("run");
    let args = |steps, out: &str| Args {
        file: scratch.with("text.txt", &sentences()),
        out: scratch.0.join(out),
        steps,
        width: 8,
        ..Args::default()
    };
    let whole = args(60, "whole");
    let text = model::load(&whole).unwrap();
    assert_eq!(text.train.nrows() + text.held_out.nrows(), 60);
    assert_eq!(text.held_out.nrows(), 6);
    let run = |out: &Args| {
        let mut folder = folder::claim(&out.out, &out.file).unwrap();
        let told = RefCell::new(Vec::new());
        let model = model::train(out, &text, &mut folder, |line| {
            told.borrow_mut().push(line.to_owned());
        });
        (model.unwrap(), told.into_inner())
    };
    let (model, told) = run(&whole);
    assert!(told[0].ends_with("parameters"), "{told:?}");
    assert_eq!((model.curve.len(), told.len()), (20, 21));
    assert!(model.curve[19].held_out < model.curve[0].held_out);

    // A copy of the folder as it stood after 30 steps would be one of a killed run; this one has lost its last points.
    let part = args(60, "part");
    fs::create_dir_all(&part.out).unwrap();
    for name in [CHECKPOINT, CURVE, "words.txt"] {
        fs::copy(whole.out.join(name), part.out.join(name)).unwrap();
    }
    let mut folder = folder::claim(&part.out, &part.file).unwrap();
    let curve = fs::read_to_string(whole.out.join(CURVE)).unwrap();
    let first: Vec<&str> = curve.lines().take(20).collect();
    folder.write(CURVE, &(first.join("\n") + "\n")).unwrap();
    drop(folder);
    let (again, told) = run(&part);
    assert_eq!(told[1], "going on from step 60");
    assert_eq!(told.len(), 3, "the last point is measured again: {told:?}");
    assert_eq!(fs::read_to_string(part.out.join(CURVE)).unwrap(), curve);
    assert_eq!(again.network, model.network);
    let written = |model: &model::Model| model.write(5, &mut Rng::new(3)).unwrap();
    assert_eq!(written(&again), written(&model));

    let known = text.corpus.pattern("the ___ is ___.").unwrap();
    let filled = model.infill(&known, 4, &mut Rng::new(0)).unwrap();
    for sentence in filled.rows() {
        for (word, known) in sentence.iter().zip(&known) {
            assert!(known.is_none_or(|known| known == *word));
        }
    }
    // Other steps are another run.
    let mut folder = folder::claim(&whole.out, &whole.file).unwrap();
    let longer = args(61, "whole");
    let refused = model::train(&longer, &text, &mut folder, |_| ()).map(|_| ());
    assert!(matches!(refused, Err(Error::File { .. })));
}

#[test]
fn few_sentences_are_refused_by_their_number() {
    let scratch = Scratch::new("few");
    let file = scratch.with("text.txt", &"the sea is calm\nthe sea is far\n".repeat(20));
    let args = Args {
        file,
        ..Args::default()
    };
    let error = model::load(&args).map(|_| ()).unwrap_err().to_string();
    assert!(
        error.contains("2 different sentences; at least 10"),
        "{error}"
    );
}
