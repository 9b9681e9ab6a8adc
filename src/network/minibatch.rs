//! What a network learns from in one step.

use std::ops::Range;

use ndarray::{ArrayView1, ArrayView2, s};

use crate::autograd::{Tape, Var};
use crate::error::Result;

/// Noised rows and what the network should answer; of sentences, what they were made of too.
#[derive(Debug, Clone, Copy)]
pub struct Minibatch<'a> {
    /// x_t, shape (n, d).
    pub x_t: ArrayView2<'a, f32>,
    /// The 0-based timestep of each row; length n.
    pub ts: &'a [usize],
    /// The label of each row, or none at all for data without labels.
    pub labels: &'a [Option<usize>],
    /// ε, x_0 or v, as the settings of the training say; shape (n, d).
    pub target: ArrayView2<'a, f32>,
    /// For rows that are sentences.
    pub sentences: Option<Sentences<'a>>,
}

/// The sentences of a [`Minibatch`].
#[derive(Debug, Clone, Copy)]
pub struct Sentences<'a> {
    /// The 0-based words, shape (n, L).
    pub words: ArrayView2<'a, usize>,
    /// x_0, shape (n, L·d): their vectors.
    pub x0: ArrayView2<'a, f32>,
    /// ε in x_t, shape (n, L·d).
    pub eps: ArrayView2<'a, f32>,
}

impl Minibatch<'_> {
    /// Some of the rows.
    pub(crate) fn part(&self, range: Range<usize>) -> Minibatch<'_> {
        let rows = || s![range.clone(), ..];
        Minibatch {
            x_t: self.x_t.slice(rows()),
            ts: &self.ts[range.clone()],
            labels: self.labels.get(range.clone()).unwrap_or_default(),
            target: self.target.slice(rows()),
            sentences: self.sentences.as_ref().map(|all| Sentences {
                words: all.words.slice(rows()),
                x0: all.x0.slice(rows()),
                eps: all.eps.slice(rows()),
            }),
        }
    }
}

/// The mean squared error of the answer `y`, and that of each row.
pub(super) fn squared_error(
    tape: &mut Tape<'_>,
    y: Var,
    batch: &Minibatch,
) -> Result<(Var, Vec<f64>)> {
    let target = tape.input(&batch.target);
    let loss = tape.mse(y, target)?;
    let square = |(y, target): (&f32, &f32)| f64::from(y - target).powi(2);
    let mean = |(y, target): (ArrayView1<f32>, ArrayView1<f32>)| {
        y.iter().zip(target).map(square).sum::<f64>() / target.len() as f64
    };
    let (y, target) = (tape.value(y), batch.target);
    let rows = y.rows().into_iter().zip(target.rows());
    Ok((loss, rows.map(mean).collect()))
}
