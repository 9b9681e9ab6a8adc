//! Sizes and settings of a Transformer.

use crate::check;
use crate::error::Result;
use crate::schedule::Schedule;
use crate::text::WordVectors;

/// Sizes and settings of a [`Transformer`](super::Transformer): [`new`](Self::new) has those of the reference network.
#[derive(Debug, Clone, PartialEq)]
pub struct TransformerConfig {
    /// The vectors of the words, or what they start from if they are learned.
    pub vectors: WordVectors,
    /// Places of a sentence, L.
    pub places: usize,
    /// Says ᾱ_t of the timesteps that the network is asked for.
    pub schedule: Schedule,
    /// Numbers that a place has in the blocks; 64.
    pub width: usize,
    /// Number of blocks; 3.
    pub blocks: usize,
    /// Heads of the attention; 4.
    pub heads: usize,
    /// The MLP of a block has so many times `width` hidden numbers; 4.
    pub factor: usize,
    /// Numbers that a timestep and a label become; 64.
    pub embedding: usize,
    /// Classes that the network can be told; 0: none, and no labels.
    pub classes: usize,
    /// Whether the network is told what each place says by itself (see [`Transformer`](super::Transformer)); true.
    pub evidence: bool,
    /// Whether the vectors are learned too; [`Learned::No`].
    pub learned: Learned,
    /// Weight of −ln p(w_k | x_t) in the loss; 1.
    pub cross_entropy: f32,
    /// Weight of ‖x̂_0 − x_0‖² in the loss; 0. (The same posterior makes both terms least; what the second adds to the
    /// gradient is noise, mostly.)
    pub squared_error: f32,
}

/// Whether the vectors of words are learned with the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learned {
    /// They stay as they are given.
    No,
    /// They are parameters, of any length.
    Free,
    /// They are parameters, each divided by its norm.
    UnitNorm,
}

impl TransformerConfig {
    /// The reference network for sentences of `places` of these words, noised by `schedule`.
    pub fn new(vectors: &WordVectors, places: usize, schedule: &Schedule) -> Self {
        Self {
            vectors: vectors.clone(),
            places,
            schedule: schedule.clone(),
            width: 64,
            blocks: 3,
            heads: 4,
            factor: 4,
            embedding: 64,
            classes: 0,
            evidence: true,
            learned: Learned::No,
            cross_entropy: 1.0,
            squared_error: 0.0,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        for (name, size) in [
            ("places of a sentence", self.places),
            ("width of a Transformer", self.width),
            ("factor of an MLP", self.factor),
        ] {
            check::parameter(name, size, size > 0, "at least 1")?;
        }
        let fine = self.heads > 0 && self.width.is_multiple_of(self.heads);
        let valid = "at least 1 and a divisor of the width";
        check::parameter("heads of the attention", self.heads, fine, valid)?;
        for (name, weight) in [
            ("weight of the cross-entropy", self.cross_entropy),
            ("weight of the squared error", self.squared_error),
        ] {
            let fine = weight >= 0.0 && weight.is_finite();
            check::parameter(name, weight, fine, "not negative, and finite")?;
        }
        // Before the products below, and before half of the blocks are made.
        check::elements::<f32>("a sentence", &[self.places, self.vectors.dim()])?;
        let widest = self.width.saturating_add(self.embedding);
        let shape = [self.blocks, 2, self.factor, self.width, widest];
        check::elements::<f32>("weights of the blocks", &shape)?;
        Ok(())
    }

    /// Numbers of a sentence, L·d.
    pub(super) fn len(&self) -> usize {
        self.places * self.vectors.dim()
    }
}
