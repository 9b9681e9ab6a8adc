//! Stands in for `cargo`, `rustup` and `mold` inside a kernel.
//!
//! The stand-in for cargo sees to it that the kernel's package gets the pinned versions, and asks no other machine
//! for what lies on this one (see `resolve`). The one for rustup answers where the tools are, at once. The one for
//! mold keeps the linker: the kernel takes mold or lld as soon as one is installed, and with another linker every
//! kernel would compile the whole library anew, for good.

use crate::kernel::resolve;
use crate::kernel::tools::{self, beyond_stand_ins, command};
use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

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
    let tool = tools::real("cargo");
    match resolve::prepare(&tool, arguments) {
        Err(answered) => answered,
        Ok(way) => exec(&mut way.command(&tool, arguments)),
    }
}

/// The kernel calls cargo by way of mold if there is one, and so never asks for lld: this one only calls cargo.
fn act_as_mold(arguments: &[OsString]) -> ExitCode {
    match arguments {
        [run, tool, rest @ ..] if run == "-run" => become_tool(Path::new(tool), rest),
        _ => become_tool(&beyond_stand_ins("mold"), arguments),
    }
}

fn answer_for_rustup(called: &Path, arguments: &[OsString]) -> ExitCode {
    let words: Vec<_> = arguments.iter().filter_map(|word| word.to_str()).collect();
    match (words.as_slice(), tools::folder()) {
        (["which", "cargo"], Some(_)) => {
            println!("{}", own_place(called).with_file_name("cargo").display());
            ExitCode::SUCCESS
        }
        (["which", "rustc"], Some(tools)) if tools.join("rustc").exists() => {
            println!("{}", tools.join("rustc").display());
            ExitCode::SUCCESS
        }
        _ => become_tool(&beyond_stand_ins("rustup"), arguments),
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

fn exec(command: &mut Command) -> ExitCode {
    let error = command.exec();
    let name = command.get_program().to_string_lossy();
    eprintln!("cannot run {name}: {error}");
    ExitCode::FAILURE
}
