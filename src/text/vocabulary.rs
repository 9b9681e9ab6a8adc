//! Words and their numbers.

use std::collections::BTreeMap;

use crate::check;
use crate::error::{Error, Result};

/// The words of a language, numbered from 0.
///
/// A sentence has a fixed number of places; a shorter one ends in the padding word [`PADDING`](Self::PADDING), a word
/// like any other, which is not written out.
///
/// ```
/// use diffusion_intuition::text::Vocabulary;
///
/// let words = Vocabulary::new(["the", "sea", "is", "calm", "·"])?;
/// let sentence = words.parse("the sea is calm", 6)?;
/// assert_eq!(sentence, [0, 1, 2, 3, 4, 4]);
/// assert_eq!(words.text(&sentence), "the sea is calm");
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Vocabulary {
    words: Vec<String>,
    numbers: BTreeMap<String, usize>,
}

impl Vocabulary {
    /// What fills the places after the end of a sentence.
    pub const PADDING: &str = "·";

    /// These words, in this order.
    ///
    /// # Errors
    /// [`Error::Empty`] without words; [`Error::Name`] for one that is empty, has white space in it, or stands there
    /// twice.
    pub fn new<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Result<Self> {
        let words: Vec<String> = words.into_iter().map(Into::into).collect();
        check::not_empty("vocabulary", words.len())?;
        let mut numbers = BTreeMap::new();
        for (number, word) in words.iter().enumerate() {
            let wrong = |valid: &str| Error::Name {
                what: format!("word {number} of a vocabulary"),
                name: word.clone(),
                valid: valid.into(),
            };
            if word.is_empty() || word.contains(char::is_whitespace) {
                return Err(wrong("a word has letters and no white space"));
            }
            if numbers.insert(word.clone(), number).is_some() {
                return Err(wrong("it stands there before, and words differ"));
            }
        }
        Ok(Self { words, numbers })
    }

    /// How many words there are, V.
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Word number `i`, counted from 0; `"?"` for a number that no word has.
    pub fn word(&self, i: usize) -> &str {
        self.words.get(i).map_or("?", String::as_str)
    }

    /// The number of a word.
    pub fn index(&self, word: &str) -> Option<usize> {
        self.numbers.get(word).copied()
    }

    /// The number of the padding word, if there is one.
    pub fn padding(&self) -> Option<usize> {
        self.index(Self::PADDING)
    }

    /// A sentence, written: its words, without the padding.
    pub fn text(&self, sentence: &[usize]) -> String {
        let padding = self.padding();
        let words = sentence.iter().filter(|word| Some(**word) != padding);
        words
            .map(|word| self.word(*word))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The numbers of a written sentence, filled to `places` with the padding word.
    ///
    /// # Errors
    /// [`Error::Name`] for a word that is not of the vocabulary, with the nearest that is; [`Error::Shape`] for a
    /// sentence with more words than `places`, or with fewer if there is no padding word; [`Error::Size`] for more
    /// places than memory can hold.
    pub fn parse(&self, text: &str, places: usize) -> Result<Vec<usize>> {
        let numbers = text.split_whitespace().enumerate();
        let numbers = numbers.map(|(place, word)| self.number(word, place));
        let mut sentence: Vec<usize> = numbers.collect::<Result<_>>()?;
        fill(&mut sentence, self.padding(), places)?;
        Ok(sentence)
    }

    /// A sentence with gaps, for [`ExactText::known`](super::ExactText::known): in `the ___ engineers ...`, two or more
    /// underscores are any word, and three dots at the end (if they are no word themselves) any words or none. Without
    /// them, padding follows as in [`parse`](Self::parse).
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn pattern(&self, text: &str, places: usize) -> Result<Vec<Option<usize>>> {
        let open = text.trim_end().strip_suffix("...");
        let open = open.filter(|_| self.index("...").is_none());
        let gap = |word: &str| word.len() > 1 && word.bytes().all(|byte| byte == b'_');
        let words = open.unwrap_or(text).split_whitespace().enumerate();
        let words = words.map(|(place, word)| match gap(word) {
            true => Ok(None),
            false => self.number(word, place).map(Some),
        });
        let mut pattern: Vec<Option<usize>> = words.collect::<Result<_>>()?;
        let rest = match open {
            Some(_) => Some(None),
            None => self.padding().map(Some),
        };
        fill(&mut pattern, rest, places)?;
        Ok(pattern)
    }

    fn number(&self, word: &str, place: usize) -> Result<usize> {
        self.index(word).ok_or_else(|| {
            let nearest = self.words.iter().min_by_key(|other| edits(word, other));
            let nearest = nearest.map_or("", String::as_str);
            Error::Name {
                what: format!("word {} (counted from 1)", place + 1),
                name: word.into(),
                valid: format!(
                    "none of the {} words; the nearest is \"{nearest}\"",
                    self.len()
                ),
            }
        })
    }
}

/// Fills a sentence to `places` with `rest`.
fn fill<W: Clone>(sentence: &mut Vec<W>, rest: Option<W>, places: usize) -> Result<()> {
    match rest {
        Some(rest) if sentence.len() < places => {
            check::elements::<W>("the places of a sentence", &[places])?;
            sentence.resize(places, rest);
            Ok(())
        }
        _ => check::same_shape("sentence", &[places], &[sentence.len()]),
    }
}

/// How many letters must be put in, taken out or changed to make one word the other (Levenshtein 1966), of their first
/// 32.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(32).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(32).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
