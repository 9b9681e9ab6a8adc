//! What the program `examples/capstone` does with its arguments and with the folder it writes to.

#[path = "../examples/capstone/args.rs"]
mod args;
#[path = "../examples/common/mod.rs"]
mod common;
#[path = "../examples/capstone/folder.rs"]
mod folder;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use args::Args;
use diffusion_intuition::prelude::*;
use folder::{CHECKPOINT, Folder, REPORT, Run, SAMPLES};

/// A folder of its own for each test, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("diffusion-intuition-program-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
    fn with(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.0.join(name), text).unwrap();
        self.0.join(name)
    }
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run(seed: u64) -> Run {
    Run::new(&Array2::zeros((9, 2)), 10, seed)
}

#[track_caller]
fn refused(found: Result<Folder>) -> String {
    match found.map(|_| ()) {
        Err(error) => error.to_string(),
        Ok(()) => panic!("the folder was taken"),
    }
}

#[test]
fn words_become_arguments() {
    let parse = |words: &str| args::parse(words.split_whitespace().map(OsString::from));
    assert_eq!(parse(""), Ok(Some(Args::default())));
    let wanted = Args {
        file: Some("d.csv".into()),
        out: "o".into(),
        steps: 7,
        seed: 9,
    };
    for words in [
        "d.csv --out o --steps 7 --seed 9",
        "--steps=7 --seed=9 --out=o d.csv",
        "--steps 7 --seed 9 --out o -- d.csv",
    ] {
        assert_eq!(parse(words), Ok(Some(wanted.clone())), "{words}");
    }
    assert_eq!(parse("d.csv --help"), Ok(None));
    assert!(args::HELP.contains("--out"));
    let dashed = parse("-- --seed").unwrap().unwrap();
    assert_eq!(dashed.file, Some("--seed".into()));
    let dashed = parse("--out=--seed").unwrap().unwrap();
    assert_eq!(dashed.out, Path::new("--seed"));
    for (words, part) in [
        ("--out", "needs a value"),
        ("--out --seed 3", "\"--seed\" is an option"),
        ("--out -- d.csv", "\"--\" is an option"),
        ("--seed --out x", "\"--out\" is an option"),
        ("--out= d.csv", "this is empty"),
        ("--steps many", "whole number, not \"many\""),
        ("--steps= d.csv", "whole number, not \"\""),
        ("--seed -1", "whole number, not \"-1\""),
        ("--seed 18446744073709551616", "whole number"),
        ("--steps 0", "at least 1"),
        ("--fast", "no option --fast"),
        ("-f", "no option -f"),
        ("a.csv b.csv", "\"b.csv\""),
        ("-- a.csv --seed", "\"--seed\""),
    ] {
        let found = parse(words).unwrap_err();
        assert!(found.contains(part), "{words}: {found}");
    }
    let empty = args::parse([OsString::new()]).unwrap_err();
    assert!(empty.contains("empty"), "{empty}");
}

#[cfg(unix)]
#[test]
fn names_of_files_may_be_no_text() {
    use std::os::unix::ffi::OsStringExt;
    let odd = OsString::from_vec(b"t\xffable.csv".to_vec());
    let mut out = OsString::from("--out=");
    out.push(&odd);
    let found = args::parse([odd.clone(), out]).unwrap().unwrap();
    assert_eq!(found.file, Some(PathBuf::from(&odd)));
    assert_eq!(found.out, PathBuf::from(&odd));
    let found = args::parse([OsString::from("--seed"), odd]).unwrap_err();
    assert!(found.contains("whole number"), "{found}");
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    assert_eq!(
        common::say::tame("a\u{1b}[31mb\r\u{202e}\nc"),
        "a\\u{1b}[31mb\\u{d}\\u{202e}\nc"
    );
}

#[test]
fn only_what_it_wrote_is_written_again() {
    let scratch = Scratch::new("own");
    let path = &scratch.0;
    let mut folder = folder::claim(path, None, run(0)).unwrap();
    let busy = refused(folder::claim(path, None, run(0)));
    assert!(busy.contains("another run is at work"), "{busy}");
    folder.write(SAMPLES, "old").unwrap();
    folder.write(SAMPLES, "new").unwrap();
    drop(folder);
    // As often as one likes, with another seed too while there is no checkpoint.
    drop(folder::claim(path, None, run(0)).unwrap());
    let mut folder = folder::claim(path, None, run(1)).unwrap();
    folder.write(SAMPLES, "newer").unwrap();
    drop(folder);
    // Not once somebody has changed it, nor what is somebody's from the start.
    scratch.with(SAMPLES, "edited");
    let changed = refused(folder::claim(path, None, run(1)));
    assert!(
        changed.contains(SAMPLES) && changed.contains("--out"),
        "{changed}"
    );
    scratch.with(SAMPLES, "newer");
    scratch.with(REPORT, "a thesis");
    let foreign = refused(folder::claim(path, None, run(1)));
    assert!(foreign.contains(REPORT), "{foreign}");
    assert_eq!(fs::read_to_string(path.join(REPORT)).unwrap(), "a thesis");
    fs::remove_file(path.join(REPORT)).unwrap();
    scratch.with("capstone.txt", "my notes\n");
    let notes = refused(folder::claim(path, None, run(1)));
    assert!(notes.contains("capstone.txt"), "{notes}");
    assert_eq!(
        fs::read_to_string(path.join("capstone.txt")).unwrap(),
        "my notes\n"
    );
}

#[test]
fn the_table_itself_is_never_overwritten() {
    let scratch = Scratch::new("input");
    let path = &scratch.0;
    let input = scratch.with(SAMPLES, "1\n2\n");
    let found = refused(folder::claim(path, Some(&input), run(0)));
    assert!(found.contains("the table to learn from"), "{found}");
    // Not even if an earlier run wrote it.
    fs::remove_file(&input).unwrap();
    let mut folder = folder::claim(path, None, run(0)).unwrap();
    folder.write(SAMPLES, "1\n2\n").unwrap();
    drop(folder);
    let around = path.join(".").join(SAMPLES);
    let found = refused(folder::claim(path, Some(&around), run(0)));
    assert!(found.contains("the table to learn from"), "{found}");
    assert_eq!(fs::read_to_string(&input).unwrap(), "1\n2\n");
}

#[cfg(unix)]
#[test]
fn a_link_is_not_ours() {
    let scratch = Scratch::new("link");
    let precious = scratch.with("precious", "thesis");
    std::os::unix::fs::symlink(&precious, scratch.0.join(SAMPLES)).unwrap();
    assert!(refused(folder::claim(&scratch.0, None, run(0))).contains(SAMPLES));
    assert_eq!(fs::read_to_string(&precious).unwrap(), "thesis");
}

#[test]
fn another_run_is_called_by_what_differs() {
    let scratch = Scratch::new("other");
    drop(folder::claim(&scratch.0, None, run(3)).unwrap());
    scratch.with(CHECKPOINT, "…");
    drop(folder::claim(&scratch.0, None, run(3)).unwrap());
    let more = Run::new(&Array2::zeros((9, 2)), 11, 3);
    let other = Run::new(&Array2::ones((9, 2)), 10, 3);
    for (run, part) in [
        (run(0), "--seed 3"),
        (more, "--steps 10"),
        (other, "other data"),
    ] {
        let found = refused(folder::claim(&scratch.0, None, run));
        assert!(found.contains(part), "{found}");
    }
}

#[test]
fn what_a_killed_run_left_is_swept() {
    let scratch = Scratch::new("left");
    for name in [
        "checkpoint.safetensors.99.part",
        "samples.csv.99.part",
        "report.html.0123456789abcdef.part",
        "capstone.txt.99.part",
        "film.part",
        "samples.csv.part",
        "notes.99.part",
    ] {
        scratch.with(name, "half");
    }
    drop(folder::claim(&scratch.0, None, run(0)).unwrap());
    let kept = [
        "capstone.txt",
        "film.part",
        "notes.99.part",
        "samples.csv.part",
    ];
    assert_eq!(scratch.names(), kept);
}
