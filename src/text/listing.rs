//! A language word by word: what may come next, what was typed, and all that can be said.

use ndarray::Array2;

use super::grammar::Grammar;
use super::vocabulary::Vocabulary;
use crate::check;
use crate::error::{Error, Result};

impl Grammar {
    /// The words, in rising order, that may follow these, the first of a sentence; none after words that begin no
    /// sentence, nor after a whole one. The padding word means that the sentence may end here.
    pub fn next(&self, words: &[usize]) -> Vec<usize> {
        let (layers, mut state) = (&self.automaton().layers, 0);
        for (k, word) in words.iter().enumerate() {
            let row = layers.get(k).map_or(&[][..], |layer| layer.row(state));
            match row.iter().find(|step| step.word == *word) {
                Some(step) => state = step.to,
                None => return Vec::new(),
            }
        }
        let row = layers.get(words.len()).map_or(&[][..], |of| of.row(state));
        row.iter().map(|step| step.word).collect()
    }

    /// The numbers of a sentence as someone types it: capitals are small letters, and a full stop may end it.
    ///
    /// # Errors
    /// [`Error::Name`] for the first word that is unknown or out of place, with its position and what may stand there.
    pub fn parse(&self, text: &str) -> Result<Vec<usize>> {
        let text = text.trim().trim_end_matches('.').to_lowercase();
        let (vocabulary, mut sentence) = (self.vocabulary(), Vec::new());
        for word in text.split_whitespace() {
            let number = vocabulary
                .index(word)
                .filter(|_| word != Vocabulary::PADDING);
            match number.filter(|number| self.next(&sentence).contains(number)) {
                Some(number) => sentence.push(number),
                None => return Err(self.misplaced(&sentence, word)),
            }
        }
        let padding = vocabulary.padding();
        while sentence.len() < self.places() {
            match padding.filter(|padding| self.next(&sentence).contains(padding)) {
                Some(padding) => sentence.push(padding),
                None => return Err(self.misplaced(&sentence, "")),
            }
        }
        Ok(sentence)
    }

    /// Every sentence of the language, shape (n, L), by the numbers of their words in rising order.
    ///
    /// # Errors
    /// [`Error::Size`] if there are more than memory can hold.
    pub fn list(&self) -> Result<Array2<usize>> {
        let (n, places) = (self.sentences() as usize, self.places());
        check::elements::<usize>("sentences of a grammar", &[n, places])?;
        // The words chosen so far, and before each: its state, and how many of its words are done.
        let (mut words, mut sentence) = (Vec::with_capacity(n * places), Vec::new());
        let mut open = vec![(0, 0)];
        while let Some((state, done)) = open.pop() {
            let layer = self.automaton().layers.get(open.len());
            match layer.and_then(|layer| layer.row(state).get(done)) {
                Some(step) => {
                    open.extend([(state, done + 1), (step.to, 0)]);
                    sentence.push(step.word);
                }
                None => {
                    if layer.is_none() {
                        words.extend(&sentence);
                    }
                    sentence.pop();
                }
            }
        }
        Ok(Array2::from_shape_vec((n, places), words).expect("n sentences"))
    }

    /// The error for `word` after the words of `before`.
    fn misplaced(&self, before: &[usize], word: &str) -> Error {
        let vocabulary = self.vocabulary();
        let written = |number: usize| match vocabulary.word(number) {
            Vocabulary::PADDING => "the end",
            word => word,
        };
        let next = self.next(before).into_iter().map(written);
        let valid = match next.collect::<Vec<_>>().as_slice() {
            [] => "here the sentence ends".into(),
            [one] => format!("here stands {one}"),
            [most @ .., last] => format!("here may stand {} or {last}", most.join(", ")),
        };
        let place = before.len() + 1;
        let (what, name) = match (word, before.last()) {
            ("", Some(last)) => ("after the last word".into(), written(*last)),
            ("", None) => ("the sentence".into(), word),
            _ => (format!("word {place} (counted from 1)"), word),
        };
        let name = name.into();
        Error::Name { what, name, valid }
    }
}
