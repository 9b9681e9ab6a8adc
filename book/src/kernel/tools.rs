//! The tools behind the stand-ins.

use crate::kernel::variables;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the real cargo and rustc.
pub fn folder() -> Option<PathBuf> {
    env::var_os(variables::TOOLS).map(PathBuf::from)
}

/// The real tool of this name.
pub fn real(name: &str) -> PathBuf {
    let tool = folder()
        .map(|folder| folder.join(name))
        .filter(|tool| tool.exists());
    tool.unwrap_or_else(|| beyond_stand_ins(name))
}

/// The file of this program.
fn own_file() -> Option<PathBuf> {
    env::current_exe().ok()?.canonicalize().ok()
}

/// The first tool of this name on the `PATH` that is not this program.
pub fn beyond_stand_ins(name: &str) -> PathBuf {
    let own = own_file();
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|tool| tool.exists() && tool.canonicalize().ok() != own)
        .unwrap_or_else(|| PathBuf::from("/nonexistent").join(name))
}

/// A command that runs a tool with the user's own `CARGO_HOME`.
pub fn command(tool: &Path, arguments: &[OsString]) -> Command {
    let mut command = Command::new(tool);
    command.args(arguments);
    // A stand-in called by another stand-in still needs both variables.
    let stand_in = tool.canonicalize().ok() == own_file();
    match env::var_os(variables::CARGO_HOME).filter(|_| !stand_in) {
        Some(home) if home.is_empty() => command.env_remove("CARGO_HOME"),
        Some(home) => command.env("CARGO_HOME", home),
        None => &mut command,
    };
    command
}
