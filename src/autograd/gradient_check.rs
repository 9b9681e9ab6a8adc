//! Gradients compared with central differences.

use super::gradients::Gradients;
use super::op::Var;
use super::parameters::Parameters;
use super::tape::Tape;
use crate::check;
use crate::error::Result;

/// How far one parameter's gradient on the tape is from central differences.
#[derive(Debug, Clone, PartialEq)]
pub struct GradientCheck {
    /// Name of the parameter.
    pub name: String,
    /// Largest difference of any element.
    pub difference: f64,
    /// Largest magnitude of any element of the gradient: what `difference` is to be compared with.
    pub scale: f64,
}

/// Compares the tape's gradient of `loss` with (loss(θ + h) − loss(θ − h))/2h, h = `step`, for every number
/// of every parameter.
///
/// In f32 the difference has a rounding error of about 1e-7·|loss|/h and a truncation error of about
/// h²/6 times a third derivative: at h = 1e-2 both are near 1e-5 for a loss and weights near 1. A wrong
/// factor, sign or a missing term is wrong by about the gradient's own scale. Takes two evaluations of the
/// loss for each number: for small networks.
///
/// # Errors
/// [`Error::NotFinite`](crate::Error::NotFinite) if the loss is NaN or infinite, here or a `step` away, or a
/// gradient is: there is nothing to compare then. [`Error::Parameter`](crate::Error::Parameter) unless `step` is
/// positive, finite and large enough to change every number. Whatever `loss` or [`Tape::backward`] returns.
pub fn check_gradients(
    parameters: &Parameters,
    step: f32,
    loss: &dyn Fn(&mut Tape) -> Result<Var>,
) -> Result<Vec<GradientCheck>> {
    let mut tape = Tape::new(parameters);
    let value = loss(&mut tape)?;
    let mut gradients = Gradients::new(parameters);
    tape.backward(value, &mut gradients)?;
    finite_loss(&tape, value)?;
    check::finite("the gradient", &gradients.flat)?;
    let mut moved = parameters.clone();
    let mut checks = Vec::new();
    for id in parameters.ids() {
        let (mut difference, mut scale) = (0.0_f64, 0.0_f64);
        for (at, derivative) in gradients.get(id).indexed_iter() {
            let original = moved.get(id)[at];
            let mut at_offset = |offset: f32| -> Result<(f64, f64)> {
                moved.get_mut(id)[at] = original + offset;
                let mut tape = Tape::new(&moved);
                let value = loss(&mut tape)?;
                Ok((finite_loss(&tape, value)?, f64::from(original + offset)))
            };
            let (above, high) = at_offset(step)?;
            let (below, low) = at_offset(-step)?;
            moved.get_mut(id)[at] = original;
            let fine = high > low && (high - low).is_finite();
            let valid = "positive, finite and large enough to change every number";
            check::parameter("step of the differences", step, fine, valid)?;
            let numeric = (above - below) / (high - low);
            difference = difference.max((numeric - f64::from(*derivative)).abs());
            scale = scale.max(f64::from(derivative.abs()));
        }
        checks.push(GradientCheck {
            name: parameters.name(id).to_owned(),
            difference,
            scale,
        });
    }
    Ok(checks)
}

/// The loss, which is a number: a comparison with NaN would find no difference.
fn finite_loss(tape: &Tape, value: Var) -> Result<f64> {
    let value = tape.number(value, "check_gradients")?;
    check::finite("the loss", &[value])?;
    Ok(f64::from(value))
}
