//! Rows picked from a table: y_r = table[index_r].

use std::sync::OnceLock;

use crate::parallel::*;

use super::backward::Backward;
use super::math::piece;
use super::tape::{Node, Op, Tape, Var, shapes_fit};
use crate::error::{Error, Result};

/// Which row of a table belongs to each row of a batch; made by [`Tape::rows`] or [`Tape::distinct`].
#[derive(Debug, Clone, Copy)]
pub struct Rows {
    index: usize,
    tape: u64,
}

/// The same, by batch row and by table row.
#[derive(Debug)]
pub(super) struct RowIndex {
    /// Table row of each batch row.
    pub of: Vec<u32>,
    pub table_rows: usize,
    users: OnceLock<Users>,
}

/// Batch rows by table row, so that the derivative can sum each table row in one place.
#[derive(Debug)]
pub(super) struct Users {
    /// Batch rows ordered by table row, those of table row k at `starts[k]..starts[k + 1]`.
    order: Vec<u32>,
    starts: Vec<u32>,
}

impl RowIndex {
    fn new(of: Vec<u32>, table_rows: usize) -> Self {
        let users = OnceLock::new();
        Self {
            of,
            table_rows,
            users,
        }
    }

    /// For a table that is there, with a number in each row: until then, `table_rows` is only a claim.
    pub fn users(&self) -> &Users {
        self.users
            .get_or_init(|| Users::new(&self.of, self.table_rows))
    }
}

impl Users {
    fn new(of: &[u32], table_rows: usize) -> Self {
        let mut starts = vec![0_u32; table_rows + 1];
        of.iter().for_each(|k| starts[*k as usize + 1] += 1);
        for k in 0..table_rows {
            starts[k + 1] += starts[k];
        }
        let mut next = starts.clone();
        let mut order = vec![0; of.len()];
        for (r, k) in (0_u32..).zip(of) {
            let place = &mut next[*k as usize];
            order[*place as usize] = r;
            *place += 1;
        }
        Self { order, starts }
    }

    /// Batch rows that show table row `k`, in ascending order.
    pub fn of(&self, k: usize) -> &[u32] {
        &self.order[self.starts[k] as usize..self.starts[k + 1] as usize]
    }
}

#[derive(Debug)]
pub(super) struct Gather {
    table: Var,
    rows: usize,
}

impl Tape<'_> {
    /// For a batch whose row r uses row `index[r]` of a table with `table_rows` rows.
    ///
    /// # Errors
    /// [`Error::Row`] for an index that is not in `0..table_rows`; [`Error::Size`] for a table or batch of
    /// 2³² rows or more.
    pub fn rows(&mut self, index: &[usize], table_rows: usize) -> Result<Rows> {
        if let Some(&row) = index.iter().find(|i| **i >= table_rows) {
            return Err(Error::Row { row, table_rows });
        }
        // Rows are counted in 32 bits.
        let longest = table_rows.max(index.len());
        if u32::try_from(longest).is_err() {
            let (what, shape) = ("rows of a table or batch", vec![longest]);
            return Err(Error::Size { what, shape });
        }
        let of = index.iter().map(|i| *i as u32).collect();
        self.indices.push(RowIndex::new(of, table_rows));
        let index = self.indices.len() - 1;
        let tape = self.id;
        Ok(Rows { index, tape })
    }

    /// The distinct timesteps of a batch, ascending, and which of them belongs to each row.
    ///
    /// A batch of 2048 rows has at most T distinct t: whatever depends on t alone is computed once for
    /// each of them, as a table, and its rows are then gathered.
    pub fn distinct(&mut self, ts: &[usize]) -> (Vec<usize>, Rows) {
        let mut distinct = ts.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let place = |t| distinct.binary_search(t).expect("every t is in it");
        let of = ts.iter().map(|t| place(t) as u32).collect();
        self.indices.push(RowIndex::new(of, distinct.len()));
        let index = self.indices.len() - 1;
        let tape = self.id;
        (distinct, Rows { index, tape })
    }

    /// Picks a row of `table` (k, c) for each row of the batch: shape (n, c).
    ///
    /// # Errors
    /// [`Error::Shapes`] if `rows` was made for a table of another size (its shape is named as batch ×
    /// table rows).
    pub fn gather(&mut self, table: Var, rows: Rows) -> Result<Var> {
        let (_, cols) = self.dim(table)?;
        let rows = self.fitting_rows("gather", table, rows)?;
        let n = self.indices[rows].of.len();
        let mut y = self.room("gather", n, cols)?;
        let values = self.slice(table);
        let chosen = y.chunks_exact_mut(cols.max(1)).zip(&self.indices[rows].of);
        chosen.for_each(|(y, k)| y.copy_from_slice(&values[*k as usize * cols..][..cols]));
        let op = Op::Gather(Gather { table, rows });
        Ok(self.push(op, y, n, cols, self.wants(table)))
    }

    /// Position of `rows` in the tape's list, if it was made here and for a table of this many rows.
    pub(super) fn fitting_rows(&self, op: &'static str, table: Var, rows: Rows) -> Result<usize> {
        let dim = self.dim(table)?;
        if rows.tape != self.id {
            return Err(Error::Foreign {
                what: "value of one tape",
            });
        }
        let index = &self.indices[rows.index];
        let meant = (index.of.len(), index.table_rows);
        shapes_fit(dim.0 == meant.1, op, dim, meant)?;
        Ok(rows.index)
    }
}

impl Gather {
    /// dtable_k = Σ of dy over the rows that show table row k, in ascending order of row.
    pub fn backward(&self, walk: &mut Backward, dy: Vec<f32>, node: &Node) {
        if walk.wants(self.table) {
            let cols = node.cols.max(1);
            let index = &walk.indices[self.rows];
            let (mut sum, beta) = walk.take(self.table);
            let rows = piece(dy.len(), cols) / cols;
            let table_rows = (index.table_rows * rows).div_ceil(node.rows.max(1)).max(1);
            let pieces = sum.par_chunks_mut(table_rows * cols).enumerate();
            pieces.for_each(|(i, sum)| {
                let users = index.users();
                for (k, sum) in (i * table_rows..).zip(sum.chunks_exact_mut(cols)) {
                    if beta == 0.0 {
                        sum.fill(0.0);
                    }
                    for r in users.of(k) {
                        let dy = &dy[*r as usize * cols..][..cols];
                        sum.iter_mut().zip(dy).for_each(|(s, d)| *s += d);
                    }
                }
            });
            walk.put(self.table, sum);
        }
        walk.work.give(dy);
    }
}
