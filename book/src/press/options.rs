//! What can be asked of a press.

use crate::run::execute;
use clap::Args;
use std::path::PathBuf;

/// What a press does and where its parts lie.
#[derive(Args, Clone)]
pub struct PressOptions {
    /// Write the executed outputs back into the notebooks
    #[arg(long)]
    pub write: bool,
    /// Execute every notebook again, whether it changed or not
    #[arg(long)]
    pub fresh: bool,
    /// Execute every notebook again and compare with its committed outputs; presses no pages
    #[arg(long, conflicts_with = "write")]
    pub check: bool,
    /// With --check: take the executions that the last press kept, where nothing has changed since, and execute the rest
    #[arg(long, requires = "check", conflicts_with_all = ["fresh", "report"])]
    pub kept: bool,
    /// With --check: execute every notebook below --notebooks, whatever becomes of the others, and write a table of
    /// what became of each (CSV)
    #[arg(long, value_name = "FILE", requires = "check", conflicts_with = "only")]
    pub report: Option<PathBuf>,
    /// Leave the solutions of the exercises out of the pages
    #[arg(long)]
    pub no_solutions: bool,
    /// Execute only the notebook of this name (may be given several times); the pages of the others stay
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Folder of the notebooks
    #[arg(long, value_name = "DIR")]
    pub notebooks: Option<PathBuf>,
    /// Folder that receives the pages
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Longest time that one cell may take
    #[arg(long, value_name = "SECONDS", default_value_t = execute::CELL_TIMEOUT, value_parser = cell_timeout)]
    pub cell_timeout: u64,
}

/// A time in whole seconds. Jupyter takes 0 for no limit, and counts milliseconds in 32 bits.
fn cell_timeout(text: &str) -> Result<u64, String> {
    const WEEK: u64 = 7 * 24 * 60 * 60;
    match text.parse() {
        Ok(seconds) if (1..=WEEK).contains(&seconds) => Ok(seconds),
        _ => Err(format!(
            "a cell can be given from 1 second to a week ({WEEK} seconds), in whole seconds"
        )),
    }
}
