//! Cargo as a kernel calls it: with the versions that the project's lock file pins, and without a network.
//!
//! The kernel rewrites its `Cargo.toml` several times at start-up, once without any dependency, and cargo then
//! forgets the pinned versions; the rust-analyzer inside the kernel resolves in a copy of such a forgetful lock
//! file. For every version that is not pinned cargo asks the registry, at each start anew. So the project's lock
//! file is put back first, and what can be resolved from what lies on this machine is: only what lies elsewhere
//! is looked for there.

use crate::files::Fingerprint;
use crate::kernel::{library, tools, unseen, variables};
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::{env, fs};

/// Cargo's setting that forbids it the network.
const OFFLINE: &str = "CARGO_NET_OFFLINE";
/// The library's name, as manifests and lock files give it.
const LIBRARY: &str = "diffusion-intuition";
/// The package that the kernel makes of a single `:dep` line to see whether there is such a thing.
const TRIAL: &str = "evcxr_dummy_validate_dep";
/// Remembers what was found to resolve without a network, for the kernel that asked.
const RESOLVED: &str = ".resolved";

/// Where a call of cargo finds packages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    /// In the prefix that users share.
    Shared,
    /// On this machine.
    Offline,
    /// Wherever the user's settings say.
    Any,
}

impl Way {
    /// A command that runs the tool so.
    pub fn command(self, tool: &Path, arguments: &[OsString]) -> Command {
        let shared = library::from_packages().filter(|_| self == Way::Shared);
        let front = shared.into_iter().flatten().map(OsString::from);
        let all: Vec<_> = front.chain(arguments.iter().cloned()).collect();
        let mut command = tools::command(tool, &all);
        if self != Way::Any {
            command.env(OFFLINE, "true");
        }
        command
    }

    /// Those that need no network, the best first.
    fn without_network() -> impl Iterator<Item = Way> {
        let shared = library::from_packages().map(|_| Way::Shared);
        shared.into_iter().chain([Way::Offline])
    }
}

/// Prepares a call of cargo and says which way it goes; `Err` holds the answer if that is known already.
pub fn prepare(tool: &Path, arguments: &[OsString]) -> Result<Way, ExitCode> {
    if !is_kernel_folder() {
        return Ok(Way::Any);
    }
    library::stand_in_manifest(Path::new("Cargo.toml"));
    restore_lock(&lock_file(arguments));
    // Those who ask for that find the shared packages like the others.
    if asked_to_stay_offline(arguments) && library::from_packages().is_none() {
        return Ok(Way::Any);
    }
    match subcommand(arguments) {
        Some("metadata") => offline_answer(tool, arguments).map_or(Ok(Way::Any), Err),
        Some("build" | "check" | "rustc" | "clippy" | "test" | "run") => Ok(way(tool, arguments)),
        _ => Ok(Way::Any),
    }
}

fn is_kernel_folder() -> bool {
    let Some(folder) = env::var_os("EVCXR_TMPDIR").map(PathBuf::from) else {
        return false;
    };
    env::current_dir().is_ok_and(|here| folder.canonicalize().is_ok_and(|folder| folder == here))
}

/// The first word that is no option and none's value.
fn subcommand(arguments: &[OsString]) -> Option<&str> {
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        match word {
            "-Z" | "--config" | "-C" | "--color" => drop(words.next()),
            _ if word.starts_with(['-', '+']) => {}
            _ => return Some(word),
        }
    }
    None
}

/// The value of an option that is given as a word of its own.
fn value<'a>(arguments: &'a [OsString], option: &str) -> Option<&'a OsStr> {
    let at = arguments.iter().position(|word| word == option)?;
    arguments.get(at + 1).map(OsString::as_os_str)
}

fn asked_to_stay_offline(arguments: &[OsString]) -> bool {
    let flags = ["--offline", "--frozen"];
    arguments
        .iter()
        .any(|word| flags.iter().any(|flag| word == flag))
        || env::var_os(OFFLINE).is_some_and(|value| value == "true" || value == "1")
}

/// Where this call reads and writes its lock file: rust-analyzer resolves in a copy.
fn lock_file(arguments: &[OsString]) -> PathBuf {
    value(arguments, "--lockfile-path")
        .map(OsStr::to_owned)
        .or_else(|| env::var_os("CARGO_RESOLVER_LOCKFILE_PATH"))
        .map_or_else(|| PathBuf::from("Cargo.lock"), PathBuf::from)
}

/// Puts the project's lock file where the kernel's lies, if the kernel's package uses the library or tries a
/// dependency, and the file that is there does not know the library.
fn restore_lock(lock: &Path) {
    let Some(project) = env::var_os(variables::LOCK) else {
        return;
    };
    let manifest = fs::read_to_string("Cargo.toml").unwrap_or_default();
    if !manifest.contains(LIBRARY) && !manifest.contains(TRIAL) {
        return;
    }
    let knows =
        fs::read_to_string(lock).is_ok_and(|text| text.contains(&format!("name = \"{LIBRARY}\"")));
    if !knows {
        // Without the file cargo chooses versions itself: slower and not pinned, but not wrong.
        let _ = fs::copy(project, lock);
    }
}

/// What cargo answers without a network; nothing if it cannot.
fn offline_answer(tool: &Path, arguments: &[OsString]) -> Option<ExitCode> {
    let mut answers = Way::without_network().filter_map(|way| {
        let mut command = way.command(tool, arguments);
        command.stdin(Stdio::null()).output().ok()
    });
    let mut output = answers.find(|output| output.status.success())?;
    if unseen::is_of_analyzer(arguments) {
        output.stdout = unseen::without(&output.stdout).unwrap_or(output.stdout);
    }
    let written = std::io::stdout()
        .write_all(&output.stdout)
        .and_then(|()| std::io::stderr().write_all(&output.stderr));
    Some(match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

/// The first way on which the package in this folder resolves.
fn way(tool: &Path, arguments: &[OsString]) -> Way {
    let manifest = fs::read_to_string("Cargo.toml").unwrap_or_default();
    if has_no_dependencies(&manifest) {
        return Way::Offline;
    }
    let known = fs::read_to_string(RESOLVED).unwrap_or_default();
    let line = |way: Way| format!("{way:?} {}", state(&manifest));
    if let Some(way) = Way::without_network().find(|way| known == line(*way)) {
        return way;
    }
    let resolves = |way: &Way| {
        let mut command = way.command(tool, &[]);
        command.args(["metadata", "--format-version=1"]);
        if let Some(target) = value(arguments, "--target") {
            command.arg("--filter-platform").arg(target);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let status = command.stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let Some(way) = Way::without_network().find(resolves) else {
        return Way::Any;
    };
    // Only saves a tenth of a second at the next cell.
    let _ = fs::write(RESOLVED, line(way));
    way
}

/// Stands for what was resolved; what lies on this machine can change between kernels, hardly within one.
fn state(manifest: &str) -> String {
    Fingerprint::default()
        .add("kernel", parent_id().to_le_bytes())
        .add("manifest", manifest)
        .add("lock", fs::read("Cargo.lock").unwrap_or_default())
        .finish()
}

fn has_no_dependencies(manifest: &str) -> bool {
    manifest
        .split_once("[dependencies]")
        .is_some_and(|(_, after)| after.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn the_subcommand_is_found_behind_options() {
        for (line, found) in [
            ("build --target x --message-format=json", "build"),
            ("--offline build", "build"),
            ("+stable metadata --format-version 1", "metadata"),
            ("-Z unstable-options config get", "config"),
        ] {
            assert_eq!(subcommand(&words(line)), Some(found), "{line}");
        }
        assert_eq!(subcommand(&words("--version")), None);
    }

    #[test]
    fn a_copy_of_the_lock_file_is_the_one_that_is_mended() {
        let copy = lock_file(&words("metadata --lockfile-path /tmp/copy/Cargo.lock"));
        assert_eq!(copy, Path::new("/tmp/copy/Cargo.lock"));
        assert_eq!(lock_file(&words("build")), Path::new("Cargo.lock"));
    }

    #[test]
    fn a_package_without_dependencies_needs_no_look() {
        assert!(has_no_dependencies(
            "[package]\nname = \"ctx\"\n[dependencies]\n\n"
        ));
        assert!(!has_no_dependencies("[dependencies]\nndarray = \"0.17\"\n"));
    }
}
