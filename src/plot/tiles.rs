//! Pictures, and where each stands in a plot area.

use std::ops::Range;

use ndarray::Array2;
use plotters::style::text_anchor::HPos;

use super::clip::Point;
use super::color::diverging;
use super::form::Form;
use super::png::{CLEAR, data_uri};
use super::text::{LINE, elide, width};
use crate::Result;
use crate::check::{parameter, same_shape};

/// From the label of a row to its first picture.
const LABEL_GAP: f64 = 8.0;
/// A row goes on below where its pictures would be narrower than this.
const LEAST: f64 = 24.0;

/// Pictures in rows and columns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pictures {
    /// Row i holds the i-th picture.
    pub values: Array2<f64>,
    /// Height and width in pixels, and samples a pixel.
    pub shape: [usize; 3],
    pub columns: usize,
    pub row_labels: Vec<String>,
    pub column_labels: Vec<String>,
    pub captions: Vec<String>,
    /// Pictures in a frame, each with the series colour.
    pub framed: Vec<(usize, usize)>,
    /// In the diverging map.
    pub signed: bool,
}

impl Pictures {
    pub(super) fn len(&self) -> usize {
        self.values.nrows()
    }

    fn rows(&self) -> usize {
        self.len().div_ceil(self.columns)
    }

    /// What is the same in all frames of a film.
    pub(super) fn arrangement(&self) -> Vec<usize> {
        let texts = [&self.captions, &self.row_labels, &self.column_labels].map(Vec::len);
        [&[self.len(), self.columns], &self.shape[..], &texts].concat()
    }

    /// Whether everything that was said of the pictures fits them.
    pub(super) fn check(&self) -> Result<()> {
        let (columns, fine) = (self.columns, (1..=100).contains(&self.columns));
        parameter("columns of pictures", columns, fine, "between 1 and 100")?;
        for (what, texts, count) in [
            ("row labels of pictures", &self.row_labels, self.rows()),
            ("column labels of pictures", &self.column_labels, columns),
            ("captions of pictures", &self.captions, self.len()),
        ] {
            if !texts.is_empty() {
                same_shape(what, &[count], &[texts.len()])?;
            }
        }
        for (picture, _) in &self.framed {
            let valid = "the index of a picture, counted from 0";
            parameter("framed picture", *picture, *picture < self.len(), valid)?;
        }
        let (channels, fine) = (self.shape[2], !self.signed || self.shape[2] == 1);
        parameter("channels of signed pictures", channels, fine, "1")
    }

    /// Pixels between two pictures of a row.
    fn gap(&self) -> usize {
        (self.shape[1] / 14).max(1)
    }

    /// Pixels from the left edge of so many pictures side by side to the right.
    fn across(&self, pictures: usize) -> usize {
        pictures * (self.shape[1] + self.gap()) - self.gap()
    }

    /// The pictures of a `range` side by side as a PNG, signed ones with colours from −`end` to `end`.
    pub(super) fn data_uri(&self, range: Range<usize>, end: f64) -> String {
        let [height, width, channels] = self.shape;
        let row = |picture: usize, y: usize| {
            let row = self.values.row(picture);
            let row = row.into_iter().skip(y * width * channels);
            let values = row.take(width * channels).copied();
            match self.signed {
                true => values
                    .flat_map(|v| diverging(0.5 + 0.5 * v / end))
                    .collect(),
                false => values.map(grey).collect::<Vec<u8>>(),
            }
        };
        let channels = if self.signed { 3 } else { channels };
        let gap = vec![CLEAR; self.gap() * channels];
        let rows = (0..height).map(|y| {
            let row = range.clone().map(|picture| row(picture, y));
            row.collect::<Vec<_>>().join(gap.as_slice())
        });
        let rows: Vec<u8> = rows.flatten().collect();
        data_uri(&rows, self.across(range.len()), channels)
    }

    /// Room for labels on the left.
    pub(super) fn gutter(&self, form: Form) -> f64 {
        if form.narrow || self.row_labels.is_empty() {
            return 0.0;
        }
        let labels = self.row_labels.iter();
        let widest = labels
            .map(|label| width(label, form.tick))
            .fold(0.0, f64::max);
        widest.min(0.3 * form.page_width(1)) + LABEL_GAP + 1.0
    }
}

/// From −1 (black) to 1 (white); the transparent level is left out.
fn grey(value: f64) -> u8 {
    match (127.5 * (value + 1.0)).round() as u8 {
        CLEAR => 0,
        level => level,
    }
}

/// Where pictures stand, in units of the viewBox from the upper left corner of the plot area.
#[derive(Clone)]
pub(super) struct Tiles {
    /// Pictures of a row that stand side by side: it goes on below where they would be too narrow.
    side_by_side: usize,
    columns: usize,
    pub count: usize,
    /// Units a pixel.
    pub scale: f64,
    /// Width and height of a picture, and the gap to the next.
    tile: (f64, f64),
    gap: f64,
    /// Upper edge of each line of pictures.
    tops: Vec<f64>,
    /// The labels of rows and columns, and how each is anchored at the middle of its height.
    pub labels: Vec<(String, Point, HPos)>,
    pub size: (f64, f64),
}

impl Tiles {
    /// Lets pictures stand in a `room` as wide, at most as high as `most` if they are not too small then.
    pub(super) fn new(pictures: &Pictures, form: Form, room: f64, most: f64) -> Self {
        let (columns, rows) = (pictures.columns, pictures.rows());
        let texts = pictures.captions.iter().chain(&pictures.column_labels);
        let least = texts
            .map(|text| width(text, form.tick) + 8.0)
            .fold(LEAST, f64::max);
        let fitting = ((room / least) as usize).clamp(1, columns);
        // Lines of a row, all about as long.
        let lines = columns.div_ceil(fitting);
        let side_by_side = columns.div_ceil(lines);
        let [high, wide, _] = pictures.shape.map(|n| n as f64);
        let caption = match pictures.captions.is_empty() {
            true => 0.0,
            false => LINE * form.tick,
        };
        let most = most / (rows * lines) as f64 - caption;
        // A phone has less room beside a picture than below it.
        let least = if form.narrow { least.max(100.0) } else { least };
        let least = least / (pictures.shape[1] + pictures.gap()) as f64;
        let scale = (most / high)
            .max(least)
            .min(room / pictures.across(side_by_side) as f64);
        // Pixels as large as each other on a screen.
        let whole = scale.floor() >= least.max(2.0) && !form.narrow;
        let scale = if whole { scale.floor() } else { scale };
        let mut tiles = Self {
            side_by_side,
            columns,
            count: pictures.len(),
            scale,
            tile: (wide * scale, high * scale),
            gap: pictures.gap() as f64 * scale,
            tops: Vec::new(),
            labels: Vec::new(),
            size: (room, 0.0),
        };
        let mut y = 0.0;
        for line in 0..rows * lines {
            y = tiles.label(pictures, form, (line / lines, line % lines), y);
            tiles.tops.push(y);
            tiles.size.1 = y + tiles.tile.1 + caption;
            y = tiles.size.1 + tiles.gap.max(4.0);
        }
        tiles
    }

    /// Labels a line of pictures that begins at the height `y`; where the pictures themselves begin.
    fn label(
        &mut self,
        pictures: &Pictures,
        form: Form,
        (row, line): (usize, usize),
        mut y: f64,
    ) -> f64 {
        let height = LINE * form.tick;
        let room = match form.narrow {
            true => self.size.0,
            false => pictures.gutter(form) - LABEL_GAP,
        };
        let name = pictures.row_labels.get(row).filter(|_| line == 0);
        let name = name.map(|name| elide(name, |text| width(text, form.tick), room));
        if let (Some(name), true) = (&name, form.narrow) {
            let at = (0.0, y + 0.5 * height);
            self.labels.push((name.clone(), at, HPos::Left));
            y += height;
        }
        let first = line * self.side_by_side;
        let labels = pictures.column_labels.iter().skip(first);
        if labels.len() > 0 && (row == 0 || self.side_by_side < self.columns) {
            for (i, label) in labels.take(self.side_by_side).enumerate() {
                let label = self.fitting(label, form);
                let at = (self.middle(i), y + 0.5 * height);
                self.labels.push((label, at, HPos::Center));
            }
            y += height;
        }
        if let (Some(name), false) = (name, form.narrow) {
            let at = (-LABEL_GAP, y + 0.5 * self.tile.1);
            self.labels.push((name, at, HPos::Right));
        }
        y
    }

    /// Middle of the i-th picture of a line.
    fn middle(&self, i: usize) -> f64 {
        i as f64 * (self.tile.0 + self.gap) + 0.5 * self.tile.0
    }

    /// As much of a text as is no wider than a picture and the gap.
    pub(super) fn fitting(&self, text: &str, form: Form) -> String {
        elide(
            text,
            |text| width(text, form.tick),
            self.tile.0 + self.gap - 2.0,
        )
    }

    /// Left, upper, right and lower edge of the i-th picture.
    pub(super) fn edges(&self, i: usize) -> [f64; 4] {
        let lines = self.columns.div_ceil(self.side_by_side);
        let (row, column) = (i / self.columns, i % self.columns);
        let line = row * lines + column / self.side_by_side;
        let middle = self.middle(column % self.side_by_side);
        let (half, top) = (0.5 * self.tile.0, self.tops[line]);
        [middle - half, top, middle + half, top + self.tile.1]
    }

    /// The first picture of each line.
    pub(super) fn starts(&self) -> impl Iterator<Item = usize> {
        let rows = (0..self.count).step_by(self.columns);
        let starts = (0..self.columns).step_by(self.side_by_side);
        let starts = rows.flat_map(move |row| starts.clone().map(move |start| row + start));
        starts.filter(|start| *start < self.count)
    }
}
