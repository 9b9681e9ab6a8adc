//! The clamping trick: x̂0 is words at every step.

use std::cell::Cell;

use diffusion_intuition::sampler::{Method, Sampler, Threshold};
use diffusion_intuition::text::WordVectors;
use diffusion_intuition::{Error, Prediction, Rng, Schedule};
use ndarray::{Array2, s};

use crate::support::assert_same_at_any_thread_count;

const WORDS: usize = 11;
const D: usize = 5;
const PLACES: usize = 3;

fn vectors() -> WordVectors {
    WordVectors::random(WORDS, D, &mut Rng::new(5)).unwrap()
}

/// Something between words, other at every t.
fn model(x: &Array2<f32>, t: usize) -> Array2<f32> {
    x.mapv(|x| (1.5 * x + 0.01 * t as f32).sin())
}

fn sampler(schedule: &Schedule, method: Method, steps: usize) -> Sampler {
    let sampler = Sampler::new(schedule, method, steps).unwrap();
    sampler.with_threshold(Threshold::Words(vectors())).unwrap()
}

/// The word nearest to a place, in f64, one after the other.
fn nearest(place: &[f64]) -> Vec<f64> {
    let distance = |word: &Vec<f64>| -> f64 {
        let pairs = word.iter().zip(place);
        pairs.map(|(a, b)| (a - b).powi(2)).sum()
    };
    let words = vectors().vectors().mapv(f64::from);
    let words = words.rows().into_iter().map(|word| word.to_vec());
    let nearer = |a: &Vec<f64>, b: &Vec<f64>| distance(a).total_cmp(&distance(b));
    words.min_by(nearer).unwrap()
}

/// x_s = √ᾱ_s x̂0 + √(1−ᾱ_s) (x_t − √ᾱ_t x̂0)/√(1−ᾱ_t), x̂0 the nearest words.
#[test]
fn clamped_ddim_is_the_plain_loop() {
    let schedule = Schedule::sqrt(50).unwrap();
    let (n, d) = (40, PLACES * D);
    let start = Rng::new(1).standard_normal(n, d).unwrap();
    let sampler = sampler(&schedule, Method::DDIM, 7);
    let mut seen = Vec::new();
    let x0 = sampler.sample_with(
        &Prediction::X0.of(&model),
        &start,
        &mut Rng::new(0),
        |step| {
            seen.push(step.x.clone());
        },
    );
    let x0 = x0.unwrap();
    let mut x = start.mapv(f64::from);
    for (i, &t) in sampler.timesteps().iter().enumerate() {
        // Seven steps of f32, each of a few roundings of numbers up to 5; no place is so near to two words that this
        // makes another of them nearest, or what follows would be off by a tenth and more.
        let gap = (&x - &seen[i].mapv(f64::from)).mapv(f64::abs);
        assert!(gap.iter().all(|gap| *gap < 1e-5), "step {i}");
        let between = model(&seen[i], t).mapv(f64::from);
        let ab = schedule.alpha_bars()[t];
        let next = sampler.timesteps().get(i + 1);
        let ab_next = next.map_or(1.0, |t| schedule.alpha_bars()[*t]);
        for row in 0..n {
            for place in 0..PLACES {
                let columns = place * D..(place + 1) * D;
                let words = nearest(&between.slice(s![row, columns.clone()]).to_vec());
                for (column, word) in columns.zip(words) {
                    let eps = (x[[row, column]] - ab.sqrt() * word) / (1.0 - ab).sqrt();
                    x[[row, column]] = ab_next.sqrt() * word + (1.0 - ab_next).sqrt() * eps;
                }
            }
        }
    }
    // The last step ends at x̂0 itself: word vectors, to the bit.
    let words = vectors().round(&x0).unwrap();
    assert_eq!(x0, vectors().encode(&words).unwrap());
    assert!(
        (&x0.mapv(f64::from) - &x)
            .iter()
            .all(|gap| gap.abs() < 1e-6)
    );
    let different = (0..WORDS).filter(|word| words.iter().any(|w| w == word));
    assert!(different.count() > 5, "few words say little");
}

#[test]
fn every_method_sees_words_and_ends_with_some() {
    let schedule = Schedule::cosine(60).unwrap();
    let start = Rng::new(2).standard_normal(30, PLACES * D).unwrap();
    for method in [
        Method::DDPM,
        Method::DDIM,
        Method::Ddim { eta: 1.0 },
        Method::Euler,
        Method::Heun,
        Method::DpmSolver,
    ] {
        let sampler = sampler(&schedule, method, 9);
        let is_words = |x: &Array2<f32>| {
            let words = vectors().round(x).unwrap();
            let gap = x - &vectors().encode(&words).unwrap();
            // At the end sums with a factor of 1, of 0 and of their rounding.
            gap.iter().all(|gap| gap.abs() < 1e-6)
        };
        let x0 = sampler.sample_with(
            &Prediction::X0.of(&model),
            &start,
            &mut Rng::new(3),
            |step| assert!(is_words(step.x0), "{method:?}, step {}", step.step),
        );
        assert!(is_words(&x0.unwrap()), "{method:?}");
        // A predicted ε where ᾱ is nearly 0 is multiplied by thousands, and is words all the same.
        let x0 = sampler.sample(&model, &start, &mut Rng::new(3)).unwrap();
        assert!(is_words(&x0), "{method:?} from eps");
    }
}

#[test]
fn clamped_samples_are_the_same_bits_at_any_thread_count() {
    let schedule = Schedule::sqrt(50).unwrap();
    let start = Rng::new(4).standard_normal(3000, PLACES * D).unwrap();
    let sampler = sampler(&schedule, Method::DDPM, 5);
    assert_same_at_any_thread_count(|| {
        let model = Prediction::X0.of(&model);
        sampler.sample(&model, &start, &mut Rng::new(9)).unwrap()
    });
}

#[test]
fn rows_that_are_no_whole_places_are_refused_before_any_work() {
    let schedule = Schedule::sqrt(50).unwrap();
    let asked = Cell::new(0);
    let model = |x: &Array2<f32>, t: usize| {
        asked.set(asked.get() + 1);
        model(x, t)
    };
    let model = Prediction::X0.of(&model);
    let sampler = sampler(&schedule, Method::DDIM, 3);
    for (columns, whole) in [(1, 5), (14, 15), (16, 20)] {
        let start = Array2::zeros((2, columns));
        let (expected, found) = (vec![2, whole], vec![2, columns]);
        let what = "x_t of sentences";
        let refused = Err(Error::Shape {
            what,
            expected,
            found,
        });
        let rng = &mut Rng::new(0);
        assert_eq!(sampler.sample(&model, &start, rng), refused);
        assert_eq!(sampler.encode(&model, &start), refused);
    }
    assert_eq!(asked.get(), 0);
    // Nobody's sentences are fine.
    let none = Array2::zeros((0, PLACES * D));
    let x0 = sampler.sample(&model, &none, &mut Rng::new(0)).unwrap();
    assert_eq!(x0.dim(), (0, PLACES * D));
}
