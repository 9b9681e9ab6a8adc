//! A smaller network that paints in one to four steps, learned from the one that takes 25; and how good both are.

use std::path::Path;

use diffusion_intuition::judge::{Exam, Score};
use diffusion_intuition::metrics::Estimate;
use diffusion_intuition::prelude::*;
use diffusion_intuition::train::{Direct, Ladder, Model, Teacher};

use crate::common::files::{make, write};
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

pub fn distil(args: &Train) -> Result<()> {
    make(&args.work)?;
    let (digits, schedule) = (data::digits(), recipe::schedule()?);
    let teacher = load(recipe::network()?, &args.out, "digits.safetensors")?;
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
    averaged.save_f16(args.out.join("digits-distilled.safetensors"))?;
    println!("at the timesteps {:?}", teacher.timesteps());
    measure(&args.out)
}

/// Both networks in 25 steps and fewer, of ten seeds each, beside real pictures.
pub fn measure(folder: &Path) -> Result<()> {
    let (digits, schedule) = (data::digits(), recipe::schedule()?);
    let teacher = load(recipe::network()?, folder, "digits.safetensors")?;
    let student = load(recipe::student()?, folder, "digits-distilled.safetensors")?;
    let exam = Exam::new(&digits, &mut Rng::new(0))?;
    let labels: Vec<usize> = (0..10).flat_map(|class| [class; PER_CLASS]).collect();
    let score = |network: &UNet, sampler: &Sampler| {
        exam.over_seeds(0..SEEDS, |rng| {
            let painted = recipe::paint_by(sampler, network, &labels, 1.0, rng)?;
            Ok((painted, labels.clone()))
        })
    };
    let mut rows = vec![("real pictures", 0, exam.floor(0..SEEDS, PER_CLASS)?)];
    rows.push(("DPM-Solver++", 25, score(&teacher, &recipe::sampler()?)?));
    for steps in [4, 2, 1] {
        let sampler = Sampler::new(&schedule, Method::DDIM, steps)?;
        rows.push(("DDIM", steps, score(&teacher, &sampler)?));
    }
    for steps in [4, 2, 1] {
        let sampler = Sampler::new(&schedule, Method::Consistency, steps)?;
        rows.push(("distilled", steps, score(&student, &sampler)?));
    }
    for (method, steps, score) in &rows {
        println!("{method}, {steps}: {}", shown(score));
    }
    write(&folder.join("digits-distilled.csv"), csv(&rows))
}

/// Comma-separated; after each estimate its standard error.
fn csv(rows: &[(&str, usize, Score<Estimate>)]) -> String {
    let mut text = "method,evaluations,accuracy,accuracy_error,frechet,frechet_error,frechet_pca,frechet_pca_error,\
                    nearest,nearest_error,diversity,diversity_error\n"
        .to_owned();
    for (method, steps, score) in rows {
        text += &format!("{method},{steps}");
        for estimate in estimates(score) {
            text += &format!(",{:.4},{:.4}", estimate.mean, estimate.standard_error);
        }
        text += "\n";
    }
    text
}
