//! A grammar as its reader writes it: attributes, and slots with their alternatives.

use std::collections::BTreeMap;

use super::vocabulary::Vocabulary;
use crate::error::{Error, Result};

/// Weights of alternatives, so that no product of a few leaves f64.
const WEIGHTS: std::ops::RangeInclusive<f64> = 1e-9..=1e9;

/// A parsed description: the attributes of a sentence, then its slots, in order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Description {
    pub attributes: Vec<Attribute>,
    pub slots: Vec<Slot>,
    /// All words in the order in which they first stand there.
    pub words: Vec<String>,
}

/// Something that is decided of a sentence before its words: `tense = past | present`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Attribute {
    pub name: String,
    pub values: Vec<String>,
    /// One alternative a value, without words.
    pub slot: Slot,
}

/// A line of alternatives.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Slot {
    /// Counted from 1.
    pub line: usize,
    pub alternatives: Vec<Alternative>,
}

/// Some words, or none, that may stand in a slot.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Alternative {
    pub words: Vec<usize>,
    pub weight: f64,
    /// Attributes by number, each with the values with which this may be chosen.
    needs: Vec<(usize, Vec<usize>)>,
}

impl Slot {
    /// The alternatives for these values of the attributes, with their probabilities.
    pub fn choices<'a>(
        &'a self,
        values: &[usize],
    ) -> impl Iterator<Item = (usize, &'a Alternative, f64)> {
        let all = self.alternatives.iter().enumerate();
        let fitting: Vec<_> = all.filter(|(_, of)| of.fits(values)).collect();
        let sum: f64 = fitting.iter().map(|(_, of)| of.weight).sum();
        let shared = fitting.into_iter();
        shared.map(move |(i, of)| (i, of, of.weight / sum))
    }
}

impl Alternative {
    fn fits(&self, values: &[usize]) -> bool {
        let mut needs = self.needs.iter();
        needs.all(|(attribute, any)| any.contains(&values[*attribute]))
    }
}

/// What is wrong with a line.
pub(super) fn wrong(line: usize, reason: String) -> Error {
    let (file, line) = ("grammar".into(), Some(line));
    Error::File { file, line, reason }
}

/// What the lines before have named.
#[derive(Default)]
struct Names {
    attributes: Vec<Attribute>,
    words: Vec<String>,
    numbers: BTreeMap<String, usize>,
}

impl Description {
    /// Reads a description; see [`Grammar::new`](super::Grammar::new) for what it may hold.
    pub fn parse(text: &str) -> Result<Self> {
        let (mut names, mut slots) = (Names::default(), Vec::new());
        for (line, text) in whole_lines(text) {
            let text = text.as_str();
            let Some((name, values)) = text.split_once('=') else {
                slots.push(names.slot(line, text)?);
                continue;
            };
            if !slots.is_empty() {
                let reason = "attributes stand before all slots, and \"=\" is no word";
                return Err(wrong(line, reason.into()));
            }
            let attribute = names.attribute(line, name.trim(), values)?;
            names.attributes.push(attribute);
        }
        if slots.is_empty() {
            return Err(Error::Empty {
                what: "list of a grammar's slots",
            });
        }
        let Names {
            attributes, words, ..
        } = names;
        Ok(Self {
            attributes,
            slots,
            words,
        })
    }

    /// Whether these values of the attributes can make these words.
    pub fn makes(&self, values: &[usize], words: &[usize]) -> bool {
        // After how many words each slot may end.
        let mut ends = vec![0];
        for slot in &self.slots {
            let mut next = Vec::new();
            for end in ends {
                let left: &[usize] = &words[end..];
                let those = slot.alternatives.iter();
                let those = those.filter(|of| left.starts_with(&of.words) && of.fits(values));
                next.extend(those.map(|of| end + of.words.len()));
            }
            next.sort_unstable();
            next.dedup();
            ends = next;
        }
        ends.contains(&words.len())
    }
}

/// The lines that say something, with their numbers from 1; one that starts with `|` goes on from the one before.
fn whole_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or("").trim();
        match lines.last_mut() {
            Some((_, last)) if line.starts_with('|') => last.push_str(line),
            _ if line.is_empty() => {}
            _ => lines.push((i + 1, line.into())),
        }
    }
    lines
}

impl Names {
    fn slot(&mut self, line: usize, text: &str) -> Result<Slot> {
        let alternatives = text.split('|').map(|text| {
            let (names, needs, weight) = self.alternative(line, text)?;
            if names == ["-"] {
                return Ok(Alternative {
                    words: Vec::new(),
                    weight,
                    needs,
                });
            }
            let words = names.into_iter().map(|word| self.word(line, word));
            let words = words.collect::<Result<_>>()?;
            Ok(Alternative {
                words,
                weight,
                needs,
            })
        });
        let alternatives = alternatives.collect::<Result<_>>()?;
        Ok(Slot { line, alternatives })
    }

    fn attribute(&mut self, line: usize, name: &str, text: &str) -> Result<Attribute> {
        let taken = self.attributes.iter().any(|other| other.name == name);
        if taken || name.is_empty() || name.contains(char::is_whitespace) {
            let reason = format!(
                "\"{name}\" cannot name an attribute: one word is needed that no other has"
            );
            return Err(wrong(line, reason));
        }
        let (mut values, mut alternatives) = (Vec::<String>::new(), Vec::new());
        for text in text.split('|') {
            let (names, needs, weight) = self.alternative(line, text)?;
            let [value] = names[..] else {
                let reason = format!("\"{}\": a value of an attribute is one word", text.trim());
                return Err(wrong(line, reason));
            };
            let mut others = self.attributes.iter().flat_map(|other| &other.values);
            if value.contains('/')
                || values.iter().any(|v| v == value)
                || others.any(|v| v == value)
            {
                let reason = format!(
                    "\"{value}\" cannot be a value: each has a name of its own, without \"/\""
                );
                return Err(wrong(line, reason));
            }
            values.push(value.into());
            let words = Vec::new();
            alternatives.push(Alternative {
                words,
                weight,
                needs,
            });
        }
        let (name, slot) = (name.into(), Slot { line, alternatives });
        Ok(Attribute { name, values, slot })
    }

    /// `words [value other/value] *weight`: the words, what they need, and the weight, 1 if none stands there.
    #[expect(
        clippy::type_complexity,
        reason = "the three parts of an alternative, taken apart at once"
    )]
    fn alternative<'a>(
        &self,
        line: usize,
        text: &'a str,
    ) -> Result<(Vec<&'a str>, Vec<(usize, Vec<usize>)>, f64)> {
        let (words, rest) = text.split_once('[').unwrap_or((text, "]"));
        let (needs, after) = rest.split_once(']').unwrap_or((rest, "["));
        if words.contains(']') || after.contains(['[', ']']) {
            let reason = format!(
                "\"{}\": one pair of brackets is allowed, [value value]",
                text.trim()
            );
            return Err(wrong(line, reason));
        }
        let (mut names, mut weight) = (Vec::new(), 1.0);
        for word in words.split_whitespace().chain(after.split_whitespace()) {
            match word.strip_prefix('*') {
                Some(number) => weight = self.weight(line, number)?,
                None => names.push(word),
            }
        }
        if names.is_empty() {
            let reason = "an alternative without words: \"-\" stands for none".into();
            return Err(wrong(line, reason));
        }
        let needs = needs.split_whitespace().map(|value| self.need(line, value));
        Ok((names, needs.collect::<Result<_>>()?, weight))
    }

    fn weight(&self, line: usize, number: &str) -> Result<f64> {
        let weight = number
            .parse()
            .ok()
            .filter(|weight| WEIGHTS.contains(weight));
        weight.ok_or_else(|| {
            let reason =
                format!("*{number}: a weight is a number from 1e-9 to 1e9, written as *2.5");
            wrong(line, reason)
        })
    }

    /// An attribute with some of its values, as in `past/present`.
    fn need(&self, line: usize, text: &str) -> Result<(usize, Vec<usize>)> {
        let find = |name: &str| {
            let each = self.attributes.iter().enumerate();
            let mut found = each.filter_map(|(a, attribute)| {
                let value = attribute.values.iter().position(|value| value == name)?;
                Some((a, value))
            });
            found.next().ok_or_else(|| {
                wrong(
                    line,
                    format!("\"{name}\" is no value of an attribute above"),
                )
            })
        };
        let found: Vec<(usize, usize)> = text.split('/').map(find).collect::<Result<_>>()?;
        let attribute = found[0].0;
        if found.iter().any(|(a, _)| *a != attribute) {
            let reason = format!(
                "[{text}]: values of different attributes; a space between them means that both are needed"
            );
            return Err(wrong(line, reason));
        }
        Ok((
            attribute,
            found.into_iter().map(|(_, value)| value).collect(),
        ))
    }

    fn word(&mut self, line: usize, word: &str) -> Result<usize> {
        if word == Vocabulary::PADDING || word == "-" {
            return Err(wrong(line, format!("\"{word}\" is no word of a grammar")));
        }
        if let Some(number) = self.numbers.get(word) {
            return Ok(*number);
        }
        let number = self.words.len();
        self.words.push(word.into());
        self.numbers.insert(word.into(), number);
        Ok(number)
    }
}
