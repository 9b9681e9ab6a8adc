//! The numbers that marks and tables take.

use ndarray::{Array2, ArrayBase, Data, Ix2};

use super::format::{shortest, signed};
use super::marks::MOST_VALUES;

/// A number of a common type, or a reference to one.
pub trait Numeric: Copy {
    /// The number as double precision holds it.
    fn to_f64(self) -> f64;

    /// How a table shows it: an integer whole, another number with up to four significant digits.
    fn shown(self) -> String {
        shortest(self.to_f64(), 4)
    }
}

macro_rules! integers {
    ($($t:ty),*) => {$(
        impl Numeric for $t {
            fn to_f64(self) -> f64 {
                self as f64
            }
            fn shown(self) -> String {
                signed(&self.to_string())
            }
        }
    )*};
}
integers!(i32, i64, u8, u32, u64, usize);

impl Numeric for f64 {
    fn to_f64(self) -> f64 {
        self
    }
}
impl Numeric for f32 {
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}
impl<T: Numeric> Numeric for &T {
    fn to_f64(self) -> f64 {
        (*self).to_f64()
    }
    fn shown(self) -> String {
        (*self).shown()
    }
}

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

/// The numbers in their order, arrays row by row: of endless ones no more than it takes to be told so.
pub(super) fn collect(values: impl IntoIterator<Item: Numeric>) -> Vec<f64> {
    let values = values.into_iter().take(MOST_VALUES + 1);
    values.map(Numeric::to_f64).collect()
}
