//! Numbers from a file of comma-separated values, and of whatever else people separate values with.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use ndarray::Array2;

use super::csv_table::table;
use super::csv_text::{Trouble, decode};
use crate::check;
use crate::error::{Error, Result};

/// Bytes that are read at most.
const LARGEST: u64 = 1 << 30;

/// A table of numbers: the user's own data.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Csv {
    /// Names of the columns, length d; none if the file has no header.
    pub names: Vec<String>,
    /// One row a line, shape (n, d), n and d at least 1; all finite.
    pub rows: Array2<f64>,
    /// The line of the file, counted from 1, in which each row begins; length n, or none if not from a file.
    pub lines: Vec<usize>,
    /// The number that each column has in the file, counted from 1: what was left out still counts; length d,
    /// or none if not from a file.
    pub columns: Vec<usize>,
    /// What was left out or may have been misread, one sentence each: to be shown.
    pub notes: Vec<String>,
}

impl Csv {
    /// A table that comes from no file, with names for all its columns or for none.
    ///
    /// # Errors
    /// [`Error::Empty`] without rows or columns; [`Error::Shape`] unless there are no or d names;
    /// [`Error::NotFinite`] for a NaN or infinite value.
    pub fn new(names: &[&str], rows: Array2<f64>) -> Result<Self> {
        check("rows of a table", names.len(), &rows)?;
        Ok(Self {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            rows,
            lines: Vec::new(),
            columns: Vec::new(),
            notes: Vec::new(),
        })
    }
}

/// Whether a table can be one, with so many names.
pub(super) fn check<T: Copy + Into<f64>>(
    what: &'static str,
    names: usize,
    rows: &Array2<T>,
) -> Result<()> {
    if rows.is_empty() {
        return Err(Error::Empty { what });
    }
    if names != 0 && names != rows.ncols() {
        return Err(Error::Shape {
            what: "names of columns",
            expected: vec![rows.ncols()],
            found: vec![names],
        });
    }
    check::finite(what, rows)
}

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
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| failure(&name, (None, error.to_string())))?;
    match file.metadata() {
        Ok(about) if about.is_file() && about.len() > LARGEST => {
            Err(failure(&name, too_large(about.len())))
        }
        _ => read(&name, file),
    }
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
    let mut bytes = Vec::new();
    let read = reader.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| failure(name, (None, error.to_string())))?;
    if bytes.len() as u64 > LARGEST {
        return Err(failure(name, too_large(LARGEST + 1)));
    }
    let found = decode(&bytes).and_then(|text| table(&text));
    found.map_err(|trouble| failure(name, trouble))
}

fn failure(file: &str, (line, reason): Trouble) -> Error {
    Error::File {
        file: file.to_owned(),
        line,
        reason,
    }
}

fn too_large(bytes: u64) -> Trouble {
    let least = if bytes > LARGEST + 1 { "" } else { "at least " };
    let reason = format!(
        "it has {least}{bytes} bytes, and at most {LARGEST} (1 GiB) are read: take some of its rows"
    );
    (None, reason)
}
