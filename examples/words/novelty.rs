//! How much of what is written stands in the text.

use std::collections::HashSet;

use diffusion_intuition::prelude::*;

/// What some sentences share with those that were learned from.
#[derive(Debug, Clone, PartialEq)]
pub struct Novelty {
    /// Share of sentences that were learned from, word for word.
    pub copies: f64,
    /// How many different sentences there are.
    pub distinct: usize,
    /// Share of the pairs of neighbouring words, of the triples, that stand in a sentence that was learned from.
    pub known: [f64; 2],
    /// Words a sentence.
    pub length: f64,
    /// Share of words that are the unknown one.
    pub unknown: f64,
}

/// The sentences that were learned from, their pairs and their triples of words.
pub struct Learned {
    padding: usize,
    unknown: usize,
    sentences: HashSet<Vec<usize>>,
    groups: [HashSet<Vec<usize>>; 2],
}

impl Learned {
    /// Words are numbers; `padding` fills sentences up, `unknown` stands for rare ones.
    pub fn new(sentences: &Array2<usize>, padding: usize, unknown: usize) -> Self {
        let mut learned = Self {
            padding,
            unknown,
            sentences: HashSet::new(),
            groups: Default::default(),
        };
        for sentence in sentences.rows() {
            let words = learned.words(&sentence.to_vec());
            for (groups, n) in learned.groups.iter_mut().zip([2, 3]) {
                groups.extend(words.windows(n).map(<[usize]>::to_vec));
            }
            learned.sentences.insert(words);
        }
        learned
    }

    fn words(&self, sentence: &[usize]) -> Vec<usize> {
        let words = sentence.iter().copied();
        words.filter(|word| *word != self.padding).collect()
    }

    /// Whether a sentence was learned from.
    pub fn has(&self, sentence: &[usize]) -> bool {
        self.sentences.contains(&self.words(sentence))
    }

    pub fn novelty(&self, sentences: &Array2<usize>) -> Novelty {
        let rows = sentences.rows().into_iter().map(|row| row.to_vec());
        let rows: Vec<Vec<usize>> = rows.map(|row| self.words(&row)).collect();
        let known = [2, 3].map(|n| {
            let groups = rows.iter().flat_map(|words| words.windows(n));
            share(groups.map(|group| self.groups[n - 2].contains(group)))
        });
        Novelty {
            copies: share(rows.iter().map(|words| self.sentences.contains(words))),
            distinct: rows.iter().collect::<HashSet<_>>().len(),
            known,
            length: rows.iter().map(Vec::len).sum::<usize>() as f64 / rows.len() as f64,
            unknown: share(rows.iter().flatten().map(|word| *word == self.unknown)),
        }
    }
}

/// The share of what is so; NaN of nothing.
fn share(all: impl Iterator<Item = bool>) -> f64 {
    let (mut so, mut count) = (0, 0);
    for is in all {
        so += usize::from(is);
        count += 1;
    }
    so as f64 / f64::from(count)
}
