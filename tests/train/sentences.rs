//! Training on sentences: what is drawn, what is refused, a run in a file, and what is learned.

use diffusion_intuition::network::{Learned, Network, Transformer, TransformerConfig};
use diffusion_intuition::text::WordVectors;
use diffusion_intuition::train::{Augment, LearningRate, Muon, TrainConfig, Trainer};
use diffusion_intuition::{Error, Result, Rng, Schedule};
use ndarray::{Array2, array};

use crate::support::{Scratch, bits, is_refused};

const CLASSES: usize = 2;

fn schedule() -> Schedule {
    Schedule::cosine(40).unwrap()
}

fn vectors() -> WordVectors {
    WordVectors::random(6, 8, &mut Rng::new(0)).unwrap()
}

/// Two sentences, each a class of its own; the last is the padding word.
fn sentences() -> (Array2<usize>, Vec<usize>) {
    (array![[0, 1, 2, 5], [3, 4, 2, 2]], vec![0, 1])
}

fn config() -> TransformerConfig {
    TransformerConfig {
        width: 16,
        blocks: 1,
        heads: 2,
        factor: 2,
        embedding: 8,
        classes: CLASSES,
        ..TransformerConfig::new(&vectors(), 4, &schedule())
    }
}

fn network(config: &TransformerConfig, seed: u64) -> Transformer {
    Transformer::new(config, &mut Rng::new(seed)).unwrap()
}

fn settings() -> TrainConfig {
    TrainConfig {
        batch: 32,
        learning_rate: LearningRate::constant(1e-2),
        seed: 9,
        ..TrainConfig::default()
    }
}

fn labelled() -> (Array2<usize>, Vec<usize>, WordVectors) {
    let (words, labels) = sentences();
    (words, labels, vectors())
}

#[test]
fn a_run_in_a_file_gives_the_same_bits() {
    let mut straight = network(&config(), 0);
    let mut whole = Trainer::new(&straight, labelled(), &schedule(), settings()).unwrap();
    whole.run(&mut straight, 12, |_| ()).unwrap();
    let scratch = Scratch::new("sentences");
    let open = |network: &mut Transformer, data: (Array2<usize>, Vec<usize>, WordVectors)| {
        Trainer::open(&scratch.0, 5, network, data, &schedule(), settings())
    };
    let mut first = network(&config(), 0);
    open(&mut first, labelled())
        .unwrap()
        .run(&mut first, 7, |_| ())
        .unwrap();
    let mut resumed = network(&config(), 77);
    let mut second = open(&mut resumed, labelled()).unwrap();
    assert_eq!(second.step(), 7);
    second.run(&mut resumed, 5, |_| ()).unwrap();
    assert_eq!(bits(resumed.parameters()), bits(straight.parameters()));
    assert_eq!(second.losses(), whole.losses());
    // Other words, labels or vectors are other data.
    let (words, labels, vectors) = labelled();
    let mut other = words.clone();
    other[[0, 0]] = 1;
    let moved = WordVectors::new(vectors.vectors() * 2.0).unwrap();
    for data in [
        (other, labels.clone(), vectors.clone()),
        (words.clone(), vec![1, 1], vectors),
        (words, labels, moved),
    ] {
        let refused = open(&mut network(&config(), 0), data).map(|_| ());
        is_refused(refused, "other data");
    }
}

#[test]
fn neither_threads_nor_reports_change_a_bit() {
    let train = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| {
            let mut network = network(&config(), 0);
            let settings = TrainConfig {
                batch: 300, // several shards
                muon: Some(Muon::default()),
                ..settings()
            };
            let mut trainer = Trainer::new(&network, labelled(), &schedule(), settings).unwrap();
            trainer.run(&mut network, 4, |_| ()).unwrap();
            bits(network.parameters())
        })
    };
    let one = train(1);
    for threads in [2, 3] {
        assert!(train(threads) == one, "{threads} threads");
    }
}

#[test]
fn what_cannot_be_trained_on_is_refused() {
    let network = network(&config(), 0);
    let (words, labels) = sentences();
    let new = |words: Array2<usize>, labels: Vec<usize>| {
        let data = (words, labels, vectors());
        Trainer::new(&network, data, &schedule(), settings()).unwrap_err()
    };
    let fault = new(array![[0, 1, 2, 6], [0, 0, 0, 0]], labels.clone());
    assert_eq!(fault, Error::Word { word: 6, words: 6 });
    assert_eq!(
        fault.to_string(),
        "word 6 of a vocabulary of 6: words count from 0"
    );
    let fault = new(words.clone(), vec![0, 2]);
    assert_eq!(
        fault,
        Error::Label {
            label: 2,
            classes: 2
        }
    );
    assert!(matches!(new(words.clone(), vec![0]), Error::Shape { .. }));
    let none = Array2::zeros((0, 4));
    assert!(matches!(new(none, vec![]), Error::Empty { .. }));
    let changing = TrainConfig {
        augment: Some(Augment {
            height: 4,
            width: 8,
            ..Augment::default()
        }),
        ..settings()
    };
    let fault = Trainer::new(&network, (words, vectors()), &schedule(), changing);
    assert!(matches!(fault.unwrap_err(), Error::Unsupported { .. }));
}

/// A network for other sentences says so at the first step.
#[test]
fn sentences_of_another_language_are_refused() {
    let step = |data: (Array2<usize>, WordVectors), schedule: &Schedule| {
        let mut network = network(&config(), 0);
        let mut trainer = Trainer::new(&network, data, schedule, settings())?;
        trainer.run(&mut network, 1, |_| ())
    };
    let words = sentences().0;
    assert_eq!(step((words.clone(), vectors()), &schedule()), Ok(()));
    let shape =
        |result: Result<()>| assert!(matches!(result, Err(Error::Shape { .. })), "{result:?}");
    shape(step((array![[0, 1, 2]], vectors()), &schedule()));
    let more = WordVectors::random(7, 8, &mut Rng::new(0)).unwrap();
    let fault = step((array![[6, 6, 6, 6]], more), &schedule());
    assert_eq!(fault, Err(Error::Word { word: 6, words: 6 }));
    let other = WordVectors::random(6, 8, &mut Rng::new(1)).unwrap();
    let foreign = |what| Err(Error::Foreign { what });
    let fault = step((words.clone(), other), &schedule());
    assert_eq!(fault, foreign("word vector of one vocabulary"));
    let fault = step((words, vectors()), &Schedule::linear_rescaled(40).unwrap());
    assert_eq!(fault, foreign("timestep of one schedule"));
}

/// The label is told to the network, dropped for a share of the rows: where nothing else is left of a sentence, the
/// network knows it by its label, and without one takes both for as likely.
#[test]
fn context_and_labels_are_learned() {
    let mut network = network(&config(), 0);
    let settings = TrainConfig {
        batch: 64,
        label_dropout: 0.5,
        learning_rate: LearningRate::cosine(1e-2, 800),
        ..settings()
    };
    let mut trainer = Trainer::new(&network, labelled(), &schedule(), settings).unwrap();
    trainer.run(&mut network, 800, |_| ()).unwrap();
    let n = 400;
    let x_t = Rng::new(5).standard_normal(n, 32).unwrap();
    let first = |label| {
        let p = network
            .posteriors(&x_t, &vec![39; n], &vec![label; n])
            .unwrap();
        let words = p.rows().into_iter().step_by(4).map(|row| f64::from(row[0]));
        words.sum::<f64>() / n as f64
    };
    // ᾱ is next to 0 there. Within .05: 600 steps of Adam stop moving at about lr·10 of a probability's logit.
    assert!((first(Some(0)) - 1.0).abs() < 0.05, "{}", first(Some(0)));
    assert!(first(Some(1)) < 0.05, "{}", first(Some(1)));
    assert!((first(None) - 0.5).abs() < 0.1, "{}", first(None));
    // From x_t of noise that hides single words: two sentences, so that their posterior is a logistic of all places.
    let (words, t) = (sentences().0, 20);
    let x0 = vectors().encode(&words).unwrap();
    let clean = Array2::from_shape_fn((n, 32), |(i, j)| x0[[i % 2, j]]);
    let (x_t, _) = schedule().q_sample(&clean, t, &mut Rng::new(6)).unwrap();
    let p = network
        .posteriors(&x_t, &vec![t; n], &vec![None; n])
        .unwrap();
    let alpha_bar = schedule().alpha_bar(t).unwrap();
    let (mut off, mut alone) = (0.0, 0.0);
    for (i, x) in x_t.rows().into_iter().enumerate() {
        let log = |s: usize, places: usize| -> f64 {
            let pairs = x.iter().zip(x0.row(s)).take(8 * places);
            let square =
                |(x, e): (&f32, &f32)| (f64::from(*x) - alpha_bar.sqrt() * f64::from(*e)).powi(2);
            -pairs.map(square).sum::<f64>() / (2.0 * (1.0 - alpha_bar))
        };
        let sure = |places| 1.0 / (1.0 + (log(1, places) - log(0, places)).exp());
        off += (sure(4) - f64::from(p[[4 * i, 0]])).abs() / n as f64;
        alone += (sure(4) - sure(1)).abs() / n as f64;
    }
    // Half of what the place itself leaves open is a bound that no network without a look at the others meets.
    assert!(off < 0.5 * alone, "{off} {alone}");
}

/// Without a norm to keep or a word to tell, the mean squared error is least where all words are one.
#[test]
fn learned_vectors_collapse_unless_they_are_kept_apart() {
    let (words, _) = sentences();
    let spread = |learned, [cross_entropy, squared_error]: [f32; 2]| {
        let config = TransformerConfig {
            learned,
            cross_entropy,
            squared_error,
            classes: 0,
            ..config()
        };
        let mut network = network(&config, 0);
        let data = (words.clone(), vectors());
        let mut trainer = Trainer::new(&network, data, &schedule(), settings()).unwrap();
        trainer.run(&mut network, 300, |_| ()).unwrap();
        let e = network.vectors().unwrap();
        let e = e.vectors();
        let pairs = (0..6).flat_map(|i| (0..i).map(move |j| (i, j)));
        let distances = pairs.map(|(i, j)| {
            let off = &e.row(i) - &e.row(j);
            off.dot(&off).sqrt()
        });
        distances.sum::<f32>() / 15.0
    };
    let start = spread(Learned::No, [1.0, 0.0]);
    let collapsed = spread(Learned::Free, [0.0, 1.0]);
    let kept = spread(Learned::UnitNorm, [1.0, 0.0]);
    assert!(collapsed < 0.5 * start, "{collapsed} {start}");
    assert!(kept > 0.9 * start, "{kept} {start}");
}
