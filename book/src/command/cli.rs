//! The command line: what can be asked of `cargo book`.

use crate::checks::latency;
use crate::checks::scripts::Check;
use crate::command::{clean, lab, setup};
use crate::kernel::{launcher, private};
use crate::press::book;
use crate::press::options::PressOptions;
use crate::press::print;
use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Executes the notebooks in the real Rust kernel and presses the static book.
#[derive(Parser)]
#[command(name = "cargo book", bin_name = "cargo book", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    press: PressOptions,
}

#[derive(Subcommand)]
enum Command {
    /// Open JupyterLab on the notebooks with everything ready
    Lab {
        /// Arguments handed on to JupyterLab
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Make an ePub of the whole book, and a PDF where a Chromium is found, of what was last executed
    Print {
        /// Folder that receives them
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Set up the kernel, JupyterLab and the compiled library, and nothing else
    Setup {
        /// For all users of a machine or an image: everything goes into this folder, which they need not write into
        #[arg(long, value_name = "DIR")]
        prefix: Option<PathBuf>,
    },
    /// Remove everything that this command ever made, the kernelspec too, and nothing else
    Clean,
    /// Measure the time from kernel start to the first figure
    Latency {
        /// How many times each figure is measured; medians are printed
        #[arg(long, default_value_t = 5)]
        runs: usize,
    },
    /// Check that the press and the pages hold what every change must leave so
    #[command(hide = true)]
    Ci {
        #[command(subcommand)]
        check: Check,
    },
    /// Start a kernel (what Jupyter calls)
    #[command(hide = true)]
    Kernel {
        /// Jupyter's connection file
        connection_file: PathBuf,
    },
    /// Remove a kernel's private folder once the kernel is gone
    #[command(hide = true)]
    Janitor {
        /// The kernel's process
        kernel: i32,
        /// The process of the Jupyter that started it, or 0
        jupyter: i32,
        /// The folder
        #[arg(long)]
        folder: Option<PathBuf>,
        /// Key under which to keep what was compiled
        #[arg(long)]
        keep: Option<String>,
    },
}

/// Reads the command line and does what it says.
pub fn run() -> Result<()> {
    let cli = Cli::parse();
    match cli.command {
        None => book::run(&cli.press),
        Some(Command::Lab { arguments }) => lab::run(&arguments),
        Some(Command::Print { out }) => print::run(out.as_deref()),
        Some(Command::Setup { prefix }) => setup::run(prefix.as_deref()),
        Some(Command::Clean) => clean::run(),
        Some(Command::Latency { runs }) => latency::run(runs),
        Some(Command::Ci { check }) => check.run(),
        Some(Command::Kernel { connection_file }) => launcher::run(&connection_file),
        Some(Command::Janitor {
            kernel,
            jupyter,
            folder,
            keep,
        }) => private::attend(kernel, jupyter, folder.as_deref(), keep.as_deref()),
    }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::Parser;

    #[test]
    fn times_and_folders_that_mean_nothing_are_refused() {
        let read = |argument: &str| Cli::try_parse_from(["book", argument]);
        for right in ["--cell-timeout=1", "--cell-timeout=604800", "--out=pages"] {
            assert!(read(right).is_ok(), "{right}");
        }
        for wrong in ["0", "-1", "604801", "18446744073709551616", "1.5", ""] {
            let error = read(&format!("--cell-timeout={wrong}"))
                .err()
                .unwrap()
                .to_string();
            assert!(
                error.contains("from 1 second to a week") || wrong.is_empty(),
                "{error}"
            );
        }
        for empty in ["--out=", "--notebooks="] {
            assert!(read(empty).is_err(), "{empty}");
        }
    }
}
