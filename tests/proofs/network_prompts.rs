//! The U-Net that is told sentences against PyTorch 2.15: same weights, same answers, loss, gradients and shares of
//! attention. The golden values are made by tests/golden/prompts.py.

use diffusion_intuition::autograd::{Gradients, Tape, check_gradients};
use diffusion_intuition::network::{Network, TextConfig, UNet, UNetConfig};
use diffusion_intuition::train::safetensors::TensorFile;
use diffusion_intuition::{Denoiser, Rng};
use ndarray::{Array2, array, s};
use rayon::ThreadPoolBuilder;

use crate::network_unet::fill;
use crate::pytorchs::{assert_gradients_within, difference, golden, largest};

/// The small network of the golden file: pictures that are wider than high.
pub fn small_config() -> UNetConfig {
    let text = TextConfig {
        width: 6,
        heads: 2,
        ..TextConfig::new(7, 2, 5)
    };
    UNetConfig {
        height: 4,
        width: 8,
        channels: 3,
        levels: vec![4, 8],
        embedding: 8,
        groups: 2,
        heads: 2,
        text: Some(text),
        ..UNetConfig::default()
    }
}

const TS: [usize; 5] = [3, 3, 50, 120, 199];
const LABELS: [Option<usize>; 5] = [Some(0), Some(1), Some(0), Some(1), None];

pub fn made(config: &UNetConfig) -> UNet {
    let mut network = UNet::new(config, &mut Rng::new(0)).unwrap();
    let prompts = array![[0, 1, 3, 2, 2], [4, 5, 6, 1, 0]];
    network.set_prompts(&prompts).unwrap();
    let parameters = network.parameters_mut();
    let mut ids: Vec<_> = parameters.ids().collect();
    ids.sort_by_key(|id| parameters.name(*id).to_owned());
    fill(parameters, ids);
    network
}

fn rows(file: &mut TensorFile, name: &str) -> Array2<f32> {
    let values = file.read(&format!("small.{name}")).unwrap();
    Array2::from_shape_vec((5, values.len() / 5), values).unwrap()
}

fn loss_and_gradients(
    network: &UNet,
    x_t: &Array2<f32>,
    eps: &Array2<f32>,
    labels: &[Option<usize>],
) -> (f32, Gradients) {
    let mut tape = Tape::new(network.parameters());
    let [x, eps] = [x_t, eps].map(|rows| tape.input(rows));
    let y = network.forward_given(&mut tape, x, &TS, labels).unwrap();
    let loss = tape.mse(y, eps).unwrap();
    let mut gradients = Gradients::new(network.parameters());
    tape.backward(loss, &mut gradients).unwrap();
    (tape.scalar(loss), gradients)
}

/// Sums of at most a thousand terms in f32: 1e-5 of the largest number, as for the other networks.
#[test]
fn answers_loss_and_gradients_are_pytorchs() {
    let mut file = golden("pytorch_prompts");
    let network = made(&small_config());
    let [x_t, eps] = ["x_t", "eps"].map(|name| rows(&mut file, name));
    let y = network.predict_given(&x_t, &TS, &LABELS).unwrap();
    let expected = file.read("small.y").unwrap();
    let difference = difference(&y, &expected) / largest(&expected);
    assert!(difference < 1e-5, "{difference:e}");
    let (loss, gradients) = loss_and_gradients(&network, &x_t, &eps, &LABELS);
    let expected = file.read("small.loss").unwrap()[0];
    assert!((loss / expected - 1.0).abs() < 1e-5, "{loss} {expected}");
    // 2e-5: a norm before queries hears the small rest that the softmax's derivative leaves, p·(dp − mean). Half as much
    // again where a product is rounded before it is added: of two roundings a term, this is one more.
    let bound = if fuses() { 2e-5 } else { 3e-5 };
    assert_gradients_within(bound, &mut file, "small", network.parameters(), &gradients);
}

/// Whether the library multiplies and adds in one instruction here.
fn fuses() -> bool {
    let narrow = std::env::var("DIFFUSION_INTUITION_VECTORS").is_ok_and(|bits| bits == "128");
    #[cfg(target_arch = "x86_64")]
    return !narrow && is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    return !narrow && cfg!(target_arch = "aarch64");
}

#[test]
fn pixels_share_their_attention_as_pytorchs_do() {
    let mut file = golden("pytorch_prompts");
    let network = made(&small_config());
    let maps = network.attention_maps(&rows(&mut file, "x_t"), &TS, &LABELS);
    let maps = maps.unwrap();
    let shapes: Vec<_> = maps.iter().map(Array2::dim).collect();
    assert_eq!(shapes, [(5 * 2 * 4, 5), (5 * 4 * 8, 5)]);
    for (i, map) in maps.iter().enumerate() {
        // Shares below 1, of exponents that are 1e-6 off.
        let expected = file.read(&format!("small.map.{i}")).unwrap();
        let difference = difference(map, &expected);
        assert!(difference < 1e-5, "{i}: {difference:e}");
        let sums = map.sum_axis(ndarray::Axis(1));
        assert!(sums.iter().all(|sum| (sum - 1.0).abs() < 1e-5), "{sums}");
    }
}

/// Step 5e-3: rounding of the loss and the third derivative leave a few 1e-4 of the scale.
#[test]
fn the_gradient_is_that_of_central_differences() {
    let config = UNetConfig {
        channels: 1,
        levels: vec![2, 4],
        embedding: 2,
        groups: 1,
        text: Some(TextConfig {
            width: 4,
            blocks: 1,
            heads: 2,
            ..TextConfig::new(7, 2, 5)
        }),
        ..small_config()
    };
    let network = made(&config);
    let x_t = Rng::new(1).standard_normal(3, 32).unwrap();
    let loss = |tape: &mut Tape| {
        let x = tape.input(&x_t);
        let y = network.forward_given(tape, x, &[3, 3, 150], &[None, Some(1), Some(0)])?;
        tape.mse(y, x)
    };
    for result in check_gradients(network.parameters(), 5e-3, &loss).unwrap() {
        let bound = 1e-3 * result.scale.max(0.1);
        assert!(result.difference < bound, "{result:?}");
    }
}

#[test]
fn no_label_is_the_sentence_of_nothing_but_padding() {
    let mut network = made(&small_config());
    let x_t = Rng::new(1).standard_normal(2, 96).unwrap();
    let parameters = network.parameters().clone();
    let nothing = network.predict_at(&x_t, 7).unwrap();
    // The second row is the empty sentence, the others are one sentence.
    let prompts = array![[4, 5, 6, 1, 0], [2, 2, 2, 2, 2], [4, 5, 6, 1, 0]];
    let before = network.given(Some(1)).denoise(&x_t, 7).unwrap();
    network.set_prompts(&prompts).unwrap();
    assert_eq!(network.classes(), 3);
    assert_eq!(network.prompts(), prompts);
    let told = |label| network.given(Some(label)).denoise(&x_t, 7).unwrap();
    assert_eq!(told(1), nothing);
    assert_eq!(network.given(None).denoise(&x_t, 7).unwrap(), nothing);
    assert_eq!([told(0), told(2)], [before.clone(), before]);
    assert_ne!(told(0), nothing);
    // The list is no parameter.
    assert_eq!(*network.parameters(), parameters);
}

/// What stands where matters: the words alone, without their places, would not tell these apart.
#[test]
fn the_order_of_words_is_heard() {
    let mut network = made(&small_config());
    let x_t = Rng::new(1).standard_normal(1, 96).unwrap();
    network
        .set_prompts(&array![[0, 1, 3, 4, 2], [3, 4, 0, 1, 2]])
        .unwrap();
    let told = |label| network.given(Some(label)).denoise(&x_t, 7).unwrap();
    let change = (&told(0) - &told(1)).mapv(f32::abs);
    assert!(change.mean().unwrap() > 1e-3, "{change}");
}

#[test]
fn at_first_no_pixel_hears_of_the_words() {
    let config = small_config();
    let mut network = UNet::new(&config, &mut Rng::new(0)).unwrap();
    network.set_prompts(&array![[0, 1, 3, 2, 2]]).unwrap();
    let x_t = Rng::new(1).standard_normal(2, 96).unwrap();
    let y = network.predict_given(&x_t, &[0, 5], &[None, Some(0)]);
    assert_eq!(y.unwrap(), network.predict_at(&x_t, 199).unwrap());
    let shallow = UNetConfig {
        text: config.text.map(|text| TextConfig { levels: 1, ..text }),
        ..small_config()
    };
    let shallow = made(&shallow);
    let maps = shallow.attention_maps(&x_t, &[0, 5], &[None, Some(0)]);
    assert_eq!(maps.unwrap().len(), 1);
    assert!(shallow.parameters().id("looks.0.query.weight").is_err());
}

#[test]
fn neither_threads_nor_the_batch_change_a_bit() {
    let mut file = golden("pytorch_prompts");
    let network = made(&small_config());
    let [x_t, eps] = ["x_t", "eps"].map(|name| rows(&mut file, name));
    let run = || {
        let (loss, gradients) = loss_and_gradients(&network, &x_t, &eps, &LABELS);
        let ids = network.parameters().ids();
        let bits = ids.map(|id| gradients.get(id).mapv(f32::to_bits));
        let y = network.predict_given(&x_t, &TS, &LABELS).unwrap();
        (loss.to_bits(), bits.collect::<Vec<_>>(), y)
    };
    let on = |threads| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(run)
    };
    let one = on(1);
    for threads in [2, 3] {
        assert!(on(threads) == one, "{threads} threads");
    }
    for i in 0..TS.len() {
        let alone = x_t.slice(s![i..i + 1, ..]).to_owned();
        let y = network.predict_given(&alone, &TS[i..=i], &LABELS[i..=i]);
        assert_eq!(y.unwrap().row(0), one.2.row(i), "row {i}");
    }
}
