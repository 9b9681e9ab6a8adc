//! The parts of a U-Net: a residual block that the timestep modulates, and looks at the whole picture and at words.

use super::text_encoder::Told;
use crate::autograd::{Conv2d, GroupNorm, Linear, Norm, ParameterId, Parameters, Rows, Tape, Var};
use crate::error::Result;
use crate::rng::Rng;

/// A residual block of `inputs` → `outputs` channels:
///
/// ```text
/// h = conv1(silu(norm1(x)))
/// scale, shift = film(e)                                  e: what is known of t and the label
/// y = skip(x) + conv2(silu(norm2(h)·(1 + scale) + shift))
/// ```
///
/// `conv2` starts at zero, so that at first y is skip(x), a 1×1 convolution, or x itself if the channels stay
/// (improved DDPM, Nichol & Dhariwal 2021, appendix A, without dropout).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    norm1: Norm,
    conv1: Conv2d,
    film: Linear,
    norm2: Norm,
    conv2: Conv2d,
    skip: Option<Linear>,
}

/// y = x + out(attention of norm(x) to itself), over all pixels of a picture, or to the words of its sentence (Rombach
/// et al. 2022, §3.3: queries from the pixels, keys and values from the words); `out` starts at zero.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Look {
    norm: Norm,
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
}

/// Where in a network a part stands: the pictures there, and what is known of each.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// Height and width.
    pub size: [usize; 2],
    pub groups: usize,
    /// A table of embeddings, one row for each distinct pair of timestep and label, and whose row is which.
    pub known: (Var, &'a Rows),
}

impl Place<'_> {
    /// Group norm with SiLU.
    pub fn norm(&self, norm: Norm) -> GroupNorm<'_> {
        GroupNorm {
            norm,
            groups: self.groups,
            pixels: self.pixels(),
            table: None,
            silu: true,
        }
    }

    pub fn pixels(&self) -> usize {
        self.size[0] * self.size[1]
    }
}

impl Block {
    pub fn new(
        p: &mut Parameters,
        name: &str,
        [inputs, outputs, embedding]: [usize; 3],
        rng: &mut Rng,
    ) -> Result<Self> {
        let part = |part: &str| format!("{name}.{part}");
        let conv2 = |p: &mut Parameters, rng| -> Result<Conv2d> {
            let conv = p.conv2d(&part("conv2"), outputs, outputs, rng)?;
            to_zero(p, [conv.weight, conv.bias]);
            Ok(conv)
        };
        Ok(Self {
            norm1: p.norm(&part("norm1"), inputs)?,
            conv1: p.conv2d(&part("conv1"), inputs, outputs, rng)?,
            film: p.linear(&part("film"), embedding, 2 * outputs, rng)?,
            norm2: p.norm(&part("norm2"), outputs)?,
            conv2: conv2(p, rng)?,
            skip: match inputs == outputs {
                true => None,
                false => Some(p.linear(&part("skip"), inputs, outputs, rng)?),
            },
        })
    }

    pub fn forward(&self, tape: &mut Tape<'_>, x: Var, place: Place<'_>) -> Result<Var> {
        let h = tape.group_norm(x, place.norm(self.norm1))?;
        let h = tape.conv2d(h, self.conv1, place.size)?;
        let (known, rows) = place.known;
        let table = Some((tape.linear(known, self.film)?, rows));
        let modulated = GroupNorm {
            table,
            ..place.norm(self.norm2)
        };
        let h = tape.group_norm(h, modulated)?;
        let h = tape.conv2d(h, self.conv2, place.size)?;
        let x = match self.skip {
            Some(skip) => tape.linear(x, skip)?,
            None => x,
        };
        tape.add(x, h)
    }
}

/// Writes zeros to a weight and a bias.
pub(super) fn to_zero(p: &mut Parameters, ids: [ParameterId; 2]) {
    ids.into_iter().for_each(|id| p.get_mut(id).fill(0.0));
}

impl Look {
    /// From pixels of so many channels at things of `seen` numbers.
    pub fn new(
        p: &mut Parameters,
        name: &str,
        [channels, seen]: [usize; 2],
        rng: &mut Rng,
    ) -> Result<Self> {
        let norm = p.norm(&format!("{name}.norm"), channels)?;
        let mut linear = |part, inputs| p.linear(&format!("{name}.{part}"), inputs, channels, rng);
        let query = linear("query", channels)?;
        let [key, value] = [linear("key", seen)?, linear("value", seen)?];
        let out = linear("out", channels)?;
        to_zero(p, [out.weight, out.bias]);
        Ok(Self {
            norm,
            query,
            key,
            value,
            out,
        })
    }

    /// At the picture itself, or at what is `told`. Beside y, the queries and the keys.
    pub fn forward(
        &self,
        tape: &mut Tape<'_>,
        x: Var,
        place: Place<'_>,
        heads: usize,
        told: Option<&Told>,
    ) -> Result<(Var, [Var; 2])> {
        let norm = GroupNorm {
            silu: false,
            ..place.norm(self.norm)
        };
        let h = tape.group_norm(x, norm)?;
        let pictures = tape.dim(x)?.0 / place.pixels();
        let [q, k, v] = match told {
            None => tape.linears([(h, self.query), (h, self.key), (h, self.value)])?,
            Some(told) => {
                let words = told.words;
                let [q, k, v] =
                    tape.linears([(h, self.query), (words, self.key), (words, self.value)])?;
                [q, told.spread(tape, k)?, told.spread(tape, v)?]
            }
        };
        let h = tape.attention(q, k, v, pictures, heads)?;
        let h = tape.linear(h, self.out)?;
        Ok((tape.add(x, h)?, [q, k]))
    }
}
