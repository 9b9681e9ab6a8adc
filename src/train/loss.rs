//! Losses other than the mean squared error.

use std::fmt::Debug;

use ndarray::ArrayRef2;

use crate::autograd::{Tape, Var};
use crate::error::Result;

/// What [`Trainer::with_loss`](super::Trainer::with_loss) minimises in place of the mean squared error.
///
/// ```
/// use diffusion_intuition::train::Loss;
/// use diffusion_intuition::prelude::*;
/// use ndarray::ArrayRef2;
///
/// /// ln cosh of the error, up to a constant: quadratic for small errors, linear for large ones.
/// #[derive(Debug)]
/// struct LogCosh;
///
/// impl Loss for LogCosh {
///     fn loss(&self, tape: &mut Tape, y: Var, target: &ArrayRef2<f32>, _: &[usize]) -> Result<Var> {
///         let target = tape.input(target);
///         let miss = tape.sub(y, target)?;
///         let twice = tape.scale(miss, -2.0)?;
///         let softplus = tape.softplus(twice)?; // ln cosh x = x + ln(1 + e^(−2x)) − ln 2
///         let sum = tape.add(miss, softplus)?;
///         tape.mean(sum)
///     }
/// }
/// let schedule = Schedule::default();
/// let mut network = FilmMlp::new(1, &mut Rng::new(0))?;
/// let trainer = Trainer::new(&network, Mixture::bimodal(), &schedule, TrainConfig::default())?;
/// trainer.with_loss(LogCosh).run(&mut network, 2, |_| ())?;
/// # Ok::<(), Error>(())
/// ```
pub trait Loss: Debug + Send + Sync {
    /// Records the loss, 1×1, of rows of a batch: a mean over rows, for a batch is split and the parts'
    /// losses are averaged.
    ///
    /// `output` is what the network answered, `target` what its prediction should have been, shape (n, d);
    /// `ts` holds the n 0-based timesteps. A network may have more outputs than d: the first d are taken for
    /// the prediction when losses are reported per timestep.
    ///
    /// # Errors
    /// What the operations return.
    fn loss(
        &self,
        tape: &mut Tape<'_>,
        output: Var,
        target: &ArrayRef2<f32>,
        ts: &[usize],
    ) -> Result<Var>;
}
