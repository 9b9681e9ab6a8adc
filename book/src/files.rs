//! Files: whole copies of folders, writes that are never seen half done, hashes.

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::fs::{self, File, FileTimes};
use std::io;
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

/// Fails with a sentence if the disk that holds the folder is full; tools that fail for it rarely say so.
pub fn need_space(folder: &Path) -> Result<()> {
    const LEAST: u64 = 1 << 20;
    if let Ok(disk) = rustix::fs::statvfs(folder)
        && disk.f_bavail.saturating_mul(disk.f_frsize) < LEAST
    {
        bail!(
            "the disk that holds {} is full: free some space and run the command again",
            folder.display()
        );
    }
    Ok(())
}

/// Fails with a sentence if the disk that holds the folder has less room than something takes.
pub fn need_room(folder: &Path, bytes: u64, what: &str) -> Result<()> {
    let Ok(disk) = rustix::fs::statvfs(folder) else {
        return Ok(());
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < bytes {
        bail!(
            "{what} takes about {}, and the disk that holds {} has {} free: free some space, or set {} to a \
             folder on another disk",
            gigabytes(bytes),
            folder.display(),
            gigabytes(free),
            crate::home::HOME_VARIABLE
        );
    }
    Ok(())
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

/// Fails with a sentence if programs that lie in the folder may not be run.
pub fn need_execution(folder: &Path) -> Result<()> {
    #[cfg(target_os = "linux")]
    if rustix::fs::statvfs(folder)
        .is_ok_and(|disk| disk.f_flag.contains(rustix::fs::StatVfsMountFlags::NOEXEC))
    {
        bail!(
            "the disk that holds {} is mounted `noexec`, so that no kernel can be run from it: set {} to a folder \
             on another disk",
            folder.display(),
            crate::home::HOME_VARIABLE
        );
    }
    let _ = folder;
    Ok(())
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
    let aside = aside(path)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| explain(error, folder))?;
    }
    fs::write(&aside, content).map_err(|error| explain(error, &aside))?;
    fs::rename(&aside, path).map_err(|error| explain(error, path))
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
