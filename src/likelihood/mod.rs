//! How likely a model finds data: the variational bound term by term, and the probability-flow ODE.
//!
//! ```
//! use diffusion_intuition::prelude::*;
//!
//! let schedule = Schedule::linear(1000, 1e-4, 0.02)?;
//! let data = Mixture::bimodal();
//! let denoiser = data.denoiser(&schedule, Prediction::Eps);
//! let mut rng = Rng::new(0);
//! let x0 = data.sample(100, &mut rng)?;
//!
//! let elbo = Elbo::new(&schedule, Variance::FixedLarge)?;
//! let bound = elbo.estimate(&denoiser, &x0, &mut rng)?; // with its standard error
//! let exact = elbo.exact(&denoiser, &data)?; // its mean over all samples, for one dimension
//! let truth = bits_per_dim(data.entropy()?, 1); // no model can have less
//! assert!((bound.bits_per_dim() - exact.bits_per_dim()).abs() < 5.0 * bound.bits_per_dim_error());
//! assert!(exact.bits_per_dim() - truth < 0.05);
//! # Ok::<(), Error>(())
//! ```
//!
//! The papers' symbols stand in the table of the [crate]. Their L_{t−1} counts t from 1 and entry t of
//! [`Bound::terms`] from 0, so these are the same; L_0 is the [`Decoder`]'s, σ_t² those of [`reverse_variances`], and the weight of ‖ε − ε_θ‖² in
//! L_{t−1}, which is 1 in L_simple, stands in [`Elbo::weights`].
//!
//! # What the choice of variance costs, with the best denoiser
//!
//! The bound exceeds the truth by KL(q(x_T) ‖ N(0, I)) and, a step, by how far p_θ is from q(x_{t−1} | x_t).
//! Where the noise is fine against the data's detail, x_t says nothing of x_0 beyond x_0 ≈ x_t ± noise. Then
//! q(x_{t−1} | x_t) has the variance β_t of the forward step: **fixed-large** is right there, and what it is
//! off elsewhere falls like 1/T.
//!
//! **Fixed-small** takes β̃_t, the variance if x_0 were known. It is smaller by a factor 1 + r_t with
//! r_t = ᾱ_{t−1} β_t/(1−ᾱ_{t−1}), and a step with it costs ½ (r_t − ln(1 + r_t)) nats a coordinate more. While β
//! is about constant and ᾱ about 1, at the start of a schedule, r_t is 1/t, *whatever* T is: the first steps double
//! the noise's variance, add half to it, a third. More steps start with finer noise, but not with finer ratios.
//! Summed over t, with the decoder's variance β̃_1 = β_0/2 for β_0, this is
//!
//! ½ γ + ½ (1 − ln 2) = 0.2886 + 0.1534 = 0.4420 nats = 0.638 bits a dimension (γ is Euler's constant),
//!
//! to which the gap with fixed-small variance falls as T grows, and no further. On the chapter's data with
//! [`Schedule::linear_rescaled`](crate::Schedule::linear_rescaled), whose β grows from the first step on, so that r_t
//! is nearer 2/t until T is large:
//!
//! | T | bits a dimension above the entropy: fixed-large | fixed-small |
//! | --- | --- | --- |
//! | 250 | 0.0326 | 1.1401 |
//! | 500 | 0.0163 | 0.9294 |
//! | 1000 | 0.0081 | 0.8116 |
//! | 2000 | 0.0041 | 0.7423 |
//! | ∞ | 0 | 0.638 |
//!
//! It is the other way round where the data is a set of points against the noise: then x_t tells x_0, knowing it
//! changes nothing, and β̃_t is right. So it is with data on a grid.

mod bound;
mod decoder;
mod elbo;
mod flow;
mod variance;

pub use bound::{Bound, bits_of_samples, bits_per_dim};
pub use decoder::Decoder;
pub use elbo::Elbo;
pub use flow::ProbabilityFlow;
pub use variance::reverse_variances;
