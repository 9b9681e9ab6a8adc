//! Folders for tests.

use std::fs;
use std::path::{Path, PathBuf};

/// A folder for a test, removed when the test is over.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes it, empty.
    pub fn new(name: &str) -> Scratch {
        let folder = std::env::temp_dir().join(format!("book-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Scratch(folder.canonicalize().unwrap())
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
