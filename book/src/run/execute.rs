//! Executes notebooks in the real kernel through Jupyter's own client.

use crate::files;
use crate::kernel::{kernelspec, variables};
use crate::machine::ui;
use crate::run::cells;
use crate::run::session::Session;
use anyhow::{Context, Result, anyhow};
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Instant;

/// The executor, in the folder that it imports its parts from.
pub const SCRIPTS: [(&str, &str); 3] = [
    ("execute.py", include_str!("../../python/execute.py")),
    ("outputs.py", include_str!("../../python/outputs.py")),
    ("processes.py", include_str!("../../python/processes.py")),
];

/// Longest time that a cell may take unless the command line says otherwise, in seconds.
pub const CELL_TIMEOUT: u64 = 600;
/// Longest time that a kernel may take to answer first, in seconds.
const STARTUP_TIMEOUT: u64 = 180;

/// One notebook to execute.
#[derive(Serialize)]
pub struct Job<'a> {
    /// The notebook.
    pub notebook: &'a Path,
    /// Where the executed notebook goes.
    pub executed: &'a Path,
    /// The kernel's working directory.
    pub folder: &'a Path,
    /// Longest time that a cell may take, in seconds.
    pub cell_timeout: u64,
}

/// What the executor reports, one line of JSON each.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event {
    /// How many cells there are.
    Cells { count: u64 },
    /// A cell begins.
    Start { index: usize },
    /// A cell has ended.
    End,
    /// A page does not keep all that a cell printed.
    Note { index: usize, left_out: u64 },
    /// Nothing more is executed.
    Failure {
        index: Option<usize>,
        message: String,
    },
    /// All is executed.
    Done,
}

/// Executes a notebook in a kernel that starts from this compiled copy, and shows its progress; fails with
/// notebook, cell, source and message.
pub fn run(session: &Session, job: &Job, key: &str) -> Result<()> {
    let start = Instant::now();
    let name = files::stem(job.notebook);
    let bar = ui::steps(&name, 0);
    bar.set_message("starting the kernel");
    let count = follow(session, job, &[(variables::KEY, OsStr::new(key))], &bar)?;
    bar.finish_and_clear();
    ui::say(&format!(
        "{name}: {count} cells executed in {}",
        ui::seconds(start.elapsed())
    ));
    Ok(())
}

/// Executes a notebook without showing anything.
pub fn run_quietly(session: &Session, job: &Job, environment: &[(&str, &OsStr)]) -> Result<()> {
    follow(session, job, environment, &ProgressBar::hidden()).map(drop)
}

/// Runs the executor and turns its report into progress; returns the number of cells.
fn follow(
    session: &Session,
    job: &Job,
    environment: &[(&str, &OsStr)],
    bar: &ProgressBar,
) -> Result<u64> {
    let mut child = start(session, job, environment)?;
    let stdout = child.stdout.take().context("the executor has no output")?;
    let name = files::stem(job.notebook);
    let mut ended = None;
    for line in BufReader::new(stdout).lines() {
        let Ok(event) = serde_json::from_str(&line?) else {
            continue;
        };
        match event {
            Event::Cells { count } => bar.set_length(count),
            Event::Start { index } => bar.set_message(first_line(job, index)),
            Event::End => bar.inc(1),
            Event::Note { index, left_out } => bar.suspend(|| {
                ui::say(&format!(
                    "{name}: cell {} prints {left_out} lines more than a page keeps; it says so",
                    index + 1
                ));
            }),
            Event::Failure { index, message } => ended = Some(Err(failure(job, index, &message))),
            Event::Done => ended = Some(Ok(bar.length().unwrap_or(0))),
        }
    }
    let status = child.wait()?;
    if !matches!(ended, Some(Ok(_))) {
        bar.finish_and_clear();
    }
    ended.unwrap_or_else(|| {
        Err(anyhow!(
            "the Python that executes {name} ended before its work ({status}), killed by somebody or for want of \
             memory: run the command again"
        ))
    })
}

fn start(session: &Session, job: &Job, environment: &[(&str, &OsStr)]) -> Result<Child> {
    let notebook = job.notebook.display();
    let mut description = serde_json::to_value(job)
        .with_context(|| format!("the path of {notebook} or of its folder is not valid UTF-8"))?;
    description["kernel"] = json!(kernelspec::NAME);
    description["display_name"] = json!(kernelspec::DISPLAY_NAME);
    description["startup_timeout"] = json!(STARTUP_TIMEOUT);
    let scripts = session.work.join("python");
    for (name, text) in SCRIPTS {
        files::write_if_new(&scripts.join(name), text)?;
    }
    session
        .python
        .command()
        .arg("-B")
        .arg(scripts.join("execute.py"))
        .arg(description.to_string())
        .env("JUPYTER_PATH", session.work.join("jupyter"))
        .env(variables::INFERENCE, "explicit")
        .envs(environment.iter().copied())
        // Held open while this process lives: when it ends, the executor ends its kernel and itself.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start the executor")
}

/// The first line of a cell that says something, for the progress bar.
fn first_line(job: &Job, index: usize) -> String {
    let source = source_of(job, index).unwrap_or_default();
    let line = source.lines().find(|line| !line.trim().is_empty());
    ui::plain(line.unwrap_or_default().trim())
}

fn source_of(job: &Job, index: usize) -> Option<String> {
    let notebook = cells::read(job.notebook).ok()?;
    cells::of(&notebook).get(index).map(cells::source)
}

/// What a person needs to mend a failing cell.
fn failure(job: &Job, index: Option<usize>, message: &str) -> anyhow::Error {
    let message = shortened(&ui::plain(message.trim_end()));
    let path = job.notebook.display();
    match index.and_then(|index| Some((index + 1, source_of(job, index)?))) {
        Some((number, source)) => anyhow!(
            "{path}: cell {number} failed\n\n{}\n\n{message}",
            indent(&ui::plain(&source))
        ),
        None => anyhow!("{path}: {message}"),
    }
}

/// The first and the last lines of a text that is longer than anybody reads.
fn shortened(text: &str) -> String {
    const FIRST: usize = 80;
    const LAST: usize = 20;
    let lines: Vec<_> = text.lines().map(short_line).collect();
    if lines.len() <= FIRST + LAST {
        return lines.join("\n");
    }
    let (first, rest) = lines.split_at(FIRST);
    let (middle, last) = rest.split_at(rest.len() - LAST);
    format!(
        "{}\n… {} more lines …\n{}",
        first.join("\n"),
        middle.len(),
        last.join("\n")
    )
}

fn short_line(line: &str) -> String {
    const LONGEST: usize = 2000;
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line.to_owned(),
    }
}

fn indent(text: &str) -> String {
    text.lines()
        .map(|line| format!("    {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn long_messages_keep_their_ends() {
        assert_eq!(shortened("one\ntwo"), "one\ntwo");
        let long: Vec<_> = (0..1000).map(|number| number.to_string()).collect();
        let text = shortened(&long.join("\n"));
        assert!(text.starts_with("0\n1\n") && text.ends_with("\n998\n999"));
        assert!(text.contains("… 900 more lines …"));
        assert!(shortened(&"β".repeat(100_000)).len() < 5000);
    }
}
