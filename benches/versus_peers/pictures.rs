//! The U-Net on labelled 8×8 pictures and on latents: training steps, and sampling by DDIM.

use std::hint::black_box;
use std::path::Path;

use diffusion_intuition::data;
use diffusion_intuition::network::{Network, TimeEmbedding, UNet, UNetConfig};
use diffusion_intuition::sampler::{Method, Sampler};
use diffusion_intuition::train::{TrainConfig, Trainer};
use diffusion_intuition::{Rng, Schedule};
use ndarray::{Array2, s};
use serde_json::{Value, json};

use crate::batch::Batch;
use crate::case::{Case, Contender, Result, same_bits};
use crate::train::Check;
use crate::{files, reference};

/// Pixels of a picture.
const PIXELS: usize = 64;

/// Channels of latents.
const LATENTS: usize = 4;

const CLASSES: usize = 10;

/// Pictures in a training step.
const BATCH: usize = 64;

/// Training steps in a call.
const STEPS: u64 = 25;

/// Pictures that are sampled at once, and evaluations for each.
const SAMPLES: usize = 256;
const EVALUATIONS: usize = 25;

/// The reference U-Net with ten classes, for so many channels. Nothing in it is 0, so that every gradient can be
/// compared.
fn network(channels: usize) -> UNet {
    let config = UNetConfig {
        channels,
        classes: CLASSES,
        ..UNetConfig::default()
    };
    let mut network = UNet::new(&config, &mut Rng::new(0)).expect("valid sizes");
    reference::shake(&mut network);
    network
}

/// Weights, embeddings and schedule for the peers.
fn share(channels: usize, schedule: &Schedule, scratch: &Path) -> Result<Value> {
    let (network, embedding) = (network(channels), TimeEmbedding::new(64)?);
    let mut told = reference::share_network(&network, &embedding, schedule, scratch)?;
    told["d"] = json!(PIXELS * channels);
    told["channels"] = json!(channels);
    Ok(told)
}

fn share_labels(name: &str, labels: &[Option<usize>], scratch: &Path) -> Result<Value> {
    let path = scratch.join(format!("{name}.f32"));
    let rows: Vec<f32> = labels
        .iter()
        .map(|label| label.unwrap_or(CLASSES) as f32)
        .collect();
    files::write(&path, &rows)?;
    Ok(json!(path))
}

/// Floating-point operations of a picture's way through the network, all in products: of each pixel with the
/// weights of its layer, and of queries, keys and values. What depends on t and label alone is not counted.
fn flops(channels: usize) -> f64 {
    let network = network(channels);
    let parameters = network.parameters();
    let products = parameters.ids().map(|id| {
        let name = parameters.name(id);
        let [rows, cols] = parameters.shape(id);
        let apart = ["bias", "norm", "time", "labels", "film"];
        let low = ["down.1", "middle", "attention", "up.1", "shrink"];
        let pixels = match name {
            name if apart.iter().any(|part| name.contains(part)) => 0,
            name if low.iter().any(|part| name.starts_with(part)) => 16,
            _ => 64,
        };
        rows * cols * pixels
    });
    2.0 * (products.sum::<usize>() + 2 * 16 * 16 * 64) as f64
}

const PEERS: &[Contender] = &[
    Contender::new("PyTorch", "torch", "eager"),
    Contender::new("PyTorch, channels last", "torch", "eager, channels last"),
    Contender::new("PyTorch, torch.compile", "torch", "compile"),
    Contender::new(
        "PyTorch, torch.compile, channels last",
        "torch",
        "compile, channels last",
    ),
    Contender::new("JAX, jit+scan", "jax", "scan"),
];

/// Steps on 64 digits, or on 64 pictures of their kind with four channels, a tenth of them without their label.
pub struct TrainPictures {
    name: &'static str,
    rows: Array2<f32>,
    labels: Vec<usize>,
    schedule: Schedule,
    network: UNet,
    trainer: Trainer,
    check: Check,
}

fn trainer(
    network: &UNet,
    data: (&Array2<f32>, &[usize]),
    schedule: &Schedule,
) -> diffusion_intuition::Result<Trainer> {
    let config = TrainConfig {
        batch: BATCH,
        ema: None,
        ..TrainConfig::default()
    };
    let data = (data.0.clone(), data.1.to_vec());
    Trainer::new(network, data, schedule, config)
}

impl TrainPictures {
    pub fn digits() -> Self {
        let digits = data::digits().train;
        Self::new("train pictures 64", digits.rows, digits.labels)
    }

    /// Numbers with the law that latents are scaled to: what they are changes no time.
    pub fn latents() -> Self {
        let rows = Rng::new(4).standard_normal(1000, PIXELS * LATENTS);
        let labels = (0..1000).map(|i| i % CLASSES).collect();
        Self::new("train latents 64", rows.expect("sizes that fit"), labels)
    }

    fn new(name: &'static str, rows: Array2<f32>, labels: Vec<usize>) -> Self {
        let (schedule, network) = (reference::schedule(), network(rows.ncols() / PIXELS));
        let trainer = trainer(&network, (&rows, &labels), &schedule);
        Self {
            trainer: trainer.expect("valid settings"),
            name,
            rows,
            labels,
            schedule,
            network,
            check: Check::default(),
        }
    }

    fn channels(&self) -> usize {
        self.network.config().channels
    }
}

/// Loss, gradients and an Adam step of a fixed batch.
fn check(batch: &Batch, labels: &[Option<usize>]) -> Result<Check> {
    let mut network = network(batch.x_t.ncols() / PIXELS);
    Check::of(&mut network, |network, tape| {
        let (x_t, eps) = (tape.input(&batch.x_t), tape.input(&batch.eps));
        let y = network.forward_given(tape, x_t, &batch.ts, labels)?;
        tape.mse(y, eps)
    })
}

impl Case for TrainPictures {
    fn name(&self) -> String {
        self.name.into()
    }

    fn module(&self) -> &'static str {
        "train_pictures"
    }

    fn unit(&self) -> &'static str {
        "steps/s"
    }

    fn amount(&self) -> f64 {
        STEPS as f64
    }

    fn flops(&self) -> Option<f64> {
        // Nobody needs the gradient of the pictures.
        let input = (2 * 9 * self.channels() * 32 * PIXELS) as f64;
        Some((BATCH as u64 * STEPS) as f64 * (3.0 * flops(self.channels()) - input))
    }

    fn peers(&self) -> &'static [Contender] {
        PEERS
    }

    fn prepare(&mut self, scratch: &Path) -> Result<Value> {
        let mut told = share(self.channels(), &self.schedule, scratch)?;
        let path = scratch.join("rows.f32");
        files::write(&path, &self.rows)?;
        told["rows"] = json!(path);
        let labels: Vec<_> = self.labels.iter().copied().map(Some).collect();
        told["labels"] = share_labels("labels", &labels, scratch)?;
        told["batch"] = json!(BATCH);
        told["steps"] = json!(STEPS);
        told["learning_rate"] = json!(1e-3);
        let x0 = self.rows.slice(s![..BATCH, ..]).to_owned();
        let batch = Batch::of(&x0, &self.schedule, &mut Rng::new(2))?;
        batch.share("check", scratch, &mut told)?;
        let labels: Vec<_> = (0..BATCH)
            .map(|i| Some(self.labels[i]).filter(|_| i % 5 > 0))
            .collect();
        told["check_labels"] = share_labels("check_labels", &labels, scratch)?;
        self.check = check(&batch, &labels)?;
        Ok(told)
    }

    fn ours(&mut self) {
        let trained = self.trainer.run(&mut self.network, STEPS, |_| ());
        trained.expect("training does not diverge");
    }

    fn verify_ours(&mut self) -> Result<()> {
        same_bits(|| {
            let mut network = network(self.channels());
            let data = (&self.rows, self.labels.as_slice());
            let mut trainer = trainer(&network, data, &self.schedule)?;
            trainer.run(&mut network, 5, |_| ())?;
            Ok(network)
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

/// DDIM of 256 pictures, each with a label, in 25 steps.
pub struct SamplePictures {
    schedule: Schedule,
    network: UNet,
    sampler: Sampler,
    start: Array2<f32>,
    labels: Vec<Option<usize>>,
}

impl SamplePictures {
    pub fn new() -> Self {
        let schedule = reference::schedule();
        let sampler = Sampler::new(&schedule, Method::DDIM, EVALUATIONS);
        Self {
            network: network(1),
            sampler: sampler.expect("fewer steps than T"),
            schedule,
            start: reference::start(SAMPLES, PIXELS),
            labels: (0..SAMPLES).map(|i| Some(i % CLASSES)).collect(),
        }
    }

    fn sample(&self) -> diffusion_intuition::Result<Array2<f32>> {
        let network = self.network.given_each(&self.labels);
        // No step draws noise: the generator stays untouched.
        self.sampler.sample(&network, &self.start, &mut Rng::new(0))
    }
}

impl Case for SamplePictures {
    fn name(&self) -> String {
        "sample pictures 256x25".into()
    }

    fn module(&self) -> &'static str {
        "sample_pictures"
    }

    fn unit(&self) -> &'static str {
        "pictures/s"
    }

    fn amount(&self) -> f64 {
        SAMPLES as f64
    }

    fn flops(&self) -> Option<f64> {
        Some((SAMPLES * EVALUATIONS) as f64 * flops(1))
    }

    fn peers(&self) -> &'static [Contender] {
        PEERS
    }

    fn prepare(&mut self, scratch: &Path) -> Result<Value> {
        let mut told = share(1, &self.schedule, scratch)?;
        told["labels"] = share_labels("labels", &self.labels, scratch)?;
        let drawn = (&self.start, &self.sampler);
        reference::share_sampling(drawn, &self.schedule, scratch, &mut told)?;
        Ok(told)
    }

    fn ours(&mut self) {
        black_box(self.sample().expect("shapes fit"));
    }

    fn verify_ours(&mut self) -> Result<()> {
        same_bits(|| self.sample())
    }

    fn verify_peer(&self, scratch: &Path) -> Result<()> {
        reference::same_samples(&self.sample()?, scratch)
    }

    fn verified(&self) -> &'static str {
        "from the same noise, the same samples; ours has the same bits at 1 and 2 threads"
    }
}
