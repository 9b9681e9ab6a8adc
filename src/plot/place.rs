//! Where one panel's axes stand on the page, and what lands where on them. Lengths in units of the viewBox.

use super::axis::{Axis, Tick};
use super::clip::{Bounds, Point};
use super::form::Form;
use super::text::{LINE, width, wrap};
use super::tiles::Tiles;

/// From an axis to its tick labels.
pub(super) const TICK_GAP: f64 = 9.0;
/// From the texts above a plot area to the area.
pub(super) const HEADING_GAP: f64 = 5.0;

/// One panel's axes on the page.
#[derive(Clone)]
pub(super) struct Place {
    pub form: Form,
    pub page: (f64, f64),
    /// Upper left corner and size of the plot area.
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    /// Room for labels to the left of and below the plot area.
    pub left: f64,
    pub bottom: f64,
    pub x_axis: Axis,
    pub y_axis: Axis,
    /// Without labels where the axis shares those of a neighbour.
    pub x_ticks: Vec<Tick>,
    pub y_ticks: Vec<Tick>,
    /// Lines of the axes' labels: x below, y turned beside the axis, or upright above it.
    pub x_label: Vec<String>,
    pub y_label: String,
    pub y_above: Vec<String>,
    /// Width for lines of text.
    pub room: f64,
    /// Lines of the panel's title.
    pub title: Vec<String>,
    /// Left edge of what stands above the plot area.
    pub title_x: f64,
    /// Pictures in place of axes.
    pub tiles: Option<Tiles>,
}

impl Place {
    /// Height of the tick labels below a plot area.
    pub(super) fn tick_room(form: Form) -> f64 {
        TICK_GAP + form.tick + 3.0
    }

    /// Height of the lines above the plot area.
    pub(super) fn heading(&self) -> f64 {
        LINE * (self.form.panel_title * self.title.len() as f64 + self.above())
    }

    fn above(&self) -> f64 {
        self.form.label * self.y_above.len() as f64
    }

    /// The title of a frame, which stands where the panel's title would, in as many lines as that has at most.
    pub(super) fn title_lines(&self, title: &str) -> Vec<String> {
        let size = self.form.panel_title;
        let mut lines = wrap(title, |line| width(line, size), self.room);
        lines.truncate(self.title.len());
        lines
    }

    /// Upper left corner of the title.
    pub(super) fn title_at(&self) -> Point {
        (self.title_x, self.y - HEADING_GAP - self.heading())
    }

    /// Upper left corner of the label above the y axis.
    pub(super) fn y_above_at(&self) -> Point {
        (self.title_x, self.y - HEADING_GAP - LINE * self.above())
    }

    /// Middle of the top of the x axis's label.
    pub(super) fn x_label_at(&self) -> Point {
        let below = Self::tick_room(self.form) - 0.15 * self.form.label;
        (self.x + 0.5 * self.width, self.y + self.height + below)
    }

    /// The plot area in axis units.
    pub(super) fn bounds(&self) -> Bounds {
        Bounds {
            x: (self.x_axis.low, self.x_axis.high),
            y: (self.y_axis.low, self.y_axis.high),
        }
    }

    /// A point of the data in axis units.
    pub(super) fn map(&self, p: &Point) -> Point {
        (self.x_axis.map(p.0), self.y_axis.map(p.1))
    }
}
