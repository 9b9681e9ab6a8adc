//! The panels of a page in rows and columns: sizes, room for labels, ticks that do not touch.

use super::axis::{Axis, Tick};
use super::content::Content;
use super::form::Form;
use super::panel::Panel;
use super::place::{HEADING_GAP, Place, TICK_GAP};
use super::text::{LINE, elide, width, wrap};
use super::tiles::Tiles;

/// Between panels.
const GAP: f64 = 16.0;

/// Beside the last panel: the label of its last tick may stand over the edge.
const RIGHT: f64 = 10.0;

/// A panel grows by no more names than these.
const MOST_NAMES: usize = 100;

/// Panels in rows and columns.
pub(super) struct Grid<'a> {
    form: Form,
    panels: &'a [&'a Panel],
    axes: &'a [(Axis, Axis)],
    columns: usize,
    /// Columns of the wide page, which decide the heights that are asked for.
    wanted: usize,
    share_x: bool,
    share_y: bool,
    /// Room for the labels on the left of each column.
    pub(super) gutters: Vec<f64>,
    /// Width and height of every plot area.
    boxes: Vec<(f64, f64)>,
    /// Where pictures or words stand in for axes.
    tiles: Vec<Option<Tiles>>,
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
        let height = |panel: &&Panel| (0.0, form.height(panel.height, wanted));
        let axes_only = panels.iter().all(|panel| panel.content().is_none());
        let of_words = |panel: &&Panel| matches!(panel.content(), Some(Content::Words(_)));
        let least = if panels.iter().any(of_words) { 2 } else { 1 };
        let mut grid = Self {
            form,
            panels,
            axes,
            columns,
            wanted,
            // On a phone, the labels at the end of a column would be a screen away.
            share_x: axes_only
                && !form.narrow
                && rows > 1
                && axes.iter().all(|axis| axis.0 == axes[0].0),
            share_y: axes_only && columns > 1 && axes.iter().all(|axis| axis.1 == axes[0].1),
            gutters: Vec::new(),
            boxes: panels.iter().map(height).collect(),
            tiles: vec![None; panels.len()],
        };
        // Heights decide the ticks, their labels the widths, and with equal aspect widths decide heights.
        for _ in 0..2 {
            grid.gutters = (0..columns).map(|column| grid.gutter(column)).collect();
            let room = form.page_width(columns.max(least)) - grid.fixed();
            let cell = (room / columns as f64).floor().max(40.0);
            grid.tiles = (0..panels.len()).map(|i| grid.tiles(i, cell)).collect();
            grid.boxes = (0..panels.len()).map(|i| grid.size(i, cell)).collect();
        }
        grid
    }

    fn gutter(&self, column: usize) -> f64 {
        if self.share_y && column > 0 {
            return 16.0; // room for the ends of two tick labels
        }
        let needed = |i: usize| {
            if let Some(content) = self.panels[i].content() {
                return content.gutter(self.form);
            }
            let ticks = self.y_ticks(i);
            let widths = ticks.iter().map(|tick| width(&tick.1, self.form.tick));
            let label = match self.axes[i].1.label.is_empty() || !self.beside(i) {
                true => 0.0,
                false => LINE * self.form.label,
            };
            widths.fold(0.0, f64::max) + TICK_GAP + label + 3.0
        };
        let panels = (column..self.panels.len()).step_by(self.columns);
        panels.map(needed).fold(0.0, f64::max).ceil()
    }

    /// Where the pictures or words of a panel stand in a cell of this width, if it has any.
    fn tiles(&self, i: usize, cell: f64) -> Option<Tiles> {
        let panel = self.panels[i];
        let most = self.form.max_height(panel.height, self.wanted);
        let content = panel.content()?;
        Some(content.tiles(self.form, cell, most))
    }

    /// Size of a plot area in a cell of this width.
    fn size(&self, i: usize, cell: f64) -> (f64, f64) {
        if let Some(tiles) = &self.tiles[i] {
            return tiles.size;
        }
        let (panel, (x, y)) = (self.panels[i], &self.axes[i]);
        if !panel.equal {
            // A line for each name.
            let names = LINE * self.form.tick * y.names.len().min(MOST_NAMES) as f64;
            let height = self.form.height(panel.height, self.wanted);
            return (cell, height.max(names.ceil()));
        }
        let ratio = y.length() / x.length();
        let most = self.form.max_height(panel.height, self.wanted);
        let width = cell.min(most / ratio).round();
        (width, (width * ratio).round())
    }

    /// Whether the label of the y axis stands turned beside it: where there is room, and it fits.
    fn beside(&self, i: usize) -> bool {
        let width = width(&self.axes[i].1.label, self.form.label);
        !self.form.narrow && width <= self.boxes[i].1 + 40.0
    }

    /// Widths that are not plot area.
    fn fixed(&self) -> f64 {
        let gaps = GAP * (self.columns - 1) as f64;
        2.0 * self.form.margin + RIGHT + self.gutters.iter().sum::<f64>() + gaps
    }

    fn cell(&self) -> f64 {
        self.boxes.iter().map(|size| size.0).fold(0.0, f64::max)
    }

    /// Width of the page. The narrow one is always as wide, so that its type has one size.
    pub(super) fn page_width(&self) -> f64 {
        match self.form.narrow {
            true => self.form.page_width(1),
            false => self.fixed() + self.cell() * self.columns as f64,
        }
    }

    /// Places from `y` down, and where they end.
    pub(super) fn places(&self, mut y: f64) -> (Vec<Place>, f64) {
        let (cell, mut places) = (self.cell(), Vec::new());
        let all: Vec<usize> = (0..self.panels.len()).collect();
        for row in all.chunks(self.columns) {
            if row[0] > 0 {
                y += if self.form.narrow { 18.0 } else { 10.0 };
            }
            let mut x = self.form.margin;
            let place = |(i, gutter): (&usize, &f64)| {
                let left = x + gutter;
                x = left + cell + GAP;
                self.place(*i, left, *gutter)
            };
            let mut row: Vec<Place> = row.iter().zip(&self.gutters).map(place).collect();
            let heading = row.iter().map(Place::heading).fold(0.0, f64::max);
            // Half a line of air for the topmost tick label, which is centred on the edge.
            y += heading + if heading > 0.0 { HEADING_GAP } else { 11.0 };
            row.iter_mut().for_each(|place| place.y = y);
            let ends = row.iter().map(|place| y + place.height + place.bottom);
            y = ends.fold(y, f64::max);
            places.append(&mut row);
        }
        (places, y)
    }

    /// The i-th panel's place, whose height on the page is not known yet, with the room `left` for labels.
    fn place(&self, i: usize, x: f64, left: f64) -> Place {
        let form = self.form;
        let (x_axis, y_axis) = self.axes[i].clone();
        let (width, height) = self.boxes[i];
        let axes = self.tiles[i].is_none();
        let show_x = axes && (!self.share_x || i + self.columns >= self.panels.len());
        let show_y = axes && (!self.share_y || i.is_multiple_of(self.columns));
        let room = match form.narrow {
            true => self.page_width() - 2.0 * form.margin,
            false => width.max(0.9 * self.cell()),
        };
        let lines = |text: &str, size: f64| wrap(text, |line| super::text::width(line, size), room);
        let x_label = match show_x {
            true => lines(&x_axis.label, form.label),
            false => Vec::new(),
        };
        let (y_label, y_above) = match (show_y, self.beside(i)) {
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
            x_ticks: labelled(self.x_ticks(i), show_x),
            y_ticks: labelled(self.y_ticks(i), show_y),
            x_axis,
            y_axis,
            x_label,
            y_label,
            y_above,
            room,
            title: lines(&self.panels[i].title, form.panel_title),
            title_x: if form.narrow { form.margin } else { x },
            tiles: self.tiles[i].clone(),
        }
    }

    fn y_ticks(&self, i: usize) -> Vec<Tick> {
        let height = self.boxes[i].1;
        let ticks = self.axes[i].1.ticks(((height / 38.0) as usize).clamp(2, 6));
        let most = (height / (1.2 * self.form.tick)).max(1.0) as usize;
        let every = ticks.len().div_ceil(most).max(1);
        let ticks = ticks.into_iter().step_by(every);
        ticks.map(|tick| self.elided(tick)).collect()
    }

    /// A tick with no longer label than anyone reads.
    fn elided(&self, (at, text): Tick) -> Tick {
        let room = 0.3 * self.form.page_width(1);
        let label = elide(&text, |text| width(text, self.form.tick), room);
        (at, label)
    }

    /// As many ticks as stand side by side without touching.
    fn x_ticks(&self, i: usize) -> Vec<Tick> {
        let (axis, room, size) = (&self.axes[i].0, self.boxes[i].0, self.form.tick);
        // Names are told apart with less space between them than numbers.
        let apart = if axis.names.is_empty() { 1.1 } else { 0.4 };
        let over = self.form.margin + RIGHT;
        let inside = |(at, name): &Tick| {
            0.5 * width(name, size) <= (axis.high - at) / axis.length() * room + over
        };
        let fits = |ticks: &Vec<Tick>| {
            let inside = axis.names.is_empty() || ticks.iter().all(inside);
            inside
                && ticks.windows(2).all(|pair| {
                    let gap = (pair[1].0 - pair[0].0) / axis.length() * room;
                    let widths = width(&pair[0].1, size) + width(&pair[1].1, size);
                    0.5 * widths + apart * size < gap
                })
        };
        if !axis.names.is_empty() {
            let all: Vec<Tick> = axis
                .ticks(1)
                .into_iter()
                .map(|tick| self.elided(tick))
                .collect();
            let mut fewer = (1..=all.len()).map(|n| all.iter().step_by(n).cloned().collect());
            return fewer.find(fits).unwrap_or_default();
        }
        let mut counts = (2..=9).rev().map(|count| axis.ticks(count));
        counts.find(fits).unwrap_or_else(|| axis.ticks(1))
    }
}

/// Ticks without their labels, where those of a neighbour are shared.
fn labelled(mut ticks: Vec<Tick>, shown: bool) -> Vec<Tick> {
    if !shown {
        ticks.iter_mut().for_each(|tick| tick.1.clear());
    }
    ticks
}
