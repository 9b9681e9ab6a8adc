//! From a description to its automaton: every sentence one path, and as few states as that takes.

use std::collections::BTreeMap;

use super::automaton::{Automaton, Layer};
use super::description::{Description, Slot, wrong};
use crate::error::{Error, Result};

/// Most numbers that describe a grammar while it is compiled.
const MOST: usize = 1_000_000;

/// A value of each attribute, and the probability of having them all.
pub(super) type Values = (Vec<usize>, f64);

/// Where a sentence may stand whose attributes are known. Values of the attributes that allow the same continuations
/// share their nodes.
#[derive(Debug, Clone, Default)]
struct Node {
    /// What may come next: word, node after it (a smaller number), probability.
    words: Vec<(usize, usize, f64)>,
    /// The probability that nothing does.
    stop: f64,
}

/// The node after the last slot.
const END: usize = 0;

/// The nodes where a sentence may stand after its first words, in rising order, with their probabilities.
type Belief = Vec<(usize, f64)>;

/// The transitions of a state: word, state after it, probability.
type Row = Vec<(usize, usize, f64)>;

/// All values that the attributes of a sentence may have together.
pub(super) fn values(description: &Description) -> Result<Vec<Values>> {
    let mut all: Vec<Values> = vec![(Vec::new(), 1.0)];
    let lines = description.attributes.len() + description.slots.len();
    for attribute in &description.attributes {
        let mut longer = Vec::new();
        for (values, p) in &all {
            let before = longer.len();
            for (value, _, q) in attribute.slot.choices(values) {
                longer.push((values.iter().copied().chain([value]).collect(), p * q));
            }
            some(&attribute.slot, longer.len() > before, description, values)?;
            room("values of a grammar's attributes", longer.len(), lines)?;
        }
        all = longer;
    }
    all.retain(|(_, p)| *p > 0.0);
    Ok(all)
}

/// The automaton of the sentences whose attributes have one of these values. `padding` is the number of the word that
/// fills the places after the end.
pub(super) fn compile(
    description: &Description,
    values: &[Values],
    places: usize,
    padding: usize,
) -> Result<Automaton> {
    room("places of a grammar", places, 1)?;
    let (nodes, start) = nodes(description, values)?;
    let mut longest: Vec<usize> = Vec::new();
    for node in &nodes {
        let most = node.words.iter().map(|(_, to, _)| longest[*to] + 1).max();
        longest.push(most.unwrap_or(0));
    }
    let most = start.iter().map(|(node, _)| longest[*node]).max();
    let most = most.unwrap_or(0);
    if most > places || places == 0 {
        let what = format!("a grammar whose longest sentence has {most} words, at {places} places");
        let valid = "it needs a place for each word, and at least one";
        return Err(Error::Unsupported { what, valid });
    }
    let (layers, last) = determined(&nodes, start, places, padding)?;
    Ok(merged(layers, last))
}

/// The nodes of all slots, from the last to the first, and where a sentence starts.
fn nodes(description: &Description, values: &[Values]) -> Result<(Vec<Node>, Belief)> {
    let (words, stop) = (Vec::new(), 1.0);
    let mut nodes = vec![Node { words, stop }];
    let (mut next, mut size) = (vec![END; values.len()], 0);
    for slot in description.slots.iter().rev() {
        let mut known: BTreeMap<(Vec<usize>, usize), usize> = BTreeMap::new();
        for ((values, _), next) in values.iter().zip(&mut next) {
            let chosen: Vec<usize> = slot.choices(values).map(|(i, ..)| i).collect();
            some(slot, !chosen.is_empty(), description, values)?;
            let node = known.entry((chosen, *next)).or_insert_with(|| {
                let first = nodes.len();
                let node = before(slot, values, *next, &mut nodes);
                size += nodes[first..]
                    .iter()
                    .map(|node| 1 + node.words.len())
                    .sum::<usize>();
                node
            });
            *next = *node;
            room("alternatives of a grammar", size, 1)?;
        }
    }
    let mut start: BTreeMap<usize, f64> = BTreeMap::new();
    for ((_, p), node) in values.iter().zip(next) {
        *start.entry(node).or_default() += p;
    }
    Ok((nodes, start.into_iter().collect()))
}

/// The node before a slot that leads to the node `next`: its alternatives, and for one without words, what `next` has.
fn before(slot: &Slot, values: &[usize], next: usize, nodes: &mut Vec<Node>) -> usize {
    let (mut words, mut stop) = (BTreeMap::<_, f64>::new(), 0.0);
    for (_, alternative, p) in slot.choices(values) {
        let Some((first, rest)) = alternative.words.split_first() else {
            stop += p * nodes[next].stop;
            for (word, to, q) in &nodes[next].words {
                *words.entry((*word, *to)).or_default() += p * q;
            }
            continue;
        };
        let to = rest.iter().rev().fold(next, |to, word| {
            let (words, stop) = (vec![(*word, to, 1.0)], 0.0);
            nodes.push(Node { words, stop });
            nodes.len() - 1
        });
        *words.entry((*first, to)).or_default() += p;
    }
    let words = words.into_iter().map(|((word, to), p)| (word, to, p));
    let words = words.collect();
    nodes.push(Node { words, stop });
    nodes.len() - 1
}

/// The rows of each place's states, and how many states come after the last place. A state is a belief: first words
/// after which everything is as likely lead to one, whatever they were.
fn determined(
    nodes: &[Node],
    start: Belief,
    places: usize,
    padding: usize,
) -> Result<(Vec<Vec<Row>>, usize)> {
    let (mut states, mut layers, mut size) = (vec![start], Vec::new(), 0);
    for _ in 0..places {
        let (mut numbers, mut next, mut layer) = (BTreeMap::new(), Vec::new(), Vec::new());
        for state in &states {
            let mut row = Vec::new();
            for (word, belief) in after(nodes, state, padding) {
                let p: f64 = belief.iter().map(|(_, p)| p).sum();
                let belief: Belief = belief.into_iter().map(|(node, q)| (node, q / p)).collect();
                size += belief.len();
                let key: Vec<_> = belief
                    .iter()
                    .map(|(node, p)| (*node, rounded(*p)))
                    .collect();
                let to = *numbers.entry(key).or_insert_with(|| {
                    next.push(belief);
                    next.len() - 1
                });
                row.push((word, to, p));
            }
            layer.push(row);
            room("states of a grammar", size, 1)?;
        }
        layers.push(layer);
        states = next;
    }
    Ok((layers, states.len()))
}

/// Each word that may come next, in rising order, with the nodes after it: their probabilities add up to the word's.
fn after(nodes: &[Node], state: &Belief, padding: usize) -> BTreeMap<usize, Belief> {
    let mut sums: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for (node, p) in state {
        let stop = (padding, END, nodes[*node].stop);
        for (word, to, q) in nodes[*node].words.iter().chain([&stop]) {
            // What underflows is not of the language.
            if p * q > 0.0 {
                *sums.entry((*word, *to)).or_default() += p * q;
            }
        }
    }
    let mut words: BTreeMap<usize, Belief> = BTreeMap::new();
    for ((word, to), p) in sums {
        words.entry(word).or_default().push((to, p));
    }
    words
}

/// The automaton with all states made one that continue alike, from the last place to the first.
fn merged(layers: Vec<Vec<Row>>, last: usize) -> Automaton {
    let (mut number, mut merged) = (vec![0; last], Vec::new());
    for layer in layers.into_iter().rev() {
        let (mut known, mut rows) = (BTreeMap::new(), Vec::new());
        let states = layer.into_iter().map(|row| {
            let row = row.into_iter().map(|(word, to, p)| (word, number[to], p));
            let row: Row = row.collect();
            let key: Vec<_> = row
                .iter()
                .map(|(word, to, p)| (*word, *to, rounded(*p)))
                .collect();
            *known.entry(key).or_insert_with(|| {
                rows.push(row);
                rows.len() - 1
            })
        });
        number = states.collect();
        merged.push(Layer::new(rows));
    }
    merged.reverse();
    let (layers, last) = (merged, 1);
    Automaton { layers, last }
}

/// ln p to 12 decimals: probabilities that differ by rounding only are one.
fn rounded(p: f64) -> i64 {
    (p.ln() * 1e12).round() as i64
}

/// Refuses a slot that has nothing for these values.
fn some(slot: &Slot, fine: bool, description: &Description, values: &[usize]) -> Result<()> {
    if fine {
        return Ok(());
    }
    let named = description.attributes.iter().zip(values);
    let named = named.map(|(of, value)| format!("{} = {}", of.name, of.values[*value]));
    let named = named.collect::<Vec<_>>().join(", ");
    let reason = format!("no alternative for {named}: each combination needs one");
    Err(wrong(slot.line, reason))
}

/// Refuses a grammar that grows beyond all use.
fn room(what: &'static str, n: usize, each: usize) -> Result<()> {
    if n.saturating_mul(each) <= MOST {
        return Ok(());
    }
    let shape = vec![n, each];
    Err(Error::Size { what, shape })
}
