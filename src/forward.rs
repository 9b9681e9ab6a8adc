//! The forward process q: data → noise, one step at a time or at once, and the posterior that undoes a step.
//!
//! Everything here acts on each element alone, so a sample may have any shape. Samples are f32; the
//! coefficients are computed in f64 and rounded once.

use ndarray::{Array, Array2, ArrayRef, ArrayRef2, Dimension};
use rand::RngExt;

use crate::check::{self, all_finite, is_finite, same_shape};
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::memory::zeros;
use crate::parallel::*;
use crate::rng::{CHUNK, PARALLEL, Rng};
use crate::schedule::{Level, Schedule};

impl Schedule {
    /// One step of the forward Markov chain: draws x_t ~ q(x_t | x_{t−1}) = N(√(1−β_t) x_{t−1}, β_t I).
    ///
    /// Ho et al. 2020, eq. 2. `t` is 0-based: with `t = 0`, `x_before` is clean data.
    ///
    /// # Errors
    /// [`Error::Timestep`] if `t` is not in `0..T`; [`Error::NotFinite`] for NaN or infinite input.
    pub fn q_step<D: Dimension>(
        &self,
        x_before: &ArrayRef<f32, D>,
        t: usize,
        rng: &mut Rng,
    ) -> Result<Array<f32, D>> {
        self.check(t)?;
        // One step keeps the share α_t of the variance, as the first t + 1 steps keep ᾱ_t.
        let alpha_bar = self.alphas()[t];
        Ok(noised("x_before", x_before, Level { alpha_bar }, rng)?.0)
    }

    /// Draws x_t from x_0 at once, in closed form: x_t = √ᾱ_t x_0 + √(1−ᾱ_t) ε, ε ~ N(0, I).
    ///
    /// Ho et al. 2020, eq. 4. Returns `(x_t, eps)`, both of the shape of `x0`. `eps` is *all* the noise
    /// in x_t, with unit variance, not the noise of one step. `t` is 0-based: `t = 0` is one step of noise.
    ///
    /// # Errors
    /// [`Error::Timestep`] if `t` is not in `0..T`; [`Error::NotFinite`] for NaN or infinite data.
    pub fn q_sample<D: Dimension>(
        &self,
        x0: &ArrayRef<f32, D>,
        t: usize,
        rng: &mut Rng,
    ) -> Result<(Array<f32, D>, Array<f32, D>)> {
        self.check(t)?;
        noised("x0", x0, self.level(t), rng)
    }

    /// x_t for noise that is given: √ᾱ_t x_0 + √(1−ᾱ_t) ε, of the shape of `x0` and `eps`.
    ///
    /// # Errors
    /// [`Error::Timestep`] if `t` is not in `0..T`; [`Error::Shape`] if `eps` has another shape than `x0`;
    /// [`Error::NotFinite`] for NaN or infinite data or noise.
    pub fn q_sample_with<D: Dimension>(
        &self,
        x0: &ArrayRef<f32, D>,
        t: usize,
        eps: &ArrayRef<f32, D>,
    ) -> Result<Array<f32, D>> {
        self.check(t)?;
        same_shape("eps", x0.shape(), eps.shape())?;
        all_finite("x0", x0)?;
        all_finite("eps", eps)?;
        let level = self.level(t);
        let (signal, noise) = (level.signal() as f32, level.noise() as f32);
        let mut x_t = x0.to_owned();
        x_t.zip_mut_with(eps, |x, e| *x = signal * *x + noise * e);
        Ok(x_t)
    }

    /// A noised minibatch: row i of the result is drawn from q(x_t | x_0 = row i of `x0`) at t = `ts[i]`.
    ///
    /// Returns `(x_t, eps)`, both of the shape (n, d) of `x0`. This is what training needs: a timestep
    /// of its own for every row.
    ///
    /// # Errors
    /// [`Error::Timestep`] if any of `ts` is not in `0..T`; [`Error::Shape`] unless `ts` has one entry a
    /// row; [`Error::NotFinite`] for NaN or infinite data.
    pub fn q_sample_batch(
        &self,
        x0: &ArrayRef2<f32>,
        ts: &[usize],
        rng: &mut Rng,
    ) -> Result<(Array2<f32>, Array2<f32>)> {
        let room = || Array2::from_shape_vec(x0.dim(), zeros(x0.len())).expect("as long as x0");
        let (mut x_t, mut eps) = (room(), room());
        self.q_sample_batch_into(x0, ts, &mut x_t, &mut eps, rng)?;
        Ok((x_t, eps))
    }

    /// [`q_sample_batch`](Self::q_sample_batch) into arrays in row-major order, of the shape of `x0`.
    pub(crate) fn q_sample_batch_into(
        &self,
        x0: &ArrayRef2<f32>,
        ts: &[usize],
        x_t: &mut Array2<f32>,
        eps: &mut Array2<f32>,
        rng: &mut Rng,
    ) -> Result<()> {
        check::same_shape("ts", &[x0.nrows()], &[ts.len()])?;
        ts.iter().try_for_each(|&t| self.check(t))?;
        let standard = x0.as_standard_layout();
        let x0 = standard.as_slice().expect("standard layout");
        let x_t = x_t.as_slice_mut().expect("row-major order");
        let eps = eps.as_slice_mut().expect("row-major order");
        let level = |row: usize| self.level(ts[row]);
        noise_into("x0", x0, standard.ncols(), &level, x_t, eps, rng)
    }

    /// `n` independent 0-based timesteps, uniform in `0..T`: one for each row of a minibatch (Ho et al. 2020, algorithm
    /// 1).
    ///
    /// # Errors
    /// [`Error::Size`] for more than memory can hold.
    pub fn random_timesteps(&self, n: usize, rng: &mut Rng) -> Result<Vec<usize>> {
        check::elements::<usize>("timesteps", &[n])?;
        let all = 0..self.timesteps();
        Ok((0..n).map(|_| rng.random_range(all.clone())).collect())
    }

    /// Mean and variance of q(x_t | x_0) = N(√ᾱ_t x_0, (1−ᾱ_t) I).
    ///
    /// The mean has the shape of `x0`; the variance (not the standard deviation) is one number, the same
    /// for every element. Ho et al. 2020, eq. 4.
    ///
    /// # Errors
    /// [`Error::Timestep`] if `t` is not in `0..T`.
    pub fn q_mean_variance<D: Dimension>(
        &self,
        x0: &ArrayRef<f32, D>,
        t: usize,
    ) -> Result<(Array<f32, D>, f64)> {
        let alpha_bar = self.alpha_bar(t)?;
        let signal = alpha_bar.sqrt() as f32;
        Ok((x0.mapv(|x| signal * x), 1.0 - alpha_bar))
    }

    /// Mean and variance of q(x_{t−1} | x_t, x_0), the step back when the clean sample is known.
    ///
    /// mean = √ᾱ_{t−1} β_t/(1−ᾱ_t) · x_0 + √α_t (1−ᾱ_{t−1})/(1−ᾱ_t) · x_t, variance β̃_t =
    /// β_t (1−ᾱ_{t−1})/(1−ᾱ_t) (Ho et al. 2020, eqs. 6–7). At `t = 0` the mean is x_0 and the variance 0.
    ///
    /// # Errors
    /// [`Error::Timestep`] if `t` is not in `0..T`; [`Error::Shape`] if the shapes differ.
    pub fn q_posterior<D: Dimension>(
        &self,
        x0: &ArrayRef<f32, D>,
        x_t: &ArrayRef<f32, D>,
        t: usize,
    ) -> Result<(Array<f32, D>, f64)> {
        self.check(t)?;
        same_shape("x_t", x0.shape(), x_t.shape())?;
        let posterior = self.posterior_at(t);
        let (from_x0, from_x_t) = (posterior.x0 as f32, posterior.x_t as f32);
        let mut mean = x0.to_owned();
        mean.zip_mut_with(x_t, |x, x_t| *x = from_x0 * *x + from_x_t * x_t);
        Ok((mean, posterior.variance))
    }
}

/// `(signal·x + noise·ε, ε)` with fresh ε.
fn noised<D: Dimension>(
    what: &'static str,
    x: &ArrayRef<f32, D>,
    level: Level,
    rng: &mut Rng,
) -> Result<(Array<f32, D>, Array<f32, D>)> {
    let standard = x.as_standard_layout();
    let x = standard.as_slice().expect("standard layout");
    let (mut out, mut eps) = (zeros(x.len()), zeros(x.len()));
    noise_into(what, x, x.len(), &|_| level, &mut out, &mut eps, rng)?;
    let shaped = |flat| Array::from_shape_vec(standard.raw_dim(), flat).expect("as long as x");
    Ok((shaped(out), shaped(eps)))
}

/// [`noised`] on flat slices, of rows of length `d` with a level each: one stream a chunk, in parallel where it
/// pays. Not generic, so it is compiled once, here, and not in a notebook cell.
fn noise_into(
    what: &'static str,
    x: &[f32],
    d: usize,
    level: &(dyn Fn(usize) -> Level + Sync),
    out: &mut [f32],
    eps: &mut [f32],
    rng: &mut Rng,
) -> Result<()> {
    let streams = rng.forks(x.len().div_ceil(CHUNK));
    // Noise, mixing and the check share one pass over a chunk that stays in the first-level cache.
    let work = |((i, x), ((out, eps), mut rng)): Chunk| {
        rng.fill_serial(eps);
        let (mut at, mut row) = (0, i * CHUNK / d);
        while at < x.len() {
            let end = ((row + 1) * d - i * CHUNK).min(x.len());
            mix(level(row), &x[at..end], &eps[at..end], &mut out[at..end]);
            (at, row) = (end, row + 1);
        }
        is_finite(x)
    };
    let finite = if x.len() < PARALLEL {
        let results = out.chunks_mut(CHUNK).zip(eps.chunks_mut(CHUNK));
        let chunks = x.chunks(CHUNK).enumerate().zip(results.zip(streams));
        chunks.map(work).min()
    } else {
        let results = out.par_chunks_mut(CHUNK).zip(eps.par_chunks_mut(CHUNK));
        let chunks = x.par_chunks(CHUNK).enumerate().zip(results.zip(streams));
        chunks.map(work).min()
    };
    match finite {
        Some(false) => check::finite(what, x),
        _ => Ok(()),
    }
}

/// A chunk's number, x, results and stream.
type Chunk<'a> = ((usize, &'a [f32]), ((&'a mut [f32], &'a mut [f32]), Rng));

/// x ↦ √ᾱ x + √(1−ᾱ) ε.
fn mix(level: Level, x: &[f32], eps: &[f32], out: &mut [f32]) {
    let (signal, noise) = (level.signal() as f32, level.noise() as f32);
    for ((out, x), e) in out.iter_mut().zip(x).zip(eps) {
        *out = signal * x + noise * e;
    }
}
