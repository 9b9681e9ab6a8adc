//! Softmax of a row, and the loss of a classifier: the cross-entropy of softmax and label.

use fearless_simd::{Simd, dispatch};

use super::math::{SIMD, fuses, power_of_softmax, sum_of};
use super::op::{Backward, Op, Var};
use super::tape::{Tape, shapes_fit};
use crate::check;
use crate::error::Result;

/// The softmax of every row is kept beside the loss.
struct CrossEntropy {
    logits: Var,
    softmax: Var,
    labels: Vec<usize>,
}

impl Tape<'_> {
    /// Mean of −ln softmax(z)_label over the rows z of `logits`, (n, k), each with its label in 0..k; 1×1, in nats.
    /// Right for logits of any size: softmax(z) = softmax(z − max z), and no e^z is ever taken.
    ///
    /// # Errors
    /// [`Error::Label`](crate::Error::Label) too for a label that is not below k;
    /// [`Error::Empty`](crate::Error::Empty) without rows.
    pub fn cross_entropy(&mut self, logits: Var, labels: &[usize]) -> Result<Var> {
        Ok(self.cross_entropies(logits, labels)?.0)
    }

    /// [`cross_entropy`](Self::cross_entropy), and −ln softmax(z)_label of each row.
    ///
    /// # Errors
    /// As [`cross_entropy`](Self::cross_entropy).
    pub fn cross_entropies(&mut self, logits: Var, labels: &[usize]) -> Result<(Var, Vec<f64>)> {
        let (op, dim @ (n, k)) = ("cross_entropy", self.dim(logits)?);
        shapes_fit(labels.len() == n, op, dim, (labels.len(), 1))?;
        check::not_empty(op, n)?;
        check::labels(labels, k)?;
        let mut rows = self.take(op, dim)?;
        rows.copy_from_slice(self.slice(logits));
        let sums: Vec<_> = rows.chunks_exact_mut(k).map(softmax).collect();
        let values = self.slice(logits);
        let loss = |i: usize| {
            let [most, sum, z] = [sums[i].0, sums[i].1, values[i * k + labels[i]]].map(f64::from);
            libm::log(sum) + (most - z)
        };
        let losses: Vec<f64> = (0..n).map(loss).collect();
        let mean = sum_of(n, |i| losses[i]) / n as f64;
        let softmax = self.kept(rows, dim);
        let labels = labels.to_vec();
        let op = CrossEntropy {
            logits,
            softmax,
            labels,
        };
        Ok((self.push_number(op, &[logits], mean)?, losses))
    }

    /// softmax(z) of every row z, (n, k): e^z/Σ e^z, numbers from 0 to 1 that sum to 1; of rows of any size. What is
    /// less than e^−55 of the largest is 0.
    pub fn softmax(&mut self, z: Var) -> Result<Var> {
        let dim = self.dim(z)?;
        let mut y = self.take("softmax", dim)?;
        y.copy_from_slice(self.slice(z));
        softmax_rows(&mut y, dim.1.max(1), 1.0);
        Ok(self.push(Softmax { z }, &[z], y, dim))
    }
}

struct Softmax {
    z: Var,
}

impl Op for Softmax {
    /// dz = y·(dy − Σ_row y·dy).
    fn backward(&self, walk: &mut Backward, y: Var, mut dy: Vec<f32>) {
        let width = walk.dim(y).1.max(1);
        softmax_rows_back(&mut dy, walk.slice(y), width, 1.0);
        walk.give(self.z, dy);
    }
}

impl Op for CrossEntropy {
    /// dz = (softmax(z) − e_label)/n·dy, with e_label = 1 at the label and 0 elsewhere.
    fn backward(&self, walk: &mut Backward, _: Var, dy: Vec<f32>) {
        let (n, k) = walk.dim(self.logits);
        let (softmax, factor) = (walk.slice(self.softmax), dy[0] / n as f32);
        let mut dz = walk.take(n * k);
        let pairs = dz.iter_mut().zip(softmax);
        pairs.for_each(|(dz, p)| *dz = factor * p);
        for (dz, label) in dz.chunks_exact_mut(k).zip(&self.labels) {
            dz[*label] -= factor;
        }
        walk.give(self.logits, dz);
        walk.recycle(dy);
    }
}

/// Turns a row z into softmax(z) = e^(z − m)/Σ e^(z − m), m its largest, and returns m and the sum.
fn softmax(row: &mut [f32]) -> (f32, f32) {
    dispatch!(*SIMD, simd => softmax_at(simd, row))
}

/// Turns every row z of `width` numbers into softmax(scale·z).
pub(super) fn softmax_rows(rows: &mut [f32], width: usize, scale: f32) {
    #[inline(always)]
    fn kernel<S: Simd>(simd: S, rows: &mut [f32], width: usize, scale: f32) {
        for row in rows.chunks_exact_mut(width) {
            row.iter_mut().for_each(|z| *z *= scale);
            softmax_at(simd, row);
        }
    }
    dispatch!(*SIMD, simd => kernel(simd, rows, width, scale));
}

/// Turns ∂loss/∂p into ∂loss/∂z for rows p = softmax(scale·z): dz = scale·p·(dp − Σ p·dp).
pub(super) fn softmax_rows_back(dp: &mut [f32], p: &[f32], width: usize, scale: f32) {
    #[inline(always)]
    fn kernel<S: Simd>(_: S, dp: &mut [f32], p: &[f32], width: usize, scale: f32) {
        for (dp, p) in dp.chunks_exact_mut(width).zip(p.chunks_exact(width)) {
            let mean = fold(0.0, dp, p, |sum, dp, p| sum + dp * p, |a, b| a + b);
            let pairs = dp.iter_mut().zip(p);
            pairs.for_each(|(dp, p)| *dp = scale * p * (*dp - mean));
        }
    }
    dispatch!(*SIMD, simd => kernel(simd, dp, p, width, scale));
}

#[inline(always)]
fn softmax_at<S: Simd>(_: S, row: &mut [f32]) -> (f32, f32) {
    let larger = |a, b| if b > a { b } else { a };
    let most = fold(f32::NEG_INFINITY, row, row, |m, z, _| larger(m, z), larger);
    for z in row.iter_mut() {
        *z = power_of_softmax(*z - most, fuses::<S>());
    }
    let sum = fold(0.0, row, row, |sum, e, _| sum + e, |a, b| a + b);
    row.iter_mut().for_each(|e| *e /= sum);
    (most, sum)
}

/// Sixteen folds with `f`, the i-th over every sixteenth pair from the i-th on, then their halves onto each other with
/// `both`: what vectors do at once.
#[inline(always)]
pub(super) fn fold(
    start: f32,
    a: &[f32],
    b: &[f32],
    f: impl Fn(f32, f32, f32) -> f32,
    both: impl Fn(f32, f32) -> f32,
) -> f32 {
    let mut folds = [start; 16];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    for (a, b) in a.iter().zip(b) {
        (0..16).for_each(|i| folds[i] = f(folds[i], a[i], b[i]));
    }
    for (i, (a, b)) in a_rest.iter().zip(b_rest).enumerate() {
        folds[i] = f(folds[i], *a, *b);
    }
    for half in [8, 4, 2, 1] {
        (0..half).for_each(|i| folds[i] = both(folds[i], folds[i + half]));
    }
    folds[0]
}
