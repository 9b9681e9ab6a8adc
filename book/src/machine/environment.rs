//! The user's environment, without what would change how kernels compile or what Python runs.
//!
//! A kernel that compiles in any way otherwise than the compiled copy compiles everything anew at every start.

use std::env;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// Lets a command compile as this program means it, whatever the user's variables say.
pub fn compile_as_set_up(command: &mut Command) {
    remove(command, decides_compiling);
    remove_lost_temporary_folder(command);
}

/// Lets a command run Python on its own packages, and pip put packages into the environment that it belongs to.
pub fn undisturbed_python(command: &mut Command) {
    remove(command, |name| {
        name.starts_with("PYTHON") || name.starts_with("PIP_") || name == "__PYVENV_LAUNCHER__"
    });
    remove_lost_temporary_folder(command);
    command.env("PYTHONUTF8", "1").env("PYTHONNOUSERSITE", "1");
}

/// Whether a variable decides what and how cargo and rustc compile, or puts a program in front of rustc.
fn decides_compiling(name: &str) -> bool {
    let kinds = ["CARGO_BUILD_", "CARGO_PROFILE_", "RUSTC"];
    match name {
        "CARGO_ENCODED_RUSTFLAGS" | "CARGO_INCREMENTAL" | "CARGO_TARGET_DIR" | "RUSTFLAGS" => true,
        // How many compile at once changes nothing.
        "CARGO_BUILD_JOBS" => false,
        _ => kinds.iter().any(|kind| name.starts_with(kind)),
    }
}

fn remove(command: &mut Command, disturbs: impl Fn(&str) -> bool) {
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(&disturbs) {
            command.env_remove(name);
        }
    }
}

/// The compiler fails where a program that finds another folder would not.
fn remove_lost_temporary_folder(command: &mut Command) {
    if env::var_os("TMPDIR").is_some_and(|folder| is_lost(&folder)) {
        command.env_remove("TMPDIR");
    }
}

fn is_lost(folder: &OsStr) -> bool {
    !Path::new(folder).is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_decides_compiling_is_taken_out_and_what_finds_the_registry_is_not() {
        for name in [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "RUSTC_WRAPPER",
            "CARGO_BUILD_TARGET",
            "CARGO_INCREMENTAL",
            "RUSTC_BOOTSTRAP",
            "CARGO_PROFILE_DEV_OPT_LEVEL",
        ] {
            assert!(decides_compiling(name), "{name}");
        }
        for name in [
            "CARGO_HOME",
            "CARGO_BUILD_JOBS",
            "CARGO_HTTP_PROXY",
            "CARGO_HTTP_CAINFO",
            "CARGO_NET_OFFLINE",
            "CARGO_REGISTRIES_X_INDEX",
            "RUSTUP_TOOLCHAIN",
        ] {
            assert!(!decides_compiling(name), "{name}");
        }
    }

    #[test]
    fn a_temporary_folder_that_does_not_exist_is_lost() {
        assert!(is_lost(OsStr::new("/nonexistent/folder")));
        assert!(!is_lost(OsStr::new("/")));
    }
}
