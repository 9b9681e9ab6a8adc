//! A block of a Transformer.

use crate::autograd::{Linear, Parameters, Rows, Tape, Var};
use crate::error::Result;
use crate::rng::Rng;

/// Every place looks at all others of its sentence, then each for itself goes through an MLP:
///
/// ```text
/// h = x + out(attention of modulate1(x) to itself)
/// y = h + mlp2(silu(mlp1(modulate2(h))))
/// ```
///
/// modulate(x) = x̂·(1 + scale) + shift, x̂ the layer norm of each place, with scale and shift a linear map of what is
/// known of t and the label. (Pre-norm: Xiong et al. 2020.) Starting `out` and `mlp2` at zero, as a U-Net's block does,
/// was tried: it learns a little later.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TransformerBlock {
    film: [Linear; 2],
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    mlp: [Linear; 2],
}

impl TransformerBlock {
    /// Sizes are the width, the hidden width of the MLP, and that of what is known.
    pub fn new(
        p: &mut Parameters,
        name: &str,
        [width, hidden, known]: [usize; 3],
        rng: &mut Rng,
    ) -> Result<Self> {
        let mut linear = |part: &str, inputs, outputs| {
            let name = format!("{name}.{part}");
            p.linear(&name, inputs, outputs, rng)
        };
        Ok(Self {
            film: [
                linear("film1", known, 2 * width)?,
                linear("film2", known, 2 * width)?,
            ],
            query: linear("query", width, width)?,
            key: linear("key", width, width)?,
            value: linear("value", width, width)?,
            out: linear("out", width, width)?,
            mlp: [
                linear("mlp1", width, hidden)?,
                linear("mlp2", hidden, width)?,
            ],
        })
    }

    /// For the places of as many sentences as `known` has rows.
    pub fn forward(
        &self,
        tape: &mut Tape<'_>,
        x: Var,
        (known, rows): (Var, &Rows),
        [sentences, heads]: [usize; 2],
    ) -> Result<Var> {
        let table = tape.linear(known, self.film[0])?;
        let h = tape.modulate(x, table, rows)?;
        let [q, k, v] = tape.linears([(h, self.query), (h, self.key), (h, self.value)])?;
        let h = tape.attention(q, k, v, sentences, heads)?;
        let h = tape.linear(h, self.out)?;
        let x = tape.add(x, h)?;
        let table = tape.linear(known, self.film[1])?;
        let h = tape.modulate(x, table, rows)?;
        let h = tape.linear(h, self.mlp[0])?;
        let h = tape.silu(h)?;
        let h = tape.linear(h, self.mlp[1])?;
        tape.add(x, h)
    }
}
