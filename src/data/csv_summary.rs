//! A first look at a table of numbers.

use super::csv::Csv;
use crate::error::Result;
use crate::plot::{Table, num};

impl Csv {
    /// One line a column: name, mean, standard deviation (divided by n), smallest and largest value, and how
    /// many different values there are.
    ///
    /// Few different values mean whole numbers, classes or rounding. Samples of a continuous model fall between
    /// them, and its density says nothing of how probable they are.
    ///
    /// # Errors
    /// None for a table that was read from a file.
    pub fn summary(&self) -> Result<Table> {
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
        for (column, name) in self.rows.columns().into_iter().zip(self.labels()) {
            let mut values: Vec<f64> = column.iter().map(|x| f64::from(*x)).collect();
            values.sort_unstable_by(f64::total_cmp);
            let count = n as f64;
            let mean = values.iter().sum::<f64>() / count;
            let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
            let (low, high) = (values[0], values[n - 1]);
            values.dedup();
            let (std, different) = (variance.sqrt(), values.len());
            table.push((
                name,
                num(mean, 4),
                num(std, 4),
                num(low, 4),
                num(high, 4),
                different,
            ))?;
        }
        Ok(table)
    }

    /// What to call each column: its name, or its number counted from 1; length d.
    pub fn labels(&self) -> Vec<String> {
        let number = |j| format!("column {}", j + 1);
        let label = |j: usize| self.names.get(j).filter(|name| !name.is_empty()).cloned();
        (0..self.rows.ncols())
            .map(|j| label(j).unwrap_or_else(|| number(j)))
            .collect()
    }
}
