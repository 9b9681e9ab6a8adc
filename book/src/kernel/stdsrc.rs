//! Sources of the standard library for the rust-analyzer inside the kernel.
//!
//! It reads them to infer the types of untyped `let`s and to complete names. The whole of `rust-src` takes
//! seconds at every start; most of it (vector intrinsics, tests) is never needed in a cell.

use crate::files::locks::Lock;
use crate::files::{self, Fingerprint};
use crate::machine::home::Home;
use crate::machine::toolchain::Toolchain;
use anyhow::Result;
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

/// What in them is never needed.
const LEFT_OUT: [&str; 4] = ["tests", "benches", "stdarch", "core_arch"];

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
    let folder = home.place(format!("std-{key}"));
    let lock = home.join("std.lock");
    let found = || folder.exists().then(|| folder.clone());
    Lock::once(
        &lock,
        "copying the standard library's sources",
        found,
        || {
            let aside = files::aside(&folder)?;
            for part in PARTS {
                let part = Path::new(part);
                files::copy_tree(&sources.join(part), &aside.join(part), &LEFT_OUT)?;
            }
            files::rename(&aside, &folder)?;
            Ok(folder.clone())
        },
    )
}
