//! The per-user folder that holds everything installed, shared by all clones; and a prefix, which may hold all of it
//! for many users, who need not be able to write there.

use crate::files;
use crate::files::disk::HOME_VARIABLE;
use crate::files::owned::{self, Layout};
use anyhow::{Context, Result, bail};
use std::env;
use std::path::{Path, PathBuf};

/// The tools that this program stands in for inside a kernel (see `kernel/stand_ins.rs`).
pub const STAND_INS: [&str; 3] = ["cargo", "rustup", "mold"];

/// Names the clone for kernels that start outside any clone.
pub const CLONE_RECORD: &str = "clone.json";
/// Lies in a folder that `cargo book setup --prefix` has made.
const PREFIX_MARK: &str = "prefix";
/// Names that folder; the program that lies in it knows it without.
pub const PREFIX_VARIABLE: &str = "DIFFUSION_INTUITION_PREFIX";

/// What this program makes in the folder: a new name belongs here, else `cargo book clean` leaves it.
const LAYOUT: Layout = Layout {
    whole: |name| {
        let starts = [
            "python-",
            "std-",
            ".std-",
            "evcxr-",
            ".evcxr-",
            "library-",
            ".library-",
        ];
        let starts = [&starts[..], &["packages-", ".packages-"]].concat();
        matches!(
            name,
            "evcxr.lock" | "python.lock" | "std.lock" | "warm.lock" | "lab.lock" | "library.lock"
        ) || matches!(
            name,
            CLONE_RECORD | PREFIX_MARK | "no-std" | "no-settings" | "probe"
        ) || starts.iter().any(|start| name.starts_with(start))
    },
    inside: &[
        ("bin", |name| name == "book"),
        (".cargo", |name| name == "config.toml"),
        ("share", |name| name == "jupyter"),
        ("shims", |name| STAND_INS.contains(&name)),
        ("stand-ins", |name| STAND_INS.contains(&name)),
        ("cargo-front", |name| name == "bin"),
        // A process and a time.
        ("kernels", |name| {
            let name = name.strip_suffix(".lock").unwrap_or(name);
            name.split('-').count() == 2 && name.split('-').all(files::is_number)
        }),
        // A hash.
        ("warm", |name| {
            let name = name.strip_prefix('.').unwrap_or(name);
            let hash = name.strip_suffix(".lock").or(name.strip_suffix(".part"));
            let hash = hash.unwrap_or(name);
            hash.len() == 20 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        }),
    ],
    shared: &["bin", ".cargo"],
    telling: |name| {
        name == CLONE_RECORD
            || name.starts_with("evcxr")
            || name.starts_with("python-")
            || name == "python.lock"
    },
};

/// The folder and the places inside it.
#[derive(Clone)]
pub struct Home {
    root: PathBuf,
    prefix: Option<PathBuf>,
}

impl Home {
    /// Finds the folder and makes it if it does not exist; refuses one that holds something else.
    pub fn open() -> Result<Home> {
        let root = root()?;
        std::fs::create_dir_all(&root).with_context(|| {
            format!("cannot make {}; free some disk space or set {HOME_VARIABLE} to a folder that can be written", root.display())
        })?;
        // Cargo and Jupyter see different paths to one folder as different folders.
        let root = root
            .canonicalize()
            .context("cannot resolve the cache folder")?;
        fits_the_kernel(&root)?;
        let against = owned::claim(&root, &LAYOUT)?;
        if !against.is_empty() {
            bail!(
                "{} holds files that `cargo book` did not make ({}), and it needs a folder of its own: set \
                 {HOME_VARIABLE} to a new one",
                root.display(),
                owned::some_of(&against)
            );
        }
        let prefix = prefix().filter(|prefix| *prefix != root);
        Ok(Home { root, prefix })
    }

    /// The folder whether it exists or not, and whether it is ours.
    pub fn look() -> Result<(Home, bool)> {
        let root = root()?;
        let root = root.canonicalize().unwrap_or(root);
        let ours = owned::against(&root, &LAYOUT)?.is_empty();
        Ok((Home { root, prefix: None }, ours))
    }

    /// Removes what this program made in the folder; returns what stays.
    pub fn remove(&self) -> Result<Vec<String>> {
        owned::remove(&self.root, &LAYOUT)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A named place inside it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.join(name)
    }

    /// Where a thing of this name is: here, or in the prefix.
    pub fn found(&self, name: impl AsRef<Path>) -> Option<PathBuf> {
        let roots = std::iter::once(&self.root).chain(&self.prefix);
        let mut places = roots.map(|root| root.join(&name));
        places.find(|place| place.exists())
    }

    /// Where it is, or is to be made.
    pub fn place(&self, name: impl AsRef<Path>) -> PathBuf {
        self.found(&name).unwrap_or_else(|| self.join(&name))
    }

    /// The prefix that this user shares with others.
    pub fn prefix(&self) -> Option<&Path> {
        self.prefix.as_deref()
    }

    /// Whether a file lies in that prefix.
    pub fn is_in_prefix(&self, file: &Path) -> bool {
        let file = file.canonicalize();
        let prefix = self.prefix.as_ref();
        prefix.is_some_and(|prefix| file.is_ok_and(|file| file.starts_with(prefix)))
    }

    /// Makes this folder a prefix for others.
    pub fn mark_as_prefix(&self) -> Result<()> {
        files::write_if_new(
            &self.join(PREFIX_MARK),
            "Made by `cargo book setup --prefix`.\n",
        )
    }

    /// The installed copy of this program, which kernelspecs name.
    pub fn launcher(&self) -> PathBuf {
        self.join("bin/book")
    }

    /// Folder with the tools that stand in front of others inside a kernel. (`shims` was the name when mold was not
    /// among them: an earlier launcher would not know what to do under that name.)
    pub fn stand_ins(&self) -> PathBuf {
        self.place("stand-ins")
    }

    /// Stands for `CARGO_HOME` inside a kernel; its `bin` holds the stand-in for cargo.
    pub fn cargo_front(&self) -> PathBuf {
        self.place("cargo-front")
    }

    /// Where kernels look for settings of evcxr.
    pub fn settings(&self) -> PathBuf {
        self.join("settings")
    }

    /// Compiled libraries, one folder a key.
    pub fn warm(&self) -> PathBuf {
        self.join("warm")
    }

    /// Private folders of running kernels.
    pub fn kernels(&self) -> PathBuf {
        self.join("kernels")
    }
}

/// The prefix: named by a variable, or this program lies in it.
fn prefix() -> Option<PathBuf> {
    let named = env::var_os(PREFIX_VARIABLE).filter(|path| !path.is_empty());
    let own = || {
        Some(
            env::current_exe()
                .ok()?
                .canonicalize()
                .ok()?
                .parent()?
                .parent()?
                .to_path_buf(),
        )
    };
    let folder = named.map(PathBuf::from).or_else(own)?.canonicalize().ok()?;
    folder.join(PREFIX_MARK).exists().then_some(folder)
}

/// The kernel names the files that it loads in lines whose words are parted by spaces.
fn fits_the_kernel(root: &Path) -> Result<()> {
    if root
        .to_str()
        .is_some_and(|path| !path.contains([' ', '\n']))
    {
        return Ok(());
    }
    bail!(
        "the Rust kernel cannot work below {}, whose path has a space or is not valid UTF-8: set {HOME_VARIABLE} to \
         a folder whose path has neither, and run `cargo book` again",
        root.display()
    )
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

#[cfg(test)]
mod tests {
    use super::{Home, LAYOUT, fits_the_kernel};
    use crate::files::{Scratch, owned};
    use std::fs;
    use std::path::Path;

    #[test]
    fn a_folder_of_an_earlier_version_is_known_and_removed() {
        let scratch = Scratch::new("earlier-home");
        let root = scratch.path().join("cache");
        // As the version before tags left it, one folder of each kind.
        let hash = "244d2238341ff92efe59";
        for file in [
            "bin/book",
            ".cargo/config.toml",
            "shims/cargo",
            "kernels/12-1764226000000000000.lock",
            "kernels/12-1764226000000000000/target/file",
            &format!("warm/{hash}/warm.json"),
            &format!("warm/{hash}.lock"),
            &format!("warm/.{hash}.part/build/file"),
            &format!("python-{hash}/complete"),
            &format!("std-{hash}/core/lib.rs"),
            "no-std/core/file",
            "evcxr-0.22.0/.crates.toml",
            ".evcxr-0.22.0.part/file",
            "evcxr-build/release/file",
            "clone.json",
            ".clone.json.12.0",
            "evcxr.lock",
            "python.lock",
            "std.lock",
            "warm.lock",
            &format!("library-{hash}/src/lib.rs"),
            &format!("packages-{hash}/rand/Cargo.toml"),
            "share/jupyter/kernels/diffusion-intuition/kernel.json",
            "prefix",
        ] {
            let file = root.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        assert!(owned::claim(&root, &LAYOUT).unwrap().is_empty());
        let home = Home {
            root: root.clone(),
            prefix: None,
        };
        assert!(home.remove().unwrap().is_empty());
        assert!(!root.exists());
    }

    #[test]
    fn a_user_s_home_folder_is_refused() {
        let scratch = Scratch::new("user-home");
        let root = scratch.path();
        // What an earlier version made in it does not make it ours.
        for file in [
            ".cargo/config.toml",
            ".cargo/bin/cargo",
            "clone.json",
            "bin/book",
            "Documents/thesis.tex",
        ] {
            let file = root.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "mine").unwrap();
        }
        assert!(!owned::claim(root, &LAYOUT).unwrap().is_empty());
        let home = Home {
            root: root.to_owned(),
            prefix: None,
        };
        assert!(!home.remove().unwrap().is_empty());
        assert!(root.join(".cargo/bin/cargo").exists() && root.join("bin/book").exists());
    }

    #[test]
    fn a_folder_with_a_space_is_refused_and_one_with_letters_of_any_script_is_not() {
        assert!(fits_the_kernel(Path::new("/home/jane doe/.cache")).is_err());
        fits_the_kernel(Path::new("/home/jané/.cache")).unwrap();
    }
}
