//! Scaled dot-product attention: every row of one matrix looks at the rows of another.

use super::attention_short::{self as short, Sizes};
use super::kernel::product;
use super::matrix::{Matrix, Start};
use super::op::{Backward, Op, Var};
use super::softmax::{softmax_rows, softmax_rows_back};
use super::tape::{Tape, shapes_fit};
use crate::check;
use crate::error::Result;
use crate::parallel::*;

/// softmax(q·kᵀ/√d) of every sample and head, (n, heads·Lq·Lk), is kept beside the result; of short samples as
/// [their way](short) has it.
struct Attention {
    q: Var,
    k: Var,
    v: Var,
    shares: Var,
    sizes: Sizes,
}

impl Tape<'_> {
    /// Attention in `heads` heads within each of the `n` samples of a batch: softmax(q·kᵀ/√d)·v, the
    /// [softmax](Self::softmax) over each row (Vaswani et al. 2017, eq. 1).
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
        let [of_q, of_k, of_shares] = sizes.lengths();
        let shares_dim = (n, of_shares);
        let (mut y, mut shares) = (self.take(op, dim)?, self.take(op, shares_dim)?);
        let [q_values, k_values, v_values] = [q, k, v].map(|var| self.slice(var));
        let results = y.par_chunks_exact_mut(of_q);
        let results = results.zip(shares.par_chunks_exact_mut(of_shares));
        results.enumerate().for_each(|(i, (y, shares))| {
            let q = &q_values[i * of_q..][..of_q];
            let [k, v] = [k_values, v_values].map(|x| &x[i * of_k..][..of_k]);
            match sizes.are_short() {
                true => short::forward(sizes, [q, k, v], y, shares),
                false => forward(sizes, [q, k, v], y, shares),
            }
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

/// The columns of head `h` of one sample's q or y, or k or v, as they stand.
fn head<'a>(sizes: &Sizes, values: &'a [f32], h: usize) -> Matrix<'a> {
    let cols = sizes.heads * sizes.width;
    let all = Matrix::new(values, values.len() / cols, cols);
    all.columns(h * sizes.width..(h + 1) * sizes.width)
}

/// Writes a·b to the columns of head `h`.
fn write(sizes: &Sizes, [a, b]: [Matrix; 2], to: &mut [f32], h: usize, memory: &mut Vec<f32>) {
    memory.resize(a.rows * b.cols, 0.0);
    product(a, b, Start::Zero, memory);
    let rows = to.chunks_exact_mut(sizes.heads * sizes.width);
    for (to, piece) in rows.zip(memory.chunks_exact(sizes.width)) {
        to[h * sizes.width..][..sizes.width].copy_from_slice(piece);
    }
}

/// One sample: y and the shares of its heads.
fn forward(sizes: Sizes, [q, k, v]: [&[f32]; 3], y: &mut [f32], shares: &mut [f32]) {
    let Sizes { queries, keys, .. } = sizes;
    let mut memory = Vec::new();
    let heads = shares.chunks_exact_mut(queries * keys).enumerate();
    for (h, shares) in heads {
        let [q, k, v] = [q, k, v].map(|x| head(&sizes, x, h));
        product(q, k.t(), Start::Zero, shares);
        softmax_rows(shares, keys, sizes.scale());
        let shares = Matrix::new(shares, queries, keys);
        write(&sizes, [shares, v], y, h, &mut memory);
    }
}

/// One sample: dq, dk and dv from dy.
fn backward(sizes: Sizes, [q, k, v, dy, shares]: [&[f32]; 5], [dq, dk, dv]: [&mut [f32]; 3]) {
    let Sizes { queries, keys, .. } = sizes;
    let (mut ds, mut memory) = (vec![0.0; queries * keys], Vec::new());
    let heads = shares.chunks_exact(queries * keys).enumerate();
    for (h, shares) in heads {
        let [q, k, v, dy] = [q, k, v, dy].map(|x| head(&sizes, x, h));
        let turned = Matrix::new(shares, queries, keys).t();
        write(&sizes, [turned, dy], dv, h, &mut memory);
        product(dy, v.t(), Start::Zero, &mut ds);
        softmax_rows_back(&mut ds, shares, keys, sizes.scale());
        let ds = Matrix::new(&ds, queries, keys);
        write(&sizes, [ds, k], dq, h, &mut memory);
        write(&sizes, [ds.t(), q], dk, h, &mut memory);
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
            let (values, results) = ([q, k, v, dy, shares], [dq, dk, dv]);
            match self.sizes.are_short() {
                true => short::backward(self.sizes, values, results),
                false => backward(self.sizes, values, results),
            }
        });
        walk.recycle(dy);
        walk.give(self.q, dq);
        walk.give(self.k, dk);
        walk.give(self.v, dv);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    /// Forward and backward, to the last bit, with heads of less than a vector, of one and of more.
    #[test]
    fn short_samples_have_the_bits_of_the_general_way() {
        for (queries, keys, heads, width) in [
            (10, 10, 4, 16),
            (10, 10, 8, 8),
            (16, 16, 4, 16),
            (1, 16, 2, 3),
            (16, 1, 1, 20),
            (7, 9, 3, 33),
            (2, 3, 2, 16),
        ] {
            let sizes = Sizes {
                queries,
                keys,
                heads,
                width,
            };
            assert!(sizes.are_short());
            let (of_q, of_k) = (queries * heads * width, keys * heads * width);
            let random = |n: usize| {
                let values = Rng::new(n as u64).standard_normal_1d(n).unwrap();
                values.to_vec()
            };
            let [q, dy] = [(); 2].map(|()| random(of_q));
            let [k, v] = [(); 2].map(|()| random(of_k).into_iter().rev().collect::<Vec<_>>());
            let run = |is_short: bool| {
                let mut y = vec![0.0; of_q];
                let mut shares = vec![
                    0.0;
                    if is_short {
                        heads * keys * 16
                    } else {
                        heads * queries * keys
                    }
                ];
                let [mut dq, mut dk, mut dv] = [of_q, of_k, of_k].map(|n| vec![0.0; n]);
                let forward = if is_short { short::forward } else { forward };
                forward(sizes, [&q, &k, &v], &mut y, &mut shares);
                let backward = if is_short { short::backward } else { backward };
                let results = [&mut dq[..], &mut dk[..], &mut dv[..]];
                backward(sizes, [&q, &k, &v, &dy, &shares], results);
                [y, dq, dk, dv].map(|x| x.into_iter().map(f32::to_bits).collect::<Vec<_>>())
            };
            assert!(run(true) == run(false), "{queries} {keys} {heads} {width}");
        }
        let sizes = Sizes {
            queries: 17,
            keys: 3,
            heads: 1,
            width: 1,
        };
        assert!(!sizes.are_short());
    }
}
