//! A batch in shards: forward and backward on each, side by side, and the sum of their gradients.

use crate::parallel::*;
use fearless_simd::{Simd, dispatch};

use crate::autograd::{Gradients, SIMD, Tape, Workspace, sum_of_squares};
use crate::check::same_shape;
use crate::error::Result;
use crate::network::{Minibatch, Network, Parameters};

/// One part of every batch: its tape's memory and its gradients.
#[derive(Debug)]
pub(super) struct Shard {
    gradients: Gradients,
    workspace: Workspace,
    /// Its rows' share of the batch.
    share: f64,
    loss: f64,
    /// Loss of each of its rows.
    rows: Vec<f64>,
}

/// Rows from which a batch is split in two, and from which in four. The number of shards depends on the
/// batch alone, so that the number of threads never changes a bit. A shard costs gradients of its own, a
/// pass to add them, and a copy of all weights into panels. Below 128 rows the threads share each product
/// instead, if it is large enough.
const SPLIT: (usize, usize) = (128, 1024);

/// How many shards a batch of `n` rows of this [cost](Network::cost) has: 64 pictures of 8×8 pixels are four.
pub(super) fn shards(n: usize, cost: usize) -> usize {
    let parts = match n.saturating_mul(cost) {
        n if n < SPLIT.0 => 1,
        n if n < SPLIT.1 => 2,
        _ => 4,
    };
    parts.min(n)
}

impl Shard {
    pub fn new(parameters: &Parameters) -> Self {
        Self {
            gradients: Gradients::new(parameters),
            workspace: Workspace::new(),
            share: 0.0,
            loss: f64::NAN,
            rows: Vec::new(),
        }
    }

    /// Loss of each row of the batch, in order, after [`run`].
    pub fn row_losses(&self) -> &[f64] {
        &self.rows
    }

    /// Loss of `rows`, and its gradients if they are asked for and it is finite.
    fn run(&mut self, network: &dyn Network, gradients: bool, rows: Minibatch) -> Result<()> {
        let workspace = std::mem::take(&mut self.workspace);
        let mut tape = Tape::with_workspace(network.parameters(), workspace);
        let (loss, each) = network.loss(&mut tape, &rows)?;
        same_shape("losses of the rows", &[rows.ts.len()], &[each.len()])?;
        self.rows = each;
        self.loss = f64::from(tape.number(loss, "loss")?);
        if gradients && self.loss.is_finite() {
            tape.backward(loss, &mut self.gradients)?;
        }
        self.workspace = tape.into_workspace();
        Ok(())
    }
}

/// Loss of a batch of at least as many rows as there are shards; each shard then has its gradients, if they are
/// asked for and the loss is finite.
pub(super) fn run(
    shards: &mut [Shard],
    network: &dyn Network,
    gradients: bool,
    rows: Minibatch,
) -> Result<f64> {
    let (n, parts) = (rows.ts.len(), shards.len());
    same_shape("target", &[n, rows.target.ncols()], rows.target.shape())?;
    let one = |(i, shard): (usize, &mut Shard)| {
        let range = i * n / parts..(i + 1) * n / parts;
        shard.share = range.len() as f64 / n as f64;
        if parts == 1 {
            shard.workspace = std::mem::take(&mut shard.workspace).alone();
        }
        shard.run(network, gradients, rows.part(range))
    };
    shards.par_iter_mut().enumerate().try_for_each(one)?;
    Ok(shards.iter().map(|shard| shard.share * shard.loss).sum())
}

/// Numbers that are added in one piece.
const PIECE: usize = 1 << 14;

/// Writes the gradient of the whole batch, Σ share·gradient, to `total`, and returns its norm.
pub(super) fn add(shards: &mut [Shard], total: &mut Vec<f32>) -> f64 {
    if let [only] = shards {
        std::mem::swap(&mut only.gradients.flat, total);
        let squares = total.par_chunks(PIECE).map(squares_of);
        return squares.collect::<Vec<f64>>().iter().sum::<f64>().sqrt();
    }
    let piece = |i: usize, total: &mut [f32]| {
        for (j, shard) in shards.iter().enumerate() {
            let part = &shard.gradients.flat[i * PIECE..][..total.len()];
            let share = shard.share as f32;
            dispatch!(*SIMD, simd => accumulate(simd, total, share, part, j == 0));
        }
        squares_of(total)
    };
    let pieces = total.par_chunks_mut(PIECE).enumerate();
    let squares: Vec<f64> = pieces.map(|(i, total)| piece(i, total)).collect();
    squares.iter().sum::<f64>().sqrt()
}

#[inline(always)]
fn accumulate<S: Simd>(_: S, total: &mut [f32], share: f32, part: &[f32], first: bool) {
    let pairs = total.iter_mut().zip(part);
    if first {
        pairs.for_each(|(total, part)| *total = share * part);
    } else {
        pairs.for_each(|(total, part)| *total += share * part);
    }
}

/// Σ x² of all `values`.
pub(crate) fn squares_of(values: &[f32]) -> f64 {
    #[inline(always)]
    fn kernel<S: Simd>(_: S, values: &[f32]) -> f64 {
        sum_of_squares(values)
    }
    dispatch!(*SIMD, simd => kernel(simd, values))
}
