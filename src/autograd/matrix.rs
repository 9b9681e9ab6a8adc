//! Matrices as a product takes them.

use std::ops::Range;

/// A matrix in memory: entry (r, c) is `values[r * stride + c]`, or `values[c * stride + r]` if it is turned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matrix<'a> {
    pub values: &'a [f32],
    pub rows: usize,
    pub cols: usize,
    pub stride: usize,
    pub turned: bool,
}

impl<'a> Matrix<'a> {
    /// A row-major slice as a matrix.
    pub fn new(values: &'a [f32], rows: usize, cols: usize) -> Self {
        assert_eq!(values.len(), rows * cols, "as long as its shape");
        let (stride, turned) = (cols, false);
        Self {
            values,
            rows,
            cols,
            stride,
            turned,
        }
    }

    /// The transpose.
    pub fn t(self) -> Self {
        let (rows, cols, turned) = (self.cols, self.rows, !self.turned);
        Self {
            rows,
            cols,
            turned,
            ..self
        }
    }

    /// The rows before `row`, and the others.
    pub fn split_at(self, row: usize) -> (Self, Self) {
        let start = if self.turned { row } else { row * self.stride };
        let above = Self { rows: row, ..self };
        let values = self.values.get(start..).unwrap_or(&[]);
        let rows = self.rows - row;
        (
            above,
            Self {
                values,
                rows,
                ..self
            },
        )
    }

    /// Some of the columns.
    pub fn columns(self, range: Range<usize>) -> Self {
        let (above, _) = self.t().split_at(range.end);
        above.split_at(range.start).1.t()
    }
}

/// What a product is added to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start<'a> {
    Zero,
    /// What stands in the result.
    Add,
    /// The same numbers in every row.
    Row(&'a [f32]),
}
