//! The Rust toolchain that compiles cells.

use crate::machine::programs::{output, which};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

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
