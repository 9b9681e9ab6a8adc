//! Shards of the program `examples/gans`, each a process of its own, make the bytes of one process; and what is wrong with
//! shards is said by their name.

#[path = "../examples/gans/args.rs"]
mod args;
#[path = "../examples/common/mod.rs"]
mod common;
#[path = "../examples/gans/judge.rs"]
mod judge;
#[path = "../examples/gans/method.rs"]
mod method;
#[path = "../examples/gans/runs.rs"]
mod runs;
#[path = "../examples/gans/speed.rs"]
mod speed;
#[path = "../examples/gans/tune.rs"]
mod tune;
#[path = "../examples/gans/work.rs"]
mod work;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use args::{Args, parse};
use common::plan::{Plan, Table};
use common::shard::{Fault, Part, Shard};

/// A folder of its own for each test, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("diffusion-intuition-shards-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn parsed(line: &str) -> Result<Option<Args>, String> {
    parse(line.split_whitespace().map(OsString::from))
}

#[test]
fn arguments_are_read() {
    let all = parsed("").unwrap().unwrap();
    assert_eq!((all.tasks.len(), all.part), (3, Part::Whole));
    assert!(all.out.ends_with("examples/gans") && all.parts.ends_with("target/gans"));
    let two = parsed("runs --shard 2/3 --quick --parts p")
        .unwrap()
        .unwrap();
    let (number, of) = (2, 3);
    assert_eq!(two.part, Part::Shard(Shard { number, of }));
    assert_eq!(
        (two.parts, two.out),
        ("p".into(), "target/gans-quick".into())
    );
    assert_eq!(parsed("tune --merge --help"), Ok(None));
    for option in ["--shard", "--merge", "--parts", "--quick", "--out"] {
        assert!(args::HELP.contains(&format!("\n{option} ")), "{option}");
    }
    for (words, part) in [
        ("play", "none of tune, runs, speed"),
        ("--shard 1/2", "for tune or runs"),
        ("speed --merge", "for tune or runs"),
        ("speed --quick", "for tune or runs"),
        ("runs --shard 0/2", "the second of eight, not \"0/2\""),
        ("runs --shard 3/2", "not \"3/2\""),
        ("runs --shard 1/0", "not \"1/0\""),
        ("runs --shard two", "not \"two\""),
        ("runs --shard", "needs a value"),
        ("runs --shard 1/2 --merge", "either one"),
        ("runs --merge --shard 1/2", "either one"),
    ] {
        let found = parsed(words).unwrap_err();
        assert!(found.contains(part), "{words}: {found}");
    }
}

/// What [`shards_make_the_bytes_of_one_process`] runs, in processes of its own.
#[test]
#[ignore = "does what it is told"]
fn a_process() {
    let words = std::env::var("GANS").expect("what is to be done");
    let args = parsed(&words).unwrap().unwrap();
    work::work(&args).unwrap_or_else(|fault| panic!("{fault}"));
}

fn process(words: &str, threads: usize) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "a_process", "--ignored"]);
    command.env("GANS", words);
    command.env("RAYON_NUM_THREADS", threads.to_string());
    command.stdout(std::process::Stdio::null());
    command
}

fn files(folder: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap()))
        .collect()
}

#[test]
fn shards_make_the_bytes_of_one_process() {
    let scratch = Scratch::new("bytes");
    let [whole, parts, merged] = ["whole", "parts", "merged"].map(|name| scratch.0.join(name));
    let mut one = process(&format!("runs --quick --out {}", whole.display()), 2);
    assert!(one.status().unwrap().success());
    let parts = parts.display();
    let shards =
        (1..=3).map(|i| process(&format!("runs --quick --shard {i}/3 --parts {parts}"), 1));
    let running: Vec<_> = shards.map(|mut shard| shard.spawn().unwrap()).collect();
    for mut shard in running {
        assert!(shard.wait().unwrap().success());
    }
    let words = format!(
        "runs --quick --merge --parts {parts} --out {}",
        merged.display()
    );
    assert!(process(&words, 1).status().unwrap().success());
    let (whole, merged) = (files(&whole), files(&merged));
    assert_eq!(whole.len(), 16);
    assert!(whole.values().all(|table| table.len() > 100));
    assert!(whole == merged, "other bytes");
    // The tables are those of the book, by name and first line.
    for (name, table) in files(Path::new("examples/gans")) {
        if let Some(quick) = whole.get(&name) {
            let first = |text: &[u8]| text.split(|byte| *byte == b'\n').next().unwrap().to_vec();
            assert_eq!(first(quick), first(&table), "{name:?}");
        }
    }
}

/// Two tables, of three jobs and of four, the last of which has no lines.
fn plan<'a>(folder: &Path, configuration: &str) -> Plan<'a> {
    let table = |name: &str, jobs: usize| Table {
        name: name.to_owned(),
        header: "job".to_owned(),
        jobs,
        open: Box::new(move || {
            Ok(Box::new(move |job: usize| {
                Ok(vec![format!("job {job}"); if job < 3 { 2 } else { 0 }])
            }) as _)
        }),
    };
    Plan {
        name: "plan",
        configuration: configuration.to_owned(),
        tables: vec![table("a", 3), table("b", 4)],
        parts: folder.join("parts"),
        out: folder.join("out"),
    }
}

fn shard(plan: &Plan, number: usize, of: usize) -> PathBuf {
    plan.work(Part::Shard(Shard { number, of })).unwrap();
    plan.parts.join(format!("plan-{number}-of-{of}.shard"))
}

#[track_caller]
fn refused(plan: &Plan) -> Fault {
    plan.work(Part::Merge).unwrap_err()
}

#[test]
fn shards_are_complete_or_named() {
    let scratch = Scratch::new("named");
    let plan = plan(&scratch.0, "9 seeds");
    let none = refused(&plan);
    assert!(matches!(none, Fault::Failed(_)), "{none}");
    let first = shard(&plan, 1, 3);
    shard(&plan, 3, 3);
    let missing = refused(&plan);
    assert!(
        matches!(&missing, Fault::Missing { shards, .. } if shards == &[Shard { number: 2, of: 3 }])
    );
    assert!(missing.to_string().contains("2/3: run them"), "{missing}");
    shard(&plan, 2, 3);
    plan.work(Part::Merge).unwrap();
    let lines = |jobs: &[usize]| {
        let jobs = jobs.iter().map(|job| format!("job {job}\njob {job}\n"));
        format!("job\n{}", jobs.collect::<String>())
    };
    for table in ["a.csv", "b.csv"] {
        let text = fs::read_to_string(plan.out.join(table)).unwrap();
        assert_eq!(text, lines(&[0, 1, 2]), "{table}");
    }
    let whole = fs::read(plan.out.join("b.csv")).unwrap();
    fs::remove_file(plan.out.join("b.csv")).unwrap();
    plan.work(Part::Whole).unwrap();
    assert_eq!(fs::read(plan.out.join("b.csv")).unwrap(), whole);

    // A copy under another name, and shards of another number of parts.
    let copy = plan.parts.join("plan-copy.shard");
    fs::copy(&first, &copy).unwrap();
    let twice = refused(&plan);
    assert!(matches!(twice, Fault::Twice { shard, .. } if shard == Shard { number: 1, of: 3 }));
    fs::remove_file(&copy).unwrap();
    let other = shard(&plan, 4, 4);
    let divided = refused(&plan);
    assert!(matches!(divided, Fault::Divided { .. }), "{divided}");
    assert!(divided.to_string().contains("4/4") || divided.to_string().contains("/3"));
    fs::remove_file(&other).unwrap();
    plan.work(Part::Merge).unwrap();
}

#[test]
fn shards_of_another_run_or_with_other_rows_are_named() {
    let scratch = Scratch::new("rows");
    let of_ten = plan(&scratch.0, "10 seeds");
    let plan = plan(&scratch.0, "9 seeds");
    shard(&of_ten, 2, 2);
    shard(&plan, 1, 2);
    let other = refused(&plan);
    assert!(matches!(other, Fault::Configuration { shard, .. } if shard.number == 2));
    let sentence = other.to_string();
    assert!(
        sentence.contains("2/2") && sentence.contains("10 seeds"),
        "{sentence}"
    );
    let file = shard(&plan, 2, 2);
    let text = fs::read_to_string(&file).unwrap();
    // Of a file that was cut short, or of which a line is another, nothing is believed.
    for changed in [
        &text[..text.len() / 2],
        &text[..text.len() - 1],
        &text.replace(" job 1", " job 7"),
        "",
    ] {
        fs::write(&file, changed).unwrap();
        let fault = refused(&plan);
        assert!(
            matches!(&fault, Fault::Changed { file: named } if *named == file),
            "{fault}"
        );
    }
    // Whole, but with a job missing, there twice, or of another shard.
    let body = text.rsplit_once("end ").unwrap().0;
    for body in [
        body.replace("job 5\n", ""),
        format!("{body}job 5\n"),
        body.replace("job 5\n", "job 6\n"),
    ] {
        let end = common::files::hash(body.bytes());
        fs::write(&file, format!("{body}end {end:016x}\n")).unwrap();
        let fault = refused(&plan);
        assert!(
            matches!(&fault, Fault::Jobs { shard, expected, .. } if shard.number == 2 && expected == &[1, 3, 5]),
            "{fault}"
        );
    }
    // A machine of another kind.
    let processor = text.lines().nth(2).unwrap();
    let body = body.replace(&format!("\n{processor}\n"), "\nabacus\n");
    let end = common::files::hash(body.bytes());
    fs::write(&file, format!("{body}end {end:016x}\n")).unwrap();
    let other = refused(&plan).to_string();
    assert!(other.contains("2/2") && other.contains("abacus"), "{other}");
    assert!(!plan.out.exists(), "a table was made of it");
}
