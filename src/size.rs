//! The one check of sizes: what memory cannot hold is refused before anything is taken.

use crate::error::{Error, Result};

/// Most bytes that one request may ask for: 2⁴⁰, a tebibyte.
///
/// `isize::MAX` is what Rust can address; but a system that promises more memory than it has (Linux may)
/// grants a hundred times its memory, and ends the process when it is used. No machine that this is meant
/// for has a tebibyte: a size beyond it is a negative number or a wrong product.
const MOST_BYTES: usize = 1 << 40;

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
            "samples of shape [18446744073709551615, 2] are more than memory can hold"
        );
    }
}
