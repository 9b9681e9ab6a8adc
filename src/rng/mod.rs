//! The one random number generator of the crate, and parallel noise that no thread count can change.

mod normal;

use std::convert::Infallible;

use crate::parallel::*;
use ndarray::{Array1, Array2};
use rand::{SeedableRng, TryRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::check;
use crate::memory::zeros;

/// Numbers per independent stream in parallel fills. Part of the definition of what a seed yields:
/// changing it changes every sample of the crate.
pub(crate) const CHUNK: usize = 4096;

/// From this many numbers on, waking another thread costs less than it saves.
pub(crate) const PARALLEL: usize = 16 * CHUNK;

/// Seeded random number generator: xoshiro256++ (Blackman & Vigna 2021), 256 bits of state.
///
/// The algorithm is fixed and portable: a seed gives the same stream on every platform and in every
/// version of this crate, which `rand`'s own `StdRng` and `SmallRng` do not promise. It implements
/// [`rand::TryRng`] (hence `rand::Rng` and `rand::RngExt`) and [`rand::SeedableRng`], so everything in
/// `rand` and `rand_distr` works with it. It is not meant for cryptography.
///
/// ```
/// use diffusion_intuition::Rng;
/// use rand::RngExt;
///
/// let mut rng = Rng::new(0);
/// let u: f64 = rng.random(); // uniform in [0, 1)
/// assert_eq!(u, Rng::new(0).random::<f64>());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rng(Xoshiro256PlusPlus);

impl Rng {
    /// A generator whose whole stream is fixed by `seed` (expanded to 256 bits by SplitMix64).
    pub fn new(seed: u64) -> Self {
        Self::seed_from_u64(seed)
    }

    /// A new generator with a stream of its own, seeded by the next 256 bits of this one.
    ///
    /// Parallel work forks one generator for each fixed-size piece, in order, before any thread starts:
    /// so the numbers depend on the seed and the size of the work, never on the number of threads.
    pub fn fork(&mut self) -> Self {
        let mut seed = [0_u8; 32];
        rand::Rng::fill_bytes(self, &mut seed);
        Self::from_seed(seed)
    }

    /// One generator for each of `n` pieces of work.
    pub(crate) fn forks(&mut self, n: usize) -> Vec<Self> {
        (0..n).map(|_| self.fork()).collect()
    }

    /// Fills `out` with independent draws from N(0, 1), in parallel, the same bits at any thread count.
    ///
    /// Box & Muller 1958, from 64 random bits a pair, in f32; the same bits on every CPU too. Values reach
    /// ±7.5: beyond, the normal law has 5·10⁻¹⁴ of its mass.
    pub fn fill_standard_normal(&mut self, out: &mut [f32]) {
        let streams = self.forks(out.len().div_ceil(CHUNK));
        let work = |(chunk, mut rng): (&mut [f32], Self)| rng.fill_serial(chunk);
        if out.len() < PARALLEL {
            out.chunks_mut(CHUNK).zip(streams).for_each(work);
        } else {
            out.par_chunks_mut(CHUNK).zip(streams).for_each(work);
        }
    }

    /// A batch of independent draws from N(0, 1); shape (n, d): where sampling starts.
    ///
    /// # Errors
    /// [`Error::Size`](crate::Error::Size) for more than memory can hold.
    pub fn standard_normal(&mut self, n: usize, d: usize) -> crate::Result<Array2<f32>> {
        let mut values = zeros(check::elements::<f32>("noise", &[n, d])?);
        self.fill_standard_normal(&mut values);
        Ok(Array2::from_shape_vec((n, d), values).expect("n times d values"))
    }

    /// [`standard_normal`](Self::standard_normal) of one dimension; shape (n).
    ///
    /// # Errors
    /// As [`standard_normal`](Self::standard_normal).
    pub fn standard_normal_1d(&mut self, n: usize) -> crate::Result<Array1<f32>> {
        Ok(Array1::from(
            self.standard_normal(n, 1)?.into_raw_vec_and_offset().0,
        ))
    }

    /// `n` rows of `d` numbers, one after the other: each is written by `row(index, numbers, rng)`. In parallel, the
    /// same bits at any thread count: each fixed-size piece of rows has a stream of its own.
    pub(crate) fn rows(
        &mut self,
        n: usize,
        d: usize,
        row: impl Fn(usize, &mut [f32], &mut Self) + Sync,
    ) -> Vec<f32> {
        let piece = CHUNK.div_ceil(d);
        let streams = self.forks(n.div_ceil(piece));
        let mut rows = vec![0.0; n * d];
        let pieces = rows.par_chunks_mut(piece * d).zip(streams).enumerate();
        pieces.for_each(|(k, (numbers, mut rng))| {
            for (i, numbers) in numbers.chunks_exact_mut(d).enumerate() {
                row(k * piece + i, numbers, &mut rng);
            }
        });
        rows
    }

    /// The same distribution from this generator's own stream, on the calling thread.
    pub(crate) fn fill_serial(&mut self, out: &mut [f32]) {
        normal::fill(out, || rand::Rng::next_u64(&mut self.0));
    }
}

impl TryRng for Rng {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    #[inline]
    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(dst)
    }
}

impl SeedableRng for Rng {
    type Seed = [u8; 32];

    fn from_seed(seed: Self::Seed) -> Self {
        Self(Xoshiro256PlusPlus::from_seed(seed))
    }

    fn seed_from_u64(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }
}
