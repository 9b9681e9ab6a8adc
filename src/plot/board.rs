//! Words, and where each stands in a plot area.

use std::ops::Range;

use plotters::style::text_anchor::HPos;

use super::form::Form;
use super::labels::{LABEL_GAP, Labels};
use super::text::{LINE, elide, width};
use super::tiles::Tiles;
use crate::Result;
use crate::check::{parameter, same_shape};

/// Size of the second words, relative to the first.
pub(super) const SECOND: f64 = 0.75;
/// Between a word and the edges of its cell.
pub(super) const PAD: f64 = 5.0;
/// Between cells, and between the lines of a row that goes on below.
const GAP: f64 = 4.0;
/// Between such rows.
const ROW_GAP: f64 = 14.0;
/// Height of the cell of a word, and what a second one adds, in heights of type.
pub(super) const HIGH: f64 = 1.6;
pub(super) const MORE: f64 = 1.1 * SECOND;

/// Words in rows of cells.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Words {
    /// Row by row; those that end early are filled up with empty texts.
    pub words: Vec<String>,
    pub columns: usize,
    /// Below the words: none, or as many.
    pub seconds: Vec<String>,
    /// The number that shades a cell: none, or as many; and the ends of their scale.
    pub shades: Vec<f64>,
    pub range: (f64, f64),
    pub labels: Labels,
    /// Cells in a frame, each with the series colour.
    pub framed: Vec<(usize, usize)>,
    pub struck: Vec<usize>,
}

impl Words {
    /// Whether everything that was said of the words fits them.
    pub(super) fn check(&self) -> Result<()> {
        let n = self.words.len();
        let rows = n / self.columns;
        self.labels.check(
            ["row labels of words", "column labels of words"],
            [rows, self.columns],
        )?;
        for (what, count) in [
            ("second words", self.seconds.len()),
            ("numbers that shade words", self.shades.len()),
        ] {
            if count > 0 {
                same_shape(what, &[n], &[count])?;
            }
        }
        let framed = self.framed.iter().map(|framed| &framed.0);
        for cell in framed.chain(&self.struck) {
            let valid = "the index of a word, counted row by row from 0";
            parameter("marked word", *cell, *cell < n, valid)?;
        }
        Ok(())
    }

    /// What is the same in all frames of a film.
    pub(super) fn arrangement(&self) -> Vec<usize> {
        let shape = [self.words.len(), self.columns, self.seconds.len()];
        [&shape[..], &self.labels.counts()].concat()
    }

    /// Room for the cell of a word and its second; none for no word.
    pub(super) fn width(&self, i: usize, form: Form) -> f64 {
        let size = form.tick;
        let second = self.seconds.get(i).map_or("", String::as_str);
        let column = self.labels.columns.get(i % self.columns);
        let wide = width(&self.words[i], size).max(width(second, SECOND * size));
        match wide > 0.0 {
            true => 2.0 * PAD + wide.max(column.map_or(0.0, |label| width(label, size))),
            false => 0.0,
        }
    }

    /// Makes room for the words of another frame of the same arrangement.
    pub(super) fn widen(&mut self, other: &Self) {
        let pairs = self.words.iter_mut().zip(&other.words);
        for (own, other) in pairs.chain(self.seconds.iter_mut().zip(&other.seconds)) {
            if width(other, 1.0) > width(own, 1.0) {
                own.clone_from(other);
            }
        }
    }
}

/// Lets words stand in lines of a `room` as wide: below each other, if rows take no more lines then than the longest
/// one takes by itself.
pub(super) fn board(words: &Words, form: Form, room: f64) -> Tiles {
    let columns = words.columns;
    let widths = (0..words.words.len()).map(|i| words.width(i, form).min(room));
    let widths: Vec<f64> = widths.collect();
    let rows: Vec<&[f64]> = widths.chunks(columns).collect();
    let widest = |j: usize| rows.iter().map(|row| row[j]).fold(0.0, f64::max);
    let shared: Vec<f64> = (0..columns).map(widest).collect();
    let lines = rows.iter().map(|row| starts(row, room).len());
    let lines = lines.max().unwrap_or(1);
    let aligned = starts(&shared, room).len() <= lines;

    let mut board = Board {
        words,
        form,
        tiles: Tiles::empty(room),
        apart: lines > 1 || form.narrow && !words.labels.rows.is_empty(),
    };
    for (i, own) in rows.iter().enumerate() {
        let widths = if aligned { &shared } else { *own };
        board.row(i, own, widths);
    }
    board.tiles
}

/// The first cell of every line, for cells of these widths; lines about as long as each other.
fn starts(widths: &[f64], room: f64) -> Vec<usize> {
    let filled = |room: f64| {
        let (mut starts, mut x) = (vec![0], 0.0);
        for (i, width) in widths.iter().enumerate().filter(|(_, w)| **w > 0.0) {
            if x > 0.0 && x + width > room {
                starts.push(i);
                x = 0.0;
            }
            x += width + GAP;
        }
        starts
    };
    let fewest = filled(room);
    let narrower = (10..20).map(|twentieths| filled(0.05 * twentieths as f64 * room));
    let mut as_few = narrower.filter(|starts| starts.len() == fewest.len());
    as_few.next().unwrap_or(fewest)
}

/// Words while they are laid out.
struct Board<'a> {
    words: &'a Words,
    form: Form,
    tiles: Tiles,
    /// Whether rows stand apart, so that the lines of one hold together.
    apart: bool,
}

impl Board<'_> {
    /// Adds the i-th row, with columns of these widths for words that need their `own`.
    fn row(&mut self, i: usize, own: &[f64], widths: &[f64]) {
        let starts = starts(widths, self.tiles.size.0);
        let ends = starts.iter().skip(1).copied().chain([widths.len()]);
        let labels = &self.words.labels;
        let above = !labels.columns.is_empty() && (i == 0 || starts.len() > 1);
        let mut y = match i {
            0 => 0.0,
            _ => self.tiles.size.1 + if self.apart { ROW_GAP } else { GAP },
        };
        for (start, end) in starts.iter().copied().zip(ends) {
            if start == 0 {
                y = self.name(i, above, y);
            } else if own[start..].iter().all(|own| *own == 0.0) {
                // The row ends on the line before.
                let end = [0.0, y, 0.0, y];
                self.tiles.edges.extend(own[start..].iter().map(|_| end));
                return;
            }
            y = self.line(start..end, above, (own, widths), y) + GAP;
        }
    }

    /// Writes the name of the i-th row beside its first line, which begins at the height `y` and may have labels
    /// `above` it, or on a line of its own; where the row goes on.
    fn name(&mut self, i: usize, above: bool, y: f64) -> f64 {
        let (size, labels) = (self.form.tick, &self.words.labels);
        let Some(name) = labels.rows.get(i) else {
            return y;
        };
        let label = LINE * size;
        let (room, at, anchor, y) = match self.form.narrow {
            true => {
                let at = (0.0, y + 0.5 * label);
                (self.tiles.size.0, at, HPos::Left, y + label)
            }
            false => {
                let middle = 0.5 * HIGH * size + if above { label } else { 0.0 };
                let room = labels.gutter(self.form) - LABEL_GAP;
                (room, (-LABEL_GAP, y + middle), HPos::Right, y)
            }
        };
        let name = elide(name, |text| width(text, size), room);
        self.tiles.labels.push((name, at, anchor));
        y
    }

    /// Adds the words of these columns on a line that begins at the height `y`; where it ends.
    fn line(
        &mut self,
        columns: Range<usize>,
        above: bool,
        (own, widths): (&[f64], &[f64]),
        y: f64,
    ) -> f64 {
        let (size, words) = (self.form.tick, self.words);
        let label = LINE * size;
        let top = if above { y + label } else { y };
        let second = if words.seconds.is_empty() { 0.0 } else { MORE };
        let bottom = top + (HIGH + second) * size;
        let mut x = 0.0;
        for j in columns {
            // Shades fill their column.
            let wide = match own[j] > 0.0 && !words.shades.is_empty() {
                true => widths[j],
                false => own[j],
            };
            self.tiles.edges.push([x, top, x + wide, bottom]);
            if above && widths[j] > 0.0 {
                let room = if wide > 0.0 { wide } else { widths[j] };
                let text = elide(&words.labels.columns[j], |text| width(text, size), room);
                let at = (x + 0.5 * room, y + 0.5 * label);
                self.tiles.labels.push((text, at, HPos::Center));
            }
            if widths[j] > 0.0 {
                x += widths[j] + GAP;
            }
        }
        self.tiles.size.1 = bottom;
        bottom
    }
}
