//! Sentences and the pictures that they allow.

use ndarray::Array2;
use rand::RngExt;

use super::language::{GRAMMAR, Layout, PLACES, Sentence, UNSEEN};
use super::thing::{Colour, GROUND, NUMBERS, Shape, Thing};
use crate::check;
use crate::error::{Error, Result};
use crate::rng::Rng;
use crate::text::{Grammar, Vocabulary};

/// All sentences, the pictures of each, and a judge of pictures.
///
/// A sentence is *a* [*small* | *large*] COLOUR SHAPE, with a place or without, or two of them with a relation between
/// them. What it does not say is open. Of a thing whose box of 5 × 5 (small) or 7 × 7 pixels (large) begins at column x
/// and row y, counted from 0, and ends before x + side and y + side:
///
/// | words | mean |
/// | --- | --- |
/// | on the left, on the right | x + side ≤ 8; x ≥ 8: it lies in that half |
/// | at the top, at the bottom | y + side ≤ 8; y ≥ 8 |
/// | in the middle | \|x + side/2 − 8\| ≤ 2 and \|y + side/2 − 8\| ≤ 2 |
/// | left of, right of | x_1 + side_1 < x_2; x_2 + side_2 < x_1: at least one empty column between them |
/// | above, below | y_1 + side_1 < y_2; y_2 + side_2 < y_1 |
///
/// Boxes lie in the picture, at whole pixels. p(picture | sentence) is uniform: every picture that it allows is as
/// likely as any other, so ln [`count_of`](Self::count_of) is the entropy of what it leaves open, in nats. No two scenes
/// of a sentence are the same picture.
///
/// A picture is a row of 16 · 16 · 3 numbers from −1 to 1, row-major, channels (red, green, blue) last, on white.
///
/// ```
/// use diffusion_intuition::{Rng, scenes::Scenes};
///
/// let scenes = Scenes::new()?;
/// let sentence = scenes.parse("a small red crab left of a blue square")?;
/// assert_eq!(scenes.count_of(&sentence)?, 4224.); // 21 · 144 with a small square, 10 · 120 with a large one
///
/// let error = scenes.parse("a small red dog").unwrap_err();
/// let text = "word 4 (counted from 1), \"dog\": here may stand circle, square, triangle or crab";
/// assert_eq!(error.to_string(), text);
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Scenes {
    grammar: Grammar,
    sentences: Array2<usize>,
}

impl Scenes {
    /// Pixels from top to bottom, and from left to right; numbers a pixel.
    pub const SIZE: [usize; 3] = [16, 16, 3];

    /// The one world there is.
    ///
    /// # Errors
    /// None: its grammar is valid.
    pub fn new() -> Result<Self> {
        let grammar = Grammar::new(GRAMMAR, PLACES)?;
        let sentences = grammar.list()?;
        Ok(Self { grammar, sentences })
    }

    /// The grammar: half of what it draws is of one thing, half of two.
    pub fn grammar(&self) -> &Grammar {
        &self.grammar
    }

    /// The words; the padding word is the last.
    pub fn vocabulary(&self) -> &Vocabulary {
        self.grammar.vocabulary()
    }

    /// L, the number of places of every sentence.
    pub fn places(&self) -> usize {
        PLACES
    }

    /// The numbers of a typed sentence.
    ///
    /// # Errors
    /// As [`Grammar::parse`]: for the first word that is unknown or out of place, with what may stand there.
    pub fn parse(&self, text: &str) -> Result<Vec<usize>> {
        self.grammar.parse(text)
    }

    /// Every sentence, shape (14,760, L), by the numbers of their words in rising order.
    pub fn sentences(&self) -> &Array2<usize> {
        &self.sentences
    }

    /// The 0-based rows of [`sentences`](Self::sentences) to train on: those that are not
    /// [unseen](Self::is_unseen), in order.
    pub fn seen(&self) -> Vec<usize> {
        let rows = self.sentences.rows().into_iter().enumerate();
        let seen = rows.filter(|(_, row)| !self.is_unseen(&row.to_vec()));
        seen.map(|(i, _)| i).collect()
    }

    /// Whether a sentence names what is never trained on: a green crab or a purple triangle, two of the twenty pairs of
    /// a colour and a shape.
    pub fn is_unseen(&self, sentence: &[usize]) -> bool {
        let word = |i: usize| self.vocabulary().word(i);
        let named = |pair: &[usize], (colour, shape): (Colour, Shape)| {
            word(pair[0]) == colour.name() && word(pair[1]) == shape.name()
        };
        let mut pairs = sentence.windows(2);
        pairs.any(|pair| UNSEEN.into_iter().any(|unseen| named(pair, unseen)))
    }

    /// A picture for each of n sentences, (n, L), drawn uniformly among those that the sentence allows; shape (n, 768).
    /// The same at any number of threads.
    ///
    /// # Errors
    /// [`Error::Shape`] unless they have L places; [`Error::Word`] for a number that is no word; [`Error::Name`] for
    /// a sentence that is not of the language.
    pub fn draw(&self, sentences: &Array2<usize>, rng: &mut Rng) -> Result<Array2<f32>> {
        let n = sentences.nrows();
        let said = sentences.rows().into_iter();
        let said = said.map(|row| self.said(&row.to_vec()));
        let said: Vec<Sentence> = said.collect::<Result<_>>()?;
        check::elements::<f32>("pictures", &[n, NUMBERS])?;
        let rows = rng.rows(n, NUMBERS, |i, picture, rng| {
            let layouts = said[i].layouts();
            let mut left = rng.random_range(0..layouts.iter().map(Layout::count).sum());
            let chosen = layouts.iter().find(|of| {
                let here = left < of.count();
                left -= if here { 0 } else { of.count() };
                here
            });
            let layout = chosen.expect("a number below the sum");
            paint(&said[i].scene(layout, left), picture);
        });
        Ok(Array2::from_shape_vec((n, NUMBERS), rows).expect("n pictures"))
    }

    /// How many pictures a sentence allows.
    ///
    /// # Errors
    /// As [`draw`](Self::draw).
    pub fn count_of(&self, sentence: &[usize]) -> Result<f64> {
        let layouts = self.said(sentence)?.layouts();
        Ok(layouts.iter().map(Layout::count).sum::<usize>() as f64)
    }

    /// The things of every picture that a sentence allows, in the order in which it names them.
    ///
    /// # Errors
    /// As [`draw`](Self::draw).
    pub fn things_of(&self, sentence: &[usize]) -> Result<Vec<Vec<Thing>>> {
        let said = self.said(sentence)?;
        let layouts = said.layouts();
        let scenes = layouts.iter().flat_map(|layout| {
            let each = 0..layout.count();
            each.map(|i| said.scene(layout, i))
        });
        Ok(scenes.collect())
    }

    /// Every picture that a sentence allows, shape ([`count_of`](Self::count_of), 768), in the order of
    /// [`things_of`](Self::things_of): at most 5,724, 18 MB.
    ///
    /// An [`EmpiricalDenoiser`](crate::EmpiricalDenoiser) of these rows is the exact E\[x_0 | x_t, sentence\].
    ///
    /// # Errors
    /// As [`draw`](Self::draw).
    pub fn scenes_of(&self, sentence: &[usize]) -> Result<Array2<f32>> {
        self.paint(&self.things_of(sentence)?)
    }

    /// The pictures of these things, one row for each list, later ones over those before; shape (n, 768).
    ///
    /// # Errors
    /// [`Error::Parameter`] for a thing that does not lie in the picture.
    pub fn paint(&self, things: &[Vec<Thing>]) -> Result<Array2<f32>> {
        for thing in things.iter().flatten() {
            let valid =
                "the column and the row of a thing whose box lies in the 16 columns and rows";
            let most = thing.x.max(thing.y);
            check::parameter("x or y", most, thing.is_inside(), valid)?;
        }
        let size = [things.len(), NUMBERS];
        let mut rows = vec![0.0; check::elements::<f32>("pictures", &size)?];
        let pictures = rows.chunks_exact_mut(NUMBERS).zip(things);
        pictures.for_each(|(picture, things)| paint(things, picture));
        Ok(Array2::from_shape_vec((things.len(), NUMBERS), rows).expect("n pictures"))
    }

    /// What a sentence says, if it is of the language.
    pub(super) fn said(&self, sentence: &[usize]) -> Result<Sentence> {
        let text = self.vocabulary().text(sentence);
        if self.grammar.first_error(sentence)?.is_some() {
            let what = "sentence".into();
            // The words as they are typed say which is out of place; else a padding word stands before others.
            let valid = match self.parse(&text) {
                Err(error) => error.to_string(),
                Ok(_) => "padding stands at the end".into(),
            };
            return Err(Error::Name {
                what,
                name: text,
                valid,
            });
        }
        Ok(Sentence::of(&text))
    }
}

/// The picture of some things.
fn paint(things: &[Thing], picture: &mut [f32]) {
    picture.fill(GROUND);
    things.iter().for_each(|thing| thing.paint(picture));
}
