//! The folder of a run, and which run it holds.

use std::path::Path;

use diffusion_intuition::prelude::*;

use crate::common::files::hash;
use crate::common::folder::Kind;
pub use crate::common::folder::{CHECKPOINT, Folder};

pub const SAMPLES: &str = "samples.csv";
pub const REPORT: &str = "report.html";

static KIND: Kind = Kind {
    program: "capstone",
    input: "table",
    files: &[SAMPLES, REPORT],
};

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
        let shape = rows.shape().iter().flat_map(|n| n.to_le_bytes());
        let values = rows.iter().flat_map(|x| x.to_bits().to_le_bytes());
        let data = hash(shape.chain(values));
        Self { data, steps, seed }
    }

    fn text(&self) -> String {
        let Self { data, steps, seed } = self;
        format!("{data:016x} {steps} {seed}")
    }

    /// In what the run with that text is another.
    fn differs(&self, other: &str) -> String {
        let (ours, theirs) = (self.text(), other);
        let pairs = ours.split(' ').zip(theirs.split(' '));
        let mut pairs = pairs.map(|(ours, theirs)| (ours != theirs).then_some(theirs));
        let [data, steps, seed] = [pairs.next(), pairs.next(), pairs.next()].map(Option::flatten);
        let what = match (data, seed) {
            (Some(_), _) => "on other data".to_owned(),
            (None, Some(seed)) => format!("with --seed {seed}"),
            (None, None) => format!("with --steps {}", steps.unwrap_or("?")),
        };
        format!(
            "it holds a run {what}: name another folder with --out, or remove {CHECKPOINT} from this one to start anew"
        )
    }
}

/// The folder for a run that learns from the file `input`.
pub fn claim(path: &Path, input: Option<&Path>, run: Run) -> Result<Folder> {
    Folder::claim(&KIND, path, input, Some(run.text()), |other| {
        run.differs(other)
    })
}
