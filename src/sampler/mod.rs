//! Sampling: from noise to data, with anything that is a [`Denoiser`].
//!
//! ```
//! use diffusion_intuition::sampler::{Method, Sampler};
//! use diffusion_intuition::{Mixture, Prediction, Rng, Schedule};
//!
//! let mut rng = Rng::new(0);
//! let schedule = Schedule::linear(1000, 1e-4, 0.02)?;
//! let denoiser = Mixture::bimodal().denoiser(&schedule, Prediction::Eps);
//! let sampler = Sampler::new(&schedule, Method::DDIM, 50)?; // 50 of the 1000 timesteps
//! let noise = rng.standard_normal(400, 1)?;
//! let x0 = sampler.sample(&denoiser, &noise, &mut rng)?; // shape (400, 1)
//! assert!(x0.iter().all(|x| (x.abs() - 2.0).abs() < 1.5)); // all of them near −2 or 2
//! # Ok::<(), diffusion_intuition::Error>(())
//! ```
//!
//! Every method is one formula in one file, from x_t and x̂0 = E[x_0 | x_t] as the denoiser sees it:
//!
//! | method | noise | order | evaluations for N steps | where |
//! | --- | --- | --- | --- | --- |
//! | [`Method::Ddpm`] | every step | | N | `ddpm.rs` |
//! | [`Method::Ddim`] | η = 0: none | 1 | N | `ddim.rs` |
//! | [`Method::Euler`] | none | 1; it is DDIM with η = 0 | N | `heun.rs` |
//! | [`Method::Heun`] | none | 2 | 2N − 1 | `heun.rs` |
//! | [`Method::DpmSolver`] | none | 2 | N | `dpm_solver.rs` |
//!
//! The step from the last timestep leads to clean data (ᾱ = 1), not to t = 0, and adds no noise.
//!
//! # Where ᾱ ends near 0
//!
//! x̂0 from ε is (x_t − √(1−ᾱ_t) ε)/√ᾱ_t, so an error of ε is multiplied by σ_t = √(1−ᾱ_t)/√ᾱ_t: 157 at the end
//! of the linear schedule of T = 1000, 20,000 at that of the cosine schedule, which β ≤ 0.999 alone keeps from
//! ᾱ = 0. What arrives in x_s after one step is that times √ᾱ_s (1 − σ_s/σ_t), see [`Sampler::amplification`]:
//! 1.6 on the linear schedule in ten steps, 3,000 on the cosine schedule, and 31 on it even if every timestep
//! is visited. A trained network is off by a hundredth or two, so from a denoiser that predicts ε a sampler
//! refuses ([`Error::Amplified`]) a step from σ_t > 200 that multiplies by more than 10 (from an
//! [exact](Denoiser::is_exact) one, off by the rounding of f32, by more than 1e5). Any of these is right instead:
//!
//! * train for v or x0 ([`TrainConfig::prediction`](crate::train::TrainConfig), [`Prediction::of`]): neither is
//!   amplified at any ᾱ, and every method works at ᾱ = 0 (zero terminal SNR) too, where ε says nothing of x_0
//!   and is refused ([`Error::Degenerate`]);
//! * keep the ε-network and start where σ_t ≤ 50, which the error names:
//!   [`starting_at`](Sampler::starting_at). N(0, I) is the law of x_t there as well, up to 1/50 of the data;
//! * bound x̂0 with [`with_threshold`](Sampler::with_threshold), if the data is bounded: x_s is then off by at
//!   most 2 √ᾱ_s times the bound, which is little if the step is short.
//!
//! [`Prediction::of`]: crate::Prediction::of

mod amplification;
mod blend;
mod ddim;
mod ddpm;
mod dpm_solver;
mod estimate;
mod guidance;
mod heun;
mod inpaint;
mod level;
mod method;
mod run;
mod sdedit;
mod threshold;
mod timesteps;
mod trajectory;

use ndarray::{Array2, ArrayRef2};

pub use ddpm::Variance;
pub use guidance::Guidance;
pub use method::Method;
pub use threshold::Threshold;
pub use timesteps::Spacing;
pub use trajectory::Trajectory;

use crate::check;
use crate::denoiser::Denoiser;
use crate::error::{Error, Result};
use crate::rng::Rng;
use crate::schedule::Schedule;
use crate::verdict::Verdict;
use level::Level;
use run::{Observer, Run};

/// A method and the timesteps at which it asks the denoiser. See the [module](self) for an example.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampler {
    schedule: Schedule,
    method: Method,
    timesteps: Vec<usize>,
    threshold: Option<Threshold>,
}

/// What an observer sees of a step, before it is taken.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// 0-based number of the step.
    pub step: usize,
    /// Number of steps of the whole run.
    pub steps: usize,
    /// The 0-based timestep at which the batch stands.
    pub t: usize,
    /// ᾱ_t.
    pub alpha_bar: f64,
    /// The batch x_t; shape (n, d).
    pub x: &'a Array2<f32>,
    /// x̂0, the clean samples as the denoiser sees them from here, after any thresholding; shape (n, d).
    pub x0: &'a Array2<f32>,
    /// How often the denoiser has been asked so far.
    pub evaluations: u64,
}

impl Sampler {
    /// `method` in `steps` steps, [trailing](Spacing::Trailing): the first is at t = T−1.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless 1 ≤ `steps` ≤ T, and for a setting of the method outside its range;
    /// as [`with_timesteps`](Self::with_timesteps).
    pub fn new(schedule: &Schedule, method: Method, steps: usize) -> Result<Self> {
        let timesteps = Spacing::Trailing.timesteps(schedule, steps)?;
        Self::with_timesteps(schedule, method, timesteps)
    }

    /// `method` at timesteps of your own, 0-based and falling; [`Spacing::timesteps`] makes some.
    ///
    /// # Errors
    /// [`Error::Empty`] for none; [`Error::Timestep`] for one outside `0..T`; [`Error::Parameter`] unless
    /// each is below the one before; [`Error::Parameter`] for a setting of the method outside its range.
    pub fn with_timesteps(
        schedule: &Schedule,
        method: Method,
        timesteps: Vec<usize>,
    ) -> Result<Self> {
        method.check()?;
        if timesteps.is_empty() {
            let what = "timesteps";
            return Err(Error::Empty { what });
        }
        timesteps.iter().try_for_each(|t| schedule.check(*t))?;
        for pair in timesteps.windows(2) {
            let (name, valid) = ("a timestep of a sampler", "below the one before it");
            check::parameter(name, pair[1], pair[1] < pair[0], valid)?;
        }
        Ok(Self {
            schedule: schedule.clone(),
            method,
            timesteps,
            threshold: None,
        })
    }

    /// The same sampler with x̂0 kept in bounds at every step. Off by default, and wrong for data without
    /// bounds: see [`Threshold`].
    ///
    /// # Errors
    /// [`Error::Parameter`] for a bound or a quantile outside its range.
    pub fn with_threshold(self, threshold: Threshold) -> Result<Self> {
        threshold.check()?;
        let threshold = Some(threshold);
        Ok(Self { threshold, ..self })
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The 0-based timesteps, from the noisiest on. One step starts at each.
    pub fn timesteps(&self) -> &[usize] {
        &self.timesteps
    }

    /// The bounds of x̂0, if there are any.
    pub fn threshold(&self) -> Option<Threshold> {
        self.threshold
    }

    /// How often a run asks the denoiser for the whole batch: what methods are fairly compared at.
    pub fn evaluations(&self) -> u64 {
        self.method.evaluations(self.timesteps.len())
    }

    /// Samples: from `x`, noise at the timestep [`timesteps`](Self::timesteps)`[0]`, to data; both (n, d).
    ///
    /// `x` is drawn from N(0, I), for instance by [`Rng::standard_normal`], if the schedule ends there;
    /// where it does not (ᾱ_{T−1} far from 0), that start is itself an error. `rng` is used by stochastic
    /// methods only; a seed gives the same bits at any number of threads.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a start that is not; for a denoiser that predicts ε, [`Error::Degenerate`] at a
    /// timestep with ᾱ = 0 and [`Error::Amplified`] where ᾱ is so near 0 that its error would drown the sample
    /// (see the [module](self)); [`Error::Denoiser`], with the step, if the denoiser fails, or returns a wrong
    /// shape, NaN or infinity.
    pub fn sample(
        &self,
        denoiser: &dyn Denoiser,
        x: &ArrayRef2<f32>,
        rng: &mut Rng,
    ) -> Result<Array2<f32>> {
        self.sample_with(denoiser, x, rng, |_| {})
    }

    /// [`sample`](Self::sample) with an observer, which is called before every step. It may return
    /// `ControlFlow::Break(())` to stop: the result is then the batch as it just saw it.
    ///
    /// # Errors
    /// As [`sample`](Self::sample).
    pub fn sample_with<V: Verdict>(
        &self,
        denoiser: &dyn Denoiser,
        x: &ArrayRef2<f32>,
        rng: &mut Rng,
        mut observer: impl FnMut(&Step) -> V,
    ) -> Result<Array2<f32>> {
        self.run(denoiser, x, rng, &mut |step| observer(step).flow())
    }

    fn run(
        &self,
        denoiser: &dyn Denoiser,
        x: &ArrayRef2<f32>,
        rng: &mut Rng,
        observer: Observer,
    ) -> Result<Array2<f32>> {
        let mut run = Run::down(self, denoiser, x)?;
        for i in 0..self.timesteps.len() {
            if run.step(i, rng, observer)?.is_break() {
                break;
            }
        }
        Ok(run.x)
    }

    /// The noise level of a valid timestep.
    fn level(&self, t: usize) -> Level {
        let alpha_bar = self.schedule.alpha_bars()[t];
        Level { alpha_bar }
    }

    /// Where step number `i` ends: at the next timestep, or at clean data.
    fn level_after(&self, i: usize) -> Level {
        let next = self.timesteps.get(i + 1);
        next.map_or(Level::CLEAN, |t| self.level(*t))
    }
}
