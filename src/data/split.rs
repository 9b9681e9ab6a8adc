//! Rows to learn from and rows to judge by.

use ndarray::{Array2, Axis};
use rand::seq::SliceRandom;

use super::standardizer::Standardizer;
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
}

impl Split {
    /// Holds out `held_out` of the n `rows`, shape (n, d), chosen at random without replacement.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless both parts get at least 2 rows; [`Error::NotFinite`] for a NaN or infinite
    /// value; [`Error::ConstantColumn`] for a column that holds only one value, in which there is nothing to
    /// learn and whose density is infinite.
    pub fn new(rows: &Array2<f32>, held_out: usize, rng: &mut Rng) -> Result<Self> {
        let n = rows.nrows();
        if held_out < 2 || held_out > n.saturating_sub(2) {
            return Err(Error::Parameter {
                name: "number of held-out rows",
                value: held_out as f64,
                valid: "at least 2, with 2 rows left to train on",
            });
        }
        Error::check_finite("rows to be split", rows)?;
        for (column, values) in rows.columns().into_iter().enumerate() {
            let first = values[0];
            if values.iter().all(|x| *x == first) {
                let value = f64::from(first);
                return Err(Error::ConstantColumn { column, value });
            }
        }
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(rng);
        let [held_out, train] =
            [&order[..held_out], &order[held_out..]].map(|part| rows.select(Axis(0), part));
        let scale = Standardizer::fit(&train)?;
        Ok(Self {
            train: scale.transform(&train)?,
            held_out: scale.transform(&held_out)?,
            scale,
        })
    }

    /// All rows, standardised, training rows first; shape (n, d).
    pub fn all(&self) -> Array2<f32> {
        let parts = [self.train.view(), self.held_out.view()];
        ndarray::concatenate(Axis(0), &parts).expect("both parts have d columns")
    }
}
