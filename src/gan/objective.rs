//! What discriminator and generator minimise (Goodfellow et al. 2014).

use ndarray::Array2;

use crate::autograd::{Tape, Var};
use crate::error::Result;

/// E[softplus(−D(x))] + E[softplus(D(G(z)))] (eq. 1: softplus(−D) = −ln sigmoid(D)), of logits whose first half is for
/// data.
pub(super) fn discriminator_loss(tape: &mut Tape, logits: Var) -> Result<Var> {
    let rows = tape.value(logits).nrows();
    let sign = |(r, _)| if 2 * r < rows { -1.0 } else { 1.0 };
    let signs = tape.input(&Array2::from_shape_fn((rows, 1), sign));
    let signed = tape.mul(logits, signs)?;
    let losses = tape.softplus(signed)?;
    let mean = tape.mean(losses)?;
    // A mean over twice the rows is half the sum of the two means.
    tape.scale(mean, 2.0)
}

/// E[softplus(−D(G(z)))], the non-saturating form (section 3).
pub(super) fn generator_loss(tape: &mut Tape, logits: Var) -> Result<Var> {
    let negative = tape.scale(logits, -1.0)?;
    let losses = tape.softplus(negative)?;
    tape.mean(losses)
}
