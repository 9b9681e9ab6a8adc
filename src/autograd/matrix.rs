//! Operands of products.

use std::ops::Range;

/// A matrix in memory, line after line: entry (r, c) is number c of line r, or number r of line c if it is turned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix<'a> {
    values: &'a [f32],
    pub rows: usize,
    pub cols: usize,
    /// Lines begin every so many numbers, or at these places.
    stride: usize,
    starts: Option<&'a [u32]>,
    pub turned: bool,
}

impl<'a> Matrix<'a> {
    /// A row-major slice as a matrix.
    pub fn new(values: &'a [f32], rows: usize, cols: usize) -> Self {
        assert_eq!(values.len(), rows * cols, "as long as its shape");
        Self {
            values,
            rows,
            cols,
            stride: cols,
            starts: None,
            turned: false,
        }
    }

    /// A row of `cols` numbers from each of these places on; rows may overlap.
    pub fn lines(values: &'a [f32], starts: &'a [u32], cols: usize) -> Self {
        Self {
            values,
            rows: starts.len(),
            cols,
            stride: 0,
            starts: Some(starts),
            turned: false,
        }
    }

    /// What is in memory from this number of a line on.
    #[inline(always)]
    pub fn from(&self, line: usize, number: usize) -> &'a [f32] {
        let start = match self.starts {
            Some(starts) => starts[line] as usize,
            None => line * self.stride,
        };
        &self.values[start + number..]
    }

    /// The transpose.
    pub fn t(self) -> Self {
        Self {
            rows: self.cols,
            cols: self.rows,
            turned: !self.turned,
            ..self
        }
    }

    /// Some of the rows.
    #[inline(always)]
    pub fn rows(self, range: Range<usize>) -> Self {
        let rows = range.len();
        let (first, starts) = match self.starts {
            Some(starts) if !self.turned => (0, Some(&starts[range])),
            starts if self.turned => (range.start, starts),
            _ => (range.start * self.stride, None),
        };
        Self {
            values: self.values.get(first..).unwrap_or(&[]),
            rows,
            starts,
            ..self
        }
    }

    /// Some of the columns.
    #[inline(always)]
    pub fn columns(self, range: Range<usize>) -> Self {
        self.t().rows(range).t()
    }
}

/// What a product is added to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Start<'a> {
    Zero,
    /// What stands in the result.
    Add,
    /// The same numbers in every row.
    Row(&'a [f32]),
}

impl Start<'_> {
    /// That of some of the columns.
    #[inline(always)]
    pub fn columns(self, range: Range<usize>) -> Self {
        match self {
            Self::Row(row) => Self::Row(&row[range]),
            start => start,
        }
    }
}
