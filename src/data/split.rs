//! Rows to learn from and rows to judge by.

use ndarray::{Array2, Axis};
use rand::seq::SliceRandom;

use super::standardizer::Standardizer;
use crate::check;
use crate::error::{Error, Result};
use crate::rng::Rng;

/// A data set in two parts, both standardised by the mean and standard deviation of the training part.
///
/// What is measured on rows that training saw says how well they were learned by heart. So some rows are held
/// out: nothing is fitted to them, the scale included.
///
/// ```
/// use diffusion_intuition::prelude::*;
///
/// let heights = Mixture::bimodal().sample(400, &mut Rng::new(0))?;
/// let split = data::Split::new(&heights, 100, &mut Rng::new(1))?;
/// assert_eq!((split.train.nrows(), split.held_out.nrows()), (300, 100));
/// let in_data_units = split.scale.inverse(&split.held_out)?;
/// # assert!(in_data_units.iter().all(|x| x.abs() > 0.5));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// From the data's units to those of both parts, and back.
    pub scale: Standardizer,
    /// Rows to train on, standardised; shape (n − `held_out`, d), in random order.
    pub train: Array2<f32>,
    /// The other rows, standardised; shape (`held_out`, d), in random order.
    pub held_out: Array2<f32>,
    /// Which of the n rows each of [`train`](Self::train) is, 0-based; length n − `held_out`.
    pub train_rows: Vec<usize>,
    /// Which of the n rows each of [`held_out`](Self::held_out) is, 0-based; length `held_out`.
    pub held_out_rows: Vec<usize>,
}

/// Largest value, and the inverse of the smallest standard deviation: beyond, samples may be infinite, or all one.
const LARGEST: f64 = 1e290;

impl Split {
    /// Holds out `held_out` of the n `rows`, shape (n, d), of f64 or f32, chosen at random without replacement.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless both parts get at least 2 rows; [`Error::NotFinite`] for a NaN or infinite
    /// value; [`Error::ConstantColumn`] for a column that holds only one value, in all rows or in those to train
    /// on: there is nothing to learn in it, and its density is infinite; [`Error::Outlier`] for a value so far
    /// from the others that, standardised, fewer than half of the column's different values remain different
    /// in f32, or that is infinite in f32 itself; [`Error::Parameter`] for a value beyond ±1e290 or a standard
    /// deviation below 1e-290.
    pub fn new<T: Copy + Into<f64>>(
        rows: &Array2<T>,
        held_out: usize,
        rng: &mut Rng,
    ) -> Result<Self> {
        let n = rows.nrows();
        if held_out < 2 || held_out > n.saturating_sub(2) {
            return Err(Error::Parameter {
                name: "number of held-out rows",
                value: held_out as f64,
                valid: "at least 2, with 2 rows left to train on",
            });
        }
        let rows: Array2<f64> = rows.mapv(Into::into);
        check(&rows)?;
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(rng);
        let train_rows = order.split_off(held_out);
        let parts = [&train_rows, &order].map(|part| rows.select(Axis(0), part));
        let [train, held_out] = &parts;
        let scale = Standardizer::fit(train)?;
        check_part(&scale, train, held_out)?;
        let split = Self {
            train: scale.transform(train)?,
            held_out: scale.transform(held_out)?,
            scale,
            train_rows,
            held_out_rows: order,
        };
        for ((i, column), x) in split.held_out.indexed_iter() {
            if !x.is_finite() {
                let row = split.held_out_rows[i];
                let value = rows[[row, column]];
                return Err(Error::Outlier { row, column, value });
            }
        }
        Ok(split)
    }

    /// All rows, standardised, training rows first; shape (n, d).
    pub fn all(&self) -> Array2<f32> {
        let parts = [self.train.view(), self.held_out.view()];
        ndarray::concatenate(Axis(0), &parts).expect("both parts have d columns")
    }
}

/// What can be told of all rows, before any is held out.
fn check(rows: &Array2<f64>) -> Result<()> {
    check::finite("rows to be split", rows)?;
    for (column, values) in rows.columns().into_iter().enumerate() {
        let value = values[0];
        if values.iter().all(|x| *x == value) {
            let others = 0;
            return Err(Error::ConstantColumn {
                column,
                value,
                others,
            });
        }
    }
    let scale = Standardizer::fit(rows)?;
    let standard = scale.transform(rows)?;
    for (column, values) in rows.columns().into_iter().enumerate() {
        let std = scale.std()[column];
        if std < 1.0 / LARGEST {
            return Err(Error::Parameter {
                name: "standard deviation of a column",
                value: std,
                valid: "at least 1e-290",
            });
        }
        let different = different(values.iter().copied());
        let left = self::different(standard.column(column).iter().map(|x| f64::from(*x)));
        if 2 * left < different {
            let distance = |i: &usize| (standard[[*i, column]]).abs();
            let row = (0..values.len()).max_by(|a, b| distance(a).total_cmp(&distance(b)));
            let row = row.unwrap_or(0);
            let value = values[row];
            return Err(Error::Outlier { row, column, value });
        }
        if let Some(value) = values.iter().find(|x| x.abs() > LARGEST) {
            return Err(Error::Parameter {
                name: "a value to be standardised",
                value: *value,
                valid: "between -1e290 and 1e290",
            });
        }
    }
    Ok(())
}

/// How many different values there are.
fn different(values: impl Iterator<Item = f64>) -> usize {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.dedup();
    values.len()
}

/// Whether every column varies in the rows to train on.
fn check_part(scale: &Standardizer, train: &Array2<f64>, held_out: &Array2<f64>) -> Result<()> {
    for (column, values) in train.columns().into_iter().enumerate() {
        let value = scale.mean()[column];
        if values.iter().all(|x| *x == value) {
            let unlike = held_out.column(column).into_iter().filter(|x| **x != value);
            let others = unlike.count();
            return Err(Error::ConstantColumn {
                column,
                value,
                others,
            });
        }
    }
    Ok(())
}
