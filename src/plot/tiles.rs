//! Pictures, and where each stands in a plot area.

use std::ops::Range;

use ndarray::Array2;
use plotters::style::text_anchor::HPos;

use super::clip::Point;
use super::color::{DIVERGING, between};
use super::form::Form;
use super::labels::{LABEL_GAP, Labels};
use super::png::{CLEAR, data_uri};
use super::text::{LINE, elide, width as text_width};
use crate::Result;
use crate::check::{parameter, same_shape};

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
    pub labels: Labels,
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
        let [rows, columns] = self.labels.counts();
        let texts = [self.captions.len(), rows, columns];
        [&[self.len(), self.columns], &self.shape[..], &texts].concat()
    }

    /// Whether everything that was said of the pictures fits them.
    pub(super) fn check(&self) -> Result<()> {
        let (columns, fine) = (self.columns, (1..=100).contains(&self.columns));
        parameter("columns of pictures", columns, fine, "between 1 and 100")?;
        let what = ["row labels of pictures", "column labels of pictures"];
        self.labels.check(what, [self.rows(), columns])?;
        let captions = self.captions.len();
        if captions > 0 {
            same_shape("captions of pictures", &[self.len()], &[captions])?;
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
            let color = |v: f64| between(DIVERGING, 0.5 + 0.5 * v / end);
            match self.signed {
                true => values.map(color).flat_map(|c| [c.0, c.1, c.2]).collect(),
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
}

/// From −1 (black) to 1 (white); the transparent level is left out.
fn grey(value: f64) -> u8 {
    match (127.5 * (value + 1.0)).round() as u8 {
        CLEAR => 0,
        level => level,
    }
}

/// Where pictures or words stand, in units of the viewBox from the upper left corner of the plot area.
#[derive(Clone)]
pub(super) struct Tiles {
    /// Units a pixel.
    pub scale: f64,
    /// From one picture to the next of its line.
    pitch: f64,
    /// Left, upper, right and lower edge of every picture or cell of a word.
    pub edges: Vec<[f64; 4]>,
    /// The first picture of every line: a row goes on below where its pictures would be too narrow.
    pub starts: Vec<usize>,
    /// The labels of rows and columns, and how each is anchored at the middle of its height.
    pub labels: Vec<(String, Point, HPos)>,
    pub size: (f64, f64),
}

impl Tiles {
    /// Nothing in a `room` as wide.
    pub(super) fn empty(room: f64) -> Self {
        Self {
            scale: 1.0,
            pitch: 0.0,
            edges: Vec::new(),
            starts: Vec::new(),
            labels: Vec::new(),
            size: (room, 0.0),
        }
    }

    /// Lets pictures stand in a `room` as wide, at most as high as `most` if they are not too small then.
    pub(super) fn new(pictures: &Pictures, form: Form, room: f64, most: f64) -> Self {
        let (columns, [height, width, _]) = (pictures.columns, pictures.shape);
        let texts = pictures.captions.iter().chain(&pictures.labels.columns);
        let widths = texts.map(|text| text_width(text, form.tick) + 8.0);
        let least = widths.fold(LEAST, f64::max);
        let fitting = ((room / least) as usize).clamp(1, columns);
        // Lines of a row, all about as long.
        let lines = columns.div_ceil(fitting);
        let side_by_side = columns.div_ceil(lines);
        let caption = match pictures.captions.is_empty() {
            true => 0.0,
            false => LINE * form.tick,
        };
        let most = most / (pictures.rows() * lines) as f64 - caption;
        // A phone has less room beside a picture than below it.
        let least = if form.narrow { least.max(100.0) } else { least };
        let least = least / (width + pictures.gap()) as f64;
        let largest = room / pictures.across(side_by_side) as f64;
        let scale = (most / height as f64).max(least).min(largest);
        // Pixels as large as each other on a screen.
        let whole = scale.floor() >= least.max(2.0) && !form.narrow;
        let scale = if whole { scale.floor() } else { scale };
        let mut tiles = Self {
            scale,
            pitch: (width + pictures.gap()) as f64 * scale,
            ..Self::empty(room)
        };
        let (wide, high) = (width as f64 * scale, height as f64 * scale);
        let mut y = 0.0;
        for row in (0..pictures.len()).step_by(columns) {
            let end = (row + columns).min(pictures.len());
            for start in (row..end).step_by(side_by_side) {
                let line = start..end.min(start + side_by_side);
                let labelled = row == 0 || lines > 1;
                y = tiles.label(pictures, form, (line.clone(), labelled), (y, high));
                let lefts = (0..line.len()).map(|i| i as f64 * tiles.pitch);
                let edges = lefts.map(|left| [left, y, left + wide, y + high]);
                tiles.edges.extend(edges);
                tiles.starts.push(start);
                tiles.size.1 = y + high + caption;
                y = tiles.size.1 + (tiles.pitch - wide).max(4.0);
            }
        }
        tiles
    }

    /// Labels a line of pictures as `high` that begins at the height `y`, its columns too if `labelled`; where the
    /// pictures themselves begin.
    fn label(
        &mut self,
        pictures: &Pictures,
        form: Form,
        (line, labelled): (Range<usize>, bool),
        (mut y, high): (f64, f64),
    ) -> f64 {
        let (row, column) = (line.start / pictures.columns, line.start % pictures.columns);
        let height = LINE * form.tick;
        let name = pictures.labels.rows.get(row).filter(|_| column == 0);
        let elided =
            |room: f64| move |name: &String| elide(name, |text| text_width(text, form.tick), room);
        if let (Some(name), true) = (name.map(elided(self.size.0)), form.narrow) {
            self.labels
                .push((name, (0.0, y + 0.5 * height), HPos::Left));
            y += height;
        }
        let labels = pictures.labels.columns.iter().skip(column).take(line.len());
        if labels.len() > 0 && labelled {
            for (i, label) in labels.enumerate() {
                let middle = i as f64 * self.pitch + 0.5 * pictures.shape[1] as f64 * self.scale;
                let at = (middle, y + 0.5 * height);
                self.labels
                    .push((self.fitting(label, form), at, HPos::Center));
            }
            y += height;
        }
        let room = pictures.labels.gutter(form) - LABEL_GAP;
        if let (Some(name), false) = (name.map(elided(room)), form.narrow) {
            self.labels
                .push((name, (-LABEL_GAP, y + 0.5 * high), HPos::Right));
        }
        y
    }

    /// As much of a text as is no wider than a picture and the gap.
    pub(super) fn fitting(&self, text: &str, form: Form) -> String {
        elide(text, |text| text_width(text, form.tick), self.pitch - 2.0)
    }
}
