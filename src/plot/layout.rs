//! Where everything goes: page size, title, legend, plot areas. Lengths in pixels of the viewBox.

use super::axis::{Axis, Extent};
use super::legend::{Entry, Legend};
use super::panel::Panel;
use super::text::{self, LABEL, PANEL_TITLE, TICK, TITLE};
use crate::{Error, Result};

/// Space around everything.
const MARGIN: f64 = 10.0;
/// Height of a line of text, relative to its size.
const LINE: f64 = 1.4;
/// From an axis to its tick labels.
const TICK_GAP: f64 = 9.0;
/// Between panels.
const GAP: f64 = 16.0;

/// One panel's axes on the page.
#[derive(Debug, Clone)]
pub(super) struct Place {
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
    /// Lines of the panel's title.
    pub title: Vec<String>,
}

/// The whole page.
#[derive(Debug, Clone)]
pub(super) struct Layout {
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
            }
        }
    }
    Ok((x, y))
}

/// Lays out panels with the given axes in a grid.
pub(super) fn grid(
    title: &str,
    columns: usize,
    panels: &[&Panel],
    axes: Vec<(Axis, Axis)>,
    entries: Vec<Entry>,
) -> Result<Layout> {
    if !(1..=3).contains(&columns) {
        return Err(Error::Parameter {
            name: "columns",
            value: columns as f64,
            valid: "1, 2 or 3",
        });
    }
    for (panel, (x, y)) in panels.iter().zip(&axes) {
        let ratio = (y.high - y.low) / (x.high - x.low);
        if panel.equal && !(0.05..=20.0).contains(&ratio) {
            return Err(Error::Parameter {
                name: "length of y over length of x at equal aspect",
                value: ratio,
                valid: "between 0.05 and 20",
            });
        }
    }
    let columns = columns.min(panels.len());
    let rows = panels.len().div_ceil(columns);
    // One panel needs less width: then the same type is larger on a phone.
    let page_width = if columns == 1 { 600.0 } else { 720.0 };
    let nominal = [310.0, 240.0, 165.0][columns - 1];
    let max_height = [440.0, 300.0, 230.0][columns - 1];
    let height = |panel: &Panel| panel.height.unwrap_or(nominal);
    let share_x = rows > 1 && axes.iter().all(|axis| axis.0 == axes[0].0);
    let share_y = columns > 1 && axes.iter().all(|axis| axis.1 == axes[0].1);

    let gutters_for = |heights: &[f64]| -> Vec<f64> {
        let needed = |i: usize| {
            let ticks = axes[i].1.ticks(y_count(heights[i]));
            let widest = ticks
                .iter()
                .map(|tick| text::width(&tick.1, TICK))
                .fold(0.0, f64::max);
            let label = if axes[i].1.label.is_empty() {
                0.0
            } else {
                LINE * LABEL
            };
            widest + TICK_GAP + label + 3.0
        };
        let gutter = |column: usize| match share_y && column > 0 {
            true => 16.0, // room for the ends of two tick labels
            false => (column..panels.len())
                .step_by(columns)
                .map(needed)
                .fold(0.0, f64::max)
                .ceil(),
        };
        (0..columns).map(gutter).collect()
    };
    // The label of the last tick may stand over the edge by half its width.
    let fixed = |gutters: &[f64]| {
        2.0 * MARGIN + 10.0 + gutters.iter().sum::<f64>() + GAP * (columns - 1) as f64
    };
    let boxes_for = |cell: f64| -> Vec<(f64, f64)> {
        let size = |(panel, (x, y)): (&&Panel, &(Axis, Axis))| match panel.equal {
            false => (cell, height(panel)),
            true => {
                let ratio = (y.high - y.low) / (x.high - x.low);
                let width = cell.min(panel.height.unwrap_or(max_height) / ratio).round();
                (width, (width * ratio).round())
            }
        };
        panels.iter().zip(&axes).map(size).collect()
    };
    // Heights decide the ticks, their labels the widths, and with equal aspect widths decide heights.
    let (mut gutters, mut boxes) = (Vec::new(), Vec::new());
    let mut heights: Vec<f64> = panels.iter().map(|panel| height(panel)).collect();
    for _ in 0..2 {
        gutters = gutters_for(&heights);
        boxes = boxes_for(((page_width - fixed(&gutters)) / columns as f64).floor());
        heights = boxes.iter().map(|size| size.1).collect();
    }
    let cell = boxes.iter().map(|size| size.0).fold(0.0, f64::max);
    let page_width = fixed(&gutters) + cell * columns as f64;

    let left = MARGIN + gutters[0];
    let room = page_width - left - MARGIN;
    let title = text::wrap(title, |line| text::bold_width(line, TITLE), room);
    let legend_y =
        MARGIN + LINE * TITLE * title.len() as f64 + if title.is_empty() { 0.0 } else { 2.0 };
    let legend = Legend::new(entries, (left, legend_y), room);
    let mut y = legend_y + legend.height + if legend.height > 0.0 { 3.0 } else { 0.0 };

    let mut places = Vec::new();
    for row in 0..rows {
        let members = row * columns..((row + 1) * columns).min(panels.len());
        let titles: Vec<Vec<String>> = members
            .clone()
            .map(|i| {
                text::wrap(
                    &panels[i].title,
                    |line| text::width(line, PANEL_TITLE),
                    boxes[i].0.max(0.9 * cell),
                )
            })
            .collect();
        let lines = titles.iter().map(Vec::len).max().unwrap_or(0);
        // Half a line of air for the topmost tick label, which is centred on the edge.
        y += LINE * PANEL_TITLE * lines as f64 + if lines > 0 { 5.0 } else { 11.0 };
        let mut row_end = y;
        let mut x = MARGIN;
        for (column, (i, title)) in members.zip(titles).enumerate() {
            x += gutters[column];
            let (width, height) = boxes[i];
            let (x_axis, y_axis) = axes[i].clone();
            let show_x = !share_x || i + columns >= panels.len();
            let label = if x_axis.label.is_empty() {
                0.0
            } else {
                1.15 * LABEL
            };
            let bottom = if show_x {
                TICK_GAP + TICK + 3.0 + label
            } else {
                6.0
            };
            places.push(Place {
                page: (page_width, 0.0),
                x,
                y,
                width,
                height,
                left: gutters[column],
                bottom,
                x_ticks: x_ticks(&x_axis, width),
                y_ticks: y_axis.ticks(y_count(height)),
                x_axis,
                y_axis,
                show_x,
                show_y: !share_y || column == 0,
                title,
            });
            row_end = row_end.max(y + height + bottom);
            x += cell + GAP;
        }
        y = row_end + if row + 1 < rows { 10.0 } else { 0.0 };
    }
    let page = (page_width, (y + MARGIN).ceil());
    places.iter_mut().for_each(|place| place.page = page);
    Ok(Layout {
        page,
        title,
        title_at: (left, MARGIN),
        legend,
        places,
    })
}

fn y_count(height: f64) -> usize {
    ((height / 38.0) as usize).clamp(2, 6)
}

/// As many ticks as stand side by side without touching.
fn x_ticks(axis: &Axis, width: f64) -> Vec<(f64, String)> {
    let fits = |ticks: &Vec<(f64, String)>| {
        ticks.windows(2).all(|pair| {
            let gap = (pair[1].0 - pair[0].0) / (axis.high - axis.low) * width;
            let half = |label: &str| 0.5 * text::width(label, TICK);
            half(&pair[0].1) + half(&pair[1].1) + 1.1 * TICK < gap
        })
    };
    (2..=9)
        .rev()
        .map(|count| axis.ticks(count))
        .find(fits)
        .unwrap_or_else(|| axis.ticks(1))
}
