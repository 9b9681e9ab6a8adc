//! From a file to a trained model.

use std::path::Path;

use diffusion_intuition::data::{Csv, Split};
use diffusion_intuition::prelude::*;

use crate::common::files::failure;

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
        return Ok(Source {
            name: "the chapter's 400 points".to_owned(),
            table: Csv::new(&["x"], rows.mapv(f64::from))?,
            truth: Some(Mixture::bimodal()),
        });
    };
    let name = file.display().to_string();
    let table = data::read_csv(file)?;
    let n = table.rows.nrows();
    if n < 8 {
        return Err(failure(
            file,
            format!(
                "it has {n} rows; at least 8 are needed, to learn from some and judge by the others"
            ),
        ));
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

/// Some rows to learn from and others to judge by. What cannot be learned is refused here, by line and column.
pub fn split(source: &Source, seed: u64) -> Result<(Split, Rng)> {
    let mut rng = Rng::new(seed);
    let rows = &source.table.rows;
    let held_out = (rows.nrows() / 4).min(MOST_HELD_OUT);
    let split = Split::new(rows, held_out, &mut rng);
    let split = split.map_err(|error| explain(source, held_out, error))?;
    Ok((split, rng))
}

/// The same error in the words of the file.
fn explain(source: &Source, held_out: usize, error: Error) -> Error {
    let labels = source.table.labels();
    let (line, reason) = match error {
        Error::ConstantColumn {
            column,
            value,
            others: 0,
        } => {
            let label = &labels[column];
            let reason = format!(
                "{label} holds nothing but {value}: there is nothing to learn in it, leave it out"
            );
            (None, reason)
        }
        Error::ConstantColumn {
            column,
            value,
            others,
        } => {
            let (label, n) = (&labels[column], source.table.rows.nrows() - held_out);
            let reason = format!(
                "{label} holds nothing but {value} in the {n} rows to learn from, for the {others} with other values \
                 are among those held out: leave it out, or try another --seed"
            );
            (None, reason)
        }
        Error::Outlier { row, column, value } => {
            let label = &labels[column];
            let reason = format!(
                "{label}: {value:e} is so far from the others that beside it most of them become equal: correct it, \
                 leave its row out, or take logarithms"
            );
            (source.table.lines.get(row).copied(), reason)
        }
        Error::Parameter { name, value, valid } => {
            let reason = format!("{name} = {value:e}: must be {valid}; another unit may help");
            (None, reason)
        }
        other => return other,
    };
    Error::File {
        file: source.name.clone(),
        line,
        reason,
    }
}

/// Trains for `steps` steps in all. Of a run that was stopped, `checkpoint` has the first ones.
pub fn train(
    source: &Source,
    steps: u64,
    seed: u64,
    checkpoint: &Path,
    observer: impl FnMut(&Progress),
) -> Result<Model> {
    let (split, mut rng) = split(source, seed)?;
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
    let mut network = FilmMlp::new(split.scale.dim(), &mut rng)?;
    let train = split.train.clone();
    let mut trainer = Trainer::open(checkpoint, every, &mut network, train, &schedule, config)?;
    trainer.run_to(&mut network, steps, observer)?;
    trainer.use_ema(&mut network)?;
    let losses = trainer.losses().to_vec();
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
        let sampler = Sampler::spaced(&self.schedule, Method::DpmSolver, Spacing::Quadratic, 50)?;
        let noise = rng.standard_normal(n, self.split.scale.dim())?;
        sampler.sample(&self.network, &noise, rng)
    }
}
