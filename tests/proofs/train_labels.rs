//! Labels travel with their rows, some are dropped, and pictures are changed as said.

use std::collections::BTreeMap;
use std::sync::Mutex;

use diffusion_intuition::autograd::{Rows, Tape, Var};
use diffusion_intuition::network::{FilmMlp, Network, ParameterId, Parameters};
use diffusion_intuition::train::{Augment, LearningRate, TrainConfig, Trainer};
use diffusion_intuition::{Error, Prediction, Result, Rng, Schedule};
use ndarray::{Array2, array};

use crate::train_support::{Fragile, Scratch, bits, fragile, is_refused, network, schedule, with};

const CLASSES: usize = 3;

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
        let index: Vec<usize> = labels.iter().map(|c| c.unwrap_or(CLASSES)).collect();
        let table = tape.parameter(self.rows);
        let rows = tape.gather(table, &Rows::new(&index, CLASSES + 1)?)?;
        tape.add(y, rows)
    }
}

/// Ten rows a class, with the class for x_0.
fn labelled() -> (Array2<f32>, Vec<usize>) {
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

/// Keeps the rows that it is asked about, and how many labels it was told.
struct Spy(Fragile, Mutex<(Vec<f32>, [usize; 2])>);

fn spy() -> Spy {
    Spy(fragile(), Mutex::default())
}

impl Network for Spy {
    fn parameters(&self) -> &Parameters {
        self.0.parameters()
    }
    fn parameters_mut(&mut self) -> &mut Parameters {
        self.0.parameters_mut()
    }
    fn forward(&self, tape: &mut Tape, x_t: Var, _: &[usize]) -> Result<Var> {
        self.1.lock().unwrap().0.extend(tape.slice(x_t));
        Ok(x_t)
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
        let told = labels.iter().flatten().count();
        let mut seen = self.1.lock().unwrap();
        seen.1[0] += told;
        seen.1[1] += labels.len() - told;
        drop(seen);
        self.forward(tape, x_t, ts)
    }
}

#[test]
fn the_stated_share_of_labels_is_dropped() {
    for share in [0.0, 0.1, 1.0] {
        let n = 10_000;
        let mut spy = spy();
        let config = with(|config| (config.batch, config.label_dropout) = (n, share));
        let mut trainer = Trainer::new(&spy, labelled(), &schedule(), config).unwrap();
        let _ = trainer.run(&mut spy, 1, |_| ());
        let (_, [told, dropped]) = spy.1.into_inner().unwrap();
        // Two batches: that of the step, and the one that its parameters are tried on. Five standard deviations.
        let (all, expected) = (told + dropped, share * (told + dropped) as f64);
        assert!(all == 2 * n || all == n, "{all}");
        let bound = 5.0 * (expected * (1.0 - share)).sqrt();
        assert!(
            (dropped as f64 - expected).abs() <= bound,
            "{share}: {dropped}"
        );
    }
}

/// One picture of 2×3 pixels and two channels, with nearly no noise: every flip and shift of it comes up, as often as
/// the others, and nothing else.
#[test]
fn pictures_are_flipped_and_shifted_with_their_edges_repeated() {
    let pixel = |y: usize, x: usize| [10 * y + x, 100 + 10 * y + x];
    let picture = |flip: bool, down: isize, right: isize| -> Vec<i32> {
        let at = |to: usize, by: isize, size: isize| (to as isize - by).clamp(0, size - 1) as usize;
        let pixels = (0..2).flat_map(|y| (0..3).map(move |x| (y, x)));
        let pixels = pixels.flat_map(|(y, x)| {
            let x = if flip { 2 - x } else { x };
            pixel(at(y, down, 2), at(x, right, 3))
        });
        pixels.map(|value| value as i32).collect()
    };
    let mut expected = BTreeMap::new();
    for flip in [false, true] {
        for (down, right) in (-1..=1).flat_map(|y| (-1..=1).map(move |x| (y, x))) {
            *expected.entry(picture(flip, down, right)).or_insert(0) += 1;
        }
    }
    let row = picture(false, 0, 0).into_iter().map(|value| value as f32);
    let row = Array2::from_shape_vec((1, 12), row.collect()).unwrap();
    let n = 1800;
    let config = TrainConfig {
        batch: n,
        augment: Some(Augment {
            height: 2,
            width: 3,
            flip: true,
            shift: 1,
        }),
        ..TrainConfig::default()
    };
    let schedule = Schedule::from_betas(array![1e-8, 1e-8]).unwrap();
    let mut spy = spy();
    let mut trainer = Trainer::new(&spy, row, &schedule, config).unwrap();
    let _ = trainer.run(&mut spy, 1, |_| ());
    let (seen, _) = spy.1.into_inner().unwrap();
    let mut found = BTreeMap::new();
    for row in seen[..n * 12].chunks(12) {
        let row: Vec<i32> = row.iter().map(|value| value.round() as i32).collect();
        *found.entry(row).or_insert(0) += 1;
    }
    assert!(found.keys().eq(expected.keys()));
    for (picture, ways) in expected {
        // 1800 draws of 18 ways: 100 each, ±10; five standard deviations.
        let (mean, count) = (100.0 * f64::from(ways), f64::from(found[&picture]));
        assert!(
            (count - mean).abs() < 5.0 * mean.sqrt(),
            "{picture:?}: {count}"
        );
    }
}
