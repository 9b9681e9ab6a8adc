//! A language whose every sentence has a known probability.

use ndarray::{Array2, ArrayView1};

use super::automaton::Automaton;
use super::compile::{Values, compile, values};
use super::description::Description;
use super::vocabulary::Vocabulary;
use crate::check;
use crate::error::{Error, Result};
use crate::parallel::*;
use crate::rng::Rng;

/// Sentences drawn from one stream of random numbers.
const PIECE: usize = 256;

/// A probabilistic grammar with finitely many sentences, all of L places.
///
/// It is written as a text: first attributes, whose values are drawn for each sentence, then slots, in order. The
/// words of a slot are drawn among its alternatives that fit the attributes.
///
/// ```
/// use diffusion_intuition::{Rng, text::Grammar};
///
/// let grammar = Grammar::new(
///     "number = one | many
///      time   = past | now *2            # twice as likely
///      the | this [one] | these [many]   # those in brackets need a value, or several
///      - *3 | very old                   # or nothing
///      engineer [one] | engineers [many]
///      built [past] | builds [now one] | build [now many]
///      bridges | a tower | the tallest house",
///     8, // places
/// )?;
/// let sentence = grammar.vocabulary().parse("these very old engineers built bridges", 8)?;
/// // many, past, these, very old, bridges:
/// let p: f64 = 1. / 2. * 1. / 3. * 1. / 2. * 1. / 4. * 1. / 3.;
/// assert!((grammar.log_prob(&sentence)? - p.ln()).abs() < 1e-12);
/// assert_eq!(grammar.attribute("number", &sentence)?, Some("many"));
///
/// let wrong = grammar.vocabulary().parse("this engineer build bridges", 8)?;
/// assert_eq!(grammar.first_error(&wrong)?, Some(2));
/// assert_eq!(grammar.sentences(), 48.0);
/// assert_eq!(grammar.sample(5, &mut Rng::new(0))?.dim(), (5, 8));
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
///
/// It is compiled to a layered automaton: [`states`](Self::states) between the places, as few as possible, and words
/// that lead from one to the next. So probabilities, the entropy and the number of sentences are exact, and a sentence
/// that can be made in two ways has the probability of both (Mohri 1997, §3: determinisation and minimisation).
#[derive(Debug, Clone, PartialEq)]
pub struct Grammar {
    description: Description,
    values: Vec<Values>,
    vocabulary: Vocabulary,
    automaton: Automaton,
}

impl Grammar {
    /// The grammar that `text` describes, of sentences of `places` places; shorter ones end in padding.
    ///
    /// A line is an attribute, `name = value | value`, or a slot, `word | word word | -`, where `-` stands for no word.
    /// An alternative may have a weight, `*2.5` (1 if not), and, in brackets, values that it needs: `[many past/now]`
    /// needs `many`, and `past` or `now`. So may the value of an attribute need those of attributes above it. Weights
    /// are shared among the alternatives that fit. `#` starts a comment.
    ///
    /// # Errors
    /// [`Error::File`], of the file "grammar", with the line, for one that does not read so, or that has no alternative
    /// for some values of the attributes; [`Error::Empty`] without slots; [`Error::Unsupported`] for sentences longer
    /// than `places`, or no places; [`Error::Size`] if it would take more than a million states and alternatives.
    pub fn new(text: &str, places: usize) -> Result<Self> {
        let description = Description::parse(text)?;
        let values = values(&description)?;
        let padding = description.words.len();
        let automaton = compile(&description, &values, places, padding)?;
        let mut words = description.words.clone();
        let mut used = automaton.layers.iter().flat_map(|layer| &layer.transitions);
        if used.any(|step| step.word == padding) {
            words.push(Vocabulary::PADDING.into());
        }
        let vocabulary = Vocabulary::new(words)?;
        Ok(Self {
            description,
            values,
            vocabulary,
            automaton,
        })
    }

    /// The words, in the order in which they first stand in the text; the padding word, if some sentence needs it, last.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// L, the number of places of every sentence.
    pub fn places(&self) -> usize {
        self.automaton.layers.len()
    }

    /// States of the automaton, with the one before the first place and the one after the last.
    pub fn states(&self) -> usize {
        self.automaton.states()
    }

    /// H = −Σ p ln p over all sentences, in nats: the mean of −[`log_prob`](Self::log_prob) of what is
    /// [sampled](Self::sample). No model of these sentences needs fewer nats for one.
    pub fn entropy(&self) -> f64 {
        self.automaton.entropy()
    }

    /// How many different sentences there are.
    pub fn sentences(&self) -> f64 {
        self.automaton.sentences()
    }

    /// `n` independent sentences, shape (n, L): 0-based word numbers. The same at any number of threads.
    ///
    /// # Errors
    /// [`Error::Size`] for more than memory can hold.
    pub fn sample(&self, n: usize, rng: &mut Rng) -> Result<Array2<usize>> {
        let places = self.places();
        let mut words = vec![0; check::elements::<usize>("sentences", &[n, places])?];
        let streams = rng.forks(n.div_ceil(PIECE));
        let pieces = words.par_chunks_mut(PIECE * places).zip(streams);
        pieces.for_each(|(sentences, mut rng)| {
            for sentence in sentences.chunks_exact_mut(places) {
                self.automaton.draw(sentence, &mut rng);
            }
        });
        Ok(Array2::from_shape_vec((n, places), words).expect("n sentences"))
    }

    /// ln p of a sentence, in nats; −∞ if it is not of the language.
    ///
    /// # Errors
    /// [`Error::Shape`] unless it has L places; [`Error::Word`] for a number that is no word.
    pub fn log_prob(&self, sentence: &[usize]) -> Result<f64> {
        self.check(sentence)?;
        Ok(self.automaton.walk(sentence).unwrap_or(f64::NEG_INFINITY))
    }

    /// The 0-based place of the first word after which no sentence of the language can follow; none for a sentence of
    /// the language.
    ///
    /// # Errors
    /// As [`log_prob`](Self::log_prob).
    pub fn first_error(&self, sentence: &[usize]) -> Result<Option<usize>> {
        self.check(sentence)?;
        Ok(self.automaton.walk(sentence).err())
    }

    /// The attributes, each with its values, in the order of the description.
    pub fn attributes(&self) -> Vec<(&str, Vec<&str>)> {
        let all = self.description.attributes.iter();
        let named = all.map(|of| (&*of.name, of.values.iter().map(String::as_str).collect()));
        named.collect()
    }

    /// The value of an attribute of a sentence; none if it is not of the language, or if its words leave that open.
    ///
    /// # Errors
    /// [`Error::Name`] for an attribute that the grammar does not have; else as [`log_prob`](Self::log_prob).
    pub fn attribute(&self, name: &str, sentence: &[usize]) -> Result<Option<&str>> {
        let attribute = self.number(name)?;
        self.check(sentence)?;
        let values = &self.description.attributes[attribute].values;
        Ok(self.value(attribute, sentence).map(|value| &*values[value]))
    }

    /// [`attribute`](Self::attribute) of each of n sentences, (n, L), as the 0-based number of the value among those that
    /// [`attributes`](Self::attributes) lists: labels to train with.
    ///
    /// # Errors
    /// As [`attribute`](Self::attribute).
    pub fn labels(&self, name: &str, sentences: &Array2<usize>) -> Result<Vec<Option<usize>>> {
        let attribute = self.number(name)?;
        check::same_shape(
            "sentences",
            &[sentences.nrows(), self.places()],
            sentences.shape(),
        )?;
        check::words(sentences, self.vocabulary.len())?;
        let rows: Vec<ArrayView1<usize>> = sentences.rows().into_iter().collect();
        let label = |row: &ArrayView1<usize>| self.value(attribute, &row.to_vec());
        Ok(rows.par_iter().map(label).collect())
    }

    /// The grammar of the sentences whose attributes have these values, `[("tense", "past"), …]`, and the probability of
    /// that. Its vocabulary and its places are the same.
    ///
    /// # Errors
    /// [`Error::Name`] for an attribute or a value that the grammar does not have; [`Error::Unsupported`] if no
    /// sentence has them all.
    pub fn given(&self, wanted: &[(&str, &str)]) -> Result<(Self, f64)> {
        let mut numbers = Vec::new();
        for (name, value) in wanted {
            let attribute = self.number(name)?;
            let known = &self.description.attributes[attribute].values;
            let found = known.iter().position(|other| other == value);
            let value = found.ok_or_else(|| Error::Name {
                what: format!("value of \"{name}\""),
                name: value.to_string(),
                valid: format!("its values are {}", known.join(", ")),
            })?;
            numbers.push((attribute, value));
        }
        let fits = |(values, _): &&Values| numbers.iter().all(|(a, value)| values[*a] == *value);
        let mut values: Vec<Values> = self.values.iter().filter(fits).cloned().collect();
        let p: f64 = values.iter().map(|(_, p)| p).sum();
        if values.is_empty() {
            let pairs = wanted
                .iter()
                .map(|(name, value)| format!("{name} = {value}"));
            let what = format!("sentences with {}", pairs.collect::<Vec<_>>().join(" and "));
            let valid = "there are none: these exclude each other";
            return Err(Error::Unsupported { what, valid });
        }
        values.iter_mut().for_each(|(_, q)| *q /= p);
        let padding = self.description.words.len();
        let automaton = compile(&self.description, &values, self.places(), padding)?;
        let grammar = Self {
            values,
            automaton,
            ..self.clone()
        };
        Ok((grammar, p))
    }

    /// The automaton, for what computes with it.
    pub(super) fn automaton(&self) -> &Automaton {
        &self.automaton
    }

    fn check(&self, sentence: &[usize]) -> Result<()> {
        check::same_shape("sentence", &[self.places()], &[sentence.len()])?;
        check::words(sentence, self.vocabulary.len())
    }

    /// The number of an attribute.
    fn number(&self, name: &str) -> Result<usize> {
        let all = &self.description.attributes;
        let found = all.iter().position(|attribute| attribute.name == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = all.iter().map(|of| &*of.name).collect();
            Error::Name {
                what: "attribute".into(),
                name: name.into(),
                valid: match names[..] {
                    [] => "the grammar has none".into(),
                    _ => format!("the grammar has {}", names.join(", ")),
                },
            }
        })
    }

    /// The value that an attribute has whenever it has one with which the sentence can be made.
    fn value(&self, attribute: usize, sentence: &[usize]) -> Option<usize> {
        self.automaton.walk(sentence).ok()?;
        let end = sentence
            .iter()
            .rposition(|word| *word < self.description.words.len());
        let words = &sentence[..end.map_or(0, |end| end + 1)];
        let mut value = None;
        for (values, _) in &self.values {
            if value != Some(values[attribute]) && self.description.makes(values, words) {
                if value.is_some() {
                    return None;
                }
                value = Some(values[attribute]);
            }
        }
        value
    }
}
