//! What a mark accepts as data: arrays, vectors, slices and ranges of any common number type.

use ndarray::{Array2, ArrayBase, Data, Dimension, Ix2};

mod sealed {
    pub trait Sealed {}
    pub trait Number: Copy {
        fn to_f64(self) -> f64;
    }
}
use sealed::{Number, Sealed};

macro_rules! numbers {
    ($($t:ty),*) => {$(
        impl Number for $t {
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}
numbers!(f32, f64, i32, i64, u8, u32, u64, usize);

/// A sequence of numbers: `&Vec`, `Vec`, `&[T]`, arrays, integer ranges, and ndarray arrays and views of
/// any dimension (read in row-major order), of `f32`, `f64` or integers.
pub trait Values: Sealed {
    /// The numbers as `f64`.
    fn into_values(self) -> Vec<f64>;
}

/// A matrix of numbers: a 2-D ndarray array or view, borrowed or owned.
pub trait Matrix: Sealed {
    /// The numbers as `f64`, same shape.
    fn into_matrix(self) -> Array2<f64>;
}

fn slice<T: Number>(values: &[T]) -> Vec<f64> {
    values.iter().map(|v| v.to_f64()).collect()
}

impl<T: Number> Sealed for &[T] {}
impl<T: Number> Values for &[T] {
    fn into_values(self) -> Vec<f64> {
        slice(self)
    }
}
impl<T: Number> Sealed for &Vec<T> {}
impl<T: Number> Values for &Vec<T> {
    fn into_values(self) -> Vec<f64> {
        slice(self)
    }
}
impl<T: Number> Sealed for Vec<T> {}
impl<T: Number> Values for Vec<T> {
    fn into_values(self) -> Vec<f64> {
        slice(&self)
    }
}
impl<T: Number, const N: usize> Sealed for [T; N] {}
impl<T: Number, const N: usize> Values for [T; N] {
    fn into_values(self) -> Vec<f64> {
        slice(&self)
    }
}
impl<T: Number, const N: usize> Sealed for &[T; N] {}
impl<T: Number, const N: usize> Values for &[T; N] {
    fn into_values(self) -> Vec<f64> {
        slice(self)
    }
}
impl<T: Number> Sealed for std::ops::Range<T> {}
impl<T: Number> Values for std::ops::Range<T>
where
    std::ops::Range<T>: Iterator<Item = T>,
{
    fn into_values(self) -> Vec<f64> {
        // One more than is ever drawn is enough to be told so.
        let values = self.take(super::marks::MOST_VALUES + 1);
        values.map(Number::to_f64).collect()
    }
}

impl<S: Data, D: Dimension> Sealed for &ArrayBase<S, D> where S::Elem: Number {}
impl<S: Data, D: Dimension> Values for &ArrayBase<S, D>
where
    S::Elem: Number,
{
    fn into_values(self) -> Vec<f64> {
        self.iter().map(|v| v.to_f64()).collect()
    }
}
impl<S: Data, D: Dimension> Sealed for ArrayBase<S, D> where S::Elem: Number {}
impl<S: Data, D: Dimension> Values for ArrayBase<S, D>
where
    S::Elem: Number,
{
    fn into_values(self) -> Vec<f64> {
        (&self).into_values()
    }
}
impl<S: Data> Matrix for &ArrayBase<S, Ix2>
where
    S::Elem: Number,
{
    fn into_matrix(self) -> Array2<f64> {
        self.mapv(Number::to_f64)
    }
}
impl<S: Data> Matrix for ArrayBase<S, Ix2>
where
    S::Elem: Number,
{
    fn into_matrix(self) -> Array2<f64> {
        self.mapv(Number::to_f64)
    }
}
