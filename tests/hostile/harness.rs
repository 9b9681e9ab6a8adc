//! Tries entries with seeds in a process of its own, so that an abort or a hang still names its seed.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::draw::Draw;

/// One entry point (or a few that belong together): draws its input and calls the library. An `Err` says
/// what was wrong with the answer; a typed error of the library is an answer like any other.
pub type Entry = (&'static str, fn(&Draw) -> Result<(), String>);

/// Seeds that every area tries if no time is given.
const SEEDS: u64 = 3000;

/// A case that takes longer hangs. Generous, for machines that do something else as well.
const HANGS: Duration = Duration::from_secs(120);

/// Set in the process that does the work.
const CHILD: &str = "DIFFUSION_HOSTILE_CHILD";

/// Tries all `entries` of an area, seed after seed: entry number `seed % entries`. `test` is the full name of
/// the test that calls this.
pub fn run(test: &str, entries: &[Entry]) {
    if let Some(seed) = number("FUZZ_SEED") {
        // Here, and not caught: with the back trace.
        return case(entries, seed).unwrap_or_else(|fault| panic!("{fault}"));
    }
    let area = test.split(':').next().expect("a name");
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("hostile-{area}"));
    match std::env::var_os(CHILD) {
        Some(_) => child(&file, entries),
        None => parent(test, area, &file, entries),
    }
}

/// Starts the child and says at which seed it ended, if it did not end well.
fn parent(test: &str, area: &str, file: &PathBuf, entries: &[Entry]) {
    File::create(file).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        stderr.read_to_end(&mut text).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    });
    let (mut seed, mut since) = (last_seed(file), Instant::now());
    let status: Result<ExitStatus, &str> = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Ok(status);
        }
        if last_seed(file) != seed {
            (seed, since) = (last_seed(file), Instant::now());
        } else if since.elapsed() > HANGS {
            child.kill().unwrap();
            child.wait().unwrap();
            break Err("hangs");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    if matches!(status, Ok(status) if status.success()) {
        return;
    }
    let (seed, text) = (last_seed(file), reader.join().unwrap());
    let entry = entries[(seed % entries.len() as u64) as usize].0;
    panic!(
        "{area}: {entry}, seed {seed}: {status:?}\n{text}\n\
         again: FUZZ_SEED={seed} cargo test --test hostile {area}"
    );
}

/// Tries seeds until the time or their number is up, and leaves the last one in `file`.
fn child(file: &PathBuf, entries: &[Entry]) {
    let mut file = File::create(file).unwrap();
    let time = number("FUZZ_SECONDS").map(Duration::from_secs);
    let start = Instant::now();
    let first = match time {
        None => 0,
        Some(_) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            now.as_millis() as u64
        }
    };
    for seed in first.. {
        let is_over = match time {
            None => seed >= SEEDS,
            Some(time) => start.elapsed() >= time,
        };
        if is_over {
            break;
        }
        file.rewind().unwrap();
        file.write_all(&seed.to_le_bytes()).unwrap();
        let caught = catch_unwind(AssertUnwindSafe(|| case(entries, seed)));
        if !matches!(caught, Ok(Ok(()))) {
            if let Ok(Err(fault)) = caught {
                eprintln!("{fault}");
            }
            std::process::exit(1);
        }
    }
}

fn case(entries: &[Entry], seed: u64) -> Result<(), String> {
    let entry = entries[(seed % entries.len() as u64) as usize].1;
    entry(&Draw::new(seed))
}

fn last_seed(file: &PathBuf) -> u64 {
    let bytes = std::fs::read(file).unwrap_or_default();
    // Nothing is written yet: 0.
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    let wrong = || panic!("{variable}={text}: a whole number is needed");
    Some(text.parse().unwrap_or_else(|_| wrong()))
}
