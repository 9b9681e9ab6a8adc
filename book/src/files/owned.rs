//! Folders that belong to this program, and what in them does.
//!
//! Such a folder carries a tag, which also keeps backups from copying it. By its tag it is known to be given to this
//! program; by their names what lies in it is known to be made by it. Nothing else in it is ever removed.

use crate::files::inventory::{self, CRUMBS, remove_empty};
use crate::files::{tree, write};
use anyhow::{Context, Result};
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The file by which cache folders are known (bford.info/cachedir).
const TAG: &str = "CACHEDIR.TAG";
const TEXT: &str = "\
Signature: 8a477f597d28d172789f06886806bc55
# This folder belongs to `cargo book` of Diffusion Models Intuition, in Rust.
# `cargo book clean` removes what that command made in it, and nothing else.
";

/// Which names are meant.
pub type Names = fn(&str) -> bool;

/// What lies directly in such a folder.
pub struct Layout {
    /// Names of what is ours as a whole.
    pub whole: Names,
    /// Folders of common names, in which only certain names are ours.
    pub inside: &'static [(&'static str, Names)],
    /// Those of them that other programs use too: with anything else in them the folder is not ours, tag or no tag.
    /// In the others a later version may keep what this one does not know.
    pub shared: &'static [&'static str],
    /// Whether a name is so much our own that a folder without a tag is known by it: versions before tags made none.
    pub telling: Names,
}

/// Takes a folder for this program, and makes it if there is none. One that holds something else stays as it is, and
/// what speaks against it is returned.
pub fn claim(folder: &Path, layout: &Layout) -> Result<Vec<String>> {
    tree::make_folder(folder)?;
    let against = against(folder, layout)?;
    if against.is_empty() && !is_tagged(folder) {
        write::write_atomically(&folder.join(TAG), TEXT)?;
    }
    Ok(against)
}

/// What speaks against a folder's being ours.
pub fn against(folder: &Path, layout: &Layout) -> Result<Vec<String>> {
    match is_tagged(folder) {
        // What we would write over must be ours; other files do not disturb.
        true => foreign_inside(folder, layout, |known| layout.shared.contains(&known)),
        false => foreign(folder, layout),
    }
}

/// Removes from a folder of ours what is ours, and the folder if nothing else is in it; returns what stays. A folder
/// that is not ours stays as it is.
pub fn remove(folder: &Path, layout: &Layout) -> Result<Vec<String>> {
    if fs::symlink_metadata(folder).is_err() {
        return Ok(Vec::new());
    }
    if !is_tagged(folder) && !foreign(folder, layout)?.is_empty() {
        return names(folder);
    }
    for name in names(folder)? {
        let path = folder.join(&name);
        match layout.inside.iter().find(|(known, _)| *known == name) {
            Some((_, ours)) => remove_inside(&path, *ours)?,
            None if is_ours(&name, layout.whole) => tree::remove(&path)?,
            None => {}
        }
    }
    let mut stay = names(folder)?;
    stay.retain(|name| name != TAG);
    if stay.is_empty() {
        tree::remove(&folder.join(TAG))?;
        remove_empty(folder);
    }
    Ok(stay)
}

fn remove_inside(folder: &Path, ours: Names) -> Result<()> {
    if fs::symlink_metadata(folder)?.is_dir() {
        for name in names(folder)? {
            if is_ours(&name, ours) {
                tree::remove(&folder.join(name))?;
            }
        }
        remove_empty(folder);
    }
    Ok(())
}

/// A few names, for a sentence.
pub fn some_of(names: &[String]) -> String {
    let paths: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
    inventory::some_of(Path::new(""), &paths)
}

fn is_tagged(folder: &Path) -> bool {
    fs::read_to_string(folder.join(TAG)).is_ok_and(|text| text == TEXT)
}

/// What in a folder without a tag speaks against it; everything, if nothing in it is telling.
fn foreign(folder: &Path, layout: &Layout) -> Result<Vec<String>> {
    let all = names(folder)?;
    let mut foreign: Vec<String> = all
        .iter()
        .filter(|name| {
            let inside = layout.inside.iter().any(|(known, _)| known == name);
            !inside && !is_ours(name, layout.whole) && !write::is_aside(name, TAG)
        })
        .cloned()
        .collect();
    foreign.extend(foreign_inside(folder, layout, |_| true)?);
    let telling = |name: &String| (layout.telling)(name) || write::is_aside(name, TAG);
    Ok(match foreign.is_empty() && !all.iter().any(telling) {
        true => all,
        false => foreign,
    })
}

/// What is foreign in those folders of common names.
fn foreign_inside(
    folder: &Path,
    layout: &Layout,
    which: impl Fn(&str) -> bool,
) -> Result<Vec<String>> {
    let mut foreign = Vec::new();
    for (known, ours) in layout.inside.iter().filter(|(known, _)| which(known)) {
        let path = folder.join(known);
        let Ok(found) = fs::symlink_metadata(&path) else {
            continue;
        };
        if !found.is_dir() {
            foreign.push((*known).to_owned());
            continue;
        }
        let theirs = names(&path)?
            .into_iter()
            .filter(|name| !is_ours(name, *ours));
        foreign.extend(theirs.map(|name| format!("{known}/{name}")));
    }
    Ok(foreign)
}

/// Whether a name is ours, or that of a file on its way to such a name.
fn is_ours(name: &str, ours: Names) -> bool {
    let becomes = name
        .strip_prefix('.')
        .and_then(|rest| rest.rsplitn(3, '.').last());
    ours(name) || becomes.is_some_and(|becomes| write::is_aside(name, becomes) && ours(becomes))
}

/// The names in a folder, without those of file browsers and of new disks.
fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(names),
        entries => entries.with_context(|| format!("cannot read {}", folder.display()))?,
    };
    for entry in entries {
        let name = entry?.file_name();
        let ignored = CRUMBS.iter().chain(&["lost+found"]);
        if !ignored.into_iter().any(|known| OsStr::new(known) == name) {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::{Layout, TAG, claim, remove};
    use crate::files::scratch::Scratch;
    use std::fs;

    const LAYOUT: Layout = Layout {
        whole: |name| name == "ours" || name.starts_with("python-"),
        inside: &[
            ("bin", |name| name == "book"),
            ("kernels", |name| name == "1"),
        ],
        shared: &["bin"],
        telling: |name| name.starts_with("python-"),
    };

    fn fill(folder: &std::path::Path, files: &[&str]) {
        for file in files {
            fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
            fs::write(folder.join(file), "content").unwrap();
        }
    }

    #[test]
    fn folders_of_ours_are_known_and_others_refused() {
        for (files, taken) in [
            (&[][..], true),
            (&[".DS_Store"], true),
            // Made by a version before tags.
            (
                &["python-1/complete", "bin/book", "ours", ".ours.12.3"],
                true,
            ),
            // Nothing that only this program would make.
            (&["bin/book"], false),
            (&["ours"], false),
            (&["thesis.tex"], false),
            (&["python-1/complete", "thesis.tex"], false),
            (&["python-1/complete", "bin/other"], false),
            (&["python-1/complete", "bin/book", "bin/.book.tex"], false),
            (&["python-1/complete", "bin"], false),
        ] {
            let scratch = Scratch::new("claims");
            let folder = scratch.path().join("cache");
            fs::create_dir(&folder).unwrap();
            fill(&folder, files);
            let against = claim(&folder, &LAYOUT).unwrap();
            assert_eq!(against.is_empty(), taken, "{files:?}: {against:?}");
            assert_eq!(folder.join(TAG).exists(), taken, "{files:?}");
            if taken {
                assert!(claim(&folder, &LAYOUT).unwrap().is_empty());
                assert!(remove(&folder, &LAYOUT).unwrap().is_empty());
                assert!(!folder.join("bin").exists() && !folder.join("ours").exists());
            } else {
                remove(&folder, &LAYOUT).unwrap();
                assert!(
                    files.iter().all(|file| folder.join(file).exists()),
                    "{files:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_put_into_a_folder_of_ours_stays() {
        let scratch = Scratch::new("put-in");
        let folder = scratch.path().join("cache");
        claim(&folder, &LAYOUT).unwrap();
        fill(
            &folder,
            &[
                "ours",
                "python-1/complete",
                "bin/book",
                "thesis.tex",
                "bin/other",
            ],
        );
        assert_eq!(remove(&folder, &LAYOUT).unwrap(), ["bin", "thesis.tex"]);
        assert!(folder.join("bin/other").exists() && folder.join("thesis.tex").exists());
        assert!(!folder.join("bin/book").exists() && !folder.join("python-1").exists());
    }

    #[test]
    fn what_a_later_version_keeps_does_not_disturb() {
        let scratch = Scratch::new("later");
        let folder = scratch.path().join("cache");
        claim(&folder, &LAYOUT).unwrap();
        fill(&folder, &["later/file", "kernels/1", "kernels/later"]);
        assert!(claim(&folder, &LAYOUT).unwrap().is_empty());
        assert_eq!(remove(&folder, &LAYOUT).unwrap(), ["kernels", "later"]);
    }

    #[test]
    fn a_tag_from_elsewhere_lets_nothing_be_written_over() {
        let scratch = Scratch::new("copied-tag");
        let (ours, user) = (scratch.path().join("cache"), scratch.path().join("home"));
        claim(&ours, &LAYOUT).unwrap();
        fill(&user, &["bin/other", "thesis.tex"]);
        fs::copy(ours.join(TAG), user.join(TAG)).unwrap();
        assert_eq!(claim(&user, &LAYOUT).unwrap(), ["bin/other"]);
        remove(&user, &LAYOUT).unwrap();
        assert!(user.join("bin/other").exists() && user.join("thesis.tex").exists());
    }
}
