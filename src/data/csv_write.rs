//! Numbers to a file of comma-separated values.

use std::fmt::Write;
use std::path::Path;

use ndarray::Array2;

use crate::error::{Error, Result};
use crate::file::write_atomically;

/// Writes `rows`, shape (n, d), to a file that [`read_csv`](super::read_csv) reads back to the same bits:
/// a header of `names` (d of them, or none for no header), then one line a row, values separated by commas.
///
/// The file is always either the old one or the whole new one.
///
/// # Errors
/// [`Error::Empty`] without rows or columns; [`Error::Shape`] unless there are no or d names;
/// [`Error::NotFinite`] for a NaN or infinite value; [`Error::Data`] if the file cannot be written, or for a
/// name that is a number or has more than one line.
pub fn write_csv(path: impl AsRef<Path>, names: &[&str], rows: &Array2<f32>) -> Result<()> {
    let what = "rows of a CSV file";
    if rows.is_empty() {
        return Err(Error::Empty { what });
    }
    if !names.is_empty() && names.len() != rows.ncols() {
        return Err(Error::Shape {
            what: "names of columns",
            expected: vec![rows.ncols()],
            found: vec![names.len()],
        });
    }
    Error::check_finite(what, rows)?;
    let file = path.as_ref().display().to_string();
    let failure = |reason| Error::Data {
        file,
        line: None,
        reason,
    };
    let unfit = |name: &&&str| name.parse::<f32>().is_ok() || name.contains(['\n', '\r']);
    if let Some(name) = names.iter().find(unfit) {
        let reason = format!("{name:?} cannot be the name of a column");
        return Err(failure(reason));
    }
    let mut text = String::new();
    if !names.is_empty() {
        let quoted = names
            .iter()
            .map(|name| format!("\"{}\"", name.replace('"', "\"\"")));
        text += &quoted.collect::<Vec<_>>().join(",");
        text.push('\n');
    }
    for row in rows.rows() {
        for (j, value) in row.iter().enumerate() {
            let comma = if j == 0 { "" } else { "," };
            // The shortest decimal number that reads back to the same bits.
            write!(text, "{comma}{value:?}").expect("a string takes everything");
        }
        text.push('\n');
    }
    write_atomically(path.as_ref(), text.as_bytes()).map_err(|error| failure(error.to_string()))
}
