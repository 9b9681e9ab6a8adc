//! Softmax of a row, and the loss of a classifier: the cross-entropy of softmax and label.

use fearless_simd::{Simd, dispatch};

use super::math::{SIMD, exp, fuses, sum_of};
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
        let (op, dim @ (n, k)) = ("cross_entropy", self.dim(logits)?);
        shapes_fit(labels.len() == n, op, dim, (labels.len(), 1))?;
        check::not_empty(op, n)?;
        let labelled: Vec<_> = labels.iter().copied().map(Some).collect();
        check::labels(&labelled, k)?;
        let mut rows = self.take(op, dim)?;
        rows.copy_from_slice(self.slice(logits));
        let sums: Vec<_> = rows.chunks_exact_mut(k).map(softmax).collect();
        let values = self.slice(logits);
        let loss = |i: usize| {
            let [most, sum, z] = [sums[i].0, sums[i].1, values[i * k + labels[i]]].map(f64::from);
            libm::log(sum) + (most - z)
        };
        let mean = sum_of(n, loss) / n as f64;
        let softmax = self.kept(rows, dim);
        let labels = labels.to_vec();
        let op = CrossEntropy {
            logits,
            softmax,
            labels,
        };
        self.push_number(op, &[logits], mean)
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
pub(super) fn softmax(row: &mut [f32]) -> (f32, f32) {
    dispatch!(*SIMD, simd => softmax_at(simd, row))
}

#[inline(always)]
fn softmax_at<S: Simd>(_: S, row: &mut [f32]) -> (f32, f32) {
    let larger = |a, b| if b > a { b } else { a };
    let most = lanes(row, f32::NEG_INFINITY, larger);
    let most = most.into_iter().fold(f32::NEG_INFINITY, larger);
    for z in row.iter_mut() {
        *z = exp(*z - most, fuses::<S>());
    }
    let sum: f32 = lanes(row, 0.0, |sum, e| sum + e).iter().sum();
    row.iter_mut().for_each(|e| *e /= sum);
    (most, sum)
}

/// Sixteen folds, the i-th over every sixteenth number from the i-th on: what vectors do at once.
#[inline(always)]
fn lanes(values: &[f32], start: f32, f: impl Fn(f32, f32) -> f32) -> [f32; 16] {
    let mut folds = [start; 16];
    let (whole, rest) = values.as_chunks::<16>();
    for part in whole {
        folds.iter_mut().zip(part).for_each(|(a, b)| *a = f(*a, *b));
    }
    folds.iter_mut().zip(rest).for_each(|(a, b)| *a = f(*a, *b));
    folds
}
