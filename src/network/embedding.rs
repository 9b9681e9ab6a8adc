//! Sinusoidal time embedding: a timestep as waves of many lengths.

use std::fmt;
use std::sync::Arc;

use ndarray::Array2;

use crate::autograd::{Tape, Var};
use crate::check;
use crate::error::Result;

/// Sinusoidal embedding of a timestep: t ↦ (sin ω₀t, …, sin ω₍ₕ₋₁₎t, cos ω₀t, …, cos ω₍ₕ₋₁₎t), h = dim/2,
/// ω_i = P^(−i/(h − shift)) with the longest period P·2π, P = 10 000.
///
/// Sines then cosines and `shift = 0`, as diffusers' `get_timestep_embedding` with
/// `flip_sin_to_cos=False, downscale_freq_shift=0`. Sources differ: the Transformer interleaves sines and
/// cosines (Vaswani et al. 2017, §3.5), DDPM's code divides by h − 1
/// ([`frequency_shift(1)`](Self::frequency_shift)), guided-diffusion puts cosines first
/// ([`cosines_first`](Self::cosines_first)). A linear layer after it can undo any order of columns.
/// `t` is 0-based, as everywhere. An odd `dim` ends in a column of zeros.
///
/// ```
/// use diffusion_intuition::network::TimeEmbedding;
///
/// let embedding = TimeEmbedding::new(4)?.table(&[0, 1]); // shape (2, 4)
/// assert_eq!(embedding.row(0).to_vec(), [0.0, 0.0, 1.0, 1.0]);
/// assert_eq!(embedding[[1, 0]], 1.0_f32.sin());
/// assert_eq!(embedding[[1, 1]], 0.01_f32.sin()); // 10000^(−1/2)
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TimeEmbedding {
    dim: usize,
    shift: f64,
    cosines_first: bool,
    frequencies: Vec<f64>,
    first: FirstRows,
}

/// The rows of t = 0, 1, …: sines cost 15 ns each, and training asks for the same T rows at every step. Later
/// timesteps, and those of a very wide embedding, are computed anew each time.
#[derive(Clone, PartialEq)]
struct FirstRows(Arc<Vec<f32>>);

impl fmt::Debug for FirstRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} numbers", self.0.len())
    }
}

/// Most numbers of an embedding: more waves than there are timesteps tell nothing.
const MOST_NUMBERS: usize = 1 << 16;

/// Most rows that are known from the start.
const MOST_ROWS: usize = 1024;

/// Longest wave of the embedding, divided by 2π.
const MAX_PERIOD: f64 = 10_000.0;

impl TimeEmbedding {
    /// An embedding in `dim` numbers.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) unless 2 ≤ `dim` ≤ 65 536.
    pub fn new(dim: usize) -> Result<Self> {
        let fine = (2..=MOST_NUMBERS).contains(&dim);
        let name = "dimension of the time embedding";
        check::parameter(name, dim, fine, "between 2 and 65536")?;
        Ok(Self::with(dim, 0.0, false))
    }

    fn with(dim: usize, shift: f64, cosines_first: bool) -> Self {
        let half = dim / 2;
        let exponent = |i: usize| i as f64 / (half as f64 - shift);
        let frequency = |i| libm::exp(-MAX_PERIOD.ln() * exponent(i));
        let mut embedding = Self {
            dim,
            shift,
            cosines_first,
            frequencies: (0..half).map(frequency).collect(),
            first: FirstRows(Arc::default()),
        };
        let ts: Vec<usize> = (0..MOST_ROWS.min(2 * MOST_NUMBERS / dim)).collect();
        embedding.first = FirstRows(Arc::new(embedding.table(&ts).into_raw_vec_and_offset().0));
        embedding
    }

    /// Divides the exponent by h − `shift` in place of h: 1 for DDPM's code.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) unless 0 ≤ `shift` < h.
    pub fn frequency_shift(self, shift: f64) -> Result<Self> {
        let half = self.dim / 2;
        let fine = shift >= 0.0 && shift < half as f64;
        let valid = "at least 0 and below half the dimension";
        check::parameter("frequency shift", shift, fine, valid)?;
        Ok(Self::with(self.dim, shift, self.cosines_first))
    }

    /// Cosines before sines: diffusers' `flip_sin_to_cos=True`.
    #[must_use]
    pub fn cosines_first(self) -> Self {
        Self::with(self.dim, self.shift, true)
    }

    /// How many numbers a timestep becomes.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The embeddings of `ts`, one row each; shape (n, dim).
    pub fn table(&self, ts: &[usize]) -> Array2<f32> {
        let mut table = Array2::zeros((ts.len(), self.dim));
        self.write(ts, table.as_slice_mut().expect("freshly made"));
        table
    }

    fn write(&self, ts: &[usize], to: &mut [f32]) {
        for (row, t) in to.chunks_exact_mut(self.dim).zip(ts) {
            match self.first.0.chunks_exact(self.dim).nth(*t) {
                Some(known) => row.copy_from_slice(known),
                None => self.compute(*t, row),
            }
        }
    }

    /// Angles in f64: in f32, ω·t at t = 1000 is off by 6e-5 before the sine is taken.
    fn compute(&self, t: usize, row: &mut [f32]) {
        row.fill(0.0);
        let (first, second) = row.split_at_mut(self.dim / 2);
        let (sines, cosines) = match self.cosines_first {
            true => (second, first),
            false => (first, second),
        };
        let places = sines.iter_mut().zip(cosines);
        for ((sine, cosine), frequency) in places.zip(&self.frequencies) {
            let (s, c) = libm::sincos(frequency * t as f64);
            (*sine, *cosine) = (s as f32, c as f32);
        }
    }
}

impl Tape<'_> {
    /// The sinusoidal embedding of the 0-based timesteps `ts`, one row each; shape (n, dim). It has no
    /// gradient: t is given.
    pub fn embed(&mut self, embedding: &TimeEmbedding, ts: &[usize]) -> Var {
        let dim = (ts.len(), embedding.dim);
        self.written(dim, |values| embedding.write(ts, values))
    }
}

/// `count` frequencies, each twice the one before: `lowest`, 2·`lowest`, 4·`lowest`, … Waves of these frequencies
/// resolve detail down to about 1/(the highest) and repeat after 2π/`lowest`, which should exceed the range of
/// the data.
///
/// The list ends early where f32 does (below 2¹²⁸, so it never has more than 277), and with `lowest` = 0, which
/// nothing doubles.
pub fn octaves(lowest: f32, count: usize) -> Vec<f32> {
    let doubled = |omega: &f32| Some(2.0 * omega).filter(|next| next.is_finite() && next != omega);
    std::iter::successors(Some(lowest), doubled)
        .take(count)
        .collect()
}
