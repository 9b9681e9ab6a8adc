//! `cargo book kernel`: what Jupyter starts. It prepares a private build folder and becomes the kernel.
//!
//! It becomes the kernel (exec) instead of watching over it: Jupyter's signals, exit codes and process ids
//! then are the kernel's own, with nothing to forward. What remains to be done at the end is the janitor's.

use crate::clone::Clone;
use crate::fingerprint;
use crate::home::Home;
use crate::private::{self, Private};
use crate::profile;
use crate::resolve::LOCK_VARIABLE;
use crate::shim::{CARGO_HOME_VARIABLE, TOOLS_VARIABLE};
use crate::stdsrc::{self, Inference};
use crate::toolchain::{LIBRARY_PATH, Toolchain, with_folders};
use crate::{environment, evcxr, warm};
use anyhow::{Context, Result};
use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set to `explicit` by batch runs, whose cells need no type inference.
pub const INFERENCE_VARIABLE: &str = "DIFFUSION_INTUITION_INFERENCE";
/// Names the compiled copy to start from: a run keeps to the one that it made, even if a source changes meanwhile.
pub const KEY_VARIABLE: &str = "DIFFUSION_INTUITION_KEY";
/// Names the folder to compile in when the compiled copy itself is being made.
pub const WARMING_VARIABLE: &str = "DIFFUSION_INTUITION_WARMING";

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
    let inference = match env::var(INFERENCE_VARIABLE).as_deref() {
        Ok("explicit") => Inference::Explicit,
        _ => Inference::Full,
    };
    profile::write(&home)?;
    let mut command = Command::new(kernel);
    environment::compile_as_set_up(&mut command);
    command
        .arg("--control_file")
        .arg(connection_file)
        .env(
            "RUST_SRC_PATH",
            stdsrc::folder(&home, &toolchain, inference)?,
        )
        .env(
            "PATH",
            with_folders("PATH", &[&home.shims(), &toolchain.bin()])?,
        )
        // evcxr moves a compiled cell after linking, which bends the relative path to the standard library if
        // both lie under one folder, as below a user's home they do.
        .env(
            LIBRARY_PATH,
            with_folders(LIBRARY_PATH, &[&toolchain.libraries()])?,
        )
        .env("CARGO", home.shims().join("cargo"))
        .env(CARGO_HOME_VARIABLE, own_cargo_home())
        .env("CARGO_HOME", home.cargo_front())
        .env(TOOLS_VARIABLE, toolchain.bin())
        // The user's settings for other kernels would name another build folder, or run cells of their own.
        .env("EVCXR_CONFIG_DIR", home.no_settings());
    if let Some(clone) = &clone {
        command.env(LOCK_VARIABLE, clone.join("Cargo.lock"));
    }
    match env::var_os(WARMING_VARIABLE) {
        Some(folder) => {
            command.env("EVCXR_TMPDIR", folder);
            private::watch()?;
        }
        None => {
            let private = Private::reserve(&home)?;
            let asked = env::var(KEY_VARIABLE).ok();
            let key = match (&asked, &clone) {
                (Some(key), _) => Some(key.clone()),
                (None, Some(clone)) => Some(fingerprint::compiled_library(clone, &toolchain)?),
                (None, None) => None,
            };
            let copied = match &key {
                Some(key) => warm::copy(&home, key, private.folder())?,
                None => false,
            };
            if !copied {
                std::fs::create_dir_all(private.folder())?;
            }
            if !copied && asked.is_none() && clone.is_some() {
                command.env("EVCXR_CONFIG_DIR", warm::notice(private.folder())?);
            }
            command.env("EVCXR_TMPDIR", private.folder());
            // What this kernel compiles is kept for the next one.
            let keep = key.filter(|_| !copied && asked.is_none());
            private.hand_over(keep.as_deref())?;
        }
    }
    Err(command.exec()).context("cannot start the kernel")
}

/// The user's own `CARGO_HOME`, or nothing; a kernel may be started from within another kernel.
fn own_cargo_home() -> OsString {
    env::var_os(CARGO_HOME_VARIABLE)
        .or_else(|| env::var_os("CARGO_HOME"))
        .unwrap_or_default()
}

/// A notebook outside any clone uses the recorded clone, from whose notebooks folder `path = ".."` resolves.
fn clone_for_stray_notebook(home: &Home) -> Option<Clone> {
    let clone = Clone::recorded(home)?;
    let notebooks: PathBuf = clone.notebooks();
    env::set_current_dir(notebooks).ok()?;
    Some(clone)
}
