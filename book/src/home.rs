//! The per-user folder that holds everything installed, shared by all clones.

use anyhow::{Context, Result};
use std::env;
use std::path::{Path, PathBuf};

/// Names the folder outright, for those who want it elsewhere.
pub const HOME_VARIABLE: &str = "DIFFUSION_INTUITION_HOME";

/// The folder and the places inside it.
#[derive(Clone)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// Finds the folder and makes it if it does not exist.
    pub fn open() -> Result<Home> {
        let root = root()?;
        std::fs::create_dir_all(&root).with_context(|| {
            format!("cannot make {}; free some disk space or set {HOME_VARIABLE} to a folder that can be written", root.display())
        })?;
        // Cargo and Jupyter see different paths to one folder as different folders.
        let root = root
            .canonicalize()
            .context("cannot resolve the cache folder")?;
        Ok(Home { root })
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A named place inside it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.join(name)
    }

    /// The installed copy of this program, which kernelspecs name.
    pub fn launcher(&self) -> PathBuf {
        self.join("bin/book")
    }

    /// Folder with the tools that stand in front of cargo and rustup inside a kernel.
    pub fn shims(&self) -> PathBuf {
        self.join("shims")
    }

    /// Stands for `CARGO_HOME` inside a kernel; its `bin` holds the stand-in for cargo.
    pub fn cargo_front(&self) -> PathBuf {
        self.join("cargo-front")
    }

    /// Where kernels look for settings of evcxr: there are none.
    pub fn no_settings(&self) -> PathBuf {
        self.join("no-settings")
    }

    /// Compiled libraries, one folder a key.
    pub fn warm(&self) -> PathBuf {
        self.join("warm")
    }

    /// Private folders of running kernels.
    pub fn kernels(&self) -> PathBuf {
        self.join("kernels")
    }

    /// Names the clone for kernels that start outside any clone.
    pub fn clone_record(&self) -> PathBuf {
        self.join("clone.json")
    }
}

/// Where the folder lies by the rules of the system.
fn root() -> Result<PathBuf> {
    if let Some(path) = env::var_os(HOME_VARIABLE).filter(|path| !path.is_empty()) {
        return std::path::absolute(PathBuf::from(path)).context("cannot resolve the cache folder");
    }
    let user = user_home()?;
    let cache = match env::var_os("XDG_CACHE_HOME").map(PathBuf::from) {
        Some(path) if path.is_absolute() => path,
        _ if cfg!(target_os = "macos") => user.join("Library/Caches"),
        _ => user.join(".cache"),
    };
    Ok(cache.join("diffusion-intuition"))
}

/// The user's home folder.
pub fn user_home() -> Result<PathBuf> {
    // Where the variable is not set, the system knows the user's folder.
    env::home_dir()
        .filter(|home| !home.as_os_str().is_empty())
        .with_context(|| {
            format!("HOME is not set; set it, or set {HOME_VARIABLE} to a folder of your choice")
        })
}
