//! Compiles the library for kernels ahead, by running the notebooks' `:dep` cells in a kernel.

use crate::files;
use crate::files::locks::Lock;
use crate::kernel::{copies, key, library, variables};
use crate::machine::ui;
use crate::run::execute::{self, Job};
use crate::run::session::Session;
use crate::run::{cells, pinned};
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

/// The first compilation of all dependencies takes minutes on a slow machine; in seconds.
const TIMEOUT: u64 = 1800;

/// Makes the compiled copy for all notebooks of the book.
pub fn ensure_all(session: &Session) -> Result<String> {
    let notebooks = session.clone.notebooks();
    let paths = cells::in_folder(&notebooks)?;
    let read: Vec<_> = paths
        .iter()
        .map(|path| cells::read(path))
        .collect::<Result<_>>()?;
    ensure(session, &notebooks, &read)
}

/// Whether the compiled copy for these notebooks exists.
pub fn is_there<'a>(
    session: &Session,
    notebooks: impl IntoIterator<Item = &'a Value>,
) -> Result<bool> {
    let (cells, key) = wanted(session, notebooks)?;
    Ok(cells.is_subset(&copies::cells(&session.home, &key)))
}

/// The `:dep` cells that the copy must have run, and its key.
fn wanted<'a>(
    session: &Session,
    notebooks: impl IntoIterator<Item = &'a Value>,
) -> Result<(BTreeSet<String>, String)> {
    let cells = notebooks.into_iter().filter_map(cells::dependencies);
    let key = key::of_library(&session.clone, &session.toolchain)?;
    Ok((cells.collect(), key))
}

/// Makes the compiled copy for these notebooks of a folder unless it exists; returns its key.
pub fn ensure<'a>(
    session: &Session,
    folder: &Path,
    notebooks: impl IntoIterator<Item = &'a Value>,
) -> Result<String> {
    let home = &session.home;
    let (cells, key) = wanted(session, notebooks)?;
    let lock = home.join(copies::LOCK);
    let found = || cells.is_subset(&copies::cells(home, &key)).then_some(());
    Lock::once(&lock, "compiling the library for the kernel", found, || {
        compile(session, folder, &cells, &key)
    })?;
    Ok(key)
}

fn compile(session: &Session, folder: &Path, cells: &BTreeSet<String>, key: &str) -> Result<()> {
    let home = &session.home;
    let start = Instant::now();
    let spinner = ui::spinner(
        "compiling the library for the kernel (about a minute, after every change of it)",
    );
    let build = copies::begin(home, key)?;
    let known = copies::cells(home, key);
    let hash = library::hash(&session.clone)?;
    for cell in cells.difference(&known) {
        run_cell(session, folder, &build, cell)?;
    }
    pinned::check(&session.clone.join("Cargo.lock"), &build.join("Cargo.lock"))?;
    copies::put_in_place(home, key, Some(&hash), &(&known | cells))?;
    spinner.finish_and_clear();
    ui::say(&format!(
        "compiled the library for the kernel in {}",
        ui::seconds(start.elapsed())
    ));
    Ok(())
}

/// Runs one `:dep` cell in a kernel that compiles in the folder itself.
fn run_cell(session: &Session, folder: &Path, build: &Path, cell: &str) -> Result<()> {
    let notebook = session.work.join("warm.ipynb");
    let cells = [cell, "let warm: i32 = 1;", "println!(\"{warm}\")"].map(cells::code);
    files::write_atomically(&notebook, cells::notebook(&cells).to_string())?;
    let job = Job {
        notebook: &notebook,
        executed: &session.work.join("warm-executed.ipynb"),
        folder,
        cell_timeout: TIMEOUT,
    };
    execute::run_quietly(session, &job, &[(variables::WARMING, build.as_os_str())])
        .context("the library does not compile in the kernel")
}
