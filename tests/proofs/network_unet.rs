//! The U-Net against PyTorch 2.15: same weights, same answers, loss, gradients and steps.
//! The golden values are made by tests/golden/unet.py.

use diffusion_intuition::autograd::{Gradients, Tape, check_gradients};
use diffusion_intuition::network::{Network, ParameterId, Parameters, UNet, UNetConfig};
use diffusion_intuition::train::safetensors::TensorFile;
use diffusion_intuition::train::{Adam, Optimizer};
use diffusion_intuition::{Denoiser, Error, Rng};
use ndarray::{Array2, s};
use rayon::ThreadPoolBuilder;

use crate::pytorchs::{
    assert_gradients, assert_some_gradients, assert_trained, difference, golden, largest,
};

struct Batch {
    x_t: Array2<f32>,
    eps: Array2<f32>,
    ts: Vec<usize>,
    labels: Vec<Option<usize>>,
}

/// The batch of the golden file; PyTorch's label after the last says nothing.
fn batch(file: &mut TensorFile, prefix: &str, classes: usize) -> Batch {
    let mut read = |name: &str| {
        let name = format!("{prefix}.{name}");
        (
            file.shape(&name).unwrap().to_vec(),
            file.read(&name).unwrap(),
        )
    };
    let mut matrix = |name: &str| {
        let (shape, values) = read(name);
        Array2::from_shape_vec((shape[0], shape[1]), values).unwrap()
    };
    let [x_t, eps] = ["x_t", "eps"].map(&mut matrix);
    let mut numbers = |name: &str| read(name).1.into_iter().map(|x| x as usize);
    Batch {
        x_t,
        eps,
        ts: numbers("ts").collect(),
        labels: numbers("labels")
            .map(|l| Some(l).filter(|l| *l < classes))
            .collect(),
    }
}

impl Batch {
    fn rows(&self, rows: std::ops::Range<usize>) -> Self {
        let some = |x: &Array2<f32>| x.slice(s![rows.clone(), ..]).to_owned();
        Self {
            x_t: some(&self.x_t),
            eps: some(&self.eps),
            ts: self.ts[rows.clone()].to_vec(),
            labels: self.labels[rows.clone()].to_vec(),
        }
    }
}

/// The golden script's `weights`: a multiplicative hash of position and parameter, these in order.
pub fn fill(parameters: &mut Parameters, ids: impl IntoIterator<Item = ParameterId>) {
    for (number, id) in ids.into_iter().enumerate() {
        let name = parameters.name(id).to_owned();
        let shape = parameters.shape(id);
        let side = if shape[0] == 1 {
            4
        } else {
            shape[0].max(shape[1])
        };
        let add = if name.contains("norm") && name.ends_with("weight") {
            1.0
        } else {
            0.0
        };
        for (i, w) in parameters.get_mut(id).iter_mut().enumerate() {
            let bits = (i as u32).wrapping_mul(2_654_435_761);
            let bits = bits.wrapping_add((number as u32).wrapping_mul(40_503));
            let bits = (bits ^ (bits >> 15)).wrapping_mul(2_246_822_519);
            let unit = f64::from(bits >> 8) / 16_777_216.0;
            *w = ((2.0 * unit - 1.0) / (side as f64).sqrt() + add) as f32;
        }
    }
}

/// The small network of the golden file: three levels, pictures of two channels that are higher than wide.
pub fn small_config() -> UNetConfig {
    UNetConfig {
        height: 8,
        width: 4,
        channels: 2,
        levels: vec![4, 8, 12],
        embedding: 8,
        groups: 2,
        heads: 2,
        classes: 3,
        ..UNetConfig::default()
    }
}

fn digits() -> UNetConfig {
    UNetConfig {
        classes: 10,
        ..UNetConfig::default()
    }
}

pub fn made(config: &UNetConfig) -> UNet {
    let mut network = UNet::new(config, &mut Rng::new(0)).unwrap();
    let parameters = network.parameters_mut();
    fill(parameters, parameters.ids());
    network
}

fn loss_and_gradients(network: &UNet, batch: &Batch) -> (f32, Gradients) {
    let mut tape = Tape::new(network.parameters());
    let (x_t, eps) = (tape.input(&batch.x_t), tape.input(&batch.eps));
    let y = network.forward_given(&mut tape, x_t, &batch.ts, &batch.labels);
    let loss = tape.mse(y.unwrap(), eps).unwrap();
    let mut gradients = Gradients::new(network.parameters());
    tape.backward(loss, &mut gradients).unwrap();
    (tape.scalar(loss), gradients)
}

/// Sums of some hundred products through 25 layers: 1e-5 is what each side's rounding leaves, a hundred units in the
/// last place.
#[test]
fn loss_and_every_gradient_are_pytorchs() {
    let mut file = golden("pytorch_unet");
    let network = made(&small_config());
    let batch = batch(&mut file, "small", 3).rows(0..4);
    let (loss, gradients) = loss_and_gradients(&network, &batch);
    let expected = file.read("small.losses").unwrap()[0];
    assert!((loss / expected - 1.0).abs() < 1e-5, "{loss} {expected}");
    assert_gradients(&mut file, "small", network.parameters(), &gradients);
}

#[test]
fn ten_steps_of_adam_are_pytorchs() {
    let mut file = golden("pytorch_unet");
    let mut network = made(&small_config());
    let batches = batch(&mut file, "small", 3);
    // Large enough that the rounding of near-zero gradients is not blown up to a step.
    let adam = Adam {
        epsilon: 1e-3,
        ..Adam::default()
    };
    let mut optimizer = Optimizer::new(network.parameters(), adam, None).unwrap();
    let losses = file.read("small.losses").unwrap();
    for (step, expected) in losses.iter().enumerate() {
        let batch = batches.rows(4 * step..4 * step + 4);
        let (loss, gradients) = loss_and_gradients(&network, &batch);
        assert!(
            (loss / expected - 1.0).abs() < 1e-4,
            "{step}: {loss} {expected}"
        );
        let parameters = network.parameters_mut();
        optimizer.step(parameters, &gradients, 1e-2).unwrap();
    }
    assert_trained(&mut file, "small", network.parameters());
}

#[test]
fn answers_and_gradients_of_the_reference_network() {
    let mut file = golden("pytorch_unet");
    let network = made(&digits());
    let batch = batch(&mut file, "reference", 10);
    assert!(batch.labels[0].is_none() && batch.labels[1].is_some());
    let y = network.predict_given(&batch.x_t, &batch.ts, &batch.labels);
    let expected = file.read("reference.y").unwrap();
    let difference = difference(&y.unwrap(), &expected) / largest(&expected);
    assert!(difference < 1e-5, "{difference:e}");
    let (loss, gradients) = loss_and_gradients(&network, &batch);
    let expected = file.read("reference.loss").unwrap()[0];
    assert!((loss / expected - 1.0).abs() < 1e-5, "{loss} {expected}");
    assert_some_gradients(&mut file, network.parameters(), &gradients);
}

/// Central differences through the whole network, at weights where no part starts at zero. Step 1e-2: rounding of the
/// loss and the third derivative leave about 1e-4 of the scale.
#[test]
fn the_gradient_is_that_of_central_differences() {
    let config = UNetConfig {
        height: 4,
        width: 6,
        levels: vec![2, 4],
        embedding: 2,
        groups: 1,
        heads: 2,
        classes: 1,
        ..UNetConfig::default()
    };
    let network = made(&config);
    let x_t = Rng::new(1).standard_normal(3, 24).unwrap();
    let loss = |tape: &mut Tape| {
        let x = tape.input(&x_t);
        let y = network.forward_given(tape, x, &[3, 3, 150], &[None, Some(0), Some(0)])?;
        tape.mse(y, x)
    };
    for result in check_gradients(network.parameters(), 1e-2, &loss).unwrap() {
        let bound = 1e-3 * result.scale.max(0.1);
        assert!(result.difference < bound, "{result:?}");
    }
}

#[test]
fn at_first_every_block_is_the_identity() {
    let network = UNet::new(&digits(), &mut Rng::new(0)).unwrap();
    let x_t = Rng::new(1).standard_normal(2, 64).unwrap();
    // Neither t nor the label is heard yet.
    let y = network.predict_given(&x_t, &[0, 5], &[None, Some(3)]);
    assert_eq!(y.unwrap(), network.predict_at(&x_t, 199).unwrap());
    let none = network.given(None).denoise(&x_t, 7).unwrap();
    assert_eq!(none, network.denoise(&x_t, 7).unwrap());
    // Because what each block and the attention add ends in zeros, and nothing else does.
    let parameters = network.parameters();
    for id in parameters.ids() {
        let (name, values) = (parameters.name(id), parameters.get(id));
        let last = name.contains("conv2.") || name.contains("attention.out.");
        let first_norm = name.contains("norm") && name.ends_with("bias");
        assert_eq!(
            values.iter().all(|v| *v == 0.0),
            last || first_norm,
            "{name}"
        );
    }
}

#[test]
fn neither_threads_nor_the_batch_change_a_bit() {
    let mut file = golden("pytorch_unet");
    let network = made(&digits());
    let batch = batch(&mut file, "reference", 10);
    let run = || {
        let (loss, gradients) = loss_and_gradients(&network, &batch);
        let names = network.parameters().ids();
        let flat: Vec<u32> = names
            .flat_map(|id| {
                gradients
                    .get(id)
                    .iter()
                    .map(|g| g.to_bits())
                    .collect::<Vec<_>>()
            })
            .collect();
        let y = network.predict_given(&batch.x_t, &batch.ts, &batch.labels);
        (loss.to_bits(), flat, y.unwrap())
    };
    let on = |threads| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(run)
    };
    let one = on(1);
    for threads in [2, 3] {
        assert!(on(threads) == one, "{threads} threads");
    }
    for i in 0..batch.ts.len() {
        let alone = batch.rows(i..i + 1);
        let y = network.predict_given(&alone.x_t, &alone.ts, &alone.labels);
        assert_eq!(y.unwrap().row(0), one.2.row(i), "row {i}");
    }
}

#[test]
fn levels_can_be_looked_at_and_skips_cut() {
    let network = made(&small_config());
    let x_t = Rng::new(1).standard_normal(2, 64).unwrap();
    let seen = network.activations(&x_t, &[4, 9], &[None; 2]).unwrap();
    let shapes: Vec<_> = seen.iter().map(Array2::dim).collect();
    let down = [(64, 4), (16, 8), (4, 12)];
    let up = [(4, 12), (16, 8), (64, 4)];
    assert_eq!(shapes, [down, up].concat());
    for level in 0..3 {
        let cut = network.without_skip(level).unwrap();
        let others = cut.activations(&x_t, &[4, 9], &[None; 2]).unwrap();
        // Every block hears of it, from that level's way up on.
        let same: Vec<_> = (0..6).map(|i| seen[i] == others[i]).collect();
        let expected: Vec<_> = (0..6).map(|i| i < 5 - level).collect();
        assert_eq!(same, expected, "level {level}");
    }
    let fault = network.without_skip(3).unwrap_err();
    assert!(matches!(fault, Error::Parameter { .. }), "{fault}");
}
