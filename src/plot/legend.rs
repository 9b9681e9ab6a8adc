//! The legend: one row of names under the title, shared by all panels.

use plotters::element::{Circle, PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};

use super::color::{HEAT_LEVELS, heat};
use super::draw::{canvas, px, text_style};
use super::marks::{Dash, Mark, Shape};
use super::svg::Layer;
use super::text::{self, LABEL};
use crate::Result;

const ROW: f64 = 23.0;
const SWATCH: f64 = 26.0;
const SCALE_BAR: f64 = 120.0;

/// One name in the legend.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    name: String,
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
    /// The sample of a mark; `ends` label the colour scale of a heat map.
    pub(super) fn new(mark: &Mark, color: RGBColor, ends: (String, String)) -> Self {
        let kind = match &mark.shape {
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
            color,
            kind,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn swatch(&self) -> f64 {
        match self.kind {
            Kind::Dot { diameter } => diameter + 2.0,
            _ => SWATCH,
        }
    }

    fn width(&self) -> f64 {
        let name = text::width(&self.name, LABEL);
        match &self.kind {
            Kind::Scale(low, high) => {
                let ends = text::width(low, LABEL) + text::width(high, LABEL);
                name + 12.0 + ends + SCALE_BAR + 12.0
            }
            _ => self.swatch() + 7.0 + name,
        }
    }
}

/// Entries with their positions.
#[derive(Debug, Clone)]
pub(super) struct Legend {
    placed: Vec<(Entry, (f64, f64))>,
    pub height: f64,
}

impl Legend {
    /// Lets the entries flow from the upper left corner `at` in rows of width `room`.
    pub(super) fn new(entries: Vec<Entry>, at: (f64, f64), room: f64) -> Self {
        let (mut x, mut y) = at;
        let mut placed = Vec::new();
        for entry in entries {
            let width = entry.width();
            if x > at.0 && x + width > at.0 + room {
                (x, y) = (at.0, y + ROW);
            }
            placed.push((entry, (x, y)));
            x += width + 18.0;
        }
        let height = if placed.is_empty() {
            0.0
        } else {
            y + ROW - at.1
        };
        Self { placed, height }
    }

    /// One layer an entry, because each has its own dashes.
    pub(super) fn draw(&self, page: (f64, f64)) -> Result<Vec<Layer>> {
        self.placed
            .iter()
            .map(|(entry, at)| entry.draw(*at, page))
            .collect()
    }
}

impl Entry {
    fn draw(&self, (x, y): (f64, f64), page: (f64, f64)) -> Result<Layer> {
        let middle = px(y + 0.5 * ROW);
        let dash = match self.kind {
            Kind::Line { dash, .. } => dash,
            _ => Dash::Solid,
        };
        let items = canvas(page, |root| {
            let write = |text: &str, x: f64| {
                let style = text_style(LABEL, false, HPos::Left, VPos::Center);
                root.draw(&Text::new(text.to_owned(), (px(x), middle), style))
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
                    write(&self.name, x)?;
                    let x = x + text::width(&self.name, LABEL) + 12.0;
                    write(low, x)?;
                    let x = x + text::width(low, LABEL) + 6.0;
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
                    return write(high, x + SCALE_BAR + 6.0);
                }
            }
            write(&self.name, x + self.swatch() + 7.0)
        })?;
        Ok(Layer {
            dash,
            ..Layer::plain(items)
        })
    }
}
