//! Buffers that outlive one tape, so that a training step in steady state allocates nothing large.

use super::gemm::{COARSE, FINE};
use super::parameters::Linear;

/// Memory that one tape hands on to the next: see [`Tape::with_workspace`](super::Tape::with_workspace).
///
/// Steps that record the same operations reuse the buffers of the step before.
#[derive(Debug, Default)]
pub struct Workspace {
    free: Vec<Vec<f32>>,
    /// What layers make of single rows: layer, row and answer. Predictions ask for it again for every piece of a
    /// batch: all of its rows stand at one timestep, and the answer takes as long to compute as that of some 20 rows.
    known: Vec<(Linear, Vec<f32>, Vec<f32>)>,
    /// What one operation needs and leaves. It never gets shorter, as what lies beyond the length of a buffer would have
    /// to be filled each time.
    scratch: Vec<Vec<f32>>,
    alone: bool,
}

/// Most free buffers that are kept.
const KEPT: usize = 256;

impl Workspace {
    /// An empty workspace.
    pub fn new() -> Self {
        Self::default()
    }

    /// Splits even small products over threads: for a tape beside which nothing else runs.
    pub(crate) fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// Floating-point operations from which a product is split over threads.
    pub(super) fn grain(&self) -> usize {
        if self.alone { FINE } else { COARSE }
    }

    /// A buffer of `len` numbers with arbitrary contents: whoever takes it writes all of it.
    ///
    /// The smallest free one that is large enough, unless it is four times too large. Lengths differ a
    /// little from step to step, with the number of distinct timesteps: new buffers have an eighth to spare.
    pub(super) fn take(&mut self, len: usize) -> Vec<f32> {
        let large_enough = self.free.iter().enumerate();
        let large_enough = large_enough.filter(|(_, b)| b.capacity() >= len);
        let best = large_enough.min_by_key(|(_, b)| b.capacity());
        let best = best.filter(|(_, b)| b.capacity() / 4 <= len.max(64));
        let mut buffer = match best.map(|(i, _)| i) {
            Some(i) => self.free.swap_remove(i),
            None => Vec::with_capacity(len + len / 8),
        };
        buffer.resize(len, 0.0);
        buffer
    }

    /// At least `len` numbers with arbitrary contents, for an operation that [leaves](Self::leave) them when it is done.
    pub(super) fn scratch(&mut self, len: usize) -> Vec<f32> {
        let mut scratch = self.scratch.pop().unwrap_or_default();
        if scratch.len() < len {
            scratch.resize(len, 0.0);
        }
        scratch
    }

    /// Takes back what [`scratch`](Self::scratch) gave.
    pub(super) fn leave(&mut self, scratch: Vec<f32>) {
        self.scratch.push(scratch);
    }

    /// Takes a buffer back.
    pub(super) fn give(&mut self, buffer: Vec<f32>) {
        if self.free.len() < KEPT {
            self.free.push(buffer);
        }
    }

    /// The answer of `layer` to the single row `x`, if it was [remembered](Self::remember).
    pub(super) fn known(&self, layer: Linear, x: &[f32]) -> Option<&[f32]> {
        let mut all = self.known.iter();
        let known = all.find(|known| known.0 == layer && known.1 == x)?;
        Some(&known.2)
    }

    /// For a tape that only predicts, whose memory never sees other parameters.
    pub(super) fn remember(&mut self, layer: Linear, x: Vec<f32>, y: Vec<f32>) {
        self.known.push((layer, x, y));
    }
}
