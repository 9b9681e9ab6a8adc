//! Executes notebooks in the real kernel through Jupyter's own client.

use crate::cells;
use crate::files;
use crate::kernelspec;
use crate::launcher::{INFERENCE_VARIABLE, KEY_VARIABLE};
use crate::session::Session;
use crate::ui;
use anyhow::{Context, Result, anyhow};
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Instant;

/// The executor, in the folder that it imports its parts from.
pub const SCRIPTS: [(&str, &str); 3] = [
    ("execute.py", include_str!("../python/execute.py")),
    ("outputs.py", include_str!("../python/outputs.py")),
    ("processes.py", include_str!("../python/processes.py")),
];

/// Longest time that a cell may take unless the command line says otherwise, in seconds.
pub const CELL_TIMEOUT: u64 = 600;
/// Longest time that a kernel may take to answer first, in seconds.
const STARTUP_TIMEOUT: u64 = 180;

/// One notebook to execute.
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

/// Executes a notebook in a kernel that starts from this compiled copy, and shows its progress; fails with
/// notebook, cell, source and message.
pub fn run(session: &Session, job: &Job, key: &str) -> Result<()> {
    let start = Instant::now();
    let name = name(job.notebook);
    let bar = ui::steps(&name, 0);
    bar.set_message("starting the kernel");
    let count = follow(session, job, &[(KEY_VARIABLE, OsStr::new(key))], &bar)?;
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

/// A notebook's name: its file's without the ending.
pub fn name(notebook: &Path) -> String {
    notebook
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
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
    let mut ended = None;
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        let Ok(event) = serde_json::from_str::<Value>(&line) else {
            continue;
        };
        match event["event"].as_str() {
            Some("cells") => bar.set_length(event["count"].as_u64().unwrap_or(0)),
            Some("start") => bar.set_message(first_line(job, &event)),
            Some("end") => bar.inc(1),
            Some("note") => bar.suspend(|| ui::say(&note(job, &event))),
            Some("failure") => ended = Some(Err(failure(job, &event))),
            Some("done") => ended = Some(Ok(bar.length().unwrap_or(0))),
            _ => {}
        }
    }
    let status = child.wait()?;
    if !matches!(ended, Some(Ok(_))) {
        bar.finish_and_clear();
    }
    ended.unwrap_or_else(|| {
        Err(anyhow!(
            "the Python that executes {} ended before its work ({status}), killed by somebody or for want of memory: \
             run the command again",
            name(job.notebook)
        ))
    })
}

fn start(session: &Session, job: &Job, environment: &[(&str, &OsStr)]) -> Result<Child> {
    let description = json!({
        "notebook": job.notebook.to_str().context("the notebook's path is not valid UTF-8")?,
        "executed": job.executed.to_str().context("the path of target/ is not valid UTF-8")?,
        "folder": job.folder.to_str().context("the notebook folder's path is not valid UTF-8")?,
        "kernel": kernelspec::NAME,
        "display_name": kernelspec::DISPLAY_NAME,
        "cell_timeout": job.cell_timeout,
        "startup_timeout": STARTUP_TIMEOUT,
    });
    let scripts = session.work.join("python");
    for (name, text) in SCRIPTS {
        let path = scripts.join(name);
        if std::fs::read_to_string(&path).ok().as_deref() != Some(text) {
            files::write_atomically(&path, text.as_bytes())?;
        }
    }
    session
        .python
        .command()
        .arg("-B")
        .arg(scripts.join("execute.py"))
        .arg(description.to_string())
        .env("JUPYTER_PATH", session.work.join("jupyter"))
        .env(INFERENCE_VARIABLE, "explicit")
        .envs(environment.iter().copied())
        // Held open while this process lives: when it ends, the executor ends its kernel and itself.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(if std::env::var_os("BOOK_DEBUG").is_some() {
            Stdio::inherit()
        } else {
            Stdio::null()
        })
        .spawn()
        .context("cannot start the executor")
}

/// The first line of a cell that says something, for the progress bar.
fn first_line(job: &Job, event: &Value) -> String {
    let source = source_of(job, event).unwrap_or_default();
    let line = source.lines().find(|line| !line.trim().is_empty());
    ui::plain(line.unwrap_or_default().trim())
}

/// That a page does not keep all that a cell printed.
fn note(job: &Job, event: &Value) -> String {
    format!(
        "{}: cell {} prints {} lines more than a page keeps; it says so",
        name(job.notebook),
        event["index"].as_u64().unwrap_or(0) + 1,
        event["left_out"]
    )
}

fn source_of(job: &Job, event: &Value) -> Option<String> {
    let index = usize::try_from(event["index"].as_u64()?).ok()?;
    let notebook = cells::read(job.notebook).ok()?;
    cells::of(&notebook).get(index).map(cells::source)
}

/// What a person needs to mend a failing cell.
fn failure(job: &Job, event: &Value) -> anyhow::Error {
    let message = event["message"].as_str().unwrap_or_default().trim_end();
    let message = shortened(&ui::plain(message));
    let path = job.notebook.display();
    match (event["index"].as_u64(), source_of(job, event)) {
        (Some(index), Some(source)) => anyhow!(
            "{path}: cell {} failed\n\n{}\n\n{message}",
            index + 1,
            indent(&ui::plain(&source))
        ),
        _ => anyhow!("{path}: {message}"),
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
