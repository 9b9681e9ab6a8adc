//! Checks of the press and of the pages, each a script in `book/checks/` that tries this very program.

use crate::clone::Clone;
use crate::home::Home;
use crate::python::{Packages, Python};
use crate::session::Session;
use crate::toolchain::which;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names under which systems install the browser.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];

/// A check that needs nothing but this program and its kernel.
#[derive(Clone, Copy)]
pub enum Check {
    /// Every way in which a cell can fail fails the press.
    Faults,
    /// A press that is killed at any moment leaves a whole site.
    Kills,
    /// Kernels and presses at once do not disturb each other.
    Crowd,
    /// What is missing on a machine is said in a sentence.
    Missing,
}

impl Check {
    fn script(self) -> &'static str {
        match self {
            Check::Faults => "failures.py",
            Check::Kills => "kills.py",
            Check::Crowd => "crowd.py",
            Check::Missing => "missing.py",
        }
    }
}

/// Runs a check; fails if it does.
pub fn run(check: Check) -> Result<()> {
    let session = Session::open(Packages::Book)?;
    let mut command = script(&session.python, &session.clone, check.script());
    command
        .arg(std::env::current_exe()?)
        .env("JUPYTER_PATH", session.work.join("jupyter"));
    succeed(&mut command)
}

/// Looks at the pages that are broken on purpose, then at every page of the pressed book, in a real browser.
pub fn browse(screenshots: Option<&Path>) -> Result<()> {
    let browser = browser()?;
    let clone = Clone::here()?;
    let book = clone.target().join("book");
    if !book.join("index.html").exists() {
        bail!("there are no pages yet: run `cargo book` first");
    }
    let python = Python::ensure(&Home::open()?, Packages::Checks)?;
    let command = || {
        let mut command = script(&python, &clone, "browser.py");
        command.arg("--chromium").arg(&browser);
        command
    };
    succeed(command().arg("--self-test"))?;
    let mut look = command();
    look.arg(&book);
    if let Some(folder) = screenshots {
        look.arg("--screenshots").arg(std::path::absolute(folder)?);
    }
    succeed(&mut look)
}

fn browser() -> Result<PathBuf> {
    BROWSERS.into_iter().find_map(which).with_context(|| {
        format!(
            "no Chromium found: install it ({}) and run `cargo book browse` again",
            if cfg!(target_os = "macos") {
                "for example: brew install --cask chromium"
            } else {
                "for example: sudo apt-get install chromium"
            }
        )
    })
}

fn script(python: &Python, clone: &Clone, name: &str) -> Command {
    let mut command = python.command();
    command
        // The clone stays as it was.
        .arg("-B")
        .arg(clone.join("book/checks").join(name))
        .current_dir(clone.root());
    command
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().context("cannot start the check")?;
    if !status.success() {
        bail!("the check failed (its lines above say where)");
    }
    Ok(())
}
