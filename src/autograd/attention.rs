//! Scaled dot-product attention: every row of one matrix looks at the rows of another.

use super::kernel::product;
use super::matrix::{Matrix, Start};
use super::op::{Backward, Op, Var};
use super::softmax::{softmax_rows, softmax_rows_back};
use super::tape::{Tape, shapes_fit};
use crate::check;
use crate::error::Result;
use crate::parallel::*;

/// softmax(q·kᵀ/√d) of every sample and head, (n·heads·Lq, Lk), is kept beside the result.
struct Attention {
    q: Var,
    k: Var,
    v: Var,
    shares: Var,
    sizes: Sizes,
}

/// Sizes of one sample: Lq rows of q and Lk of k and v, in heads of `width` columns.
#[derive(Clone, Copy)]
struct Sizes {
    queries: usize,
    keys: usize,
    heads: usize,
    width: usize,
}

impl Tape<'_> {
    /// Attention in `heads` heads within each of the `n` samples of a batch: softmax(q·kᵀ/√d)·v, softmax over
    /// each row (Vaswani et al. 2017, eq. 1).
    ///
    /// `q` is (n·Lq, C), `k` and `v` are (n·Lk, C), sample after sample; head h has the columns h·d..(h + 1)·d,
    /// d = C/heads, of each, and writes them in the result, (n·Lq, C). With q, k and v of the same rows it is
    /// self-attention, otherwise cross-attention.
    ///
    /// # Errors
    /// [`Error::Shapes`](crate::Error::Shapes) too if `n` does not divide the rows;
    /// [`Error::Parameter`](crate::Error::Parameter) if `heads` does not divide C;
    /// [`Error::Empty`](crate::Error::Empty) for samples without rows or columns.
    pub fn attention(&mut self, q: Var, k: Var, v: Var, n: usize, heads: usize) -> Result<Var> {
        let (op, dim @ (rows, cols)) = ("attention", self.dim(q)?);
        let kept @ (looked_at, _) = self.dim(k)?;
        shapes_fit(kept.1 == cols, op, dim, kept)?;
        shapes_fit(self.dim(v)? == kept, op, kept, self.dim(v)?)?;
        check::not_empty(op, n.min(rows).min(looked_at).min(cols))?;
        let fit = rows.is_multiple_of(n) && looked_at.is_multiple_of(n);
        shapes_fit(fit, op, dim, (n, heads))?;
        let fine = heads > 0 && cols.is_multiple_of(heads);
        let valid = "at least 1 and a divisor of the columns";
        check::parameter("heads of an attention", heads, fine, valid)?;
        let sizes = Sizes {
            queries: rows / n,
            keys: looked_at / n,
            heads,
            width: cols / heads,
        };
        let shares_dim = (rows * heads, sizes.keys);
        let (mut y, mut shares) = (self.take(op, dim)?, self.take(op, shares_dim)?);
        let [of_q, of_k, of_shares] = sizes.lengths();
        let [q_values, k_values, v_values] = [q, k, v].map(|var| self.slice(var));
        let results = y.par_chunks_exact_mut(of_q);
        let results = results.zip(shares.par_chunks_exact_mut(of_shares));
        results.enumerate().for_each(|(i, (y, shares))| {
            let q = &q_values[i * of_q..][..of_q];
            let [k, v] = [k_values, v_values].map(|x| &x[i * of_k..][..of_k]);
            forward(sizes, [q, k, v], y, shares);
        });
        let shares = self.kept(shares, shares_dim);
        let op = Attention {
            q,
            k,
            v,
            shares,
            sizes,
        };
        Ok(self.push(op, &[q, k, v], y, dim))
    }
}

impl Sizes {
    /// The columns of head `h` of one sample's q or y, or k or v, as they stand.
    fn head<'a>(&self, values: &'a [f32], h: usize) -> Matrix<'a> {
        let cols = self.heads * self.width;
        let all = Matrix::new(values, values.len() / cols, cols);
        all.columns(h * self.width..(h + 1) * self.width)
    }

    /// Writes a·b to the columns of head `h`.
    fn write(&self, a: Matrix, b: Matrix, to: &mut [f32], h: usize, memory: &mut Vec<f32>) {
        memory.resize(a.rows * b.cols, 0.0);
        product(a, b, Start::Zero, memory);
        let rows = to.chunks_exact_mut(self.heads * self.width);
        for (to, piece) in rows.zip(memory.chunks_exact(self.width)) {
            to[h * self.width..][..self.width].copy_from_slice(piece);
        }
    }

    /// Numbers of a sample's q or y, of its k or v, and of its shares.
    fn lengths(&self) -> [usize; 3] {
        let cols = self.heads * self.width;
        [
            self.queries * cols,
            self.keys * cols,
            self.heads * self.queries * self.keys,
        ]
    }

    /// What q·kᵀ is multiplied by: 1/√d.
    fn scale(&self) -> f32 {
        1.0 / (self.width as f32).sqrt()
    }
}

/// One sample: y and the shares of its heads.
fn forward(sizes: Sizes, [q, k, v]: [&[f32]; 3], y: &mut [f32], shares: &mut [f32]) {
    let Sizes { queries, keys, .. } = sizes;
    let mut memory = Vec::new();
    let heads = shares.chunks_exact_mut(queries * keys).enumerate();
    for (h, shares) in heads {
        let [q, k, v] = [q, k, v].map(|x| sizes.head(x, h));
        product(q, k.t(), Start::Zero, shares);
        softmax_rows(shares, keys, sizes.scale());
        sizes.write(Matrix::new(shares, queries, keys), v, y, h, &mut memory);
    }
}

/// One sample: dq, dk and dv from dy.
fn backward(sizes: Sizes, [q, k, v, dy, shares]: [&[f32]; 5], [dq, dk, dv]: [&mut [f32]; 3]) {
    let Sizes { queries, keys, .. } = sizes;
    let (mut ds, mut memory) = (vec![0.0; queries * keys], Vec::new());
    let heads = shares.chunks_exact(queries * keys).enumerate();
    for (h, shares) in heads {
        let [q, k, v, dy] = [q, k, v, dy].map(|x| sizes.head(x, h));
        sizes.write(
            Matrix::new(shares, queries, keys).t(),
            dy,
            dv,
            h,
            &mut memory,
        );
        product(dy, v.t(), Start::Zero, &mut ds);
        softmax_rows_back(&mut ds, shares, keys, sizes.scale());
        let ds = Matrix::new(&ds, queries, keys);
        sizes.write(ds, k, dq, h, &mut memory);
        sizes.write(ds.t(), q, dk, h, &mut memory);
    }
}

impl Op for Attention {
    /// With the shares p and dp = dy·vᵀ: dv = pᵀ·dy, ds = p·(dp − Σ_row p·dp)/√d, dq = ds·k, dk = dsᵀ·q.
    fn backward(&self, walk: &mut Backward, _: Var, dy: Vec<f32>) {
        let [q, k, v, shares] = [self.q, self.k, self.v, self.shares].map(|var| walk.slice(var));
        let [mut dq, mut dk, mut dv] = [q, k, v].map(|x| walk.take(x.len()));
        let [of_q, of_k, of_shares] = self.sizes.lengths();
        let of_keys = dk.par_chunks_exact_mut(of_k);
        let of_keys = of_keys.zip(dv.par_chunks_exact_mut(of_k));
        let results = dq.par_chunks_exact_mut(of_q).zip(of_keys);
        results.enumerate().for_each(|(i, (dq, (dk, dv)))| {
            let [q, dy] = [q, &dy].map(|x| &x[i * of_q..][..of_q]);
            let [k, v] = [k, v].map(|x| &x[i * of_k..][..of_k]);
            let shares = &shares[i * of_shares..][..of_shares];
            backward(self.sizes, [q, k, v, dy, shares], [dq, dk, dv]);
        });
        walk.recycle(dy);
        walk.give(self.q, dq);
        walk.give(self.k, dk);
        walk.give(self.v, dv);
    }
}
