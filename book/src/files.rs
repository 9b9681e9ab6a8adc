//! Files: whole copies of folders, writes that are never seen half done, hashes.

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::fs::{self, File, FileTimes};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Turns an input or output error into a sentence that says what to do when the disk is full.
pub fn explain(error: io::Error, path: &Path) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::StorageFull => anyhow::anyhow!(
            "the disk that holds {} is full: free some space and run the command again",
            path.display()
        ),
        _ => anyhow::Error::new(error).context(format!("cannot write {}", path.display())),
    }
}

/// The bytes in all files under a folder, as far as they can be read.
pub fn size(folder: &Path) -> u64 {
    let files = list(folder).unwrap_or_default();
    let sizes = files
        .iter()
        .filter_map(|file| fs::symlink_metadata(file).ok());
    sizes.map(|metadata| metadata.len()).sum()
}

/// Writes a file so that readers see either the old or the new content.
pub fn write_atomically(path: &Path, content: &[u8]) -> Result<()> {
    replace(path, content, |_| Ok(()))
}

/// Writes a file of the user's: as [`write_atomically`], but through links, with the rights that the file had, and
/// on the disk before the old content goes.
pub fn write_for_user(path: &Path, content: &[u8]) -> Result<()> {
    let path = path
        .canonicalize()
        .with_context(|| format!("cannot find {}", path.display()))?;
    let rights = fs::metadata(&path)?.permissions();
    replace(&path, content, |file| {
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
        fs::create_dir_all(folder).map_err(|error| explain(error, folder))?;
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

/// Copies a folder with its times (cargo decides by them what to build again). Links are copied as links.
///
/// Files are copied in parallel; on file systems that can share blocks the copy shares them.
pub fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    let mut files = Vec::new();
    copy_folders(from, to, &mut files)?;
    let threads = std::thread::available_parallelism()
        .map_or(2, usize::from)
        .min(8);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    while let Some((from, to)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                        copy_file(from, to)?;
                    }
                    Ok(())
                })
            })
            .collect();
        for worker in workers {
            match worker.join() {
                Ok(result) => result?,
                Err(_) => bail!("a copying thread failed"),
            }
        }
        Ok(())
    })
}

fn copy_folders(from: &Path, to: &Path, files: &mut Vec<(PathBuf, PathBuf)>) -> Result<()> {
    fs::create_dir_all(to).map_err(|error| explain(error, to))?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_folders(&source, &target, files)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&source)?, &target)
                .map_err(|error| explain(error, &target))?;
        } else {
            files.push((source, target));
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Result<()> {
    // `fs::copy` asks the kernel to copy (copy_file_range, clonefile), which shares blocks where it can.
    fs::copy(from, to).map_err(|error| explain(error, to))?;
    let modified = fs::metadata(from)?.modified()?;
    File::options()
        .write(true)
        .open(to)
        .and_then(|file| file.set_times(FileTimes::new().set_modified(modified)))
        .map_err(|error| explain(error, to))
}

/// Removes a folder or file, whether it exists or not.
pub fn remove(path: &Path) -> Result<()> {
    let result = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// All files under a folder, sorted by path; none if it does not exist.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.with_context(|| format!("cannot read {}", folder.display()))?,
        };
        for entry in entries {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => folders.push(entry.path()),
                false => files.push(entry.path()),
            }
        }
    }
    files.sort();
    Ok(files)
}

/// A hash over labelled parts; the lengths keep neighbouring parts apart.
#[derive(Default)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds one part.
    pub fn add(&mut self, label: &str, content: impl AsRef<[u8]>) -> &mut Self {
        for part in [label.as_bytes(), content.as_ref()] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
        self
    }

    /// The first 80 bits as text, which names a folder.
    pub fn finish(&mut self) -> String {
        let digest = self.0.finalize_reset();
        digest
            .iter()
            .take(10)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// A folder for a test, removed when the test is over.
#[cfg(test)]
pub struct Scratch(PathBuf);

#[cfg(test)]
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

#[cfg(test)]
impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::{Scratch, aside, is_aside, write_atomically, write_for_user};
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
        write_for_user(&link, b"new").unwrap();
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
