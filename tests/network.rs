//! Networks: sizes, embedding, initialisation, prediction, and one written outside of the crate.

use diffusion_intuition::autograd::{Tape, Var, check_gradients};
use diffusion_intuition::network::{
    FilmMlp, FilmMlpConfig, Linear, Network, Parameters, TimeEmbedding, octaves,
};
use diffusion_intuition::{Error, Result, Rng};
use ndarray::Array2;

#[test]
fn the_reference_network_has_the_stated_size() {
    let count = |d| {
        FilmMlp::new(d, &mut Rng::new(0))
            .unwrap()
            .parameters()
            .count()
    };
    assert_eq!((count(1), count(2)), (148_993, 149_250));
    assert!(FilmMlp::new(0, &mut Rng::new(0)).is_err());
    let config = FilmMlpConfig {
        frequencies: octaves(f32::NAN, 2),
        ..FilmMlpConfig::default()
    };
    let error = FilmMlp::with_config(2, &config, &mut Rng::new(0)).unwrap_err();
    assert!(matches!(error, Error::NotFinite { index: 0, .. }));
}

/// x as it is, then for each coordinate the sines and the cosines: by f64 arithmetic.
#[test]
fn waves_are_sines_then_cosines_of_each_coordinate() {
    let frequencies = octaves(0.7, 3);
    assert_eq!(frequencies, [0.7, 1.4, 2.8]);
    let parameters = Parameters::new();
    let mut tape = Tape::new(&parameters);
    let x = Rng::new(4).standard_normal(3000, 2).unwrap(); // more than one piece
    let input = tape.input(&x);
    let y = tape.fourier(input, &frequencies).unwrap();
    let y = tape.value(y);
    assert_eq!(y.dim(), (3000, 14));
    for (y, x) in y.rows().into_iter().zip(x.rows()) {
        assert_eq!((y[0], y[1]), (x[0], x[1]));
        for j in 0..2 {
            for (i, omega) in frequencies.iter().enumerate() {
                let angle = f64::from(omega * x[j]);
                // One rounding to f32 of a number of at most 1, doubled for the function's own error.
                assert!((f64::from(y[2 + 6 * j + i]) - angle.sin()).abs() < 1.2e-7);
                assert!((f64::from(y[2 + 6 * j + 3 + i]) - angle.cos()).abs() < 1.2e-7);
            }
        }
    }
}

#[test]
fn initialisation_is_uniform_within_one_over_root_inputs() {
    let network = FilmMlp::new(2, &mut Rng::new(5)).unwrap();
    let parameters = network.parameters();
    let weight = parameters.get(parameters.id("blocks.1.film.weight").unwrap());
    let bound = 1.0 / 128.0_f32.sqrt();
    assert!(weight.iter().all(|w| w.abs() <= bound));
    // 32768 draws: mean 0 ± bound/√(3n), variance bound²/3 within 2 %.
    assert!(weight.mean().unwrap().abs() < 5.0 * bound / (3.0 * 32768.0_f32).sqrt());
    let variance = weight.mapv(|w| w * w).mean().unwrap();
    assert!((variance / (bound * bound / 3.0) - 1.0).abs() < 0.02);
    assert_eq!(network, FilmMlp::new(2, &mut Rng::new(5)).unwrap());
    assert_ne!(network, FilmMlp::new(2, &mut Rng::new(6)).unwrap());
}

/// diffusers 0.35 `get_timestep_embedding(torch.tensor([0, 1, 57, 999]), 8)` with the options named; its
/// angles are f32, so it is itself off by up to 6e-5 at t = 999. Values here from the formula in f64.
#[test]
fn the_embedding_is_diffusers() {
    let ts = [0, 1, 57, 999];
    let table = TimeEmbedding::new(8).unwrap().table(&ts);
    let ddpm = TimeEmbedding::new(8)
        .unwrap()
        .frequency_shift(1.0)
        .unwrap()
        .table(&ts);
    let flipped = TimeEmbedding::new(8).unwrap().cosines_first().table(&ts);
    for (row, t) in ts.iter().enumerate() {
        for i in 0..4 {
            let angle = *t as f64 * 10_000_f64.powf(-(i as f64) / 4.0);
            assert_eq!(table[[row, i]], angle.sin() as f32);
            assert_eq!(table[[row, 4 + i]], angle.cos() as f32);
            assert_eq!(flipped[[row, i]], table[[row, 4 + i]]);
            assert_eq!(flipped[[row, 4 + i]], table[[row, i]]);
            let angle = *t as f64 * 10_000_f64.powf(-(i as f64) / 3.0);
            assert!((f64::from(ddpm[[row, i]]) - angle.sin()).abs() < 1e-7);
        }
    }
    // Odd sizes end in a zero, as diffusers pads them.
    let odd = TimeEmbedding::new(5).unwrap().table(&[3]);
    assert_eq!(odd[[0, 4]], 0.0);
    assert_eq!(odd[[0, 2]], 3.0_f64.cos() as f32);
    assert!(TimeEmbedding::new(1).is_err());
    assert!(TimeEmbedding::new(4).unwrap().frequency_shift(2.0).is_err());
}

#[test]
fn embeddings_on_a_tape_are_the_tables() {
    let embedding = TimeEmbedding::new(6).unwrap();
    let parameters = Parameters::new();
    let mut tape = Tape::new(&parameters);
    // Beyond the cache, one alone, then a batch, then smaller t after larger, then no usize wraps.
    for ts in [
        vec![usize::MAX / 2, 3],
        vec![9],
        vec![5, 0, 5],
        vec![7],
        vec![2, 1],
    ] {
        let var = tape.embed(&embedding, &ts);
        assert_eq!(tape.value(var), embedding.table(&ts));
    }
    let other = TimeEmbedding::new(6).unwrap().cosines_first();
    let var = tape.embed(&other, &[5, 0]);
    assert_eq!(tape.value(var), other.table(&[5, 0]));
}

#[test]
fn gradients_of_a_small_film_mlp() {
    let config = FilmMlpConfig {
        hidden: 6,
        blocks: 2,
        time: TimeEmbedding::new(4).unwrap(),
        ..FilmMlpConfig::default()
    };
    let mut rng = Rng::new(3);
    let network = FilmMlp::with_config(2, &config, &mut rng).unwrap();
    let mut values = || {
        let mut x = Array2::zeros((5, 2));
        rng.fill_standard_normal(x.as_slice_mut().unwrap());
        x
    };
    let (x_t, eps) = (values(), values());
    let loss = |tape: &mut Tape| {
        let (x_t, eps) = (tape.input(&x_t), tape.input(&eps));
        let y = network.forward(tape, x_t, &[3, 0, 3, 7, 0])?;
        tape.mse(y, eps)
    };
    for result in check_gradients(network.parameters(), 1e-2, &loss).unwrap() {
        assert!(result.scale > 1e-3, "{result:?}");
        assert!(result.difference < 1e-4, "{result:?}");
    }
}

#[test]
fn predictions_do_not_depend_on_the_rest_of_the_batch() {
    let network = FilmMlp::new(2, &mut Rng::new(0)).unwrap();
    let mut x = Array2::zeros((700, 2));
    Rng::new(1).fill_standard_normal(x.as_slice_mut().unwrap());
    let ts: Vec<usize> = (0..700).map(|i| (i * 31) % 200).collect();
    let all = network.predict(&x, &ts).unwrap();
    for row in [0, 127, 128, 699] {
        let one = x
            .slice_axis(ndarray::Axis(0), (row..=row).into())
            .to_owned();
        let alone = network.predict_at(&one, ts[row]).unwrap();
        assert_eq!(alone.row(0), all.row(row), "row {row}");
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    assert_eq!(pool.install(|| network.predict(&x, &ts).unwrap()), all);
    // Columns in memory order do not matter, nor does an empty batch.
    let transposed = x.t().as_standard_layout().to_owned();
    assert_eq!(network.predict(&transposed.t(), &ts).unwrap(), all);
    assert_eq!(
        network.predict_at(&Array2::zeros((0, 2)), 3).unwrap().dim(),
        (0, 2)
    );
}

#[test]
fn wrong_shapes_are_errors() {
    let network = FilmMlp::new(2, &mut Rng::new(0)).unwrap();
    let error = network.predict_at(&Array2::zeros((4, 3)), 0).unwrap_err();
    let (left, right) = ([4, 3], [128, 2]);
    assert_eq!(
        error,
        Error::Shapes {
            op: "linear",
            left,
            right
        }
    );
    assert!(network.predict(&Array2::zeros((4, 2)), &[1, 2, 3]).is_err());
}

#[test]
fn names_are_unique_and_shapes_are_not_empty() {
    let mut parameters = Parameters::new();
    parameters.zeros("a", [2, 3]).unwrap();
    let name = || "a".to_owned();
    let taken = Error::ParameterName {
        name: name(),
        reason: "the name is taken",
    };
    assert_eq!(parameters.zeros("a", [1, 1]), Err(taken));
    assert!(parameters.zeros("b", [0, 3]).is_err());
    assert!(parameters.linear("c", 0, 3, &mut Rng::new(0)).is_err());
    assert!(parameters.id("nobody").is_err());
}

/// Predicts a learned row for each t, whatever x_t is: as short as a network gets.
struct PerTime {
    parameters: Parameters,
    output: Linear,
    time: TimeEmbedding,
}

impl Network for PerTime {
    fn parameters(&self) -> &Parameters {
        &self.parameters
    }
    fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.parameters
    }
    fn forward(&self, tape: &mut Tape, _: Var, ts: &[usize]) -> Result<Var> {
        let time = tape.embed(&self.time, ts);
        tape.linear(time, self.output)
    }
}

#[test]
fn a_network_that_answers_the_wrong_shape_is_refused() {
    let mut parameters = Parameters::new();
    let output = parameters.linear("output", 4, 3, &mut Rng::new(0)).unwrap();
    let time = TimeEmbedding::new(4).unwrap();
    let network = PerTime {
        parameters,
        output,
        time,
    };
    assert!(network.predict_at(&Array2::zeros((2, 3)), 1).is_ok());
    let error = network.predict_at(&Array2::zeros((2, 2)), 1).unwrap_err();
    assert!(matches!(error, Error::Shape { .. }), "{error}");
}
