//! Sentences as paths: which words may follow, and how likely each is.

use rand::RngExt;

use crate::rng::Rng;

/// A layered automaton: states between the places of a sentence, and at each place, the words that lead from a state
/// before it to one after it.
///
/// It starts in the one state before place 0. Of a state's words none stands there twice, their probabilities add up
/// to 1, and a path leads on from each: so a sentence is one path, and its probability a product.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Automaton {
    pub layers: Vec<Layer>,
    /// How many states there are after the last place.
    pub last: usize,
}

/// The transitions of a place, those of one state side by side.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layer {
    /// Those of state s are number starts[s]..starts[s + 1].
    pub starts: Vec<usize>,
    pub transitions: Vec<Transition>,
}

/// A word that may stand at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Transition {
    pub word: usize,
    pub to: usize,
    pub p: f64,
    pub ln_p: f64,
}

impl Layer {
    /// From each state's transitions, by word in rising order: word, next state, probability.
    pub fn new(states: impl IntoIterator<Item = Vec<(usize, usize, f64)>>) -> Self {
        let (mut starts, mut transitions) = (vec![0], Vec::new());
        for state in states {
            transitions.extend(state.into_iter().map(|(word, to, p)| {
                let ln_p = p.ln();
                Transition { word, to, p, ln_p }
            }));
            starts.push(transitions.len());
        }
        Self {
            starts,
            transitions,
        }
    }

    pub fn states(&self) -> usize {
        self.starts.len() - 1
    }

    /// The transitions of each state, in order.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &[Transition]> + ExactSizeIterator {
        let pairs = self.starts.windows(2);
        pairs.map(|pair| &self.transitions[pair[0]..pair[1]])
    }

    pub fn row(&self, state: usize) -> &[Transition] {
        &self.transitions[self.starts[state]..self.starts[state + 1]]
    }

    fn step(&self, state: usize, word: usize) -> Option<&Transition> {
        let row = self.row(state);
        let found = row.binary_search_by_key(&word, |step| step.word);
        found.ok().map(|i| &row[i])
    }
}

impl Automaton {
    /// States in all: before, between and after the places.
    pub fn states(&self) -> usize {
        self.last + self.layers.iter().map(Layer::states).sum::<usize>()
    }

    /// ln p of a sentence, or the place of the first word after which nothing of the language can follow.
    pub fn walk(&self, sentence: &[usize]) -> Result<f64, usize> {
        let (mut state, mut ln_p) = (0, 0.0);
        for (place, (layer, word)) in self.layers.iter().zip(sentence).enumerate() {
            let step = layer.step(state, *word).ok_or(place)?;
            (state, ln_p) = (step.to, ln_p + step.ln_p);
        }
        Ok(ln_p)
    }

    /// A sentence, written into `places`.
    pub fn draw(&self, places: &mut [usize], rng: &mut Rng) {
        let mut state = 0;
        for (layer, place) in self.layers.iter().zip(places) {
            let (row, mut left) = (layer.row(state), rng.random::<f64>());
            // Rounding may leave a bit after all of them: then it is the last.
            let chosen = row.iter().find(|step| {
                left -= step.p;
                left < 0.0
            });
            let step = chosen.unwrap_or(&row[row.len() - 1]);
            (state, *place) = (step.to, step.word);
        }
    }

    /// H = −Σ p ln p over all sentences, by the chain rule: the mean of each state's own entropy, in nats.
    pub fn entropy(&self) -> f64 {
        let (mut reached, mut entropy) = (vec![1.0], 0.0);
        for (k, layer) in self.layers.iter().enumerate() {
            let mut next = vec![0.0; self.after(k)];
            for (reached, row) in reached.iter().zip(layer.rows()) {
                for step in row {
                    entropy -= reached * step.p * step.ln_p;
                    next[step.to] += reached * step.p;
                }
            }
            reached = next;
        }
        entropy
    }

    /// How many sentences there are.
    pub fn sentences(&self) -> f64 {
        let mut ways = vec![1.0; self.last];
        for layer in self.layers.iter().rev() {
            let of_row = |row: &[Transition]| row.iter().map(|step| ways[step.to]).sum();
            ways = layer.rows().map(of_row).collect();
        }
        ways[0]
    }

    /// How many states there are after place k.
    pub fn after(&self, k: usize) -> usize {
        self.layers.get(k + 1).map_or(self.last, Layer::states)
    }
}
