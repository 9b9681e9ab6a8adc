//! The list of what the press wrote into a folder of pages. What is not on it, or is no longer as it was written, is
//! somebody's, and is neither replaced nor removed.

use crate::files::hash::Fingerprint;
use crate::files::{tree, write};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The list lies in the folder itself, under this name.
pub const NAME: &str = ".cargo-book";
/// By this line the list is known.
const ABOUT: &str = "made by `cargo book`, which replaces and removes only the files listed here, as long as they \
                     are unchanged";
/// What file browsers leave in every folder that they show.
pub const CRUMBS: [&str; 4] = [".DS_Store", "Thumbs.db", "desktop.ini", ".directory"];

/// What a folder holds.
#[derive(Debug, PartialEq)]
pub enum Content {
    /// There is no such folder.
    Missing,
    /// Nothing.
    Empty,
    /// Nothing but what the press wrote.
    Ours,
    /// Files without a list of ours.
    Unlisted(Vec<PathBuf>),
    /// A list of ours, and files that it does not name or that were changed since.
    Mixed(Vec<PathBuf>),
}

/// Lists every file of a folder, with its hash, in the folder.
pub fn write(folder: &Path) -> Result<()> {
    let mut hashes = BTreeMap::new();
    for file in tree::list(folder)? {
        if let (Some(name), Some(hash)) = (name_in(folder, &file), hash(&file)?)
            && name != NAME
        {
            hashes.insert(name, hash);
        }
    }
    let list = serde_json::to_string_pretty(&json!({ "about": ABOUT, "files": hashes }))?;
    write::write_atomically(&folder.join(NAME), list)
}

/// Looks what a folder holds.
pub fn look(folder: &Path) -> Result<Content> {
    let found = match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Content::Missing),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", folder.display()))?,
        Ok(_) => tree::list(folder)?,
    };
    let list = read(folder);
    let listed = list.is_some();
    let strangers = strangers(folder, found, &list.unwrap_or_default())?;
    Ok(match (listed, strangers.is_empty()) {
        (false, true) => Content::Empty,
        (false, false) => Content::Unlisted(strangers),
        (true, true) => Content::Ours,
        (true, false) => Content::Mixed(strangers),
    })
}

/// Removes from a folder what its list names and what is still as it was written; returns what stays. Without a list
/// all files stay. The list goes last, so that a removal that is cut short can be taken up again.
pub fn remove(folder: &Path) -> Result<Vec<PathBuf>> {
    let found = tree::list(folder)?;
    let hashes = read(folder).unwrap_or_default();
    let list = folder.join(NAME);
    let stay = strangers(folder, found.clone(), &hashes)?;
    for file in found
        .iter()
        .filter(|file| **file != list && !stay.contains(file))
    {
        tree::remove(file)?;
    }
    if stay.is_empty() {
        tree::remove(&list)?;
    }
    remove_empty(folder);
    Ok(stay)
}

/// Removes a folder and those in it as far as they hold no files.
pub fn remove_empty(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_empty(&entry.path());
        }
    }
    // The system refuses to remove a folder that holds something.
    let _ = fs::remove_dir(folder);
}

/// A few of these files by name, for a sentence.
pub fn some_of(folder: &Path, paths: &[PathBuf]) -> String {
    let shown = 3;
    let mut names: Vec<String> = paths
        .iter()
        .take(shown)
        .map(|path| {
            let name = path.strip_prefix(folder).unwrap_or(path);
            format!("{:?}", name.display().to_string()).replace('"', "")
        })
        .collect();
    if paths.len() > shown {
        names.push(format!("and {} more", paths.len() - shown));
    }
    names.join(", ")
}

fn read(folder: &Path) -> Option<BTreeMap<String, String>> {
    let list: Value = serde_json::from_str(&fs::read_to_string(folder.join(NAME)).ok()?).ok()?;
    if list["about"] != ABOUT {
        return None;
    }
    serde_json::from_value(list["files"].clone()).ok()
}

/// The files that are not ours.
fn strangers(
    folder: &Path,
    found: Vec<PathBuf>,
    hashes: &BTreeMap<String, String>,
) -> Result<Vec<PathBuf>> {
    let mut strangers = Vec::new();
    for file in found {
        let name = name_in(folder, &file).unwrap_or_default();
        let crumb = file
            .file_name()
            .is_some_and(|name| CRUMBS.iter().any(|crumb| *crumb == name));
        let listed = match hashes.get(&name) {
            Some(wanted) => hash(&file)?.as_ref() == Some(wanted),
            None => name == NAME && !hashes.is_empty(),
        };
        if !listed && !crumb {
            strangers.push(file);
        }
    }
    Ok(strangers)
}

fn name_in(folder: &Path, file: &Path) -> Option<String> {
    Some(file.strip_prefix(folder).ok()?.to_str()?.to_owned())
}

/// The hash of a file; links and devices have none.
fn hash(file: &Path) -> Result<Option<String>> {
    if !fs::symlink_metadata(file)?.is_file() {
        return Ok(None);
    }
    let content = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Some(Fingerprint::default().add("file", content).finish()))
}

#[cfg(test)]
mod tests {
    use super::{Content, NAME, look, remove, write};
    use crate::files::scratch::Scratch;
    use std::fs;

    #[test]
    fn only_what_was_written_is_ours() {
        let scratch = Scratch::new("inventory");
        let folder = scratch.path().join("pages");
        assert_eq!(look(&folder).unwrap(), Content::Missing);
        fs::create_dir_all(folder.join("_static/empty")).unwrap();
        assert_eq!(look(&folder).unwrap(), Content::Empty);
        fs::write(folder.join("index.html"), "page").unwrap();
        fs::write(folder.join("_static/book.css"), "style").unwrap();
        let page = folder.join("index.html");
        let style = folder.join("_static/book.css");
        assert_eq!(
            look(&folder).unwrap(),
            Content::Unlisted(vec![style, page.clone()])
        );
        write(&folder).unwrap();
        assert_eq!(look(&folder).unwrap(), Content::Ours);
        // A page that somebody changed, a file and a link that somebody added.
        fs::write(&page, "changed").unwrap();
        fs::write(folder.join("_static/thesis.tex"), "years").unwrap();
        std::os::unix::fs::symlink("index.html", folder.join("link")).unwrap();
        let theirs = vec![folder.join("_static/thesis.tex"), page, folder.join("link")];
        assert_eq!(look(&folder).unwrap(), Content::Mixed(theirs.clone()));
        assert_eq!(remove(&folder).unwrap(), theirs);
        assert!(!folder.join("_static/book.css").exists());
        assert!(theirs.iter().all(|file| file.symlink_metadata().is_ok()));
        for file in theirs {
            fs::remove_file(file).unwrap();
        }
        assert!(remove(&folder).unwrap().is_empty());
        assert!(!folder.exists());
    }

    #[test]
    fn a_list_from_elsewhere_makes_nothing_ours() {
        let scratch = Scratch::new("copied-list");
        let (pages, thesis) = (scratch.path().join("pages"), scratch.path().join("thesis"));
        for folder in [&pages, &thesis] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join("index.html"), folder.display().to_string()).unwrap();
        }
        write(&pages).unwrap();
        fs::copy(pages.join(NAME), thesis.join(NAME)).unwrap();
        let index = thesis.join("index.html");
        assert_eq!(look(&thesis).unwrap(), Content::Mixed(vec![index.clone()]));
        assert_eq!(remove(&thesis).unwrap(), [index]);
        // A file of that name that is no list of ours.
        fs::write(thesis.join(NAME), "my settings").unwrap();
        assert!(matches!(look(&thesis).unwrap(), Content::Unlisted(files) if files.len() == 2));
    }
}
