//! The compiled copies of the library that kernels start from.
//!
//! A copy is an evcxr build folder in which the notebooks' `:dep` cells have been run once. A kernel that starts
//! from a copy of it compiles nothing but its own cells. What is large in a copy is shared with it by links: cargo and
//! rustc never write into such a file, they put another in its place.

use crate::files;
use crate::files::locks::Lock;
use crate::kernel::library;
use crate::machine::home::Home;
use anyhow::Result;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// How many are kept for a user (one is about 120 MB).
const KEPT: usize = 3;
/// Held while one is made, in the per-user folder.
pub const LOCK: &str = "warm.lock";
/// Names the `:dep` cells that were run in a copy; written last.
const RECORD: &str = "warm.json";

/// The `:dep` cells that were run in the copy of this key.
pub fn cells(home: &Home, key: &str) -> BTreeSet<String> {
    let mut record = record(home, key);
    serde_json::from_value(record["cells"].take()).unwrap_or_default()
}

/// The hash of the library that the copy of this key was compiled from.
pub fn library(home: &Home, key: &str) -> Option<String> {
    Some(record(home, key)["library"].as_str()?.to_owned())
}

fn record(home: &Home, key: &str) -> Value {
    let record = fs::read_to_string(place(home, key).join(RECORD)).unwrap_or_default();
    serde_json::from_str(&record).unwrap_or_default()
}

/// Where the copy of this key is: the user's own, or that of the prefix.
fn place(home: &Home, key: &str) -> PathBuf {
    let own = home.warm().join(key);
    let shared = home.prefix().map(|prefix| prefix.join("warm").join(key));
    match shared.filter(|shared| !own.join(RECORD).exists() && shared.join(RECORD).exists()) {
        Some(shared) => shared,
        None => own,
    }
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
            if !copy.ends_with(key) {
                forget_library(&build)?;
            }
        }
        None => files::make_folder(&build)?,
    }
    Ok(build)
}

/// Makes the folder that [`begin`] began the copy of its key, and removes those that were not used for longest.
pub fn put_in_place(
    home: &Home,
    key: &str,
    library: Option<&str>,
    cells: &BTreeSet<String>,
) -> Result<()> {
    let aside = aside(home, key);
    tidy(&aside.join("build"))?;
    let record = json!({ "cells": cells, "library": library });
    files::write_atomically(&aside.join(RECORD), record.to_string())?;
    let place = home.warm().join(key);
    remove(home, &place)?;
    files::rename(&aside, &place)?;
    let own = all(home)?
        .into_iter()
        .filter(|copy| copy.starts_with(home.warm()));
    let (kept, old): (Vec<_>, Vec<_>) = own.enumerate().partition(|(rank, _)| *rank < KEPT);
    for (_, old) in old {
        remove(home, &old)?;
    }
    let keys = kept
        .iter()
        .filter_map(|(_, copy)| copy.file_name()?.to_str());
    library::forget_others(
        home,
        &keys.filter_map(|key| self::library(home, key)).collect(),
    )
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
    put_in_place(home, key, None, &BTreeSet::new())
}

/// Copies the copy of this key to `folder`; false if there is none.
pub fn copy(home: &Home, key: &str, folder: &Path) -> Result<bool> {
    let copy = place(home, key);
    let record = copy.join(RECORD);
    if !record.exists() {
        return Ok(false);
    }
    if home.prefix().is_some_and(|prefix| copy.starts_with(prefix)) {
        // Nobody removes it, and links of another user's files may not be made, but links to them.
        files::link_tree(
            &copy.join("build"),
            folder,
            |from, to| symlink(from, to),
            is_shared,
        )?;
        return Ok(true);
    }
    // Held while copying, so that nobody removes what is being copied.
    let _lock = Lock::shared(&lock_of(home, key))?;
    if !record.exists() {
        return Ok(false);
    }
    // The time of last use decides which copies are kept.
    let _ = fs::File::open(record).and_then(|file| file.set_modified(SystemTime::now()));
    files::link_tree(
        &copy.join("build"),
        folder,
        |from, to| fs::hard_link(from, to),
        is_shared,
    )?;
    Ok(true)
}

/// Whether a file of a copy is worth a link: what cargo itself writes into is small.
fn is_shared(file: &Path, bytes: u64) -> bool {
    const LARGE: u64 = 1 << 16;
    bytes >= LARGE && !files::has_ending(file, "d") && !files::has_ending(file, "lock")
}

/// Removes what was compiled from another library, which no kernel with the new one uses.
fn forget_library(build: &Path) -> Result<()> {
    for file in files::list(&build.join("target"))? {
        let parts = file.iter().filter_map(|part| part.to_str());
        let names = [
            "libdiffusion_intuition-",
            "diffusion_intuition-",
            "diffusion-intuition-",
        ];
        if parts
            .into_iter()
            .any(|part| names.iter().any(|name| part.starts_with(name)))
        {
            files::remove(&file)?;
        }
    }
    Ok(())
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
    let shared = home.prefix().map(|prefix| prefix.join("warm"));
    let folders = [Some(home.warm()), shared].into_iter().flatten();
    for entry in folders.flat_map(fs::read_dir).flatten() {
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
