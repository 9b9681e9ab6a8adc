//! The discriminator in training.

use ndarray::{Array2, ArrayRef2};

use super::spectral::SpectralNorm;
use super::trainable::Trainable;
use crate::autograd::{Tape, Var};
use crate::error::Result;
use crate::network::Mlp;

/// The discriminator, and the normalisation of its weights if it has one.
#[derive(Debug)]
pub(super) struct Discriminator {
    pub own: Trainable,
    pub spectral: Option<SpectralNorm>,
}

impl Discriminator {
    /// As [`Trainable::differentiate`] of the logits for packs of samples, by way of the normalised weights.
    pub fn differentiate(
        &mut self,
        packs: &ArrayRef2<f32>,
        of_input: bool,
        loss: impl FnOnce(&mut Tape, Var) -> Result<Var>,
    ) -> Result<(f64, Option<Array2<f32>>)> {
        let own = &mut self.own;
        let Some(spectral) = &mut self.spectral else {
            return own.differentiate(None, packs, of_input, loss);
        };
        let normalised = spectral.normalise(&own.network);
        let answer = own.differentiate(Some(normalised), packs, of_input, loss)?;
        spectral.gradient(&own.network, &mut own.gradients);
        Ok(answer)
    }

    /// The network that judges: with the normalised weights, if they are.
    pub fn normalised(&self) -> Mlp {
        let mut network = self.own.network.clone();
        if let Some(spectral) = &self.spectral {
            let parameters = spectral.clone().normalise(&network).clone();
            *network.parameters_mut() = parameters;
        }
        network
    }
}
