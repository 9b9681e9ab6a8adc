//! The numbers that marks and tables take, and their checks.

use ndarray::{Array2, ArrayBase, Data, Ix2};

use super::clip::Point;
use crate::Result;
use crate::check::{finite, not_empty, parameter, same_shape};

/// More values than this are not drawn.
const MOST_VALUES: usize = 1 << 24;

/// A number of a common type, or a reference to one.
pub trait Numeric: Copy {
    /// The number as double precision holds it.
    fn to_f64(self) -> f64;
}

macro_rules! numeric {
    ($($t:ty),*) => {$(
        impl Numeric for $t {
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}
numeric!(f32, f64, i32, i64, u8, u32, u64, usize);

impl<T: Numeric> Numeric for &T {
    fn to_f64(self) -> f64 {
        (*self).to_f64()
    }
}

/// Whatever yields numbers.
pub trait Values: IntoIterator<Item: Numeric> {}
impl<V: IntoIterator<Item: Numeric>> Values for V {}

/// A two-dimensional array or view of numbers, or a reference to one.
pub trait Matrix {
    /// The numbers as `f64`, same shape.
    fn to_f64(self) -> Array2<f64>;
}

impl<T: Numeric, S: Data<Elem = T>> Matrix for &ArrayBase<S, Ix2> {
    fn to_f64(self) -> Array2<f64> {
        self.mapv(T::to_f64)
    }
}
impl<T: Numeric, S: Data<Elem = T>> Matrix for ArrayBase<S, Ix2> {
    fn to_f64(self) -> Array2<f64> {
        (&self).to_f64()
    }
}

/// The numbers in their order, arrays row by row; of endless ones no more than it takes to be told so.
///
/// A cell of a notebook compiles what is generic anew for each kind of values: so this is all that is.
pub(super) fn listed(values: impl Values) -> Vec<f64> {
    let values = values.into_iter().take(MOST_VALUES + 1);
    values.map(Numeric::to_f64).collect()
}

/// Numbers that are there, finite, and not more than anyone draws.
pub(super) fn checked(what: &'static str, values: Vec<f64>) -> Result<Vec<f64>> {
    not_empty(what, values.len())?;
    let fine = values.len() <= MOST_VALUES;
    parameter(what, values.len(), fine, "at most 16777216 values")?;
    finite(what, &values)?;
    Ok(values)
}

/// The points (`x[i]`, `y[i]`).
pub(super) fn zip([of_x, of_y]: [&'static str; 2], x: Vec<f64>, y: Vec<f64>) -> Result<Vec<Point>> {
    let (x, y) = (checked(of_x, x)?, checked(of_y, y)?);
    same_shape(of_y, &[x.len()], &[y.len()])?;
    Ok(x.into_iter().zip(y).collect())
}
