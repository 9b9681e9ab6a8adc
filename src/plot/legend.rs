//! The legend: one row of names under the title, shared by all panels.

use plotters::element::{Circle, PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};

use super::color::{HEAT_LEVELS, heat};
use super::draw::{canvas, px, text_style};
use super::form::Form;
use super::lines::{LINE, wrap};
use super::marks::{Dash, Mark, Shape};
use super::svg::Layer;
use super::text;
use crate::Result;

const ROW: f64 = 23.0;
const SWATCH: f64 = 26.0;
const SCALE_BAR: f64 = 120.0;

/// One name in the legend.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    name: String,
    /// The name as it is written, once its place is known.
    lines: Vec<String>,
    form: Form,
    color: RGBColor,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Line {
        width: f64,
        dash: Dash,
    },
    Area {
        opacity: f64,
    },
    Dot {
        diameter: f64,
    },
    /// Labels of the two ends.
    Scale(String, String),
}

impl Entry {
    /// The sample of a mark; `ends` label the colour scale of a heat map, `outlined` histograms are lines.
    pub(super) fn new(
        mark: &Mark,
        color: RGBColor,
        ends: (String, String),
        outlined: bool,
    ) -> Self {
        let kind = match &mark.shape {
            Shape::Steps { .. } if outlined => Kind::Line {
                width: mark.width.max(1.5),
                dash: mark.dash,
            },
            Shape::Lines(_)
            | Shape::VerticalRule(_)
            | Shape::HorizontalRule(_)
            | Shape::Note(_) => Kind::Line {
                width: mark.width.max(1.5),
                dash: mark.dash,
            },
            Shape::Dots(_) => Kind::Dot {
                diameter: mark.width.clamp(6.0, 9.0),
            },
            Shape::Steps { .. } | Shape::Area { .. } | Shape::Bars(_) => Kind::Area {
                opacity: mark.opacity,
            },
            Shape::Heat { .. } => Kind::Scale(ends.0, ends.1),
        };
        Self {
            name: mark.name.clone(),
            lines: Vec::new(),
            form: Form::WIDE,
            color,
            kind,
        }
    }

    /// The entry with its name in lines that fit into a row of width `room`.
    fn fitted(mut self, form: Form, room: f64) -> Self {
        let size = form.label;
        self.form = form;
        let beside = match self.kind {
            Kind::Scale(..) => 0.0,
            _ => self.swatch() + 7.0,
        };
        let room = room - beside;
        self.lines = wrap(&self.name, |line| text::width(line, size), room);
        self
    }

    fn swatch(&self) -> f64 {
        match self.kind {
            Kind::Dot { diameter } => diameter + 2.0,
            _ => SWATCH,
        }
    }

    fn text_width(&self, text: &str) -> f64 {
        text::width(text, self.form.label)
    }

    fn name_width(&self) -> f64 {
        let lines = self.lines.iter().map(|line| self.text_width(line));
        lines.fold(0.0, f64::max)
    }

    /// Width of a colour scale with its two ends.
    fn scale_width(&self) -> f64 {
        match &self.kind {
            Kind::Scale(low, high) => {
                self.text_width(low) + self.text_width(high) + SCALE_BAR + 12.0
            }
            _ => 0.0,
        }
    }

    /// Whether a colour scale stands under its name, because there is no room beside it.
    fn stacked(&self, room: f64) -> bool {
        let scale = self.scale_width();
        scale > 0.0 && self.name_width() + 12.0 + scale > room
    }

    fn width(&self, room: f64) -> f64 {
        match (&self.kind, self.stacked(room)) {
            (Kind::Scale(..), true) => self.name_width().max(self.scale_width()),
            (Kind::Scale(..), false) => self.name_width() + 12.0 + self.scale_width(),
            _ => self.swatch() + 7.0 + self.name_width(),
        }
    }

    fn height(&self, room: f64) -> f64 {
        let lines = self.lines.len().saturating_sub(1) as f64;
        ROW + LINE * self.form.label * lines + if self.stacked(room) { ROW } else { 0.0 }
    }
}

/// Entries with their positions.
#[derive(Debug, Clone)]
pub(super) struct Legend {
    placed: Vec<(Entry, (f64, f64))>,
    room: f64,
    pub height: f64,
}

impl Legend {
    /// Lets the entries flow from the upper left corner `at` in rows of width `room`.
    pub(super) fn new(form: Form, entries: Vec<Entry>, at: (f64, f64), room: f64) -> Self {
        let (mut x, mut y) = at;
        let mut row = 0.0_f64;
        let mut placed = Vec::new();
        for entry in entries {
            let entry = entry.fitted(form, room);
            let width = entry.width(room);
            if x > at.0 && x + width > at.0 + room {
                (x, y, row) = (at.0, y + row, 0.0);
            }
            row = row.max(entry.height(room));
            placed.push((entry, (x, y)));
            x += width + 18.0;
        }
        Self {
            placed,
            room,
            height: y + row - at.1,
        }
    }

    /// One layer an entry, because each has its own dashes.
    pub(super) fn draw(&self, page: (f64, f64)) -> Result<Vec<Layer>> {
        self.placed
            .iter()
            .map(|(entry, at)| entry.draw(*at, page, self.room))
            .collect()
    }
}

impl Entry {
    fn draw(&self, (x, y): (f64, f64), page: (f64, f64), room: f64) -> Result<Layer> {
        let middle = px(y + 0.5 * ROW);
        let dash = match self.kind {
            Kind::Line { dash, .. } => dash,
            _ => Dash::Solid,
        };
        let items = canvas(page, |root| {
            let write = |text: &str, x: f64, middle: i32| {
                let style = text_style(self.form.label, false, HPos::Left, VPos::Center);
                root.draw(&Text::new(text.to_owned(), (px(x), middle), style))
            };
            let write_name = |x: f64| {
                let step = px(LINE * self.form.label);
                let mut lines = (0..).zip(&self.lines);
                lines.try_for_each(|(i, line)| write(line, x, middle + i * step))
            };
            match &self.kind {
                Kind::Line { width, .. } => {
                    let ends = vec![(px(x), middle), (px(x + SWATCH), middle)];
                    root.draw(&PathElement::new(
                        ends,
                        self.color.stroke_width(px(*width) as u32),
                    ))?;
                }
                Kind::Area { opacity } => {
                    let corners = [
                        (px(x), middle - px(6.0)),
                        (px(x + SWATCH), middle + px(6.0)),
                    ];
                    root.draw(&Rectangle::new(corners, self.color.mix(*opacity).filled()))?;
                }
                Kind::Dot { diameter } => {
                    let center = (px(x + 0.5 * self.swatch()), middle);
                    root.draw(&Circle::new(center, px(*diameter) / 2, self.color.filled()))?;
                }
                Kind::Scale(low, high) => {
                    write_name(x)?;
                    let (x, middle) = match self.stacked(room) {
                        true => (x, px(y + self.height(room) - 0.5 * ROW)),
                        false => (x + self.name_width() + 12.0, middle),
                    };
                    write(low, x, middle)?;
                    let x = x + self.text_width(low) + 6.0;
                    let step = SCALE_BAR / HEAT_LEVELS as f64;
                    for level in 0..HEAT_LEVELS {
                        // Each reaches to the end, under the next: no seams.
                        let left = px(x + step * level as f64);
                        let corners = [
                            (left, middle - px(6.0)),
                            (px(x + SCALE_BAR), middle + px(6.0)),
                        ];
                        root.draw(&Rectangle::new(corners, heat(level).filled()))?;
                    }
                    return write(high, x + SCALE_BAR + 6.0, middle);
                }
            }
            write_name(x + self.swatch() + 7.0)
        })?;
        Ok(Layer {
            dash,
            ..Layer::plain(items)
        })
    }
}
