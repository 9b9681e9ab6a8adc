//! A first look at a table of numbers.

use super::table::Csv;
use crate::data::standardizer::Standardizer;
use crate::error::Result;

/// How many times the distance between the quartiles a value lies outside of them before it is remarked on.
const FAR: f64 = 50.0;

/// What people write where a value is missing, and how many times the distance between the quartiles such a one
/// lies away from its neighbour before it is remarked on.
const PLACEHOLDERS: [f64; 5] = [99.0, 999.0, 9999.0, 99_999.0, 999_999.0];
const APART: f64 = 5.0;

/// Rows above which a column that counts is remarked on.
const COUNTED: usize = 8;

/// What [`Csv::summary`] says.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Number of rows n.
    pub rows: usize,
    /// One for each column; length d.
    pub columns: Vec<ColumnSummary>,
}

/// What [`Csv::summary`] says of one column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnSummary {
    /// Its [label](Csv::labels).
    pub name: String,
    /// Mean of its values.
    pub mean: f64,
    /// Standard deviation of its values (divided by n).
    pub std: f64,
    /// Smallest value.
    pub smallest: f64,
    /// Largest value.
    pub largest: f64,
    /// How many different values there are. Few mean whole numbers, classes or rounding: samples of a continuous
    /// model fall between them, and its density says nothing of how probable they are.
    pub different: usize,
    /// Significant digits in which to show its values: four, and more where the spread is small beside them.
    pub digits: usize,
}

impl Summary {
    /// What [`columns`](Self::columns) say, in their order: the heads of a table.
    pub const HEADERS: [&str; 6] = [
        "column",
        "mean",
        "standard deviation",
        "smallest",
        "largest",
        "different values",
    ];

    /// How many rows and columns there are.
    pub fn caption(&self) -> String {
        let (n, d) = (self.rows, self.columns.len());
        format!("{n} rows of {d} column{}", if d == 1 { "" } else { "s" })
    }
}

impl Csv {
    /// One line a column: name, mean, standard deviation, smallest and largest value, and how many different
    /// values there are.
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty) without rows or columns and
    /// [`Error::NotFinite`](crate::Error::NotFinite) for a NaN or infinite value, neither of which a file gives.
    pub fn summary(&self) -> Result<Summary> {
        let scale = Standardizer::fit(&self.rows)?;
        let rows = self.rows.nrows();
        let column = |(j, name): (usize, String)| {
            let mut values = self.sorted(j);
            let (smallest, largest) = (values[0], values[rows - 1]);
            values.dedup();
            let std = scale.std()[j] * f64::from(values.len() > 1);
            // Digits by which numbers of this size differ that are `std` apart.
            let more = (smallest.abs().max(largest.abs()) / std).log10() - 1.0;
            let more = Some(more).filter(|more| more.is_finite()).unwrap_or(0.0);
            ColumnSummary {
                name,
                mean: scale.mean()[j],
                std,
                smallest,
                largest,
                different: values.len(),
                digits: 4 + more.clamp(0.0, 13.0) as usize,
            }
        };
        let columns = self.labels().into_iter().enumerate().map(column).collect();
        Ok(Summary { rows, columns })
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
                .windows(2)
                .into_iter()
                .all(|pair| pair[1] - pair[0] == 1.0);
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
        let (smallest, largest) = (values[0], values[n - 1]);
        // Halves, whose difference is finite.
        let spread = high / 2.0 - low / 2.0;
        let apart = |a: f64, b: f64| (a / 2.0 - b / 2.0) / spread;
        let (below, above) = (apart(low, smallest), apart(largest, high));
        let (value, by, neighbour) = match below > above {
            true => (smallest, below, values.iter().find(|x| **x > smallest)),
            false => (largest, above, values.iter().rfind(|x| **x < largest)),
        };
        let placeholder =
            PLACEHOLDERS.contains(&value.abs()) && apart(*neighbour?, value).abs() > APART;
        if !(spread > 0.0 && (by > FAR || placeholder)) {
            return None;
        }
        let mut places = (0..n).filter(|i| self.rows[[*i, j]] == value);
        let first = self.row_label(places.next()?);
        let more = match places.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let shown = match value.abs() < 1e7 {
            true => format!("{value}"),
            false => format!("{value:e}"),
        };
        let times = match by {
            x if x < 9.95 => format!("{x:.1}"),
            x if x < 1e6 => format!("{x:.0}"),
            x => format!("{x:.1e}"),
        };
        Some(format!(
            "{label}: {shown} ({first}{more}) is {times} times as far out as the middle half of the values is wide; \
             if it stands for a missing value, leave such rows out, for it decides the scale"
        ))
    }

    fn sorted(&self, j: usize) -> Vec<f64> {
        let mut values = self.rows.column(j).to_vec();
        values.sort_unstable_by(f64::total_cmp);
        values
    }
}
