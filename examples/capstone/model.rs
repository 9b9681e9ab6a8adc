//! From a file to a trained model.

use std::path::Path;

use diffusion_intuition::data::{Csv, Split};
use diffusion_intuition::prelude::*;

/// More held-out rows than this make the verdict no surer than it needs to be.
const MOST_HELD_OUT: usize = 2000;

/// A table of numbers and, for the chapter's, the law behind it.
pub struct Source {
    pub name: String,
    pub table: Csv,
    pub truth: Option<Mixture>,
}

/// The table in a file, or the chapter's 400 points.
pub fn load(file: Option<&Path>) -> Result<Source> {
    let Some(file) = file else {
        let rows = data::bimodal(&mut Rng::new(0)).insert_axis(Axis(1));
        let names = vec!["x".to_owned()];
        return Ok(Source {
            name: "the chapter's 400 points".to_owned(),
            table: Csv { names, rows },
            truth: Some(Mixture::bimodal()),
        });
    };
    let name = file.display().to_string();
    let table = data::read_csv(file)?;
    let n = table.rows.nrows();
    if n < 8 {
        return Err(Error::Data {
            file: name,
            line: None,
            reason: format!(
                "it has {n} rows; at least 8 are needed, to learn from some and judge by the others"
            ),
        });
    }
    let truth = None;
    Ok(Source { name, table, truth })
}

/// A trained network and what it was trained on.
pub struct Model {
    pub split: Split,
    pub schedule: Schedule,
    /// With the averaged parameters.
    pub network: FilmMlp,
    pub losses: Vec<f32>,
}

/// Trains for `steps` steps in all. Of a run that was stopped, `checkpoint` has the first ones.
pub fn train(
    rows: &Array2<f32>,
    steps: u64,
    seed: u64,
    checkpoint: &Path,
    observer: impl FnMut(&Progress),
) -> Result<Model> {
    let mut rng = Rng::new(seed);
    let held_out = (rows.nrows() / 4).min(MOST_HELD_OUT);
    let split = Split::new(rows, held_out, &mut rng)?;
    let schedule = Schedule::linear_rescaled(200)?;
    let every = (steps / 20).max(1);
    let config = TrainConfig {
        batch: 256,
        learning_rate: LearningRate::cosine(2e-3, steps).warm_up(100.min(steps / 10)),
        ema: Some(Ema { decay: 0.99 }),
        seed,
        report_every: every,
        ..TrainConfig::default()
    };
    let mut network = FilmMlp::new(rows.ncols(), &mut rng)?;
    let train = split.train.clone();
    let mut run = Checkpointed::open(checkpoint, every, &mut network, train, &schedule, config)?;
    run.run_to(&mut network, steps, observer)?;
    run.trainer().use_ema(&mut network);
    let losses = run.losses();
    Ok(Model {
        split,
        schedule,
        network,
        losses,
    })
}

impl Model {
    /// `n` samples on the standardised scale, by DPM-Solver++ in 50 steps.
    pub fn sample(&self, n: usize, rng: &mut Rng) -> Result<Array2<f32>> {
        let timesteps = Spacing::Quadratic.timesteps(&self.schedule, 50)?;
        let sampler = Sampler::with_timesteps(&self.schedule, Method::DpmSolver, timesteps)?;
        let noise = rng.standard_normal(n, self.split.scale.dim())?;
        sampler.sample(&self.network, &noise, rng)
    }
}
