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
//! and [opened](Trainer::open) again gives the same bits as one that was not. Weights alone are
//! [saved](Parameters::save) and [loaded](Parameters::load) by the [`Parameters`].
//! [`Optimizer`] is for a loop of your own.

mod adam;
mod augment;
mod autoencoder;
mod batch;
mod checkpoint;
mod config;
mod half;
mod header;
mod identity;
mod optimizer;
mod progress;
pub mod safetensors;
mod shard;
mod times;
mod trainer;
mod weights;

pub use crate::verdict::Verdict;
pub use augment::Augment;
pub use autoencoder::train_autoencoder;
pub use batch::Data;
pub(crate) use batch::rng_of_step;
pub use config::{Adam, Ema, LearningRate, TrainConfig};
pub use optimizer::Optimizer;
pub use progress::Progress;
pub use times::Times;
pub use trainer::Trainer;

#[cfg(doc)]
use crate::network::{Network, Parameters};
