//! The reference network: a residual MLP that the timestep modulates by scale and shift.

use ndarray::Array2;

use super::embedding::TimeEmbedding;
use super::predict::Network;
use crate::autograd::{Linear, Parameters, Rows, Tape, Var};
use crate::check;
use crate::denoiser::Denoiser;
use crate::error::Result;
use crate::rng::Rng;

/// The reference network of the book: x_t → linear → residual blocks → linear.
///
/// ```text
/// e = sinusoidal(t)                                (128)
/// h = x·W + b                                      (d → 128)
/// three times:
///     scale, shift = e·W + b                       (128 → 256, halved)
///     h = h + silu((h·W + b)·(1 + scale) + shift)  (128 → 128)
/// ε = h·W + b                                      (128 → d)
/// ```
///
/// The time embedding goes into each block's own projection directly, with no layers of its own before:
/// 149 250 parameters for d = 2, 148 993 for d = 1. The scale and shift of a block depend on t alone, so
/// they are computed once for each distinct t of a batch, and gathered (a batch of 2048 rows has at most
/// T). Parameters are initialised as PyTorch's `nn.Linear`. FiLM: Perez et al. 2018.
///
/// ```
/// use diffusion_intuition::Rng;
/// use diffusion_intuition::network::{FilmMlp, Network};
///
/// let network = FilmMlp::new(2, &mut Rng::new(0))?;
/// assert_eq!(network.parameters().count(), 149_250);
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct FilmMlp {
    parameters: Parameters,
    time: TimeEmbedding,
    frequencies: Vec<f32>,
    input: Linear,
    blocks: Vec<Block>,
    output: Linear,
}

#[derive(Debug, Clone, PartialEq)]
struct Block {
    linear: Linear,
    film: Linear,
}

/// Sizes of a [`FilmMlp`].
#[derive(Debug, Clone, PartialEq)]
pub struct FilmMlpConfig {
    /// Width of the hidden layers; 128 in the reference network.
    pub hidden: usize,
    /// Number of residual blocks; 3 in the reference network.
    pub blocks: usize,
    /// How t is embedded; in 128 numbers in the reference network.
    pub time: TimeEmbedding,
    /// Frequencies ω of the [waves](Tape::fourier) that go in beside each coordinate of x_t, for data with fine
    /// detail; none in the reference network. [`octaves`](super::octaves) makes a list.
    pub frequencies: Vec<f32>,
}

/// The sizes of the reference network.
impl Default for FilmMlpConfig {
    fn default() -> Self {
        Self {
            hidden: 128,
            blocks: 3,
            time: TimeEmbedding::new(128).expect("128 is valid"),
            frequencies: Vec::new(),
        }
    }
}

impl FilmMlp {
    /// The reference network for points of dimension `d`, randomly initialised.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) if `d` is 0.
    pub fn new(d: usize, rng: &mut Rng) -> Result<Self> {
        Self::with_config(d, &FilmMlpConfig::default(), rng)
    }

    /// A network of the same kind and another size.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) if `d` or the hidden width is 0;
    /// [`Error::Size`](crate::Error::Size) for a network that memory cannot hold.
    pub fn with_config(d: usize, config: &FilmMlpConfig, rng: &mut Rng) -> Result<Self> {
        Self::with_outputs(d, d, config, rng)
    }

    /// A network of the same kind that answers `outputs` numbers for a point of dimension `d`: 2d of them for
    /// a prediction and a variance (see `examples/swiss_roll`).
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) if `d`, `outputs` or the hidden width is 0;
    /// [`Error::Size`](crate::Error::Size) for a network that memory cannot hold;
    /// [`Error::NotFinite`](crate::Error::NotFinite) for a NaN or infinite frequency.
    pub fn with_outputs(
        d: usize,
        outputs: usize,
        config: &FilmMlpConfig,
        rng: &mut Rng,
    ) -> Result<Self> {
        let hidden = config.hidden;
        check::finite("frequencies", &config.frequencies)?;
        let waves = 1 + 2 * config.frequencies.len();
        // Before the products below, and before half of the blocks are made.
        check::elements::<f32>("weights of the input", &[d, waves, hidden])?;
        let widest = hidden.saturating_add(config.time.dim());
        check::elements::<f32>("weights of the blocks", &[config.blocks, 2, hidden, widest])?;
        let mut parameters = Parameters::new();
        let inputs = d * waves;
        let input = parameters.linear("input", inputs, hidden, rng)?;
        let mut blocks = Vec::with_capacity(config.blocks);
        for i in 0..config.blocks {
            let linear = parameters.linear(&format!("blocks.{i}.linear"), hidden, hidden, rng)?;
            let film = format!("blocks.{i}.film");
            let film = parameters.linear(&film, config.time.dim(), 2 * hidden, rng)?;
            blocks.push(Block { linear, film });
        }
        let output = parameters.linear("output", hidden, outputs, rng)?;
        Ok(Self {
            parameters,
            time: config.time.clone(),
            frequencies: config.frequencies.clone(),
            input,
            blocks,
            output,
        })
    }
}

impl Network for FilmMlp {
    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.parameters
    }

    fn forward(&self, tape: &mut Tape<'_>, x_t: Var, ts: &[usize]) -> Result<Var> {
        let (distinct, rows) = Rows::distinct(ts)?;
        let time = tape.embed(&self.time, &distinct);
        let x_t = match self.frequencies.as_slice() {
            [] => x_t,
            frequencies => tape.fourier(x_t, frequencies)?,
        };
        let mut h = tape.linear(x_t, self.input)?;
        for block in &self.blocks {
            let [u, scale_shift] = tape.linears([(h, block.linear), (time, block.film)])?;
            h = tape.film_residual(h, u, scale_shift, &rows)?;
        }
        tape.linear(h, self.output)
    }
}

impl Denoiser for FilmMlp {
    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>> {
        self.predict_at(x_t, t)
    }
}
