//! The per-user folder that holds everything installed, shared by all clones.

use crate::files;
use crate::files::disk::HOME_VARIABLE;
use crate::files::owned::{self, Layout};
use anyhow::{Context, Result, bail};
use std::env;
use std::path::{Path, PathBuf};

/// The tools that this program stands in for inside a kernel (see `kernel/stand_ins.rs`).
pub const STAND_INS: [&str; 3] = ["cargo", "rustup", "mold"];

/// What this program makes in the folder: a new name belongs here, else `cargo book clean` leaves it.
const LAYOUT: Layout = Layout {
    whole: |name| {
        let starts = ["python-", "std-", ".std-", "evcxr-", ".evcxr-"];
        matches!(
            name,
            "evcxr.lock" | "python.lock" | "std.lock" | "warm.lock" | "lab.lock"
        ) || matches!(name, "clone.json" | "no-std" | "no-settings" | "probe")
            || starts.iter().any(|start| name.starts_with(start))
    },
    inside: &[
        ("bin", |name| name == "book"),
        (".cargo", |name| name == "config.toml"),
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
        name == "clone.json"
            || name.starts_with("evcxr")
            || name.starts_with("python-")
            || name == "python.lock"
    },
};

/// The folder and the places inside it.
#[derive(Clone)]
pub struct Home {
    root: PathBuf,
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
        Ok(Home { root })
    }

    /// The folder whether it exists or not, and whether it is ours.
    pub fn look() -> Result<(Home, bool)> {
        let root = root()?;
        let root = root.canonicalize().unwrap_or(root);
        let ours = owned::against(&root, &LAYOUT)?.is_empty();
        Ok((Home { root }, ours))
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

    /// The installed copy of this program, which kernelspecs name.
    pub fn launcher(&self) -> PathBuf {
        self.join("bin/book")
    }

    /// Folder with the tools that stand in front of others inside a kernel. (`shims` was the name when mold was not
    /// among them: an earlier launcher would not know what to do under that name.)
    pub fn stand_ins(&self) -> PathBuf {
        self.join("stand-ins")
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
        ] {
            let file = root.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        assert!(owned::claim(&root, &LAYOUT).unwrap().is_empty());
        let home = Home { root: root.clone() };
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
