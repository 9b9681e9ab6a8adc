//! `cargo book`: sets up the kernel and Jupyter, executes the notebooks, presses the site.
//!
//! The work is done by tools made for it: `evcxr_jupyter` runs the cells, `nbclient` drives it, Sphinx makes
//! the pages. This program installs them once, keeps a compiled copy of the library ready for kernels, and
//! sees to it that a failing cell fails the book.
//!
//! It lies in rooms. Each knows only those named before it, and no imports go round (`tests/rooms.rs`):
//! `files`, `machine`, `python`, `kernel`, `run`, `press`, `checks`, `command`.

mod checks;
mod command;
mod files;
mod kernel;
mod machine;
mod press;
mod python;
mod run;

use crate::command::cli;
use crate::kernel::stand_ins;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Under the name of a tool, this binary stands in front of that tool inside a kernel (see `stand_ins`).
    if let Some(code) = stand_ins::run_if_called_as_tool() {
        return code;
    }
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
