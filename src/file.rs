//! Files that are never half written.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes a file under a temporary name beside `path`, flushes it to the disk and renames it: `path` is
/// always either the old file or the whole new one. If it is a link, the link is replaced, not what it names.
///
/// Temporary files that a killed process left for the same `path` are [swept](sweep) first.
///
/// # Errors
/// What the system says; the old file is still there then.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write(path, bytes, |part| fs::rename(part, path))
}

/// [`write_atomically`] for a file that must not be there yet: of two processes that create it at the same
/// time, one gets [`ErrorKind::AlreadyExists`].
pub(crate) fn create_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write(path, bytes, |part| match fs::hard_link(part, path) {
        Ok(()) => fs::remove_file(part),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // A file system without links: as near to it as can be.
        Err(_) if fs::symlink_metadata(path).is_ok() => Err(ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(part, path),
    })
}

fn write(path: &Path, bytes: &[u8], place: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    // A leftover costs room, not this file.
    let _ = sweep(path);
    let (mut file, part) = new_part(path, &start_of_parts(path)?)?;
    let attempt = || {
        file.write_all(bytes)?;
        file.sync_all()?;
        place(&part)
    };
    attempt().inspect_err(|_| {
        // Nothing is lost if this fails too.
        let _ = fs::remove_file(&part);
    })
}

/// What the names of the temporary files for `path` begin with; they go on with a number in hexadecimal and end
/// in `.part`. Cut off, so that a name as long as names can be still has some.
fn start_of_parts(path: &Path) -> io::Result<String> {
    let name = path.file_name().ok_or(ErrorKind::InvalidFilename)?;
    let name = name.to_string_lossy();
    let mut cut = name.len().min(200);
    while !name.is_char_boundary(cut) {
        cut -= 1;
    }
    Ok(format!("{}.", &name[..cut]))
}

/// A new temporary file, locked, under a name that nobody can guess. It is never one that is there already, nor
/// the target of a link.
fn new_part(path: &Path, start: &str) -> io::Result<(File, PathBuf)> {
    for _ in 0..16 {
        let random = RandomState::new().hash_one(start);
        let part = path.with_file_name(format!("{start}{random:016x}.part"));
        match File::create_new(&part) {
            Ok(file) => {
                // Tells `sweep` that somebody is at work; where files have no locks, it removes nothing.
                let _ = file.lock();
                // In the moment before, another process may have taken it for left over.
                if fs::symlink_metadata(&part).is_ok() {
                    return Ok((file, part));
                }
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// Removes the temporary files for `path` of processes that have ended, those that nobody holds a lock of, and says
/// how many there were. Whatever cannot be removed stays.
///
/// # Errors
/// What the system says of the folder.
pub fn sweep(path: &Path) -> io::Result<usize> {
    let start = start_of_parts(path)?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut swept = 0;
    for entry in fs::read_dir(folder)?.flatten() {
        let name = entry.file_name();
        let middle = name.to_str().and_then(|name| name.strip_prefix(&start));
        let number = middle.and_then(|middle| middle.strip_suffix(".part"));
        // Not the target of a link, nor a pipe that never opens.
        if number.is_some_and(is_ours) && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let file = File::open(entry.path());
            let is_left = file.is_ok_and(|file| file.try_lock().is_ok());
            swept += usize::from(is_left && fs::remove_file(entry.path()).is_ok());
        }
    }
    Ok(swept)
}

/// Whether it is a number that [`new_part`] gives, or that of a process, which earlier versions gave.
fn is_ours(number: &str) -> bool {
    match number.len() {
        16 => number.bytes().all(|b| b.is_ascii_hexdigit()),
        1..=10 => number.bytes().all(|b| b.is_ascii_digit()),
        _ => false,
    }
}
