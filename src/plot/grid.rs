//! The panels of a page in rows and columns: sizes, room for labels, ticks that do not touch.

use super::axis::Axis;
use super::form::Form;
use super::layout::{Place, TICK_GAP};
use super::lines::{LINE, elide, wrap};
use super::panel::Panel;
use super::text;

/// Between panels.
const GAP: f64 = 16.0;

/// Panels in rows and columns.
pub(super) struct Grid<'a> {
    form: Form,
    panels: &'a [&'a Panel],
    axes: &'a [(Axis, Axis)],
    pub(super) columns: usize,
    /// Columns of the wide page, which decide the heights that are asked for.
    wanted: usize,
    share_x: bool,
    share_y: bool,
}

impl<'a> Grid<'a> {
    pub(super) fn new(
        form: Form,
        columns: usize,
        panels: &'a [&Panel],
        axes: &'a [(Axis, Axis)],
    ) -> Self {
        let wanted = columns.min(panels.len());
        let columns = form.columns(wanted);
        let rows = panels.len().div_ceil(columns);
        Self {
            form,
            panels,
            axes,
            columns,
            wanted,
            // On a phone, the labels at the end of a column would be a screen away.
            share_x: !form.narrow && rows > 1 && axes.iter().all(|axis| axis.0 == axes[0].0),
            share_y: columns > 1 && axes.iter().all(|axis| axis.1 == axes[0].1),
        }
    }

    /// Whether the label of the y axis stands turned beside it: where there is room, and it fits.
    fn beside(&self, i: usize, height: f64) -> bool {
        let width = text::width(&self.axes[i].1.label, self.form.label);
        !self.form.narrow && width <= height + 40.0
    }

    /// Room for the labels on the left of each column.
    fn gutters(&self, heights: &[f64]) -> Vec<f64> {
        let (form, axes) = (self.form, self.axes);
        let needed = |i: usize| {
            let ticks = y_ticks(form, &axes[i].1, heights[i]);
            let widths = ticks.iter().map(|tick| text::width(&tick.1, form.tick));
            let label = match axes[i].1.label.is_empty() || !self.beside(i, heights[i]) {
                true => 0.0,
                false => LINE * form.label,
            };
            widths.fold(0.0, f64::max) + TICK_GAP + label + 3.0
        };
        let gutter = |column: usize| match self.share_y && column > 0 {
            true => 16.0, // room for the ends of two tick labels
            false => (column..self.panels.len())
                .step_by(self.columns)
                .map(needed)
                .fold(0.0, f64::max)
                .ceil(),
        };
        (0..self.columns).map(gutter).collect()
    }

    /// Widths that are not plot area. The label of the last tick may stand over the edge by half its width.
    pub(super) fn fixed(&self, gutters: &[f64]) -> f64 {
        let gaps = GAP * (self.columns - 1) as f64;
        2.0 * self.form.margin + 10.0 + gutters.iter().sum::<f64>() + gaps
    }

    /// The gutters, and the size of every plot area. Heights decide the ticks, their labels the widths, and with
    /// equal aspect widths decide heights.
    pub(super) fn boxes(&self) -> (Vec<f64>, Vec<(f64, f64)>) {
        let (form, wanted) = (self.form, self.wanted);
        let height = |panel: &Panel| form.height(panel.height, wanted);
        let size = |cell: f64, panel: &Panel, (x, y): &(Axis, Axis)| match panel.equal {
            false => (cell, height(panel)),
            true => {
                let ratio = (y.high - y.low) / (x.high - x.low);
                let most = form.max_height(panel.height, wanted);
                let width = cell.min(most / ratio).round();
                (width, (width * ratio).round())
            }
        };
        let (mut gutters, mut boxes) = (Vec::new(), Vec::new());
        let mut heights: Vec<f64> = self.panels.iter().map(|panel| height(panel)).collect();
        for _ in 0..2 {
            gutters = self.gutters(&heights);
            let room = form.page_width(self.columns) - self.fixed(&gutters);
            let cell = (room / self.columns as f64).floor().max(40.0);
            let sizes = self.panels.iter().zip(self.axes);
            boxes = sizes.map(|(panel, axes)| size(cell, panel, axes)).collect();
            heights = boxes.iter().map(|size| size.1).collect();
        }
        (gutters, boxes)
    }

    /// Places from `y` down, and where they end.
    pub(super) fn places(
        &self,
        mut y: f64,
        page: f64,
        gutters: &[f64],
        boxes: &[(f64, f64)],
    ) -> (Vec<Place>, f64) {
        let mut places = Vec::new();
        let cell = boxes.iter().map(|size| size.0).fold(0.0, f64::max);
        for start in (0..self.panels.len()).step_by(self.columns) {
            let end = (start + self.columns).min(self.panels.len());
            let mut row = Vec::new();
            let mut x = self.form.margin;
            for i in start..end {
                x += gutters[i - start];
                let room = match self.form.narrow {
                    true => page - 2.0 * self.form.margin,
                    false => boxes[i].0.max(0.9 * cell),
                };
                row.push(self.place(i, (x, gutters[i - start]), room, boxes[i]));
                x += cell + GAP;
            }
            let heading = row.iter().map(Place::heading).fold(0.0, f64::max);
            // Half a line of air for the topmost tick label, which is centred on the edge.
            y += heading + if heading > 0.0 { 5.0 } else { 11.0 };
            row.iter_mut().for_each(|place| place.stand_at(y));
            y = row
                .iter()
                .map(|place| y + place.height + place.bottom)
                .fold(y, f64::max);
            places.append(&mut row);
            if end < self.panels.len() {
                y += if self.form.narrow { 18.0 } else { 10.0 };
            }
        }
        (places, y)
    }

    /// The i-th panel's place, whose height on the page is not known yet; `room` is that for its texts.
    fn place(
        &self,
        i: usize,
        (x, left): (f64, f64),
        room: f64,
        (width, height): (f64, f64),
    ) -> Place {
        let form = self.form;
        let (x_axis, y_axis) = self.axes[i].clone();
        let show_x = !self.share_x || i + self.columns >= self.panels.len();
        let show_y = !self.share_y || i.is_multiple_of(self.columns);
        let lines = |label: &str, size: f64| wrap(label, |line| text::width(line, size), room);
        let x_label = match show_x {
            true => lines(&x_axis.label, form.label),
            false => Vec::new(),
        };
        let (y_label, y_above) = match (show_y, self.beside(i, height)) {
            (false, _) => (String::new(), Vec::new()),
            (true, true) => (y_axis.label.clone(), Vec::new()),
            (true, false) => (String::new(), lines(&y_axis.label, form.label)),
        };
        let below = match x_label.len() {
            0 => 0.0,
            n => (1.15 + LINE * (n - 1) as f64) * form.label,
        };
        Place {
            form,
            page: (0.0, 0.0),
            x,
            y: 0.0,
            width,
            height,
            left,
            bottom: match show_x {
                true => Place::tick_room(form) + below,
                false => 6.0,
            },
            x_ticks: x_ticks(form, &x_axis, width),
            y_ticks: y_ticks(form, &y_axis, height),
            x_axis,
            y_axis,
            show_x,
            show_y,
            x_label,
            y_label,
            y_above,
            room,
            title: lines(&self.panels[i].title, form.panel_title),
            title_at: (if form.narrow { form.margin } else { x }, 0.0),
        }
    }
}

fn y_ticks(form: Form, axis: &Axis, height: f64) -> Vec<(f64, String)> {
    let count = ((height / 38.0) as usize).clamp(2, 6);
    let width = |label: &str| text::width(label, form.tick);
    // Nothing but a name is that long.
    let room = 0.3 * form.page_width(1);
    let ticks = thinned(axis.ticks(count), height, 1.2 * form.tick);
    let label = |(at, label): (f64, String)| (at, elide(&label, width, room));
    ticks.into_iter().map(label).collect()
}

/// As many ticks as stand side by side without touching.
fn x_ticks(form: Form, axis: &Axis, width: f64) -> Vec<(f64, String)> {
    let text_width = |label: &str| text::width(label, form.tick);
    if !axis.names.is_empty() {
        // Names keep their places; what does not fit is cut short, or every second is left out, and so on.
        let ticks = thinned(axis.ticks(1), width, 2.5 * form.tick);
        let step = width / (axis.high - axis.low)
            * if ticks.len() > 1 {
                ticks[1].0 - ticks[0].0
            } else {
                1.0
            };
        let name =
            |(at, name): (f64, String)| (at, elide(&name, text_width, step - 0.5 * form.tick));
        return ticks.into_iter().map(name).collect();
    }
    let fits = |ticks: &Vec<(f64, String)>| {
        ticks.windows(2).all(|pair| {
            let gap = (pair[1].0 - pair[0].0) / (axis.high - axis.low) * width;
            0.5 * (text_width(&pair[0].1) + text_width(&pair[1].1)) + 1.1 * form.tick < gap
        })
    };
    (2..=9)
        .rev()
        .map(|count| axis.ticks(count))
        .find(fits)
        .unwrap_or_else(|| axis.ticks(1))
}

/// Every k-th tick, so that they are at least `apart` on an axis of this length.
fn thinned(ticks: Vec<(f64, String)>, length: f64, apart: f64) -> Vec<(f64, String)> {
    let most = (length / apart).max(1.0) as usize;
    let every = ticks.len().div_ceil(most).max(1);
    ticks.into_iter().step_by(every).collect()
}
