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

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own, removed at the end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let random = RandomState::new().hash_one(name);
            let folder = std::env::temp_dir().join(format!("di-file-{name}-{random:x}"));
            fs::create_dir(&folder).unwrap();
            Self(folder)
        }
        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
            let mut names: Vec<_> = entries.map(|entry| name(entry.unwrap())).collect();
            names.sort();
            names
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_is_replaced_whole_and_parts_of_the_dead_are_swept() {
        let scratch = Scratch::new("sweep");
        let path = scratch.0.join("a.csv");
        let others = [
            "a.csv.part",
            "a.csv.xyz.part",
            "a.csv.ff.part",
            "b.csv.12.part",
        ];
        let left = ["a.csv.12.part", "a.csv.00ff00ff00ff00ff.part"];
        for name in others.iter().chain(&left) {
            fs::write(scratch.0.join(name), "left").unwrap();
        }
        // Somebody is at work on this one.
        let alive = File::create(scratch.0.join("a.csv.77.part")).unwrap();
        alive.lock().unwrap();
        assert_eq!(sweep(&path).unwrap(), 2);
        assert_eq!(sweep(&path).unwrap(), 0);
        fs::write(scratch.0.join(left[0]), "left").unwrap();
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let mut expected = vec!["a.csv", "a.csv.77.part"];
        expected.extend(others);
        expected.sort_unstable();
        assert_eq!(scratch.names(), expected);
    }

    #[test]
    fn a_file_that_must_be_new_is_never_replaced() {
        let scratch = Scratch::new("new");
        let path = scratch.0.join("a");
        create_atomically(&path, b"one").unwrap();
        let error = create_atomically(&path, b"two").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(scratch.names(), ["a"]);
        // Ten at once: one is first.
        let path = scratch.0.join("b");
        let made = std::thread::scope(|scope| {
            let create = |i: u8| create_atomically(&path, &[i]).is_ok();
            let threads: Vec<_> = (0..10).map(|i| scope.spawn(move || create(i))).collect();
            let made = threads.into_iter().map(|thread| thread.join().unwrap());
            made.filter(|made| *made).count()
        });
        assert_eq!(made, 1);
    }

    #[test]
    fn names_that_cannot_be_written_are_errors() {
        let scratch = Scratch::new("names");
        let missing = scratch.0.join("no/such/folder/a");
        for path in [Path::new(""), Path::new("/"), Path::new(".."), &missing] {
            assert!(write_atomically(path, b"x").is_err(), "{path:?}");
        }
        // As long as a name can be: the temporary one must not be longer.
        let longest = scratch.0.join("ä".repeat(127));
        write_atomically(&longest, b"x").unwrap();
        assert_eq!(fs::read(longest).unwrap(), b"x");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced_and_what_it_names_stays() {
        let scratch = Scratch::new("link");
        let (victim, link) = (scratch.0.join("victim"), scratch.0.join("link"));
        fs::write(&victim, "keep").unwrap();
        std::os::unix::fs::symlink(&victim, &link).unwrap();
        // What an earlier version would have written through.
        let planted = scratch.0.join(format!("link.{}.part", std::process::id()));
        std::os::unix::fs::symlink(&victim, planted).unwrap();
        write_atomically(&link, b"new").unwrap();
        assert_eq!(fs::read(&victim).unwrap(), b"keep");
        assert_eq!(fs::read(&link).unwrap(), b"new");
        assert!(!fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
