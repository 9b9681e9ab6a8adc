//! The network for pictures: a U-Net that is told the timestep, and a label or a sentence.

use ndarray::Array2;

use super::known::Known;
use super::predict::Network;
use super::text_encoder::{TextEncoder, Told};
use super::unet_block::{Block, Look, Place};
use super::unet_config::{TextConfig, UNetConfig};
use crate::autograd::{Conv2d, Norm, Parameters, Resize, Rows, Tape, Var};
use crate::check;
use crate::denoiser::Denoiser;
use crate::error::Result;
use crate::rng::Rng;

/// A U-Net (Ronneberger et al. 2015) for diffusion (DDPM, Ho et al. 2020, appendix B), with the timestep as scale
/// and shift in every block (improved DDPM, Nichol & Dhariwal 2021, appendix A).
///
/// ```text
/// e = time(sinusoidal(t)) + labels[label]          linear, SiLU, linear; a row for each class and one for none
/// h = input(x_t)                                   3×3
/// every level i, from the first on:
///     h = skip_i = down_i(h, silu(e))              residual block, to the level's channels
///     h = shrink_i(h)                               3×3 with stride 2, at all levels but the last
/// h = middle(h, silu(e)); h = attention(h)         at the lowest resolution, over all of its pixels
/// every level i, from the last on:
///     h = up_i(h beside skip_i, silu(e))           residual block, from twice the channels
///     h = grow_{i−1}(h)                          3×3 after each pixel became four, at all levels but the first
/// ε = output(silu(norm(h)))                        3×3
/// ```
///
/// # Told sentences
///
/// With a [text encoder](UNetConfig::text), pixels look at words too (cross-attention, Rombach et al. 2022, §3.3):
///
/// ```text
/// words, whole = text(sentence)                     a Transformer, see TextConfig
/// e = time(sinusoidal(t)) + whole
/// h = look_i(h, words)                              after the attention, and after up_i at other levels that read
/// ```
///
/// A label is then a row of the list of sentences that the network was given last, by
/// [`set_prompts`](Self::set_prompts), and no label is the empty sentence, nothing but padding (as in Stable
/// Diffusion). So labels, guidance and training with dropped labels are what they are for classes.
///
/// A batch is (n, H·W·C), channels last. What depends on t and the label alone is computed once for each distinct
/// pair of them. Parameters are initialised as PyTorch's layers, but the second convolution of a block and the last
/// layer of every attention start at zero: every block then starts as the identity, or as a 1×1 convolution.
///
/// ```
/// use diffusion_intuition::Rng;
/// use diffusion_intuition::network::{Network, UNet, UNetConfig};
///
/// let digits = UNetConfig { classes: 10, ..UNetConfig::default() }; // 8×8, 32 and 64 channels
/// let network = UNet::new(&digits, &mut Rng::new(0))?;
/// assert_eq!(network.parameters().count(), 387_265);
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct UNet {
    pub(super) parameters: Parameters,
    pub(super) config: UNetConfig,
    known: Known,
    text: Option<TextEncoder>,
    /// The sentences that labels stand for.
    pub(super) prompts: Array2<usize>,
    input: Conv2d,
    down: Vec<Block>,
    shrink: Vec<Conv2d>,
    middle: Block,
    attention: Look,
    up: Vec<Block>,
    grow: Vec<Conv2d>,
    norm: Norm,
    output: Conv2d,
    /// From the pixels of a level at the words.
    looks: Vec<Option<Look>>,
    /// Levels whose skips are cut.
    pub(super) cut: Vec<usize>,
}

/// What a recorded network holds beside its answer.
pub(super) struct Seen {
    /// What [`activations`](UNet::activations) tells.
    pub levels: Vec<Var>,
    /// Queries and keys of the looks at words, the last level first.
    pub looks: Vec<[Var; 2]>,
}

impl UNet {
    /// A network of these sizes, randomly initialised.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for sizes that do not fit: a height or width that cannot be
    /// halved often enough, groups that do not divide the channels, and so on; [`Error::Empty`](crate::Error::Empty)
    /// without levels; [`Error::Size`](crate::Error::Size) for a network that memory cannot hold.
    pub fn new(config: &UNetConfig, rng: &mut Rng) -> Result<Self> {
        config.check()?;
        let (levels, wide) = (config.levels.as_slice(), config.embedding);
        let (first, last) = (levels[0], levels[levels.len() - 1]);
        let steps = || levels.iter().zip(&levels[1..]).enumerate();
        let inputs = std::iter::once(&first).chain(levels);
        let mut all = Parameters::new();
        let p = &mut all;
        Ok(Self {
            known: Known::new(p, wide, config.classes, rng)?,
            input: p.conv2d("input", config.channels, first, rng)?,
            down: inputs
                .zip(levels)
                .enumerate()
                .map(|(i, (from, to))| Block::new(p, &format!("down.{i}"), [*from, *to, wide], rng))
                .collect::<Result<_>>()?,
            shrink: steps()
                .map(|(i, (own, _))| {
                    Ok(p.conv2d(&format!("shrink.{i}"), *own, *own, rng)?
                        .resizing(Resize::Halve))
                })
                .collect::<Result<_>>()?,
            middle: Block::new(p, "middle", [last, last, wide], rng)?,
            attention: Look::new(p, "attention", [last, last], rng)?,
            up: levels
                .iter()
                .enumerate()
                .map(|(i, own)| Block::new(p, &format!("up.{i}"), [2 * own, *own, wide], rng))
                .collect::<Result<_>>()?,
            grow: steps()
                .map(|(i, (own, below))| {
                    Ok(p.conv2d(&format!("grow.{i}"), *below, *own, rng)?
                        .resizing(Resize::Double))
                })
                .collect::<Result<_>>()?,
            norm: p.norm("norm", first)?,
            output: p.conv2d("output", first, config.channels, rng)?,
            text: match &config.text {
                Some(text) => Some(TextEncoder::new(p, text, wide, rng)?),
                None => None,
            },
            looks: levels
                .iter()
                .enumerate()
                .map(|(i, own)| {
                    let text = config.text.as_ref().filter(|_| config.reads_at(i));
                    let look = |text: &TextConfig| {
                        Look::new(p, &format!("looks.{i}"), [*own, text.width], rng)
                    };
                    text.map(look).transpose()
                })
                .collect::<Result<_>>()?,
            prompts: Array2::default((0, config.text.as_ref().map_or(0, |text| text.places))),
            cut: Vec::new(),
            config: config.clone(),
            parameters: all,
        })
    }

    /// The prediction, and what the network holds beside it.
    pub(super) fn record(
        &self,
        tape: &mut Tape<'_>,
        x_t: Var,
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<(Var, Seen)> {
        let (n, config) = (ts.len(), &self.config);
        let found: [usize; 2] = tape.dim(x_t)?.into();
        check::same_shape("x_t of a U-Net", &[n, config.len()], &found)?;
        let (told, known, rows) = self.tell(tape, ts, labels)?;
        let words = told.as_ref();
        let place = |level: usize| Place {
            size: [config.height >> level, config.width >> level],
            groups: config.groups,
            known: (known, &rows),
        };
        let all = place(0);
        let x = tape.reshape(x_t, n * all.pixels(), config.channels)?;
        let mut h = tape.conv2d(x, self.input, all.size)?;
        let (levels, looks) = (Vec::with_capacity(2 * self.down.len()), Vec::new());
        let mut seen = Seen { levels, looks };
        for (i, block) in self.down.iter().enumerate() {
            h = block.forward(tape, h, place(i))?;
            seen.levels.push(h);
            if let Some(shrink) = self.shrink.get(i) {
                h = tape.conv2d(h, *shrink, place(i).size)?;
            }
        }
        let last = self.shrink.len();
        h = self.middle.forward(tape, h, place(last))?;
        (h, _) = self
            .attention
            .forward(tape, h, place(last), config.heads, None)?;
        h = self.look(tape, h, last, place(last), words, &mut seen)?;
        for (i, block) in self.up.iter().enumerate().rev() {
            if let Some(grow) = self.grow.get(i) {
                h = tape.conv2d(h, *grow, place(i + 1).size)?;
            }
            let skip = match self.cut.contains(&i) {
                true => tape.scale(seen.levels[i], 0.0)?,
                false => seen.levels[i],
            };
            h = tape.concat(&[h, skip])?;
            h = block.forward(tape, h, place(i))?;
            if i < last {
                h = self.look(tape, h, i, place(i), words, &mut seen)?;
            }
            seen.levels.push(h);
        }
        h = tape.group_norm(h, all.norm(self.norm))?;
        let y = tape.conv2d(h, self.output, all.size)?;
        Ok((tape.reshape(y, n, config.len())?, seen))
    }

    /// What is said of each sample, if it is said in words; and what is known of each distinct pair of timestep and
    /// label, and whose pair is which.
    fn tell(
        &self,
        tape: &mut Tape<'_>,
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<(Option<Told>, Var, Rows)> {
        check::same_shape("labels", &[ts.len()], &[labels.len()])?;
        check::labels(labels.iter().flatten(), self.classes())?;
        let Some(text) = &self.text else {
            let (known, rows) = self.known.record(tape, ts, labels)?;
            return Ok((None, known, rows));
        };
        let told = text.record(tape, &self.prompts, labels)?;
        let table = Some(told.pooled);
        let (known, rows) = self.known.record_rows(tape, ts, table, &told.of)?;
        Ok((Some(told), known, rows))
    }

    /// The pixels of a level after they have looked at the words, if they do.
    fn look(
        &self,
        tape: &mut Tape<'_>,
        h: Var,
        level: usize,
        place: Place<'_>,
        words: Option<&Told>,
        seen: &mut Seen,
    ) -> Result<Var> {
        let Some(look) = &self.looks[level] else {
            return Ok(h);
        };
        let (h, pair) = look.forward(tape, h, place, self.config.heads, words)?;
        seen.looks.push(pair);
        Ok(h)
    }
}

impl Network for UNet {
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
        match self.text {
            Some(_) => self.prompts.nrows(),
            None => self.config.classes,
        }
    }

    fn forward_given(
        &self,
        tape: &mut Tape<'_>,
        x_t: Var,
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<Var> {
        self.record(tape, x_t, ts, labels).map(|(y, _)| y)
    }
}

impl Denoiser for UNet {
    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>> {
        self.predict_at(x_t, t)
    }
}
