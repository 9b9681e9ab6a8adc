//! Rows picked from a table: y_r = table[index_r].

use std::sync::Arc;

use super::math::piece;
use super::op::{Backward, Op, Var};
use super::tape::{Tape, shapes_fit};
use crate::error::{Error, Result};
use crate::parallel::*;

/// Which row of a table belongs to each row of a batch, for [`Tape::gather`] and [`Tape::film_residual`]. Cheap to
/// clone.
#[derive(Debug, Clone)]
pub struct Rows {
    /// Table row of each batch row.
    of: Arc<[u32]>,
    /// Batch rows ordered by table row, then by number.
    by_table: Arc<[u32]>,
    table_rows: usize,
}

impl Rows {
    /// For a batch whose row r uses row `index[r]` of a table with `table_rows` rows.
    ///
    /// # Errors
    /// [`Error::Row`] for an index that is not in `0..table_rows`; [`Error::Size`] for a table or batch of
    /// 2³² rows or more.
    pub fn new(index: &[usize], table_rows: usize) -> Result<Self> {
        if let Some(&row) = index.iter().find(|i| **i >= table_rows) {
            return Err(Error::Row { row, table_rows });
        }
        // Rows are counted in 32 bits.
        let longest = table_rows.max(index.len());
        if u32::try_from(longest).is_err() {
            let (what, shape) = ("rows of a table or batch", vec![longest]);
            return Err(Error::Size { what, shape });
        }
        let mut by_table: Vec<u32> = (0..index.len() as u32).collect();
        by_table.sort_by_key(|r| index[*r as usize]);
        Ok(Self {
            of: index.iter().map(|i| *i as u32).collect(),
            by_table: by_table.into(),
            table_rows,
        })
    }

    /// The distinct timesteps of a batch, or pairs of timestep and label, ascending, and which of them belongs to each
    /// row.
    ///
    /// A batch of 2048 rows has at most T distinct t: whatever depends on t alone is computed once for
    /// each of them, as a table, and its rows are then gathered.
    ///
    /// # Errors
    /// [`Error::Size`] for a batch of 2³² rows or more.
    pub fn distinct<T: Ord + Copy>(ts: &[T]) -> Result<(Vec<T>, Self)> {
        let mut distinct = ts.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let place = |t: &T| distinct.binary_search(t).expect("every t is in it");
        let index: Vec<usize> = ts.iter().map(place).collect();
        let rows = Self::new(&index, distinct.len())?;
        Ok((distinct, rows))
    }

    /// Table row of each batch row.
    pub(super) fn of(&self) -> &[u32] {
        &self.of
    }

    /// Refuses a table of another number of rows; the rows are named as a shape, batch × table.
    pub(super) fn fit(&self, op: &'static str, table: (usize, usize)) -> Result<()> {
        let meant = (self.of.len(), self.table_rows);
        shapes_fit(table.0 == meant.1, op, table, meant)
    }

    /// Refuses a table that holds not a scale and a shift for each column of a matrix `dim`, or rows that are not `n`.
    pub(super) fn fit_film(
        &self,
        op: &'static str,
        n: usize,
        dim: (usize, usize),
        table: (usize, usize),
    ) -> Result<()> {
        let fit = Some(table.1) == dim.1.checked_mul(2);
        shapes_fit(fit, op, dim, table)?;
        self.fit(op, table)?;
        let batch = self.of.len();
        shapes_fit(batch == n, op, dim, (batch, table.0))
    }

    /// The derivative of gathering: for each batch row r, in ascending order, `add(sum, r)` adds its gradient to
    /// that of its table row, one of the rows of `sums`; `adds` says whether those are to be added to.
    pub(super) fn scatter(
        &self,
        sums: &mut [f32],
        cols: usize,
        adds: bool,
        add: impl Fn(&mut [f32], usize) + Sync,
    ) {
        let Self { of, by_table, .. } = self;
        let table_row = |r: &u32| of[*r as usize] as usize;
        let cols = cols.max(1);
        let batch = of.len() * cols;
        let pieces = (batch / piece(batch, cols)).max(1);
        let rows = (sums.len() / cols).div_ceil(pieces).max(1);
        let pieces = sums.par_chunks_mut(rows * cols).enumerate();
        pieces.for_each(|(i, sums)| {
            let first = by_table.partition_point(|r| table_row(r) < i * rows);
            let mut batch_rows = by_table[first..].iter().peekable();
            for (k, sum) in (i * rows..).zip(sums.chunks_exact_mut(cols)) {
                if !adds {
                    sum.fill(0.0);
                }
                while let Some(r) = batch_rows.next_if(|r| table_row(r) == k) {
                    add(sum, *r as usize);
                }
            }
        });
    }
}

struct Gather {
    table: Var,
    rows: Rows,
}

impl Tape<'_> {
    /// Picks a row of `table` (k, c) for each row of the batch: shape (n, c).
    ///
    /// # Errors
    /// [`Error::Shapes`] too if `rows` was made for a table of another size (its shape is
    /// named as batch × table rows).
    pub fn gather(&mut self, table: Var, rows: &Rows) -> Result<Var> {
        let table_dim @ (_, cols) = self.dim(table)?;
        rows.fit("gather", table_dim)?;
        let dim = (rows.of().len(), cols);
        let mut y = self.take("gather", dim)?;
        let values = self.slice(table);
        for (y, k) in y.chunks_exact_mut(cols.max(1)).zip(rows.of()) {
            y.copy_from_slice(&values[*k as usize * cols..][..cols]);
        }
        let rows = rows.clone();
        Ok(self.push(Gather { table, rows }, &[table], y, dim))
    }
}

impl Op for Gather {
    /// dtable_k = Σ of dy over the rows that show table row k, in ascending order of row.
    fn backward(&self, walk: &mut Backward, y: Var, dy: Vec<f32>) {
        let (_, cols) = walk.dim(y);
        let (mut sums, adds) = walk.open(self.table);
        self.rows.scatter(sums.values(), cols, adds, |sum, r| {
            let dy = &dy[r * cols..][..cols];
            sum.iter_mut().zip(dy).for_each(|(s, d)| *s += d);
        });
        walk.put(self.table, sums);
        walk.recycle(dy);
    }
}
