//! From files and texts to tables of numbers.

use std::io::Read;
use std::path::Path;

use super::assembly::assemble;
use super::table::Csv;
use crate::encoding::{self, Kind, failure};
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;

/// Reads a table of numbers from a file of at most 1 GiB, in UTF-8 or UTF-16.
///
/// Each line is a row, whatever its end (LF, CR LF, CR). Values are separated by tabs, else semicolons, else
/// commas, else bars, else white space, whichever of them the first row of numbers has, or by what a first
/// line `sep=;` says; they may stand in double quotes. Decimals take a point. Blank lines and lines that start
/// with `#` are passed over.
///
/// The first line is a header if it holds no numbers, only names. A name that looks like a number, has a
/// separator outside of brackets, or has white space in a file without other separators must be quoted; a
/// number in quotes is a name if the number below it has none. A first column without a name that numbers the
/// rows (whole numbers, all different, as pandas and R write them) is left out, and so is a nameless column
/// without any value; [`Csv::notes`] says so, and what else is doubtful.
///
/// # Errors
/// [`Error::File`], which names the file and the line (counted from 1), if the file cannot be read or has no
/// rows, and for the first row that has another number of columns than those before it or a value that is
/// missing, no number, NaN, infinite, too large or too small for f64; also for numbers of so many digits that
/// f64 cannot tell those of a column apart, and for what looks like decimal commas cut in two.
pub fn read_csv(path: impl AsRef<Path>) -> Result<Csv> {
    let path = path.as_ref();
    let text = encoding::read_file(path, Kind::Table)?;
    table(&path.display().to_string(), &text)
}

/// [`read_csv`] of a text instead of a file.
///
/// ```
/// use diffusion_intuition::data;
///
/// let table = data::parse_csv("height, weight\n1.75, 70\n1.62, 55\n")?;
/// assert_eq!(table.names, ["height", "weight"]);
/// assert_eq!(table.rows.dim(), (2, 2));
///
/// let error = data::parse_csv("1.75, 70\n1.62, tall\n").unwrap_err();
/// assert_eq!(error.to_string(), "text, line 2: column 2: \"tall\" is not a number");
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
///
/// # Errors
/// As [`read_csv`]; the file is called "text".
pub fn parse_csv(text: &str) -> Result<Csv> {
    read("text", text.as_bytes())
}

/// [`read_csv`] of anything that can be read, to its end.
///
/// # Errors
/// As [`read_csv`]; the file is called "input".
pub fn read_csv_from(reader: impl Read) -> Result<Csv> {
    read("input", reader)
}

fn read(name: &str, reader: impl Read) -> Result<Csv> {
    table(name, &encoding::read(name, reader, Kind::Table)?)
}

fn table(name: &str, text: &str) -> Result<Csv> {
    assemble(text).map_err(|trouble| failure(name, trouble))
}
