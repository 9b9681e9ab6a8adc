//! The network for pictures: a U-Net that is told the timestep, and the label if it has classes.

use ndarray::{Array2, ArrayRef2};

use super::known::Known;
use super::predict::Network;
use super::unet_block::{Block, LookAround, Place};
use crate::autograd::{Conv2d, Norm, Parameters, Resize, Tape, Var};
use crate::check;
use crate::denoiser::Denoiser;
use crate::error::Result;
use crate::rng::Rng;

/// A U-Net (Ronneberger et al. 2015) for diffusion (DDPM, Ho et al. 2020, appendix B), with the timestep as scale
/// and shift in every block (improved DDPM, Nichol & Dhariwal 2021, §3.3).
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
/// A batch is (n, H·W·C), channels last. What depends on t and the label alone is computed once for each distinct
/// pair of them. Parameters are initialised as PyTorch's layers, but the second convolution of a block and the last
/// layer of the attention start at zero: every block then starts as the identity, or as a 1×1 convolution.
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
    parameters: Parameters,
    config: UNetConfig,
    known: Known,
    input: Conv2d,
    down: Vec<Block>,
    shrink: Vec<Conv2d>,
    middle: Block,
    attention: LookAround,
    up: Vec<Block>,
    grow: Vec<Conv2d>,
    norm: Norm,
    output: Conv2d,
    /// Levels whose skips are cut.
    cut: Vec<usize>,
}

/// Sizes of a [`UNet`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UNetConfig {
    /// Height of a picture; 8 by default.
    pub height: usize,
    /// Width of a picture; 8 by default.
    pub width: usize,
    /// Channels of a picture: 1 for grey, the default, 3 for RGB.
    pub channels: usize,
    /// Channels of the network at each level; every level but the last halves height and width. 32 and 64 by default.
    pub levels: Vec<usize>,
    /// Numbers that a timestep and a label become; 64 by default.
    pub embedding: usize,
    /// Groups of channels of the norms; 8 by default.
    pub groups: usize,
    /// Heads of the attention; 4 by default.
    pub heads: usize,
    /// Classes that the network can be told; 0 by default: none, and no labels.
    pub classes: usize,
}

/// The sizes of the reference network for 8×8 grey pictures.
impl Default for UNetConfig {
    fn default() -> Self {
        Self {
            height: 8,
            width: 8,
            channels: 1,
            levels: vec![32, 64],
            embedding: 64,
            groups: 8,
            heads: 4,
            classes: 0,
        }
    }
}

impl UNetConfig {
    fn check(&self) -> Result<()> {
        check::not_empty("levels of a U-Net", self.levels.len())?;
        let halvings = u32::try_from(self.levels.len() - 1).unwrap_or(u32::MAX);
        let step = 1_usize.checked_shl(halvings).unwrap_or(0);
        let valid = "at least 1 and a multiple of 2 to the number of levels but one";
        for (name, side) in [
            ("height of pictures", self.height),
            ("width of pictures", self.width),
        ] {
            check::parameter(name, side, side > 0 && side.is_multiple_of(step), valid)?;
        }
        let name = "channels of pictures";
        check::parameter(name, self.channels, self.channels > 0, "at least 1")?;
        check::elements::<f32>("a picture", &[self.height, self.width, self.channels])?;
        for channels in &self.levels {
            let fine = *channels > 0 && self.groups > 0 && channels.is_multiple_of(self.groups);
            let valid = "at least 1 and a multiple of the groups of a norm";
            check::parameter("channels of a level", *channels, fine, valid)?;
            check::elements::<f32>("weights of a block", &[27, *channels, *channels])?;
        }
        let widest = self.levels[self.levels.len() - 1];
        let fine = self.heads > 0 && widest.is_multiple_of(self.heads);
        let valid = "at least 1 and a divisor of the last level's channels";
        check::parameter("heads of the attention", self.heads, fine, valid)
    }

    /// Numbers of a picture.
    fn len(&self) -> usize {
        self.height * self.width * self.channels
    }
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
            attention: LookAround::new(p, "attention", last, rng)?,
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
            cut: Vec::new(),
            config: config.clone(),
            parameters: all,
        })
    }

    /// The sizes of the network.
    pub fn config(&self) -> &UNetConfig {
        &self.config
    }

    /// The same network with zeros in place of what the skip at this 0-based level carries: to see what it is for.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) if there is no such level.
    pub fn without_skip(&self, level: usize) -> Result<Self> {
        let fine = level < self.down.len();
        check::parameter("level", level, fine, "below the number of levels")?;
        let mut cut = self.clone();
        cut.cut.push(level);
        Ok(cut)
    }

    /// What the levels hold for a batch, each (n·height·width, channels), one row a pixel: after every block on the
    /// way down, the first level first (what the skips carry), then after every block on the way up, the last level
    /// first.
    ///
    /// # Errors
    /// As [`forward_given`](Network::forward_given).
    pub fn activations(
        &self,
        x_t: &ArrayRef2<f32>,
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<Vec<Array2<f32>>> {
        let mut tape = Tape::new(&self.parameters).forward_only();
        let x_t = tape.input(x_t);
        let (_, seen) = self.record(&mut tape, x_t, ts, labels)?;
        Ok(seen.iter().map(|h| tape.value(*h).to_owned()).collect())
    }

    /// The prediction, and the [activations](Self::activations).
    fn record(
        &self,
        tape: &mut Tape<'_>,
        x_t: Var,
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<(Var, Vec<Var>)> {
        let (n, config) = (ts.len(), &self.config);
        let found: [usize; 2] = tape.dim(x_t)?.into();
        check::same_shape("x_t of a U-Net", &[n, config.len()], &found)?;
        check::same_shape("labels", &[n], &[labels.len()])?;
        check::labels(labels.iter().flatten(), config.classes)?;
        let (known, rows) = self.known.record(tape, ts, labels)?;
        let place = |level: usize| Place {
            size: [config.height >> level, config.width >> level],
            groups: config.groups,
            known: (known, &rows),
        };
        let all = place(0);
        let x = tape.reshape(x_t, n * all.pixels(), config.channels)?;
        let mut h = tape.conv2d(x, self.input, all.size)?;
        let mut seen = Vec::with_capacity(2 * self.down.len());
        for (i, block) in self.down.iter().enumerate() {
            h = block.forward(tape, h, place(i))?;
            seen.push(h);
            if let Some(shrink) = self.shrink.get(i) {
                h = tape.conv2d(h, *shrink, place(i).size)?;
            }
        }
        let lowest = place(self.shrink.len());
        h = self.middle.forward(tape, h, lowest)?;
        h = self.attention.forward(tape, h, lowest, config.heads)?;
        for (i, block) in self.up.iter().enumerate().rev() {
            if let Some(grow) = self.grow.get(i) {
                h = tape.conv2d(h, *grow, place(i + 1).size)?;
            }
            let skip = match self.cut.contains(&i) {
                true => tape.scale(seen[i], 0.0)?,
                false => seen[i],
            };
            h = tape.concat(&[h, skip])?;
            h = block.forward(tape, h, place(i))?;
            seen.push(h);
        }
        h = tape.group_norm(h, all.norm(self.norm))?;
        let y = tape.conv2d(h, self.output, all.size)?;
        Ok((tape.reshape(y, n, config.len())?, seen))
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
        self.config.classes
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
