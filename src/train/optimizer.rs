//! The state of an optimiser for one network, the moving average, and the way back from a bad step.

use super::adam::{AdamStep, Moments, average};
use super::config::{Adam, Ema, Muon, TrainConfig, check_rate};
use super::shard::squares_of;
use crate::autograd::{Gradients, Parameters};
use crate::check::elements;
use crate::error::{Error, Result};

/// [`Adam`] at work on the parameters of one network, with their moving average if one is asked for.
///
/// [`Trainer`](super::Trainer) has one; with a loop of your own it trains anything that a
/// [`Tape`](crate::autograd::Tape) can differentiate:
///
/// ```
/// use diffusion_intuition::autograd::{Gradients, Tape};
/// use diffusion_intuition::train::Optimizer;
/// use diffusion_intuition::prelude::*;
///
/// let (schedule, data, mut rng) = (Schedule::default(), Mixture::bimodal(), Rng::new(0));
/// let mut network = FilmMlp::new(1, &mut rng)?;
/// let mut optimizer = Optimizer::new(network.parameters(), Adam::default(), None)?;
/// let mut gradients = Gradients::new(network.parameters());
/// for t in [20, 90] { // DDPM's algorithm 1, with one t for all rows
///     let x0 = data.sample(64, &mut rng)?;
///     let (x_t, eps) = schedule.q_sample(&x0, t, &mut rng)?;
///     let mut tape = Tape::new(network.parameters());
///     let (x_t, eps) = (tape.input(&x_t), tape.input(&eps));
///     let guess = network.forward(&mut tape, x_t, &[t; 64])?;
///     let loss = tape.mse(guess, eps)?;
///     tape.backward(loss, &mut gradients)?;
///     drop(tape);
///     optimizer.step(network.parameters_mut(), &gradients, 1e-3)?;
/// }
/// assert_eq!(optimizer.steps(), 2);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Optimizer {
    adam: Adam,
    muon: Option<Muon>,
    decay: Option<Ema>,
    pub(super) steps: u64,
    pub(super) moments: Moments,
    pub(super) ema: Option<Parameters>,
    /// The parameters before the last step, and room for those after the next.
    previous: Vec<f32>,
    /// The same of the average, if there is one.
    previous_ema: Vec<f32>,
    /// Whether no loss of the parameters was seen yet: `previous` holds those to return to if it is bad.
    untried: bool,
    /// Fingerprint of the parameters' names and shapes.
    layout: u64,
}

impl Optimizer {
    /// For `parameters`, at step 0; an average begins with them.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside its range; [`Error::Size`] for a state that memory cannot hold.
    pub fn new(parameters: &Parameters, adam: Adam, ema: Option<Ema>) -> Result<Self> {
        adam.check()?;
        ema.as_ref().map_or(Ok(()), Ema::check)?;
        let count = parameters.count();
        // A gradient, two moments, and parameters and their average before and after.
        elements::<f32>("the state of the optimizer", &[7, count])?;
        Ok(Self {
            adam,
            muon: None,
            steps: 0,
            moments: Moments::new(count),
            ema: ema.is_some().then(|| parameters.clone()),
            previous: vec![0.0; count],
            previous_ema: vec![0.0; if ema.is_some() { count } else { 0 }],
            decay: ema,
            untried: false,
            layout: parameters.layout(),
        })
    }

    /// The same, with these steps of matrices, if any.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside its range.
    pub fn with_muon(self, muon: Option<Muon>) -> Result<Self> {
        muon.as_ref().map_or(Ok(()), Muon::check)?;
        Ok(Self { muon, ..self })
    }

    /// As these settings have it.
    pub(super) fn of(parameters: &Parameters, config: &TrainConfig) -> Result<Self> {
        Self::new(parameters, config.adam.clone(), config.ema.clone())?
            .with_muon(config.muon.clone())
    }

    /// One step along `gradients`, of the loss at `parameters`.
    ///
    /// # Errors
    /// [`Error::Diverged`] if a gradient or a new parameter is NaN or infinite; the old ones are still in place then.
    /// [`Error::Shape`] or [`Error::Foreign`] for other parameters than those that this was made for, or gradients of
    /// others;
    /// [`Error::Parameter`] for a learning rate that is negative or not finite.
    pub fn step(
        &mut self,
        parameters: &mut Parameters,
        gradients: &Gradients,
        learning_rate: f64,
    ) -> Result<()> {
        self.check(parameters)?;
        gradients.check_of(parameters)?;
        check_rate("learning rate", learning_rate)?;
        let norm = squares_of(&gradients.flat).sqrt();
        if !norm.is_finite() {
            return Err(self.diverged("the norm of the gradient", norm));
        }
        self.update(parameters, &gradients.flat, learning_rate, 1.0)
    }

    /// Number of steps done.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The moving average of the parameters, if there is one.
    pub fn ema(&self) -> Option<&Parameters> {
        self.ema.as_ref()
    }

    /// Makes these parameters the average, if there is one.
    pub(super) fn give_ema(&self, parameters: &mut Parameters) -> Result<()> {
        if let Some(ema) = &self.ema {
            self.check(parameters)?;
            parameters.clone_from(ema);
        }
        Ok(())
    }

    /// Refuses parameters of another make.
    pub(super) fn check(&self, parameters: &Parameters) -> Result<()> {
        parameters.check_make(self.previous.len(), self.layout)
    }

    /// [`step`](Self::step) along `scale` times a gradient in the layout of the parameters, whose norm is finite.
    pub(crate) fn update(
        &mut self,
        parameters: &mut Parameters,
        gradient: &[f32],
        learning_rate: f64,
        scale: f64,
    ) -> Result<()> {
        let step = AdamStep {
            adam: &self.adam,
            step: self.steps,
            learning_rate,
            gradient_scale: scale,
            decay: self.decay.as_ref().map_or(0.0, |ema| ema.at(self.steps)),
        };
        let (next, next_ema) = (&mut self.previous, self.previous_ema.as_mut_slice());
        let ema = self.ema.as_ref().map(Parameters::values);
        let ema = ema.zip(Some(next_ema));
        let (moments, values) = (&mut self.moments, parameters.values());
        let finite = match &self.muon {
            None => moments.update(&step, values, gradient, next, ema),
            Some(muon) => {
                moments.update(&step, values, gradient, next, None)
                    && muon.update(&step, parameters, (&moments.m, gradient), next)
                    && ema.is_none_or(|(old, ema)| average(step.decay, (old, next), ema))
            }
        };
        // Parameters that are no numbers are never put in place.
        if !finite {
            let mut all = self.previous.iter().chain(&self.previous_ema);
            let value = all.find(|x| !x.is_finite()).copied();
            let value = f64::from(value.unwrap_or(f32::NAN));
            return Err(self.diverged("a parameter after the step", value));
        }
        self.untried = true;
        self.steps += 1;
        self.swap(parameters);
        Ok(())
    }

    /// A loss of the parameters is finite: they are good ones.
    pub(crate) fn tried(&mut self) {
        self.untried = false;
    }

    /// Returns to the parameters and the average before the last step, unless a loss of those after it was finite.
    /// Adam's moments stay: the gradient that they have seen was that of the parameters returned to.
    pub(crate) fn undo(&mut self, parameters: &mut Parameters) {
        if std::mem::take(&mut self.untried) {
            self.swap(parameters);
        }
    }

    /// Exchanges the parameters and their average with those of before, or of after.
    fn swap(&mut self, parameters: &mut Parameters) {
        parameters.swap_values(&mut self.previous);
        if let Some(ema) = &mut self.ema {
            ema.swap_values(&mut self.previous_ema);
        }
    }

    pub(crate) fn diverged(&self, what: &'static str, value: f64) -> Error {
        let step = self.steps;
        Error::Diverged { step, what, value }
    }
}
