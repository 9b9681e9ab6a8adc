//! Numbers from a file of comma-separated values, and of whatever else people separate values with.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use ndarray::Array2;

use super::csv_fields::{Field, fields};
use crate::error::{Error, Result};

/// A table of numbers: the user's own data.
#[derive(Debug, Clone, PartialEq)]
pub struct Csv {
    /// Names of the columns, length d; none if the file has no header.
    pub names: Vec<String>,
    /// One row a line, shape (n, d), n and d at least 1; all finite.
    pub rows: Array2<f32>,
}

/// Reads a table of numbers from a file, in UTF-8.
///
/// Each line is a row. Values are separated by tabs, else semicolons, else commas, else white space,
/// whichever of them the first row has; they may stand in double quotes. Decimals take a point. Blank lines
/// and lines that start with `#` are passed over. The first line is a header if it holds no numbers, only
/// names; one that looks like a number or has white space in a file without other separators must be quoted.
///
/// # Errors
/// [`Error::Data`], which names the file and the line (counted from 1), if the file cannot be read or has no
/// rows, and for the first row that has another number of columns than those before it or a value that is
/// missing, no number, NaN, infinite or too large for f32.
pub fn read_csv(path: impl AsRef<Path>) -> Result<Csv> {
    let path = path.as_ref();
    let name = path.display().to_string();
    match File::open(path) {
        Ok(file) => read(&name, &mut BufReader::new(file)),
        Err(error) => Err(Error::Data {
            file: name,
            line: None,
            reason: error.to_string(),
        }),
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
    read("text", &mut text.as_bytes())
}

/// [`read_csv`] of anything that can be read, to its end.
///
/// # Errors
/// As [`read_csv`]; the file is called "input".
pub fn read_csv_from(reader: impl Read) -> Result<Csv> {
    read("input", &mut BufReader::new(reader))
}

fn read(file: &str, reader: &mut dyn BufRead) -> Result<Csv> {
    let mut table = Table::default();
    let (mut bytes, mut line) = (Vec::new(), 0);
    let failure = |line, reason| Error::Data {
        file: file.to_owned(),
        line,
        reason,
    };
    loop {
        bytes.clear();
        let read = reader.read_until(b'\n', &mut bytes);
        let read = read.map_err(|error| failure(None, error.to_string()))?;
        if read == 0 {
            break;
        }
        line += 1;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| failure(Some(line), "it is not text in UTF-8".to_owned()))?;
        // A byte order mark, which some programs put before the first line.
        let text = match text.strip_prefix('\u{feff}') {
            Some(text) if line == 1 => text,
            _ => text,
        };
        let added = table.add_line(text.trim_end_matches(['\r', '\n']));
        added.map_err(|reason| failure(Some(line), reason))?;
    }
    let table = table.finish();
    table.ok_or_else(|| failure(None, "it has no rows of numbers".to_owned()))
}

/// What was read so far.
#[derive(Default)]
struct Table {
    names: Option<Vec<String>>,
    /// The separator of the rows, once there is one.
    separator: Option<char>,
    columns: usize,
    values: Vec<f32>,
}

impl Table {
    /// Takes one line without its end; an error says what is wrong with it.
    fn add_line(&mut self, line: &str) -> Result<(), String> {
        let start = line.trim_start();
        if start.is_empty() || start.starts_with('#') {
            return Ok(());
        }
        let separator = self.separator.unwrap_or_else(|| separator_of(line));
        let fields = fields(line, separator)?;
        let is_first = self.values.is_empty();
        if is_first && self.names.is_none() && fields.iter().all(Field::is_name) {
            self.names = Some(fields.into_iter().map(|field| field.text).collect());
            return Ok(());
        }
        let expected = match &self.names {
            Some(names) if is_first => Some((names.len(), "the header")),
            _ if is_first => None,
            _ => Some((self.columns, "the rows before it")),
        };
        let found = fields.len();
        if let Some((expected, whose)) = expected.filter(|(expected, _)| *expected != found) {
            let s = if found == 1 { "" } else { "s" };
            return Err(format!("it has {found} column{s}, {whose}: {expected}"));
        }
        for (column, field) in fields.iter().enumerate() {
            let value = field.number();
            let value = value.map_err(|reason| format!("column {}{reason}", column + 1))?;
            self.values.push(value);
        }
        (self.separator, self.columns) = (Some(separator), found);
        Ok(())
    }

    /// Nothing if there were no rows.
    fn finish(self) -> Option<Csv> {
        let n = self.values.len().checked_div(self.columns)?;
        Some(Csv {
            names: self.names.unwrap_or_default(),
            rows: Array2::from_shape_vec((n, self.columns), self.values).ok()?,
        })
    }
}

/// What separates the values of a line, outside of quotes: a space stands for any white space.
fn separator_of(line: &str) -> char {
    // Every other piece between quotation marks is inside them.
    let outside = |c| line.split('"').step_by(2).any(|piece| piece.contains(c));
    let found = ['\t', ';', ','].into_iter().find(|c| outside(*c));
    found.unwrap_or(' ')
}
