//! Networks: sizes, embedding, initialisation, prediction, and one written outside of the crate.

use diffusion_intuition::autograd::{Rows, Tape, Var, check_gradients};
use diffusion_intuition::network::{
    FilmMlp, FilmMlpConfig, Linear, Network, ParameterId, Parameters, TimeEmbedding, octaves,
};
use diffusion_intuition::sampler::Guidance;
use diffusion_intuition::{Denoiser, Error, Result, Rng};
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

/// A learned row for each class, and one more for the label that says nothing, added to x_t.
struct PerClass {
    parameters: Parameters,
    rows: ParameterId,
}

const CLASSES: usize = 3;

impl PerClass {
    fn new() -> Self {
        let mut parameters = Parameters::new();
        let rows = parameters.uniform("rows", [CLASSES + 1, 2], 1.0, &mut Rng::new(0));
        let rows = rows.unwrap();
        Self { parameters, rows }
    }

    fn row(&self, label: Option<usize>) -> ndarray::ArrayView1<'_, f32> {
        let row = label.unwrap_or(CLASSES);
        self.parameters
            .get(self.rows)
            .index_axis_move(ndarray::Axis(0), row)
    }
}

impl Network for PerClass {
    fn parameters(&self) -> &Parameters {
        &self.parameters
    }
    fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.parameters
    }
    fn forward(&self, tape: &mut Tape, x_t: Var, ts: &[usize]) -> Result<Var> {
        self.forward_given(tape, x_t, ts, &vec![None; ts.len()])
    }
    fn classes(&self) -> usize {
        CLASSES
    }
    fn forward_given(
        &self,
        tape: &mut Tape,
        x_t: Var,
        _: &[usize],
        labels: &[Option<usize>],
    ) -> Result<Var> {
        let index: Vec<usize> = labels.iter().map(|c| c.unwrap_or(CLASSES)).collect();
        let table = tape.parameter(self.rows);
        let rows = tape.gather(table, &Rows::new(&index, CLASSES + 1)?)?;
        tape.add(x_t, rows)
    }
}

#[test]
fn a_conditional_network_is_told_one_label_or_one_a_row() {
    let network = PerClass::new();
    let n = 1000; // more than one piece
    let x = Rng::new(1).standard_normal(n, 2).unwrap();
    let told = |label| &x + &network.row(label);
    for label in [None, Some(0), Some(2)] {
        assert_eq!(network.given(label).denoise(&x, 5).unwrap(), told(label));
    }
    assert_eq!(network.predict_at(&x, 5).unwrap(), told(None));
    let labels: Vec<_> = (0..n).map(|i| (i % 7 < CLASSES).then_some(i % 7)).collect();
    let answers = network.given_each(&labels).denoise(&x, 5).unwrap();
    for (i, label) in labels.iter().enumerate() {
        assert_eq!(answers.row(i), &x.row(i) + &network.row(*label), "row {i}");
    }
    let ts = vec![5; n];
    assert_eq!(network.predict_given(&x, &ts, &labels).unwrap(), answers);
    assert_eq!(
        network
            .given_each(&labels)
            .nothing()
            .denoise(&x, 5)
            .unwrap(),
        told(None)
    );
}

/// In two calls or in one: unconditional + (1 + w) (conditional − unconditional).
#[test]
fn guidance_of_a_conditional_network_is_one_call() {
    let network = PerClass::new();
    let x = Rng::new(2).standard_normal(4, 2).unwrap();
    let (given, nothing) = (network.given(Some(1)), network.given(None));
    let w = 0.5;
    let two = Guidance::new(&given, &nothing, 1.0 + w).unwrap();
    let two = two.denoise(&x, 0).unwrap();
    let one = Guidance::towards(given, 1.0 + w).unwrap();
    assert_eq!(one.denoise(&x, 0).unwrap(), two);
    let row =
        |i: usize| network.row(None)[i] + 1.5 * (network.row(Some(1))[i] - network.row(None)[i]);
    for (found, x) in two.rows().into_iter().zip(x.rows()) {
        // Numbers below 4, four roundings.
        assert!((0..2).all(|i| (found[i] - x[i] - row(i)).abs() < 2e-6));
    }
    let labels = [Some(1); 4];
    let each = Guidance::towards(network.given_each(&labels), 1.0 + w).unwrap();
    assert_eq!(each.denoise(&x, 0).unwrap(), two);
    assert!(Guidance::towards(given, f64::NAN).is_err());
}

#[test]
fn labels_outside_the_classes_are_errors() {
    let x = Array2::zeros((2, 2));
    let refused = |network: &dyn Denoiser| network.denoise(&x, 0).unwrap_err();
    let network = PerClass::new();
    let label = CLASSES;
    let error = refused(&network.given(Some(label)));
    assert_eq!(
        error,
        Error::Label {
            label,
            classes: CLASSES
        }
    );
    assert_eq!(
        error.to_string(),
        "label 3 for a network of 3 classes: labels count from 0"
    );
    let error = refused(&network.given_each(&[Some(0), Some(7)]));
    assert_eq!(
        error,
        Error::Label {
            label: 7,
            classes: CLASSES
        }
    );
    let error = refused(&network.given_each(&[Some(0)]));
    assert!(
        matches!(error, Error::Shape { what: "labels", .. }),
        "{error}"
    );
    let without = FilmMlp::new(2, &mut Rng::new(0)).unwrap();
    let error = refused(&without.given(Some(0)));
    assert_eq!(
        error,
        Error::Label {
            label: 0,
            classes: 0
        }
    );
    assert_eq!(
        error.to_string(),
        "label 0 for a network without classes, which takes none"
    );
    let said_nothing = without.given(None).denoise(&x, 0).unwrap();
    assert_eq!(said_nothing, without.predict_at(&x, 0).unwrap());
    let error = without.forward_given(
        &mut Tape::new(without.parameters()),
        Tape::new(without.parameters()).input(&x),
        &[0, 0],
        &[None, Some(1)],
    );
    assert_eq!(
        error,
        Err(Error::Label {
            label: 1,
            classes: 0
        })
    );
}
