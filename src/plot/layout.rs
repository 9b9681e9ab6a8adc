//! Where everything goes: page size, title, legend, plot areas. Lengths in pixels of the viewBox.

use super::axis::{Axis, Extent};
use super::form::Form;
use super::grid::Grid;
use super::legend::{Entry, Legend};
use super::lines::{LINE, wrap};
use super::panel::Panel;
use super::text;
use crate::{Error, Result};

/// From an axis to its tick labels.
pub(super) const TICK_GAP: f64 = 9.0;
/// More panels than this are no figure.
const MOST_PANELS: usize = 1000;

/// One panel's axes on the page.
#[derive(Debug, Clone)]
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
    pub x_ticks: Vec<(f64, String)>,
    pub y_ticks: Vec<(f64, String)>,
    /// Whether the axis has labels here, or shares those of a neighbour.
    pub show_x: bool,
    pub show_y: bool,
    /// Lines of the axes' labels: x below, y turned beside the axis, or upright above it.
    pub x_label: Vec<String>,
    pub y_label: String,
    pub y_above: Vec<String>,
    /// Width for lines of text.
    pub room: f64,
    /// Lines of the panel's title, and the upper left corner of the first.
    pub title: Vec<String>,
    pub title_at: (f64, f64),
}

/// The whole page.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub form: Form,
    pub page: (f64, f64),
    pub title: Vec<String>,
    /// Upper left corner of the title.
    pub title_at: (f64, f64),
    pub legend: Legend,
    pub places: Vec<Place>,
}

/// The axes of a panel, or of several that are drawn over each other.
pub(super) fn axes(panels: &[&Panel]) -> Result<(Axis, Axis)> {
    let first = panels[0];
    let (mut x, mut y) = (Extent::NONE, Extent::NONE);
    for mark in panels.iter().flat_map(|panel| &panel.marks) {
        mark.check_log(first.x.log, first.y.log)?;
        let (ex, mut ey) = mark.extents();
        if let (true, Some(low)) = (first.y.log, mark.smallest_positive_y()) {
            ey.low = low;
        }
        (x, y) = (x.join(ex), y.join(ey));
    }
    let (mut x, mut y) = (Axis::new(&first.x, x)?, Axis::new(&first.y, y)?);
    if first.equal {
        // Automatic ranges become as long as the longer axis, so that the plot area is a square.
        let length = (x.high - x.low).max(y.high - y.low);
        for (axis, spec) in [(&mut x, &first.x), (&mut y, &first.y)] {
            if spec.range.is_none() {
                let middle = 0.5 * (axis.low + axis.high);
                (axis.low, axis.high) = (middle - 0.5 * length, middle + 0.5 * length);
                axis.check()?;
            }
        }
    }
    Ok((x, y))
}

/// Lays out panels with the given axes in a grid.
pub(super) fn grid(
    form: Form,
    title: &str,
    columns: usize,
    panels: &[&Panel],
    axes: &[(Axis, Axis)],
    entries: Vec<Entry>,
) -> Result<Layout> {
    check(columns, panels, axes)?;
    let grid = Grid::new(form, columns, panels, axes);
    let (gutters, boxes) = grid.boxes();
    let cell = boxes.iter().map(|size| size.0).fold(0.0, f64::max);
    let width = grid.fixed(&gutters) + cell * grid.columns as f64;
    // The narrow page is always as wide, so that its type has one size.
    let width = if form.narrow {
        form.page_width(1)
    } else {
        width
    };

    let margin = form.margin;
    let left = if form.narrow {
        margin
    } else {
        margin + gutters[0]
    };
    let room = width - left - margin;
    let title = wrap(title, |line| text::bold_width(line, form.title), room);
    let air = if title.is_empty() { 0.0 } else { 2.0 };
    let legend_y = margin + LINE * form.title * title.len() as f64 + air;
    let legend = Legend::new(form, entries, (left, legend_y), room);
    let air = if legend.height > 0.0 { 3.0 } else { 0.0 };
    let (mut places, end) = grid.places(legend_y + legend.height + air, width, &gutters, &boxes);
    let page = (width, (end + margin).ceil());
    places.iter_mut().for_each(|place| place.page = page);
    Ok(Layout {
        form,
        page,
        title,
        title_at: (left, margin),
        legend,
        places,
    })
}

fn check(columns: usize, panels: &[&Panel], axes: &[(Axis, Axis)]) -> Result<()> {
    let fails = |name, value, valid| Err(Error::Parameter { name, value, valid });
    if !(1..=3).contains(&columns) {
        return fails("columns", columns as f64, "1, 2 or 3");
    }
    if panels.len() > MOST_PANELS {
        return fails("number of panels", panels.len() as f64, "at most 1000");
    }
    for (panel, (x, y)) in panels.iter().zip(axes) {
        let ratio = (y.high - y.low) / (x.high - x.low);
        if panel.equal && !(0.05..=20.0).contains(&ratio) {
            let name = "length of y over length of x at equal aspect";
            return fails(name, ratio, "between 0.05 and 20");
        }
    }
    Ok(())
}

impl Place {
    /// Height of the tick labels below the plot area.
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

    pub(super) fn stand_at(&mut self, y: f64) {
        self.y = y;
        self.title_at.1 = y - 5.0 - self.heading();
    }

    /// The title of a frame, which stands where the panel's title would, in as many lines as that has at most.
    pub(super) fn title_lines(&self, title: &str) -> Vec<String> {
        let size = self.form.panel_title;
        let mut lines = wrap(title, |line| text::width(line, size), self.room);
        lines.truncate(self.title.len());
        lines
    }

    /// Upper left corner of the label above the y axis.
    pub(super) fn y_above_at(&self) -> (f64, f64) {
        (self.title_at.0, self.y - 5.0 - LINE * self.above())
    }

    /// Middle of the top of the x axis's label.
    pub(super) fn x_label_at(&self) -> (f64, f64) {
        let below = Self::tick_room(self.form) - 0.15 * self.form.label;
        (self.x + 0.5 * self.width, self.y + self.height + below)
    }
}
