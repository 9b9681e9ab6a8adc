//! Sentences that anyone types, pictures that anyone paints, and what the judge says of them.

use diffusion_intuition::scenes::{Colour, Scenes, Shape, Size, Thing};
use ndarray::Array2;

use crate::draw::{Draw, no_nan};
use crate::harness::{self, Entry};

#[test]
fn hostile_input() {
    harness::run("scenes::hostile_input", ENTRIES);
}

const ENTRIES: &[Entry] = &[("sentences", sentences), ("pictures", pictures)];

const WORDS: [&str; 16] = [
    "a", "a", "small", "large", "red", "blue", "crab", "square", "left", "of", "on", "the", "·",
    ".", "Ä", "\0",
];

/// Typed words are a sentence or an error; numbers are pictures or an error.
fn sentences(draw: &Draw) -> Result<(), String> {
    let scenes = Scenes::new().map_err(|error| error.to_string())?;
    let words: Vec<&str> = (0..draw.small()).map(|_| draw.one(&WORDS)).collect();
    if let Ok(sentence) = scenes.parse(&words.join(draw.one(&[" ", " ", "\t", ""]))) {
        let picture = Array2::from_shape_fn((1, 10), |(_, k)| sentence[k]);
        let picture = scenes.draw(&picture, &mut draw.rng());
        let things = picture.and_then(|picture| scenes.read(&picture));
        let things = things.map_err(|error| error.to_string())?;
        if !scenes
            .obeys(&sentence, &things[0])
            .is_ok_and(|obeyed| obeyed.all)
        {
            return Err(format!("{words:?} was drawn as {things:?}"));
        }
    }
    let length = draw.one(&[10, 10, 0, 9, 11]);
    let numbers: Vec<usize> = (0..length).map(|_| draw.size()).collect();
    let _ = scenes.grammar().next(&numbers);
    let _ = scenes.is_unseen(&numbers);
    let _ = scenes.scenes_of(&numbers);
    let numbers = Array2::from_shape_fn((draw.small(), length), |_| draw.small());
    let _ = scenes.draw(&numbers, &mut draw.rng());
    Ok(())
}

fn pictures(draw: &Draw) -> Result<(), String> {
    let scenes = Scenes::new().map_err(|error| error.to_string())?;
    let rows = draw.rows(draw.small(), draw.one(&[768, 768, 768, 0, 767]));
    let sentence = scenes.parse("a red crab above a blue square");
    let sentence = sentence.map_err(|error| error.to_string())?;
    if let Ok(read) = scenes.read(&rows) {
        for thing in read.iter().flatten() {
            no_nan("thing", &[thing.form.into(), thing.hue.into()])?;
        }
        for things in &read {
            scenes
                .obeys(&sentence, things)
                .map_err(|error| error.to_string())?;
        }
        let _ = scenes.freedom(&sentence, &read);
    }
    let thing = |_| Thing {
        form: draw.f32(),
        hue: draw.f32(),
        ..Thing::new(
            draw.one(&Size::ALL),
            draw.one(&Colour::ALL),
            draw.one(&Shape::ALL),
            [draw.size(), draw.size()],
        )
    };
    let things: Vec<Thing> = (0..draw.small()).map(thing).collect();
    let _ = scenes.obeys(&sentence, &things);
    let _ = scenes.freedom(&sentence, &[things.clone(), things.clone()]);
    let _ = scenes.paint(&[things]);
    Ok(())
}
