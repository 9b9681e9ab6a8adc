//! Networks that predict the noise: ε_θ(x_t, t).
//!
//! A network is a struct with named [`Parameters`] and a [`forward`](Network::forward) that calls
//! operations on a [`Tape`]; gradients follow by themselves, and so do [training](crate::train) and
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

mod embedding;
mod film_mlp;
mod mlp;
mod parameters;
mod predict;

pub(crate) use embedding::EmbeddingCache;
pub use embedding::TimeEmbedding;
pub use embedding::octaves;
pub use film_mlp::{FilmMlp, FilmMlpConfig};
pub use mlp::Mlp;
pub use parameters::{Linear, ParameterId, Parameters};

use ndarray::{Array2, ArrayRef2};

use crate::autograd::{Tape, Var};
use crate::error::Result;

/// A network ε_θ(x_t, t) with named parameters; see the [module](self) for one written in 30 lines.
pub trait Network: Send + Sync {
    /// The parameters θ.
    fn parameters(&self) -> &Parameters;

    /// The parameters θ, to change: what training does.
    fn parameters_mut(&mut self) -> &mut Parameters;

    /// Records the prediction for a batch on `tape`: `x_t` is (n, d), `ts` holds n 0-based timesteps, one
    /// for each row; the result is (n, d).
    ///
    /// # Errors
    /// What the operations return, [`Error::Shapes`](crate::Error::Shapes) above all.
    fn forward(&self, tape: &mut Tape<'_>, x_t: Var, ts: &[usize]) -> Result<Var>;

    /// The prediction for x_t, shape (n, d), each row at its own 0-based timestep `ts[i]`; shape (n, d).
    /// In parallel over pieces of the batch; the number of threads never changes a bit.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) unless `ts` has one entry a row; [`Error::Empty`](crate::Error::Empty)
    /// for rows without columns; what [`forward`](Self::forward) returns.
    fn predict(&self, x_t: &ArrayRef2<f32>, ts: &[usize]) -> Result<Array2<f32>> {
        predict::predict(
            self.parameters(),
            x_t.ncols(),
            x_t,
            predict::Times::Each(ts),
            &|tape, x, ts| self.forward(tape, x, ts),
        )
    }

    /// [`predict`](Self::predict) with one 0-based timestep for all rows: what samplers ask for.
    ///
    /// # Errors
    /// [`Error::Empty`](crate::Error::Empty) for rows without columns; what [`forward`](Self::forward) returns.
    fn predict_at(&self, x_t: &ArrayRef2<f32>, t: usize) -> Result<Array2<f32>> {
        predict::predict(
            self.parameters(),
            x_t.ncols(),
            x_t,
            predict::Times::All(t),
            &|tape, x, ts| self.forward(tape, x, ts),
        )
    }
}

/// All of a network's answers, shape (n, `outputs`), when there are more than the d of a prediction; all rows
/// of `x_t` stand at the 0-based timestep `t`.
pub(crate) fn predict_columns(
    network: &dyn Network,
    x_t: &ArrayRef2<f32>,
    t: usize,
    outputs: usize,
) -> Result<Array2<f32>> {
    predict::predict(
        network.parameters(),
        outputs,
        x_t,
        predict::Times::All(t),
        &|tape, x, ts| network.forward(tape, x, ts),
    )
}
