//! Files that are never half written.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use files::{create_atomically, sweep, write_atomically};

/// With what the crate keeps to itself.
#[path = "../../src/file.rs"]
mod files;

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
