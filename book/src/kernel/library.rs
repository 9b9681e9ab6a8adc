//! The library's sources as kernels compile them: a copy that lies where their content says.
//!
//! Cargo names what it compiles by the path of the sources, and compiles again what is newer than its result. The
//! copy lies at one path for all clones of one content and never changes, so that all of them use one compiled copy.

use crate::files::locks::Lock;
use crate::files::{self, Fingerprint};
use crate::kernel::variables;
use crate::machine::clone::Clone;
use crate::machine::home::Home;
use crate::machine::programs::output;
use crate::machine::ui;
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Held while sources are copied.
const LOCK: &str = "library.lock";
/// A package that depends on what notebooks name in their `:dep` lines.
const NOTEBOOK: &str = "[package]\nname = \"ctx\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
                        [dependencies]\nndarray = \"0.17\"\n";

/// Files below the root of a clone, with what is in them.
type Files = Vec<(PathBuf, Vec<u8>)>;

/// All that decides how the library compiles; the manifest says nothing of the rest of the project.
fn files_of(clone: &Clone) -> Result<Files> {
    let mut all = Files::new();
    for file in clone.compiled_files()? {
        let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let name = file.strip_prefix(clone.root())?.to_path_buf();
        all.push(match name == Path::new("Cargo.toml") {
            true => (name, manifest(&String::from_utf8_lossy(&content)).into()),
            false => (name, content),
        });
    }
    Ok(all)
}

/// A manifest without tests, examples, benches, profiles and the other members of the workspace.
fn manifest(text: &str) -> String {
    let mut kept = String::new();
    let mut keep = true;
    for line in text.lines() {
        if line.starts_with('[') {
            let others = [
                "[[",
                "[profile",
                "[dev-dependencies",
                "[workspace.lints",
                "[lints",
            ];
            keep = !others.iter().any(|table| line.starts_with(table));
        }
        let elsewhere = ["members", "include", "readme"];
        let key = line.split([' ', '=']).next().unwrap_or_default();
        if keep && !line.trim_start().starts_with('#') && !elsewhere.contains(&key) {
            kept += line;
            kept.push('\n');
        }
    }
    kept
}

fn hash_of(files: &Files) -> String {
    let mut fingerprint = Fingerprint::default();
    for (name, content) in files {
        fingerprint
            .add("file", name.as_os_str().as_encoded_bytes())
            .add("content", content);
    }
    fingerprint.finish()
}

/// Stands for the content of a clone's library.
pub fn hash(clone: &Clone) -> Result<String> {
    Ok(hash_of(&files_of(clone)?))
}

/// The copy of the clone's library, made unless it is there.
pub fn ensure(home: &Home, clone: &Clone) -> Result<PathBuf> {
    let files = files_of(clone)?;
    let name = name(&hash_of(&files));
    let lock = home.join(LOCK);
    let found = || home.found(&name);
    Lock::once(&lock, "copying the library's sources", found, || {
        let folder = home.join(&name);
        let aside = home.join(format!(".{name}.part"));
        files::remove(&aside)?;
        for (name, content) in &files {
            files::write_atomically(&aside.join(name), content)?;
        }
        files::rename(&aside, &folder)?;
        Ok(folder)
    })
}

/// The copy of this hash.
pub fn of_hash(home: &Home, hash: &str) -> Option<PathBuf> {
    home.found(name(hash))
}

/// Removes the copies of a week ago and before of which none of these hashes is.
pub fn forget_others(home: &Home, kept: &BTreeSet<String>) -> Result<()> {
    const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);
    for entry in fs::read_dir(home.root())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(hash) = name.strip_prefix("library-") else {
            continue;
        };
        let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
        if !kept.contains(hash) && age > WEEK {
            files::remove(&entry.path())?;
        }
    }
    Ok(())
}

fn name(hash: &str) -> String {
    format!("library-{hash}")
}

/// Where the sources of all packages that the library needs lie for those who share a prefix.
pub fn packages(home: &Home, clone: &Clone) -> Result<PathBuf> {
    let lock = fs::read(clone.join("Cargo.lock")).context("the clone has no Cargo.lock")?;
    let hash = Fingerprint::default().add("lock", lock).finish();
    Ok(home.place(format!("packages-{hash}")))
}

/// Copies these sources into the prefix, so that no user needs a registry, and all compile the same files.
pub fn fetch_packages(home: &Home, clone: &Clone) -> Result<()> {
    let folder = packages(home, clone)?;
    let found = || folder.exists().then_some(());
    let lock = home.join(LOCK);
    Lock::once(&lock, "copying the packages' sources", found, || {
        let spinner = ui::spinner("copying the sources of the library's packages");
        // Where a run that was killed left it.
        let aside = home.join(".packages-.part");
        files::remove(&aside)?;
        let ask = clone.claim_work()?.join("source");
        let library = ensure_unlocked(home, clone)?;
        let manifest = format!("{NOTEBOOK}diffusion-intuition = {{ path = {library:?} }}\n");
        files::write_atomically(&ask.join("Cargo.toml"), manifest)?;
        files::write_atomically(&ask.join("src/lib.rs"), "")?;
        fs::copy(clone.join("Cargo.lock"), ask.join("Cargo.lock"))?;
        let mut command = Command::new("cargo");
        command.args([
            "vendor",
            "--quiet",
            "--versioned-dirs",
            "--respect-source-config",
        ]);
        output(command.arg(&aside).current_dir(&ask)).context(
            "fetching the packages' sources failed; if the message below speaks of the network, mend that and run \
             `cargo book setup` again, it goes on where it was",
        )?;
        files::remove(&ask)?;
        spinner.finish_and_clear();
        files::rename(&aside, &folder)
    })
}

fn ensure_unlocked(home: &Home, clone: &Clone) -> Result<PathBuf> {
    of_hash(home, &hash(clone)?).context("the library's sources were not copied")
}

/// In a kernel: lets the manifest that the kernel wrote name the copy in place of the clone.
pub fn stand_in_manifest(manifest: &Path) {
    let (Some(clone), Some(copy)) = (
        env::var_os(variables::CLONE),
        env::var_os(variables::LIBRARY),
    ) else {
        return;
    };
    let text = fs::read_to_string(manifest).unwrap_or_default();
    let changed = in_place_of(&text, &clone.to_string_lossy(), &copy.to_string_lossy());
    if changed != text {
        // Without it the library is compiled from the clone: slower, but not wrong.
        let _ = files::write_atomically(manifest, changed);
    }
}

fn in_place_of(manifest: &str, clone: &str, copy: &str) -> String {
    let path = |folder: &str| {
        let escaped = folder.replace('\\', "\\\\").replace('"', "\\\"");
        format!("path = \"{escaped}\"")
    };
    manifest.replace(&path(clone), &path(copy))
}

/// In a kernel: what lets cargo take packages from the prefix and nowhere else, if there are some.
pub fn from_packages() -> Option<[String; 4]> {
    let folder = env::var(variables::PACKAGES).ok()?;
    Some([
        "--config".into(),
        "source.crates-io.replace-with='shared'".into(),
        "--config".into(),
        format!("source.shared.directory={folder:?}"),
    ])
}

#[cfg(test)]
mod tests {
    use super::{in_place_of, manifest};

    #[test]
    fn the_manifest_says_what_decides_compiling() {
        let text = "[workspace]\nmembers = [\"book\"]\n\n[package]\nname = \"a\"\nreadme = \"R.md\"\n\n[features]\n\
                    plot = [\"dep:p\"]\n\n[dependencies]\np = \"1\"\n\n[dev-dependencies]\nq = \"1\"\n\n[[test]]\n\
                    name = \"t\"\n\n[profile.dev]\nopt-level = 1\n";
        let kept = manifest(text);
        assert!(kept.contains("plot = [\"dep:p\"]") && kept.contains("\np = \"1\""));
        for gone in ["members", "readme", "q = ", "name = \"t\"", "opt-level"] {
            assert!(!kept.contains(gone), "{gone} in\n{kept}");
        }
    }

    #[test]
    fn only_the_clone_itself_is_replaced() {
        let named = |path: &str| format!("diffusion-intuition = {{ path = \"{path}\" }}\n");
        let clone = "/home/a \"b\"/book";
        let escaped = named("/home/a \\\"b\\\"/book");
        assert_eq!(in_place_of(&escaped, clone, "/copy"), named("/copy"));
        let other = named("/home/other/book");
        assert_eq!(in_place_of(&other, clone, "/copy"), other);
    }
}
