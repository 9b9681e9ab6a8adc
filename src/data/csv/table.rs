//! A table of numbers.

use ndarray::Array2;

use crate::check;
use crate::error::Result;

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
    /// [`Error::Empty`](crate::Error::Empty) without rows or columns; [`Error::Shape`](crate::Error::Shape) unless
    /// there are no or d names; [`Error::NotFinite`](crate::Error::NotFinite) for a NaN or infinite value.
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

    /// What to call each column: its name, or its number in the file, counted from 1; length d.
    pub fn labels(&self) -> Vec<String> {
        let number = |j: usize| format!("column {}", self.columns.get(j).unwrap_or(&(j + 1)));
        let name = |j: usize| self.names.get(j).filter(|name| !name.is_empty());
        let columns = 0..self.rows.ncols();
        columns
            .map(|j| name(j).cloned().unwrap_or_else(|| number(j)))
            .collect()
    }

    /// What to call a row, 0-based: its line in the file, or its number counted from 1.
    pub fn row_label(&self, row: usize) -> String {
        match self.lines.get(row) {
            Some(line) => format!("line {line}"),
            None => format!("row {}", row.saturating_add(1)),
        }
    }
}

/// Whether a table can be one, with so many names.
pub(super) fn check<T: Copy + Into<f64>>(
    what: &'static str,
    names: usize,
    rows: &Array2<T>,
) -> Result<()> {
    check::not_empty(what, rows.len())?;
    if names != 0 {
        check::same_shape("names of columns", &[rows.ncols()], &[names])?;
    }
    check::finite(what, rows)
}
