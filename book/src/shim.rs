//! Stands in for `cargo`, `rustup` and `mold` inside a kernel.
//!
//! The stand-in for cargo sees to it that the kernel's package gets the pinned versions, and asks no other machine
//! for what lies on this one (see `resolve`). The one for rustup answers where the tools are, at once. The one for
//! mold keeps the linker: the kernel takes mold or lld as soon as one is installed, and with another linker every
//! kernel would compile the whole library anew, for good.

use crate::resolve;
use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Names the folder of the real cargo and rustc.
pub const TOOLS_VARIABLE: &str = "DIFFUSION_INTUITION_TOOLS";
/// Holds the user's own `CARGO_HOME`, or nothing: in a kernel that variable names the folder of the stand-ins,
/// because the rust-analyzer in it looks there for cargo before it looks anywhere else.
pub const CARGO_HOME_VARIABLE: &str = "DIFFUSION_INTUITION_CARGO_HOME";
/// The tools that are stood in for.
pub const NAMES: [&str; 3] = ["cargo", "rustup", "mold"];

/// Acts as the tool if this program was called by a tool's name.
pub fn run_if_called_as_tool() -> Option<ExitCode> {
    let mut arguments = env::args_os();
    let called = PathBuf::from(arguments.next()?);
    let arguments: Vec<OsString> = arguments.collect();
    match called.file_name()?.to_str()? {
        "cargo" => Some(act_as_cargo(&arguments)),
        "mold" => Some(act_as_mold(&arguments)),
        "rustup" => Some(answer_for_rustup(&called, &arguments)),
        _ => None,
    }
}

fn act_as_cargo(arguments: &[OsString]) -> ExitCode {
    let tool = real_tool("cargo");
    let mut command = command(&tool, arguments);
    match resolve::prepare(&tool, arguments) {
        Err(answered) => return answered,
        Ok(true) => resolve::forbid_network(&mut command),
        Ok(false) => {}
    }
    exec(&mut command)
}

/// The kernel calls cargo by way of mold if there is one, and so never asks for lld: this one only calls cargo.
fn act_as_mold(arguments: &[OsString]) -> ExitCode {
    match arguments {
        [run, tool, rest @ ..] if run == "-run" => become_tool(Path::new(tool), rest),
        _ => become_tool(&beyond_shims("mold"), arguments),
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

/// The file of this program.
fn own_file() -> Option<PathBuf> {
    env::current_exe().ok()?.canonicalize().ok()
}

/// The first tool of this name on the `PATH` that is not this program.
fn beyond_shims(name: &str) -> PathBuf {
    let own = own_file();
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
    exec(&mut command(tool, arguments))
}

/// A command that runs a tool with the user's own `CARGO_HOME`.
pub fn command(tool: &Path, arguments: &[OsString]) -> Command {
    let mut command = Command::new(tool);
    command.args(arguments);
    // A stand-in called by another stand-in still needs both variables.
    let stand_in = tool.canonicalize().ok() == own_file();
    match env::var_os(CARGO_HOME_VARIABLE).filter(|_| !stand_in) {
        Some(home) if home.is_empty() => command.env_remove("CARGO_HOME"),
        Some(home) => command.env("CARGO_HOME", home),
        None => &mut command,
    };
    command
}

fn exec(command: &mut Command) -> ExitCode {
    let error = command.exec();
    let name = command.get_program().to_string_lossy();
    eprintln!("cannot run {name}: {error}");
    ExitCode::FAILURE
}
