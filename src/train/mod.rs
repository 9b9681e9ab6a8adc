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
//! trainer.use_ema(&mut network)?; // the averaged parameters, for sampling
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
//!
//! # A run that survives a stop
//!
//! A trainer that was [opened](Trainer::open) on a file saves its state there every few steps, and starts where the file
//! left off. The process may end at any moment, with Ctrl-C, `kill -9` or the power: the file is always a whole one.
//! The steps since it was written are done again, and the parameters are the same bits as those of a run that never
//! stopped.
//!
//! The file names the seed, the network, the settings, the schedule and the data that it belongs to, and is refused
//! for any others. It is looked at before it is replaced, too: of two processes that begin different runs in one file,
//! one gets an error. (Two that begin the same run write the same bits.)
//!
//! ```
//! use diffusion_intuition::prelude::*;
//!
//! let path = std::env::temp_dir().join(format!("trainer-{}.safetensors", std::process::id()));
//! let schedule = Schedule::linear_rescaled(50)?;
//! let rows = Mixture::bimodal().sample(200, &mut Rng::new(0))?;
//! let config = TrainConfig { batch: 16, ..TrainConfig::default() };
//! for total in [6, 10] { // the second round goes on from step 6
//!     let mut network = FilmMlp::new(1, &mut Rng::new(0))?;
//!     let mut trainer = Trainer::open(&path, 4, &mut network, rows.clone(), &schedule, config.clone())?;
//!     trainer.run_to(&mut network, total, |_| ())?;
//!     assert_eq!(trainer.step(), total);
//! }
//! # std::fs::remove_file(&path).unwrap();
//! # Ok::<(), Error>(())
//! ```
//!
//! It is a [safetensors](mod@safetensors) file: the network's parameters are under `model.`, their average under
//! `ema.`, Adam's moments under `adam.m.` and `adam.v.`. In PyTorch,
//! `{k[6:]: v for k, v in load_file(path).items() if k.startswith("model.")}` is a `state_dict`.

mod adam;
mod augment;
mod autoencoder;
mod batch;
mod checkpoint;
mod config;
mod consistency;
mod half;
mod header;
mod identity;
mod muon;
mod optimizer;
mod progress;
mod progressive;
pub mod safetensors;
mod shard;
mod teacher;
mod times;
mod trainer;
mod weights;

pub use crate::verdict::Verdict;
pub use augment::Augment;
pub use autoencoder::train_autoencoder;
pub use batch::Data;
pub(crate) use batch::rng_of_step;
pub use config::{Adam, Ema, LearningRate, Muon, TrainConfig};
pub use consistency::{Consistency, Direct};
pub use optimizer::Optimizer;
pub use progress::Progress;
pub use progressive::Progressive;
pub use teacher::{Ladder, Model, Question, Teacher};
pub use times::Times;
pub use trainer::Trainer;

#[cfg(doc)]
use crate::network::{Network, Parameters};
