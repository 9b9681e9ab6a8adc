//! Pictures of sentences: exactly those that a sentence allows, all equally likely.

use std::collections::{BTreeMap, BTreeSet};

use diffusion_intuition::prelude::*;
use diffusion_intuition::scenes::{Colour, Scenes, Shape, Size, Thing};

use crate::support::assert_same_at_any_thread_count;

fn repeated(scenes: &Scenes, text: &str, n: usize) -> Array2<usize> {
    let sentence = scenes.parse(text).unwrap();
    Array2::from_shape_fn((n, 10), |(_, k)| sentence[k])
}

/// How often each picture occurs, by its bits.
fn counts(pictures: &Array2<f32>) -> BTreeMap<Vec<u32>, usize> {
    let mut counts = BTreeMap::new();
    for picture in pictures.rows() {
        let bits = picture.iter().map(|p| p.to_bits()).collect();
        *counts.entry(bits).or_default() += 1;
    }
    counts
}

/// Counted by hand: a side of 5 has 12 places on an axis, one of 7 has 10; in a half they have 4 and 2, in the middle 4
/// and 4. Before one another: 5, 5 in 21 ways, 5, 7 and 7, 5 in 10, 7, 7 in 3.
#[test]
fn sentences_allow_as_many_pictures_as_counted_by_hand() {
    let scenes = Scenes::new().unwrap();
    let cases = [
        ("a small red crab", 12 * 12),
        ("a large red crab", 10 * 10),
        ("a red crab", 144 + 100),
        ("a small red crab on the left", 4 * 12),
        ("a large red crab on the right", 2 * 10),
        ("a red crab at the top", 4 * 12 + 2 * 10),
        ("a red crab at the bottom", 4 * 12 + 2 * 10),
        ("a red crab in the middle", 4 * 4 + 4 * 4),
        ("a small red crab left of a small blue square", 21 * 12 * 12),
        (
            "a small red crab right of a large blue square",
            10 * 12 * 10,
        ),
        (
            "a red crab above a blue square",
            21 * 144 + 2 * 10 * 120 + 3 * 100,
        ),
        ("a large red crab below a large red crab", 3 * 100),
    ];
    for (text, count) in cases {
        let sentence = scenes.parse(text).unwrap();
        assert_eq!(scenes.count_of(&sentence).unwrap(), f64::from(count));
        let pictures = scenes.scenes_of(&sentence).unwrap();
        assert_eq!(pictures.dim(), (count as usize, 768));
        assert_eq!(counts(&pictures).len(), count as usize, "no two are one");
    }
}

/// What words of places mean, said again with the edges of boxes.
#[test]
fn things_stand_where_the_words_say() {
    let scenes = Scenes::new().unwrap();
    let edges = |thing: &Thing| {
        let side = thing.size.side() as f64;
        let (x, y) = (thing.x as f64, thing.y as f64);
        [x, x + side, y, y + side]
    };
    type Holds = fn([f64; 4], [f64; 4]) -> bool;
    let cases: [(&str, Holds); 9] = [
        ("on the left", |a, _| a[1] <= 8.0),
        ("on the right", |a, _| a[0] >= 8.0),
        ("at the top", |a, _| a[3] <= 8.0),
        ("at the bottom", |a, _| a[2] >= 8.0),
        ("in the middle", |a, _| {
            let off = |low: f64, high: f64| ((low + high) / 2.0 - 8.0).abs();
            off(a[0], a[1]) <= 2.0 && off(a[2], a[3]) <= 2.0
        }),
        ("left of a blue square", |a, b| a[1] + 1.0 <= b[0]),
        ("right of a blue square", |a, b| b[1] + 1.0 <= a[0]),
        ("above a blue square", |a, b| a[3] + 1.0 <= b[2]),
        ("below a blue square", |a, b| b[3] + 1.0 <= a[2]),
    ];
    let open = ["a red crab", "a red crab left of a blue square"];
    for (words, holds) in cases {
        let sentence = scenes.parse(&format!("a red crab {words}")).unwrap();
        let things = scenes.things_of(&sentence).unwrap();
        for scene in &things {
            let (first, last) = (edges(&scene[0]), edges(scene.last().unwrap()));
            assert!(holds(first, last), "{words}: {}", scene[0]);
            assert!(
                first
                    .iter()
                    .chain(&last)
                    .all(|at| (0.0..=16.0).contains(at))
            );
        }
        // And all that do: among the places of one thing anywhere.
        if things[0].len() == 1 {
            let all = scenes.things_of(&scenes.parse(open[0]).unwrap()).unwrap();
            let those = all.iter().filter(|of| holds(edges(&of[0]), [0.0; 4]));
            assert_eq!(those.count(), things.len(), "{words}");
        }
    }
}

/// χ² of the counts of all pictures of a sentence. Its law has k − 1 degrees of freedom and the standard deviation
/// √(2(k − 1)); six of them, as everywhere in these tests, and at 20 draws a picture the law is normal enough: a draw
/// by sizes first, each equally likely, is 60 of them away.
#[test]
fn pictures_are_drawn_uniformly_among_all_that_a_sentence_allows() {
    let scenes = Scenes::new().unwrap();
    let texts = [
        "a yellow triangle",
        "a red circle on the left",
        "a large purple crab above a green square",
    ];
    for (seed, text) in texts.into_iter().enumerate() {
        let sentence = scenes.parse(text).unwrap();
        let all = counts(&scenes.scenes_of(&sentence).unwrap());
        let n = 20 * all.len();
        let sentences = repeated(&scenes, text, n);
        let drawn = counts(&scenes.draw(&sentences, &mut Rng::new(seed as u64)).unwrap());
        assert!(
            drawn.keys().all(|picture| all.contains_key(picture)),
            "{text}"
        );
        let chi_square: f64 = all
            .keys()
            .map(|picture| drawn.get(picture).map_or(0.0, |count| *count as f64))
            .map(|count| (count - 20.0).powi(2) / 20.0)
            .sum();
        let degrees = (all.len() - 1) as f64;
        let off = (chi_square - degrees) / (2.0 * degrees).sqrt();
        assert!(off.abs() < crate::support::SIGMAS, "{text}: {off}");
    }
}

#[test]
fn pictures_are_the_same_at_any_number_of_threads() {
    let scenes = Scenes::new().unwrap();
    let sentences = scenes.grammar().sample(100, &mut Rng::new(0)).unwrap();
    assert_same_at_any_thread_count(|| scenes.draw(&sentences, &mut Rng::new(1)).unwrap());
}

/// A small crab at column 2 and row 1, pixel by pixel.
#[test]
fn a_thing_is_painted_where_it_stands_channels_last() {
    let scenes = Scenes::new().unwrap();
    let crab = Thing::new(Size::Small, Colour::Red, Shape::Crab, [2, 1]);
    let picture = scenes.paint(&[vec![crab]]).unwrap();
    let rows = ["##.##", "#...#", "#####", ".###.", "#.#.#"];
    for (i, number) in picture.iter().enumerate() {
        let (row, column, channel) = (i / 48, i / 3 % 16, i % 3);
        let filled = (1..6).contains(&row)
            && (2..7).contains(&column)
            && rows[row - 1].as_bytes()[column - 2] == b'#';
        let expected = if filled {
            crab.colour.rgb()[channel]
        } else {
            1.0
        };
        assert_eq!(*number, expected, "pixel {row}, {column}");
    }
}

/// Eight pixels of the 12 to 49 that a thing has, laid over one another as well as can be: so sizes cannot be confused
/// either. Colours are more than 1.1 apart
/// in a cube of side 2.
#[test]
fn shapes_and_colours_are_far_apart() {
    let scenes = Scenes::new().unwrap();
    let kinds = Shape::ALL
        .into_iter()
        .flat_map(|shape| Size::ALL.map(|size| (shape, size)));
    let filled = |(shape, size)| {
        let thing = Thing::new(size, Colour::Red, shape, [0, 0]);
        let picture = scenes.paint(&[vec![thing]]).unwrap();
        let row = picture.row(0).to_vec();
        let pixels = row
            .chunks_exact(3)
            .enumerate()
            .filter(|(_, pixel)| pixel[1] < 0.9);
        pixels
            .map(|(i, _)| ((i / 16) as i32, (i % 16) as i32))
            .collect::<BTreeSet<_>>()
    };
    let kinds: Vec<BTreeSet<(i32, i32)>> = kinds.map(filled).collect();
    for (i, a) in kinds.iter().enumerate() {
        for b in &kinds[..i] {
            for (dy, dx) in (-7..=7).flat_map(|dy| (-7..=7).map(move |dx| (dy, dx))) {
                let moved = b.iter().map(|(y, x)| (y + dy, x + dx)).collect();
                assert!(a.symmetric_difference(&moved).count() >= 8);
            }
        }
    }
    let distance = |a: [f32; 3], b: [f32; 3]| {
        let squares = a.iter().zip(b).map(|(a, b)| (a - b).powi(2));
        squares.sum::<f32>().sqrt()
    };
    for (i, a) in Colour::ALL.into_iter().enumerate() {
        assert!(distance(a.rgb(), [1.0; 3]) > 1.7, "{a:?}");
        for b in &Colour::ALL[..i] {
            assert!(distance(a.rgb(), b.rgb()) > 1.1, "{a:?} {b:?}");
        }
    }
}

#[test]
fn what_is_no_sentence_or_lies_outside_is_refused() {
    let scenes = Scenes::new().unwrap();
    let mut sentence = scenes.parse("a red crab in the middle").unwrap();
    sentence.swap(1, 2);
    let text = scenes.count_of(&sentence).unwrap_err().to_string();
    assert_eq!(
        text,
        "sentence, \"a crab red in the middle\": word 2 (counted from 1), \"crab\": here may stand small, large, \
         red, green, blue, yellow or purple"
    );
    // "·" before a word is not seen when it is written.
    let mut sentence = scenes.parse("a red crab").unwrap();
    sentence.swap(2, 3);
    let text = scenes.count_of(&sentence).unwrap_err().to_string();
    assert_eq!(text, "sentence, \"a red crab\": padding stands at the end");
    assert!(matches!(
        scenes.count_of(&[99; 10]),
        Err(Error::Word { .. })
    ));
    assert!(matches!(scenes.count_of(&[0; 9]), Err(Error::Shape { .. })));
    let wide = Array2::zeros((2, 11));
    assert!(scenes.draw(&wide, &mut Rng::new(0)).is_err());
    for at in [[12, 0], [0, 12], [usize::MAX, 0]] {
        let thing = Thing::new(Size::Small, Colour::Red, Shape::Crab, at);
        let refused = scenes.paint(&[vec![thing]]).unwrap_err();
        assert!(refused.to_string().starts_with("x or y = "), "{refused}");
    }
}

/// Every sample of the exact denoiser that is told a sentence is one of its pictures: to 0.05 of 2, what 25 steps of
/// DDIM leave of the noise at the last.
#[test]
fn the_exact_denoiser_told_a_sentence_makes_only_what_it_allows() {
    let scenes = Scenes::new().unwrap();
    let sentence = scenes
        .parse("a small red crab left of a large blue square")
        .unwrap();
    let rows = scenes.scenes_of(&sentence).unwrap();
    let schedule = Schedule::cosine(200).unwrap();
    let told = EmpiricalDenoiser::new(&rows, &schedule, Prediction::V).unwrap();
    let noise = Rng::new(0).standard_normal(12, 768).unwrap();
    let sampler = Sampler::new(&schedule, Method::DDIM, 25).unwrap();
    let samples = sampler.sample(&told, &noise, &mut Rng::new(1)).unwrap();
    let mut found = BTreeSet::new();
    for (things, (nearest, _)) in scenes
        .read(&samples)
        .unwrap()
        .iter()
        .zip(metrics::nearest(&samples, &rows).unwrap())
    {
        assert!(scenes.obeys(&sentence, things).unwrap().all, "{things:?}");
        found.insert(nearest);
    }
    for (sample, (nearest, _)) in samples
        .rows()
        .into_iter()
        .zip(metrics::nearest(&samples, &rows).unwrap())
    {
        let off = (&sample - &rows.row(nearest))
            .mapv(f32::abs)
            .into_iter()
            .fold(0.0, f32::max);
        assert!(off < 0.05, "{off}");
    }
    // Twelve of 1,200, all different with probability 0.95: at least ten are.
    assert!(found.len() >= 10, "{}", found.len());
}
