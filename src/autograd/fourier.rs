//! Sines and cosines of every coordinate, beside the coordinates themselves.

use super::math::piece;
use super::op::{Backward, Op, Var};
use super::tape::Tape;
use crate::check;
use crate::error::Result;
use crate::parallel::*;

struct Fourier {
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
    /// [`Error::NotFinite`](crate::Error::NotFinite) too for a NaN or infinite frequency.
    pub fn fourier(&mut self, x: Var, frequencies: &[f32]) -> Result<Var> {
        let (rows, d) = self.dim(x)?;
        check::finite("frequencies", frequencies)?;
        let k = frequencies.len();
        let cols = d.saturating_mul(1 + 2 * k);
        let mut y = self.take("fourier", (rows, cols))?;
        let size = piece(y.len(), cols) / cols.max(1);
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
        Ok(self.push(Fourier { x, frequencies }, &[x], y, (rows, cols)))
    }
}

impl Op for Fourier {
    /// dx_j = dy_j + Σ_i ω_i (cos ω_ix_j · dsin_i − sin ω_ix_j · dcos_i).
    fn backward(&self, walk: &mut Backward, y: Var, dy: Vec<f32>) {
        let (cols, k) = (walk.dim(y).1.max(1), self.frequencies.len());
        let (rows, d) = walk.dim(self.x);
        let mut dx = walk.take(rows * d);
        let given = dy.chunks_exact(cols);
        let given = given.zip(walk.slice(y).chunks_exact(cols));
        for (dx, (dy, y)) in dx.chunks_exact_mut(d.max(1)).zip(given) {
            for (j, dx) in dx.iter_mut().enumerate() {
                let (dy_waves, y_waves) = (&dy[d + 2 * k * j..], &y[d + 2 * k * j..]);
                *dx = dy[j];
                for (i, omega) in self.frequencies.iter().enumerate() {
                    *dx += omega * (y_waves[k + i] * dy_waves[i] - y_waves[i] * dy_waves[k + i]);
                }
            }
        }
        walk.give(self.x, dx);
        walk.recycle(dy);
    }
}
