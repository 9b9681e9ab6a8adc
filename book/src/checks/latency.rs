//! `cargo book latency`: how long a reader waits, and how fast a cell is.

use crate::files;
use crate::kernel::{kernelspec, variables};
use crate::machine::programs::output;
use crate::machine::{environment, ui};
use crate::python::packages::Packages;
use crate::run::session::Session;
use crate::run::{cells, warm};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::json;
use std::process::Command;

/// The notebook whose first figure is awaited.
const NOTEBOOK: &str = "01-core-idea.ipynb";
/// A further cell: a `let` with a library call, printed.
const FURTHER: &str = include_str!("../../cells/further.rs");
/// The function that is timed in a cell and in a release build.
const SPEED: &str = include_str!("../../cells/speed.rs");
/// What brings the library's names into a cell or program.
const USE: &str = "use diffusion_intuition::prelude::*;";
/// How the timed function is called; it prints nanoseconds.
const CALL: &str = "println!(\"{}\", fastest_call()?);";

/// Measures and prints the figures, each the median of `runs`.
pub fn run(runs: usize) -> Result<()> {
    if runs == 0 {
        bail!("--runs must be at least 1");
    }
    let session = Session::open(Packages::Book)?;
    let notebooks = session.clone.notebooks();
    let notebook = cells::read(&notebooks.join(NOTEBOOK))?;
    let key = warm::ensure(&session, &notebooks, [&notebook])?;
    let program = release_program(&session)?;
    let sources: Vec<_> = cells::of(&notebook)
        .iter()
        .filter(|cell| cells::is_code(cell))
        .map(cells::source)
        .collect();
    let spinner = ui::spinner("measuring");
    let (mut fast, mut inferred, mut further, mut ratios) = (vec![], vec![], vec![], vec![]);
    for run in 1..=runs {
        spinner.set_message(format!("measuring {run}/{runs}"));
        let kernel = measure(&session, &sources, &key, "explicit")?;
        let released: f64 = output(&mut Command::new(&program))?.trim().parse()?;
        fast.push(kernel.first_figure);
        further.push(kernel.further[1]);
        ratios.push(released / kernel.printed[3].trim().parse::<f64>()?);
        inferred.push(measure(&session, &sources, &key, "full")?.first_figure);
    }
    spinner.finish_and_clear();
    let (fast, inferred) = (median(fast), median(inferred));
    ui::say(&format!("first figure {fast:.1} s"));
    ui::say(&format!("first figure with inference {inferred:.1} s"));
    if session.toolchain.library_sources().is_none() {
        ui::say(
            "(this toolchain has no rust-src, so a kernel infers no types of the standard library: \
             `rustup component add rust-src`, then measure again)",
        );
    }
    ui::say(&format!("further cell {:.2} s", median(further)));
    ui::say(&format!("in-cell speed over release {:.2}", median(ratios)));
    Ok(())
}

/// What one kernel took, in seconds, and what its further cells printed.
#[derive(Deserialize)]
struct Measured {
    first_figure: f64,
    further: [f64; 4],
    printed: [String; 4],
}

/// Measures one kernel in a fresh private folder.
fn measure(session: &Session, sources: &[String], key: &str, inference: &str) -> Result<Measured> {
    let job = json!({
        "kernel": kernelspec::NAME,
        "folder": session.clone.notebooks(),
        "cells": sources,
        "further": [USE, FURTHER, SPEED, CALL],
    });
    let report = output(
        session
            .python
            .command()
            .args(["-c", include_str!("../../python/latency.py")])
            .arg(job.to_string())
            .env("JUPYTER_PATH", session.work.join("jupyter"))
            .env(variables::KEY, key)
            .env(variables::INFERENCE, inference),
    )?;
    serde_json::from_str(report.lines().last().unwrap_or_default())
        .context("the measuring script said nothing")
}

/// Builds the timed function as a release program outside any kernel.
fn release_program(session: &Session) -> Result<std::path::PathBuf> {
    let spinner = ui::spinner("compiling the release program to compare with");
    let folder = session.work.join("speed");
    let library = session
        .clone
        .root()
        .to_str()
        .context("the clone's path is not valid UTF-8")?;
    let manifest = format!(
        "[package]\nname = \"speed\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\ndiffusion-intuition = {{ path = {library:?} }}\n"
    );
    let main =
        format!("{USE}\n\n{SPEED}\nfn main() -> Result<()> {{\n    {CALL}\n    Ok(())\n}}\n");
    files::write_atomically(&folder.join("Cargo.toml"), manifest)?;
    files::write_atomically(&folder.join("src/main.rs"), main)?;
    std::fs::copy(session.clone.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let mut command = Command::new("cargo");
    environment::compile_as_set_up(&mut command);
    output(
        command
            .args(["build", "--release", "--quiet"])
            .env("CARGO_TARGET_DIR", folder.join("target"))
            .current_dir(&folder),
    )?;
    spinner.finish_and_clear();
    Ok(folder.join("target/release/speed"))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        (values[middle - 1] + values[middle]) / 2.0
    }
}
