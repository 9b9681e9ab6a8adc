//! Training of the reference network: steps with fresh rows, timesteps and noise.

use std::path::Path;

use diffusion_intuition::autograd::{Gradients, Tape, Var};
use diffusion_intuition::network::{FilmMlp, Network, Parameters};
use diffusion_intuition::train::{Adam, Optimizer, TrainConfig, Trainer};
use diffusion_intuition::{Rng, Schedule};
use ndarray::Array2;
use serde_json::{Value, json};

use crate::batch::Batch;
use crate::case::{Case, Contender, Result, same_bits};
use crate::{files, reference};

/// Rows of the data set.
const ROWS: usize = 10_000;

/// Training at one batch size.
pub struct Train {
    batch: usize,
    /// In a call.
    steps: u64,
    schedule: Schedule,
    network: FilmMlp,
    trainer: Trainer,
    check: Check,
}

/// What we make of a fixed batch: loss, gradients and parameters after a step of Adam.
#[derive(Default)]
pub struct Check {
    parameters: Parameters,
    loss: f32,
    gradients: Vec<f32>,
    stepped: Vec<f32>,
}

impl Train {
    /// Steps on batches of `batch` rows.
    pub fn new(batch: usize) -> Self {
        let (schedule, network) = (reference::schedule(), reference::network());
        Self {
            batch,
            // At least 0.1 s for everyone.
            steps: (10_000 / batch).clamp(5, 100) as u64,
            trainer: trainer(&network, &schedule, batch).expect("valid settings"),
            schedule,
            network,
            check: Check::default(),
        }
    }
}

/// The data set of everyone.
pub fn rows() -> Array2<f32> {
    reference::ring()
        .sample(ROWS, &mut Rng::new(1))
        .expect("a few rows")
}

/// Adam at 1e-3, no moving average: what the peers do too.
pub fn trainer(
    network: &FilmMlp,
    schedule: &Schedule,
    batch: usize,
) -> diffusion_intuition::Result<Trainer> {
    let config = TrainConfig {
        batch,
        ema: None,
        ..TrainConfig::default()
    };
    Trainer::new(network, rows(), schedule, config)
}

/// All that the peers are told.
pub fn share(batch: usize, schedule: &Schedule, scratch: &Path) -> Result<Value> {
    let mut told = reference::share(&reference::network(), schedule, scratch)?;
    let path = scratch.join("rows.f32");
    files::write(&path, &rows())?;
    told["rows"] = json!(path);
    told["batch"] = json!(batch);
    told["learning_rate"] = json!(1e-3);
    Ok(told)
}

impl Case for Train {
    fn name(&self) -> String {
        format!("train {}", self.batch)
    }

    fn module(&self) -> &'static str {
        "train"
    }

    fn unit(&self) -> &'static str {
        "steps/s"
    }

    fn amount(&self) -> f64 {
        self.steps as f64
    }

    fn flops(&self) -> Option<f64> {
        let step = reference::training_flops(self.batch, self.schedule.timesteps());
        Some(step * self.steps as f64)
    }

    fn peers(&self) -> &'static [Contender] {
        const PEERS: &[Contender] = &[
            Contender::new("PyTorch", "torch", "eager"),
            Contender::new("PyTorch, torch.compile", "torch", "compile"),
            Contender::new("JAX, jit+scan", "jax", "scan"),
            Contender::new("PyTorch, hoisted", "torch", "eager, hoisted").hoisted(),
            Contender::new(
                "PyTorch, torch.compile, hoisted",
                "torch",
                "compile, hoisted",
            )
            .hoisted(),
            Contender::new("JAX, jit+scan, hoisted", "jax", "scan, hoisted").hoisted(),
        ];
        PEERS
    }

    fn prepare(&mut self, scratch: &Path) -> Result<Value> {
        let mut told = share(self.batch, &self.schedule, scratch)?;
        told["steps"] = json!(self.steps);
        let batch = Batch::draw(self.batch, &self.schedule, &mut Rng::new(2))?;
        batch.share("check", scratch, &mut told)?;
        self.check = check(&batch, &self.schedule)?;
        Ok(told)
    }

    fn ours(&mut self) {
        let trained = self.trainer.run(&mut self.network, self.steps, |_| ());
        trained.expect("training does not diverge");
    }

    fn verify_ours(&mut self) -> Result<()> {
        same_bits(|| {
            let mut network = reference::network();
            let mut trainer = trainer(&network, &self.schedule, self.batch)?;
            trainer.run(&mut network, 5, |_| ())?;
            let values = network.parameters().values().iter();
            Ok(values.map(|x| x.to_bits()).collect::<Vec<u32>>())
        })
    }

    fn verify_peer(&self, scratch: &Path) -> Result<()> {
        self.check.compare_files(scratch)
    }

    fn verified(&self) -> &'static str {
        "from the same weights, a fixed batch gives the same loss, gradients and Adam step; ours has the same bits \
         at 1 and 2 threads"
    }
}

/// Largest difference of gradients, as a share of the largest number of their matrix: f32 sums of up to
/// 2048 terms in another order, through four layers. tests/train/pytorch.rs finds less than 1e-5.
const GRADIENT: f32 = 1e-4;

fn check(batch: &Batch, schedule: &Schedule) -> Result<Check> {
    let mut network = reference::network();
    let before = network.parameters().clone();
    let mut tape = Tape::new(&before);
    let (x_t, eps) = (tape.input(&batch.x_t), tape.input(&batch.eps));
    let y = network.forward(&mut tape, x_t, &batch.ts)?;
    let loss = tape.mse(y, eps)?;
    let mut gradients = Gradients::new(&before);
    tape.backward(loss, &mut gradients)?;
    drop(tape);
    let mut trainer = trainer(&network, schedule, batch.ts.len())?;
    let loss = trainer.step_on(&mut network, &batch.x_t, &batch.ts, &batch.eps)?;
    let stepped = network.parameters().values().to_vec();
    Ok(Check::new(before, loss, &gradients, stepped))
}

impl Check {
    /// Of these parameters.
    pub fn new(parameters: Parameters, loss: f32, of_all: &Gradients, stepped: Vec<f32>) -> Self {
        let mut gradients = Vec::with_capacity(parameters.count());
        for id in parameters.ids() {
            gradients.extend(of_all.get(id));
        }
        Self {
            parameters,
            loss,
            gradients,
            stepped,
        }
    }

    /// Of this network and its loss of a fixed batch.
    pub fn of(
        network: &mut dyn Network,
        loss: impl FnOnce(&dyn Network, &mut Tape) -> diffusion_intuition::Result<Var>,
    ) -> Result<Self> {
        let before = network.parameters().clone();
        let mut gradients = Gradients::new(&before);
        let mut tape = Tape::new(&before);
        let loss = loss(network, &mut tape)?;
        tape.backward(loss, &mut gradients)?;
        let loss = tape.scalar(loss);
        drop(tape);
        let mut optimizer = Optimizer::new(&before, Adam::default(), None)?;
        optimizer.step(network.parameters_mut(), &gradients, 1e-3)?;
        let stepped = network.parameters().values().to_vec();
        Ok(Self::new(before, loss, &gradients, stepped))
    }

    /// Compares the files that a peer wrote with ours.
    pub fn compare_files(&self, scratch: &Path) -> Result<()> {
        let read = |name: &str| files::read(&scratch.join(name));
        let (loss, gradients) = (read("loss.f32")?, read("gradients.f32")?);
        self.compare(&loss, &gradients, &read("stepped.f32")?)
    }

    /// Compares a peer's numbers with ours.
    fn compare(&self, loss: &[f32], gradients: &[f32], stepped: &[f32]) -> Result<()> {
        let parameters = &self.parameters;
        let found = (loss.len(), gradients.len(), stepped.len());
        if found != (1, parameters.count(), parameters.count()) {
            return Err(format!("{found:?} losses, gradients and parameters").into());
        }
        let differs = |a: f32, b: f32, tolerance: f32| (a - b).abs() > tolerance || a.is_nan();
        if differs(loss[0], self.loss, 1e-5 * self.loss) {
            return Err(format!("its loss is {} instead of {}", loss[0], self.loss).into());
        }
        let largest = |x: &[f32]| x.iter().fold(0.0_f32, |max, g| max.max(g.abs()));
        // A matrix whose gradients are nothing but rounding (the bias of an attention's keys) has no scale of its own.
        let least = 1e-3 * largest(&self.gradients);
        let mut start = 0;
        for id in parameters.ids() {
            let name = parameters.name(id);
            let [rows, cols] = parameters.shape(id);
            let range = start..start + rows * cols;
            start = range.end;
            let scale = largest(&self.gradients[range.clone()]).max(least);
            for i in range {
                let (theirs, ours) = (gradients[i], self.gradients[i]);
                if differs(theirs, ours, GRADIENT * scale) {
                    return Err(format!("{name}: a gradient is {theirs} instead of {ours}").into());
                }
                // Adam's first step is the learning rate, 1e-3, in the direction of the sign, which rounding
                // decides where the gradient is next to nothing. θ rounds to 6e-8 of its value below 1.
                let (theirs, ours) = (stepped[i], self.stepped[i]);
                if self.gradients[i].abs() > 10.0 * GRADIENT * scale && differs(theirs, ours, 1e-6)
                {
                    return Err(
                        format!("{name}: a step leads to {theirs} instead of {ours}").into(),
                    );
                }
            }
        }
        Ok(())
    }
}
