//! Settings of a training run. Their `Debug` texts stand in checkpoints, so their names and forms are fixed.

use std::f64::consts::PI;

use super::augment::Augment;
use super::times::Times;
use crate::check::parameter;
use crate::error::Result;
use crate::prediction::Prediction;

/// Settings of a training run.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainConfig {
    /// Rows of a minibatch.
    pub batch: usize,
    /// What the network learns to predict; the loss is its mean squared error.
    pub prediction: Prediction,
    /// The optimiser: of everything, or of all but the matrices that are [`muon`](Self::muon)'s.
    pub adam: Adam,
    /// If it is given, weights step along the directions of their gradients alone.
    pub muon: Option<Muon>,
    /// Learning rate at every step.
    pub learning_rate: LearningRate,
    /// Largest norm of the whole gradient; a longer one is scaled down to it (Pascanu et al. 2013).
    pub clip_grad_norm: Option<f64>,
    /// Moving average of the parameters.
    pub ema: Option<Ema>,
    /// The share of labels that are replaced by the one that says nothing, so that one network learns to predict with
    /// and without being told the class (Ho & Salimans 2021, algorithm 1). Without labels it changes nothing.
    pub label_dropout: f64,
    /// Random changes of pictures.
    pub augment: Option<Augment>,
    /// Which timesteps are drawn.
    pub times: Times,
    /// Fixes every random number of the run.
    pub seed: u64,
    /// Steps between two calls of the observer.
    pub report_every: u64,
}

/// Batch 256, Adam at 1e-3, no clipping, EMA 0.999, seed 0, a report every 100 steps; predicts ε, drops a tenth of the
/// labels if there are any, changes no pictures, and draws every timestep alike.
impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            batch: 256,
            prediction: Prediction::Eps,
            adam: Adam::default(),
            muon: None,
            learning_rate: LearningRate::constant(1e-3),
            clip_grad_norm: None,
            ema: Some(Ema::default()),
            label_dropout: 0.1,
            augment: None,
            times: Times::Uniform,
            seed: 0,
            report_every: 100,
        }
    }
}

impl TrainConfig {
    /// The recipe of a short run of `steps` steps: the learning rate rises to `peak` in 100 steps and falls to 0
    /// along a cosine (in fewer steps than these it only rises), the moving average (EMA 0.99) forgets its beginning,
    /// and there are four reports.
    ///
    /// ```
    /// use diffusion_intuition::train::TrainConfig;
    /// let config = TrainConfig::cosine(512, 4e-3, 4000);
    /// assert_eq!(config.learning_rate.at(99), 4e-3);
    /// assert_eq!(config.report_every, 1000);
    /// ```
    pub fn cosine(batch: usize, peak: f64, steps: u64) -> Self {
        Self {
            batch,
            learning_rate: LearningRate::cosine(peak, steps).warm_up(100),
            ema: Some(Ema { decay: 0.99 }),
            report_every: (steps / 4).max(1),
            ..Self::default()
        }
    }
}

/// Adam (Kingma & Ba 2015, algorithm 1), with decoupled weight decay if that is not 0: then it is AdamW
/// (Loshchilov & Hutter 2019, algorithm 2).
///
/// m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − lr·(m̂/(√v̂ + ε) + weight_decay·θ), with m̂ and v̂
/// corrected for their start at 0. As PyTorch's `Adam` and `AdamW`.
#[derive(Debug, Clone, PartialEq)]
pub struct Adam {
    /// β₁, the decay of the first moment.
    pub beta1: f64,
    /// β₂, the decay of the second moment.
    pub beta2: f64,
    /// Keeps the step finite where the gradient vanishes.
    pub epsilon: f64,
    /// Decoupled weight decay, a share of each parameter per unit of learning rate.
    pub weight_decay: f64,
}

/// β = (0.9, 0.999), ε = 1e-8, no weight decay.
impl Default for Adam {
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
        }
    }
}

/// Muon (Jordan et al. 2024) as in Liu et al. 2025 (§2.2), for the weights of affine maps and convolutions: matrices
/// `name.weight` that are followed by a bias `name.bias`. All else (biases, norms, tables of vectors, matrices of your own
/// without a bias) stays with [`Adam`], whose settings it shares. Jordan, Liu and PyTorch leave a network's last matrix to
/// Adam, too; here it is one like the others.
///
/// ```text
/// m ← β₁·m + (1−β₁)·g                                   Adam's first moment
/// U·Σ·Vᵀ = β₁·m + (1−β₁)·g                              Nesterov's look ahead
/// θ ← θ − lr·(scale·√max(rows, columns)·U·Vᵀ + weight_decay·θ)
/// ```
///
/// What a gradient asks of a matrix may be a few directions mostly; U·Vᵀ has all of them, equally long. It is found
/// without a decomposition, nearly: the matrix over its norm (and 1e-7), then five times
/// X ← 3.4445·X − 4.7750·X·XᵀX + 2.0315·X·(XᵀX)², which take every singular value above 0.0015 to between 0.67 and 1.21. The
/// numbers of U·Vᵀ have a root mean square of 1/√max(rows, columns) if it has full rank: times the square root, every
/// matrix steps by about `scale` a number, so that a rate that suits Adam suits it too.
///
/// As PyTorch's `Muon` with `momentum` β₁ and `adjust_lr_fn="match_rms_adamw"`, but for 1e-7 of a tenth of the sum that
/// PyTorch keeps, and its rounding to bfloat16 on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Muon {
    /// About the root mean square of a step's numbers, at a learning rate of 1.
    pub scale: f64,
}

/// Scale 0.2, about that of Adam's steps.
impl Default for Muon {
    fn default() -> Self {
        Self { scale: 0.2 }
    }
}

/// Exponential moving average of the parameters, with a warm-up: after 0-based step k the decay is
/// min(decay, (1 + k)/(10 + k)), so that the random start is soon forgotten.
#[derive(Debug, Clone, PartialEq)]
pub struct Ema {
    /// Share of the average that a step keeps, in the long run.
    pub decay: f64,
}

/// Decay 0.999.
impl Default for Ema {
    fn default() -> Self {
        Self { decay: 0.999 }
    }
}

impl Ema {
    /// The decay after 0-based step `step`.
    pub fn at(&self, step: u64) -> f64 {
        let warm = (1.0 + step as f64) / (10.0 + step as f64);
        self.decay.min(warm)
    }
}

/// A learning rate for every step: a linear warm-up, then constant, or half a cosine down to a last value.
#[derive(Debug, Clone, PartialEq)]
pub struct LearningRate {
    peak: f64,
    last: f64,
    steps: Option<u64>,
    warm_up: u64,
}

impl LearningRate {
    /// The same rate at every step.
    pub fn constant(rate: f64) -> Self {
        Self {
            peak: rate,
            last: rate,
            steps: None,
            warm_up: 0,
        }
    }

    /// From `peak` to 0 over `steps` steps along half a cosine (Loshchilov & Hutter 2017, eq. 5).
    pub fn cosine(peak: f64, steps: u64) -> Self {
        Self {
            peak,
            last: 0.0,
            steps: Some(steps),
            warm_up: 0,
        }
    }

    /// Rises linearly over the first `steps` steps, which count towards a cosine's.
    #[must_use]
    pub fn warm_up(self, steps: u64) -> Self {
        Self {
            warm_up: steps,
            ..self
        }
    }

    /// The rate that a cosine ends at, in place of 0.
    #[must_use]
    pub fn last(self, rate: f64) -> Self {
        Self { last: rate, ..self }
    }

    /// The rate of 0-based step `step`.
    pub fn at(&self, step: u64) -> f64 {
        if step < self.warm_up {
            return self.peak * (step + 1) as f64 / self.warm_up as f64;
        }
        let Some(steps) = self.steps else {
            return self.peak;
        };
        let length = steps.saturating_sub(self.warm_up).max(1) as f64;
        let done = ((step - self.warm_up) as f64 / length).min(1.0);
        self.last + 0.5 * (self.peak - self.last) * (1.0 + (PI * done).cos())
    }
}

impl TrainConfig {
    /// Refuses settings outside their ranges, for data of so many columns.
    pub(super) fn check(&self, columns: usize) -> Result<()> {
        parameter("batch", self.batch, self.batch >= 1, "at least 1")?;
        let every = self.report_every;
        parameter("report_every", every as f64, every >= 1, "at least 1")?;
        let norm = self.clip_grad_norm.unwrap_or(1.0);
        let fine = norm > 0.0 && norm.is_finite();
        parameter("clip_grad_norm", norm, fine, "positive and finite")?;
        let share = self.label_dropout;
        let fine = (0.0..=1.0).contains(&share);
        parameter("label_dropout", share, fine, "in [0, 1]")?;
        if let Some(augment) = &self.augment {
            augment.check(columns)?;
        }
        self.times.check()?;
        self.learning_rate.check()
    }
}

impl LearningRate {
    pub(crate) fn check(&self) -> Result<()> {
        check_rate("learning rate", self.peak)?;
        check_rate("last learning rate", self.last)
    }
}

/// Refuses a learning rate that Adam's arithmetic in f32 cannot use.
pub(super) fn check_rate(name: &'static str, rate: f64) -> Result<()> {
    let fine = rate >= 0.0 && (rate as f32).is_finite();
    parameter(name, rate, fine, "not negative, and finite in f32")
}

impl Adam {
    pub(super) fn check(&self) -> Result<()> {
        for (name, beta) in [("beta1", self.beta1), ("beta2", self.beta2)] {
            parameter(name, beta, (0.0..1.0).contains(&beta), "in [0, 1)")?;
        }
        let (epsilon, small) = (self.epsilon, self.epsilon as f32);
        let fine = small > 0.0 && small.is_finite();
        parameter("epsilon", epsilon, fine, "positive and finite in f32")?;
        let decay = self.weight_decay;
        let fine = decay >= 0.0 && decay.is_finite();
        parameter("weight_decay", decay, fine, "finite and not negative")
    }
}

impl Muon {
    pub(super) fn check(&self) -> Result<()> {
        let fine = self.scale > 0.0 && (self.scale as f32).is_finite();
        parameter(
            "scale of Muon",
            self.scale,
            fine,
            "positive and finite in f32",
        )
    }
}

impl Ema {
    pub(super) fn check(&self) -> Result<()> {
        let fine = (0.0..1.0).contains(&self.decay);
        parameter("EMA decay", self.decay, fine, "in [0, 1)")
    }
}
