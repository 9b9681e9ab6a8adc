//! The folder of a run: what in it is the program's own, and may be written again.

use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use diffusion_intuition::Result;
use diffusion_intuition::file::sweep;

use super::files::{self, failure, hash};

pub const CHECKPOINT: &str = "checkpoint.safetensors";

/// What a program writes to its folder.
#[derive(Debug)]
pub struct Kind {
    /// Its name; a file of that name with .txt says which files are ours.
    pub program: &'static str,
    /// What it learns from.
    pub input: &'static str,
    /// What is written again and again.
    pub files: &'static [&'static str],
}

impl Kind {
    fn record(&self) -> String {
        format!("{}.txt", self.program)
    }

    fn first_line(&self) -> String {
        let program = self.program;
        format!(
            "What the {program} program of Diffusion Models Intuition wrote here, and may write again."
        )
    }

    /// The run and the files of a record, if it is one.
    fn parse(&self, text: &str) -> Option<(Option<String>, Files)> {
        let mut lines = text.lines().peekable();
        lines.next().filter(|line| *line == self.first_line())?;
        let run = lines.next_if(|line| line.starts_with("run "));
        let run = run.map(|line| line["run ".len()..].to_owned());
        let file = |line: &str| {
            let mut words = line.split(' ');
            let name = words.next()?.to_owned();
            let length = words.next()?.parse().ok()?;
            let hash = u64::from_str_radix(words.next()?, 16).ok()?;
            Some((name, length, hash))
        };
        Some((run, lines.map(file).collect::<Option<_>>()?))
    }
}

/// Name, length and hash of what was written, or was going to be.
type Files = Vec<(String, u64, u64)>;

/// A folder that this run may write to.
#[derive(Debug)]
pub struct Folder {
    kind: &'static Kind,
    path: PathBuf,
    /// What makes the run the one that the folder holds, if the checkpoint does not tell.
    run: Option<String>,
    files: Files,
    /// Held while the run lasts.
    _lock: Option<File>,
}

impl Folder {
    /// Makes the folder, or makes sure that nothing in it that is not ours would be overwritten, the `input` least of
    /// all. What a killed run left half written is removed. Of another run that has a checkpoint, `differs` says how it
    /// differs from this one.
    pub fn claim(
        kind: &'static Kind,
        path: &Path,
        input: Option<&Path>,
        run: Option<String>,
        differs: impl FnOnce(&str) -> String,
    ) -> Result<Self> {
        files::make(path)?;
        let lock = File::open(path).ok();
        if let Some(Err(fs::TryLockError::WouldBlock)) = lock.as_ref().map(File::try_lock) {
            return Err(failure(path, "another run is at work in this folder"));
        }
        let record = kind.record();
        let own = kind.files.iter().copied().chain([CHECKPOINT, &record]);
        if let Some(there) = own
            .clone()
            .map(|name| path.join(name))
            .find(|file| is_same(file, input))
        {
            let reason = format!(
                "this is the {} to learn from, which would be overwritten: name another folder with --out",
                kind.input
            );
            return Err(failure(&there, reason));
        }
        let there = path.join(&record);
        let (earlier, files) = match fs::symlink_metadata(&there) {
            Err(_) => (None, Vec::new()),
            Ok(_) => {
                let text = fs::read_to_string(&there).unwrap_or_default();
                kind.parse(&text).ok_or_else(|| not_ours(&there))?
            }
        };
        for name in kind.files {
            let there = path.join(name);
            if fs::symlink_metadata(&there).is_ok() && !is_known(&there, name, &files) {
                return Err(not_ours(&there));
            }
        }
        let other = earlier.filter(|earlier| run.as_ref() != Some(earlier));
        if let Some(other) = other.filter(|_| path.join(CHECKPOINT).exists()) {
            return Err(failure(path, differs(&other)));
        }
        for name in own {
            sweep(&path.join(name)).map_err(|error| failure(path, error))?;
        }
        let folder = Self {
            kind,
            path: path.to_owned(),
            run,
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
        let new = (name.to_owned(), text.len() as u64, hash(text.bytes()));
        self.files.push(new.clone());
        self.save()?;
        let path = self.file(name);
        files::write(&path, text)?;
        self.files.retain(|file| file.0 != name || *file == new);
        self.save()?;
        Ok(path)
    }

    /// Removes a file that is ours, if it is there.
    pub fn remove(&self, name: &str) -> Result<()> {
        let path = self.file(name);
        match fs::remove_file(&path) {
            Err(error) if path.exists() => Err(failure(&path, error)),
            _ => Ok(()),
        }
    }

    fn save(&self) -> Result<()> {
        let mut text = self.kind.first_line() + "\n";
        if let Some(run) = &self.run {
            text += &format!("run {run}\n");
        }
        for (name, length, hash) in &self.files {
            writeln!(text, "{name} {length} {hash:016x}").expect("a string takes everything");
        }
        files::write(&self.file(&self.kind.record()), text)
    }
}

/// Whether a file is what the record says was written.
fn is_known(path: &Path, name: &str, files: &Files) -> bool {
    let is_file = fs::symlink_metadata(path).is_ok_and(|about| about.is_file());
    let bytes = is_file.then(|| fs::read(path).ok()).flatten();
    bytes.is_some_and(|bytes| files.contains(&(name.to_owned(), bytes.len() as u64, hash(bytes))))
}

fn is_same(path: &Path, input: Option<&Path>) -> bool {
    let input = input.and_then(|input| input.canonicalize().ok());
    input.is_some() && input == path.canonicalize().ok()
}

fn not_ours(path: &Path) -> diffusion_intuition::Error {
    failure(
        path,
        "it is not known to be of this program, or was changed since, and would be overwritten: move it away, or name \
         another folder with --out",
    )
}
