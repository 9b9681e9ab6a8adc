//! A network with all that its training needs.

use ndarray::{Array2, ArrayRef2};

use crate::autograd::{Gradients, Tape, Var, Workspace};
use crate::error::Result;
use crate::network::{Mlp, Parameters};
use crate::train::{Adam, Ema, Optimizer};

/// One of the two networks, its gradients, its optimizer and its tape's memory.
#[derive(Debug)]
pub(super) struct Trainable {
    pub network: Mlp,
    pub gradients: Gradients,
    pub optimizer: Optimizer,
    workspace: Workspace,
}

impl Trainable {
    pub fn new(network: Mlp, adam: &Adam, ema: Option<Ema>) -> Result<Self> {
        let parameters = network.parameters();
        Ok(Self {
            gradients: Gradients::new(parameters),
            optimizer: Optimizer::new(parameters, adam.clone(), ema)?,
            workspace: Workspace::new().alone(),
            network,
        })
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

    /// One step along the gradients.
    pub fn step(&mut self, learning_rate: f64) -> Result<()> {
        let parameters = self.network.parameters_mut();
        self.optimizer
            .step(parameters, &self.gradients, learning_rate)
    }

    /// Returns to the parameters before the last step, unless a loss of those after it was finite.
    pub fn undo(&mut self) {
        self.optimizer.undo(self.network.parameters_mut());
    }

    /// The network with its averaged parameters, if there is an average.
    pub fn averaged(&self) -> Mlp {
        let mut network = self.network.clone();
        if let Some(ema) = self.optimizer.ema() {
            network.parameters_mut().clone_from(ema);
        }
        network
    }
}
