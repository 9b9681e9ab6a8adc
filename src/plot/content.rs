//! What stands in place of axes: pictures or words, with labels for their rows and columns.

use super::board::{Words, board};
use super::color::SERIES;
use super::form::Form;
use super::labels::{Labels, cleaned};
use super::marks::Shape;
use super::panel::Panel;
use super::tiles::{Pictures, Tiles};
use crate::Result;
use crate::check::{not_empty, parameter};

/// Pictures or words.
#[derive(Clone, Copy)]
pub(super) enum Content<'a> {
    Pictures(&'a Pictures),
    Words(&'a Words),
}

impl Content<'_> {
    /// Whether everything that was said of it fits.
    pub(super) fn check(self) -> Result<()> {
        match self {
            Self::Pictures(pictures) => pictures.check(),
            Self::Words(words) => words.check(),
        }
    }

    /// What else there must not be on its panel.
    pub(super) fn name_of_marks(self) -> &'static str {
        match self {
            Self::Pictures(_) => "marks of a panel of pictures",
            Self::Words(_) => "marks of a panel of words",
        }
    }

    /// What is the same in all frames of a film.
    pub(super) fn arrangement(self) -> Vec<usize> {
        match self {
            Self::Pictures(pictures) => pictures.arrangement(),
            Self::Words(words) => words.arrangement(),
        }
    }

    /// Room for labels on the left.
    pub(super) fn gutter(self, form: Form) -> f64 {
        match self {
            Self::Pictures(pictures) => pictures.labels.gutter(form),
            Self::Words(words) => words.labels.gutter(form),
        }
    }

    /// Where everything stands in a `room` as wide; pictures at most as high as `most`.
    pub(super) fn tiles(self, form: Form, room: f64, most: f64) -> Tiles {
        match self {
            Self::Pictures(pictures) => Tiles::new(pictures, form, room, most),
            Self::Words(words) => board(words, form, room),
        }
    }
}

impl Panel {
    /// What stands in place of axes, if anything does.
    pub(super) fn content(&self) -> Option<Content<'_>> {
        self.marks.iter().find_map(|mark| match &mark.shape {
            Shape::Pictures(pictures) => Some(Content::Pictures(pictures)),
            Shape::Words(words) => Some(Content::Words(words)),
            _ => None,
        })
    }

    /// Makes room for the words of all frames of a film.
    pub(super) fn widen(&mut self, frames: &[&Panel]) {
        let own = self
            .marks
            .iter_mut()
            .find_map(|mark| match &mut mark.shape {
                Shape::Words(words) => Some(words),
                _ => None,
            });
        let Some(own) = own else { return };
        for frame in frames {
            if let Some(Content::Words(words)) = frame.content() {
                own.widen(words);
            }
        }
    }
}

/// What is written beside pictures and words, and around them.
impl Panel {
    /// A text beside each row of pictures or words, from the top.
    pub fn row_labels(self, labels: impl IntoIterator<Item: AsRef<str>>) -> Self {
        let texts = cleaned(labels);
        self.change_content(|labels, _| labels.rows = texts)
    }

    /// A text above each column of pictures or words, from the left.
    pub fn column_labels(self, labels: impl IntoIterator<Item: AsRef<str>>) -> Self {
        let texts = cleaned(labels);
        self.change_content(|labels, _| labels.columns = texts)
    }

    /// A frame around pictures, given by their rows in the batch, or around words, counted row by row from 0, in a
    /// series colour as for [`color`](Self::color).
    pub fn framed(mut self, which: impl IntoIterator<Item = usize>, color: usize) -> Self {
        let fine = color < SERIES.len();
        let checked = parameter("color", color, fine, "an index from 0 to 5");
        if self.keep(checked).is_none() {
            return self;
        }
        let which = which.into_iter().map(|one| (one, color));
        self.change_content(|_, framed| framed.extend(which))
    }

    fn change_content(
        mut self,
        change: impl FnOnce(&mut Labels, &mut Vec<(usize, usize)>),
    ) -> Self {
        match self.marks.last_mut().map(|mark| &mut mark.shape) {
            Some(Shape::Pictures(pictures)) => change(&mut pictures.labels, &mut pictures.framed),
            Some(Shape::Words(words)) => change(&mut words.labels, &mut words.framed),
            _ => {
                self.keep(not_empty("list of pictures or words", 0));
            }
        }
        self
    }
}
