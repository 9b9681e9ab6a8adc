//! What was read of a text, and what was left out.

use std::fmt;

/// What [`Corpus`](super::Corpus) counted; displayed, it is a few sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CorpusReport {
    /// Lines of the file.
    pub lines: usize,
    /// Lines without a word, which were passed over.
    pub empty: usize,
    /// Sentences with more words than there are places, which were left out.
    pub too_long: usize,
    /// Words of the longest sentence, and its line, counted from 1; of several the first.
    pub longest: (usize, usize),
    /// Sentences that are kept, n.
    pub sentences: usize,
    /// Sentences among them that stand there already, before them.
    pub repeated: usize,
    /// Half of the kept sentences have at most so many words.
    pub median_length: usize,
    /// Words of the longest kept sentence.
    pub longest_kept: usize,
    /// Words and signs of the kept sentences.
    pub words: usize,
    /// Those among them that are not in the vocabulary.
    pub unknown: usize,
    /// Different words and signs of the kept sentences.
    pub different: usize,
    /// Those among them that are in the vocabulary.
    pub vocabulary: usize,
}

impl CorpusReport {
    /// The share of words that are not in the vocabulary, in [0, 1].
    pub fn unknown_share(&self) -> f64 {
        self.unknown as f64 / self.words.max(1) as f64
    }
}

impl fmt::Display for CorpusReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, empty, .. } = self;
        write!(
            f,
            "{lines} lines, {empty} of them empty. {} sentences",
            self.sentences
        )?;
        let (median, longest) = (self.median_length, self.longest_kept);
        write!(
            f,
            " of up to {longest} words and signs, half of them of up to {median}"
        )?;
        if self.repeated > 0 {
            write!(f, "; {} repeat an earlier one", self.repeated)?;
        }
        if self.too_long > 0 {
            let (words, line) = self.longest;
            write!(
                f,
                "; {} longer ones are left out, up to {words} words (line {line})",
                self.too_long
            )?;
        }
        let share = 100.0 * self.unknown_share();
        write!(
            f,
            ".\n{} words and signs, {} different, {} in the vocabulary; {} others ({share:.1} %) are unknown words.",
            self.words, self.different, self.vocabulary, self.unknown
        )
    }
}
