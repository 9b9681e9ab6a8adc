//! The discriminator in training.

use ndarray::{Array2, ArrayRef2};

use super::player::Player;
use super::spectral::SpectralNorm;
use crate::autograd::{Tape, Var};
use crate::error::Result;

/// The discriminator, and the normalisation of its weights if it has one.
#[derive(Debug)]
pub(super) struct Judge {
    pub player: Player,
    pub spectral: Option<SpectralNorm>,
}

impl Judge {
    /// A loss of the logits for packs of samples; its gradients with respect to the parameters stay in the
    /// player, that with respect to the samples is returned if `of_input`.
    pub fn differentiate(
        &mut self,
        packs: &ArrayRef2<f32>,
        of_input: bool,
        loss: impl FnOnce(&mut Tape, Var) -> Result<Var>,
    ) -> Result<(f64, Option<Array2<f32>>)> {
        let Some(spectral) = &mut self.spectral else {
            return self.player.differentiate(None, packs, of_input, loss);
        };
        let normalised = spectral.normalise(&self.player.network);
        let answer = self
            .player
            .differentiate(Some(normalised), packs, of_input, loss)?;
        let Player {
            network, gradients, ..
        } = &mut self.player;
        spectral.gradient(network, gradients);
        Ok(answer)
    }
}
