//! What is compared: two GAN recipes, and diffusion with and without waves of the coordinates.

use diffusion_intuition::gan::{Gan, GanConfig};
use diffusion_intuition::network::octaves;
use diffusion_intuition::prelude::*;

use crate::judge::{Judge, Set};

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Contender {
    /// [`GanConfig::classic`].
    Classic,
    /// [`GanConfig::stable`].
    Stable,
    /// The reference network.
    Reference,
    /// The reference network with waves of the coordinates as further inputs.
    Waves,
}

/// How much is done.
#[derive(Debug, Clone, PartialEq)]
pub struct Extent {
    pub seeds: u64,
    /// Steps of a GAN, on batches of 128. They take as long as [`steps`](Self::steps) of diffusion: see the results of
    /// `speed`.
    pub gan_steps: u64,
    /// Training steps of diffusion, on batches of 512.
    pub steps: u64,
    /// Steps of a setting in `tune`: a little more than half of the runs that follow.
    pub tune_steps: u64,
    /// Samples that are judged.
    pub samples: usize,
    /// Projections of the sliced Wasserstein distance, and pairs of samples for its floor.
    pub projections: usize,
    pub floors: u64,
}

impl Extent {
    /// What the book says.
    pub const BOOK: Self = Self {
        seeds: 10,
        gan_steps: 4000,
        steps: 4000,
        tune_steps: 2500,
        samples: 2500,
        projections: 256,
        floors: 100,
    };

    /// What takes no time, and says nothing.
    pub const QUICK: Self = Self {
        seeds: 2,
        gan_steps: 4,
        steps: 4,
        tune_steps: 4,
        samples: 50,
        projections: 4,
        floors: 2,
    };
}

/// How often a run is judged.
const REPORTS: u64 = 4;

/// Samplers of diffusion, by their number of evaluations.
pub const SAMPLERS: [(u64, Method, Spacing); 4] = [
    (10, Method::DpmSolver, Spacing::Quadratic),
    (20, Method::DpmSolver, Spacing::Quadratic),
    (50, Method::DDPM, Spacing::Quadratic),
    (1000, Method::DDPM, Spacing::Trailing),
];

impl Contender {
    pub const ALL: [Self; 4] = [Self::Classic, Self::Stable, Self::Reference, Self::Waves];

    pub fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Stable => "stable",
            Self::Reference => "reference",
            Self::Waves => "waves",
        }
    }

    /// Trains on fresh draws and judges after each quarter; a row is seed, step, evaluations a sample, and what
    /// [`Judge::of`] finds.
    pub fn run(self, judge: &Judge, extent: &Extent, seed: u64) -> Result<Vec<Vec<f32>>> {
        let steps = extent.gan_steps;
        match self {
            Self::Classic => play(GanConfig::classic(steps), judge, extent, seed, steps),
            Self::Stable => play(GanConfig::stable(steps), judge, extent, seed, steps),
            Self::Reference | Self::Waves => self.diffuse(judge, extent, seed),
        }
    }

    fn diffuse(self, judge: &Judge, extent: &Extent, seed: u64) -> Result<Vec<Vec<f32>>> {
        let (schedule, mut network, mut trainer) = self.start(&judge.set, extent.steps, seed)?;
        let mut rows = Vec::new();
        for quarter in 1..=REPORTS {
            trainer.run(&mut network, extent.steps / REPORTS, |_| ())?;
            let mut averaged = network.clone();
            trainer.use_ema(&mut averaged)?;
            for (evaluations, method, spacing) in SAMPLERS {
                // The slow one only at the end, and only where it may matter.
                if evaluations == 1000 && (quarter < REPORTS || self == Self::Reference) {
                    continue;
                }
                let steps = method.steps(evaluations);
                let sampler = Sampler::spaced(&schedule, method, spacing, steps)?;
                let mut rng = Rng::new(seed);
                let samples = sampler.sample(
                    &averaged,
                    &rng.standard_normal(extent.samples, 2)?,
                    &mut rng,
                )?;
                rows.push(row(seed, trainer.step(), evaluations, judge.of(&samples)?));
            }
        }
        Ok(rows)
    }

    /// Diffusion, not yet trained.
    pub fn start(self, set: &Set, steps: u64, seed: u64) -> Result<(Schedule, FilmMlp, Trainer)> {
        let schedule = Schedule::linear(1000, 1e-4, 0.02)?;
        let config = FilmMlpConfig {
            frequencies: match self {
                Self::Waves => octaves(0.7, 6),
                _ => Vec::new(),
            },
            ..FilmMlpConfig::default()
        };
        let network = FilmMlp::with_config(2, &config, &mut Rng::new(seed))?;
        let config = TrainConfig {
            batch: 512,
            learning_rate: LearningRate::cosine(3e-3, steps).warm_up(100),
            ema: Some(Ema { decay: 0.995 }),
            seed,
            ..TrainConfig::default()
        };
        let trainer = match &set.law {
            Some(law) => Trainer::new(&network, law.clone(), &schedule, config)?,
            None => Trainer::new(&network, rows_of(set)?, &schedule, config)?,
        };
        Ok((schedule, network, trainer))
    }
}

/// A GAN over the set's distribution, or over many of its points if that is all there is.
pub fn game(set: &Set, config: GanConfig) -> Result<Gan> {
    match &set.law {
        Some(law) => Gan::new(law.clone(), config),
        None => Gan::new(rows_of(set)?, config),
    }
}

fn rows_of(set: &Set) -> Result<Array2<f32>> {
    (set.draw)(200_000, &mut Rng::new(1))
}

/// Plays a GAN and judges it after each quarter of its steps. One that diverges is judged no more: its rows
/// end there.
pub fn play(
    config: GanConfig,
    judge: &Judge,
    extent: &Extent,
    seed: u64,
    steps: u64,
) -> Result<Vec<Vec<f32>>> {
    let mut gan = game(&judge.set, GanConfig { seed, ..config })?;
    let mut rows = Vec::new();
    for quarter in 1..=REPORTS {
        match gan.run(steps / REPORTS, |_| ()) {
            Err(Error::Diverged { .. }) => break,
            other => other?,
        }
        let samples = gan.sample(extent.samples, &mut Rng::new(seed))?;
        rows.push(row(
            seed,
            quarter * (steps / REPORTS),
            1,
            judge.of(&samples)?,
        ));
    }
    Ok(rows)
}

fn row(seed: u64, step: u64, evaluations: u64, judged: [f32; 5]) -> Vec<f32> {
    let head = [seed as f32, step as f32, evaluations as f32];
    [&head[..], &judged].concat()
}
