//! The Rust toolchain that compiles cells, and the other programs that a press needs.

use anyhow::{Context, Result, bail};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The toolchain, past rustup's proxies (which cost tens of milliseconds at every call).
#[derive(Clone)]
pub struct Toolchain {
    sysroot: PathBuf,
    version: String,
}

impl Toolchain {
    /// Asks rustc, as it answers in the clone.
    pub fn find(folder: &Path) -> Result<Toolchain> {
        let sysroot = output(
            Command::new(rustc())
                .args(["--print", "sysroot"])
                .current_dir(folder),
        )
        .context("rustc does not answer: install Rust with rustup")?;
        let sysroot = PathBuf::from(sysroot.trim());
        let rustc = sysroot.join("bin/rustc");
        let rustc = if rustc.exists() { rustc } else { self::rustc() };
        let version = output(Command::new(rustc).arg("-vV").current_dir(folder))?;
        Ok(Toolchain { sysroot, version })
    }

    /// What `rustc -vV` says.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Fails with a sentence if this Rust is older than a program needs.
    pub fn need(&self, (major, minor): (u32, u32), what: &str) -> Result<()> {
        let release = self.line("release: ");
        let mut numbers = release.split('.').map(|number| number.parse().unwrap_or(0));
        let found: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if found < (major, minor) {
            bail!(
                "{what} needs Rust {major}.{minor} or later, and this is {release}: install a newer one \
                 (`rustup update stable`) and run `cargo book` again"
            );
        }
        Ok(())
    }

    /// What `rustc -vV` says behind these words.
    fn line(&self, words: &str) -> &str {
        let mut lines = self.version.lines();
        lines
            .find_map(|line| line.strip_prefix(words))
            .unwrap_or_default()
    }

    /// The folder of cargo and rustc themselves.
    pub fn bin(&self) -> PathBuf {
        self.sysroot.join("bin")
    }

    /// The folder of the standard library as a shared library.
    pub fn libraries(&self) -> PathBuf {
        let host = self.line("host: ");
        self.sysroot.join("lib/rustlib").join(host).join("lib")
    }

    /// The sources of the standard library, if the component `rust-src` is installed.
    pub fn library_sources(&self) -> Option<PathBuf> {
        let library = self.sysroot.join("lib/rustlib/src/rust/library");
        library.join("core").is_dir().then_some(library)
    }
}

/// The compiler: on the `PATH`, or where rustup puts it. Jupyter and editors that are started from a menu often have
/// a `PATH` without it.
fn rustc() -> PathBuf {
    let cargo = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    which("rustc")
        .or_else(|| cargo.map(|cargo| cargo.join("bin/rustc")))
        .filter(|rustc| rustc.exists())
        .unwrap_or_else(|| PathBuf::from("rustc"))
}

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
    let rest =
        std::env::split_paths(OsStr::new(&path)).filter(|folder| !folder.as_os_str().is_empty());
    std::env::join_paths(front.chain(rest)).context("a folder on the PATH has a colon in its name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_rust_is_told_from_a_newer_one() {
        let rust = |version: &str| Toolchain {
            sysroot: PathBuf::new(),
            version: format!("rustc {version}\nrelease: {version}\nhost: x\n"),
        };
        for newer in ["1.95.0", "1.97.0-nightly", "2.0.0"] {
            rust(newer).need((1, 95), "it").unwrap();
        }
        let sentence = rust("1.94.1").need((1, 95), "it").unwrap_err().to_string();
        assert!(sentence.contains("1.94.1") && sentence.contains("1.95 or later"));
        assert!(rust("unknown").need((1, 95), "it").is_err());
    }
}
