//! A smaller network that paints in one to four steps, learned from the one that takes 25; and how good both are.

use std::path::Path;

use diffusion_intuition::judge::Exam;
use diffusion_intuition::prelude::*;
use diffusion_intuition::train::{Direct, Ladder, Model, Teacher};

use crate::args::Measure;
use crate::common::files::{self, hash, make};
use crate::common::plan::{Job, Plan, Table};
use crate::common::shard::Fault;
use crate::common::training::{Pace, Train};
use crate::recipe::{self, PREDICTION};
use crate::table::{estimates, shown};
use crate::train::{PER_CLASS, SEEDS};

/// Steps of the teacher, by Heun's method from t = 999 to clean data.
const TEACHER: usize = 12;

/// The student learns at every so many of them: at t = 999, 749, 499 and 249.
const STRIDE: usize = 3;

/// The student is always told the class: it learns nothing of pictures of no class.
fn settings(steps: u64) -> TrainConfig {
    TrainConfig {
        adam: Adam::default(),
        learning_rate: LearningRate::cosine(2e-3, steps).warm_up(100),
        label_dropout: 0.0,
        ..recipe::settings(steps)
    }
}

fn load(mut network: UNet, folder: &Path, name: &str) -> Result<UNet> {
    network.parameters_mut().load(folder.join(name))?;
    Ok(network)
}

pub fn distil(args: &Train) -> Result<(), Fault> {
    make(&args.work)?;
    let (digits, schedule) = (data::digits(), recipe::schedule()?);
    let teacher = load(recipe::network()?, &args.out, NETWORKS[0])?;
    let model = Model::Network(&teacher, PREDICTION);
    let many = Sampler::new(&schedule, Method::Heun, TEACHER)?;
    let teacher = Direct(Ladder::new(model, many.timesteps(), STRIDE)?.heun());
    let data = (digits.train.rows, digits.train.labels);
    let (mut network, path) = (recipe::student()?, args.work.join("run.safetensors"));
    let config = settings(args.steps);
    let mut trainer = Trainer::open(path, 50, &mut network, data, &schedule, config)?;
    let pace = Pace::new(trainer.step());
    trainer.run_taught(&mut network, &teacher, args.steps, |progress| {
        pace.tell(progress);
    })?;
    let averaged = trainer.ema().unwrap_or(network.parameters());
    averaged.save_f16(args.out.join(NETWORKS[1]))?;
    println!("at the timesteps {:?}", teacher.timesteps());
    measure(&Measure::new(&args.out))
}

/// Both networks in 25 steps and fewer, of ten seeds each, beside real pictures. A job is a row.
pub fn measure(args: &Measure) -> Result<(), Fault> {
    let columns = "method,evaluations,accuracy,accuracy_error,frechet,frechet_error,frechet_pca,frechet_pca_error,\
                   nearest,nearest_error,diversity,diversity_error";
    let table = Table {
        name: "digits-distilled".to_owned(),
        header: columns.to_owned(),
        jobs: ROWS.len(),
        open: Box::new(|| rows(&args.out)),
    };
    let weights = NETWORKS.map(|name| files::read(&args.out.join(name)).map(hash));
    let [teacher, student] = weights;
    let plan = Plan {
        name: "digits-measure",
        configuration: format!(
            "{SEEDS} seeds of the networks {:016x} {:016x}",
            teacher?, student?
        ),
        tables: vec![table],
        parts: args.parts.clone(),
        out: args.out.clone(),
    };
    plan.work(args.part)
}

/// The teacher and the student.
const NETWORKS: [&str; 2] = ["digits.safetensors", "digits-distilled.safetensors"];

/// What is measured, and in how many steps.
const ROWS: [(&str, usize); 8] = [
    ("real pictures", 0),
    ("DPM-Solver++", 25),
    ("DDIM", 4),
    ("DDIM", 2),
    ("DDIM", 1),
    ("distilled", 4),
    ("distilled", 2),
    ("distilled", 1),
];

/// What measures a row: comma-separated, after each estimate its standard error.
fn rows(folder: &Path) -> Result<Job<'static>> {
    let (digits, schedule) = (data::digits(), recipe::schedule()?);
    let [teacher, student] = NETWORKS;
    let teacher = load(recipe::network()?, folder, teacher)?;
    let student = load(recipe::student()?, folder, student)?;
    let exam = Exam::new(&digits, &mut Rng::new(0))?;
    let labels: Vec<usize> = (0..10).flat_map(|class| [class; PER_CLASS]).collect();
    Ok(Box::new(move |row| {
        let (method, steps) = ROWS[row];
        let (network, sampler) = match method {
            "distilled" => (
                &student,
                Sampler::new(&schedule, Method::Consistency, steps)?,
            ),
            "DDIM" => (&teacher, Sampler::new(&schedule, Method::DDIM, steps)?),
            _ => (&teacher, recipe::sampler()?),
        };
        let score = match steps {
            0 => exam.floor(0..SEEDS, PER_CLASS)?,
            _ => exam.over_seeds(0..SEEDS, |rng| {
                let painted = recipe::paint_by(&sampler, network, &labels, 1.0, rng)?;
                Ok((painted, labels.clone()))
            })?,
        };
        println!("{method}, {steps}: {}", shown(&score));
        let mut line = format!("{method},{steps}");
        for estimate in estimates(&score) {
            line += &format!(",{:.4},{:.4}", estimate.mean, estimate.standard_error);
        }
        Ok(vec![line])
    }))
}
