//! The exact denoiser of sentences equals sums over all sentences, listed one by one.

use diffusion_intuition::prelude::*;
use diffusion_intuition::text::{ExactText, Grammar, WordVectors};
use ndarray::s;

use crate::support::{assert_all_close, assert_close, assert_same_at_any_thread_count, log_normal};
use crate::text_support::{Listed, Table, cats, random};

/// Numbers of a word.
pub const D: usize = 5;

/// Exponents reach 7e5 at the smallest noise (‖x − e‖² ≤ 5 at six places, over 2(1−ᾱ) = 2e-5·…): rounded in f64, by
/// 7e5·2⁻⁵³ = 8e-11 at most, and rarely all in one direction.
pub const TOLERANCE: f64 = 1e-10;

/// A grammar with all of its sentences.
pub struct World {
    pub grammar: Grammar,
    pub sentences: Vec<(Vec<usize>, Listed)>,
    pub vectors: WordVectors,
    pub schedule: Schedule,
}

impl World {
    pub fn of(table: &Table) -> Self {
        let grammar = table.grammar();
        Self {
            sentences: table.list(&grammar).into_iter().collect(),
            vectors: WordVectors::random(grammar.vocabulary().len(), D, &mut Rng::new(2)).unwrap(),
            grammar,
            schedule: Schedule::cosine(200).unwrap(),
        }
    }

    pub fn exact(&self, prediction: Prediction) -> ExactText {
        ExactText::new(&self.grammar, &self.vectors, &self.schedule, prediction).unwrap()
    }

    /// Noised sentences, and a row that is no sentence at all: noise, whatever t is.
    pub fn rows(&self, t: usize) -> Array2<f32> {
        let mut rng = Rng::new(t as u64);
        let sentences = self.grammar.sample(3, &mut rng).unwrap();
        let x0 = self.vectors.encode(&sentences).unwrap();
        let (x_t, _) = self.schedule.q_sample(&x0, t, &mut rng).unwrap();
        let noise = rng.standard_normal(1, x_t.ncols()).unwrap();
        ndarray::concatenate![Axis(0), x_t, noise]
    }

    /// ln p(x, sentence) for a row at ᾱ, of each sentence.
    pub fn joint(&self, x: &[f32], alpha_bar: f64) -> Vec<f64> {
        let of = |(sentence, listed): &(Vec<usize>, Listed)| {
            let places = x.chunks(D).zip(sentence);
            let places =
                places.flat_map(|(x, word)| x.iter().zip(self.vectors.vectors().row(*word)));
            let densities = places.map(|(x, e)| {
                let mean = alpha_bar.sqrt() * f64::from(*e);
                log_normal(f64::from(*x), mean, 1.0 - alpha_bar)
            });
            listed.p.ln() + densities.sum::<f64>()
        };
        self.sentences.iter().map(of).collect()
    }
}

/// ln Σ exp.
pub fn ln_sum(terms: &[f64]) -> f64 {
    let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    most + terms
        .iter()
        .map(|term| (term - most).exp())
        .sum::<f64>()
        .ln()
}

/// Weights that add up to 1.
pub fn weights(terms: &[f64]) -> Vec<f64> {
    let all = ln_sum(terms);
    terms.iter().map(|term| (term - all).exp()).collect()
}

/// Σ weight over the sentences with each word at each place, (L, V).
pub fn posterior(world: &World, weights: &[f64]) -> Array2<f64> {
    let mut all = Array2::zeros((6, world.vectors.words()));
    for ((sentence, _), weight) in world.sentences.iter().zip(weights) {
        for (place, word) in sentence.iter().enumerate() {
            all[[place, *word]] += weight;
        }
    }
    all
}

pub fn worlds() -> impl Iterator<Item = World> {
    [cats(), random(3), random(5), random(8)]
        .into_iter()
        .map(|table| World::of(&table))
}

pub const TIMES: [usize; 5] = [0, 20, 80, 150, 199];

#[test]
fn posteriors_means_and_densities_are_sums_over_all_sentences() {
    for world in worlds() {
        let exact = world.exact(Prediction::X0);
        for t in TIMES {
            let (x, alpha_bar) = (world.rows(t), world.schedule.alpha_bar(t).unwrap());
            let (words, density) = (
                exact.posteriors(&x, t).unwrap(),
                exact.log_density(&x, t).unwrap(),
            );
            let (means, entropies) = (
                exact.denoise(&x, t).unwrap(),
                exact.entropies(&x, t).unwrap(),
            );
            for (i, row) in x.rows().into_iter().enumerate() {
                let joint = world.joint(row.as_slice().unwrap(), alpha_bar);
                let expected = posterior(&world, &weights(&joint));
                let found = words.slice(s![i * 6..(i + 1) * 6, ..]);
                assert_all_close(format_args!("t {t}"), found, &expected, |_| TOLERANCE);
                // Densities are exponents, rounded as these are.
                let ln_p = ln_sum(&joint);
                assert_close(
                    "ln p(x_t)",
                    density[i],
                    ln_p,
                    1e-12 * ln_p.abs() + TOLERANCE,
                );
                let mean = expected.dot(&world.vectors.vectors().mapv(f64::from));
                // f32's rounding of the answer, below 1.
                let found: Vec<f64> = means.row(i).iter().map(|x| f64::from(*x)).collect();
                assert_all_close("E[x_0 | x_t]", &found, &mean, |_| 6e-8);
                for (k, words) in expected.rows().into_iter().enumerate() {
                    let entropy = words.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln());
                    // The slope of −p ln p at the smallest p that counts, 1e-12, is below 30.
                    assert_close(
                        "entropy",
                        entropies[[i, k]],
                        entropy.sum(),
                        40.0 * TOLERANCE,
                    );
                }
            }
        }
    }
}

#[test]
fn eps_and_v_are_the_same_mean() {
    let world = World::of(&cats());
    let [eps, x0, v] =
        [Prediction::Eps, Prediction::X0, Prediction::V].map(|kind| world.exact(kind));
    assert!(eps.is_exact() && v.prediction() == Prediction::V);
    for t in TIMES {
        let x = world.rows(t);
        let level = world.schedule.alpha_bar(t).unwrap();
        let (signal, noise) = (level.sqrt(), (1.0 - level).sqrt());
        let answers = [&eps, &x0, &v].map(|exact| exact.denoise(&x, t).unwrap());
        for ((x, x0), (eps, v)) in x
            .iter()
            .zip(&answers[1])
            .zip(answers[0].iter().zip(&answers[2]))
        {
            let (x, x0) = (f64::from(*x), f64::from(*x0));
            let expected = (x - signal * x0) / noise;
            // f32's rounding of x_0, over the noise, and of the answer.
            let bound = 6e-8 / noise + 1.2e-7 * expected.abs();
            assert_close("eps", f64::from(*eps), expected, bound);
            let expected = signal * expected - noise * x0;
            assert_close(
                "v",
                f64::from(*v),
                expected,
                bound + 1.2e-7 * expected.abs(),
            );
        }
    }
}

/// Known words are those sentences alone, also where x_t says the contrary; twice is both.
#[test]
fn known_words_are_a_condition() {
    for world in worlds() {
        let exact = world.exact(Prediction::X0);
        let known = world.sentences[world.sentences.len() / 2].0.clone();
        let some = [1, 3].map(|k| {
            let mut pattern = vec![None; 6];
            pattern[k] = Some(known[k]);
            pattern
        });
        let infill = exact.known(&some[0]).unwrap().known(&some[1]).unwrap();
        for t in TIMES {
            let (x, alpha_bar) = (world.rows(t), world.schedule.alpha_bar(t).unwrap());
            let (words, density) = (
                infill.posteriors(&x, t).unwrap(),
                infill.log_density(&x, t).unwrap(),
            );
            for (i, row) in x.rows().into_iter().enumerate() {
                let mut joint = world.joint(row.as_slice().unwrap(), alpha_bar);
                for (joint, (sentence, _)) in joint.iter_mut().zip(&world.sentences) {
                    if sentence[1] != known[1] || sentence[3] != known[3] {
                        *joint = f64::NEG_INFINITY;
                    }
                }
                let expected = posterior(&world, &weights(&joint));
                let found = words.slice(s![i * 6..(i + 1) * 6, ..]);
                assert_all_close(format_args!("t {t}"), found, &expected, |_| TOLERANCE);
                let ln_p = ln_sum(&joint);
                assert_close("ln p", density[i], ln_p, 1e-12 * ln_p.abs() + TOLERANCE);
            }
        }
    }
}

/// The floor is the mean of −ln p of the words that were there, and what is drawn given x_t follows its posteriors.
#[test]
fn the_floor_is_the_cross_entropy_of_the_posterior() {
    let world = World::of(&cats());
    let exact = world.exact(Prediction::X0);
    let (n, t) = (20_000, 150);
    let sentences = world.grammar.sample(n, &mut Rng::new(5)).unwrap();
    let x0 = world.vectors.encode(&sentences).unwrap();
    let (x_t, _) = world.schedule.q_sample(&x0, t, &mut Rng::new(6)).unwrap();
    let words = exact.posteriors(&x_t, t).unwrap();
    let surprise: Vec<f64> = sentences
        .iter()
        .enumerate()
        .map(|(i, word)| -words[[i, *word]].ln())
        .collect();
    let floor = exact.floor(t..t + 1, n, &mut Rng::new(7)).unwrap();
    assert_eq!(floor.places.len(), 6);
    for (k, floor) in floor.places.iter().enumerate() {
        let at: Vec<f64> = surprise.iter().skip(k).step_by(6).copied().collect();
        let at = metrics::Estimate::of(&at).unwrap();
        // Place 5 is always padding: rounding is left.
        let bound = 6.0 * at.standard_error.hypot(floor.standard_error) + 1e-12;
        assert_close(format_args!("place {k}"), floor.mean, at.mean, bound);
    }
    let mean = floor.places.iter().map(|floor| floor.mean).sum::<f64>() / 6.0;
    assert_close("mean of the places", floor.all.mean, mean, 1e-12);
    // Of probabilities that are wrong, the cross-entropy is the floor and the excess; of the right ones, the floor.
    let even = Array2::from_elem(words.dim(), 1.0 / words.ncols() as f32);
    let half = (words.mapv(|p| p as f32) + &even) / 2.0;
    let (excess, entropies) = (
        exact.excess(&x_t, t, &half).unwrap(),
        exact.entropies(&x_t, t).unwrap(),
    );
    let found = excess.mean().unwrap() + entropies.mean().unwrap();
    let expected: Vec<f64> = words
        .iter()
        .zip(&half)
        .map(|(p, q)| -p * f64::from(*q).ln())
        .collect();
    let expected = expected.iter().sum::<f64>() / entropies.len() as f64;
    assert_close("cross-entropy", found, expected, 1e-9);
    let none = exact.excess(&x_t, t, &words.mapv(|p| p as f32)).unwrap();
    // The rounding of probabilities to f32, and of those below 1e-38.
    assert!(none.iter().all(|kl| kl.abs() < 1e-6));
    assert!(exact.excess(&x_t, t, &Array2::zeros((1, 1))).is_err());
    // Over a range, between the ends.
    let range = exact
        .floor(0..200, 2000, &mut Rng::new(8))
        .unwrap()
        .all
        .mean;
    let [low, high] = [0, 199].map(|t| {
        exact
            .floor(t..t + 1, 200, &mut Rng::new(9))
            .unwrap()
            .all
            .mean
    });
    assert!(
        low < 1e-6 && low < range && range < high,
        "{low} {range} {high}"
    );

    let same = x_t
        .slice(s![..1, ..])
        .broadcast((n, 30))
        .unwrap()
        .to_owned();
    let drawn = exact.draw(&same, t, &mut Rng::new(10)).unwrap();
    for (k, column) in drawn.columns().into_iter().enumerate() {
        for word in 0..world.vectors.words() {
            let p = words[[k, word]];
            let found = column.iter().filter(|other| **other == word).count() as f64 / n as f64;
            // Six standard errors, and 12 of those of which few are expected.
            let bound = 6.0 * (p / n as f64).sqrt() + 12.0 / n as f64;
            assert_close("drawn", found, p, bound);
        }
    }
    for sentence in drawn.rows() {
        assert_eq!(world.grammar.first_error(&sentence.to_vec()).unwrap(), None);
    }
}

#[test]
fn threads_change_no_bit() {
    let world = World::of(&cats());
    let exact = world.exact(Prediction::Eps);
    let x = Rng::new(3).standard_normal(100, 30).unwrap();
    assert_same_at_any_thread_count(|| {
        let drawn = exact.draw(&x, 100, &mut Rng::new(0)).unwrap();
        (
            exact.denoise(&x, 100).unwrap(),
            exact.posteriors(&x, 100).unwrap(),
            drawn,
        )
    });
}
