//! What reads the sentences that a U-Net is told.

use ndarray::Array2;

use super::transformer_block::{TransformerBlock, positions};
use super::unet_config::TextConfig;
use crate::autograd::{Linear, Norm, ParameterId, Parameters, Rows, Tape, Var};
use crate::error::Result;
use crate::rng::Rng;

/// A Transformer over the words of a sentence:
///
/// ```text
/// h_k = words[w_k] + positions[k]
/// every block: h = h + attention(norm(h)); h = h + mlp(norm(h))
/// words: norm(h); the sentence as a whole: pooled(norm(h_L)), of its last place
/// ```
///
/// It sees neither x_t nor t. Padding is a word like any other.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TextEncoder {
    config: TextConfig,
    words: ParameterId,
    positions: ParameterId,
    blocks: Vec<TransformerBlock>,
    norm: Norm,
    pooled: Linear,
}

/// What a batch is told: each distinct sentence once.
pub(super) struct Told {
    /// The words of `distinct` sentences after the last block, one row a place.
    pub words: Var,
    /// The sentences as a whole, one a row.
    pub pooled: Var,
    /// Which sentence each sample is told.
    pub of: Vec<usize>,
    rows: Rows,
    distinct: usize,
}

impl TextEncoder {
    /// Sentences as a whole become `wide` numbers.
    pub fn new(
        p: &mut Parameters,
        config: &TextConfig,
        wide: usize,
        rng: &mut Rng,
    ) -> Result<Self> {
        let width = config.width;
        let sizes = [width, config.factor * width];
        Ok(Self {
            words: p.embedding("text.words", config.words, width, rng)?,
            positions: p.uniform("text.positions", [config.places, width], 1.0, rng)?,
            blocks: (0..config.blocks)
                .map(|i| TransformerBlock::new(p, &format!("text.blocks.{i}"), sizes, None, rng))
                .collect::<Result<_>>()?,
            norm: p.norm("text.norm", width)?,
            pooled: p.linear("text.pooled", width, wide, rng)?,
            config: config.clone(),
        })
    }

    /// Reads for each sample the row of `prompts` that is its label; for none, the empty sentence.
    pub fn record(
        &self,
        tape: &mut Tape<'_>,
        prompts: &Array2<usize>,
        labels: &[Option<usize>],
    ) -> Result<Told> {
        let TextConfig {
            padding, places, ..
        } = self.config;
        let ids: Vec<usize> = labels
            .iter()
            .map(|label| label.unwrap_or(prompts.nrows()))
            .collect();
        let (distinct, rows) = Rows::distinct(&ids)?;
        let n = distinct.len();
        let sentence = |id: &usize, k: usize| prompts.get((*id, k)).copied().unwrap_or(padding);
        let words: Vec<usize> = distinct
            .iter()
            .flat_map(|id| (0..places).map(move |k| sentence(id, k)))
            .collect();
        let table = tape.parameter(self.words);
        let words = tape.gather(table, &Rows::new(&words, self.config.words)?)?;
        let positions = positions(tape, self.positions, n)?;
        let mut h = tape.add(words, positions)?;
        for block in &self.blocks {
            h = block.forward(tape, h, None, [n, self.config.heads])?;
        }
        let words = tape.layer_norm(h, self.norm)?;
        let last: Vec<usize> = (1..=n).map(|i| i * places - 1).collect();
        let pooled = tape.gather(words, &Rows::new(&last, n * places)?)?;
        let place = |id: &usize| distinct.binary_search(id).expect("every id is in it");
        Ok(Told {
            words,
            pooled: tape.linear(pooled, self.pooled)?,
            of: ids.iter().map(place).collect(),
            rows,
            distinct: n,
        })
    }
}

impl Told {
    /// What the places of distinct sentences have become, for each sample those of its own.
    pub fn spread(&self, tape: &mut Tape<'_>, x: Var) -> Result<Var> {
        let (rows, cols) = tape.dim(x)?;
        let places = rows / self.distinct.max(1);
        let x = tape.reshape(x, self.distinct, places * cols)?;
        let x = tape.gather(x, &self.rows)?;
        tape.reshape(x, self.of.len() * places, cols)
    }
}
