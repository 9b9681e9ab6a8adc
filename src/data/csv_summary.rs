//! A first look at a table of numbers.

use super::csv::Csv;
use super::standardizer::Standardizer;
use crate::error::Result;
use crate::plot::{Table, num, significant, verbatim};

/// How many times the distance between the quartiles a value lies outside of them before it is remarked on.
const FAR: f64 = 50.0;

/// What people write where a value is missing, and how many times the distance between the quartiles such a one
/// lies away from its neighbour before it is remarked on.
const PLACEHOLDERS: [f64; 5] = [99.0, 999.0, 9999.0, 99_999.0, 999_999.0];
const APART: f64 = 5.0;

/// Rows above which a column that counts is remarked on.
const COUNTED: usize = 8;

impl Csv {
    /// One line a column: name, mean, standard deviation (divided by n), smallest and largest value, and how
    /// many different values there are. Numbers have four digits, and more where the spread is small beside them.
    ///
    /// Few different values mean whole numbers, classes or rounding. Samples of a continuous model fall between
    /// them, and its density says nothing of how probable they are.
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty) without rows or columns and
    /// [`Error::NotFinite`](crate::Error::NotFinite) for a NaN or infinite value, neither of which a file gives.
    pub fn summary(&self) -> Result<Table> {
        let scale = Standardizer::fit(&self.rows)?;
        let (n, d) = self.rows.dim();
        let caption = format!("{n} rows of {d} column{}", if d == 1 { "" } else { "s" });
        let headers = [
            "column",
            "mean",
            "standard deviation",
            "smallest",
            "largest",
            "different values",
        ];
        let mut table = Table::new(&caption, &headers);
        for (j, name) in self.labels().iter().enumerate() {
            let mut values = self.sorted(j);
            let (low, high) = (values[0], values[n - 1]);
            let std = if low == high { 0.0 } else { scale.std()[j] };
            let digits = digits(low.abs().max(high.abs()), std);
            values.dedup();
            table.push((
                verbatim(name),
                num(scale.mean()[j], digits),
                num(std, 4),
                num(low, digits),
                num(high, digits),
                values.len(),
            ))?;
        }
        Ok(table)
    }

    /// What to call each column: its name, or its number in the file, counted from 1; length d.
    pub fn labels(&self) -> Vec<String> {
        let number = |j: usize| format!("column {}", self.columns.get(j).unwrap_or(&(j + 1)));
        let label = |j: usize| self.names.get(j).filter(|name| !name.is_empty()).cloned();
        (0..self.rows.ncols())
            .map(|j| label(j).unwrap_or_else(|| number(j)))
            .collect()
    }

    /// What to call a row, 0-based: its line in the file, or its number counted from 1.
    pub fn row_label(&self, row: usize) -> String {
        match self.lines.get(row) {
            Some(line) => format!("line {line}"),
            None => format!("row {}", row.saturating_add(1)),
        }
    }

    /// Sentences to read before anything is learned from the table: its [`notes`](Self::notes), and values and
    /// columns that look as if they were no measurements.
    ///
    /// Remarked on are the value that is farthest out, if that is 50 times the distance between the quartiles; a
    /// smallest or largest value such as −999, if it stands apart; and columns that count up by one.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = self.notes.clone();
        if self.rows.is_empty() {
            return remarks;
        }
        for (j, label) in self.labels().iter().enumerate() {
            remarks.extend(self.far(j, label));
            let column = self.rows.column(j);
            let counts = column
                .iter()
                .zip(column.iter().skip(1))
                .all(|(a, b)| b - a == 1.0);
            if counts && column.len() >= COUNTED {
                remarks.push(format!(
                    "{label} counts up by one: if it only numbers the rows, leave it out"
                ));
            }
        }
        remarks
    }

    fn far(&self, j: usize, label: &str) -> Option<String> {
        let values = self.sorted(j);
        let n = values.len();
        let (low, high) = (values[n / 4], values[n - 1 - n / 4]);
        // Halves, whose difference is finite.
        let spread = high / 2.0 - low / 2.0;
        let (smallest, largest) = (values[0], values[n - 1]);
        let below = (low / 2.0 - smallest / 2.0) / spread;
        let above = (largest / 2.0 - high / 2.0) / spread;
        let (value, by) = if below > above {
            (smallest, below)
        } else {
            (largest, above)
        };
        let neighbour = if below > above {
            values.iter().find(|x| **x > value)
        } else {
            values.iter().rfind(|x| **x < value)
        };
        let gap = (neighbour? / 2.0 - value / 2.0).abs() / spread;
        let placeholder = PLACEHOLDERS.contains(&value.abs()) && gap > APART;
        if !(spread > 0.0 && (by > FAR || placeholder)) {
            return None;
        }
        let places: Vec<usize> = (0..n).filter(|i| self.rows[[*i, j]] == value).collect();
        let more = match places.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let shown = if value.abs() < 1e7 {
            format!("{value}")
        } else {
            format!("{value:e}")
        };
        Some(format!(
            "{label}: {shown} ({}{more}) is {} times as far out as the middle half of the values is wide; if it \
             stands for a missing value, leave such rows out, for it decides the scale",
            self.row_label(places[0]),
            significant(by, 2)
        ))
    }

    fn sorted(&self, j: usize) -> Vec<f64> {
        let mut values = self.rows.column(j).to_vec();
        values.sort_unstable_by(f64::total_cmp);
        values
    }
}

/// Digits by which numbers of the size `largest` differ that are `std` apart.
fn digits(largest: f64, std: f64) -> usize {
    let more = (largest / std).log10() - 1.0;
    if more.is_finite() {
        4 + more.clamp(0.0, 13.0) as usize
    } else {
        4
    }
}
