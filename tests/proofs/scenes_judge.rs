//! The judge of pictures: exact on clean ones, measured on noisy ones, and not to be fooled.

use diffusion_intuition::prelude::*;
use diffusion_intuition::scenes::{Colour, Obeyed, Scenes, Shape, Size, Thing};
use rand::RngExt;

/// Things by their places, as the judge may find them in any order.
fn sorted(mut things: Vec<Thing>) -> Vec<Thing> {
    things.sort_by_key(|thing| (thing.x, thing.y));
    things
}

/// Whether they are the same, however well painted.
fn same(a: &[Thing], b: &[Thing]) -> bool {
    let names = |things: &[Thing]| {
        sorted(things.to_vec())
            .iter()
            .map(Thing::to_string)
            .collect::<Vec<_>>()
    };
    names(a) == names(b)
}

/// Read and painted again, a picture of things is what it was, and all of them are whole: to the rounding of sums of
/// 768 squares of f32.
fn assert_read(scenes: &Scenes, things: &[Vec<Thing>]) {
    let read = scenes.read(&scenes.paint(things).unwrap()).unwrap();
    for (expected, read) in things.iter().zip(read) {
        assert!(same(expected, &read), "{expected:?} read as {read:?}");
        for thing in read {
            assert!(
                (thing.form - 1.0).abs() < 1e-4 && (thing.hue - 1.0).abs() < 1e-4,
                "{thing:?}"
            );
        }
    }
}

#[test]
fn every_thing_alone_is_read_as_what_it_is() {
    let scenes = Scenes::new().unwrap();
    let mut all = vec![Vec::new()];
    for (colour, shape) in Colour::ALL
        .into_iter()
        .flat_map(|c| Shape::ALL.map(|s| (c, s)))
    {
        let text = format!("a {} {}", colour.name(), shape.name());
        all.extend(scenes.things_of(&scenes.parse(&text).unwrap()).unwrap());
    }
    assert_eq!(all.len(), 1 + 20 * 244);
    assert_read(&scenes, &all);
}

#[test]
fn two_things_are_read_as_what_they_are() {
    let scenes = Scenes::new().unwrap();
    let mut rng = Rng::new(0);
    let mut things = Vec::new();
    while things.len() < 20_000 {
        let i = rng.random_range(0..scenes.sentences().nrows());
        let sentence = scenes.sentences().row(i).to_vec();
        let all = scenes.things_of(&sentence).unwrap();
        things.extend((0..20).map(|_| all[rng.random_range(0..all.len())].clone()));
    }
    // And the narrowest there are: a pixel between them.
    things.retain(|of| of.len() == 2);
    let gap = |of: &Vec<Thing>| {
        let between = |a: usize, b: usize, side: usize| b.saturating_sub(a + side);
        let [a, b] = [of[0], of[1]];
        let x = between(a.x, b.x, a.size.side()).max(between(b.x, a.x, b.size.side()));
        let y = between(a.y, b.y, a.size.side()).max(between(b.y, a.y, b.size.side()));
        x.max(y)
    };
    let narrow = things.iter().filter(|of| gap(of) == 1).count();
    assert!(
        things.len() > 19_000 && narrow > 2_000,
        "{} {narrow}",
        things.len()
    );
    assert_read(&scenes, &things);
}

/// Share of pictures of two things in which all is read right, at a standard deviation of noise.
fn share(scenes: &Scenes, noise: f32) -> f64 {
    let mut rng = Rng::new(3);
    let mut sentences = scenes.grammar().sample(2_000, &mut rng).unwrap();
    for mut row in sentences.rows_mut() {
        // As many words again as the grammar gives: only those of two things.
        while scenes
            .vocabulary()
            .text(&row.to_vec())
            .matches("a ")
            .count()
            < 2
        {
            row.assign(&scenes.grammar().sample(1, &mut rng).unwrap().row(0));
        }
    }
    let mut pictures = scenes.draw(&sentences, &mut rng).unwrap();
    pictures += &(rng.standard_normal(2_000, 768).unwrap() * noise);
    let read = scenes.read(&pictures).unwrap();
    let rows = sentences.rows().into_iter().zip(&read);
    let right = rows.filter(|(row, things)| scenes.obeys(&row.to_vec(), things).unwrap().all);
    right.count() as f64 / 2_000.0
}

/// Noise of 0.3 is 0.13 of the least contrast with white. The counts of 2,000 are measured; a share of 0.995 has the
/// standard error 0.0016.
#[test]
fn noise_confuses_the_judge_late() {
    let scenes = Scenes::new().unwrap();
    for (noise, least) in [(0.0, 1.0), (0.1, 1.0), (0.3, 0.995), (0.5, 0.8)] {
        let share = share(&scenes, noise);
        assert!(share >= least, "noise {noise}: {share}");
    }
}

const CRAB: Thing = Thing {
    shape: Shape::Crab,
    colour: Colour::Red,
    size: Size::Small,
    x: 1,
    y: 2,
    form: 1.0,
    hue: 1.0,
};
const SQUARE: Thing = Thing {
    shape: Shape::Square,
    colour: Colour::Blue,
    size: Size::Large,
    x: 8,
    y: 3,
    form: 1.0,
    hue: 1.0,
};

/// What a picture of these things obeys of a small red crab left of a large blue square.
fn obeyed(things: &[Thing]) -> Obeyed {
    let scenes = Scenes::new().unwrap();
    let read = scenes
        .read(&scenes.paint(&[things.to_vec()]).unwrap())
        .unwrap();
    let sentence = scenes
        .parse("a small red crab left of a large blue square")
        .unwrap();
    scenes.obeys(&sentence, &read[0]).unwrap()
}

const ALL: Obeyed = Obeyed {
    count: true,
    colours: true,
    shapes: true,
    sizes: true,
    relation: true,
    all: true,
};

#[test]
fn each_kind_of_disobedience_is_told() {
    let all = false;
    assert_eq!(obeyed(&[CRAB, SQUARE]), ALL);
    assert_eq!(obeyed(&[SQUARE, CRAB]), ALL);
    let (colour, shape) = (Colour::Purple, Shape::Circle);
    let of_colour = Obeyed {
        colours: false,
        all,
        ..ALL
    };
    assert_eq!(obeyed(&[Thing { colour, ..CRAB }, SQUARE]), of_colour);
    // Colours exchanged: each is there, but not on its thing.
    let [red, blue] = [Colour::Red, Colour::Blue];
    let exchanged = [
        Thing {
            colour: blue,
            ..CRAB
        },
        Thing {
            colour: red,
            ..SQUARE
        },
    ];
    assert_eq!(obeyed(&exchanged), of_colour);
    let of_shape = Obeyed {
        shapes: false,
        all,
        ..ALL
    };
    assert_eq!(obeyed(&[CRAB, Thing { shape, ..SQUARE }]), of_shape);
    let size = Size::Large;
    let of_size = Obeyed {
        sizes: false,
        all,
        ..ALL
    };
    assert_eq!(obeyed(&[Thing { size, x: 0, ..CRAB }, SQUARE]), of_size);
    let of_relation = Obeyed {
        relation: false,
        all,
        ..ALL
    };
    assert_eq!(
        obeyed(&[Thing { x: 9, ..CRAB }, Thing { x: 1, ..SQUARE }]),
        of_relation
    );
    // One above the other and not beside it.
    assert_eq!(
        obeyed(&[
            Thing { y: 0, ..CRAB },
            Thing {
                x: 4,
                y: 8,
                ..SQUARE
            }
        ]),
        of_relation
    );
    // A third thing, and none at all.
    let of_count = Obeyed {
        count: false,
        all,
        ..ALL
    };
    assert_eq!(obeyed(&[CRAB, SQUARE, Thing { y: 11, ..CRAB }]), of_count);
    let nothing = Obeyed {
        count: false,
        colours: false,
        shapes: false,
        sizes: false,
        relation: false,
        all,
    };
    assert_eq!(obeyed(&[]), nothing);
    assert_eq!(obeyed(&[CRAB]), nothing);
}

/// Things of which a part is missing or another colour, and what stays of `all`.
#[test]
fn half_formed_and_half_coloured_things_are_not_right() {
    let scenes = Scenes::new().unwrap();
    let sentence = scenes.parse("a large red crab").unwrap();
    let crab = Thing {
        size: Size::Large,
        ..CRAB
    };
    let whole = scenes.paint(&[vec![crab]]).unwrap();
    let judged = |picture: &Array2<f32>| {
        let things = scenes.read(picture).unwrap();
        scenes.obeys(&sentence, &things[0]).unwrap()
    };
    // Rows of the crab made ground, from the top: it has 34 pixels, 4 in the first, 2 in the second, 7 in the third.
    let without = |rows: usize| {
        let mut picture = whole.clone();
        picture
            .slice_mut(ndarray::s![0, ..48 * (crab.y + rows)])
            .fill(1.0);
        judged(&picture)
    };
    assert!(without(1).shapes && !without(3).shapes && !without(7).count);
    // Faded to ground: 1 − 2(1 − a)² of the form stays at a share a of its contrast.
    let faded = |a: f32| judged(&whole.mapv(|p| 1.0 + a * (p - 1.0)));
    assert!(faded(0.9).all && !faded(0.55).all);
    // Towards another colour: 1 − 2a² of the hue stays, or more, at a share a of the way.
    for other in Colour::ALL
        .into_iter()
        .filter(|other| *other != Colour::Red)
    {
        let painted = scenes
            .paint(&[vec![Thing {
                colour: other,
                ..crab
            }]])
            .unwrap();
        let mixed = |a: f32| judged(&(&whole + &((&painted - &whole) * a)));
        assert!(mixed(0.1).all && !mixed(0.45).colours, "{other:?}");
    }
    // A line of its colour stuck to its right: 7 pixels where ground should be, 2/34 of the form each.
    let mut more = whole.clone();
    let pixels = (crab.y..crab.y + 7)
        .flat_map(|row| (0..3).map(move |k| (48 * row + 3 * (crab.x + 7) + k, k)));
    pixels.for_each(|(i, k)| more[[0, i]] = crab.colour.rgb()[k]);
    assert!(judged(&more).count && !judged(&more).shapes);
    // Noise without anything in it.
    let noise = Rng::new(0).standard_normal(200, 768).unwrap();
    for things in scenes.read(&(&noise * 0.5 + 1.0)).unwrap() {
        assert!(things.is_empty(), "{things:?}");
    }
}

/// The share of exact draws is 1 up to chance: the standard error of the mean of 40 shares, from the shares, six of
/// which are some 0.012; and 0.005 for what the correction leaves of the bias at 50 pictures. Without it 0.05 is missing.
#[test]
fn exact_draws_are_as_varied_as_the_sentence_allows_and_copies_are_not() {
    let scenes = Scenes::new().unwrap();
    let text = "a red crab left of a blue square";
    let sentence = scenes.parse(text).unwrap();
    let sentences = Array2::from_shape_fn((50, 10), |(_, k)| sentence[k]);
    let (mut rng, mut shares, mut things) = (Rng::new(5), Vec::new(), Vec::new());
    for _ in 0..40 {
        let read = scenes
            .read(&scenes.draw(&sentences, &mut rng).unwrap())
            .unwrap();
        shares.push(scenes.freedom(&sentence, &read).unwrap().share());
        things.extend(read);
    }
    let mean = metrics::Estimate::of(&shares).unwrap();
    let off = (mean.mean - 1.0).abs();
    assert!(off < 6.0 * mean.standard_error + 0.005, "{mean:?}");
    let free = scenes.freedom(&sentence, &things).unwrap();
    assert_eq!(free.pictures, 2_000);
    // The marginals of all scenes are those of a uniform draw: none is larger than ln of their number.
    let count = scenes.count_of(&sentence).unwrap();
    assert!(
        free.exact >= count.ln() && free.exact < count.ln() + 2.0,
        "{free:?}"
    );
    let copies = vec![things[0].clone(); 50];
    assert_eq!(scenes.freedom(&sentence, &copies).unwrap().share(), 0.0);
    // Only the upper half of the places: ln 2 is missing for y of both, about, of 9.3 nats.
    let half: Vec<Vec<Thing>> = things
        .iter()
        .filter(|of| of.iter().all(|thing| thing.y < 6))
        .cloned()
        .collect();
    let half = scenes.freedom(&sentence, &half).unwrap();
    assert!(half.share() < 0.9, "{half:?}");
    // Pictures that disobey say nothing of its freedom.
    let purple = Thing {
        colour: Colour::Purple,
        ..SQUARE
    };
    assert!(
        scenes
            .freedom(&sentence, &vec![vec![CRAB, purple]; 9])
            .is_err()
    );
}
