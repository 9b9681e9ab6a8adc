//! What is compared: two GAN recipes, and diffusion with and without waves of the coordinates.

use diffusion_intuition::gan::{Gan, GanConfig};
use diffusion_intuition::network::octaves;
use diffusion_intuition::prelude::*;

use super::judge::{N, Set, judge};

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

/// Steps of a GAN, on batches of 128. They take as long as [`STEPS`] of diffusion: see the results of `speed`.
pub const GAN_STEPS: u64 = 4000;

/// Training steps of diffusion, on batches of 512.
pub const STEPS: u64 = 4000;

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
    /// [`judge`] finds.
    pub fn run(self, set: &Set, seed: u64) -> Result<Vec<Vec<f32>>> {
        match self {
            Self::Classic => play(GanConfig::classic(GAN_STEPS), set, seed, GAN_STEPS),
            Self::Stable => play(GanConfig::stable(GAN_STEPS), set, seed, GAN_STEPS),
            Self::Reference | Self::Waves => self.diffuse(set, seed),
        }
    }

    fn diffuse(self, set: &Set, seed: u64) -> Result<Vec<Vec<f32>>> {
        let (schedule, mut network, mut trainer) = self.start(set, seed)?;
        let mut rows = Vec::new();
        for quarter in 1..=REPORTS {
            trainer.run(&mut network, STEPS / REPORTS, |_| ())?;
            let mut averaged = network.clone();
            trainer.use_ema(&mut averaged);
            for (evaluations, method, spacing) in SAMPLERS {
                // The slow one only at the end, and only where it may matter.
                if evaluations == 1000 && (quarter < REPORTS || self == Self::Reference) {
                    continue;
                }
                let steps = method.steps(evaluations);
                let sampler = Sampler::spaced(&schedule, method, spacing, steps)?;
                let mut rng = Rng::new(seed);
                let samples = sampler.sample(&averaged, &rng.standard_normal(N, 2)?, &mut rng)?;
                rows.push(row(
                    seed,
                    trainer.step(),
                    evaluations,
                    judge(&samples, set)?,
                ));
            }
        }
        Ok(rows)
    }

    /// Diffusion, not yet trained.
    pub fn start(self, set: &Set, seed: u64) -> Result<(Schedule, FilmMlp, Trainer)> {
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
            learning_rate: LearningRate::cosine(3e-3, STEPS).warm_up(100),
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
pub fn play(config: GanConfig, set: &Set, seed: u64, steps: u64) -> Result<Vec<Vec<f32>>> {
    let mut gan = game(set, GanConfig { seed, ..config })?;
    let mut rows = Vec::new();
    for quarter in 1..=REPORTS {
        match gan.run(steps / REPORTS, |_| ()) {
            Err(Error::Diverged { .. }) => break,
            other => other?,
        }
        let samples = gan.sample(N, &mut Rng::new(seed))?;
        rows.push(row(
            seed,
            quarter * (steps / REPORTS),
            1,
            judge(&samples, set)?,
        ));
    }
    Ok(rows)
}

fn row(seed: u64, step: u64, evaluations: u64, judged: [f32; 5]) -> Vec<f32> {
    let head = [seed as f32, step as f32, evaluations as f32];
    [&head[..], &judged].concat()
}
