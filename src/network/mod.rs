//! Networks that predict the noise: ε_θ(x_t, t).
//!
//! A network is a struct with named [`Parameters`] and a [`forward`](Network::forward) that calls
//! operations on a [`Tape`](crate::autograd::Tape); gradients follow by themselves, and so do [training](crate::train) and
//! prediction. [`FilmMlp`] is the reference network of the book. One of your own takes this much:
//!
//! ```
//! use diffusion_intuition::autograd::{Tape, Var};
//! use diffusion_intuition::network::{Linear, Network, Parameters, TimeEmbedding};
//! use diffusion_intuition::{Result, Rng};
//!
//! #[derive(Clone)]
//! struct Tiny {
//!     parameters: Parameters,
//!     time: TimeEmbedding,
//!     hidden: Linear,
//!     output: Linear,
//! }
//!
//! impl Tiny {
//!     fn new(d: usize, rng: &mut Rng) -> Result<Self> {
//!         let mut parameters = Parameters::new();
//!         Ok(Self {
//!             time: TimeEmbedding::new(16)?,
//!             hidden: parameters.linear("hidden", d + 16, 64, rng)?,
//!             output: parameters.linear("output", 64, d, rng)?,
//!             parameters,
//!         })
//!     }
//! }
//!
//! impl Network for Tiny {
//!     fn parameters(&self) -> &Parameters {
//!         &self.parameters
//!     }
//!     fn parameters_mut(&mut self) -> &mut Parameters {
//!         &mut self.parameters
//!     }
//!     fn forward(&self, tape: &mut Tape, x_t: Var, ts: &[usize]) -> Result<Var> {
//!         let time = tape.embed(&self.time, ts); // (n, 16)
//!         let both = tape.concat(&[x_t, time])?; // (n, d + 16)
//!         let hidden = tape.linear(both, self.hidden)?;
//!         let hidden = tape.silu(hidden)?;
//!         tape.linear(hidden, self.output) // (n, d)
//!     }
//! }
//! # let network = Tiny::new(2, &mut Rng::new(0))?;
//! # assert_eq!(network.predict_at(&ndarray::Array2::zeros((5, 2)), 7)?.dim(), (5, 2));
//! # Ok::<(), diffusion_intuition::Error>(())
//! ```
//!
//! A network that is told a class, ε_θ(x_t, t, c), says how many [`classes`](Network::classes) it knows, and writes
//! [`forward_given`](Network::forward_given); [`given`](Network::given) a label it is a [`Denoiser`](crate::Denoiser).

mod autoencoder;
mod embedding;
mod film_mlp;
mod fold;
mod known;
mod minibatch;
mod mlp;
mod predict;
mod text_encoder;
mod transformer;
mod transformer_block;
mod transformer_config;
mod transformer_network;
mod unet;
mod unet_block;
mod unet_config;
mod unet_seen;

pub use crate::autograd::{Conv2d, Linear, Norm, ParameterId, Parameters, Resize};
pub use autoencoder::{Autoencoder, AutoencoderConfig};
pub use embedding::{TimeEmbedding, octaves};
pub use film_mlp::{FilmMlp, FilmMlpConfig};
pub use fold::Fold;
pub use minibatch::{Minibatch, Sentences};
pub use mlp::Mlp;
pub use predict::{Given, Network};
pub use transformer::Transformer;
pub use transformer_config::{Learned, TransformerConfig};
pub use unet::UNet;
pub use unet_config::{TextConfig, UNetConfig};
