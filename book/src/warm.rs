//! The compiled copy of the library that kernels start from.
//!
//! It is an evcxr build folder in which the notebooks' `:dep` cells have been run once. A kernel that starts
//! from a copy of it compiles nothing but its own cells.

use crate::execute::{self, Job};
use crate::files;
use crate::home::Home;
use crate::launcher::WARMING_VARIABLE;
use crate::locks::Lock;
use crate::session::Session;
use crate::ui;
use crate::{cells, fingerprint, pinned};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How many compiled copies are kept on a machine (one is about 100 MB).
const KEPT: usize = 3;
/// The first compilation of all dependencies takes minutes on a slow machine.
const TIMEOUT: Duration = Duration::from_secs(1800);

/// Makes the compiled copy for these `:dep` cells unless it exists; returns its key.
pub fn ensure(session: &Session, notebooks: &Path, cells: &BTreeSet<String>) -> Result<String> {
    let home = &session.home;
    let key = fingerprint::compiled_library(&session.clone, &session.toolchain)?;
    if cells.is_subset(&done(home, &key)) {
        return Ok(key);
    }
    let _lock = Lock::wait(
        &home.join("warm.lock"),
        "compiling the library for the kernel",
    )?;
    let mut known = done(home, &key);
    if cells.is_subset(&known) {
        return Ok(key);
    }
    let start = Instant::now();
    let spinner = ui::spinner(
        "compiling the library for the kernel (about a minute, after every change of it)",
    );
    let aside = home.warm().join(format!(".{key}.part"));
    files::remove(&aside)?;
    let build = aside.join("build");
    // Copies keyed otherwise still hold most of the dependencies.
    let newest = copies(home)?.into_iter().next();
    match newest {
        Some(copy) => {
            files::copy_tree(&copy.join("build"), &build)?;
            // The versions are those of the project's lock file now.
            files::remove(&build.join("Cargo.lock"))?;
        }
        None => fs::create_dir_all(&build).map_err(|error| files::explain(error, &build))?,
    }
    for cell in cells.difference(&known.clone()) {
        run_cell(session, notebooks, &build, cell)?;
        known.insert(cell.clone());
    }
    pinned::check(
        &session.clone.root().join("Cargo.lock"),
        &build.join("Cargo.lock"),
    )?;
    put_in_place(home, &key, &aside, &known)?;
    spinner.finish_and_clear();
    ui::say(&format!(
        "compiled the library for the kernel in {}",
        ui::seconds(start.elapsed())
    ));
    Ok(key)
}

/// Keeps what a kernel without a compiled copy has compiled, so that the next one starts from it.
pub fn keep(home: &Home, key: &str, private: &Path) -> Result<()> {
    let Some(_lock) = Lock::try_take(&home.join("warm.lock"))? else {
        return Ok(());
    };
    let deps = files::list(&private.join("target"))?;
    let compiled = deps.iter().any(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("libdiffusion_intuition-") && name.ends_with(".rlib")
    });
    if !compiled || home.warm().join(key).exists() {
        return Ok(());
    }
    let aside = home.warm().join(format!(".{key}.part"));
    files::remove(&aside)?;
    fs::create_dir_all(&aside)?;
    fs::rename(private, aside.join("build")).map_err(|error| files::explain(error, &aside))?;
    // Which `:dep` cells it holds is not known: `cargo book` runs its own in it again, which then is quick.
    put_in_place(home, key, &aside, &BTreeSet::new())
}

/// Runs one `:dep` cell in a kernel that compiles in the folder itself.
fn run_cell(session: &Session, notebooks: &Path, build: &Path, cell: &str) -> Result<()> {
    let notebook = session.work.join("warm.ipynb");
    let cells = [
        cells::code(cell),
        cells::code("let warm: i32 = 1;"),
        cells::code("println!(\"{warm}\")"),
    ];
    files::write_atomically(&notebook, cells::notebook(&cells).to_string().as_bytes())?;
    let job = Job {
        notebook: &notebook,
        executed: &session.work.join("warm-executed.ipynb"),
        folder: notebooks,
        cell_timeout: TIMEOUT.as_secs(),
    };
    execute::run_quietly(session, &job, &[(WARMING_VARIABLE, build.as_os_str())])
        .context("the library does not compile in the kernel")
}

/// Copies the compiled copy of this key to `folder`; false if there is none.
pub fn copy(home: &Home, key: &str, folder: &Path) -> Result<bool> {
    let warm = home.warm().join(key);
    if !warm.join("warm.json").exists() {
        return Ok(false);
    }
    // Held while copying, so that nobody removes what is being copied.
    let _lock = Lock::shared(&lock_of(home, key))?;
    if !warm.join("warm.json").exists() {
        return Ok(false);
    }
    // The time of last use decides which copies are kept.
    let _ = fs::File::open(warm.join("warm.json"))
        .and_then(|file| file.set_modified(std::time::SystemTime::now()));
    files::copy_tree(&warm.join("build"), folder)?;
    Ok(true)
}

/// The `:dep` cells that were run in the compiled copy.
fn done(home: &Home, key: &str) -> BTreeSet<String> {
    let record = fs::read_to_string(home.warm().join(key).join("warm.json")).unwrap_or_default();
    let record: Value = serde_json::from_str(&record).unwrap_or_default();
    let cells = record["cells"].as_array().cloned().unwrap_or_default();
    cells
        .iter()
        .filter_map(|cell| cell.as_str().map(str::to_owned))
        .collect()
}

fn lock_of(home: &Home, key: &str) -> PathBuf {
    home.warm().join(format!("{key}.lock"))
}

/// All compiled copies, the last used one first.
fn copies(home: &Home) -> Result<Vec<PathBuf>> {
    let mut copies = Vec::new();
    let Ok(entries) = fs::read_dir(home.warm()) else {
        return Ok(Vec::new());
    };
    for entry in entries {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if let Ok(metadata) = fs::metadata(path.join("warm.json"))
            && !hidden
        {
            copies.push((metadata.modified()?, path));
        }
    }
    copies.sort();
    Ok(copies.into_iter().rev().map(|(_, path)| path).collect())
}

/// Removes what the warming cells themselves left, which no kernel uses.
fn tidy(build: &Path) -> Result<()> {
    for file in files::list(&build.join("target"))? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let parts = file
            .components()
            .any(|part| part.as_os_str() == "incremental");
        if parts || name.starts_with("libcode_") || name.starts_with("code_") {
            files::remove(&file)?;
        }
    }
    Ok(())
}

fn put_in_place(home: &Home, key: &str, aside: &Path, cells: &BTreeSet<String>) -> Result<()> {
    tidy(&aside.join("build"))?;
    let record = aside.join("warm.json");
    fs::write(&record, json!({ "cells": cells }).to_string())
        .map_err(|error| files::explain(error, &record))?;
    let place = home.warm().join(key);
    remove_copy(home, &place)?;
    fs::rename(aside, &place).map_err(|error| files::explain(error, &place))?;
    for old in copies(home)?.into_iter().skip(KEPT) {
        remove_copy(home, &old)?;
    }
    Ok(())
}

/// Removes a copy, waiting for kernels that are copying it.
fn remove_copy(home: &Home, copy: &Path) -> Result<()> {
    if let Some(key) = copy.file_name().and_then(|name| name.to_str()) {
        let _lock = Lock::wait(&lock_of(home, key), "copying a compiled library")?;
        files::remove(copy)?;
    }
    Ok(())
}

/// Configuration for a kernel without a compiled copy: it says what takes so long in its first cell.
pub fn notice(private: &Path) -> Result<PathBuf> {
    let folder = private.join("notice");
    let manifest = private.join("Cargo.toml");
    let prelude = format!(
        r#"{{
    let manifest = {manifest:?};
    std::thread::spawn(move || {{
        let pause = std::time::Duration::from_millis(200);
        while !std::fs::read_to_string(manifest).is_ok_and(|text| text.contains("diffusion-intuition")) {{
            std::thread::sleep(pause);
        }}
        eprintln!("Compiling the library for this kernel: about a minute, once after every change of it. \
                   (`cargo book` does it ahead.)");
    }});
}}
"#
    );
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("prelude.rs"), prelude)?;
    Ok(folder)
}
