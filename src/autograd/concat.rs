//! Matrices side by side.

use super::backward::Backward;
use super::tape::{Node, Op, Tape, Var, shapes_fit};
use crate::error::{Error, Result};

#[derive(Debug)]
pub(super) struct Concat {
    parts: Vec<Var>,
}

impl Tape<'_> {
    /// The columns of all `parts`, in order: (n, a), (n, b), … become (n, a + b + …).
    ///
    /// # Errors
    /// [`Error::Shapes`] if the numbers of rows differ; [`Error::Empty`] without parts.
    pub fn concat(&mut self, parts: &[Var]) -> Result<Var> {
        let Some(first) = parts.first() else {
            let what = "concat";
            return Err(Error::Empty { what });
        };
        let first = self.dim(*first)?;
        let (rows, mut cols) = (first.0, 0_usize);
        for part in parts {
            let dim = self.dim(*part)?;
            shapes_fit(dim.0 == rows, "concat", first, dim)?;
            cols = cols.saturating_add(dim.1);
        }
        let mut y = self.room("concat", rows, cols)?;
        let mut start = 0;
        for part in parts {
            let width = self.dim(*part)?.1;
            let values = self.slice(*part);
            // A matrix without columns may have more rows than anyone can count through.
            let rows = if width > 0 { rows } else { 0 };
            for r in 0..rows {
                y[r * cols + start..][..width].copy_from_slice(&values[r * width..][..width]);
            }
            start += width;
        }
        let wanted = parts.iter().any(|part| self.wants(*part));
        let parts = parts.to_vec();
        Ok(self.push(Op::Concat(Concat { parts }), y, rows, cols, wanted))
    }
}

impl Concat {
    /// Each part's gradient is its own columns of dy.
    pub fn backward(&self, walk: &mut Backward, dy: Vec<f32>, node: &Node) {
        let mut start = 0;
        for part in &self.parts {
            let width = walk.node(*part).cols;
            if walk.wants(*part) {
                let mut d = walk.work.take(node.rows * width);
                let rows = if width > 0 { node.rows } else { 0 };
                for r in 0..rows {
                    let columns = &dy[r * node.cols + start..][..width];
                    d[r * width..][..width].copy_from_slice(columns);
                }
                walk.give(*part, d);
            }
            start += width;
        }
        walk.work.give(dy);
    }
}
