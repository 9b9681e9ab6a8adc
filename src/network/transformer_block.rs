//! A block of a Transformer.

use crate::autograd::{Linear, Norm, ParameterId, Parameters, Rows, Tape, Var};
use crate::error::Result;
use crate::rng::Rng;

/// Every place looks at all others of its sentence, then each for itself goes through an MLP:
///
/// ```text
/// h = x + out(attention of norm1(x) to itself)
/// y = h + mlp2(silu(mlp1(norm2(h))))
/// ```
///
/// norm(x) = x̂·(1 + scale) + shift, x̂ the layer norm of each place, with scale and shift a linear map of what is
/// known of t and the label; or, in a block that is told nothing, γ·x̂ + β. (Pre-norm: Xiong et al. 2020.) Starting
/// `out` and `mlp2` at zero, as a U-Net's block does, was tried: it learns a little later.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TransformerBlock {
    norms: Norms,
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    mlp: [Linear; 2],
}

/// What scales and shifts the layer norms of a block.
#[derive(Debug, Clone, PartialEq)]
enum Norms {
    Told([Linear; 2]),
    Own([Norm; 2]),
}

impl TransformerBlock {
    /// Sizes are the width and the hidden width of the MLP; `known` is that of what the block is told, if it is.
    pub fn new(
        p: &mut Parameters,
        name: &str,
        [width, hidden]: [usize; 2],
        known: Option<usize>,
        rng: &mut Rng,
    ) -> Result<Self> {
        let part = |part: &str| format!("{name}.{part}");
        let norms = match known {
            Some(known) => Norms::Told([
                p.linear(&part("film1"), known, 2 * width, rng)?,
                p.linear(&part("film2"), known, 2 * width, rng)?,
            ]),
            None => Norms::Own([
                p.norm(&part("norm1"), width)?,
                p.norm(&part("norm2"), width)?,
            ]),
        };
        let mut linear = |name: &str, inputs, outputs| p.linear(&part(name), inputs, outputs, rng);
        Ok(Self {
            norms,
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

    /// For the places of `sentences`; what is known has a row for each of them, if the block is told anything.
    pub fn forward(
        &self,
        tape: &mut Tape<'_>,
        x: Var,
        known: Option<(Var, &Rows)>,
        [sentences, heads]: [usize; 2],
    ) -> Result<Var> {
        let h = self.norm(tape, 0, x, known)?;
        let [q, k, v] = tape.linears([(h, self.query), (h, self.key), (h, self.value)])?;
        let h = tape.attention(q, k, v, sentences, heads)?;
        let h = tape.linear(h, self.out)?;
        let x = tape.add(x, h)?;
        let h = self.norm(tape, 1, x, known)?;
        let h = tape.linear(h, self.mlp[0])?;
        let h = tape.silu(h)?;
        let h = tape.linear(h, self.mlp[1])?;
        tape.add(x, h)
    }

    fn norm(
        &self,
        tape: &mut Tape<'_>,
        i: usize,
        x: Var,
        known: Option<(Var, &Rows)>,
    ) -> Result<Var> {
        match (&self.norms, known) {
            (Norms::Told(film), Some((known, rows))) => {
                let table = tape.linear(known, film[i])?;
                tape.modulate(x, table, rows)
            }
            (Norms::Own(norms), _) => tape.layer_norm(x, norms[i]),
            (Norms::Told(_), None) => unreachable!("a block that is told something"),
        }
    }
}

/// The row of `table` that belongs to each place, for the places of `n` sentences.
pub(super) fn positions(tape: &mut Tape<'_>, table: ParameterId, n: usize) -> Result<Var> {
    let table = tape.parameter(table);
    let (places, _) = tape.dim(table)?;
    let of: Vec<usize> = (0..n * places).map(|i| i % places).collect();
    tape.gather(table, &Rows::new(&of, places)?)
}
