//! The folder of a run: what in it is the program's own, and may be written again.

use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use diffusion_intuition::file::{sweep, write_atomically};
use diffusion_intuition::{Error, Result};

pub const CHECKPOINT: &str = "checkpoint.safetensors";
pub const SAMPLES: &str = "samples.txt";
pub const INFILLED: &str = "infilled.txt";
pub const REPORT: &str = "report.html";
pub const CURVE: &str = "curve.csv";

/// What is written again and again.
const FILES: [&str; 4] = [SAMPLES, INFILLED, REPORT, CURVE];

/// What says which files are ours.
const RECORD: &str = "words.txt";
const FIRST_LINE: &str =
    "What the words program of Diffusion Models Intuition wrote here, and may write again.";

/// A folder that this run may write to.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Name, length and hash of what was written, or was going to be.
    files: Vec<(String, u64, u64)>,
    /// Held while the run lasts.
    _lock: Option<File>,
}

impl Folder {
    /// Makes the folder, or makes sure that nothing in it that is not ours would be overwritten, the text to learn
    /// from, `input`, least of all. What a killed run left half written is removed.
    pub fn claim(path: &Path, input: &Path) -> Result<Self> {
        fs::create_dir_all(path).map_err(|error| refuse(path, &error.to_string()))?;
        let lock = File::open(path).ok();
        if let Some(Err(fs::TryLockError::WouldBlock)) = lock.as_ref().map(File::try_lock) {
            return Err(refuse(path, "another run is at work in this folder"));
        }
        let own = FILES.into_iter().chain([CHECKPOINT, RECORD]);
        for there in own.map(|name| path.join(name)) {
            let canonical = there.canonicalize().ok();
            if canonical.is_some() && canonical == input.canonicalize().ok() {
                let reason = "this is the text to learn from, which would be overwritten: name another folder with --out";
                return Err(refuse(&there, reason));
            }
        }
        let record = path.join(RECORD);
        let files = match fs::symlink_metadata(&record) {
            Err(_) => Vec::new(),
            Ok(_) => {
                let text = fs::read_to_string(&record).unwrap_or_default();
                parse(&text).ok_or_else(|| not_ours(&record))?
            }
        };
        for name in FILES {
            let there = path.join(name);
            if fs::symlink_metadata(&there).is_ok() && !is_known(&there, name, &files) {
                return Err(not_ours(&there));
            }
        }
        for name in FILES.into_iter().chain([CHECKPOINT, RECORD]) {
            sweep(&path.join(name)).map_err(|error| refuse(path, &error.to_string()))?;
        }
        let folder = Self {
            path: path.to_owned(),
            files,
            _lock: lock,
        };
        folder.save()?;
        Ok(folder)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file: first into the record, so that a run that is killed in between knows it again.
    pub fn write(&mut self, name: &str, text: &str) -> Result<PathBuf> {
        let new = (name.to_owned(), text.len() as u64, hash(text.as_bytes()));
        self.files.push(new.clone());
        self.save()?;
        let path = self.file(name);
        write_atomically(&path, text.as_bytes())
            .map_err(|error| refuse(&path, &error.to_string()))?;
        self.files.retain(|file| file.0 != name || *file == new);
        self.save()?;
        Ok(path)
    }

    /// Removes a file that is ours, if it is there.
    pub fn remove(&self, name: &str) -> Result<()> {
        let path = self.file(name);
        match fs::remove_file(&path) {
            Err(error) if path.exists() => Err(refuse(&path, &error.to_string())),
            _ => Ok(()),
        }
    }

    fn save(&self) -> Result<()> {
        let mut text = format!("{FIRST_LINE}\n");
        for (name, length, hash) in &self.files {
            writeln!(text, "{name} {length} {hash:016x}").expect("a string takes everything");
        }
        let path = self.path.join(RECORD);
        write_atomically(&path, text.as_bytes()).map_err(|error| refuse(&path, &error.to_string()))
    }
}

type Files = Vec<(String, u64, u64)>;

/// The files of a record, if it is one.
fn parse(text: &str) -> Option<Files> {
    let mut lines = text.lines();
    lines.next().filter(|line| *line == FIRST_LINE)?;
    let file = |line: &str| {
        let mut words = line.split(' ');
        let name = words.next()?.to_owned();
        let length = words.next()?.parse().ok()?;
        let hash = u64::from_str_radix(words.next()?, 16).ok()?;
        Some((name, length, hash))
    };
    lines.map(file).collect()
}

/// Whether a file is what the record says was written.
fn is_known(path: &Path, name: &str, files: &Files) -> bool {
    let is_file = fs::symlink_metadata(path).is_ok_and(|about| about.is_file());
    let Some(bytes) = is_file.then(|| fs::read(path).ok()).flatten() else {
        return false;
    };
    files.contains(&(name.to_owned(), bytes.len() as u64, hash(&bytes)))
}

fn not_ours(path: &Path) -> Error {
    refuse(
        path,
        "it is not known to be of this program, or was changed since, and would be overwritten: move it away, or name \
         another folder with --out",
    )
}

fn refuse(path: &Path, reason: &str) -> Error {
    Error::File {
        file: path.display().to_string(),
        line: None,
        reason: reason.to_owned(),
    }
}

/// FNV-1a, 64 bits.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
