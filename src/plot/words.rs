//! Words in place of axes.

use std::ops::Range;

use super::board::Words;
use super::labels::{Labels, verbatims};
use super::marks::Shape;
use super::numbers::{Values, checked, listed};
use super::panel::Panel;
use super::text::clean;
#[cfg(doc)]
use crate::Error;
use crate::Result;
use crate::check::{not_empty, parameter};

/// More words than this are no figure.
const MOST_WORDS: usize = 10_000;

/// Words in place of axes, as a figure, beside other panels, or as the frames of a film.
impl Panel {
    /// Words in rows, a sentence a row and a cell a place, each as it is: no `_` makes a subscript.
    ///
    /// Columns stand below each other where rows have room on a line; a longer row goes on below. Rows may differ in
    /// length, and an empty word leaves its place free. Rows and columns take [labels](Self::row_labels), words a
    /// [shade](Self::shaded), [second words](Self::seconds), [frames](Self::framed) and [lines](Self::struck). No
    /// mark can be added. In a film the rows of all frames have one shape, and a cell is as wide as its widest word.
    ///
    /// ```
    /// use diffusion_intuition::plot::{Figure, Panel};
    ///
    /// let frame = |t: usize, words: [&str; 3], p: [f64; 3]| {
    ///     let panel = Panel::words([words]).shaded("p(word | x_t)", p, 0.0..1.0);
    ///     (format!("t = {t}"), panel.seconds([["a", "cats", "ran"]]))
    /// };
    /// let frames = [frame(90, ["the", "dogs", "slept"], [0.4, 0.2, 0.3]), frame(0, ["the", "dog", "slept"], [1.0; 3])];
    /// let film: Figure = Figure::frames("A sentence appears", &frames, "Words become certain.")?;
    ///
    /// let wrong = Panel::words([["the", "dog", "slept"], ["the", "dogs", "sleeps"]])
    ///     .row_labels(["valid", "invalid"])
    ///     .framed([4], 3)
    ///     .struck([5]);
    /// let figure = wrong.figure("Two sentences, the second of which is wrong at its last word.")?;
    /// # Ok::<(), diffusion_intuition::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the figure is built: [`Error::Empty`] without words, [`Error::Shape`] for labels, second words and numbers
    /// that are not as many as what they name, [`Error::NotFinite`], and [`Error::Parameter`] for more than 10000
    /// words and for words, colours and ranges that do not exist.
    pub fn words(rows: impl IntoIterator<Item: IntoIterator<Item: AsRef<str>>>) -> Self {
        let mut panel = Self::new();
        let words = table(rows).and_then(|(words, columns)| {
            not_empty("words", words.len())?;
            Ok(Shape::Words(Words {
                words,
                columns,
                seconds: Vec::new(),
                shades: Vec::new(),
                range: (0.0, 1.0),
                labels: Labels::default(),
                framed: Vec::new(),
                struck: Vec::new(),
            }))
        });
        if let Some(words) = panel.keep(words) {
            panel = panel.add("", Ok(words));
        }
        panel
    }

    /// Shades the words by `values`, one a word, row by row: from not at all at the start of the `range` to the full
    /// colour at its end, which the legend tells under this name. [`color`](Self::color) and
    /// [`opacity`](Self::opacity) are those of the full colour.
    pub fn shaded(mut self, name: &str, values: impl Values, range: Range<f64>) -> Self {
        let values = checked("numbers that shade words", listed(values));
        let ends = checked("range of shades", vec![range.start, range.end]);
        let (title, valid) = ("end of a range of shades", "greater than its start");
        let fine = parameter(title, range.end, range.start < range.end, valid);
        let Some(values) = self.keep(values.and_then(|values| ends.and(fine).map(|()| values)))
        else {
            return self;
        };
        self.marks
            .iter_mut()
            .for_each(|mark| mark.name = clean(name));
        self.change_words(|words| {
            words.shades = values;
            words.range = (range.start, range.end);
        })
    }

    /// Smaller words below the words, in rows of the same lengths.
    pub fn seconds(
        mut self,
        rows: impl IntoIterator<Item: IntoIterator<Item: AsRef<str>>>,
    ) -> Self {
        match self.keep(table(rows)) {
            Some((seconds, _)) => self.change_words(|words| words.seconds = seconds),
            None => self,
        }
    }

    /// A line through words, counted row by row from 0, those that end early as long as the longest.
    pub fn struck(self, words: impl IntoIterator<Item = usize>) -> Self {
        let struck = words.into_iter().take(MOST_WORDS + 1);
        self.change_words(|words| words.struck.extend(struck))
    }

    fn change_words(mut self, change: impl FnOnce(&mut Words)) -> Self {
        match self.marks.last_mut().map(|mark| &mut mark.shape) {
            Some(Shape::Words(words)) => change(words),
            _ => {
                self.keep(not_empty("list of words", 0));
            }
        }
        self
    }
}

/// The words of all rows, each row as long as the longest, and that length.
fn table(
    rows: impl IntoIterator<Item: IntoIterator<Item: AsRef<str>>>,
) -> Result<(Vec<String>, usize)> {
    // Of endless ones no more than it takes to be told so.
    let (mut listed, mut room) = (Vec::new(), MOST_WORDS + 1);
    for row in rows.into_iter().take(MOST_WORDS + 1) {
        let row = verbatims(row.into_iter().take(room));
        room -= row.len();
        listed.push(row);
    }
    let mut rows: Vec<Vec<String>> = listed;
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let cells = rows.len().saturating_mul(columns);
    parameter("words", cells, cells <= MOST_WORDS, "at most 10000")?;
    rows.iter_mut()
        .for_each(|row| row.resize(columns, String::new()));
    Ok((rows.concat(), columns))
}
