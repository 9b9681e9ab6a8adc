//! Pictures as few numbers, and back: a variational autoencoder of convolutions.

use ndarray::{Array2, ArrayRef2, array};

use super::fold::Fold;
use super::predict::predict;
use crate::autograd::{Conv2d, ParameterId, Parameters, Resize, Tape, Var};
use crate::check;
use crate::error::Result;
use crate::rng::Rng;

#[cfg(doc)]
use crate::Error;

/// Pixels of a picture for each pixel of its latents, along both sides.
const SMALLER: usize = 4;

/// Rows count in [`predict`] as so many of a plain network: four pictures go through together.
const COST: usize = 128;

/// An autoencoder that keeps a quarter of the height and width of pictures, so that a diffusion model need not work on
/// pixels (latent diffusion, Rombach et al. 2022): a small one of their kind, without attention and discriminator.
///
/// ```text
/// x = 2×2 pixels in one, from a picture with a border, its sides multiples of 8    half the sides
/// h = silu(encoder_0(x)); h = silu(encoder_1(h))                          the second halves: a quarter
/// h = h + silu(encoder_2(h))
/// μ, ln σ² = mean(h), log_variance(h);  z = μ + σ·ε                       in training; else z = μ
/// h = silu(decoder_0(z)); h = h + silu(decoder_1(h)); h = h + silu(decoder_2(h))
/// h = silu(decoder_3(h)); h = h + silu(decoder_4(h))                      the first of them doubles
/// x̂ = output(h)
/// ```
///
/// All are 3×3 convolutions, initialised as PyTorch's. Latents are s·μ, with a scale s of their own that gives those of
/// the training pictures variance 1 (Rombach et al. 2022, appendix G): a schedule's ᾱ_t say how much noise there is beside
/// data of that variance. s is a parameter, set by [`fit_scale`](Self::fit_scale), that no gradient changes.
///
/// ```
/// use diffusion_intuition::Rng;
/// use diffusion_intuition::network::{Autoencoder, AutoencoderConfig};
/// use ndarray::Array2;
///
/// let clothes = AutoencoderConfig::default(); // 28×28 grey pixels
/// let network = Autoencoder::new(&clothes, &mut Rng::new(0))?;
/// assert_eq!(network.size(), [8, 8, 4]); // with a border, 32×32 pixels
/// assert_eq!(network.parameters().count(), 61_325);
/// let latents = network.encode(&Array2::zeros((3, 28 * 28)))?;
/// assert_eq!(latents.dim(), (3, 8 * 8 * 4));
/// assert_eq!(network.decode(&latents)?.dim(), (3, 28 * 28));
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Autoencoder {
    parameters: Parameters,
    config: AutoencoderConfig,
    fold: Fold,
    encoder: [Conv2d; 3],
    mean: Conv2d,
    log_variance: Conv2d,
    decoder: [Conv2d; 5],
    output: Conv2d,
    scale: ParameterId,
}

/// Sizes of an [`Autoencoder`], and the weight of its KL term.
#[derive(Debug, Clone, PartialEq)]
pub struct AutoencoderConfig {
    /// Height of a picture; 28 by default.
    pub height: usize,
    /// Width of a picture; 28 by default.
    pub width: usize,
    /// Channels of a picture: 1 for grey, the default, 3 for RGB.
    pub channels: usize,
    /// Channels of the network; 32 by default.
    pub hidden: usize,
    /// Channels of the latents; 4 by default.
    pub latents: usize,
    /// Weight of the KL term in the [loss](Autoencoder::loss); 1e-4 by default.
    pub kl: f32,
}

/// The sizes for clothes, 28×28 grey.
impl Default for AutoencoderConfig {
    fn default() -> Self {
        Self {
            height: 28,
            width: 28,
            channels: 1,
            hidden: 32,
            latents: 4,
            kl: 1e-4,
        }
    }
}

impl AutoencoderConfig {
    fn check(&self) -> Result<()> {
        for (name, number) in [
            ("height of pictures", self.height),
            ("width of pictures", self.width),
            ("channels of pictures", self.channels),
            ("channels of an autoencoder", self.hidden),
            ("channels of latents", self.latents),
        ] {
            check::parameter(name, number, number > 0, "at least 1")?;
        }
        let widest = self.hidden.max(self.latents);
        check::elements::<f32>("weights of a convolution", &[9, widest, widest])?;
        let fine = self.kl >= 0.0 && self.kl.is_finite();
        check::parameter(
            "weight of the KL term",
            self.kl,
            fine,
            "finite and not negative",
        )
    }
}

impl Autoencoder {
    /// One of these sizes, randomly initialised, with the scale 1.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a size of 0, or a weight that is negative or not finite; [`Error::Size`] for a network
    /// that memory cannot hold.
    pub fn new(config: &AutoencoderConfig, rng: &mut Rng) -> Result<Self> {
        config.check()?;
        let AutoencoderConfig {
            height,
            width,
            channels,
            hidden,
            latents,
            ..
        } = *config;
        // Of latents too, height and width can then be halved.
        let fold = Fold::new([height, width, channels], 2, 2 * SMALLER)?;
        let mut all = Parameters::new();
        let p = &mut all;
        let mut conv = |name: &str, inputs, outputs| p.conv2d(name, inputs, outputs, rng);
        let folded = fold.size()[2];
        let encoder = [
            conv("encoder.0", folded, hidden)?,
            conv("encoder.1", hidden, hidden)?.resizing(Resize::Halve),
            conv("encoder.2", hidden, hidden)?,
        ];
        let [mean, log_variance] = [
            conv("mean", hidden, latents)?,
            conv("log_variance", hidden, latents)?,
        ];
        let decoder = [
            conv("decoder.0", latents, hidden)?,
            conv("decoder.1", hidden, hidden)?,
            conv("decoder.2", hidden, hidden)?,
            conv("decoder.3", hidden, hidden)?.resizing(Resize::Double),
            conv("decoder.4", hidden, hidden)?,
        ];
        let output = conv("output", hidden, folded)?;
        let scale = p.zeros("scale", [1, 1])?;
        p.get_mut(scale).fill(1.0);
        Ok(Self {
            parameters: all,
            config: config.clone(),
            fold,
            encoder,
            mean,
            log_variance,
            decoder,
            output,
            scale,
        })
    }

    /// The sizes of the network.
    pub fn config(&self) -> &AutoencoderConfig {
        &self.config
    }

    /// The parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The parameters, to change.
    pub fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.parameters
    }

    /// Height, width and channels of the latents of a picture: a row of latents is (height · width · channels), channels
    /// last.
    pub fn size(&self) -> [usize; 3] {
        let [height, width, _] = self.fold.size();
        [height / 2, width / 2, self.config.latents]
    }

    /// Numbers of a row of latents.
    fn len(&self) -> usize {
        self.size().iter().product()
    }

    /// What the means are multiplied with.
    pub fn scale(&self) -> f32 {
        self.parameters.get(self.scale)[[0, 0]]
    }

    /// The same network with the scale 1, whose latents are the plain means: to see what the scale is for.
    pub fn without_scale(&self) -> Self {
        let mut plain = self.clone();
        plain.parameters.get_mut(self.scale).fill(1.0);
        plain
    }

    /// Sets the scale to 1/√(variance of the means of `rows`, pictures (n, pixels)), over all of their numbers.
    ///
    /// # Errors
    /// As [`encode`](Self::encode); [`Error::Empty`] without pictures; [`Error::Parameter`] if all means are equal.
    pub fn fit_scale(&mut self, rows: &Array2<f32>) -> Result<()> {
        check::not_empty("pictures", rows.nrows())?;
        let means = self.without_scale().encode(rows)?.mapv(f64::from);
        let (deviation, what) = (means.std(0.0), "standard deviation of the latents");
        let fine = deviation > 0.0 && (1.0 / deviation).is_finite();
        check::parameter(what, deviation, fine, "positive")?;
        let scale = (1.0 / deviation) as f32;
        self.parameters.get_mut(self.scale).fill(scale);
        Ok(())
    }

    /// The latents of pictures, `rows` of shape (n, height · width · channels): s·μ, shape (n, those of
    /// [`size`](Self::size)). In parallel; the number of threads never changes a bit.
    ///
    /// # Errors
    /// [`Error::Shape`] for pictures of another size; [`Error::NotFinite`] for a NaN or infinite pixel.
    pub fn encode(&self, rows: &Array2<f32>) -> Result<Array2<f32>> {
        let (folded, sizes) = (self.fold.fold(rows)?, [self.len(), COST]);
        let means = predict(&self.parameters, sizes, &folded, &|tape, x, _| {
            let n = tape.dim(x)?.0;
            let h = self.before_latents(tape, x)?;
            let [height, width, _] = self.size();
            let mean = tape.conv2d(h, self.mean, [height, width])?;
            tape.reshape(mean, n, self.len())
        })?;
        Ok(means * self.scale())
    }

    /// The pictures of `latents`, as [`encode`](Self::encode) makes them; shape (n, height · width · channels). Not cut
    /// to the range of pixels.
    ///
    /// # Errors
    /// [`Error::Shape`] for latents of another size; [`Error::NotFinite`] for a NaN or infinite one.
    pub fn decode(&self, latents: &Array2<f32>) -> Result<Array2<f32>> {
        let expected = [latents.nrows(), self.len()];
        check::same_shape("latents", &expected, latents.shape())?;
        check::all_finite("latents", latents)?;
        let (z, sizes) = (latents / self.scale(), [self.fold.len(), COST]);
        let folded = predict(&self.parameters, sizes, &z, &|tape, z, _| {
            let [height, width, channels] = self.size();
            let pixels = tape.dim(z)?.0 * height * width;
            let z = tape.reshape(z, pixels, channels)?;
            self.after_latents(tape, z)
        })?;
        self.fold.unfold(&folded)
    }

    /// Records what training minimises on `tape`, for pictures `rows` (n, pixels) and `noise` ε of the shape of their
    /// latents, standard normal: three numbers, 1×1 each,
    ///
    /// loss = error + kl · KL, error = mean (x − x̂)², KL = mean ½(μ² + σ² − 1 − ln σ²),
    ///
    /// the second over pixels, the border's too, the third over latents, in nats for each: minus the evidence lower bound
    /// up to a factor (Kingma & Welling 2014, eq. 10), if its weight fits the error.
    ///
    /// # Errors
    /// As [`encode`](Self::encode), and [`Error::Shape`] for noise of another shape.
    pub fn loss(
        &self,
        tape: &mut Tape,
        rows: &ArrayRef2<f32>,
        noise: &ArrayRef2<f32>,
    ) -> Result<[Var; 3]> {
        let expected = [rows.nrows(), self.len()];
        check::same_shape("noise", &expected, noise.shape())?;
        let x = tape.input(&self.fold.fold(rows)?);
        let h = self.before_latents(tape, x)?;
        let [height, width, _] = self.size();
        let mean = tape.conv2d(h, self.mean, [height, width])?;
        let log_variance = tape.conv2d(h, self.log_variance, [height, width])?;
        let half = tape.scale(log_variance, 0.5)?;
        let sigma = tape.exp(half)?;
        let (pixels, channels) = tape.dim(mean)?;
        let noise = tape.input(noise);
        let noise = tape.reshape(noise, pixels, channels)?;
        let noise = tape.mul(sigma, noise)?;
        let z = tape.add(mean, noise)?;
        let y = self.after_latents(tape, z)?;
        let error = tape.mse(y, x)?;
        let squares = [tape.mul(mean, mean)?, tape.mul(sigma, sigma)?];
        let both = tape.add(squares[0], squares[1])?;
        let both = tape.sub(both, log_variance)?;
        let both = tape.mean(both)?;
        let (half, less) = (tape.scale(both, 0.5)?, tape.input(&array![[-0.5]]));
        let kl = tape.add(half, less)?;
        let weighted = tape.scale(kl, self.config.kl)?;
        Ok([tape.add(error, weighted)?, error, kl])
    }

    /// From folded pictures (n, numbers) to what mean and log-variance are made of.
    fn before_latents(&self, tape: &mut Tape, x: Var) -> Result<Var> {
        let [height, width, channels] = self.fold.size();
        let pixels = tape.dim(x)?.0 * height * width;
        let x = tape.reshape(x, pixels, channels)?;
        layers(tape, x, &self.encoder, [height, width]).map(|(h, _)| h)
    }

    /// From z, one row a pixel, to folded pictures.
    fn after_latents(&self, tape: &mut Tape, z: Var) -> Result<Var> {
        let [height, width, _] = self.size();
        let n = tape.dim(z)?.0 / (height * width);
        let (h, size) = layers(tape, z, &self.decoder, [height, width])?;
        let y = tape.conv2d(h, self.output, size)?;
        tape.reshape(y, n, self.fold.len())
    }
}

/// Convolutions with SiLU, each added to what it is made of if that is of one shape; and the size of what they make.
fn layers(
    tape: &mut Tape,
    mut h: Var,
    layers: &[Conv2d],
    mut size: [usize; 2],
) -> Result<(Var, [usize; 2])> {
    for layer in layers {
        let y = tape.conv2d(h, *layer, size)?;
        let y = tape.silu(y)?;
        h = match tape.dim(y)? == tape.dim(h)? {
            true => tape.add(h, y)?,
            false => y,
        };
        size = layer.size(size);
    }
    Ok((h, size))
}
