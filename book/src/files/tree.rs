//! Whole folders: listed, copied, removed.

use crate::files::explain::explain;
use anyhow::{Context, Result, bail};
use std::fs::{self, File, FileTimes};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Copies a folder with its times (cargo decides by them what to build again), all but what has one of these names.
/// Links are copied as links.
///
/// Files are copied in parallel; on file systems that can share blocks the copy shares them.
pub fn copy_tree(from: &Path, to: &Path, left_out: &[&str]) -> Result<()> {
    let mut files = Vec::new();
    copy_folders(from, to, left_out, &mut files)?;
    copy_files(&files)
}

/// The same, but files for which `shared` says so, by name and size, are linked; copied, where that cannot be.
pub fn link_tree(
    from: &Path,
    to: &Path,
    link: impl Fn(&Path, &Path) -> io::Result<()>,
    shared: impl Fn(&Path, u64) -> bool,
) -> Result<()> {
    let (mut files, mut copied) = (Vec::new(), Vec::new());
    copy_folders(from, to, &[], &mut files)?;
    for (from, to) in files {
        if !shared(&from, fs::metadata(&from)?.len()) || link(&from, &to).is_err() {
            copied.push((from, to));
        }
    }
    copy_files(&copied)
}

fn copy_files(files: &[(PathBuf, PathBuf)]) -> Result<()> {
    let threads = std::thread::available_parallelism()
        .map_or(2, usize::from)
        .min(8);
    let next = AtomicUsize::new(0);
    let work = || -> Result<()> {
        while let Some((from, to)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            copy_file(from, to)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| match worker.join() {
                Ok(result) => result,
                Err(_) => bail!("a copying thread failed"),
            })
    })
}

fn copy_folders(
    from: &Path,
    to: &Path,
    left_out: &[&str],
    files: &mut Vec<(PathBuf, PathBuf)>,
) -> Result<()> {
    make_folder(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if left_out.iter().any(|name| entry.file_name() == *name) {
            continue;
        } else if kind.is_dir() {
            copy_folders(&source, &target, left_out, files)?;
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
    // What is read-only where it lies for many is this user's here.
    let mut rights = fs::metadata(to)?.permissions();
    rights.set_mode(rights.mode() | 0o200);
    fs::set_permissions(to, rights).map_err(|error| explain(error, to))?;
    let modified = fs::metadata(from)?.modified()?;
    File::options()
        .write(true)
        .open(to)
        .and_then(|file| file.set_times(FileTimes::new().set_modified(modified)))
        .map_err(|error| explain(error, to))
}

/// Lets every user read a folder and all in it, and run what its owner may run.
pub fn open_to_all(folder: &Path) -> Result<()> {
    let metadata = fs::symlink_metadata(folder)?;
    if metadata.is_symlink() {
        return Ok(());
    }
    let mode = metadata.permissions().mode();
    let run = (mode & 0o100) >> 3 | (mode & 0o100) >> 6;
    let open = mode | 0o444 | run;
    if open != mode {
        fs::set_permissions(folder, fs::Permissions::from_mode(open))
            .map_err(|error| explain(error, folder))?;
    }
    if metadata.is_dir() {
        for entry in fs::read_dir(folder)? {
            open_to_all(&entry?.path())?;
        }
    }
    Ok(())
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

/// The bytes in all files under a folder, as far as they can be read.
pub fn size(folder: &Path) -> u64 {
    let files = list(folder).unwrap_or_default();
    let sizes = files
        .iter()
        .filter_map(|file| fs::symlink_metadata(file).ok());
    sizes.map(|metadata| metadata.len()).sum()
}

/// Whether a file's name ends in a dot and this.
pub fn has_ending(file: &Path, ending: &str) -> bool {
    file.extension().is_some_and(|found| found == ending)
}

/// A file's name without its ending.
pub fn stem(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// Makes a folder and those around it.
pub fn make_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| explain(error, folder))
}

/// Moves a file or folder to another name on the same disk.
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(|error| explain(error, to))
}
