//! The forward process q: data → noise, one step at a time or at once, and the posterior that undoes a step.
//!
//! Everything here acts on each element alone, so a sample may have any shape. Samples are f32; the
//! coefficients are computed in f64 and rounded once.

use crate::parallel::*;
use ndarray::{Array, Array2, ArrayRef, ArrayRef2, Dimension};

use crate::check::{self, all_finite, is_finite, same_shape};
use crate::error::{Error, Result};
use crate::memory::zeros;
use crate::rng::{CHUNK, PARALLEL, Rng};
use crate::schedule::Schedule;

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
        let step = Noising::new(self.alphas()[t]);
        Ok(noised("x_before", x_before, step, rng)?.0)
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
        noised("x0", x0, Noising::new(self.alpha_bars()[t]), rng)
    }

    /// [`q_sample`](Self::q_sample) into arrays that a loop keeps: the same numbers, in parallel, with no
    /// memory taken.
    ///
    /// # Errors
    /// As [`q_sample`](Self::q_sample), after which the contents of `x_t` and `eps` are undefined;
    /// [`Error::Shape`] unless they have the shape of `x0`; [`Error::Layout`] if one is a view with gaps.
    pub fn q_sample_into<D: Dimension>(
        &self,
        x0: &ArrayRef<f32, D>,
        t: usize,
        x_t: &mut ArrayRef<f32, D>,
        eps: &mut ArrayRef<f32, D>,
        rng: &mut Rng,
    ) -> Result<()> {
        self.check(t)?;
        same_shape("x_t", x0.shape(), x_t.shape())?;
        same_shape("eps", x0.shape(), eps.shape())?;
        let x0 = x0.as_standard_layout();
        let x0 = x0.as_slice().expect("standard layout");
        let x_t = x_t.as_slice_mut().ok_or(Error::Layout { what: "x_t" })?;
        let eps = eps.as_slice_mut().ok_or(Error::Layout { what: "eps" })?;
        noise_into("x0", x0, Noising::new(self.alpha_bars()[t]), x_t, eps, rng)
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
        let Noising { signal, noise } = Noising::new(self.alpha_bars()[t]);
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
    /// As [`q_sample_batch_into`](Self::q_sample_batch_into).
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

    /// [`q_sample_batch`](Self::q_sample_batch) into arrays that a training loop keeps; in parallel.
    ///
    /// # Errors
    /// [`Error::Timestep`] if any of `ts` is not in `0..T`; [`Error::Shape`] unless `ts` has one entry a
    /// row and `x_t` and `eps` have the shape of `x0`; [`Error::Layout`] if `x_t` or `eps` is a view with
    /// gaps; [`Error::NotFinite`] for NaN or infinite data.
    pub fn q_sample_batch_into(
        &self,
        x0: &ArrayRef2<f32>,
        ts: &[usize],
        x_t: &mut ArrayRef2<f32>,
        eps: &mut ArrayRef2<f32>,
        rng: &mut Rng,
    ) -> Result<()> {
        let (rows, d) = x0.dim();
        same_shape("ts", &[rows], &[ts.len()])?;
        same_shape("x_t", x0.shape(), x_t.shape())?;
        same_shape("eps", x0.shape(), eps.shape())?;
        ts.iter().try_for_each(|&t| self.check(t))?;
        all_finite("x0", x0)?;
        let x0 = x0.as_standard_layout();
        let x0 = x0.as_slice().expect("standard layout");
        let x_t = x_t.as_slice_mut().ok_or(Error::Layout { what: "x_t" })?;
        let eps = eps.as_slice_mut().ok_or(Error::Layout { what: "eps" })?;
        if x0.is_empty() {
            return Ok(());
        }
        rng.fill_standard_normal(eps);
        let piece = CHUNK.div_ceil(d);
        let mix = |x_t: &mut [f32], x0: &[f32], eps: &[f32], ts: &[usize]| {
            let rows = x_t
                .chunks_exact_mut(d)
                .zip(x0.chunks_exact(d))
                .zip(eps.chunks_exact(d));
            for (((x_t, x0), eps), &t) in rows.zip(ts) {
                Noising::new(self.alpha_bars()[t]).mix(x0, eps, x_t);
            }
        };
        if x0.len() < PARALLEL {
            mix(x_t, x0, eps, ts);
        } else {
            x_t.par_chunks_mut(piece * d)
                .zip(x0.par_chunks(piece * d))
                .zip(eps.par_chunks(piece * d))
                .zip(ts.par_chunks(piece))
                .for_each(|(((x_t, x0), eps), ts)| mix(x_t, x0, eps, ts));
        }
        Ok(())
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

/// Coefficients of x ↦ signal·x + noise·ε.
#[derive(Clone, Copy)]
struct Noising {
    signal: f32,
    noise: f32,
}

impl Noising {
    /// Keeps the share `kept` of the variance and fills up with noise of variance 1 − `kept`.
    fn new(kept: f64) -> Self {
        Self {
            signal: kept.sqrt() as f32,
            noise: (1.0 - kept).sqrt() as f32,
        }
    }

    #[inline]
    fn mix(self, x: &[f32], eps: &[f32], out: &mut [f32]) {
        for ((out, x), e) in out.iter_mut().zip(x).zip(eps) {
            *out = self.signal * x + self.noise * e;
        }
    }
}

/// `(signal·x + noise·ε, ε)` with fresh ε, one stream a chunk, in parallel where it pays.
fn noised<D: Dimension>(
    what: &'static str,
    x: &ArrayRef<f32, D>,
    noising: Noising,
    rng: &mut Rng,
) -> Result<(Array<f32, D>, Array<f32, D>)> {
    let standard = x.as_standard_layout();
    let x = standard.as_slice().expect("standard layout");
    let (mut out, mut eps) = (zeros(x.len()), zeros(x.len()));
    noise_into(what, x, noising, &mut out, &mut eps, rng)?;
    let shaped = |flat| Array::from_shape_vec(standard.raw_dim(), flat).expect("as long as x");
    Ok((shaped(out), shaped(eps)))
}

/// [`noised`] on flat slices: not generic, so it is compiled once, here, and not in a notebook cell.
fn noise_into(
    what: &'static str,
    x: &[f32],
    noising: Noising,
    out: &mut [f32],
    eps: &mut [f32],
    rng: &mut Rng,
) -> Result<()> {
    let streams = rng.forks(x.len().div_ceil(CHUNK));
    // Noise, mixing and the check share one pass over a chunk that stays in the first-level cache.
    let work = |x: &[f32], out: &mut [f32], eps: &mut [f32], mut rng: Rng| {
        rng.fill_serial(eps);
        noising.mix(x, eps, out);
        is_finite(x)
    };
    let finite = if x.len() < PARALLEL {
        x.chunks(CHUNK)
            .zip(out.chunks_mut(CHUNK))
            .zip(eps.chunks_mut(CHUNK))
            .zip(streams)
            .all(|(((x, out), eps), rng)| work(x, out, eps, rng))
    } else {
        x.par_chunks(CHUNK)
            .zip(out.par_chunks_mut(CHUNK))
            .zip(eps.par_chunks_mut(CHUNK))
            .zip(streams)
            .map(|(((x, out), eps), rng)| work(x, out, eps, rng))
            .min()
            != Some(false)
    };
    match finite {
        true => Ok(()),
        false => check::finite(what, x),
    }
}
