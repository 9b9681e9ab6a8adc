//! Sines and cosines of every coordinate, beside the coordinates themselves.

use crate::parallel::*;

use super::backward::Backward;
use super::math::piece;
use super::tape::{Node, Op, Tape, Value, Var};
use crate::check;
use crate::error::Result;

#[derive(Debug)]
pub(super) struct Fourier {
    x: Var,
    frequencies: Vec<f32>,
}

impl Tape<'_> {
    /// Fourier features of every row: (x_1 … x_d) followed, for each coordinate, by sin ω_1x_j … sin ω_kx_j,
    /// cos ω_1x_j … cos ω_kx_j; (n, d) becomes (n, d·(1 + 2k)).
    ///
    /// A network of smooth layers learns what changes slowly with x first, and what changes fast hardly ever
    /// (Rahaman et al. 2019); waves of several lengths among its inputs let it resolve fine detail (Mildenhall
    /// et al. 2020, eq. 4; Tancik et al. 2020).
    ///
    /// # Errors
    /// [`Error::Foreign`] if `x` is of another tape; [`Error::NotFinite`] for a NaN or infinite frequency.
    pub fn fourier(&mut self, x: Var, frequencies: &[f32]) -> Result<Var> {
        let (rows, d) = self.dim(x)?;
        check::finite("frequencies", frequencies)?;
        let k = frequencies.len();
        let cols = d.saturating_mul(1 + 2 * k);
        let mut y = self.room("fourier", rows, cols)?;
        let size = piece(rows * cols, cols.max(1)) / cols.max(1);
        let pieces = y.par_chunks_mut((size * cols).max(1));
        let values = self.slice(x).par_chunks((size * d).max(1));
        pieces.zip(values).for_each(|(y, x)| {
            for (y, x) in y.chunks_exact_mut(cols).zip(x.chunks_exact(d)) {
                let (same, waves) = y.split_at_mut(d);
                same.copy_from_slice(x);
                for (waves, x) in waves.chunks_exact_mut((2 * k).max(1)).zip(x) {
                    let (sines, cosines) = waves.split_at_mut(k);
                    for ((sin, cos), omega) in sines.iter_mut().zip(cosines).zip(frequencies) {
                        // An infinite angle has no sine; that of one beyond 10³⁸ is no better, but a number.
                        let angle = (omega * x).clamp(f32::MIN, f32::MAX);
                        (*sin, *cos) = libm::sincosf(angle);
                    }
                }
            }
        });
        let frequencies = frequencies.to_vec();
        let op = Op::Fourier(Fourier { x, frequencies });
        Ok(self.push(op, y, rows, cols, self.wants(x)))
    }
}

impl Fourier {
    /// dx_j = dy_j + Σ_i ω_i (cos ω_ix_j · dsin_i − sin ω_ix_j · dcos_i).
    pub fn backward(&self, walk: &mut Backward, dy: Vec<f32>, node: &Node) {
        let Value::Buffer(y) = &node.value else {
            unreachable!("an operation's value is its own");
        };
        let (cols, k) = (node.cols, self.frequencies.len());
        let d = cols / (1 + 2 * k);
        let mut dx = walk.work.take(node.rows * d);
        let rows = dx.chunks_exact_mut(d.max(1));
        let given = dy
            .chunks_exact(cols.max(1))
            .zip(y.chunks_exact(cols.max(1)));
        for (dx, (dy, y)) in rows.zip(given) {
            for (j, dx) in dx.iter_mut().enumerate() {
                let (dy_waves, y_waves) = (&dy[d + 2 * k * j..], &y[d + 2 * k * j..]);
                *dx = dy[j];
                for (i, omega) in self.frequencies.iter().enumerate() {
                    *dx += omega * (y_waves[k + i] * dy_waves[i] - y_waves[i] * dy_waves[k + i]);
                }
            }
        }
        walk.give(self.x, dx);
        walk.work.give(dy);
    }
}
