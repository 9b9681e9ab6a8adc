//! Labels travel with their rows, some are dropped, and pictures are changed as said.

use diffusion_intuition::autograd::{Tape, Var};
use diffusion_intuition::network::{FilmMlp, Network, ParameterId, Parameters};
use diffusion_intuition::train::{Augment, LearningRate, TrainConfig, Trainer};
use diffusion_intuition::{Error, Prediction, Result, Rng, Schedule};
use ndarray::Array2;

use crate::network_given::{CLASSES, add_row_of_label};
use crate::train_support::{Scratch, bits, is_refused, network, schedule, with};

/// A network that is told classes: it adds a learned row for each, and for none, to what another answers.
#[derive(Clone)]
struct Told {
    inner: FilmMlp,
    rows: ParameterId,
    /// Whether it listens at all.
    listens: bool,
}

fn told(d: usize, listens: bool) -> Told {
    let mut inner = network(d, 8, 1, 0);
    let rows = inner.parameters_mut().zeros("rows", [CLASSES + 1, d]);
    Told {
        rows: rows.unwrap(),
        inner,
        listens,
    }
}

impl Network for Told {
    fn parameters(&self) -> &Parameters {
        self.inner.parameters()
    }
    fn parameters_mut(&mut self) -> &mut Parameters {
        self.inner.parameters_mut()
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
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<Var> {
        let y = self.inner.forward(tape, x_t, ts)?;
        if !self.listens {
            return Ok(y);
        }
        add_row_of_label(tape, y, self.rows, labels)
    }
}

/// Ten rows a class, with the class for x_0.
pub fn labelled() -> (Array2<f32>, Vec<usize>) {
    let labels: Vec<usize> = (0..10 * CLASSES).map(|i| i % CLASSES).collect();
    let rows = Array2::from_shape_fn((labels.len(), 1), |(i, _)| labels[i] as f32 - 1.0);
    (rows, labels)
}

/// On pure noise the label alone tells x_0: −1, 0 or 1; and told nothing, the mean 0 is best.
#[test]
fn what_is_told_is_learned_and_so_is_what_to_answer_when_told_nothing() {
    let schedule = Schedule::linear(2, 0.999, 0.999).unwrap();
    let mut network = told(1, true);
    let config = TrainConfig {
        prediction: Prediction::X0,
        label_dropout: 0.3,
        learning_rate: LearningRate::cosine(0.02, 600),
        ..TrainConfig::default()
    };
    let mut trainer = Trainer::new(&network, labelled(), &schedule, config).unwrap();
    trainer.run(&mut network, 600, |_| ()).unwrap();
    let mean = |label| {
        let x = Rng::new(1).standard_normal(2000, 1).unwrap();
        let answers = network.predict_given(&x, &[1; 2000], &[label; 2000]);
        answers.unwrap().mean().unwrap()
    };
    // The last steps average some thousand rows: ±0.8/√1000 = 0.03 where nothing is told, and far less elsewhere.
    for (label, x0) in [(Some(0), -1.0), (Some(1), 0.0), (Some(2), 1.0), (None, 0.0)] {
        assert!((mean(label) - x0).abs() < 0.1, "{label:?}: {}", mean(label));
    }
}

/// A network that does not listen sees the same batches with and without labels: they are drawn after all else.
#[test]
fn labels_change_no_batch() {
    let mut one = told(1, false);
    let mut other = one.clone();
    let (rows, labels) = labelled();
    let config = || with(|config| config.batch = 40);
    let mut with = Trainer::new(&one, (rows.clone(), labels), &schedule(), config()).unwrap();
    let mut without = Trainer::new(&other, rows, &schedule(), config()).unwrap();
    with.run(&mut one, 5, |_| ()).unwrap();
    without.run(&mut other, 5, |_| ()).unwrap();
    assert_eq!(with.losses(), without.losses());
    assert_eq!(bits(one.parameters()), bits(other.parameters()));
}

fn pictures(n: usize) -> (Array2<f32>, Vec<usize>) {
    let rows = Rng::new(3).standard_normal(n, 64).unwrap();
    (rows, (0..n).map(|i| i % CLASSES).collect())
}

fn moved() -> Augment {
    Augment {
        height: 8,
        width: 8,
        flip: true,
        shift: 1,
    }
}

/// Batches of 8×8 pictures that are one shard, two, and four, and that number of rows or fewer.
#[test]
fn pictures_with_labels_have_the_same_bits_at_any_number_of_threads() {
    let run = |batch, threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| {
            let mut network = told(64, true);
            let config = TrainConfig {
                batch,
                augment: Some(moved()),
                ..TrainConfig::default()
            };
            let mut trainer = Trainer::new(&network, pictures(50), &schedule(), config).unwrap();
            trainer.run(&mut network, 4, |_| ()).unwrap();
            (bits(network.parameters()), trainer.losses().to_vec())
        })
    };
    for batch in [1, 3, 64] {
        let one = run(batch, 1);
        assert_eq!(one, run(batch, 2), "{batch}");
        assert_eq!(one, run(batch, 3), "{batch}");
    }
}

#[test]
fn a_run_with_labels_goes_on_with_the_same_labels_alone() {
    let config = || {
        with(|config| {
            config.batch = 16;
            config.augment = Some(moved());
        })
    };
    let scratch = Scratch::new("labels");
    let open = |network: &mut Told, data, config| {
        Trainer::open(&scratch.0, 100, network, data, &schedule(), config)
    };
    let mut straight = told(64, true);
    let mut whole = Trainer::new(&straight, pictures(20), &schedule(), config()).unwrap();
    whole.run(&mut straight, 9, |_| ()).unwrap();
    for steps in [4, 9] {
        let mut network = told(64, true);
        let mut trainer = open(&mut network, pictures(20), config()).unwrap();
        trainer.run_to(&mut network, steps, |_| ()).unwrap();
        if steps == 9 {
            assert_eq!(bits(network.parameters()), bits(straight.parameters()));
            assert_eq!(trainer.ema(), whole.ema());
        }
    }
    let mut network = told(64, true);
    let (rows, mut labels) = pictures(20);
    labels[7] = (labels[7] + 1) % CLASSES;
    let result = open(&mut network, (rows, labels), config());
    is_refused(
        result,
        "other data (labelled rows of shape 20x64, other numbers)",
    );
    let rows = pictures(20).0;
    let result = Trainer::open(&scratch.0, 100, &mut network, rows, &schedule(), config());
    is_refused(
        result,
        "labelled rows of shape 20x64 there, rows of shape 20x64 here",
    );
    let mut other = config();
    other.label_dropout = 0.2;
    let result = open(&mut network, pictures(20), other);
    is_refused(result, "(label_dropout: 0.1 there, 0.2 here)");
    let mut other = config();
    other.augment = None;
    let result = open(&mut network, pictures(20), other);
    is_refused(result, "other settings (augment: Some(Augment { height: 8");
}

#[test]
fn labels_and_settings_that_do_not_fit_are_errors() {
    let (rows, labels) = pictures(20);
    let listening = told(64, true);
    let refused = |network: &dyn Network, labels: Vec<usize>, config| {
        let data = (rows.clone(), labels);
        Trainer::new(network, data, &schedule(), config).unwrap_err()
    };
    let plain = TrainConfig::default;
    let error = refused(&listening, labels[1..].to_vec(), plain());
    assert!(
        matches!(error, Error::Shape { what: "labels", .. }),
        "{error}"
    );
    let (label, classes) = (CLASSES, CLASSES);
    let mut wrong = labels.clone();
    wrong[19] = label;
    let error = refused(&listening, wrong, plain());
    assert_eq!(error, Error::Label { label, classes });
    let error = refused(&network(64, 8, 1, 0), labels.clone(), plain());
    let (label, classes) = (0, 0);
    assert_eq!(error, Error::Label { label, classes });
    for share in [-0.1, 1.1, f64::NAN] {
        let error = refused(
            &listening,
            labels.clone(),
            with(|c| c.label_dropout = share),
        );
        let name = "label_dropout";
        assert!(matches!(error, Error::Parameter { name: found, .. } if found == name));
    }
    type Change = fn(&mut Augment);
    let changes: [Change; 4] = [
        |a| a.height = 0,
        |a| a.width = 7,
        |a| (a.height, a.width) = (usize::MAX, 2),
        |a| a.shift = 8,
    ];
    for change in changes {
        let mut augment = moved();
        change(&mut augment);
        let error = refused(
            &listening,
            labels.clone(),
            with(|c| c.augment = Some(augment)),
        );
        let is_named = matches!(error, Error::Parameter { .. } | Error::Shape { .. });
        assert!(is_named, "{error}");
    }
}
