//! Generative adversarial networks (Goodfellow et al. 2014), to compare diffusion with.
//!
//! A generator turns noise z into samples; a discriminator learns to tell them from data; the generator learns
//! to be mistaken for data. [`Gan`] trains both, in two recipes and their mixtures: the classic one with the
//! non-saturating loss, and one made for stability and diversity, which bounds the discriminator's slope
//! ([`GanConfig::spectral_norm`]), gives it waves of each sample ([`GanConfig::frequencies`]) and a rate of its own,
//! and takes no momentum. A discriminator that judges several samples together ([`GanConfig::pack`], PacGAN) is there
//! to be tried.
//!
//! ```
//! use diffusion_intuition::data::ring_mixture;
//! use diffusion_intuition::gan::{Gan, GanConfig};
//! use diffusion_intuition::{Rng, metrics};
//!
//! # fn main() -> diffusion_intuition::Result<()> {
//! let config = GanConfig {
//!     generator: vec![64, 64],
//!     discriminator: vec![64, 64],
//!     ..GanConfig::default()
//! };
//! let mut gan = Gan::new(ring_mixture(), config)?; // fresh draws; an array of rows would do as well
//! gan.run(20, |progress| println!("step {}: {:.2}", progress.step, progress.generator_loss))?;
//! let samples = gan.sample(1000, &mut Rng::new(1))?; // in one pass
//! let modes = metrics::mode_coverage(&samples, &ring_mixture())?;
//! # assert!(modes.covered <= 8);
//! # Ok(())
//! # }
//! ```

mod config;
mod objective;
mod spectral;
mod trainable;
mod trainer;

pub use config::GanConfig;
pub use spectral::SpectralNorm;
pub use trainer::{Gan, GanProgress};
