//! Diffusion models understood by running them.
//!
//! The library behind the book *Diffusion Models Intuition, in Rust*: noise schedules, the forward
//! process, networks and their training, an exactly solvable world to check everything against, and
//! figures. Small enough to read; every formula names its paper, every number is proven by a test.
//!
//! ```
//! use diffusion_intuition::prelude::*;
//!
//! # fn main() -> Result<()> {
//! let mut rng = Rng::new(0);
//! let x0: Array1<f32> = data::bimodal(&mut rng); // 400 points in two heaps
//! let schedule = Schedule::linear(200, 1e-4, 0.02)?;
//! let (x_t, eps) = schedule.q_sample(&x0, 100, &mut rng)?; // noised at once, no loop over steps
//!
//! // The best guess of the noise that any network could make, known exactly for this data:
//! let best = Mixture::bimodal().optimal_eps(&schedule, &x_t, 100)?;
//! let error = (&eps - &best).mapv(|e| e * e).mean().unwrap();
//! assert!(error > 0.1); // not 0: x_t does not tell all of its noise
//! # Ok(())
//! # }
//! ```
//!
//! # From the chapter's symbols to items
//!
//! | symbol | meaning | item |
//! | --- | --- | --- |
//! | T | number of steps | [`Schedule::timesteps`] |
//! | t | timestep, **0-based**: formulas that count from 1 mean `t + 1` | argument `t` |
//! | β_t | variance of the noise that step t adds | [`Schedule::betas`] |
//! | α_t = 1 − β_t | share of the variance that step t keeps | [`Schedule::alphas`] |
//! | ᾱ_t = ∏ α_s | share of the data's variance left in x_t | [`Schedule::alpha_bars`] |
//! | √(1 − ᾱ_t) | noise level: *standard deviation* of the noise in x_t | [`Schedule::noise_level`] |
//! | ᾱ_t / (1 − ᾱ_t) | signal-to-noise ratio, of variances | [`Schedule::snr`] |
//! | q(x_t ∣ x_{t−1}) | one noising step | [`Schedule::q_step`] |
//! | q(x_t ∣ x_0) | all steps at once | [`Schedule::q_sample`], [`Schedule::q_mean_variance`] |
//! | ε | all the noise in x_t, with unit variance | second value of [`Schedule::q_sample`] |
//! | q(x_{t−1} ∣ x_t, x_0), β̃_t | a step back, the clean sample known | [`Schedule::q_posterior`], [`Schedule::posterior_variance`] |
//! | q(x_{t−1} ∣ x_t) | a step back, the clean sample unknown: the exact reverse process | [`Mixture::reverse_kernel`], [`Mixture::reverse_step`] |
//! | q(x_t) | all data, noised to t | [`Mixture::marginal`] |
//! | ∇ ln q(x_t) | score | [`Mixture::score`] |
//! | σ_t = √((1 − ᾱ_t)/ᾱ_t) | noise of x_t/√ᾱ_t, the time of the probability-flow ODE | [`Method::Euler`], [`Method::Heun`] |
//! | λ_t = ½ ln(ᾱ_t/(1 − ᾱ_t)) | half the log-SNR | [`Method::DpmSolver`], [`Spacing::UniformLambda`] |
//! | σ_t² of p_θ(x_{t−1} ∣ x_t) | variance of the noise that a step back adds: β̃_t, β_t or between | [`Variance`] |
//! | η | share of fresh noise in a step back | [`Method::Ddim`] |
//! | ε_θ, x̂_0, v_θ | what a model predicts | [`Denoiser`], [`Prediction`] |
//! | ε*(x_t, t) | the best prediction of ε: what ε_θ tries to learn | [`Mixture::optimal_eps`] |
//! | ε* of n pictures | a softmax over them: what a network that has learned them by heart answers | [`EmpiricalDenoiser`] |
//! | E‖ε − ε*‖² | the floor of the loss; what a network loses beyond it | [`Mixture::eps_floor`], [`Mixture::eps_excess`] |
//! | ε_θ(x_t, t) | the denoising network | [`network::Network`], [`network::FilmMlp`] |
//! | ε_θ(x_t, t, c) | the same for pictures, told their class | [`network::UNet`], [`network::Network::given`] |
//! | p(w_k ∣ x_t), x0* of a sentence | the exact posterior of each word, by forward–backward | [`text::ExactText`] |
//! | p_θ(w_k ∣ x_t), x̂_0 of a sentence | the same, learned | [`network::Transformer`] |
//! | z = s·E(x), x̂ = D(z/s) | latents: a code for pictures of variance 1, and the picture of a code | [`network::Autoencoder`] |
//! | ε_θ(x_t, t, sentence) | a network that is told a sentence, by cross-attention | [`network::UNet::set_prompts`] |
//! | p(c ∣ x_t), ∇ ln p(c ∣ x_t) | what x_t says of an attribute of its sentence | [`text::ExactClassifier`] |
//! | θ | its parameters | [`network::Parameters`] |
//! | ∇_θ L | gradient of the loss | [`autograd::Tape::backward`] |
//! | L_simple | what training minimises | [`train::Trainer`] |
//! | L_vlb = L_T + Σ L_{t−1} + L_0 | bound on −ln p_θ(x_0), in nats | [`likelihood::Elbo`], [`likelihood::Bound`] |
//! | L_T | KL(q(x_T ∣ x_0) ‖ N(0, I)) | [`likelihood::Bound::prior`] |
//! | L_{t−1}, L_0 | KL of a step back; −ln p_θ(x_0 ∣ x_1) | [`likelihood::Bound::terms`] |
//! | bits per dimension | nats / (d ln 2) | [`likelihood::Bound::bits_per_dim`] |
//! | ln p_θ(x_0) by the probability-flow ODE | density of the deterministic samplers | [`likelihood::ProbabilityFlow`] |
//! | H(q) | entropy: the least −ln p that any model can have | [`Mixture::entropy`] |
//! | v | √ᾱ_t ε − √(1−ᾱ_t) x_0, another target | [`Prediction::V`] |
//! | x_u, ẋ_u = ε − x_0 | a path in continuous time, its velocity | [`Path`], [`Mixture::velocity`], [`Prediction::Velocity`] |
//! | F_0⁻¹(F_t(x)) | the map of the ODE from x_t to x_0 in one dimension | [`Mixture::one_step_map`] |
//! | f_θ(x_t, t) | a student that answers with the end of its path | [`train::Consistency`], [`train::Progressive`], [`Sampler::pairs`] |
//! | G(z), D(x) | generator and discriminator of a GAN | [`gan::Gan`] |
//!
//! # Data and measures
//!
//! | what | item |
//! | --- | --- |
//! | data sets in the plane, all on one scale: moons, rolls, rings, a crab | [`data`] |
//! | languages of which everything is known; sentences as points | [`text::Grammar`], [`text::WordVectors`] |
//! | your own sentences | [`text::Corpus`] |
//! | your own numbers, brought to that scale and back | [`data::read_csv`], [`data::Standardizer`] |
//! | rows to train on and rows to judge by, on that scale | [`data::Split`] |
//! | a training run that survives a stop | [`train::Trainer::open`] |
//! | files that are never half written | [`mod@file`] |
//! | how far samples are from the truth | [`metrics`] |
//! | what chance alone gives, and how sure a figure is | [`metrics::floor`], [`metrics::Estimate`] |
//! | generated rows against held-out ones, with floors | [`metrics::compare`] |
//! | how good generated pictures are, beside real ones | [`judge::Exam`] |
//! | figures, tables and text on one page | [`plot::Report`] |
//!
//! # Floors
//!
//! A module imports only from floors below its own, and no two files import each other: a test reads the imports
//! and this table. So any module is read with nothing but what stands above it in the table.
//!
//! | floor | modules | what |
//! | --- | --- | --- |
//! | 0 | `error` | what can be wrong with an input |
//! | 1 | `check`, `bisection`, `encoding`, `hash`, `memory`, `parallel`, `verdict` | checks of inputs, inverses, bytes as text, memory, threads, an observer's answer |
//! | 2 | `rng`, [`mod@file`] | random numbers, files |
//! | 3 | [`schedule`], [`plot`] | β_t, ᾱ_t; figures, which know nothing of diffusion |
//! | 4 | `forward`, `path`, `prediction` | q(x_t ∣ x_0); paths in continuous time; ε, x0, v, velocity |
//! | 5 | [`mixture`], [`autograd`] | the exactly solvable world; tensors, parameters, tape |
//! | 6 | `denoiser`, [`data`], [`metrics`] | what samplers see of a model; points; distances |
//! | 7 | [`text`], `empirical` | sentences; ε* of rows known by heart |
//! | 8 | [`network`], [`scenes`] | ε_θ; pictures of which everything is known |
//! | 9 | [`train`], [`sampler`] | L_simple; from noise to data |
//! | 10 | [`likelihood`], [`gan`], [`judge`] | L_vlb and the flow's density; the other way to make samples; how good pictures are |
//!
//! # Conventions
//!
//! A batch is a matrix with one row a sample ([`ndarray::Array2`] of f32); one-dimensional data may stay an
//! [`ndarray::Array1`]. Tables and exact solutions are f64. Randomness is always an argument, an [`Rng`]; a
//! seed gives the same bits at any number of threads. Processors whose vectors are wider, or multiply and add at once,
//! differ in last digits: with `DIFFUSION_INTUITION_VECTORS` set to 128 or 256 none wider than so many bits are used
//! (any other value of it ends the program with a sentence).
//! Public entry points return [`Error`]s that name the offending value; none of them panics on bad input, but
//! where its documentation has a section *Panics* (names of parameters taken from another network, mostly).
//!
//! # Features
//!
//! Both are on by default; without both, the library compiles for `wasm32-unknown-unknown`.
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `plot` | the module [`plot`], on plotters |
//! | `parallel` | rayon's threads; the numbers are the same bits without |
#![deny(unsafe_code)]

pub mod autograd;
mod bisection;
mod check;
pub mod data;
mod denoiser;
mod empirical;
mod encoding;
mod error;
pub mod file;
mod forward;
pub mod gan;
mod hash;
pub mod judge;
pub mod likelihood;
mod memory;
pub mod metrics;
pub mod mixture;
pub mod network;
mod parallel;
mod path;
#[cfg(feature = "plot")]
pub mod plot;
mod prediction;
mod rng;
pub mod sampler;
pub mod scenes;
pub mod schedule;
pub mod text;
pub mod train;
mod verdict;

pub use denoiser::{Denoiser, ExactDenoiser, Predicting};
pub use empirical::EmpiricalDenoiser;
pub use error::{Error, Result};
pub use mixture::{Gaussian, Mixture};
pub use path::Path;
pub use prediction::Prediction;
pub use rng::Rng;
pub use sampler::Sampler;
pub use schedule::Schedule;

#[cfg(doc)]
use sampler::{Method, Spacing, Variance};

/// Everything that a notebook's cells name: `use diffusion_intuition::prelude::*;`.
pub mod prelude {
    pub use crate::autograd::{GradientCheck, Gradients, Tape, Var, check_gradients};
    pub use crate::gan::{Gan, GanConfig};
    pub use crate::likelihood::{Bound, Decoder, Elbo, ProbabilityFlow};
    pub use crate::likelihood::{bits_of_samples, bits_per_dim};
    pub use crate::network::octaves;
    pub use crate::network::{Autoencoder, AutoencoderConfig};
    pub use crate::network::{FilmMlp, FilmMlpConfig, Linear, Network, Parameters, TimeEmbedding};
    pub use crate::network::{TextConfig, Transformer, TransformerConfig, UNet, UNetConfig};
    #[cfg(feature = "plot")]
    pub use crate::plot::{Figure, Panel, Report, Role, Table, num, significant, verbatim};
    pub use crate::sampler::{Guidance, Method, Solver, Spacing, Threshold, Trajectory, Variance};
    pub use crate::scenes::{Scenes, Thing};
    pub use crate::text::{ExactClassifier, ExactText, Grammar, Reading, Vocabulary, WordVectors};
    pub use crate::train::{Adam, Ema, LearningRate, Optimizer, Progress, TrainConfig, Trainer};
    pub use crate::{Denoiser, EmpiricalDenoiser, ExactDenoiser, Prediction, Sampler};
    pub use crate::{Error, Gaussian, Mixture, Path, Result, Rng, Schedule, data, metrics};
    pub use ndarray::{Array1, Array2, Axis, array};
}

/// The README's program runs as a documentation test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
