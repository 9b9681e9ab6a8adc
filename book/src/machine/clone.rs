//! The clone of the project that notebooks compile against.

use crate::files;
use crate::files::owned::{self, Layout};
use crate::machine::home::{CLONE_RECORD, Home};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// What a run makes on its way.
const WORK: Layout = Layout {
    whole: is_work,
    inside: &[],
    shared: &[],
    telling: is_work,
};

fn is_work(name: &str) -> bool {
    matches!(name, "lock" | "warm.ipynb" | "warm-executed.ipynb")
        || matches!(
            name,
            "doc"
                | "executed"
                | "jupyter"
                | "live"
                | "print"
                | "probe"
                | "python"
                | "source"
                | "speed"
        )
}

/// A folder whose `Cargo.toml` is the library's.
#[derive(Clone)]
pub struct Clone {
    root: PathBuf,
}

impl Clone {
    /// Finds the clone that holds `start`.
    pub fn around(start: &Path) -> Option<Clone> {
        let start = start.canonicalize().ok()?;
        start
            .ancestors()
            .find(|folder| is_library(folder))
            .map(|root| Clone {
                root: root.to_path_buf(),
            })
    }

    /// Finds the clone that holds the working directory.
    pub fn here() -> Result<Clone> {
        let here = std::env::current_dir().context("the working directory is gone")?;
        // Cargo sets this to the package's folder, so that the command works from anywhere with
        // `--manifest-path` too.
        let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        Clone::around(&here)
            .or_else(|| Clone::around(&package?))
            .context("run `cargo book` inside a clone of the project")
    }

    /// The clone that was recorded when the kernel was set up, if it is still there.
    pub fn recorded(home: &Home) -> Option<Clone> {
        let text = std::fs::read_to_string(home.place(CLONE_RECORD)).ok()?;
        let record: serde_json::Value = serde_json::from_str(&text).ok()?;
        Clone::around(Path::new(record["clone"].as_str()?))
    }

    /// Records this clone for kernels that start outside any clone.
    pub fn record(&self, home: &Home) -> Result<()> {
        let record = serde_json::json!({ "clone": self.root.to_string_lossy() });
        files::write_atomically(&home.join(CLONE_RECORD), record.to_string())
    }

    /// The clone's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A place inside the clone.
    pub fn join(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The notebooks of the book.
    pub fn notebooks(&self) -> PathBuf {
        self.join("notebooks")
    }

    /// Where cargo and this program put what they make.
    pub fn target(&self) -> PathBuf {
        self.join("target")
    }

    /// The folder for what a run makes on its way.
    pub fn work(&self) -> PathBuf {
        self.target().join("book-work")
    }

    /// Makes that folder; refuses one that holds something else.
    pub fn claim_work(&self) -> Result<PathBuf> {
        let against = owned::claim(&self.work(), &WORK)?;
        if !against.is_empty() {
            bail!(
                "`cargo book` works in {}, which holds files that it did not make ({}): move them elsewhere",
                self.work().display(),
                owned::some_of(&against)
            );
        }
        Ok(self.work())
    }

    /// Removes what a run made on its way; returns what stays.
    pub fn remove_work(&self) -> Result<Vec<String>> {
        owned::remove(&self.work(), &WORK)
    }

    /// Everything that decides how the library compiles, as paths: the sources and the manifests.
    pub fn library_files(&self) -> Result<Vec<PathBuf>> {
        let mut files = files::list(&self.join("src"))?;
        files.retain(|file| files::has_ending(file, "rs"));
        files.push(self.join("Cargo.toml"));
        files.push(self.join("Cargo.lock"));
        Ok(files)
    }

    /// The same, and the data that is compiled in.
    pub fn compiled_files(&self) -> Result<Vec<PathBuf>> {
        let mut files = files::list(&self.join("data"))?;
        files.retain(|file| files::has_ending(file, "txt"));
        Ok([self.library_files()?, files].concat())
    }

    /// Tables of results that notebooks read.
    pub fn tables(&self) -> Result<Vec<PathBuf>> {
        let mut files = files::list(&self.join("examples"))?;
        files.retain(|file| files::has_ending(file, "csv"));
        Ok(files)
    }
}

fn is_library(folder: &Path) -> bool {
    std::fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|text| {
        text.lines()
            .any(|line| line.trim() == "name = \"diffusion-intuition\"")
    })
}
