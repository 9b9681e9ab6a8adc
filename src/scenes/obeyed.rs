//! Whether a picture is what a sentence says.

use super::language::{Named, Sentence};
use super::thing::Thing;
use super::world::Scenes;
use crate::error::Result;

/// Least [`Thing::form`] of a thing of the right shape, and [`Thing::hue`] of one of the right colour.
const WHOLE: f32 = 0.7;

/// What of a sentence a picture obeys.
///
/// The things of the sentence are taken for those in the picture that fit them best. What is missing has neither shape,
/// colour nor size, and no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Obeyed {
    /// There are as many things as are named.
    pub count: bool,
    /// Each has its colour, well enough: a [`Thing::hue`] of 0.7.
    pub colours: bool,
    /// Each has its shape, well enough: a [`Thing::form`] of 0.7, about a seventh of its pixels missing.
    pub shapes: bool,
    /// Each has its size, where one is named.
    pub sizes: bool,
    /// The thing stands where it should, or both in the relation that is named; true if none is.
    pub relation: bool,
    /// All of these.
    pub all: bool,
}

impl Scenes {
    /// What of a sentence the things [read](Self::read) in a picture obey.
    ///
    /// ```
    /// use diffusion_intuition::{Rng, scenes::Scenes};
    /// use ndarray::Array2;
    ///
    /// let scenes = Scenes::new()?;
    /// let said = scenes.parse("a red crab left of a blue square")?;
    /// let other = scenes.parse("a red crab right of a blue square")?;
    /// let rows = Array2::from_shape_fn((1, 10), |(_, k)| other[k]);
    /// let things = scenes.read(&scenes.draw(&rows, &mut Rng::new(0))?)?;
    /// let obeyed = scenes.obeys(&said, &things[0])?;
    /// assert!(obeyed.count && obeyed.colours && obeyed.shapes && obeyed.sizes);
    /// assert!(!obeyed.relation && !obeyed.all);
    /// # Ok::<(), diffusion_intuition::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`draw`](Self::draw).
    pub fn obeys(&self, sentence: &[usize], things: &[Thing]) -> Result<Obeyed> {
        let said = self.said(sentence)?;
        Ok(matched(&said, things).1)
    }
}

/// The things of the picture that are taken for those of the sentence, in its order, and what they obey.
pub(super) fn matched(said: &Sentence, things: &[Thing]) -> (Vec<Thing>, Obeyed) {
    // More are too many anyway.
    let considered = things.len().min(8);
    let mut orders = vec![Vec::new()];
    for _ in 0..said.things.len().min(considered) {
        let longer = |begun: Vec<usize>| {
            let others = (0..considered).filter(|i| !begun.contains(i));
            let longer = others.map(|i| [&begun[..], &[i]].concat());
            longer.collect::<Vec<_>>()
        };
        orders = orders.into_iter().flat_map(longer).collect();
    }
    let counted = said.things.len() == things.len();
    let judged = orders.into_iter().map(|order| {
        let chosen: Vec<Thing> = order.into_iter().map(|i| things[i]).collect();
        let (right, obeyed) = judge(said, &chosen, counted);
        (right, chosen, obeyed)
    });
    let best = judged.max_by_key(|(right, ..)| *right);
    let (_, chosen, obeyed) = best.expect("one order at least");
    (chosen, obeyed)
}

/// How much is right of these things, in the order of the sentence, and what.
fn judge(said: &Sentence, chosen: &[Thing], count: bool) -> (usize, Obeyed) {
    let missing = chosen.len() < said.things.len();
    let right = |is_right: &dyn Fn(&Named, &Thing) -> bool| {
        let pairs = said.things.iter().zip(chosen);
        pairs.filter(|(of, thing)| is_right(of, thing)).count()
    };
    let colours = right(&|of, thing| of.colour == thing.colour && thing.hue >= WHOLE);
    let shapes = right(&|of, thing| of.shape == thing.shape && thing.form >= WHOLE);
    let sizes = right(&|of, thing| of.size.is_none_or(|size| size == thing.size));
    let axis = |of: fn(&Thing) -> usize| chosen.iter().map(of).collect::<Vec<_>>();
    let places = [axis(|thing| thing.x), axis(|thing| thing.y)];
    let all_sizes: Vec<_> = chosen.iter().map(|thing| thing.size).collect();
    let mut rules = said.rules.iter().zip(&places);
    let relation = !missing && rules.all(|(rule, starts)| rule.allows(starts, &all_sizes));
    let [colours_all, shapes_all, sizes_all] =
        [colours, shapes, sizes].map(|n| n == said.things.len());
    let obeyed = Obeyed {
        count,
        colours: colours_all,
        shapes: shapes_all,
        sizes: sizes_all,
        relation,
        all: count && colours_all && shapes_all && sizes_all && relation,
    };
    (colours + shapes + sizes + usize::from(relation), obeyed)
}
