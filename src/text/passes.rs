//! Forward–backward: from how well each word fits each place, to how likely it is there.

use super::automaton::{Automaton, Layer};

/// The two passes over a sentence, and their memory.
pub(super) struct Passes<'a> {
    automaton: &'a Automaton,
    /// p(transition | state before it, x_t), place by place: the words given x_t are a Markov chain again.
    chain: Vec<Vec<f64>>,
    /// p(word at place | x_t), (L, V).
    words: Vec<f64>,
    vocabulary: usize,
}

/// What x_t says of one sentence.
pub(super) struct Seen<'a> {
    /// Its number.
    pub index: usize,
    /// Its row of x_t.
    pub x: &'a [f64],
    /// ln Σ p(sentence) Π_k exp(likelihood of its word at k).
    pub evidence: f64,
    /// p(word at place | x_t), (L, V).
    pub words: &'a [f64],
    /// p(transition | state before it, x_t), place by place.
    pub chain: &'a [Vec<f64>],
}

impl<'a> Passes<'a> {
    pub fn new(automaton: &'a Automaton, vocabulary: usize) -> Self {
        let layers = automaton.layers.iter();
        Self {
            automaton,
            chain: layers
                .map(|layer| vec![0.0; layer.transitions.len()])
                .collect(),
            words: vec![0.0; automaton.layers.len() * vocabulary],
            vocabulary,
        }
    }

    /// Both passes, for ln-likelihoods of shape (L, V); returns the evidence.
    pub fn run(&mut self, likelihoods: &[f64]) -> f64 {
        let places = self.automaton.layers.iter().zip(&mut self.chain);
        let places = places.zip(likelihoods.chunks_exact(self.vocabulary));
        let mut after = vec![0.0; self.automaton.last];
        for ((layer, chain), likelihoods) in places.rev() {
            after = backward(layer, likelihoods, &after, chain);
        }
        self.forward();
        after[0]
    }

    pub fn seen<'b>(&'b self, index: usize, x: &'b [f64], evidence: f64) -> Seen<'b> {
        let (words, chain) = (&self.words, &self.chain);
        Seen {
            index,
            x,
            evidence,
            words,
            chain,
        }
    }

    /// p(state | x_t) from the first place to the last, and with it that of each word.
    fn forward(&mut self) {
        self.words.fill(0.0);
        let mut reached = vec![1.0];
        let places = self.automaton.layers.iter().zip(&self.chain);
        let places = places.zip(self.words.chunks_exact_mut(self.vocabulary));
        for (k, ((layer, chain), words)) in places.enumerate() {
            let mut next = vec![0.0; self.automaton.after(k)];
            for (state, reached) in reached.iter().enumerate() {
                if *reached == 0.0 {
                    continue;
                }
                let row = layer.starts[state]..layer.starts[state + 1];
                for (step, p) in layer.transitions[row.clone()].iter().zip(&chain[row]) {
                    words[step.word] += reached * p;
                    next[step.to] += reached * p;
                }
            }
            reached = next;
        }
    }
}

/// ln p(x_k, x_{k+1}, … | state before place k) of each state, from that after it: the ln of a sum over the transitions.
/// Each state subtracts its own largest term. One for the whole place would not do: with little noise, the terms of
/// the states that sentences do pass may lie thousands below the largest.
fn backward(layer: &Layer, likelihoods: &[f64], after: &[f64], chain: &mut [f64]) -> Vec<f64> {
    let pairs = layer.starts.windows(2);
    let states = pairs.map(|pair| {
        let (row, chain) = (pair[0]..pair[1], &mut chain[pair[0]..pair[1]]);
        let mut most = f64::NEG_INFINITY;
        for (step, term) in layer.transitions[row].iter().zip(chain.iter_mut()) {
            *term = step.ln_p + likelihoods[step.word] + after[step.to];
            most = most.max(*term);
        }
        let mut sum = 0.0;
        for term in chain.iter_mut() {
            *term = (*term - most).exp();
            sum += *term;
        }
        chain.iter_mut().for_each(|term| *term /= sum);
        // Of a state out of reach, −∞ + ln 0, which nothing reads.
        most + sum.ln()
    });
    states.collect()
}
