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

    /// Leaves out the transitions, by their state, for which `stays` is false.
    fn retain(&mut self, mut stays: impl FnMut(usize, &Transition) -> bool) {
        let (mut starts, mut transitions) = (vec![0], Vec::new());
        for (state, row) in self.rows().enumerate() {
            transitions.extend(row.iter().filter(|step| stays(state, step)));
            starts.push(transitions.len());
        }
        *self = Self {
            starts,
            transitions,
        };
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
        let p = |k: usize, i: usize| self.layers[k].transitions[i].p;
        self.draw_by(p, places, rng);
    }

    /// A sentence by other probabilities, `p(place, number of the transition)`.
    pub fn draw_by(&self, p: impl Fn(usize, usize) -> f64, places: &mut [usize], rng: &mut Rng) {
        let mut state = 0;
        for (k, (layer, place)) in self.layers.iter().zip(places).enumerate() {
            let (row, mut left) = (
                layer.starts[state]..layer.starts[state + 1],
                rng.random::<f64>(),
            );
            // Rounding may leave a bit after all of them: then it is the last that can be.
            let mut chosen = row.start;
            for i in row.filter(|i| p(k, *i) > 0.0) {
                chosen = i;
                left -= p(k, i);
                if left < 0.0 {
                    break;
                }
            }
            let step = &layer.transitions[chosen];
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

    /// The automaton of the sentences with these words where they are known, and the ln of their probability; or the
    /// first place whose word none of them can have after those known before it. States that none of them passes keep
    /// their numbers, without words.
    pub fn given(&self, known: &[Option<usize>]) -> Result<(Self, f64), usize> {
        let mut layers = self.layers.clone();
        let mut reached = vec![true];
        for (k, (layer, known)) in layers.iter_mut().zip(known).enumerate() {
            let mut next = vec![false; self.after(k)];
            layer.retain(|state, step| {
                let stays = reached[state] && known.is_none_or(|word| word == step.word);
                next[step.to] |= stays;
                stays
            });
            if !next.contains(&true) {
                return Err(k);
            }
            reached = next;
        }
        let mut after = vec![0.0; self.last];
        for layer in layers.iter_mut().rev() {
            layer.retain(|_, step| after[step.to] > f64::NEG_INFINITY);
            let mut before = vec![f64::NEG_INFINITY; layer.states()];
            for (state, ln_p) in before.iter_mut().enumerate() {
                let row = layer.starts[state]..layer.starts[state + 1];
                let row = &mut layer.transitions[row];
                row.iter_mut().for_each(|step| step.ln_p += after[step.to]);
                let most = row
                    .iter()
                    .map(|step| step.ln_p)
                    .fold(f64::NEG_INFINITY, f64::max);
                if most > f64::NEG_INFINITY {
                    let sum: f64 = row.iter().map(|step| (step.ln_p - most).exp()).sum();
                    *ln_p = most + sum.ln();
                }
                row.iter_mut().for_each(|step| {
                    step.ln_p -= *ln_p;
                    step.p = step.ln_p.exp();
                });
            }
            after = before;
        }
        let ln_p = after[0];
        Ok((Self { layers, ..*self }, ln_p))
    }

    /// How many states there are after place k.
    pub fn after(&self, k: usize) -> usize {
        self.layers.get(k + 1).map_or(self.last, Layer::states)
    }
}
