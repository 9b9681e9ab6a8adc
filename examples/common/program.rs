//! From the words of a command to the status of its process.

use std::ffi::OsString;
use std::fmt::Display;
use std::process::ExitCode;

use super::say::{complain, say};

/// Runs the task that was asked for. Ends with 2 if `parse` does not understand the words, with 1 if `work` fails; why,
/// it says.
pub fn run<T, E: Display>(
    name: &str,
    parse: impl FnOnce(Vec<OsString>) -> Result<T, String>,
    work: impl FnOnce(T) -> Result<(), E>,
) -> ExitCode {
    let (status, sentence) = match parse(std::env::args_os().skip(1).collect()) {
        Err(sentence) => (2, sentence),
        Ok(task) => match work(task) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => (1, error.to_string()),
        },
    };
    complain(name, &sentence);
    ExitCode::from(status)
}

/// What `--help` says.
pub fn help<E>(text: &str) -> Result<(), E> {
    say(text);
    Ok(())
}
