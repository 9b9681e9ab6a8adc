//! The compiled copies of the library that kernels start from.
//!
//! A copy is an evcxr build folder in which the notebooks' `:dep` cells have been run once. A kernel that starts
//! from a copy of it compiles nothing but its own cells.

use crate::files;
use crate::files::locks::Lock;
use crate::machine::home::Home;
use anyhow::Result;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// How many are kept on a machine (one is about 100 MB).
const KEPT: usize = 3;
/// Held while one is made, in the per-user folder.
pub const LOCK: &str = "warm.lock";
/// Names the `:dep` cells that were run in a copy; written last.
const RECORD: &str = "warm.json";

/// The `:dep` cells that were run in the copy of this key.
pub fn cells(home: &Home, key: &str) -> BTreeSet<String> {
    let record = fs::read_to_string(home.warm().join(key).join(RECORD)).unwrap_or_default();
    let mut record: Value = serde_json::from_str(&record).unwrap_or_default();
    serde_json::from_value(record["cells"].take()).unwrap_or_default()
}

/// A build folder for a new copy. It starts from the newest, which under another key still holds most dependencies.
pub fn begin(home: &Home, key: &str) -> Result<PathBuf> {
    files::remove(&aside(home, key))?;
    let build = aside(home, key).join("build");
    match all(home)?.first() {
        Some(copy) => {
            files::copy_tree(&copy.join("build"), &build, &[])?;
            // The versions are those of the project's lock file now.
            files::remove(&build.join("Cargo.lock"))?;
        }
        None => files::make_folder(&build)?,
    }
    Ok(build)
}

/// Makes the folder that [`begin`] began the copy of its key, and removes those that were not used for longest.
pub fn put_in_place(home: &Home, key: &str, cells: &BTreeSet<String>) -> Result<()> {
    let aside = aside(home, key);
    tidy(&aside.join("build"))?;
    files::write_atomically(&aside.join(RECORD), json!({ "cells": cells }).to_string())?;
    let place = home.warm().join(key);
    remove(home, &place)?;
    files::rename(&aside, &place)?;
    for old in all(home)?.into_iter().skip(KEPT) {
        remove(home, &old)?;
    }
    Ok(())
}

/// Keeps what a kernel without a copy has compiled, so that the next one starts from it.
pub fn keep(home: &Home, key: &str, private: &Path) -> Result<()> {
    let Some(_lock) = Lock::try_take(&home.join(LOCK))? else {
        return Ok(());
    };
    let deps = files::list(&private.join("target"))?;
    let compiled = deps.iter().any(|file| {
        files::has_ending(file, "rlib") && files::stem(file).starts_with("libdiffusion_intuition-")
    });
    if !compiled || home.warm().join(key).exists() {
        return Ok(());
    }
    let aside = aside(home, key);
    files::remove(&aside)?;
    files::make_folder(&aside)?;
    files::rename(private, &aside.join("build"))?;
    // Which `:dep` cells it holds is not known: `cargo book` runs its own in it again, which then is quick.
    put_in_place(home, key, &BTreeSet::new())
}

/// Copies the copy of this key to `folder`; false if there is none.
pub fn copy(home: &Home, key: &str, folder: &Path) -> Result<bool> {
    let copy = home.warm().join(key);
    let record = copy.join(RECORD);
    if !record.exists() {
        return Ok(false);
    }
    // Held while copying, so that nobody removes what is being copied.
    let _lock = Lock::shared(&lock_of(home, key))?;
    if !record.exists() {
        return Ok(false);
    }
    // The time of last use decides which copies are kept.
    let _ = fs::File::open(record).and_then(|file| file.set_modified(SystemTime::now()));
    files::copy_tree(&copy.join("build"), folder, &[])?;
    Ok(true)
}

fn aside(home: &Home, key: &str) -> PathBuf {
    home.warm().join(format!(".{key}.part"))
}

fn lock_of(home: &Home, key: &str) -> PathBuf {
    home.warm().join(format!("{key}.lock"))
}

/// All copies, the last used one first.
fn all(home: &Home) -> Result<Vec<PathBuf>> {
    let mut copies = Vec::new();
    for entry in fs::read_dir(home.warm()).into_iter().flatten() {
        let path = entry?.path();
        let hidden = files::stem(&path).starts_with('.');
        if let Ok(metadata) = fs::metadata(path.join(RECORD))
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
        let parts = file.iter().any(|part| part == "incremental");
        let name = files::stem(&file);
        if parts || name.starts_with("libcode_") || name.starts_with("code_") {
            files::remove(&file)?;
        }
    }
    Ok(())
}

/// Removes a copy, waiting for kernels that are copying it.
fn remove(home: &Home, copy: &Path) -> Result<()> {
    if let Some(key) = copy.file_name().and_then(|name| name.to_str()) {
        let _lock = Lock::wait(&lock_of(home, key), "copying a compiled library")?;
        files::remove(copy)?;
    }
    Ok(())
}
