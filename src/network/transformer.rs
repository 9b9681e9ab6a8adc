//! The network for sentences: a Transformer that is told the timestep, and the label if it has classes.

use ndarray::{Array2, ArrayRef2};

use super::known::Known;
use super::minibatch::{Minibatch, Sentences, squared_error};
use super::predict::{Network, predict};
use super::transformer_block::TransformerBlock;
use super::transformer_config::{Learned, TransformerConfig};
use super::unet_block::to_zero;
use crate::autograd::{Linear, ParameterId, Parameters, Rows, Tape, Var};
use crate::check;
use crate::denoiser::Denoiser;
use crate::error::{Error, Result};
use crate::rng::Rng;
use crate::text::WordVectors;

/// A Transformer (Vaswani et al. 2017) that says for each place of a noised sentence which word it was, and so
/// predicts x_0 (Diffusion-LM, Li et al. 2022, §4.2).
///
/// ```text
/// e = time(sinusoidal(t)) + labels[label]               linear, SiLU, linear; a row for each class and one for none
/// ℓ_kw = (√ᾱ·x_k·e_w − ½·ᾱ·‖e_w‖²)/(1 − ᾱ)              the evidence: what place k says of word w by itself
/// h_k = input(x_k beside softmax(ℓ_k)) + positions[k]
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
/// let (mut rng, schedule) = (Rng::new(0), Schedule::cosine(200, 0.008)?);
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
    parameters: Parameters,
    config: TransformerConfig,
    known: Known,
    /// The vectors, if they are learned.
    vectors: Option<ParameterId>,
    input: Linear,
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
        let inputs = if config.evidence { d + words } else { d };
        let sizes = [width, config.factor * width, wide];
        let network = Self {
            vectors,
            known: Known::new(p, wide, config.classes, rng)?,
            input: p.linear("input", inputs, width, rng)?,
            positions: p.embedding("positions", config.places, width, rng)?,
            blocks: (0..config.blocks)
                .map(|i| TransformerBlock::new(p, &format!("blocks.{i}"), sizes, rng))
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
        let cost = self.cost(x_t.ncols());
        let all = predict(&self.parameters, [outputs, cost], x_t, &|tape, x, rows| {
            let z = self.logits(tape, x, &ts[rows.clone()], &labels[rows.clone()])?;
            let p = tape.softmax(z)?;
            tape.reshape(p, rows.len(), outputs)
        })?;
        let shape = (x_t.nrows() * places, words);
        Ok(all.into_shape_with_order(shape).expect("the same numbers"))
    }

    /// The vectors, on the tape.
    fn table(&self, tape: &mut Tape<'_>) -> Result<Var> {
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
    fn record(
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
        let mut x = tape.reshape(x_t, n * places, config.vectors.dim())?;
        let mut evidence = None;
        if config.evidence {
            let says = tape.evidence(x, vectors, &alpha_bars)?;
            let alone = tape.softmax(says)?;
            x = tape.concat(&[x, alone])?;
            evidence = Some(says);
        }
        let h = tape.linear(x, self.input)?;
        let of: Vec<usize> = (0..n * places).map(|i| i % places).collect();
        let positions = tape.parameter(self.positions);
        let positions = tape.gather(positions, &Rows::new(&of, places)?)?;
        let mut h = tape.add(h, positions)?;
        for block in &self.blocks {
            h = block.forward(tape, h, (known, &rows), [n, config.heads])?;
        }
        let table = tape.linear(known, self.film)?;
        let h = tape.modulate(h, table, &rows)?;
        let z = tape.linear(h, self.output)?;
        match evidence {
            Some(evidence) => tape.add(z, evidence),
            None => Ok(z),
        }
    }

    /// x_t of sentences, with the vectors as they are on the tape, and x_0, a row a place.
    fn noised(
        &self,
        tape: &mut Tape<'_>,
        batch: &Minibatch,
        sentences: Sentences,
        vectors: Var,
    ) -> Result<(Var, Var)> {
        let (d, words) = (self.config.vectors.dim(), self.config.vectors.words());
        let (n, places) = sentences.words.dim();
        if self.vectors.is_none() {
            let x_t = tape.input(&batch.x_t);
            let x0 = tape.input(&sentences.x0);
            return Ok((x_t, tape.reshape(x0, n * places, d)?));
        }
        let of: Vec<usize> = sentences.words.iter().copied().collect();
        let x0 = tape.gather(vectors, &Rows::new(&of, words)?)?;
        let wide = tape.reshape(x0, n, places * d)?;
        let mut signal = Array2::zeros((n, places * d));
        let mut noise = sentences.eps.to_owned();
        let rows = signal.rows_mut().into_iter().zip(noise.rows_mut());
        for ((mut signal, mut noise), t) in rows.zip(batch.ts) {
            let alpha_bar = self.config.schedule.alpha_bar(*t)?;
            signal.fill(alpha_bar.sqrt() as f32);
            noise *= (1.0 - alpha_bar).sqrt() as f32;
        }
        let [signal, noise] = [signal, noise].map(|values| tape.input(&values));
        let signal = tape.mul(wide, signal)?;
        Ok((tape.add(signal, noise)?, x0))
    }

    /// Refuses sentences that are not of this network's places and words.
    fn check(&self, sentences: Sentences) -> Result<()> {
        let (config, (n, places)) = (&self.config, sentences.words.dim());
        let shape = [n, config.places];
        check::same_shape("sentences of a Transformer", &shape, &[n, places])?;
        check::words(&sentences.words, config.vectors.words())?;
        let shape = [n, config.len()];
        check::same_shape("x_0 of sentences", &shape, sentences.x0.shape())?;
        let rows = sentences.x0.exact_chunks((1, config.vectors.dim()));
        let own = config.vectors.vectors();
        let mut pairs = rows.into_iter().zip(&sentences.words);
        let same = pairs.all(|(x0, word)| x0.iter().eq(own.row(*word)));
        match same || self.vectors.is_some() {
            true => Ok(()),
            false => Err(Error::Foreign {
                what: "word vector of one vocabulary",
            }),
        }
    }
}

impl Network for Transformer {
    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.parameters
    }

    fn forward(&self, tape: &mut Tape<'_>, x_t: Var, ts: &[usize]) -> Result<Var> {
        self.forward_given(tape, x_t, ts, &vec![None; ts.len()])
    }

    fn classes(&self) -> usize {
        self.config.classes
    }

    fn cost(&self, _: usize) -> usize {
        self.config.places
    }

    fn forward_given(
        &self,
        tape: &mut Tape<'_>,
        x_t: Var,
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<Var> {
        let vectors = self.table(tape)?;
        let z = self.record(tape, x_t, ts, labels, vectors)?;
        let p = tape.softmax(z)?;
        let x0 = tape.matmul(p, vectors)?;
        tape.reshape(x0, ts.len(), self.config.len())
    }

    /// Of sentences, a mean over places: see [`Transformer`]. Of other rows the squared error.
    fn loss(&self, tape: &mut Tape<'_>, batch: &Minibatch) -> Result<(Var, Vec<f64>)> {
        let none = vec![None; batch.ts.len()];
        let labels = if batch.labels.is_empty() {
            &none
        } else {
            batch.labels
        };
        let Some(sentences) = batch.sentences else {
            let x_t = tape.input(&batch.x_t);
            let y = self.forward_given(tape, x_t, batch.ts, labels)?;
            return squared_error(tape, y, batch);
        };
        self.check(sentences)?;
        let config = &self.config;
        let vectors = self.table(tape)?;
        let (x_t, x0) = self.noised(tape, batch, sentences, vectors)?;
        let z = self.record(tape, x_t, batch.ts, labels, vectors)?;
        let words: Vec<usize> = sentences.words.iter().copied().collect();
        let (entropy, mut each) = tape.cross_entropies(z, &words)?;
        let mut loss = tape.scale(entropy, config.cross_entropy)?;
        each.iter_mut()
            .for_each(|one| *one *= f64::from(config.cross_entropy));
        if config.squared_error > 0.0 {
            let p = tape.softmax(z)?;
            let y = tape.matmul(p, vectors)?;
            let off = tape.mse(y, x0)?;
            let weight = config.squared_error * config.vectors.dim() as f32;
            let off = tape.scale(off, weight)?;
            loss = tape.add(loss, off)?;
            let [y, x0] = [y, x0].map(|var| tape.value(var));
            for (each, (y, x0)) in each.iter_mut().zip(y.rows().into_iter().zip(x0.rows())) {
                let squares = y.iter().zip(x0).map(|(y, x0)| f64::from(y - x0).powi(2));
                *each += f64::from(config.squared_error) * squares.sum::<f64>();
            }
        }
        let places = each.chunks_exact(config.places);
        let mean = |places: &[f64]| places.iter().sum::<f64>() / places.len() as f64;
        Ok((loss, places.map(mean).collect()))
    }
}

impl Denoiser for Transformer {
    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>> {
        self.predict_at(x_t, t)
    }
}
