//! `cargo book kernel`: what Jupyter starts. It prepares a private build folder and becomes the kernel.
//!
//! It becomes the kernel (exec) instead of watching over it: Jupyter's signals, exit codes and process ids
//! then are the kernel's own, with nothing to forward. What remains to be done at the end is the janitor's.

use crate::kernel::private::{self, Private};
use crate::kernel::stdsrc::{self, Inference};
use crate::kernel::{copies, evcxr, key, library, notice, profile, variables};
use crate::machine::clone::Clone;
use crate::machine::environment;
use crate::machine::home::Home;
use crate::machine::programs::{LIBRARY_PATH, with_folders};
use crate::machine::toolchain::Toolchain;
use anyhow::{Context, Result};
use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Starts the kernel; returns only if that fails.
pub fn run(connection_file: &Path) -> Result<()> {
    let connection_file = std::path::absolute(connection_file)?;
    let home = Home::open()?;
    let kernel = evcxr::installed(&home).context(
        "the Rust kernel is not installed: run `cargo book` in a clone of the project once",
    )?;
    let here = env::current_dir().context("the working directory is gone")?;
    let clone = match Clone::around(&here) {
        Some(clone) => Some(clone),
        None => clone_for_stray_notebook(&home),
    };
    let toolchain = Toolchain::find(clone.as_ref().map_or(&here, Clone::root))?;
    profile::write(&home)?;
    let mut command = Command::new(kernel);
    environment::compile_as_set_up(&mut command);
    command.arg("--control_file").arg(connection_file);
    set_tools(&mut command, &home, &toolchain)?;
    if let Some(clone) = &clone {
        set_library(&mut command, &home, clone)?;
    }
    match env::var_os(variables::WARMING) {
        Some(folder) => {
            command.env("EVCXR_TMPDIR", folder);
            private::watch()?;
        }
        None => give_folder(&mut command, &home, clone.as_ref(), &toolchain)?,
    }
    Err(command.exec()).context("cannot start the kernel")
}

/// Lets the kernel compile the copy of the clone's library, in the versions that the clone pins. A run keeps to the
/// library that its compiled copy is of, even if a source changes meanwhile.
fn set_library(command: &mut Command, home: &Home, clone: &Clone) -> Result<()> {
    let asked = env::var(variables::KEY).ok();
    let of_run = asked.and_then(|key| library::of_hash(home, &copies::library(home, &key)?));
    let copy = match of_run {
        Some(copy) => copy,
        None => library::ensure(home, clone)?,
    };
    let packages = library::packages(home, clone)?;
    if packages.exists() {
        command.env(variables::PACKAGES, packages);
    }
    command
        .env(variables::CLONE, clone.root())
        .env(variables::LIBRARY, copy)
        .env(variables::LOCK, clone.join("Cargo.lock"));
    Ok(())
}

/// Lets the kernel find the stand-ins before the tools, the toolchain that was asked for, and the standard library.
fn set_tools(command: &mut Command, home: &Home, toolchain: &Toolchain) -> Result<()> {
    let inference = match env::var(variables::INFERENCE).as_deref() {
        Ok("explicit") => Inference::Explicit,
        _ => Inference::Full,
    };
    let path = with_folders("PATH", &[&home.stand_ins(), &toolchain.bin()])?;
    // evcxr moves a compiled cell after linking, which bends the relative path to the standard library if
    // both lie under one folder, as below a user's home they do.
    let libraries = with_folders(LIBRARY_PATH, &[&toolchain.libraries()])?;
    command
        .env("RUST_SRC_PATH", stdsrc::folder(home, toolchain, inference)?)
        .env("PATH", path)
        .env(LIBRARY_PATH, libraries)
        .env("CARGO", home.stand_ins().join("cargo"))
        .env(variables::CARGO_HOME, own_cargo_home())
        .env("CARGO_HOME", home.cargo_front())
        .env(variables::TOOLS, toolchain.bin())
        .env("EVCXR_CONFIG_DIR", home.settings());
    Ok(())
}

/// Gives the kernel a private folder with the compiled library in it, if there is one.
fn give_folder(
    command: &mut Command,
    home: &Home,
    clone: Option<&Clone>,
    toolchain: &Toolchain,
) -> Result<()> {
    let private = Private::reserve(home)?;
    let asked = env::var(variables::KEY).ok();
    let key = match (&asked, clone) {
        (Some(key), _) => Some(key.clone()),
        (None, Some(clone)) => Some(key::of_library(clone, toolchain)?),
        (None, None) => None,
    };
    let copied = match &key {
        Some(key) => copies::copy(home, key, private.folder())?,
        None => false,
    };
    if !copied {
        std::fs::create_dir_all(private.folder())?;
    }
    if !copied && asked.is_none() && clone.is_some() {
        command.env("EVCXR_CONFIG_DIR", notice::write(private.folder())?);
    }
    command.env("EVCXR_TMPDIR", private.folder());
    // What this kernel compiles is kept for the next one.
    let keep = key.filter(|_| !copied && asked.is_none());
    private.hand_over(keep.as_deref())
}

/// The user's own `CARGO_HOME`, or nothing; a kernel may be started from within another kernel.
fn own_cargo_home() -> OsString {
    env::var_os(variables::CARGO_HOME)
        .or_else(|| env::var_os("CARGO_HOME"))
        .unwrap_or_default()
}

/// A notebook outside any clone uses the recorded clone, from whose notebooks folder `path = ".."` resolves.
fn clone_for_stray_notebook(home: &Home) -> Option<Clone> {
    let clone = Clone::recorded(home)?;
    env::set_current_dir(clone.notebooks()).ok()?;
    Some(clone)
}
