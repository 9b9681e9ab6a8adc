//! The documentation of the library, which becomes a part of the book: written by rustdoc, once for the same sources.

use crate::files::{self, Fingerprint};
use crate::machine::programs::output;
use crate::machine::ui;
use crate::run::session::Session;
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder that rustdoc wrote; none, and a word about it, where the library cannot be documented.
pub fn folder(session: &Session) -> Option<PathBuf> {
    made(session)
        .inspect_err(|reason| {
            ui::say(&format!(
                "The book comes without the documentation of the library, which cannot be written here ({reason:#})"
            ));
        })
        .ok()
}

/// Lets rustdoc write it ahead.
pub fn prepare(session: &Session) {
    made(session).ok();
}

fn made(session: &Session) -> Result<PathBuf> {
    let around = session.work.join("doc");
    let (folder, mark) = (around.join("doc"), around.join("made-of"));
    let hash = hash_of_sources(session)?;
    if fs::read_to_string(&mark).is_ok_and(|found| found == hash) {
        return Ok(folder);
    }
    let spinner = ui::spinner("writing the documentation of the library");
    // Pages of what is no longer there would stay.
    files::remove(&mark)?;
    files::remove(&folder)?;
    let written = write(session, &around);
    spinner.finish_and_clear();
    written?;
    files::write_atomically(&mark, hash)?;
    Ok(folder)
}

/// Lets rustdoc write; what is compiled for it is shared with other builds of the clone.
fn write(session: &Session, around: &Path) -> Result<()> {
    let cargo = session.toolchain.bin().join("cargo");
    let cargo = if cargo.exists() {
        cargo
    } else {
        PathBuf::from("cargo")
    };
    let clone = &session.clone;
    output(
        Command::new(cargo)
            .args(["doc", "--quiet", "--locked", "--no-deps", "--lib"])
            .args(["--package", "diffusion-intuition", "--target-dir"])
            .arg(around)
            .current_dir(clone.root())
            .env("CARGO_BUILD_BUILD_DIR", clone.target()),
    )
    .map(drop)
}

/// Stands for everything that the documentation is written from.
fn hash_of_sources(session: &Session) -> Result<String> {
    let clone = &session.clone;
    let mut fingerprint = Fingerprint::default();
    fingerprint.add("toolchain", session.toolchain.version());
    let mut all = clone.library_files()?;
    all.sort();
    Ok(fingerprint.add_files(clone.root(), &all)?.finish())
}
