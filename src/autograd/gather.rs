//! Rows picked from a table: y_r = table[index_r].

use super::op::{Backward, Op, Var};
use super::rows::Rows;
use super::tape::Tape;
use crate::error::Result;

#[derive(Debug)]
struct Gather {
    table: Var,
    rows: Rows,
}

impl Tape<'_> {
    /// Picks a row of `table` (k, c) for each row of the batch: shape (n, c).
    ///
    /// # Errors
    /// [`Error::Shapes`](crate::Error::Shapes) too if `rows` was made for a table of another size (its shape is
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
        self.rows.scatter(&mut sums, cols, adds, |sum, r| {
            let dy = &dy[r * cols..][..cols];
            sum.iter_mut().zip(dy).for_each(|(s, d)| *s += d);
        });
        walk.put(self.table, sums);
        walk.recycle(dy);
    }
}
