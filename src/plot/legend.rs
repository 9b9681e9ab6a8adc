//! The legend: one row of names under the title, shared by all panels.

use std::collections::HashSet;

use plotters::element::{Circle, PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};

use super::canvas::{Canvas, Drawn, canvas, px, text_style};
use super::clip::Point;
use super::color::{HEAT_LEVELS, diverging, heat};
use super::form::Form;
use super::format::shortest;
use super::looks::Looks;
use super::marks::{Dash, Mark, Shape};
use super::panel::Panel;
use super::svg::{Finish, Piece};
use super::text::{LINE, width, wrap};
use crate::Result;

const ROW: f64 = 23.0;
const SWATCH: f64 = 26.0;
const SCALE_BAR: f64 = 120.0;

/// One name in the legend.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    name: String,
    color: RGBColor,
    sample: Sample,
}

/// What stands for a mark beside its name.
#[derive(Debug, Clone)]
enum Sample {
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
    /// A colour scale with the labels of its two ends.
    Scale {
        ends: [String; 2],
        color: fn(usize) -> RGBColor,
    },
}

/// One entry for each name in the panels.
pub(super) fn entries(looks: &Looks, panels: &[&Panel]) -> Vec<Entry> {
    let mut listed = HashSet::new();
    let marks = panels
        .iter()
        .flat_map(|panel| panel.marks.iter().enumerate());
    marks
        .filter(|(_, mark)| !mark.name.is_empty() && !mark.is_rule())
        .filter(|(_, mark)| listed.insert(&mark.name))
        .map(|(i, mark)| Entry::new(i, mark, looks))
        .collect()
}

impl Entry {
    fn new(i: usize, mark: &Mark, looks: &Looks) -> Self {
        let look = looks.of(i, mark);
        let ends = [look.scale.0, look.scale.1].map(|end| shortest(end, 2));
        let sample = match &mark.shape {
            Shape::Heat { .. } => Sample::Scale { ends, color: heat },
            Shape::Pictures(_) => Sample::Scale {
                ends,
                color: signed_level,
            },
            Shape::Dots(_) => Sample::Dot {
                diameter: mark.width.clamp(6.0, 9.0),
            },
            Shape::Steps { .. } | Shape::Area(_) if !look.outlined => Sample::Area {
                opacity: mark.opacity,
            },
            _ => Sample::Line {
                width: mark.width.max(1.5),
                dash: mark.dash,
            },
        };
        Self {
            name: mark.name.clone(),
            color: look.color,
            sample,
        }
    }
}

/// An entry in its place.
#[derive(Debug, Clone)]
struct Placed {
    entry: Entry,
    /// Upper left corner.
    at: Point,
    /// The name as it is written, right of what stands for the mark.
    lines: Vec<String>,
    indent: f64,
    /// Size of the type.
    label: f64,
    /// From the corner to the left end and the middle line of a colour scale: beside the name, or below it.
    scale: Point,
}

impl Placed {
    /// The entry with its name in lines that fit into a row of width `room`; its width and height.
    fn new(entry: Entry, form: Form, room: f64) -> (Self, f64, f64) {
        let label = form.label;
        let measure = |text: &str| width(text, label);
        let indent = match entry.sample {
            Sample::Dot { diameter } => diameter + 2.0 + 7.0,
            Sample::Scale { .. } => 0.0,
            _ => SWATCH + 7.0,
        };
        let lines = wrap(&entry.name, measure, room - indent);
        let name = lines.iter().map(|line| measure(line)).fold(0.0, f64::max);
        let mut wide = indent + name;
        let mut high = ROW + LINE * label * lines.len().saturating_sub(1) as f64;
        let mut scale = (name + 12.0, 0.5 * ROW);
        if let Sample::Scale { ends, .. } = &entry.sample {
            let length = measure(&ends[0]) + measure(&ends[1]) + SCALE_BAR + 12.0;
            wide = name + 12.0 + length;
            if wide > room {
                high += ROW;
                scale = (0.0, high - 0.5 * ROW);
                wide = name.max(length);
            }
        }
        let placed = Self {
            entry,
            at: (0.0, 0.0),
            lines,
            indent,
            label,
            scale,
        };
        (placed, wide, high)
    }

    /// A layer of its own, because each has its own dashes.
    fn draw(&self, page: (f64, f64)) -> Result<Piece> {
        let ((x, y), color) = (self.at, self.entry.color);
        let middle = px(y + 0.5 * ROW);
        let dash = match self.entry.sample {
            Sample::Line { dash, .. } => dash,
            _ => Dash::Solid,
        };
        canvas(page, Finish::dashed(dash), |root| {
            for (i, line) in (0..).zip(&self.lines) {
                let below = i * px(LINE * self.label);
                self.write(root, line, x + self.indent, middle + below)?;
            }
            match &self.entry.sample {
                Sample::Line { width, .. } => {
                    let ends = vec![(px(x), middle), (px(x + SWATCH), middle)];
                    let stroke = color.stroke_width(px(*width) as u32);
                    root.draw(&PathElement::new(ends, stroke))
                }
                Sample::Area { opacity } => {
                    let corners = bar(x, x + SWATCH, middle);
                    root.draw(&Rectangle::new(corners, color.mix(*opacity).filled()))
                }
                Sample::Dot { diameter } => {
                    let center = (px(x + 0.5 * (diameter + 2.0)), middle);
                    root.draw(&Circle::new(center, px(*diameter) / 2, color.filled()))
                }
                Sample::Scale { ends, color } => self.draw_scale(root, ends, *color),
            }
        })
    }

    fn draw_scale(
        &self,
        root: &Canvas,
        [first, last]: &[String; 2],
        color: fn(usize) -> RGBColor,
    ) -> Drawn {
        let (x, middle) = (self.at.0 + self.scale.0, px(self.at.1 + self.scale.1));
        self.write(root, first, x, middle)?;
        let x = x + width(first, self.label) + 6.0;
        let step = SCALE_BAR / HEAT_LEVELS as f64;
        for level in 0..HEAT_LEVELS {
            // Each reaches to the end, under the next: no seams.
            let corners = bar(x + step * level as f64, x + SCALE_BAR, middle);
            root.draw(&Rectangle::new(corners, color(level).filled()))?;
        }
        self.write(root, last, x + SCALE_BAR + 6.0, middle)
    }

    fn write(&self, root: &Canvas, text: &str, x: f64, middle: i32) -> Drawn {
        let style = text_style(self.label, false, HPos::Left, VPos::Center);
        root.draw(&Text::new(text.to_owned(), (px(x), middle), style))
    }
}

/// Colour of a level of signed pictures.
fn signed_level(level: usize) -> RGBColor {
    let [r, g, b] = diverging(level as f64 / (HEAT_LEVELS - 1) as f64);
    RGBColor(r, g, b)
}

/// Corners of a bar about a middle line.
fn bar(left: f64, right: f64, middle: i32) -> [(i32, i32); 2] {
    let half = px(6.0);
    [(px(left), middle - half), (px(right), middle + half)]
}

/// Entries with their positions.
#[derive(Debug, Clone)]
pub(super) struct Legend {
    placed: Vec<Placed>,
    pub height: f64,
}

impl Legend {
    /// Lets the entries flow from the upper left corner `at` in rows of width `room`.
    pub(super) fn new(form: Form, entries: Vec<Entry>, at: Point, room: f64) -> Self {
        let ((mut x, mut y), mut row) = (at, 0.0_f64);
        let mut all = Vec::new();
        for entry in entries {
            let (mut placed, width, height) = Placed::new(entry, form, room);
            if x > at.0 && x + width > at.0 + room {
                (x, y, row) = (at.0, y + row, 0.0);
            }
            row = row.max(height);
            placed.at = (x, y);
            all.push(placed);
            x += width + 18.0;
        }
        Self {
            placed: all,
            height: y + row - at.1,
        }
    }

    pub(super) fn draw(&self, page: (f64, f64)) -> Result<Vec<Piece>> {
        self.placed.iter().map(|entry| entry.draw(page)).collect()
    }
}
