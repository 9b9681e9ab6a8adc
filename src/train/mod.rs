//! Training a [`Network`] to predict the noise.
//!
//! ```
//! use diffusion_intuition::network::{FilmMlp, Network};
//! use diffusion_intuition::train::{LearningRate, TrainConfig, Trainer};
//! use diffusion_intuition::{Mixture, Rng, Schedule};
//!
//! # fn main() -> diffusion_intuition::Result<()> {
//! let schedule = Schedule::linear(200, 1e-4, 0.02)?;
//! let mut network = FilmMlp::new(1, &mut Rng::new(0))?;
//! let config = TrainConfig {
//!     batch: 64,
//!     learning_rate: LearningRate::cosine(1e-3, 60),
//!     report_every: 20,
//!     ..TrainConfig::default()
//! };
//! // Fresh draws of the chapter's data at every step; an array of rows would do as well.
//! let mut trainer = Trainer::new(&network, Mixture::bimodal(), &schedule, config)?;
//! trainer.run(&mut network, 60, |progress| {
//!     println!("step {}: loss {:.3}", progress.step, progress.loss);
//! })?;
//! assert!(trainer.losses()[59] < trainer.losses()[0]);
//! trainer.use_ema(&mut network); // the averaged parameters, for sampling
//! let eps = network.predict_at(&ndarray::Array2::zeros((5, 1)), 100)?;
//! # assert_eq!(eps.dim(), (5, 1));
//! # Ok(())
//! # }
//! ```
//!
//! Every step draws its timesteps, data and noise from a generator of its own, fixed by the seed and the
//! number of the step. So a seed gives the same bits at any number of threads, and a run that was stopped
//! and [resumed](Trainer::resume) gives the same bits as one that was not. [`Checkpointed`] stops and resumes by
//! itself.

mod adam;
mod batch;
mod checkpoint;
mod checkpointed;
mod config;
mod header;
mod identity;
mod json;
mod loss;
mod progress;
pub mod safetensors;
mod shard;
mod trainer;

pub use crate::verdict::Verdict;
pub(crate) use adam::{Moments, Step};
pub use batch::Data;
pub(crate) use batch::rng_of_step;
pub use checkpointed::Checkpointed;
pub(crate) use config::first_fault;
pub use config::{Adam, Ema, LearningRate, TrainConfig};
pub use loss::Loss;
pub use progress::Progress;
pub(crate) use shard::squares_of;
pub use trainer::Trainer;

#[cfg(doc)]
use crate::network::Network;
