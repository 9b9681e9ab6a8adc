//! One of the two networks with its optimiser.

use ndarray::{Array2, ArrayRef2};

use crate::autograd::{Gradients, Tape, Var, Workspace};
use crate::error::{Error, Result};
use crate::network::{Mlp, Parameters};
use crate::train::{Adam, Moments, Step, squares_of};

/// A network that plays: its parameters, its gradients, its optimiser's state and its tape's memory.
#[derive(Debug)]
pub(super) struct Player {
    pub network: Mlp,
    pub gradients: Gradients,
    moments: Moments,
    /// The parameters before the last step, and room for those after the next.
    previous: Vec<f32>,
    previous_ema: Vec<f32>,
    /// Whether no loss of the parameters was seen yet: `previous` holds those to return to if it is bad.
    pub untried: bool,
    workspace: Workspace,
}

impl Player {
    pub fn new(network: Mlp) -> Self {
        let parameters = network.parameters();
        let count = parameters.count();
        Self {
            gradients: Gradients::new(parameters),
            moments: Moments::new(count),
            previous: vec![0.0; count],
            previous_ema: vec![0.0; count],
            untried: false,
            workspace: Workspace::new().alone(),
            network,
        }
    }

    /// The value of a loss at `x`, and its gradients: ∂loss/∂parameter in `gradients`, ∂loss/∂x as the result
    /// if `of_input`. `normalised` stands in for the network's own parameters.
    pub fn differentiate(
        &mut self,
        normalised: Option<&Parameters>,
        x: &ArrayRef2<f32>,
        of_input: bool,
        loss: impl FnOnce(&mut Tape, Var) -> Result<Var>,
    ) -> Result<(f64, Option<Array2<f32>>)> {
        let parameters = normalised.unwrap_or(self.network.parameters());
        let mut tape = Tape::with_workspace(parameters, std::mem::take(&mut self.workspace));
        let x = match of_input {
            true => tape.variable(x),
            false => tape.input(x),
        };
        let y = self.network.forward(&mut tape, x)?;
        let loss = loss(&mut tape, y)?;
        let value = f64::from(tape.number(loss, "loss")?);
        tape.backward(loss, &mut self.gradients)?;
        let gradient = tape.gradient(x);
        self.workspace = tape.into_workspace();
        Ok((value, gradient))
    }

    /// One step of Adam on the gradients, refused if they or the new parameters are not finite; `ema` moves
    /// towards the new parameters by 1 − `decay`.
    pub fn update(
        &mut self,
        adam: &Adam,
        step: u64,
        learning_rate: f64,
        ema: Option<(&mut Parameters, f64)>,
    ) -> Result<()> {
        let value = squares_of(&self.gradients.flat).sqrt();
        if !value.is_finite() {
            let what = "the norm of the gradient";
            return Err(Error::Diverged { step, what, value });
        }
        let (ema, decay) = match ema {
            Some((ema, decay)) => (Some(ema), decay),
            None => (None, 0.0),
        };
        let settings = Step {
            adam,
            step,
            learning_rate,
            gradient_scale: 1.0,
            decay,
        };
        let values = self.network.parameters().values();
        let averages = ema.as_ref().map(|ema| ema.values());
        let averages = averages.zip(Some(self.previous_ema.as_mut_slice()));
        let gradient = &self.gradients.flat;
        let finite = self
            .moments
            .update(&settings, values, gradient, &mut self.previous, averages);
        if !finite {
            let mut all = self.previous.iter().chain(&self.previous_ema);
            let value = all.find(|x| !x.is_finite()).copied();
            let (what, value) = ("a parameter after the step", value.unwrap_or(f32::NAN));
            let value = f64::from(value);
            return Err(Error::Diverged { step, what, value });
        }
        self.untried = true;
        self.swap(ema);
        Ok(())
    }

    /// Returns to the parameters before the last step, unless a loss of those after it was finite.
    pub fn undo(&mut self, ema: Option<&mut Parameters>) {
        if std::mem::take(&mut self.untried) {
            self.swap(ema);
        }
    }

    fn swap(&mut self, ema: Option<&mut Parameters>) {
        self.network
            .parameters_mut()
            .swap_values(&mut self.previous);
        if let Some(ema) = ema {
            ema.swap_values(&mut self.previous_ema);
        }
    }
}
