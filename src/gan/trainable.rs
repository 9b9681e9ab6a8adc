//! A network with all that its training needs.

use ndarray::{Array2, ArrayRef2};

use super::spectral::SpectralNorm;
use crate::autograd::{Gradients, Tape, Var, Workspace};
use crate::error::Result;
use crate::network::Mlp;
use crate::train::{Adam, Ema, Optimizer};

/// One of the two networks, its optimizer, its gradients and its tape's memory.
#[derive(Debug)]
pub(super) struct Trainable {
    pub network: Mlp,
    pub optimizer: Optimizer,
    /// The normalisation of its weights, if it has one.
    spectral: Option<SpectralNorm>,
    gradients: Gradients,
    workspace: Workspace,
}

impl Trainable {
    pub fn new(
        network: Mlp,
        spectral: Option<SpectralNorm>,
        adam: &Adam,
        ema: Option<Ema>,
    ) -> Result<Self> {
        let parameters = network.parameters();
        Ok(Self {
            optimizer: Optimizer::new(parameters, adam.clone(), ema)?,
            spectral,
            gradients: Gradients::new(parameters),
            workspace: Workspace::new().alone(),
            network,
        })
    }

    /// The value of a loss of the answers for `x`, and its gradients: those with respect to the parameters stay here,
    /// for [`step`](Self::step); ∂loss/∂x is returned if `of_input`.
    pub fn differentiate(
        &mut self,
        x: &ArrayRef2<f32>,
        of_input: bool,
        loss: impl FnOnce(&mut Tape, Var) -> Result<Var>,
    ) -> Result<(f64, Option<Array2<f32>>)> {
        let parameters = match &mut self.spectral {
            Some(spectral) => spectral.normalise(&self.network),
            None => self.network.parameters(),
        };
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
        if let Some(spectral) = &self.spectral {
            spectral.gradient(&self.network, &mut self.gradients);
        }
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

    /// The network that answers: with its averaged parameters, if there is an average, and normalised weights, if they
    /// are.
    pub fn answering(&self) -> Mlp {
        let mut network = self.network.clone();
        if let Some(ema) = self.optimizer.ema() {
            network.parameters_mut().clone_from(ema);
        }
        if let Some(spectral) = &self.spectral {
            let normalised = spectral.clone().normalise(&network).clone();
            *network.parameters_mut() = normalised;
        }
        network
    }
}
