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
    /// [`Error::Parameter`] unless both parts get at least 2 rows; [`Error::Empty`] without columns;
    /// [`Error::NotFinite`] for a NaN or infinite value; [`Error::ConstantColumn`] for a column that holds only one
    /// value, in all rows or in those to train on: there is nothing to learn in it, and its density is infinite;
    /// [`Error::Outlier`] for a value so far from the others that, standardised, fewer than half of the column's
    /// different values remain different in f32, or that is infinite in f32 itself; [`Error::Parameter`] for a value
    /// beyond ±1e290 or a standard deviation below 1e-290.
    pub fn new<T: Copy + Into<f64>>(
        rows: &Array2<T>,
        held_out: usize,
        rng: &mut Rng,
    ) -> Result<Self> {
        let n = rows.nrows();
        let fine = held_out >= 2 && held_out <= n.saturating_sub(2);
        let valid = "at least 2, with 2 rows left to train on";
        check::parameter("number of held-out rows", held_out, fine, valid)?;
        let rows: Array2<f64> = rows.mapv(Into::into);
        check_rows(&rows)?;
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(rng);
        let train_rows = order.split_off(held_out);
        let parts = [&train_rows, &order].map(|part| rows.select(Axis(0), part));
        let [train, held_out] = &parts;
        check_varies(train, held_out)?;
        let scale = Standardizer::fit(train)?;
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
    ///
    /// # Panics
    /// If a part was changed since, to another number of columns than the other has.
    pub fn all(&self) -> Array2<f32> {
        let parts = [self.train.view(), self.held_out.view()];
        ndarray::concatenate(Axis(0), &parts).expect("both parts have d columns")
    }
}

/// What can be told of all rows, before any is held out.
fn check_rows(rows: &Array2<f64>) -> Result<()> {
    check::finite("rows to be split", rows)?;
    check_varies(rows, &Array2::zeros((0, rows.ncols())))?;
    let scale = Standardizer::fit(rows)?;
    let standard = scale.transform(rows)?;
    for (column, values) in rows.columns().into_iter().enumerate() {
        let std = scale.std()[column];
        let name = "standard deviation of a column";
        check::parameter(name, std, std >= 1.0 / LARGEST, "at least 1e-290")?;
        let standard = standard.column(column);
        let left = different(standard.iter().map(|x| f64::from(*x)));
        if 2 * left < different(values.iter().copied()) {
            let distance = |i: &usize| standard[*i].abs();
            let row = (0..values.len()).max_by(|a, b| distance(a).total_cmp(&distance(b)));
            let row = row.unwrap_or(0);
            let value = values[row];
            return Err(Error::Outlier { row, column, value });
        }
        let largest = values.iter().find(|x| x.abs() > LARGEST);
        let valid = "between -1e290 and 1e290";
        let (value, fine) = (*largest.unwrap_or(&0.0), largest.is_none());
        check::parameter("a value to be standardised", value, fine, valid)?;
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
fn check_varies(train: &Array2<f64>, held_out: &Array2<f64>) -> Result<()> {
    for (column, values) in train.columns().into_iter().enumerate() {
        let value = values[0];
        if values.iter().all(|x| *x == value) {
            let held_out = held_out.column(column).into_iter();
            return Err(Error::ConstantColumn {
                column,
                value,
                others: held_out.filter(|x| **x != value).count(),
            });
        }
    }
    Ok(())
}
