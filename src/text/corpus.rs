//! Sentences from a text file of one's own.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use ndarray::{Array2, Axis};
use rand::seq::SliceRandom;

use super::corpus_report::CorpusReport;
use super::tokens::{tokens, written};
use super::vocabulary::Vocabulary;
use crate::check;
use crate::encoding::{self, Kind, Trouble, failure};
#[cfg(doc)]
use crate::error::Error;
use crate::error::Result;
use crate::rng::Rng;

/// What of a text becomes sentences.
#[derive(Debug, Clone, PartialEq)]
pub struct CorpusConfig {
    /// How often a word must occur, to be one of the vocabulary; 2 unless said otherwise.
    pub min_count: usize,
    /// How many words the vocabulary has at most, the most frequent, besides the unknown and the padding word; none:
    /// as many as there are.
    pub max_words: Option<usize>,
    /// How many words and signs a sentence has at most, L; none: as few as hold 95 % of the sentences.
    pub places: Option<usize>,
}

impl Default for CorpusConfig {
    fn default() -> Self {
        Self {
            min_count: 2,
            max_words: None,
            places: None,
        }
    }
}

/// Sentences of a text, one a line: the reader's own.
///
/// Lines become lower case and are split into words and signs; a sign such as a comma is a word like any other. A
/// point, apostrophe or hyphen within a word belongs to it, and so does a comma within a number (`don't`,
/// `well-known`, `3.14`, `1,000`). Composed and decomposed accents (é) stay what they are: bring a text to one form
/// first.
///
/// ```
/// use diffusion_intuition::text::{Corpus, CorpusConfig};
///
/// let text = "The sea is calm.\n\nThe sea isn't far!\nThe moon is far.\n";
/// let config = CorpusConfig { places: Some(5), ..CorpusConfig::default() };
/// let corpus = Corpus::parse(text, &config)?;
/// assert_eq!(corpus.sentences.dim(), (3, 5));
/// let second = corpus.sentences.row(1).to_vec(); // "isn't" and "!" occur once only
/// assert_eq!(corpus.text(&second), "the sea <unk> far <unk>");
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Corpus {
    /// The words, from the most frequent to the rarest, those as frequent in alphabetical order; then
    /// [`UNKNOWN`](Self::UNKNOWN) and the [padding word](Vocabulary::PADDING).
    pub vocabulary: Vocabulary,
    /// The sentences, (n, L) numbers of words; shorter ones end in the padding word.
    pub sentences: Array2<usize>,
    /// The line of the file, counted from 1, of each sentence; length n.
    pub lines: Vec<usize>,
    /// What was counted and left out.
    pub report: CorpusReport,
}

/// Places above which nobody's lines are sentences, unless so many are asked for.
const MOST_PLACES: usize = 128;

impl Corpus {
    /// What stands for every word that is too rare for the vocabulary.
    pub const UNKNOWN: &str = "<unk>";

    /// What stands for a word that is to be found: see [`pattern`](Self::pattern).
    pub const BLANK: &str = "___";

    /// Reads a file of at most 1 GiB, in UTF-8 or UTF-16, one sentence a line, whatever the lines' ends; lines without
    /// words are passed over, and longer ones than [`places`](CorpusConfig::places) left out.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting of 0; [`Error::File`], with the line if it is about one, for a file that
    /// cannot be read or is no text, has no sentences, no word that occurs often enough, or lines so long that they
    /// are no sentences (95 % need more than 128 places), unless `places` says how many; [`Error::Size`] for more
    /// sentences than memory can hold.
    pub fn read(path: impl AsRef<Path>, config: &CorpusConfig) -> Result<Self> {
        let path = path.as_ref();
        let text = encoding::read_file(path, Kind::Sentences)?;
        Self::build(&path.display().to_string(), &text, config)
    }

    /// [`read`](Self::read) of a text instead of a file.
    ///
    /// # Errors
    /// As [`read`](Self::read); the file is called "text".
    pub fn parse(text: &str, config: &CorpusConfig) -> Result<Self> {
        let text = encoding::read("text", text.as_bytes(), Kind::Sentences)?;
        Self::build("text", &text, config)
    }

    fn build(name: &str, text: &str, config: &CorpusConfig) -> Result<Self> {
        let settings = [
            ("min_count", Some(config.min_count)),
            ("max_words", config.max_words),
            ("places", config.places),
        ];
        for (name, value) in settings {
            let value = value.unwrap_or(1);
            check::parameter(name, value, value > 0, "at least 1")?;
        }
        let failed = |trouble: Trouble| failure(name, trouble);
        let raw = Raw::new(text);
        let places = raw.places(config).map_err(failed)?;
        let rows: Vec<usize> = (0..raw.sentences.len())
            .filter(|i| raw.sentences[*i].1.len() <= places)
            .collect();
        let counts = raw.counts(&rows);
        let mut known: Vec<usize> = (0..counts.len())
            .filter(|word| counts[*word] >= config.min_count)
            .collect();
        known.sort_by(|a, b| (counts[*b].cmp(&counts[*a])).then(raw.words[*a].cmp(&raw.words[*b])));
        known.truncate(config.max_words.unwrap_or(usize::MAX));
        if known.is_empty() {
            let least = config.min_count;
            let reason =
                format!("no word of it occurs {least} times, as one of the vocabulary must");
            return Err(failed((None, reason)));
        }
        let words = known.iter().map(|word| raw.words[*word].as_str());
        let vocabulary = Vocabulary::new(words.chain([Self::UNKNOWN, Vocabulary::PADDING]))?;
        let (unknown, padding) = (known.len(), known.len() + 1);
        let mut numbers = vec![unknown; counts.len()];
        for (number, word) in known.iter().enumerate() {
            numbers[*word] = number;
        }
        check::elements::<usize>("sentences", &[rows.len(), places])?;
        let mut sentences = Array2::from_elem((rows.len(), places), padding);
        for (mut row, i) in sentences.rows_mut().into_iter().zip(&rows) {
            for (place, word) in row.iter_mut().zip(&raw.sentences[*i].1) {
                *place = numbers[*word];
            }
        }
        let report = raw.report(text, &rows, &counts, &sentences, unknown);
        Ok(Self {
            vocabulary,
            sentences,
            lines: rows.iter().map(|i| raw.sentences[*i].0).collect(),
            report,
        })
    }

    /// Places of a sentence, L.
    pub fn places(&self) -> usize {
        self.sentences.ncols()
    }

    /// A sentence as people write it, without the padding: no space before a comma, quotation marks closed.
    pub fn text(&self, sentence: &[usize]) -> String {
        let padding = self.vocabulary.padding();
        let words = sentence.iter().filter(|word| Some(**word) != padding);
        written(words.map(|word| self.vocabulary.word(*word)))
    }

    /// A sentence with blanks, `the ___ is calm`, as [`Vocabulary::pattern`] reads it: the number of each word that is
    /// known, none for a blank (two or more underscores), and padding after the end; length L.
    ///
    /// # Errors
    /// [`Error::Name`] for a word that the vocabulary does not have, with the nearest that it has; [`Error::Shape`] for
    /// more words than places.
    pub fn pattern(&self, text: &str) -> Result<Vec<Option<usize>>> {
        let text = tokens(text).join(" ");
        self.vocabulary.pattern(&text, self.places())
    }

    /// Sentences to learn from and sentences to judge by: holds out `held_out` *different* ones, chosen at random, with
    /// all their copies, so that none of them is seen in training. Both in the order of the file.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless at least 1 is held out, and at least 1 left.
    pub fn split(&self, held_out: usize, rng: &mut Rng) -> Result<(Array2<usize>, Array2<usize>)> {
        let sentences = self.sentences.rows().into_iter().map(|row| row.to_vec());
        let mut seen = HashSet::new();
        let mut different: Vec<Vec<usize>> =
            sentences.filter(|row| seen.insert(row.clone())).collect();
        let fine = held_out >= 1 && held_out < different.len();
        let valid = "at least 1, with 1 left to train on";
        check::parameter("number of held-out sentences", held_out, fine, valid)?;
        different.shuffle(rng);
        let chosen: HashSet<Vec<usize>> = different.drain(..held_out).collect();
        let rows = 0..self.sentences.nrows();
        let is_held = |row: &usize| chosen.contains(&self.sentences.row(*row).to_vec());
        let (held, train): (Vec<usize>, Vec<usize>) = rows.partition(is_held);
        let [train, held] = [train, held].map(|rows| self.sentences.select(Axis(0), &rows));
        Ok((train, held))
    }
}

/// A text whose words have numbers, in the order in which they come.
struct Raw {
    words: Vec<String>,
    /// The line, counted from 1, and the words of each that has some.
    sentences: Vec<(usize, Vec<usize>)>,
}

impl Raw {
    fn new(text: &str) -> Self {
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let mut words = Vec::new();
        let mut sentences = Vec::new();
        for (i, line) in text.lines().enumerate() {
            let tokens = tokens(line).into_iter().map(|token| {
                *numbers.entry(token).or_insert_with_key(|token| {
                    words.push(token.clone());
                    words.len() - 1
                })
            });
            let sentence: Vec<usize> = tokens.collect();
            if !sentence.is_empty() {
                sentences.push((i + 1, sentence));
            }
        }
        Self { words, sentences }
    }

    /// L: what is asked for, or the length that 95 % of the sentences do not exceed.
    fn places(&self, config: &CorpusConfig) -> Result<usize, Trouble> {
        let mut lengths: Vec<usize> = self
            .sentences
            .iter()
            .map(|(_, words)| words.len())
            .collect();
        lengths.sort_unstable();
        let Some(shortest) = lengths.first() else {
            return Err((None, "it has no sentences, only empty lines".into()));
        };
        if let Some(places) = config.places {
            let reason = || {
                format!(
                    "even the shortest of its sentences has {shortest} words, more than {places}"
                )
            };
            return (*shortest <= places)
                .then_some(places)
                .ok_or_else(|| (None, reason()));
        }
        let places = lengths[(lengths.len() * 19).div_ceil(20) - 1];
        if places > MOST_PLACES {
            let long = self
                .sentences
                .iter()
                .find(|(_, words)| words.len() > MOST_PLACES);
            let (line, words) = long.map_or((1, 0), |(line, words)| (*line, words.len()));
            let reason = format!(
                "it has {words} words and signs, and more than one line in twenty has over {MOST_PLACES}: one sentence \
                 a line is expected; a longest length that is given leaves longer lines out"
            );
            return Err((Some(line), reason));
        }
        Ok(places)
    }

    /// How often each word occurs in the sentences that are kept.
    fn counts(&self, rows: &[usize]) -> Vec<usize> {
        let mut counts = vec![0; self.words.len()];
        for word in rows.iter().flat_map(|i| &self.sentences[*i].1) {
            counts[*word] += 1;
        }
        counts
    }

    fn report(
        &self,
        text: &str,
        rows: &[usize],
        counts: &[usize],
        sentences: &Array2<usize>,
        unknown: usize,
    ) -> CorpusReport {
        let mut lengths: Vec<usize> = rows.iter().map(|i| self.sentences[*i].1.len()).collect();
        lengths.sort_unstable();
        let all = self
            .sentences
            .iter()
            .map(|(line, words)| (words.len(), *line));
        let different: HashSet<Vec<usize>> = sentences
            .rows()
            .into_iter()
            .map(|row| row.to_vec())
            .collect();
        let lines = text.lines().count();
        CorpusReport {
            lines,
            empty: lines - self.sentences.len(),
            too_long: self.sentences.len() - rows.len(),
            longest: all
                .rev()
                .max_by_key(|(words, _)| *words)
                .unwrap_or_default(),
            sentences: rows.len(),
            repeated: rows.len() - different.len(),
            median_length: lengths.get(rows.len() / 2).copied().unwrap_or(0),
            longest_kept: lengths.last().copied().unwrap_or(0),
            words: lengths.iter().sum(),
            unknown: sentences.iter().filter(|word| **word == unknown).count(),
            different: counts.iter().filter(|count| **count > 0).count(),
            vocabulary: unknown,
        }
    }
}
