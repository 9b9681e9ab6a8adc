//! Other programs: found, asked for what they print.

use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs a command and returns what it printed.
pub fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {name}"))?;
    if !output.status.success() {
        bail!(
            "{name} failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Looks for a program on the `PATH`.
pub fn which(name: &str) -> Option<PathBuf> {
    which_all(name).into_iter().next()
}

/// All programs of this name on the `PATH`, the first one first.
pub fn which_all(name: &str) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .filter(|file| is_executable(file))
        .collect()
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Names under which systems install Chromium.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];

/// Chromium, if it is installed.
pub fn browser() -> Option<PathBuf> {
    BROWSERS.into_iter().find_map(which)
}

/// The same; fails with a sentence if it is not.
pub fn need_browser() -> Result<PathBuf> {
    browser().with_context(|| {
        format!(
            "no Chromium found: install it ({}) and run the command again",
            if cfg!(target_os = "macos") {
                "for example: brew install --cask chromium"
            } else {
                "for example: sudo apt-get install chromium"
            }
        )
    })
}

/// What looks at pages: the same engine without windows takes half the time, where a system has it.
pub fn need_looking_browser() -> Result<PathBuf> {
    which("chromium-headless-shell").map_or_else(need_browser, Ok)
}

/// Says what to do if there is no C compiler, which links every cell.
pub fn need_c_compiler() -> Result<()> {
    // A system may have a `cc` that only says how to get one.
    let works = which("cc").is_some_and(|cc| output(Command::new(cc).arg("--version")).is_ok());
    if !works {
        bail!(
            "no C compiler (`cc`) found: install one ({}) and run `cargo book` again",
            if cfg!(target_os = "macos") {
                "xcode-select --install"
            } else {
                "for example: sudo apt-get install build-essential"
            }
        );
    }
    Ok(())
}

/// The variable by which the system's loader finds shared libraries.
pub const LIBRARY_PATH: &str = if cfg!(target_os = "macos") {
    "DYLD_FALLBACK_LIBRARY_PATH"
} else {
    "LD_LIBRARY_PATH"
};

/// A variable that lists folders, with these in front.
pub fn with_folders(variable: &str, folders: &[&Path]) -> Result<OsString> {
    let path = std::env::var_os(variable).unwrap_or_default();
    let front = folders.iter().map(|folder| folder.to_path_buf());
    let rest = std::env::split_paths(&path).filter(|folder| !folder.as_os_str().is_empty());
    std::env::join_paths(front.chain(rest)).context("a folder on the PATH has a colon in its name")
}
