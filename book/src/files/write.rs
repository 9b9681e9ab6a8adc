//! Writes that are never seen half done.

use crate::files::explain::explain;
use crate::files::tree::make_folder;
use anyhow::{Context, Result};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Writes a file so that readers see either the old or the new content.
pub fn write_atomically(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    replace(path, content.as_ref(), |_| Ok(()))
}

/// The same, unless the file holds this text: then its times stay too.
pub fn write_if_new(path: &Path, text: &str) -> Result<()> {
    match fs::read_to_string(path) {
        Ok(found) if found == text => Ok(()),
        _ => write_atomically(path, text),
    }
}

/// Writes a file of the user's: as [`write_atomically`], but through links, with the rights that the file had, and
/// on the disk before the old content goes.
pub fn write_for_user(path: &Path, content: &str) -> Result<()> {
    let path = path
        .canonicalize()
        .with_context(|| format!("cannot find {}", path.display()))?;
    let rights = fs::metadata(&path)?.permissions();
    replace(&path, content.as_bytes(), |file| {
        file.set_permissions(rights)?;
        file.sync_all()
    })
}

fn replace(
    path: &Path,
    content: &[u8],
    finish: impl FnOnce(&File) -> io::Result<()>,
) -> Result<()> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    let (aside, mut file) = create_aside(path)?;
    let written = file.write_all(content).and_then(|()| finish(&file));
    let replaced = written.and_then(|()| fs::rename(&aside, path));
    if replaced.is_err() {
        let _ = fs::remove_file(&aside);
    }
    replaced.map_err(|error| explain(error, path))
}

/// Makes a new file beside `path`: nothing that lies there is written over, no link is followed.
fn create_aside(path: &Path) -> Result<(PathBuf, File)> {
    loop {
        let aside = aside(path)?;
        match File::create_new(&aside) {
            // Left by a run that was killed and whose process number came again.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            file => return Ok((aside.clone(), file.map_err(|error| explain(error, &aside))?)),
        }
    }
}

/// Whether this is a name that [`aside`] gives to a file that becomes `name`.
pub fn is_aside(found: &str, name: &str) -> bool {
    let numbers = found
        .strip_prefix('.')
        .and_then(|rest| rest.strip_prefix(name)?.strip_prefix('.'));
    numbers
        .and_then(|numbers| numbers.split_once('.'))
        .is_some_and(|(process, count)| is_number(process) && is_number(count))
}

/// Whether a text is a number without a sign.
pub fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A name beside `path` that no other process uses.
pub fn aside(path: &Path) -> Result<PathBuf> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = path
        .file_name()
        .context("a path without a file name")?
        .to_string_lossy();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    Ok(path.with_file_name(format!(".{name}.{}.{count}", std::process::id())))
}

#[cfg(test)]
mod tests {
    use super::{aside, is_aside, write_atomically, write_for_user};
    use crate::files::scratch::Scratch;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_link_where_a_temporary_file_would_lie_is_not_followed() {
        let scratch = Scratch::new("no-links");
        let (path, theirs) = (scratch.path().join("page"), scratch.path().join("theirs"));
        fs::write(&theirs, "years of work").unwrap();
        // Links at the next names that would be chosen.
        let next = aside(&path).unwrap().display().to_string();
        let (start, count) = next.rsplit_once('.').unwrap();
        let count: usize = count.parse().unwrap();
        for number in count..count + 50 {
            symlink(&theirs, format!("{start}.{number}")).unwrap();
        }
        write_atomically(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read(&theirs).unwrap(), b"years of work");
        assert!(fs::symlink_metadata(&path).unwrap().is_file());
    }

    #[test]
    fn a_user_s_file_keeps_its_link_and_its_rights() {
        let scratch = Scratch::new("rights");
        let (link, file) = (scratch.path().join("link"), scratch.path().join("file"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("file", &link).unwrap();
        write_for_user(&link, "new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 2);
    }

    #[test]
    fn names_of_temporary_files_are_known_again() {
        let made = aside("folder/clone.json".as_ref()).unwrap();
        let made = made.file_name().unwrap().to_str().unwrap();
        assert!(is_aside(made, "clone.json"));
        for other in [
            ".clone.json",
            "clone.json.1.2",
            ".clone.json.1",
            ".clone.json.a.2",
        ] {
            assert!(!is_aside(other, "clone.json"), "{other}");
        }
    }
}
