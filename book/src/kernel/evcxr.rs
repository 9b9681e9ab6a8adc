//! The kernel itself: found, or installed once at the pinned version.

use crate::files::locks::Lock;
use crate::files::{self, disk};
use crate::kernel::found;
use crate::machine::home::Home;
use crate::machine::toolchain::Toolchain;
use crate::machine::{environment, ui};
use crate::python::packages::Python;
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The version that everything here was measured with.
pub const VERSION: &str = "0.22.0";

/// Held while it is installed, in the per-user folder.
pub const LOCK: &str = "evcxr.lock";
/// Remembers one that somebody else installed, in the per-user folder.
const FOUND: &str = "evcxr-found.json";
/// The Rust that it compiles with (`rust-version` in its manifest).
const RUST: (u32, u32) = (1, 95);
/// Disk that compiling it takes, the pages and the Python packages too.
const ROOM: u64 = 3_000_000_000;

/// The installed kernel, if there is one.
pub fn installed(home: &Home) -> Option<PathBuf> {
    let own = home
        .found(folder_name())
        .map(|folder| folder.join("bin/evcxr_jupyter"));
    if let Some(own) = own.filter(|own| own.exists()) {
        return Some(own);
    }
    found::of_cargo(VERSION).or_else(|| found::recorded(&home.place(FOUND), VERSION))
}

/// Looks for a kernel that is not known to be one of this version; one that answers so is used.
pub fn look(home: &Home, python: &Python) -> Result<()> {
    match installed(home) {
        Some(_) => Ok(()),
        None => found::ask(&home.join(FOUND), VERSION, python),
    }
}

/// Whether a program is here that may turn out to be the kernel.
pub fn may_be_here() -> bool {
    !found::candidates().is_empty()
}

/// Fails with a sentence if the kernel has to be compiled and cannot be.
pub fn check(home: &Home, toolchain: &Toolchain) -> Result<()> {
    if installed(home).is_some() {
        return Ok(());
    }
    toolchain.need(RUST, &format!("the Rust kernel evcxr_jupyter {VERSION}"))?;
    // An interrupted installation has part of it already.
    let there = files::size(&build_folder(home));
    disk::need_room(
        home.root(),
        ROOM.saturating_sub(there),
        "setting up the book",
    )
}

/// The kernel, installed first if it has to be.
pub fn ensure(home: &Home) -> Result<PathBuf> {
    let lock = home.join(LOCK);
    let found = || installed(home);
    Lock::once(&lock, "installing the kernel", found, || install(home))
}

/// Kept until the install is complete, so that an interrupted one goes on where it was.
fn build_folder(home: &Home) -> PathBuf {
    home.join("evcxr-build")
}

fn folder(home: &Home) -> PathBuf {
    home.join(folder_name())
}

fn folder_name() -> String {
    format!("evcxr-{VERSION}")
}

/// How much the compiler optimises. All of it fully takes 12 to 15 minutes, and is a tenth faster to the first figure
/// (a fifth where types are inferred). What rust-analyzer does for editors only, completions among it, takes as long
/// without any: a tenth of a second, in which its deeper parts do the work.
fn optimised() -> Vec<String> {
    let editing = ["", "_assists", "_completion", "_db", "_diagnostics", "_ssr"];
    let without =
        editing.map(|part| format!("profile.release.package.ra_ap_ide{part}.opt-level=0"));
    let settings = ["profile.release.opt-level=1".to_owned()]
        .into_iter()
        .chain(without);
    settings
        .flat_map(|setting| ["--config".to_owned(), setting])
        .collect()
}

fn install(home: &Home) -> Result<PathBuf> {
    ui::say(&format!(
        "Installing the Rust kernel evcxr_jupyter {VERSION}: it contains rust-analyzer, so compiling it takes \
         6 to 10 minutes on 2 cores. This happens once; every clone uses the same kernel."
    ));
    let aside = home.join(format!(".evcxr-{VERSION}.part"));
    files::remove(&aside)?;
    let mut command = Command::new("cargo");
    environment::compile_as_set_up(&mut command);
    let mut child = command
        .args([
            "install",
            "evcxr_jupyter",
            "--locked",
            "--version",
            &format!("={VERSION}"),
            "--root",
        ])
        .arg(&aside)
        .args(optimised())
        .env("CARGO_TARGET_DIR", build_folder(home))
        .env("CARGO_TERM_PROGRESS_WHEN", "never")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run cargo: install Rust with rustup")?;
    let bar = ui::steps("kernel", 390);
    let mut tail = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).lines() {
            let line = line?;
            let step = line.trim_start();
            if step.starts_with("Compiling") {
                bar.inc(1);
                bar.set_message(step.to_owned());
            }
            tail.push(line);
        }
    }
    if !child.wait()?.success() {
        bar.finish_and_clear();
        disk::need_space(home.root())?;
        tail.drain(..tail.len().saturating_sub(15));
        bail!(
            "installing evcxr_jupyter failed; if the messages below speak of the network, mend that and run \
             `cargo book` again, it goes on where it was:\n{}",
            tail.join("\n")
        );
    }
    bar.finish_with_message("installed");
    let folder = folder(home);
    files::remove(&folder)?;
    files::rename(&aside, &folder)?;
    files::remove(&build_folder(home))?;
    Ok(folder.join("bin/evcxr_jupyter"))
}
