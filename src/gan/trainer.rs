//! The training of both: alternating steps of discriminator and generator.

use ndarray::{Array2, Axis, CowArray, Ix2, concatenate};

use super::config::GanConfig;
use super::objective::{discriminator_loss, generator_loss};
use super::spectral::SpectralNorm;
use super::trainable::Trainable;
use crate::check::{elements, finite, same_shape};
use crate::error::{Error, Result};
use crate::network::Mlp;
use crate::parallel;
use crate::rng::Rng;
use crate::train::{Data, rng_of_step};
use crate::verdict::Verdict;

/// Slope of the leaky ReLU below 0, in both networks (the 0.2 of Radford et al. 2016, §4, who have it in the
/// discriminator only).
const SLOPE: f32 = 0.2;

/// A generator and a discriminator in training.
///
/// The discriminator D answers with a logit, and minimises E[softplus(−D(x))] + E[softplus(D(G(z)))]
/// (Goodfellow et al. 2014, eq. 1: softplus(−D) = −ln sigmoid(D)); the generator G minimises
/// E[softplus(−D(G(z)))], the non-saturating form of the same paper's section 3. Where D cannot tell the two
/// apart, the losses are 2 ln 2 = 1.386 and ln 2 = 0.693; neither says how good the samples are.
///
/// A seed gives the same bits at any number of threads.
#[derive(Debug)]
pub struct Gan {
    config: GanConfig,
    data: Data,
    generator: Trainable,
    discriminator: Trainable,
    step: u64,
    losses: Vec<[f32; 2]>,
}

/// State of the training, given to the observer every [`report_every`](GanConfig::report_every) steps and after
/// the last.
#[derive(Debug, Clone, Copy)]
pub struct GanProgress<'a> {
    /// Number of steps of the generator done, over all runs.
    pub step: u64,
    /// Mean loss of the discriminator since the last report; 2 ln 2 where it only guesses.
    pub discriminator_loss: f64,
    /// Mean loss of the generator since the last report; ln 2 where the discriminator only guesses.
    pub generator_loss: f64,
    /// The GAN, to draw samples from.
    pub gan: &'a Gan,
}

impl Gan {
    /// A new GAN over `data`: rows, or a [`Mixture`](crate::Mixture) for fresh draws; of mean 0 and variance
    /// 1, as for diffusion.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside its range; [`Error::Size`] for networks or batches that memory
    /// cannot hold; [`Error::Empty`] for data that is; [`Error::Unsupported`] for labels, pairs or sentences;
    /// [`Error::NotFinite`] for data or frequencies with a NaN or infinite value.
    pub fn new(data: impl Into<Data>, config: GanConfig) -> Result<Self> {
        let data = data.into();
        config.check()?;
        data.check()?;
        if !matches!(data, Data::Rows(_) | Data::Fresh(_)) {
            return Err(Error::Unsupported {
                what: "labels, pairs or sentences for a GAN".into(),
                valid: "it is told nothing: give it rows alone, or a distribution",
            });
        }
        let d = data.dim();
        let mut rng = Rng::new(config.seed);
        let row = elements::<f32>("packed samples", &[config.pack, d])?;
        elements::<f32>("a batch", &[2, config.batch, row.max(config.latent)])?;
        let widths = |inputs, hidden: &[usize], outputs| [&[inputs], hidden, &[outputs]].concat();
        let sizes = widths(config.latent, &config.generator, d);
        let generator = Mlp::new(&sizes, SLOPE, &[], &mut rng)?;
        let sizes = widths(config.pack * d, &config.discriminator, 1);
        let discriminator = Mlp::new(&sizes, SLOPE, &config.frequencies, &mut rng)?;
        let spectral = config.spectral_norm;
        let spectral = spectral.then(|| SpectralNorm::new(&discriminator, &mut rng));
        Ok(Self {
            discriminator: Trainable::new(discriminator, spectral, &config.adam, None)?,
            generator: Trainable::new(generator, None, &config.adam, config.ema.clone())?,
            step: 0,
            losses: Vec::new(),
            data,
            config,
        })
    }

    /// Trains for `steps` more steps, or until the observer returns `ControlFlow::Break(())`.
    ///
    /// # Errors
    /// [`Error::Diverged`] if a loss, a gradient or a parameter is NaN or infinite: the networks then are the last
    /// ones whose losses were finite. After the last step too: its parameters are tried on the batch that would come
    /// next.
    pub fn run<V: Verdict>(
        &mut self,
        steps: u64,
        mut observer: impl FnMut(&GanProgress) -> V,
    ) -> Result<()> {
        let (start, end) = (self.step, self.step.saturating_add(steps));
        while self.step < end {
            let every = self.config.report_every;
            let report = (self.step / every + 1).saturating_mul(every).min(end);
            let first = self.losses.len();
            // On a worker thread of rayon's: from outside, each parallel piece would wait for one to wake up.
            parallel::scope(|_| (self.step..report).try_for_each(|_| self.one_step()))?;
            let recent = &self.losses[first..];
            let mean = |network: usize| {
                let sum: f64 = recent.iter().map(|pair| f64::from(pair[network])).sum();
                sum / recent.len() as f64
            };
            let progress = GanProgress {
                step: self.step,
                discriminator_loss: mean(0),
                generator_loss: mean(1),
                gan: self,
            };
            if observer(&progress).flow().is_break() {
                break;
            }
        }
        match self.step > start {
            true => self.try_last(),
            false => Ok(()),
        }
    }

    /// Refuses networks whose answers on the next batch are not finite: nobody could train on from there.
    fn try_last(&mut self) -> Result<()> {
        let (real, [z, _]) = self.draw()?;
        let fake = self.generator().answer(&z)?;
        let logits = [self.logits(&real)?, self.logits(&fake)?];
        let averaged = self.generator.answering().answer(&z)?;
        let mut answers = logits.iter().flatten().chain(&averaged);
        if let Some(value) = answers.find(|x| !x.is_finite()) {
            let (step, what, value) = (self.step, "an answer", f64::from(*value));
            self.undo();
            return Err(Error::Diverged { step, what, value });
        }
        self.tried();
        Ok(())
    }

    /// A loss of both networks is finite.
    fn tried(&mut self) {
        self.discriminator.optimizer.tried();
        self.generator.optimizer.tried();
    }

    /// Returns to the last networks whose losses were finite.
    fn undo(&mut self) {
        self.discriminator.undo();
        self.generator.undo();
    }

    /// `n` samples, shape (n, d), in one pass: noise z ~ N(0, I) through the generator, with its averaged
    /// parameters if the settings ask for an average.
    ///
    /// # Errors
    /// [`Error::Size`] for more than memory can hold; none else that a working GAN meets.
    pub fn sample(&self, n: usize, rng: &mut Rng) -> Result<Array2<f32>> {
        let z = rng.standard_normal(n, self.config.latent)?;
        self.generator.answering().answer(&z)
    }

    /// The discriminator's logits for packs of samples, shape (n/pack, 1): positive where it takes them for
    /// data.
    ///
    /// # Errors
    /// [`Error::Shape`] unless `samples` has d columns and a multiple of `pack` rows.
    pub fn logits(&self, samples: &Array2<f32>) -> Result<Array2<f32>> {
        let pack = self.config.pack;
        let n = samples.nrows().next_multiple_of(pack);
        same_shape("samples to judge", &[n, self.data.dim()], samples.shape())?;
        let samples = samples.as_standard_layout().into_owned();
        let discriminator = self.discriminator.answering();
        discriminator.answer(&packed(&samples, pack))
    }

    /// The generator, with the parameters that are in training.
    pub fn generator(&self) -> &Mlp {
        &self.generator.network
    }

    /// The discriminator, before normalisation.
    pub fn discriminator(&self) -> &Mlp {
        &self.discriminator.network
    }

    /// Losses of discriminator and generator at every step.
    pub fn losses(&self) -> &[[f32; 2]] {
        &self.losses
    }

    fn one_step(&mut self) -> Result<()> {
        let (real, noise) = self.draw()?;
        self.step_on(&real, &noise[0], &noise[1]).map(|_| ())
    }

    /// Real samples, and the noise of both networks, of the step that comes next.
    fn draw(&self) -> Result<(Array2<f32>, [Array2<f32>; 2])> {
        let mut rng = rng_of_step(self.config.seed, self.step);
        let (n, latent) = (self.config.batch, self.config.latent);
        let mut real = Array2::zeros((n, self.data.dim()));
        let (classes, words) = (&mut Vec::new(), &mut Array2::zeros((0, 0)));
        self.data.draw(&mut real, classes, words, &mut rng)?;
        let z = rng.standard_normal(n, latent)?;
        let z_of_generator = rng.standard_normal(n, latent)?;
        Ok((real, [z, z_of_generator]))
    }

    /// One step of the discriminator and then one of the generator, on samples and noise of your own: `real` is
    /// (n, d), `z` and `z_of_generator` are (n, latent), n a multiple of `pack`. Returns both losses, each from
    /// before its own step. [`run`](Self::run) is this on what it draws.
    ///
    /// # Errors
    /// As [`run`](Self::run); [`Error::Shape`] unless the shapes are as above; [`Error::NotFinite`] for samples or
    /// noise with a NaN or infinite value.
    pub fn step_on(
        &mut self,
        real: &Array2<f32>,
        z: &Array2<f32>,
        z_of_generator: &Array2<f32>,
    ) -> Result<[f64; 2]> {
        let (d, latent, pack) = (self.data.dim(), self.config.latent, self.config.pack);
        let n = real.nrows().next_multiple_of(pack).max(pack);
        same_shape("real samples", &[n, d], real.shape())?;
        same_shape("z", &[n, latent], z.shape())?;
        same_shape("z of the generator", &[n, latent], z_of_generator.shape())?;
        finite("real samples", real)?;
        finite("z", z)?;
        finite("z of the generator", z_of_generator)?;
        let discriminator = self.step_of_discriminator(real, z);
        let losses =
            discriminator.and_then(|loss| Ok([loss, self.step_of_generator(z_of_generator)?]));
        let losses = losses.inspect_err(|_| self.undo())?;
        self.losses.push(losses.map(|loss| loss as f32));
        self.step += 1;
        Ok(losses)
    }

    fn step_of_discriminator(&mut self, real: &Array2<f32>, z: &Array2<f32>) -> Result<f64> {
        let fake = self.generator().answer(z)?;
        let both = concatenate(Axis(0), &[real.view(), fake.view()]).expect("as many columns");
        let packs = packed(&both, self.config.pack);
        let discriminator = &mut self.discriminator;
        let (loss, _) = discriminator.differentiate(&packs, false, discriminator_loss)?;
        self.check_loss("the discriminator's loss", loss)?;
        self.tried(); // it depends on both networks
        let rate = self.config.discriminator_rate.at(self.step);
        self.discriminator.step(rate)?;
        Ok(loss)
    }

    fn step_of_generator(&mut self, z: &Array2<f32>) -> Result<f64> {
        let (pack, discriminator) = (self.config.pack, &mut self.discriminator);
        let mut loss = f64::NAN;
        self.generator.differentiate(z, false, |tape, fake| {
            let samples = tape.value(fake).to_owned();
            let packs = packed(&samples, pack);
            let (value, pull) = discriminator.differentiate(&packs, true, generator_loss)?;
            loss = value;
            // The chain rule from one tape to the other: Σ fake·pull, with pull = ∂loss/∂fake held fixed, has
            // the gradient of the loss.
            let pull = pull.expect("asked for");
            let pull = pull.into_shape_with_order(samples.dim());
            let pull = tape.input(&pull.expect("as many numbers"));
            let product = tape.mul(fake, pull)?;
            tape.sum(product)
        })?;
        self.check_loss("the generator's loss", loss)?;
        self.discriminator.optimizer.tried();
        let rate = self.config.generator_rate.at(self.step);
        self.generator.step(rate)?;
        Ok(loss)
    }

    fn check_loss(&self, what: &'static str, value: f64) -> Result<()> {
        let step = self.step;
        match value.is_finite() {
            true => Ok(()),
            false => Err(Error::Diverged { step, what, value }),
        }
    }
}

/// Every `pack` rows side by side in one: (n, d) becomes (n/pack, pack·d).
fn packed(samples: &Array2<f32>, pack: usize) -> CowArray<'_, f32, Ix2> {
    let (n, d) = samples.dim();
    let rows = samples.as_standard_layout();
    rows.into_shape_with_order((n / pack, pack * d))
        .expect("whole packs in row-major order")
}
