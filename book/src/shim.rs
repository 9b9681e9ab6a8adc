//! Stands in for `cargo` and `rustup` inside a kernel.
//!
//! The kernel rewrites its `Cargo.toml` several times at start-up, once without any dependency, and cargo then
//! forgets the versions that the project's lock file pins. The stand-in for cargo puts the project's lock file
//! back before cargo reads it. The one for rustup answers where the tools are, at once.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

/// Names the folder of the real cargo and rustc.
pub const TOOLS_VARIABLE: &str = "DIFFUSION_INTUITION_TOOLS";
/// Names the project's lock file.
pub const LOCK_VARIABLE: &str = "DIFFUSION_INTUITION_LOCK";
/// The tools that are stood in for.
pub const NAMES: [&str; 2] = ["cargo", "rustup"];

/// Acts as the tool if this program was called by a tool's name.
pub fn run_if_called_as_tool() -> Option<ExitCode> {
    let mut arguments = env::args_os();
    let called = PathBuf::from(arguments.next()?);
    let arguments: Vec<OsString> = arguments.collect();
    match called.file_name()?.to_str()? {
        "cargo" => {
            restore_lock();
            Some(become_tool(&real_tool("cargo"), &arguments))
        }
        "rustup" => Some(answer_for_rustup(&called, &arguments)),
        _ => None,
    }
}

fn tools() -> Option<PathBuf> {
    env::var_os(TOOLS_VARIABLE).map(PathBuf::from)
}

fn real_tool(name: &str) -> PathBuf {
    let tool = tools()
        .map(|folder| folder.join(name))
        .filter(|tool| tool.exists());
    tool.unwrap_or_else(|| beyond_shims(name))
}

/// The first tool of this name on the `PATH` that is not this program.
fn beyond_shims(name: &str) -> PathBuf {
    let own = env::current_exe()
        .ok()
        .and_then(|path| path.canonicalize().ok());
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|tool| tool.exists() && tool.canonicalize().ok() != own)
        .unwrap_or_else(|| PathBuf::from("/nonexistent").join(name))
}

fn answer_for_rustup(called: &Path, arguments: &[OsString]) -> ExitCode {
    let words: Vec<_> = arguments.iter().filter_map(|word| word.to_str()).collect();
    match (words.as_slice(), tools()) {
        (["which", "cargo"], Some(_)) => {
            println!("{}", own_place(called).with_file_name("cargo").display());
            ExitCode::SUCCESS
        }
        (["which", "rustc"], Some(tools)) if tools.join("rustc").exists() => {
            println!("{}", tools.join("rustc").display());
            ExitCode::SUCCESS
        }
        _ => become_tool(&beyond_shims("rustup"), arguments),
    }
}

/// Where this program was found when it was called by this name.
fn own_place(called: &Path) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut places = env::split_paths(&path).map(|folder| folder.join(called));
    places
        .find(|place| place.exists())
        .unwrap_or_else(|| called.to_owned())
}

fn become_tool(tool: &Path, arguments: &[OsString]) -> ExitCode {
    let error = Command::new(tool).args(arguments).exec();
    eprintln!("cannot run {}: {error}", tool.display());
    ExitCode::FAILURE
}

/// Puts the project's lock file into the kernel's package if the package uses the library and its own lock
/// file does not know it.
fn restore_lock() {
    let library = "diffusion-intuition";
    let uses_library = fs::read_to_string("Cargo.toml").is_ok_and(|text| text.contains(library));
    let is_kernel = env::var_os("EVCXR_TMPDIR")
        .map(PathBuf::from)
        .is_some_and(|folder| {
            env::current_dir()
                .is_ok_and(|here| folder.canonicalize().is_ok_and(|folder| folder == here))
        });
    let Some(lock) = env::var_os(LOCK_VARIABLE).filter(|_| uses_library && is_kernel) else {
        return;
    };
    let knows = fs::read_to_string("Cargo.lock")
        .is_ok_and(|text| text.contains(&format!("name = \"{library}\"")));
    if !knows {
        // Without the file cargo chooses versions itself: slower and not pinned, but not wrong.
        let _ = fs::copy(lock, "Cargo.lock");
    }
}
