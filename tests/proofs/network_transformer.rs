//! The Transformer against PyTorch 2.15: same weights, same posteriors, loss, gradients and steps.
//! The golden values are made by tests/golden/transformer.py.

use diffusion_intuition::autograd::{Gradients, Tape, check_gradients};
use diffusion_intuition::network::{
    Learned, Minibatch, Network, Sentences, Transformer, TransformerConfig,
};
use diffusion_intuition::text::WordVectors;
use diffusion_intuition::train::safetensors::TensorFile;
use diffusion_intuition::train::{Adam, Optimizer};
use diffusion_intuition::{Rng, Schedule};
use ndarray::{Array2, Axis, s};

use crate::pytorchs::{
    assert_gradients, assert_some_gradients, assert_trained, difference, golden,
};

/// Sentences and how they are noised.
pub struct Batch {
    words: Array2<usize>,
    x0: Array2<f32>,
    eps: Array2<f32>,
    pub x_t: Array2<f32>,
    pub ts: Vec<usize>,
    pub labels: Vec<Option<usize>>,
}

impl Batch {
    /// As the trainer makes it.
    pub fn noised(
        network: &Transformer,
        words: Array2<usize>,
        eps: Array2<f32>,
        ts: Vec<usize>,
        labels: Vec<Option<usize>>,
    ) -> Self {
        let x0 = network.config().vectors.encode(&words).unwrap();
        let mut x_t = eps.clone();
        for (i, t) in ts.iter().enumerate() {
            let alpha_bar = network.config().schedule.alpha_bar(*t).unwrap();
            let [signal, noise] = [alpha_bar, 1.0 - alpha_bar].map(|a| a.sqrt() as f32);
            let row = &x0.row(i) * signal + &eps.row(i) * noise;
            x_t.row_mut(i).assign(&row);
        }
        Self {
            words,
            x0,
            eps,
            x_t,
            ts,
            labels,
        }
    }

    /// That of the golden file; PyTorch's label after the last says nothing.
    pub fn golden(file: &mut TensorFile, prefix: &str, network: &Transformer) -> Self {
        let mut matrix = |name: &str| {
            let name = format!("{prefix}.{name}");
            let shape = file.shape(&name).unwrap().to_vec();
            let cols = shape.get(1).copied().unwrap_or(1);
            Array2::from_shape_vec((shape[0], cols), file.read(&name).unwrap()).unwrap()
        };
        let words = matrix("words").mapv(|word| word as usize);
        let ts = matrix("ts").iter().map(|t| *t as usize).collect();
        let labels = matrix("labels").mapv(|label| label as usize);
        let labels = labels
            .iter()
            .map(|l| Some(*l).filter(|l| *l < network.classes()));
        let labels = labels.collect();
        Self::noised(network, words, matrix("eps"), ts, labels)
    }

    pub fn minibatch(&self, rows: std::ops::Range<usize>) -> Minibatch<'_> {
        let some = || s![rows.clone(), ..];
        Minibatch {
            x_t: self.x_t.slice(some()),
            ts: &self.ts[rows.clone()],
            labels: &self.labels[rows.clone()],
            target: self.eps.slice(some()),
            sentences: Some(Sentences {
                words: self.words.slice(some()),
                x0: self.x0.slice(some()),
                eps: self.eps.slice(some()),
            }),
        }
    }
}

/// The golden script's `weights`: a multiplicative hash of position and parameter.
fn hashed(mut to: ndarray::ArrayViewMut2<f32>, number: u32) {
    let side = match to.dim() {
        (1, _) => 4,
        (rows, cols) => rows.max(cols),
    };
    for (i, w) in to.iter_mut().enumerate() {
        let bits = (i as u32).wrapping_mul(2_654_435_761);
        let bits = bits.wrapping_add(number.wrapping_mul(40_503));
        let bits = (bits ^ (bits >> 15)).wrapping_mul(2_246_822_519);
        let unit = f64::from(bits >> 8) / 16_777_216.0;
        *w = ((2.0 * unit - 1.0) / (side as f64).sqrt()) as f32;
    }
}

pub fn unit_vectors(words: usize, d: usize) -> WordVectors {
    let mut vectors = Array2::zeros((words, d));
    hashed(vectors.view_mut(), 99);
    let norms = vectors.mapv(|x| x * x).sum_axis(Axis(1)).mapv(f32::sqrt);
    WordVectors::new(vectors / norms.insert_axis(Axis(1))).unwrap()
}

fn filled(config: &TransformerConfig) -> Transformer {
    let mut network = Transformer::new(config, &mut Rng::new(0)).unwrap();
    let parameters = network.parameters_mut();
    let mut ids: Vec<_> = parameters.ids().collect();
    ids.sort_by_key(|id| parameters.name(*id).to_owned());
    for (number, id) in ids.into_iter().enumerate() {
        hashed(parameters.get_mut(id), number as u32);
    }
    if config.learned != Learned::No {
        let id = parameters.id("vectors").unwrap();
        parameters.get_mut(id).assign(config.vectors.vectors());
    }
    network
}

pub fn schedule() -> Schedule {
    Schedule::linear(50, 1e-3, 0.2).unwrap()
}

/// The small network of the golden file.
pub fn small_config(learned: Learned) -> TransformerConfig {
    TransformerConfig {
        width: 8,
        blocks: 2,
        heads: 2,
        factor: 3,
        embedding: 6,
        classes: 2,
        learned,
        cross_entropy: 1.0,
        squared_error: 1.0,
        ..TransformerConfig::new(&unit_vectors(7, 5), 3, &schedule())
    }
}

pub fn small(learned: Learned) -> Transformer {
    filled(&small_config(learned))
}

pub fn reference() -> Transformer {
    filled(&TransformerConfig {
        classes: 3,
        cross_entropy: 1.0,
        squared_error: 1.0,
        ..TransformerConfig::new(&unit_vectors(86, 32), 10, &schedule())
    })
}

pub fn loss_and_gradients(network: &Transformer, batch: &Minibatch) -> (f32, Gradients) {
    let mut tape = Tape::new(network.parameters());
    let (loss, rows) = network.loss(&mut tape, batch).unwrap();
    let mut gradients = Gradients::new(network.parameters());
    tape.backward(loss, &mut gradients).unwrap();
    let loss = tape.scalar(loss);
    // A mean of rows in f64 and in f32.
    let mean = rows.iter().sum::<f64>() / rows.len() as f64;
    assert!((f64::from(loss) / mean - 1.0).abs() < 1e-6, "{loss} {mean}");
    (loss, gradients)
}

const CASES: [(&str, Learned); 2] = [("small", Learned::No), ("learned", Learned::UnitNorm)];

/// Sums of some hundred products through 20 layers: 1e-5 is what each side's rounding leaves, a hundred units in the
/// last place.
#[test]
fn loss_and_every_gradient_are_pytorchs() {
    let mut file = golden("pytorch_transformer");
    for (case, learned) in CASES {
        let network = small(learned);
        let batch = Batch::golden(&mut file, case, &network);
        let (loss, gradients) = loss_and_gradients(&network, &batch.minibatch(0..6));
        let expected = file.read(&format!("{case}.losses")).unwrap()[0];
        assert!((loss / expected - 1.0).abs() < 1e-5, "{loss} {expected}");
        assert_gradients(&mut file, case, network.parameters(), &gradients);
    }
}

#[test]
fn ten_steps_of_adam_are_pytorchs() {
    let mut file = golden("pytorch_transformer");
    for (case, learned) in CASES {
        let mut network = small(learned);
        let batches = Batch::golden(&mut file, case, &network);
        // Large enough that the rounding of near-zero gradients is not blown up to a step.
        let adam = Adam {
            epsilon: 1e-3,
            ..Adam::default()
        };
        let mut optimizer = Optimizer::new(network.parameters(), adam, None).unwrap();
        let losses = file.read(&format!("{case}.losses")).unwrap();
        for (step, expected) in losses.iter().enumerate() {
            let batch = batches.minibatch(6 * step..6 * step + 6);
            let (loss, gradients) = loss_and_gradients(&network, &batch);
            let off = (loss / expected - 1.0).abs();
            assert!(off < 1e-4, "{case} {step}: {loss} {expected}");
            let parameters = network.parameters_mut();
            optimizer.step(parameters, &gradients, 1e-2).unwrap();
        }
        assert_trained(&mut file, case, network.parameters());
    }
}

#[test]
fn posteriors_and_gradients_of_the_reference_network() {
    let mut file = golden("pytorch_transformer");
    let network = reference();
    let batch = Batch::golden(&mut file, "reference", &network);
    assert!(batch.labels.contains(&None) && batch.labels.iter().any(Option::is_some));
    let p = network
        .posteriors(&batch.x_t, &batch.ts, &batch.labels)
        .unwrap();
    let expected = file.read("reference.p").unwrap();
    let some = p
        .rows()
        .into_iter()
        .enumerate()
        .filter(|(i, _)| i % 10 % 3 == 0);
    let some: Vec<f32> = some.flat_map(|(_, row)| row.to_vec()).collect();
    // Where noise is small, x_t and logits of 1000 round to 6e-5, and so do probabilities that are neither 0 nor 1.
    let off = difference(&some, &expected);
    assert!(off < 1e-4, "{off:e}");
    let (loss, gradients) = loss_and_gradients(&network, &batch.minibatch(0..8));
    let expected = file.read("reference.loss").unwrap()[0];
    assert!((loss / expected - 1.0).abs() < 1e-5, "{loss} {expected}");
    assert_some_gradients(&mut file, network.parameters(), &gradients);
}

/// Central differences through the whole network and its loss, for vectors given and learned. Step 1e-2: rounding of the
/// loss and the third derivative leave some 1e-3 of the scale where the evidence is steep.
#[test]
fn the_gradient_is_that_of_central_differences() {
    for learned in [Learned::No, Learned::Free, Learned::UnitNorm] {
        let network = small(learned);
        let (mut rng, words) = (Rng::new(1), ndarray::array![[0, 1, 2], [3, 3, 6]]);
        let eps = rng.standard_normal(2, 15).unwrap();
        let labels = vec![None, Some(1)];
        let batch = Batch::noised(&network, words, eps, vec![12, 30], labels);
        let loss = |tape: &mut Tape| Ok(network.loss(tape, &batch.minibatch(0..2))?.0);
        for result in check_gradients(network.parameters(), 1e-2, &loss).unwrap() {
            let bound = 5e-3 * result.scale.max(0.1);
            assert!(result.difference < bound, "{learned:?} {result:?}");
        }
    }
}
