//! Training steps of the Transformer on sentences.

use std::path::Path;

use diffusion_intuition::autograd::Tape;
use diffusion_intuition::network::{
    Minibatch, Network, Sentences, TimeEmbedding, Transformer, TransformerConfig,
};
use diffusion_intuition::text::{Grammar, WordVectors};
use diffusion_intuition::train::{TrainConfig, Trainer};
use diffusion_intuition::{Rng, Schedule};
use ndarray::{Array2, s};
use serde_json::{Value, json};

use crate::batch::Batch;
use crate::case::{Case, Contender, Result, same_bits};
use crate::train::Check;
use crate::{files, reference};

/// Numbers of a word's vector.
const D: usize = 32;

/// Sentences of the data set, and in a training step.
const SENTENCES: usize = 10_000;
const BATCH: usize = 128;

/// Training steps in a call.
const STEPS: u64 = 25;

/// The data set of everyone: sentences of 10 places.
fn sentences() -> Array2<usize> {
    let sentences = Grammar::aligned().sample(SENTENCES, &mut Rng::new(1));
    sentences.expect("memory for them")
}

/// The reference Transformer. Nothing in it is 0, so that every gradient can be compared.
fn network(schedule: &Schedule) -> Transformer {
    let words = Grammar::aligned().vocabulary().len();
    let vectors = WordVectors::random(words, D, &mut Rng::new(4)).expect("a small table");
    let config = TransformerConfig::new(&vectors, sentences().ncols(), schedule);
    let mut network = Transformer::new(&config, &mut Rng::new(0)).expect("valid sizes");
    reference::shake(&mut network);
    network
}

/// Steps on 128 sentences.
pub struct TrainWords {
    schedule: Schedule,
    network: Transformer,
    trainer: Trainer,
    check: Check,
}

fn trainer(network: &Transformer, schedule: &Schedule) -> diffusion_intuition::Result<Trainer> {
    let config = TrainConfig {
        batch: BATCH,
        ema: None,
        ..TrainConfig::default()
    };
    let vectors = network.config().vectors.clone();
    Trainer::new(network, (sentences(), vectors), schedule, config)
}

impl TrainWords {
    pub fn new() -> Self {
        let schedule = reference::schedule();
        let network = network(&schedule);
        Self {
            trainer: trainer(&network, &schedule).expect("valid settings"),
            schedule,
            network,
            check: Check::default(),
        }
    }
}

impl Case for TrainWords {
    fn name(&self) -> String {
        format!("train words {BATCH}")
    }

    fn module(&self) -> &'static str {
        "train_words"
    }

    fn unit(&self) -> &'static str {
        "steps/s"
    }

    fn amount(&self) -> f64 {
        STEPS as f64
    }

    fn flops(&self) -> Option<f64> {
        // Of each place with the weights of its layers, three times, but for the gradient of x_t; what depends on t
        // alone is not counted.
        let parameters = self.network.parameters();
        let products = parameters.ids().map(|id| {
            let name = parameters.name(id);
            let [rows, cols] = parameters.shape(id);
            match name {
                name if ["bias", "time", "film", "positions"]
                    .iter()
                    .any(|part| name.contains(part)) =>
                {
                    0
                }
                "input.weight" | "alone" => 2 * rows * cols,
                _ => 3 * rows * cols,
            }
        });
        let config = self.network.config();
        let attention = 3 * 2 * config.places * config.width * config.blocks;
        let evidence = D * config.vectors.words();
        let place = 2 * (products.sum::<usize>() + attention + evidence);
        Some((BATCH * config.places * place) as f64 * STEPS as f64)
    }

    fn peers(&self) -> &'static [Contender] {
        const PEERS: &[Contender] = &[
            Contender::new("PyTorch", "torch", "eager"),
            Contender::new("PyTorch, torch.compile", "torch", "compile"),
            Contender::new("JAX, jit+scan", "jax", "scan"),
        ];
        PEERS
    }

    fn prepare(&mut self, scratch: &Path) -> Result<Value> {
        let network = network(&self.schedule);
        let embedding = TimeEmbedding::new(network.config().embedding)?;
        let mut told = reference::share_network(&network, &embedding, &self.schedule, scratch)?;
        let (words, vectors) = (sentences(), &network.config().vectors);
        let mut share = |name: &str, values: &Array2<f32>| -> Result<()> {
            let path = scratch.join(format!("{name}.f32"));
            files::write(&path, values)?;
            told[name] = json!(path);
            Ok(())
        };
        share("rows", &words.mapv(|word| word as f32))?;
        share("vectors", vectors.vectors())?;
        let words = words.slice(s![..BATCH, ..]).to_owned();
        share("check_words", &words.mapv(|word| word as f32))?;
        told["d"] = json!(words.ncols());
        told["width"] = json!(D);
        told["batch"] = json!(BATCH);
        told["steps"] = json!(STEPS);
        told["learning_rate"] = json!(1e-3);
        let x0 = vectors.encode(&words)?;
        let batch = Batch::of(&x0, &self.schedule, &mut Rng::new(2))?;
        batch.share("check", scratch, &mut told)?;
        let sentences = Sentences {
            words: words.view(),
            x0: x0.view(),
            eps: batch.eps.view(),
        };
        let rows = Minibatch {
            x_t: batch.x_t.view(),
            ts: &batch.ts,
            labels: &[],
            target: batch.eps.view(),
            sentences: Some(sentences),
        };
        let loss = |network: &dyn Network, tape: &mut Tape| Ok(network.loss(tape, &rows)?.0);
        self.check = Check::of(&mut network.clone(), loss)?;
        Ok(told)
    }

    fn ours(&mut self) {
        let trained = self.trainer.run(&mut self.network, STEPS, |_| ());
        trained.expect("training does not diverge");
    }

    fn verify_ours(&mut self) -> Result<()> {
        same_bits(|| {
            let mut network = network(&self.schedule);
            let mut trainer = trainer(&network, &self.schedule)?;
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
