//! The folder of a run: what in it is the program's own, and may be written again.

use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use diffusion_intuition::file::{sweep, write_atomically};
use diffusion_intuition::prelude::*;

pub const CHECKPOINT: &str = "checkpoint.safetensors";
pub const SAMPLES: &str = "samples.csv";
pub const REPORT: &str = "report.html";

/// What says which files are ours.
const RECORD: &str = "capstone.txt";
const FIRST_LINE: &str =
    "What the capstone program of Diffusion Models Intuition wrote here, and may write again.";

/// What makes a run the one that a folder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// A short name of the rows.
    pub data: u64,
    pub steps: u64,
    pub seed: u64,
}

impl Run {
    pub fn new(rows: &Array2<f64>, steps: u64, seed: u64) -> Self {
        let values = rows.iter().flat_map(|x| x.to_bits().to_le_bytes());
        let data = hash(
            rows.shape()
                .iter()
                .flat_map(|n| n.to_le_bytes())
                .chain(values),
        );
        Self { data, steps, seed }
    }
}

/// A folder that this run may write to.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    run: Run,
    /// Name, length and hash of what was written, or was going to be.
    files: Vec<(String, u64, u64)>,
    /// Held while the run lasts.
    _lock: Option<File>,
}

impl Folder {
    /// Makes the folder, or makes sure that nothing in it that is not ours would be overwritten, the `input` least of
    /// all. What a killed run left half written is removed.
    pub fn claim(path: &Path, input: Option<&Path>, run: Run) -> Result<Self> {
        fs::create_dir_all(path).map_err(|error| refuse(path, &error.to_string()))?;
        let lock = File::open(path).ok();
        if let Some(Err(fs::TryLockError::WouldBlock)) = lock.as_ref().map(File::try_lock) {
            return Err(refuse(path, "another run is at work in this folder"));
        }
        let record = path.join(RECORD);
        let (earlier, files) = match fs::symlink_metadata(&record) {
            Err(_) => (None, Vec::new()),
            Ok(_) => {
                let text = fs::read_to_string(&record).unwrap_or_default();
                let (run, files) = parse(&text).ok_or_else(|| not_ours(&record))?;
                (Some(run), files)
            }
        };
        for name in [SAMPLES, REPORT] {
            let there = path.join(name);
            if is_same(&there, input) {
                return Err(refuse(
                    &there,
                    "this is the table to learn from, which would be overwritten: name another folder with --out",
                ));
            }
            if fs::symlink_metadata(&there).is_ok() && !is_known(&there, name, &files) {
                return Err(not_ours(&there));
            }
        }
        let checkpoint = path.join(CHECKPOINT);
        if let Some(earlier) = earlier.filter(|earlier| *earlier != run && checkpoint.exists()) {
            return Err(refuse(path, &difference(&earlier, &run)));
        }
        for name in [CHECKPOINT, SAMPLES, REPORT, RECORD] {
            sweep(&path.join(name)).map_err(|error| refuse(path, &error.to_string()))?;
        }
        let folder = Self {
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
        write_atomically(&path, text.as_bytes())
            .map_err(|error| refuse(&path, &error.to_string()))?;
        self.files.retain(|file| file.0 != name || *file == new);
        self.save()?;
        Ok(path)
    }

    fn save(&self) -> Result<()> {
        let Run { data, steps, seed } = self.run;
        let mut text = format!("{FIRST_LINE}\nrun {data:016x} {steps} {seed}\n");
        for (name, length, hash) in &self.files {
            writeln!(text, "{name} {length} {hash:016x}").expect("a string takes everything");
        }
        let path = self.path.join(RECORD);
        write_atomically(&path, text.as_bytes()).map_err(|error| refuse(&path, &error.to_string()))
    }
}

type Files = Vec<(String, u64, u64)>;

/// The run and the files of a record, if it is one.
fn parse(text: &str) -> Option<(Run, Files)> {
    let mut lines = text.lines();
    lines.next().filter(|line| *line == FIRST_LINE)?;
    let mut words = lines.next()?.strip_prefix("run ")?.split(' ');
    let data = u64::from_str_radix(words.next()?, 16).ok()?;
    let steps = words.next()?.parse().ok()?;
    let seed = words.next()?.parse().ok()?;
    let file = |line: &str| {
        let mut words = line.split(' ');
        let name = words.next()?.to_owned();
        let length = words.next()?.parse().ok()?;
        let hash = u64::from_str_radix(words.next()?, 16).ok()?;
        Some((name, length, hash))
    };
    let files = lines.map(file).collect::<Option<_>>()?;
    Some((Run { data, steps, seed }, files))
}

/// Whether a file is what the record says was written.
fn is_known(path: &Path, name: &str, files: &Files) -> bool {
    let is_file = fs::symlink_metadata(path).is_ok_and(|about| about.is_file());
    let Some(bytes) = is_file.then(|| fs::read(path).ok()).flatten() else {
        return false;
    };
    let found = (
        name.to_owned(),
        bytes.len() as u64,
        hash(bytes.iter().copied()),
    );
    files.contains(&found)
}

fn is_same(path: &Path, input: Option<&Path>) -> bool {
    let input = input.and_then(|input| input.canonicalize().ok());
    input.is_some() && input == path.canonicalize().ok()
}

fn difference(earlier: &Run, run: &Run) -> String {
    let what = if earlier.data != run.data {
        "it holds a run on other data".to_owned()
    } else if earlier.seed != run.seed {
        format!("it holds a run with --seed {}", earlier.seed)
    } else {
        format!("it holds a run with --steps {}", earlier.steps)
    };
    format!(
        "{what}: name another folder with --out, or remove {CHECKPOINT} from this one to start anew"
    )
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
fn hash(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
