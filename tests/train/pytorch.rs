//! Against PyTorch 2.15: same weights, same batches, same loss, gradients and steps.
//! The golden values are made by tests/golden/pytorch_film_mlp.py.

use diffusion_intuition::autograd::{Gradients, Tape};
use diffusion_intuition::network::{FilmMlp, FilmMlpConfig, Network, Parameters, TimeEmbedding};
use diffusion_intuition::train::safetensors::TensorFile;
use diffusion_intuition::train::{Adam, LearningRate, TrainConfig, Trainer};
use diffusion_intuition::{Mixture, Rng, Schedule};
use ndarray::{Array2, s};

fn golden(name: &str) -> TensorFile {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    TensorFile::open(format!("{folder}/{name}.safetensors")).unwrap()
}

fn matrix(file: &mut TensorFile, name: &str) -> Array2<f32> {
    let shape = file.shape(name).unwrap().to_vec();
    Array2::from_shape_vec((shape[0], shape[1]), file.read(name).unwrap()).unwrap()
}

fn timesteps(file: &mut TensorFile) -> Vec<usize> {
    file.read("ts")
        .unwrap()
        .iter()
        .map(|t| *t as usize)
        .collect()
}

/// Largest difference of any element, divided by the largest magnitude of PyTorch's.
fn relative(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let pairs = ours.iter().zip(theirs);
    let difference = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    difference / theirs.iter().fold(0.0_f32, |max, x| max.max(x.abs()))
}

fn loss_and_gradients(
    network: &FilmMlp,
    x_t: &Array2<f32>,
    ts: &[usize],
    eps: &Array2<f32>,
) -> (f32, Gradients) {
    let mut tape = Tape::new(network.parameters());
    let (x_t, eps) = (tape.input(x_t), tape.input(eps));
    let y = network.forward(&mut tape, x_t, ts).unwrap();
    let loss = tape.mse(y, eps).unwrap();
    let mut gradients = Gradients::new(network.parameters());
    tape.backward(loss, &mut gradients).unwrap();
    (tape.scalar(loss), gradients)
}

/// A network of the golden file's size with the weights that it has under `prefix`.
fn small(file: &mut TensorFile, prefix: &str) -> FilmMlp {
    let config = FilmMlpConfig {
        hidden: 16,
        blocks: 3,
        time: TimeEmbedding::new(16).unwrap(),
        ..FilmMlpConfig::default()
    };
    let mut network = FilmMlp::with_config(2, &config, &mut Rng::new(0)).unwrap();
    let parameters: &mut Parameters = network.parameters_mut();
    for id in parameters.ids() {
        let values = file
            .read(&format!("{prefix}.{}", parameters.name(id)))
            .unwrap();
        let mut places = parameters.get_mut(id);
        places.iter_mut().zip(values).for_each(|(p, v)| *p = v);
    }
    network
}

#[test]
fn first_loss_and_every_gradient() {
    let mut file = golden("pytorch_small");
    let network = small(&mut file, "init");
    let (x_t, eps) = (matrix(&mut file, "x_t"), matrix(&mut file, "eps"));
    let (x_t, eps) = (
        x_t.slice(s![..8, ..]).to_owned(),
        eps.slice(s![..8, ..]).to_owned(),
    );
    let ts = timesteps(&mut file);
    let (loss, gradients) = loss_and_gradients(&network, &x_t, &ts[..8], &eps);
    let expected = file.read("adam_losses").unwrap()[0];
    assert!((loss / expected - 1.0).abs() < 1e-5, "{loss} {expected}");
    let parameters = network.parameters();
    for id in parameters.ids() {
        let name = parameters.name(id);
        let theirs = file.read(&format!("grad.{name}")).unwrap();
        let ours: Vec<f32> = gradients.get(id).iter().copied().collect();
        let difference = relative(&ours, &theirs);
        assert!(difference < 1e-5, "{name}: {difference:e}");
    }
}

#[test]
fn ten_steps_of_adam_and_adamw() {
    let mut file = golden("pytorch_small");
    let (x_t, eps) = (matrix(&mut file, "x_t"), matrix(&mut file, "eps"));
    let ts = timesteps(&mut file);
    let runs = [("adam", 0.0, None), ("adamw", 0.1, Some(0.5))];
    for (name, weight_decay, clip) in runs {
        let mut network = small(&mut file, "init");
        let config = TrainConfig {
            adam: Adam {
                // Large enough that the rounding of near-zero gradients is not blown up to a step.
                epsilon: 1e-3,
                weight_decay,
                ..Adam::default()
            },
            learning_rate: LearningRate::constant(1e-2),
            clip_grad_norm: clip,
            ..TrainConfig::default()
        };
        let schedule = Schedule::linear(200, 1e-4, 0.02).unwrap();
        let unused = Mixture::bimodal();
        let mut trainer = Trainer::new(&network, unused, &schedule, config).unwrap();
        let losses = file.read(&format!("{name}_losses")).unwrap();
        for (step, expected) in losses.iter().enumerate() {
            let rows = 8 * step..8 * step + 8;
            let x_t = x_t.slice(s![rows.clone(), ..]).to_owned();
            let eps = eps.slice(s![rows.clone(), ..]).to_owned();
            let loss = trainer
                .step_on(&mut network, &x_t, &ts[rows], &eps)
                .unwrap();
            assert!(
                (loss / expected - 1.0).abs() < 1e-5,
                "{name} step {step}: {loss} {expected}"
            );
        }
        let expected = small(&mut file, name);
        let (ours, theirs) = (network.parameters(), expected.parameters());
        for id in ours.ids() {
            let flat = |p: &Parameters| p.get(id).iter().copied().collect::<Vec<f32>>();
            let difference = relative(&flat(ours), &flat(theirs));
            assert!(
                difference < 1e-4,
                "{name} {}: {difference:e}",
                ours.name(id)
            );
        }
    }
}

/// The golden script's `weights`: a multiplicative hash of position and parameter.
fn weight(i: usize, number: usize, inputs: usize) -> f32 {
    let bits = (i as u32)
        .wrapping_mul(2_654_435_761)
        .wrapping_add((number as u32).wrapping_mul(40_503));
    let bits = (bits ^ (bits >> 15)).wrapping_mul(2_246_822_519);
    let unit = f64::from(bits >> 8) / 16_777_216.0;
    ((2.0 * unit - 1.0) / (inputs as f64).sqrt()) as f32
}

#[test]
fn gradients_of_the_full_size_network() {
    let mut file = golden("pytorch_reference");
    let mut network = FilmMlp::new(2, &mut Rng::new(0)).unwrap();
    let parameters = network.parameters_mut();
    for (number, id) in parameters.ids().enumerate() {
        let name = parameters.name(id);
        let layer = name.rsplit_once('.').unwrap().0;
        let layer = parameters.id(&format!("{layer}.weight")).unwrap();
        let inputs = parameters.shape(layer)[1];
        let mut values = parameters.get_mut(id);
        values
            .iter_mut()
            .enumerate()
            .for_each(|(i, w)| *w = weight(i, number, inputs));
    }
    let (x_t, eps) = (matrix(&mut file, "x_t"), matrix(&mut file, "eps"));
    let ts = timesteps(&mut file);
    let (loss, gradients) = loss_and_gradients(&network, &x_t, &ts, &eps);
    let expected = file.read("loss").unwrap()[0];
    assert!((loss / expected - 1.0).abs() < 1e-5, "{loss} {expected}");
    let parameters = network.parameters();
    for id in parameters.ids() {
        let name = parameters.name(id);
        let gradient: Vec<f32> = gradients.get(id).iter().copied().collect();
        let places = file.read(&format!("places.{name}")).unwrap();
        let theirs = file.read(&format!("grad.{name}")).unwrap();
        let scale = file.read(&format!("scale.{name}")).unwrap()[0];
        for (place, theirs) in places.iter().zip(theirs) {
            let difference = (gradient[*place as usize] - theirs).abs() / scale;
            assert!(difference < 1e-5, "{name}[{place}]: {difference:e}");
        }
        let ours = gradient.iter().fold(0.0_f32, |max, g| max.max(g.abs()));
        assert!((ours / scale - 1.0).abs() < 1e-5, "{name}");
    }
}
