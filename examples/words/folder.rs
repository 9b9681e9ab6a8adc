//! The folder of a run.

use std::path::Path;

use diffusion_intuition::Result;

use crate::common::folder::Kind;
pub use crate::common::folder::{CHECKPOINT, Folder};

pub const SAMPLES: &str = "samples.txt";
pub const INFILLED: &str = "infilled.txt";
pub const REPORT: &str = "report.html";
pub const CURVE: &str = "curve.csv";

static KIND: Kind = Kind {
    program: "words",
    input: "text",
    files: &[SAMPLES, INFILLED, REPORT, CURVE],
};

/// The folder for a run that learns from the file `input`; whether it goes on with the run that is there, its checkpoint
/// says.
pub fn claim(path: &Path, input: &Path) -> Result<Folder> {
    Folder::claim(&KIND, path, Some(input), None, |_| String::new())
}
