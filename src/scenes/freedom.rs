//! How much of what a sentence leaves open its pictures use.

use std::collections::BTreeMap;

use super::obeyed::matched;
use super::thing::Thing;
use super::world::Scenes;
use crate::check;
use crate::error::Result;

/// How varied pictures of one sentence are: sizes and places of their things, in nats.
///
/// The sum over the numbers of a scene (size, x and y of each thing) of the entropy of each. The joint entropy of the
/// 10² to 10⁴ scenes of a sentence would need as many pictures; of its numbers one needs some 50. What the sum misses
/// is dependence: pictures in which each number varies as it should, but always together with another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Freedom {
    /// Of the pictures, with the correction of Miller & Madow (Miller 1955): −Σ p̂ ln p̂ + (k − 1)/(2n), k the values that
    /// occur. It may exceed the exact one by chance.
    pub entropy: f64,
    /// Of all pictures that the sentence allows, exactly.
    pub exact: f64,
    /// n, the pictures that obey the sentence in all; the others say nothing of its freedom.
    pub pictures: usize,
}

impl Freedom {
    /// entropy / exact: 1 if the pictures are as varied as the sentence allows, 0 if all are one.
    pub fn share(&self) -> f64 {
        self.entropy / self.exact
    }
}

impl Scenes {
    /// How varied pictures of one sentence are, from what is [read](Self::read) in each.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) if fewer than two obey the sentence; else as [`draw`](Self::draw).
    pub fn freedom(&self, sentence: &[usize], things: &[Vec<Thing>]) -> Result<Freedom> {
        let said = self.said(sentence)?;
        let obeying = things.iter().map(|things| matched(&said, things));
        let obeying = obeying.filter(|(_, obeyed)| obeyed.all);
        let chosen: Vec<Vec<Thing>> = obeying.map(|(things, _)| things).collect();
        let pictures = chosen.len();
        let valid = "2 or more, to say how varied they are";
        check::parameter(
            "pictures that obey the sentence",
            pictures,
            pictures > 1,
            valid,
        )?;
        let values = |counts: &BTreeMap<usize, usize>| counts.len() as f64;
        let entropy: f64 = marginals(&chosen)
            .iter()
            .map(|counts| plug_in(counts) + (values(counts) - 1.0) / (2.0 * pictures as f64))
            .sum();
        let exact = marginals(&self.things_of(sentence)?)
            .iter()
            .map(plug_in)
            .sum();
        Ok(Freedom {
            entropy,
            exact,
            pictures,
        })
    }
}

/// How often each size, column and row of each thing occurs.
fn marginals(scenes: &[Vec<Thing>]) -> Vec<BTreeMap<usize, usize>> {
    let numbers = |thing: &Thing| [thing.size.side(), thing.x, thing.y];
    let mut counts = vec![BTreeMap::new(); 3 * scenes.first().map_or(0, Vec::len)];
    for scene in scenes {
        for (counts, value) in counts.iter_mut().zip(scene.iter().flat_map(numbers)) {
            *counts.entry(value).or_default() += 1;
        }
    }
    counts
}

/// −Σ p̂ ln p̂.
fn plug_in(counts: &BTreeMap<usize, usize>) -> f64 {
    let n: usize = counts.values().sum();
    let shares = counts.values().map(|count| *count as f64 / n as f64);
    shares.map(|p| -p * p.ln()).sum()
}
