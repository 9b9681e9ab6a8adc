//! Numbers to a file of comma-separated values.

use std::path::Path;

use ndarray::Array2;

use super::table::check;
use crate::encoding::failure;
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::file::write_atomically;

/// Writes `rows`, shape (n, d), of f64 or f32, to a file that [`read_csv`](super::read_csv) reads back to the
/// same numbers, bit for bit: a header of `names` (d of them, or none for no header), then one line a row,
/// values separated by commas, each in as few digits as tell it from every other f64.
///
/// A first column without a name is written as "column 1": a nameless one may number the rows. The file is
/// always either the old one or the whole new one.
///
/// # Errors
/// As [`csv_text`]; [`Error::File`] if the file cannot be written.
pub fn write_csv<T: Copy + Into<f64>>(
    path: impl AsRef<Path>,
    names: &[&str],
    rows: &Array2<T>,
) -> Result<()> {
    let file = path.as_ref().display().to_string();
    let text = text_of(&file, names, rows)?;
    let written = write_atomically(path.as_ref(), text.as_bytes());
    written.map_err(|error| failure(&file, (None, error.to_string())))
}

/// What [`write_csv`] writes.
///
/// # Errors
/// [`Error::Empty`] without rows or columns; [`Error::Shape`] unless there are no or d names;
/// [`Error::NotFinite`] for a NaN or infinite value; [`Error::File`] for a name that has more than one line.
pub fn csv_text<T: Copy + Into<f64>>(names: &[&str], rows: &Array2<T>) -> Result<String> {
    text_of("text", names, rows)
}

fn text_of<T: Copy + Into<f64>>(file: &str, names: &[&str], rows: &Array2<T>) -> Result<String> {
    check("rows of a CSV file", names.len(), rows)?;
    if let Some(name) = names.iter().find(|name| name.contains(['\n', '\r', '\0'])) {
        let reason = format!("{name:?} cannot be the name of a column");
        return Err(failure(file, (None, reason)));
    }
    let quoted = names.iter().enumerate().map(|(j, name)| {
        let nameless = name.is_empty() || name.starts_with("Unnamed: ");
        match j == 0 && nameless && names.len() > 1 {
            true => "\"column 1\"".to_owned(),
            false => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    });
    let header = (!names.is_empty()).then(|| quoted.collect::<Vec<_>>());
    // The shortest decimal number that reads back to the same bits.
    let number = |value: &T| format!("{:?}", (*value).into());
    let rows = rows.rows().into_iter();
    let rows = rows.map(|row| row.iter().map(number).collect::<Vec<_>>());
    let line = |values: Vec<String>| values.join(",") + "\n";
    Ok(header.into_iter().chain(rows).map(line).collect())
}
