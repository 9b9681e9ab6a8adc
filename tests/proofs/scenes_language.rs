//! The language of scenes: how many sentences, which are never trained on, what a wrong word is told.

use std::collections::BTreeSet;

use diffusion_intuition::scenes::{Colour, Scenes, Shape};
use diffusion_intuition::text::Grammar;

fn refused(text: &str) -> String {
    Scenes::new().unwrap().parse(text).unwrap_err().to_string()
}

/// 3 sizes (or none said), 5 colours, 4 shapes; 6 places (or none said), 4 relations.
#[test]
fn every_sentence_is_listed_once_and_is_of_the_language() {
    let scenes = Scenes::new().unwrap();
    let (sentences, things) = (scenes.sentences(), 3 * 5 * 4);
    assert_eq!(sentences.dim(), (things * 6 + things * things * 4, 10));
    assert_eq!(scenes.grammar().sentences(), sentences.nrows() as f64);
    let mut before = Vec::new();
    for sentence in sentences.rows() {
        let sentence = sentence.to_vec();
        assert!(before < sentence, "in rising order, so none twice");
        assert_eq!(scenes.grammar().first_error(&sentence).unwrap(), None);
        let text = scenes.vocabulary().text(&sentence);
        assert_eq!(scenes.parse(&text).unwrap(), sentence, "{text}");
        before = sentence;
    }
}

#[test]
fn a_wrong_word_is_named_with_its_position_and_what_may_stand_there() {
    let cases = [
        (
            "the red crab",
            "word 1 (counted from 1), \"the\": here stands a",
        ),
        (
            "a tiny red crab",
            "word 2 (counted from 1), \"tiny\": here may stand small, large, red, green, blue, yellow or purple",
        ),
        (
            "a small crab",
            "word 3 (counted from 1), \"crab\": here may stand red, green, blue, yellow or purple",
        ),
        // A later word that is unknown as well is not the first.
        (
            "a red crab near a dog",
            "word 4 (counted from 1), \"near\": here may stand on, left, right, at, in, above, below or the end",
        ),
        (
            "a red crab left of a blue",
            "after the last word, \"blue\": here may stand circle, square, triangle or crab",
        ),
        (
            "a small red crab left of a small blue square on",
            "word 11 (counted from 1), \"on\": here the sentence ends",
        ),
        (
            "a red crab above a red crab above a red crab",
            "word 8 (counted from 1), \"above\": here stands the end",
        ),
        (
            "a red crab ·",
            "word 4 (counted from 1), \"·\": here may stand on, left, right, at, in, above, below or the end",
        ),
        ("", "the sentence, \"\": here stands a"),
    ];
    for (text, error) in cases {
        assert_eq!(refused(text), error);
    }
    let scenes = Scenes::new().unwrap();
    let typed = scenes.parse("  A small red crab\tleft of a Blue square. ");
    let plain = scenes.parse("a small red crab left of a blue square");
    assert_eq!(typed, plain);
}

/// What may come next is what comes next in some sentence that begins so.
#[test]
fn what_may_follow_is_what_follows_in_some_sentence() {
    let text = "n = one | two\n a | the\n - | old [one] | very old [two]\n cat [one] | cats [two]";
    let grammar = Grammar::new(text, 5).unwrap();
    let all: Vec<Vec<usize>> = grammar
        .list()
        .unwrap()
        .rows()
        .into_iter()
        .map(|row| row.to_vec())
        .collect();
    assert_eq!(all.len(), 8);
    let next = |begun: &[usize]| {
        let those = all
            .iter()
            .filter(|all| all.starts_with(begun) && all.len() > begun.len());
        let next: BTreeSet<usize> = those.map(|all| all[begun.len()]).collect();
        next.into_iter().collect::<Vec<_>>()
    };
    for sentence in &all {
        for k in 0..=sentence.len() {
            assert_eq!(grammar.next(&sentence[..k]), next(&sentence[..k]));
        }
    }
    assert!(grammar.next(&[5]).is_empty());
    assert!(grammar.next(&[0; 9]).is_empty());
}

#[test]
fn what_is_never_trained_on_is_a_tenth_of_the_pairs_and_no_colour_or_shape() {
    let scenes = Scenes::new().unwrap();
    let alone = |colour: Colour, shape: Shape| {
        let text = format!("a {} {}", colour.name(), shape.name());
        scenes.is_unseen(&scenes.parse(&text).unwrap())
    };
    let pairs: Vec<(Colour, Shape)> = Colour::ALL
        .into_iter()
        .flat_map(|colour| Shape::ALL.map(|shape| (colour, shape)))
        .collect();
    let unseen: Vec<_> = pairs
        .iter()
        .filter(|(colour, shape)| alone(*colour, *shape))
        .collect();
    assert_eq!((pairs.len(), unseen.len()), (20, 2));
    // No colour and no shape lacks two partners.
    assert!(unseen[0].0 != unseen[1].0 && unseen[0].1 != unseen[1].1);
    let seen = scenes.seen();
    let texts: BTreeSet<String> = seen
        .iter()
        .map(|i| {
            scenes
                .vocabulary()
                .text(&scenes.sentences().row(*i).to_vec())
        })
        .collect();
    let names = |text: &str| {
        unseen
            .iter()
            .any(|(colour, shape)| text.contains(&format!("{} {}", colour.name(), shape.name())))
    };
    assert!(!texts.iter().any(|text| names(text)));
    assert!(texts.contains("a small red crab left of a blue square"));
    // 54 of the 60 things that can be named: alone in 6 places, in pairs in 4 relations.
    assert_eq!(texts.len(), 54 * 6 + 54 * 54 * 4);
}
