//! The game: alternating steps of discriminator and generator.

use ndarray::{Array2, Axis, CowArray, Ix2, concatenate};

use super::config::GanConfig;
use super::judge::Judge;
use super::player::Player;
use super::spectral::SpectralNorm;
use crate::check;
use crate::error::{Error, Result};
use crate::network::Mlp;
use crate::rng::Rng;
use crate::train::{Data, Ema, rng_of_step};
use crate::verdict::Verdict;

/// Slope of the leaky ReLU below 0, in both networks (Radford et al. 2016, §3).
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
    generator: Player,
    judge: Judge,
    ema: Option<Mlp>,
    step: u64,
    losses: Vec<[f32; 2]>,
}

/// State of the game, given to the observer every [`report_every`](GanConfig::report_every) steps and after
/// the last.
#[derive(Debug, Clone, Copy)]
pub struct GanProgress<'a> {
    /// Number of steps of the generator done, over all runs.
    pub step: u64,
    /// Mean loss of the discriminator since the last report; 2 ln 2 where it only guesses.
    pub discriminator_loss: f64,
    /// Mean loss of the generator since the last report; ln 2 where the discriminator only guesses.
    pub generator_loss: f64,
    /// The game, to draw samples from.
    pub gan: &'a Gan,
}

impl Gan {
    /// A new game over `data`: rows, or a [`Mixture`](crate::Mixture) for fresh draws; of mean 0 and variance
    /// 1, as for diffusion.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside its range; [`Error::Size`] for networks or batches that memory
    /// cannot hold; [`Error::Empty`] for data that is;
    /// [`Error::NotFinite`] for data or frequencies with a NaN or infinite value.
    pub fn new(data: impl Into<Data>, config: GanConfig) -> Result<Self> {
        let data = data.into();
        config.check()?;
        data.check()?;
        let d = data.dim();
        let mut rng = Rng::new(config.seed);
        let row = check::elements::<f32>("packed samples", &[config.pack, d])?;
        let row = row.max(config.latent);
        check::elements::<f32>("a batch", &[2, config.batch, row])?;
        let widths = |inputs, hidden: &[usize], outputs| [&[inputs], hidden, &[outputs]].concat();
        let sizes = widths(config.latent, &config.generator, d);
        let generator = Mlp::new(&sizes, SLOPE, &[], &mut rng)?;
        let sizes = widths(config.pack * d, &config.discriminator, 1);
        let discriminator = Mlp::new(&sizes, SLOPE, &config.frequencies, &mut rng)?;
        Ok(Self {
            judge: Judge {
                spectral: config
                    .spectral_norm
                    .then(|| SpectralNorm::new(&discriminator, &mut rng)),
                player: Player::new(discriminator),
            },
            ema: config.ema.is_some().then(|| generator.clone()),
            generator: Player::new(generator),
            step: 0,
            losses: Vec::new(),
            data,
            config,
        })
    }

    /// Plays `steps` more steps, or until the observer returns `ControlFlow::Break(())`.
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
        let end = self.step.saturating_add(steps);
        let start = self.step;
        while self.step < end {
            let every = self.config.report_every;
            let report = (self.step / every + 1).saturating_mul(every).min(end);
            let first = self.losses.len();
            // On a worker thread of rayon's: from outside, each parallel piece would wait for one to wake up.
            crate::parallel::scope(|_| (self.step..report).try_for_each(|_| self.one_step()))?;
            let recent = &self.losses[first..];
            let mean = |player: usize| {
                let sum: f64 = recent.iter().map(|pair| f64::from(pair[player])).sum();
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

    /// Refuses networks whose answers on the next batch are not finite: nobody could play on from there.
    fn try_last(&mut self) -> Result<()> {
        let (real, [z, _]) = self.draw()?;
        let fake = self.generator().answer(&z)?;
        let own = self.ema.as_ref().map(|ema| ema.answer(&z)).transpose()?;
        let logits = [self.logits(&real)?, self.logits(&fake)?];
        let answers = logits.iter().flatten().chain(own.iter().flatten());
        if let Some(value) = answers.copied().find(|x| !x.is_finite()) {
            self.undo();
            let (step, what, value) = (self.step, "an answer", f64::from(value));
            return Err(Error::Diverged { step, what, value });
        }
        self.judge.player.untried = false;
        self.generator.untried = false;
        Ok(())
    }

    /// Returns to the last networks whose losses were finite.
    fn undo(&mut self) {
        self.judge.player.undo(None);
        let ema = self.ema.as_mut().map(Mlp::parameters_mut);
        self.generator.undo(ema);
    }

    /// `n` samples, shape (n, d), in one pass: noise z ~ N(0, I) through the generator, with its averaged
    /// parameters if the settings ask for an average.
    ///
    /// # Errors
    /// [`Error::Size`] for more than memory can hold; none else that a working game meets.
    pub fn sample(&self, n: usize, rng: &mut Rng) -> Result<Array2<f32>> {
        let z = rng.standard_normal(n, self.config.latent)?;
        self.ema.as_ref().unwrap_or(self.generator()).answer(&z)
    }

    /// The discriminator's logits for packs of samples, shape (n/pack, 1): positive where it takes them for
    /// data.
    ///
    /// # Errors
    /// [`Error::Shape`] unless `samples` has d columns and a multiple of `pack` rows.
    pub fn logits(&self, samples: &Array2<f32>) -> Result<Array2<f32>> {
        let pack = self.config.pack;
        let n = samples.nrows().next_multiple_of(pack);
        check_shape("samples to judge", samples, [n, self.data.dim()])?;
        let mut network = self.discriminator().clone();
        if let Some(spectral) = &self.judge.spectral {
            let parameters = spectral.clone().normalise(&network).clone();
            *network.parameters_mut() = parameters;
        }
        let samples = samples.as_standard_layout().into_owned();
        network.answer(&packed(&samples, pack))
    }

    /// The generator, with the parameters that are in training.
    pub fn generator(&self) -> &Mlp {
        &self.generator.network
    }

    /// The discriminator, before normalisation.
    pub fn discriminator(&self) -> &Mlp {
        &self.judge.player.network
    }

    /// Losses of discriminator and generator at every step.
    pub fn losses(&self) -> &[[f32; 2]] {
        &self.losses
    }

    fn one_step(&mut self) -> Result<()> {
        let (real, noise) = self.draw()?;
        self.step_on(&real, &noise[0], &noise[1]).map(|_| ())
    }

    /// Real samples, and the noise of both players, of the step that comes next.
    fn draw(&self) -> Result<(Array2<f32>, [Array2<f32>; 2])> {
        let mut rng = rng_of_step(self.config.seed, self.step);
        let (n, latent) = (self.config.batch, self.config.latent);
        let mut real = Array2::zeros((n, self.data.dim()));
        self.data.draw(&mut real, &mut rng)?;
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
        check_shape("real samples", real, [n, d])?;
        check_shape("z", z, [n, latent])?;
        check_shape("z of the generator", z_of_generator, [n, latent])?;
        check::finite("real samples", real)?;
        check::finite("z", z)?;
        check::finite("z of the generator", z_of_generator)?;
        let losses = self
            .steps(real, z, z_of_generator)
            .inspect_err(|_| self.undo())?;
        self.losses.push(losses.map(|loss| loss as f32));
        self.step += 1;
        Ok(losses)
    }

    fn steps(
        &mut self,
        real: &Array2<f32>,
        z: &Array2<f32>,
        own: &Array2<f32>,
    ) -> Result<[f64; 2]> {
        let discriminator = self.step_of_discriminator(real, z)?;
        Ok([discriminator, self.step_of_generator(own)?])
    }

    fn step_of_discriminator(&mut self, real: &Array2<f32>, z: &Array2<f32>) -> Result<f64> {
        let pack = self.config.pack;
        let fake = self.generator().answer(z)?;
        let both = concatenate(Axis(0), &[real.view(), fake.view()]).expect("as many columns");
        let packs = packed(&both, pack);
        let rows = packs.nrows();
        let sign = |(r, _)| if 2 * r < rows { -1.0 } else { 1.0 };
        let signs = Array2::from_shape_fn((rows, 1), sign);
        // A mean over twice the rows is half the sum of the two means.
        let (loss, _) = self.judge.differentiate(&packs, false, |tape, logits| {
            let signs = tape.input(&signs);
            let signed = tape.mul(logits, signs)?;
            let losses = tape.softplus(signed)?;
            let mean = tape.mean(losses)?;
            tape.scale(mean, 2.0)
        })?;
        self.check_loss("the discriminator's loss", loss)?;
        // It depends on both networks.
        self.judge.player.untried = false;
        self.generator.untried = false;
        let rate = self.config.discriminator_rate.at(self.step);
        let adam = &self.config.adam;
        self.judge.player.update(adam, self.step, rate, None)?;
        Ok(loss)
    }

    fn step_of_generator(&mut self, z: &Array2<f32>) -> Result<f64> {
        let pack = self.config.pack;
        let judge = &mut self.judge;
        let mut loss = f64::NAN;
        self.generator.differentiate(None, z, false, |tape, fake| {
            let samples = tape.value(fake).to_owned();
            let packs = packed(&samples, pack);
            let (value, pull) = judge.differentiate(&packs, true, |tape, logits| {
                let negative = tape.scale(logits, -1.0)?;
                let losses = tape.softplus(negative)?;
                tape.mean(losses)
            })?;
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
        self.judge.player.untried = false;
        let decay = |ema: &Ema| ema.at(self.step);
        let decay = self.config.ema.as_ref().map_or(0.0, decay);
        let ema = self.ema.as_mut().map(|ema| (ema.parameters_mut(), decay));
        let rate = self.config.generator_rate.at(self.step);
        let adam = &self.config.adam;
        self.generator.update(adam, self.step, rate, ema)?;
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

fn check_shape(what: &'static str, found: &Array2<f32>, expected: [usize; 2]) -> Result<()> {
    let (expected, found) = (expected.to_vec(), found.shape().to_vec());
    match expected == found {
        true => Ok(()),
        false => Err(Error::Shape {
            what,
            expected,
            found,
        }),
    }
}

/// Every `pack` rows side by side in one: (n, d) becomes (n/pack, pack·d).
fn packed(samples: &Array2<f32>, pack: usize) -> CowArray<'_, f32, Ix2> {
    let (n, d) = samples.dim();
    let rows = samples.as_standard_layout();
    rows.into_shape_with_order((n / pack, pack * d))
        .expect("whole packs in row-major order")
}
