//! The command line: what can be asked of `cargo book`.

use crate::checks::{self, Check};
use crate::{clean, execute, lab, latency, launcher, press, private};
use anyhow::Result;
use clap::{Args, Parser, Subcommand};
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

/// What a press does and where its parts lie.
#[derive(Args, Clone)]
pub struct PressOptions {
    /// Write the executed outputs back into the notebooks
    #[arg(long)]
    pub write: bool,
    /// Execute every notebook again, whether it changed or not
    #[arg(long)]
    pub fresh: bool,
    /// Execute every notebook again and compare with its committed outputs; presses no pages
    #[arg(long, conflicts_with = "write")]
    pub check: bool,
    /// Leave the solutions of the exercises out of the pages
    #[arg(long)]
    pub no_solutions: bool,
    /// Execute only the notebook of this name (may be given several times); the pages of the others stay
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Folder of the notebooks
    #[arg(long, value_name = "DIR")]
    pub notebooks: Option<PathBuf>,
    /// Folder that receives the pages
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Longest time that one cell may take
    #[arg(long, value_name = "SECONDS", default_value_t = execute::CELL_TIMEOUT, value_parser = cell_timeout)]
    pub cell_timeout: u64,
}

#[derive(Subcommand)]
enum Command {
    /// Open JupyterLab on the notebooks with everything ready
    Lab {
        /// Arguments handed on to JupyterLab
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Remove everything that this command ever made, the kernelspec too, and nothing else
    Clean,
    /// Measure the time from kernel start to the first figure
    Latency {
        /// How many times each figure is measured; medians are printed
        #[arg(long, default_value_t = 5)]
        runs: usize,
    },
    /// Check that every way in which a cell can fail fails the press
    Faults,
    /// Check that a press killed at any moment leaves a whole site
    Kills,
    /// Check that several kernels and presses at once do not disturb each other
    Crowd,
    /// Check that a sentence says what is missing on a machine
    Missing,
    /// Check every page of the pressed book in Chromium
    Browse {
        /// Photograph every page into this folder
        #[arg(long, value_name = "DIR")]
        screenshots: Option<PathBuf>,
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

/// A time in whole seconds. Jupyter takes 0 for no limit, and counts milliseconds in 32 bits.
fn cell_timeout(text: &str) -> Result<u64, String> {
    const WEEK: u64 = 7 * 24 * 60 * 60;
    match text.parse() {
        Ok(seconds) if (1..=WEEK).contains(&seconds) => Ok(seconds),
        _ => Err(format!(
            "a cell can be given from 1 second to a week ({WEEK} seconds), in whole seconds"
        )),
    }
}

/// Reads the command line and does what it says.
pub fn run() -> Result<()> {
    let cli = Cli::parse();
    match cli.command {
        None => press::run(&cli.press),
        Some(Command::Lab { arguments }) => lab::run(&arguments),
        Some(Command::Clean) => clean::run(),
        Some(Command::Latency { runs }) => latency::run(runs),
        Some(Command::Faults) => checks::run(Check::Faults),
        Some(Command::Kills) => checks::run(Check::Kills),
        Some(Command::Crowd) => checks::run(Check::Crowd),
        Some(Command::Missing) => checks::run(Check::Missing),
        Some(Command::Browse { screenshots }) => checks::browse(screenshots.as_deref()),
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
