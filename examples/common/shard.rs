//! Parts of work that processes share, and what can be wrong with them.

use std::fmt::{self, Display};
use std::path::PathBuf;

use diffusion_intuition::Error;

/// Of every `of` jobs one, from the `number`-th on, which counts from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    pub number: usize,
    pub of: usize,
}

impl Shard {
    pub const WHOLE: Self = Self { number: 1, of: 1 };

    /// As `2/8`.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, of) = text.split_once('/')?;
        let (number, of) = (number.parse().ok()?, of.parse().ok()?);
        (1..=of).contains(&number).then_some(Self { number, of })
    }

    pub fn has(self, job: usize) -> bool {
        job % self.of == self.number - 1
    }
}

impl Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// What a process does of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Whole,
    Shard(Shard),
    /// Nothing but to put together what shards have done.
    Merge,
}

/// Why shards make no table.
#[derive(Debug)]
pub enum Fault {
    /// Something failed that has nothing to do with shards.
    Failed(Error),
    Missing {
        shards: Vec<Shard>,
        parts: PathBuf,
    },
    Twice {
        shard: Shard,
        files: [PathBuf; 2],
    },
    /// Beside shards of which there are `of`.
    Divided {
        shard: Shard,
        of: usize,
        file: PathBuf,
    },
    Configuration {
        shard: Shard,
        file: PathBuf,
        expected: String,
        found: String,
    },
    /// Cut short, or changed since it was written.
    Changed {
        file: PathBuf,
    },
    /// Other jobs than those of the shard, or one of them twice.
    Jobs {
        shard: Shard,
        file: PathBuf,
        expected: Vec<usize>,
        found: Vec<usize>,
    },
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Missing { shards, parts } => {
                let shards: Vec<String> = shards.iter().map(Shard::to_string).collect();
                let (shards, parts) = (shards.join(", "), parts.display());
                write!(f, "{parts} lacks the shards {shards}: run them")
            }
            Self::Twice { shard, files } => {
                let [a, b] = files.each_ref().map(|file| file.display());
                write!(
                    f,
                    "shard {shard} is there twice, in {a} and {b}: remove one"
                )
            }
            Self::Divided { shard, of, file } => {
                let file = file.display();
                write!(
                    f,
                    "{file} is shard {shard} beside shards of {of}: remove those of one kind"
                )
            }
            Self::Configuration {
                shard,
                file,
                expected,
                found,
            } => {
                let file = file.display();
                write!(
                    f,
                    "shard {shard}, {file}, was made as \"{found}\", expected \"{expected}\": run it again"
                )
            }
            Self::Changed { file } => {
                let file = file.display();
                write!(
                    f,
                    "{file} is not as it was written, cut short or changed: run its shard again"
                )
            }
            Self::Jobs {
                shard,
                file,
                expected,
                found,
            } => {
                let file = file.display();
                write!(
                    f,
                    "shard {shard}, {file}, has the jobs {found:?}, expected {expected:?}: run it again"
                )
            }
        }
    }
}
