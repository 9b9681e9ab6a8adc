//! The checks that every part of the library makes of what it is given, each with its typed error.

use ndarray::{ArrayRef, Dimension};

use crate::error::{Error, Result};

/// [`Error::Parameter`] unless `fine`.
pub(crate) fn parameter(
    name: &'static str,
    value: impl Number,
    fine: bool,
    valid: &'static str,
) -> Result<()> {
    if fine {
        return Ok(());
    }
    let value = value.number();
    Err(Error::Parameter { name, value, valid })
}

/// What [`parameter`] names: a count or a number.
pub(crate) trait Number {
    fn number(self) -> f64;
}

impl Number for usize {
    fn number(self) -> f64 {
        self as f64
    }
}

impl Number for f32 {
    fn number(self) -> f64 {
        self.into()
    }
}

impl Number for f64 {
    fn number(self) -> f64 {
        self
    }
}

/// [`Error::Empty`] if there are none.
pub(crate) fn not_empty(what: &'static str, number: usize) -> Result<()> {
    if number == 0 {
        return Err(Error::Empty { what });
    }
    Ok(())
}

/// [`Error::Shape`] unless the shapes are equal.
pub(crate) fn same_shape(what: &'static str, expected: &[usize], found: &[usize]) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(Error::Shape {
        what,
        expected: expected.to_vec(),
        found: found.to_vec(),
    })
}

/// [`Error::Label`] for the first label that is not in 0..`classes`.
pub(crate) fn labels<'a>(
    labels: impl IntoIterator<Item = &'a usize>,
    classes: usize,
) -> Result<()> {
    match labels.into_iter().find(|label| **label >= classes) {
        Some(&label) => Err(Error::Label { label, classes }),
        None => Ok(()),
    }
}

/// [`Error::Word`] for the first number that is not in 0..`words`.
pub(crate) fn words<'a>(numbers: impl IntoIterator<Item = &'a usize>, words: usize) -> Result<()> {
    match numbers.into_iter().find(|word| **word >= words) {
        Some(&word) => Err(Error::Word { word, words }),
        None => Ok(()),
    }
}

/// [`Error::NotFinite`] for the first value, f32 or f64, that is NaN or infinite.
pub(crate) fn finite<'a, T: Copy + Into<f64> + 'a>(
    what: &'static str,
    values: impl IntoIterator<Item = &'a T>,
) -> Result<()> {
    let values = values.into_iter().map(|value| (*value).into());
    let mut values = values.enumerate();
    match values.find(|(_, value)| !value.is_finite()) {
        None => Ok(()),
        Some((index, value)) => Err(Error::NotFinite { what, index, value }),
    }
}

/// [`finite`] for a whole array, at the speed of memory.
pub(crate) fn all_finite<D: Dimension>(what: &'static str, x: &ArrayRef<f32, D>) -> Result<()> {
    match x.as_slice_memory_order() {
        Some(values) if is_finite(values) => Ok(()),
        _ => finite(what, x),
    }
}

/// Whether no value is NaN or infinite; without branches, so that it runs at the speed of memory.
pub(crate) fn is_finite(values: &[f32]) -> bool {
    const EXPONENT: u32 = 0x7f80_0000;
    let bad = values.iter().fold(0, |bad, x| {
        bad | u32::from(x.to_bits() & EXPONENT == EXPONENT)
    });
    bad == 0
}

/// Most bytes that one request may ask for: 2⁴⁰, a tebibyte.
///
/// `isize::MAX` is what Rust can address; but a system that promises more memory than it has (Linux may)
/// grants a hundred times its memory, and ends the process when it is used. No machine that this is meant
/// for has a tebibyte: a size beyond it is a negative number or a wrong product.
const MOST_BYTES: usize = match 1_usize.checked_shl(40) {
    Some(most) => most,
    None => isize::MAX as usize, // 32 bits
};

/// From this many bytes on the system is asked whether it has them.
const ASK_FROM: usize = 64 << 20;

/// The number of elements of an array of `T` with this shape, if memory for it can be had.
///
/// A dimension of 0 makes the array empty, but it does not excuse the others: no array type can hold the
/// shape (`usize::MAX`, 0).
///
/// # Errors
/// [`Error::Size`] if the elements overflow `usize`, come to more than 2⁴⁰ bytes, or to more than the system
/// has at this moment.
pub(crate) fn elements<T>(what: &'static str, shape: &[usize]) -> Result<usize> {
    let refused = || Error::Size {
        what,
        shape: shape.to_vec(),
    };
    let multiplied = |product: usize, n: &usize| product.checked_mul(*n);
    let shown = shape.iter().map(|n| n.max(&1)).try_fold(1, multiplied);
    let bytes = shown.and_then(|n| n.checked_mul(size_of::<T>().max(1)));
    let bytes = bytes.filter(|bytes| *bytes <= MOST_BYTES);
    let bytes = bytes.ok_or_else(refused)?;
    let total = shape.iter().product();
    if total > 0 && bytes >= ASK_FROM {
        // Taken and given back untouched: a failed `vec![0.0; n]` would abort the process.
        let asked = Vec::<u8>::new().try_reserve_exact(bytes);
        asked.map_err(|_| refused())?;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_counted_and_the_rest_named() {
        assert_eq!(elements::<f32>("x", &[3, 5]), Ok(15));
        assert_eq!(elements::<f32>("x", &[]), Ok(1));
        assert_eq!(elements::<f32>("x", &[7, 0]), Ok(0));
        assert_eq!(elements::<f32>("x", &[10_000, 10_000]), Ok(100_000_000));
        for shape in [
            [usize::MAX, 2],
            [usize::MAX, 0],
            [1 << 32, 1 << 32],
            [1 << 38, 2],
            [isize::MAX as usize, 1],
        ] {
            let error = elements::<f32>("x", &shape).unwrap_err();
            let what = "x";
            let shape = shape.to_vec();
            assert_eq!(error, Error::Size { what, shape });
        }
        let text = elements::<u8>("samples", &[usize::MAX, 2]).unwrap_err();
        assert_eq!(
            text.to_string(),
            "samples: shape [18446744073709551615, 2], more than memory can hold"
        );
    }
}
