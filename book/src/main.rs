//! `cargo book`: sets up the kernel and Jupyter, executes the notebooks, presses the site.
//!
//! The work is done by tools made for it: `evcxr_jupyter` runs the cells, `nbclient` drives it, Sphinx makes
//! the pages. This program installs them once, keeps a compiled copy of the library ready for kernels, and
//! sees to it that a failing cell fails the book.

mod cells;
mod chapter;
mod checks;
mod clean;
mod cli;
mod clone;
mod compare;
mod disk;
mod environment;
mod evcxr;
mod execute;
mod files;
mod fingerprint;
mod home;
mod interpreters;
mod inventory;
mod kernelspec;
mod lab;
mod latency;
mod launcher;
mod locks;
mod numbers;
mod owned;
mod pinned;
mod place;
mod press;
mod private;
mod process;
mod profile;
mod python;
mod references;
mod resolve;
mod session;
mod shim;
mod site;
mod stdsrc;
mod svg;
mod swap;
mod toolchain;
mod ui;
mod warm;

use std::process::ExitCode;

fn main() -> ExitCode {
    // Under the name of a tool, this binary stands in front of that tool inside a kernel (see `shim`).
    if let Some(code) = shim::run_if_called_as_tool() {
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
