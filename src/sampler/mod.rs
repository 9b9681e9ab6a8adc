//! Sampling: from noise to data, with anything that is a [`Denoiser`].
//!
//! ```
//! use diffusion_intuition::prelude::*;
//!
//! let mut rng = Rng::new(0);
//! let schedule = Schedule::linear(1000, 1e-4, 0.02)?;
//! let denoiser = Mixture::bimodal().denoiser(&schedule, Prediction::Eps);
//! let sampler = Sampler::new(&schedule, Method::DDIM, 50)?; // 50 of the 1000 timesteps
//! let noise = rng.standard_normal(400, 1)?;
//! let x0 = sampler.sample(&denoiser, &noise, &mut rng)?; // shape (400, 1)
//! assert!(x0.iter().all(|x| (x.abs() - 2.0).abs() < 1.5)); // all of them near −2 or 2
//! # Ok::<(), Error>(())
//! ```
//!
//! Every method is one formula in one file, from x_t and x̂0 = E[x_0 | x_t] as the denoiser sees it:
//!
//! | method | noise | order | evaluations (NFE) for N steps | where |
//! | --- | --- | --- | --- | --- |
//! | [`Method::Ddpm`] | every step | | N | `ddpm.rs` |
//! | [`Method::Ddim`] | η = 0: none | 1 | N | `ddim.rs` |
//! | [`Method::Euler`] | none | 1; it is DDIM with η = 0 | N | `euler.rs` |
//! | [`Method::Heun`] | none | 2 | 2N − 1 | `heun.rs` |
//! | [`Method::DpmSolver`] | none | 2 | N | `dpm_solver.rs` |
//! | [`Method::Consistency`] | every step | (for distilled networks) | N | `consistency.rs` |
//!
//! The step from the last timestep leads to clean data (ᾱ = 1), not to t = 0, and adds no noise.
//!
//! A method of your own is a [`Solver`]: its name and its formula. Here Euler–Maruyama, one of first order for
//! the reverse SDE in x̄ = x_t/√ᾱ_t (Song et al. 2021, eq. 6), where σ² falls by the variance of what is added:
//!
//! ```
//! use diffusion_intuition::prelude::*;
//! use diffusion_intuition::sampler::{Blend, Interval, Solver, X_T, X0, Z};
//!
//! #[derive(Debug)]
//! struct EulerMaruyama;
//!
//! impl Solver for EulerMaruyama {
//!     fn name(&self) -> &'static str {
//!         "Euler–Maruyama"
//!     }
//!
//!     /// x̄_s = x̄_t + (σ_t² − σ_s²) (x̂0 − x̄_t)/σ_t² + √(σ_t² − σ_s²) z; at the end x̂0.
//!     fn step(&self, &mut Interval { t, s, .. }: &mut Interval) -> Result<Blend> {
//!         let variance = t.sigma().powi(2);
//!         let fallen = variance - s.sigma().powi(2);
//!         let x = X_T / t.signal();
//!         let end = x + fallen / variance * (X0 - x);
//!         let noise = if s.sigma() > 0.0 { fallen.sqrt() } else { 0.0 };
//!         Ok(s.signal() * (end + noise * Z))
//!     }
//! }
//!
//! # let mut rng = Rng::new(0);
//! # let schedule = Schedule::linear(1000, 1e-4, 0.02)?;
//! # let denoiser = Mixture::bimodal().denoiser(&schedule, Prediction::Eps);
//! # let noise = rng.standard_normal(2000, 1)?;
//! let sampler = Sampler::new(&schedule, EulerMaruyama, 200)?;
//! let x0 = sampler.sample(&denoiser, &noise, &mut rng)?;
//! let law = Mixture::bimodal(); // what comes out follows the data, up to the error of 200 steps
//! assert!(metrics::wasserstein_one_sample(&x0.column(0), &law)? < 0.2);
//! # Ok::<(), Error>(())
//! ```
//!
//! # Where ᾱ ends near 0
//!
//! x̂0 from ε is (x_t − √(1−ᾱ_t) ε)/√ᾱ_t, so an error of ε is multiplied by σ_t = √(1−ᾱ_t)/√ᾱ_t: 157 at the end
//! of the linear schedule of T = 1000, 20,000 at that of the cosine schedule, which β ≤ 0.999 alone keeps from
//! ᾱ = 0. What arrives in x_s after one step is that times √ᾱ_s (1 − σ_s/σ_t), see [`Sampler::amplification`]:
//! 1.6 on the linear schedule in ten steps, 3,000 on the cosine schedule, and 31 on it even if every timestep
//! is visited. A trained network is off by a hundredth or two, so from a denoiser that predicts ε a sampler
//! refuses ([`Error::Amplified`]) a step from σ_t > 200 that multiplies by more than 10 (from an
//! [exact](crate::Denoiser::is_exact) one, off by the rounding of f32, by more than 1e5). Any of these is right instead:
//!
//! * train for v or x0 ([`TrainConfig::prediction`](crate::train::TrainConfig), [`Prediction::of`]): neither is
//!   amplified at any ᾱ, and every method works at ᾱ = 0 (zero terminal SNR) too, where ε says nothing of x_0
//!   and is refused ([`Error::Degenerate`]);
//! * keep the ε-network and start where σ_t ≤ 50, which the error names:
//!   [`starting_at`](Sampler::starting_at). N(0, I) is the law of x_t there as well, up to 1/50 of the data;
//! * bound x̂0 with [`with_threshold`](Sampler::with_threshold), if the data is bounded: x_s is then off by at
//!   most 2 √ᾱ_s times the bound, which is little if the step is short.
//!
//! [`Denoiser`]: crate::Denoiser
//! [`Error::Amplified`]: crate::Error::Amplified
//! [`Error::Degenerate`]: crate::Error::Degenerate
//! [`Prediction::of`]: crate::Prediction::of

mod amplification;
mod blend;
mod consistency;
mod ddim;
mod ddpm;
mod dpm_solver;
mod encode;
mod euler;
mod guidance;
mod heun;
mod inpaint;
mod method;
mod plan;
mod predictor;
mod reflow;
mod run;
mod sample;
mod sdedit;
mod solver;
mod threshold;
mod timesteps;
mod trajectory;

pub use blend::{Blend, X_T, X0, X0_OTHER, Z};
pub use ddpm::Variance;
pub use guidance::Guidance;
pub use method::Method;
pub use plan::Sampler;
pub use solver::{Interval, Solver};
pub use threshold::Threshold;
pub use timesteps::Spacing;
pub use trajectory::{Step, Trajectory};
