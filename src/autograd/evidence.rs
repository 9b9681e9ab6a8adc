//! What a noised point says of which of some vectors it was.

use super::gemm::gemm;
use super::linear::start;
use super::matrix::{Matrix, Start};
use super::op::{Backward, Op, Var};
use super::tape::{Tape, shapes_fit};
use crate::check;
use crate::error::Result;

struct Evidence {
    x: Var,
    vectors: Var,
    /// √ᾱ/(1 − ᾱ) and ᾱ/(1 − ᾱ) of each row of x.
    factors: Vec<[f32; 2]>,
}

impl Tape<'_> {
    /// ln N(x_k; √ᾱ·e_w, (1 − ᾱ)·I) of every row of x and every vector, but for what all vectors share:
    ///
    /// ```text
    /// y_kw = (√ᾱ·x_k·e_w − ½·ᾱ·‖e_w‖²)/(1 − ᾱ)
    /// ```
    ///
    /// Its softmax is the probability of each vector, given x_k and that all were as likely before. x is (n·L, d),
    /// with one of the n `alpha_bars` for each L rows, `vectors` (V, d), the result (n·L, V).
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) too for an ᾱ outside [0, 1), or so near 1 that 1/(1 − ᾱ) is
    /// infinite in f32.
    pub fn evidence(&mut self, x: Var, vectors: Var, alpha_bars: &[f64]) -> Result<Var> {
        let (op, from, of) = ("evidence", self.dim(x)?, self.dim(vectors)?);
        let n = alpha_bars.len();
        shapes_fit(from.1 == of.1, op, from, of)?;
        let whole = if n == 0 { from.0 == 0 } else { from.0 % n == 0 };
        shapes_fit(whole, op, from, (n, 1))?;
        let mut factors = Vec::with_capacity(from.0);
        for alpha_bar in alpha_bars {
            let fine = (0.0..1.0).contains(alpha_bar);
            check::parameter("alpha_bar", *alpha_bar, fine, "in [0, 1)")?;
            let pair = [alpha_bar.sqrt(), *alpha_bar].map(|a| (a / (1.0 - alpha_bar)) as f32);
            let valid = "so far from 1 that 1/(1 - alpha_bar) is finite in f32";
            check::parameter("alpha_bar", *alpha_bar, pair[0].is_finite(), valid)?;
            factors.extend(std::iter::repeat_n(pair, from.0 / n));
        }
        let dim = (from.0, of.0);
        let mut y = self.take(op, dim)?;
        let [points, words] =
            [(x, from), (vectors, of)].map(|(v, dim)| Matrix::new(self.slice(v), dim.0, dim.1));
        gemm(points, words.t(), Start::Zero, &mut y, self.work.grain());
        let norm = |e: &[f32]| 0.5 * e.iter().map(|e| e * e).sum::<f32>();
        let rows = self.slice(vectors).chunks_exact(of.1.max(1));
        let norms: Vec<f32> = rows.map(norm).collect();
        for (y, [a, b]) in y.chunks_exact_mut(of.0.max(1)).zip(&factors) {
            let pairs = y.iter_mut().zip(&norms);
            pairs.for_each(|(y, norm)| *y = a * *y - b * norm);
        }
        let op = Evidence {
            x,
            vectors,
            factors,
        };
        Ok(self.push(op, &[x, vectors], y, dim))
    }
}

impl Op for Evidence {
    /// With a = √ᾱ/(1 − ᾱ) and b = ᾱ/(1 − ᾱ) of row k: dx_k = a·Σ_w dy_kw·e_w and
    /// de_w = Σ_k dy_kw·(a·x_k − b·e_w).
    fn backward(&self, walk: &mut Backward, y: Var, mut dy: Vec<f32>) {
        let (rows, words) = walk.dim(y);
        let (d, grain) = (walk.dim(self.x).1, walk.work.grain());
        let [x, vectors] = [self.x, self.vectors].map(|var| walk.slice(var));
        let mut sums = vec![0.0; words];
        for (dy, [a, b]) in dy.chunks_exact_mut(words.max(1)).zip(&self.factors) {
            for (dy, sum) in dy.iter_mut().zip(&mut sums) {
                *sum += b * *dy;
                *dy *= a;
            }
        }
        let dy_matrix = Matrix::new(&dy, rows, words);
        if walk.wants(self.x) {
            let (mut dx, adds) = walk.open(self.x);
            let vectors = Matrix::new(vectors, words, d);
            gemm(dy_matrix, vectors, start(adds), dx.values(), grain);
            walk.put(self.x, dx);
        }
        if walk.wants(self.vectors) {
            let (mut de, adds) = walk.open(self.vectors);
            let x = Matrix::new(x, rows, d);
            gemm(dy_matrix.t(), x, start(adds), de.values(), grain);
            let pairs = de.values().iter_mut().zip(vectors).enumerate();
            pairs.for_each(|(i, (de, e))| *de -= sums[i / d] * e);
            walk.put(self.vectors, de);
        }
        walk.recycle(dy);
    }
}
