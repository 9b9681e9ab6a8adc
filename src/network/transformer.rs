//! The network for sentences: a Transformer that is told the timestep, and the label if it has classes.

use ndarray::{Array2, ArrayRef2};

use super::known::Known;
use super::predict::predict;
use super::transformer_block::{TransformerBlock, positions};
use super::transformer_config::{Learned, TransformerConfig};
use super::unet_block::to_zero;
use crate::autograd::{Linear, ParameterId, Parameters, Tape, Var};
use crate::check;
use crate::error::Result;
use crate::rng::Rng;
use crate::text::WordVectors;

#[cfg(doc)]
use super::predict::Network;
#[cfg(doc)]
use crate::error::Error;

/// A Transformer (Vaswani et al. 2017) that says for each place of a noised sentence which word it was, and so
/// predicts x_0 (Diffusion-LM, Li et al. 2022, §4.2).
///
/// ```text
/// e = time(sinusoidal(t)) + labels[label]               linear, SiLU, linear; a row for each class and one for none
/// ℓ_kw = (√ᾱ·x_k·e_w − ½·ᾱ·‖e_w‖²)/(1 − ᾱ)              the evidence: what place k says of word w by itself
/// h_k = input(x_k) + Σ_w softmax(ℓ_k)_w·alone[w] + positions[k]
/// every block:
///     h = h + attention(modulate(h, silu(e)))          all places of a sentence look at all of them
///     h = h + mlp(modulate(h, silu(e)))                each place for itself
/// z_k = ℓ_k + output(modulate(h_k, silu(e)))           logits: p(w_k = w | x_t) = softmax(z_k)_w
/// x̂_0k = Σ_w softmax(z_k)_w·e_w                        E[x_0 | x_t]
/// ```
///
/// Why the evidence is added to the logits: x_k depends on the rest of the sentence through its own word alone, so by
/// Bayes' rule p(w_k | x_t) ∝ p(w_k | the other places of x_t)·N(x_k; √ᾱ·e_w, (1 − ᾱ)·I). The second factor is
/// known, and large: near t = 0 its logits differ by 1/(1 − ᾱ). The network has the first left to learn, what the
/// context says of a word. `output` starts at zero: the untrained network answers as if places were independent and
/// all words as likely. Without [`evidence`](TransformerConfig::evidence), ℓ is left out of both places.
///
/// A batch is (n, L·d), place after place, as [`WordVectors::encode`] makes it. The timestep is a scale and shift of
/// every block's [layer norm](Tape::modulate), computed once for each distinct pair of t and label (Diffusion-LM adds
/// its embedding to the input).
///
/// # What it learns
///
/// The [loss](Network::loss) of sentences is a mean over places of
///
/// ```text
/// cross_entropy·(−ln p(w_k | x_t)) + squared_error·‖x̂_0k − e_{w_k}‖²
/// ```
///
/// Diffusion-LM's is the second term, and −ln p(w_k | x_0) of a rounding layer (§4.1, eq. 2 with the x_0 of §4.2).
/// With vectors that are [learned](TransformerConfig::learned), x_t and x_0 are made of them, and the gradient reaches
/// them through both.
///
/// ```
/// use diffusion_intuition::network::{Network, Transformer, TransformerConfig};
/// use diffusion_intuition::{Rng, Schedule, text::WordVectors};
///
/// let (mut rng, schedule) = (Rng::new(0), Schedule::cosine(200)?);
/// let vectors = WordVectors::random(80, 32, &mut rng)?;
/// let config = TransformerConfig::new(&vectors, 10, &schedule);
/// let network = Transformer::new(&config, &mut rng)?;
/// let x_t = rng.standard_normal(5, 10 * 32)?;
/// assert_eq!(network.predict_at(&x_t, 199)?.dim(), (5, 10 * 32)); // x̂_0
/// assert_eq!(network.posteriors(&x_t, &[199; 5], &[None; 5])?.dim(), (5 * 10, 80));
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Transformer {
    pub(super) parameters: Parameters,
    pub(super) config: TransformerConfig,
    known: Known,
    /// The vectors, if they are learned.
    pub(super) vectors: Option<ParameterId>,
    input: Linear,
    /// What a place's own guess of its word adds to the input, a row a word.
    alone: Option<ParameterId>,
    positions: ParameterId,
    blocks: Vec<TransformerBlock>,
    film: Linear,
    output: Linear,
}

impl Transformer {
    /// A network of these sizes, randomly initialised.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a size of 0, heads that do not divide the width, or a weight of the loss that is
    /// negative or not finite; [`Error::Size`] for a network that memory cannot hold.
    pub fn new(config: &TransformerConfig, rng: &mut Rng) -> Result<Self> {
        config.check()?;
        let (width, wide) = (config.width, config.embedding);
        let [words, d] = [config.vectors.words(), config.vectors.dim()];
        let mut all = Parameters::new();
        let p = &mut all;
        let vectors = match config.learned {
            Learned::No => None,
            _ => {
                let id = p.zeros("vectors", [words, d])?;
                p.get_mut(id).assign(config.vectors.vectors());
                Some(id)
            }
        };
        let alone = match config.evidence {
            true => Some(p.uniform("alone", [words, width], 1.0, rng)?),
            false => None,
        };
        let positions = p.uniform("positions", [config.places, width], 0.2, rng)?;
        let sizes = [width, config.factor * width];
        let network = Self {
            vectors,
            positions,
            known: Known::new(p, wide, config.classes, rng)?,
            input: p.linear("input", d, width, rng)?,
            alone,
            blocks: (0..config.blocks)
                .map(|i| TransformerBlock::new(p, &format!("blocks.{i}"), sizes, Some(wide), rng))
                .collect::<Result<_>>()?,
            film: p.linear("film", wide, 2 * width, rng)?,
            output: p.linear("output", width, words, rng)?,
            config: config.clone(),
            parameters: Parameters::new(),
        };
        to_zero(p, [network.output.weight, network.output.bias]);
        let parameters = all;
        Ok(Self {
            parameters,
            ..network
        })
    }

    /// The sizes and settings of the network; learned vectors are those that they started from.
    pub fn config(&self) -> &TransformerConfig {
        &self.config
    }

    /// The vectors of the words, as they are learned by now.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if training has left a number that is not.
    pub fn vectors(&self) -> Result<WordVectors> {
        let mut tape = Tape::new(&self.parameters).forward_only();
        let vectors = self.table(&mut tape)?;
        WordVectors::new(tape.value(vectors).to_owned())
    }

    /// Records the logits of all words at every place, (n·L, V), for a batch as
    /// [`forward_given`](Network::forward_given) takes it.
    ///
    /// # Errors
    /// As [`forward_given`](Network::forward_given).
    pub fn logits(
        &self,
        tape: &mut Tape<'_>,
        x_t: Var,
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<Var> {
        let vectors = self.table(tape)?;
        self.record(tape, x_t, ts, labels, vectors)
    }

    /// p(w_k | x_t), the probability of every word at every place, (n·L, V), place after place: x_t is (n, L·d), each
    /// row at its own 0-based timestep and with its own label.
    ///
    /// # Errors
    /// As [`predict_given`](Network::predict_given).
    pub fn posteriors(
        &self,
        x_t: &ArrayRef2<f32>,
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<Array2<f32>> {
        check::same_shape("ts", &[x_t.nrows()], &[ts.len()])?;
        check::same_shape("labels", &[x_t.nrows()], &[labels.len()])?;
        let (places, words) = (self.config.places, self.config.vectors.words());
        let outputs = check::elements::<f32>("posteriors", &[places, words])?;
        let all = predict(
            &self.parameters,
            [outputs, places],
            x_t,
            &|tape, x, rows| {
                let z = self.logits(tape, x, &ts[rows.clone()], &labels[rows.clone()])?;
                let p = tape.softmax(z)?;
                tape.reshape(p, rows.len(), outputs)
            },
        )?;
        let shape = (x_t.nrows() * places, words);
        Ok(all.into_shape_with_order(shape).expect("the same numbers"))
    }

    /// The vectors, on the tape.
    pub(super) fn table(&self, tape: &mut Tape<'_>) -> Result<Var> {
        let Some(id) = self.vectors else {
            return Ok(tape.input(self.config.vectors.vectors()));
        };
        let vectors = tape.parameter(id);
        match self.config.learned {
            Learned::UnitNorm => tape.unit_rows(vectors),
            _ => Ok(vectors),
        }
    }

    /// The logits, with these vectors.
    pub(super) fn record(
        &self,
        tape: &mut Tape<'_>,
        x_t: Var,
        ts: &[usize],
        labels: &[Option<usize>],
        vectors: Var,
    ) -> Result<Var> {
        let (n, config) = (ts.len(), &self.config);
        let places = config.places;
        let found: [usize; 2] = tape.dim(x_t)?.into();
        check::same_shape("x_t of a Transformer", &[n, config.len()], &found)?;
        check::same_shape("labels", &[n], &[labels.len()])?;
        check::labels(labels.iter().flatten(), config.classes)?;
        let alpha_bars = ts.iter().map(|t| config.schedule.alpha_bar(*t));
        let alpha_bars = alpha_bars.collect::<Result<Vec<_>>>()?;
        let (known, rows) = self.known.record(tape, ts, labels)?;
        let x = tape.reshape(x_t, n * places, config.vectors.dim())?;
        let positions = positions(tape, self.positions, n)?;
        let h = tape.linear(x, self.input)?;
        let mut h = tape.add(h, positions)?;
        let mut evidence = None;
        if let Some(alone) = self.alone {
            let says = tape.evidence(x, vectors, &alpha_bars)?;
            let guess = tape.softmax(says)?;
            let alone = tape.parameter(alone);
            let guess = tape.matmul(guess, alone)?;
            h = tape.add(h, guess)?;
            evidence = Some(says);
        }
        for block in &self.blocks {
            h = block.forward(tape, h, Some((known, &rows)), [n, config.heads])?;
        }
        let table = tape.linear(known, self.film)?;
        let h = tape.modulate(h, table, &rows)?;
        let z = tape.linear(h, self.output)?;
        match evidence {
            Some(evidence) => tape.add(z, evidence),
            None => Ok(z),
        }
    }
}
