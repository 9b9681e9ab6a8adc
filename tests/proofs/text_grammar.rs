//! A grammar's probabilities, entropy, samples and errors are those of its sentences, listed one by one.

use std::collections::{BTreeMap, BTreeSet};

use diffusion_intuition::Rng;
use diffusion_intuition::metrics::Estimate;
use diffusion_intuition::text::Grammar;
use rand::RngExt;

use crate::support::{SIGMAS, assert_close, assert_same_at_any_thread_count};
use crate::text_support::{Table, cats, random};

/// Sums of at most a few hundred products of ten factors; equal probabilities merge to 12 decimals of ln p, and
/// six places add up.
const ROUNDING: f64 = 1e-11;

fn tables() -> impl Iterator<Item = Table> {
    (0..60).map(random).chain([cats()])
}

#[test]
fn probabilities_are_those_of_all_ways_to_make_a_sentence() {
    for table in tables() {
        let grammar = table.grammar();
        let all = table.list(&grammar);
        let mut entropy = 0.0;
        for (sentence, listed) in &all {
            let ln_p = grammar.log_prob(sentence).unwrap();
            assert_close(
                grammar.vocabulary().text(sentence),
                ln_p,
                listed.p.ln(),
                ROUNDING,
            );
            entropy -= listed.p * listed.p.ln();
        }
        assert_eq!(grammar.sentences(), all.len() as f64);
        assert_close("entropy", grammar.entropy(), entropy, ROUNDING);
    }
}

/// Sentences with a word changed, against the beginnings of all that there are.
#[test]
fn the_first_error_is_where_no_sentence_can_follow() {
    for table in tables() {
        let grammar = table.grammar();
        let all = table.list(&grammar);
        let starts = all
            .keys()
            .flat_map(|s| (0..=s.len()).map(|k| s[..k].to_vec()));
        let starts: BTreeSet<Vec<usize>> = starts.collect();
        let mut rng = Rng::new(1);
        for sentence in all.keys() {
            let mut changed = sentence.clone();
            changed[rng.random_range(0..table.places)] =
                rng.random_range(0..grammar.vocabulary().len());
            let first = (0..table.places).find(|k| !starts.contains(&changed[..=*k]));
            assert_eq!(grammar.first_error(&changed).unwrap(), first);
            let ln_p = grammar.log_prob(&changed).unwrap();
            assert_eq!(ln_p == f64::NEG_INFINITY, first.is_some());
            assert_eq!(first.is_none(), all.contains_key(&changed));
        }
    }
}

#[test]
fn what_is_given_is_bayes() {
    for table in tables() {
        let grammar = table.grammar();
        let all = table.list(&grammar);
        for (name, values) in grammar.attributes() {
            let number = grammar
                .attributes()
                .iter()
                .position(|(other, _)| *other == name)
                .unwrap();
            for value in values {
                let having = |ways: &BTreeMap<Vec<&str>, f64>| -> f64 {
                    let ways = ways.iter().filter(|(values, _)| values[number] == value);
                    ways.map(|(_, p)| p).sum()
                };
                let total: f64 = all.values().map(|listed| having(&listed.ways)).sum();
                let (given, p) = grammar.given(&[(name, value)]).unwrap();
                assert_close(value, p, total, ROUNDING);
                assert_eq!(given.vocabulary(), grammar.vocabulary());
                for (sentence, listed) in &all {
                    let expected = (having(&listed.ways) / total).ln();
                    assert_close(value, given.log_prob(sentence).unwrap(), expected, ROUNDING);
                }
            }
        }
    }
}

/// An attribute is told if all ways to make the sentence agree on it.
#[test]
fn attributes_are_told_by_words_that_determine_them() {
    let (mut told, mut open) = (0, 0);
    for table in tables() {
        let grammar = table.grammar();
        for (sentence, listed) in table.list(&grammar) {
            for (i, (name, values)) in grammar.attributes().into_iter().enumerate() {
                let ways: BTreeSet<&str> = listed.ways.keys().map(|values| values[i]).collect();
                let expected = (ways.len() == 1).then(|| *ways.first().unwrap());
                assert_eq!(grammar.attribute(name, &sentence).unwrap(), expected);
                let one = ndarray::Array2::from_shape_vec((1, 6), sentence.clone()).unwrap();
                let label = grammar.labels(name, &one).unwrap()[0];
                assert_eq!(label.map(|label| values[label]), expected);
                *if expected.is_some() {
                    &mut told
                } else {
                    &mut open
                } += 1;
            }
        }
    }
    assert!(told > 100 && open > 100, "{told} {open}");
}

/// 40 000 sentences of each of a few grammars: frequencies within six of their standard errors, and their mean
/// information is the entropy.
#[test]
fn samples_have_the_probabilities() {
    const N: usize = 40_000;
    for table in [cats(), random(3), random(5)] {
        let grammar = table.grammar();
        let samples = grammar.sample(N, &mut Rng::new(4)).unwrap();
        let mut counts = BTreeMap::<Vec<usize>, f64>::new();
        for sentence in samples.rows() {
            *counts.entry(sentence.to_vec()).or_default() += 1.0;
        }
        let all = table.list(&grammar);
        assert!(counts.keys().all(|sentence| all.contains_key(sentence)));
        for (sentence, listed) in &all {
            let found = counts.get(sentence).copied().unwrap_or(0.0) / N as f64;
            // A count is not normal where few are expected: 12 more than expected has probability < 1e-9 then.
            let bound = SIGMAS * (listed.p / N as f64).sqrt() + 12.0 / N as f64;
            assert_close("frequency", found, listed.p, bound);
        }
    }
}

/// The figures that their documentation states, and samples that are what they say.
#[test]
fn the_built_in_grammars_are_as_documented() {
    for (grammar, places, words, states, nats, sentences) in [
        (Grammar::aligned(), 10, 86, 176, 12.54, 311_040.0),
        (Grammar::free(), 16, 81, 330, 14.84, 54.432e6),
    ] {
        assert_eq!(grammar.places(), places);
        assert_eq!(
            (grammar.vocabulary().len(), grammar.states()),
            (words, states)
        );
        assert!(
            (grammar.entropy() - nats).abs() < 0.005,
            "{}",
            grammar.entropy()
        );
        assert_eq!(grammar.sentences(), sentences);
        let samples = grammar.sample(2000, &mut Rng::new(0)).unwrap();
        let surprise: Vec<f64> = samples
            .rows()
            .into_iter()
            .map(|row| -grammar.log_prob(&row.to_vec()).unwrap())
            .collect();
        let mean = Estimate::of(&surprise).unwrap();
        let bound = SIGMAS * mean.standard_error;
        assert_close("−ln p", mean.mean, grammar.entropy(), bound);
        for (name, values) in grammar.attributes() {
            let labels = grammar.labels(name, &samples).unwrap();
            for (value, name_of) in values.iter().enumerate() {
                let (given, p) = grammar.given(&[(name, name_of)]).unwrap();
                let having = labels
                    .iter()
                    .filter(|label| label.unwrap() == value)
                    .count();
                let bound = SIGMAS * (p * (1.0 - p) / 2000.0).sqrt();
                assert_close(name_of, having as f64 / 2000.0, p, bound);
                for row in given.sample(20, &mut Rng::new(1)).unwrap().rows() {
                    let found = grammar.attribute(name, &row.to_vec()).unwrap();
                    assert_eq!(found, Some(*name_of));
                }
            }
        }
    }
}

#[test]
fn errors_of_agreement_are_found_where_they_stand() {
    let grammar = Grammar::aligned();
    for (text, place) in [
        (
            "these captains steered their ship near their crew yesterday",
            None,
        ),
        (
            "these captains never steered their ship near their crew yesterday",
            None,
        ),
        (
            "these captain never steered their ship near their crew yesterday",
            Some(1),
        ),
        (
            "the captain often steer her ship near her crew now",
            Some(3),
        ),
        (
            "the captain never waters her ship near her crew now",
            Some(3),
        ),
        (
            "the captains never steered her ship near her crew yesterday",
            Some(4),
        ),
        (
            "the captain never steered her tower near her crew yesterday",
            Some(5),
        ),
        (
            "the captain never steered her ship near his crew yesterday",
            Some(7),
        ),
        (
            "the captain never steered her ship near her goat yesterday",
            Some(8),
        ),
        (
            "the captain never steered her ship near her crew tomorrow",
            Some(9),
        ),
    ] {
        match grammar.vocabulary().parse(text, 10) {
            Ok(sentence) => assert_eq!(grammar.first_error(&sentence).unwrap(), place, "{text}"),
            Err(_) => assert_eq!(text.split(' ').count(), 9),
        }
    }
    let grammar = Grammar::free();
    let words = grammar.vocabulary();
    for (text, place) in [
        ("the mason did not build a house", None),
        ("the mason did not built a house", Some(4)),
        ("now the mason built a house", Some(3)),
        ("now the mason builds a house now", Some(6)),
        ("the mason builds a house with a plan", None),
        ("the mason builds a", Some(4)),
    ] {
        let sentence = words.parse(text, 16).unwrap();
        assert_eq!(grammar.first_error(&sentence).unwrap(), place, "{text}");
    }
}

#[test]
fn threads_change_no_sentence() {
    let grammar = Grammar::free();
    assert_same_at_any_thread_count(|| grammar.sample(1000, &mut Rng::new(2)).unwrap());
}
