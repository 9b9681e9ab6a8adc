//! `cargo book ci`: checks of the press and of the pages, each a script in `book/checks/`.

use crate::machine::clone::Clone;
use crate::machine::home::Home;
use crate::machine::programs::{need_browser, need_looking_browser};
use crate::press::module;
use crate::python::packages::{Packages, Python};
use crate::run::session::Session;
use anyhow::{Context, Result, bail};
use clap::Subcommand;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A check, by its name on the command line.
#[derive(Subcommand)]
pub enum Check {
    /// Every way in which a cell can fail fails the press
    Faults,
    /// A press killed at any moment leaves a whole site
    Kills,
    /// Several kernels and presses at once do not disturb each other
    Crowd,
    /// Many users share one read-only prefix
    Classroom,
    /// A sentence says what is missing on a machine
    Missing,
    /// Pages have what an address and a repository bring, and nothing of it without
    Published,
    /// The ePub and the document for paper hold together
    Printed,
    /// Draw the picture that links to the pages show anew
    Card,
    /// The committed module of the pages is made from the sources as they are
    Module,
    /// The check of pages finds what is wrong with pages that are broken on purpose
    Broken,
    /// Every page of the pressed book is right in Chromium
    Browse {
        /// Photograph every page into this folder
        #[arg(long, value_name = "DIR")]
        screenshots: Option<PathBuf>,
    },
}

impl Check {
    /// Runs the check; fails if it does.
    pub fn run(&self) -> Result<()> {
        match self {
            Check::Faults => try_press("press/failures.py"),
            Check::Kills => try_press("press/kills.py"),
            Check::Crowd => try_press("press/crowd.py"),
            Check::Classroom => try_press("press/classroom.py"),
            Check::Missing => try_press("press/missing.py"),
            Check::Published => with_packages("press/published.py"),
            Check::Printed => with_packages("press/printed.py"),
            Check::Card => card(),
            Check::Module => module::check(&Session::open(Packages::Book)?).map(|_| ()),
            Check::Broken => succeed(look()?.arg("--self-test")),
            Check::Browse { screenshots } => browse(screenshots.as_deref()),
        }
    }
}

/// Runs a script that tries this very program.
fn try_press(name: &str) -> Result<()> {
    let session = Session::open(Packages::Book)?;
    let mut command = script(&session.python, &session.clone, name);
    command
        .arg(std::env::current_exe()?)
        .env("JUPYTER_PATH", session.work.join("jupyter"));
    succeed(&mut command)
}

/// Runs a script that lets Sphinx make pages of its own by the settings of the book; it needs no kernel.
fn with_packages(name: &str) -> Result<()> {
    let python = Python::ensure(&Home::open()?, Packages::Book)?;
    succeed(&mut script(&python, &Clone::here()?, name))
}

/// Draws the picture for links in the browser, which alone of the tools here sets type and turns drawings into pixels.
fn card() -> Result<()> {
    let python = Python::ensure(&Home::open()?, Packages::Checks)?;
    let mut command = script(&python, &Clone::here()?, "browser/card.py");
    succeed(command.arg("--chromium").arg(need_browser()?))
}

/// The check of pages in a real browser.
fn look() -> Result<Command> {
    let browser = need_looking_browser()?;
    let python = Python::ensure(&Home::open()?, Packages::Checks)?;
    let mut command = script(&python, &Clone::here()?, "browser/look.py");
    command.arg("--chromium").arg(browser);
    Ok(command)
}

/// Looks at every page of the pressed book.
fn browse(screenshots: Option<&Path>) -> Result<()> {
    let clone = Clone::here()?;
    let book = clone.target().join("book");
    if !book.join("index.html").exists() {
        bail!("there are no pages yet: run `cargo book` first");
    }
    let mut look = look()?;
    look.arg(&book).arg("--native").arg(native(&clone)?);
    look.arg("--module").arg(clone.join(module::COMMITTED));
    if let Some(folder) = screenshots {
        look.arg("--screenshots").arg(std::path::absolute(folder)?);
    }
    succeed(&mut look)
}

/// The program that answers the instruments' questions on this machine. Compiled as for its tests, so that where these
/// ran it is there.
fn native(clone: &Clone) -> Result<PathBuf> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--quiet", "--locked", "--profile", "test"])
        .args(["--package", "diffusion-intuition", "--package", "live"])
        .args(["--example", "native", "--target-dir"])
        .arg(clone.target())
        .current_dir(clone.root());
    succeed(&mut cargo)?;
    Ok(clone.target().join("debug/examples/native"))
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
