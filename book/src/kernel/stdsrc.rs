//! Sources of the standard library for the rust-analyzer inside the kernel.
//!
//! It reads them to infer the types of untyped `let`s and to complete names. The whole of `rust-src` takes
//! seconds at every start; most of it (vector intrinsics, tests) is never needed in a cell.

use crate::files::locks::Lock;
use crate::files::{self, Fingerprint};
use crate::machine::home::Home;
use crate::machine::toolchain::Toolchain;
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};

/// The parts that inference needs.
const PARTS: [&str; 7] = [
    "core",
    "alloc",
    "std",
    "proc_macro",
    "panic_abort",
    "panic_unwind",
    "unwind",
];

/// How much of the standard library a kernel's rust-analyzer reads.
#[derive(Clone, Copy, PartialEq)]
pub enum Inference {
    /// Nothing: the fast way, for notebooks whose variables have explicit types.
    Explicit,
    /// What inference and completion need, where `rust-src` is installed.
    Full,
}

/// The folder that a kernel's `RUST_SRC_PATH` names.
pub fn folder(home: &Home, toolchain: &Toolchain, inference: Inference) -> Result<PathBuf> {
    match (inference, toolchain.library_sources()) {
        (Inference::Full, Some(sources)) => lean(home, toolchain, &sources),
        // A folder with an empty `core` is a standard library without content, and keeps rust-analyzer from
        // asking rustup for `rust-src` at every start.
        _ => {
            let empty = home.join("no-std");
            files::make_folder(&empty.join("core"))?;
            Ok(empty)
        }
    }
}

fn lean(home: &Home, toolchain: &Toolchain, sources: &Path) -> Result<PathBuf> {
    let key = Fingerprint::default()
        .add("rustc", toolchain.version())
        .finish();
    let folder = home.join(format!("std-{key}"));
    if folder.exists() {
        return Ok(folder);
    }
    let _lock = Lock::wait(
        &home.join("std.lock"),
        "copying the standard library's sources",
    )?;
    if !folder.exists() {
        let aside = files::aside(&folder)?;
        for part in PARTS {
            copy_sources(&sources.join(part), &aside.join(part))?;
        }
        files::rename(&aside, &folder)?;
    }
    Ok(folder)
}

fn copy_sources(from: &Path, to: &Path) -> Result<()> {
    for file in files::list(from)? {
        let name = file.strip_prefix(from)?;
        let skipped = name.components().any(|part| {
            matches!(
                part.as_os_str().to_str(),
                Some("tests" | "benches" | "stdarch" | "core_arch")
            )
        });
        if skipped {
            continue;
        }
        let target = to.join(name);
        if let Some(folder) = target.parent() {
            files::make_folder(folder)?;
        }
        fs::copy(&file, &target).map_err(|error| files::explain(error, &target))?;
    }
    Ok(())
}
