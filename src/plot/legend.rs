//! The legend: one row of names under the title, shared by all panels.

use std::collections::HashSet;

use plotters::element::{Circle, PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBAColor, RGBColor};

use super::canvas::{Canvas, Drawn, canvas, px, text_style};
use super::clip::Point;
use super::color::{HEAT_LEVELS, heat, share};
use super::form::Form;
use super::format::shortest;
use super::looks::{Look, Looks};
use super::marks::{Dash, Mark, Shape, Tint};
use super::panel::Panel;
use super::svg::{Finish, Piece};
use super::text::{LINE, width, wrap};
use crate::Result;

const ROW: f64 = 23.0;
const SWATCH: f64 = 26.0;
const SCALE_BAR: f64 = 120.0;

/// A name in the legend, in its place.
struct Entry {
    /// Upper left corner.
    at: Point,
    /// The name as it is written, right of what stands for the mark.
    lines: Vec<String>,
    indent: f64,
    /// Size of the type.
    label: f64,
    color: RGBColor,
    sample: Sample,
}

/// What stands for a mark beside its name.
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
    Scale {
        colors: Vec<RGBAColor>,
        ends: [String; 2],
        /// From the corner to the left end and the middle line: beside the name, or below it.
        at: Point,
    },
}

impl Sample {
    fn new(mark: &Mark, look: Look) -> Self {
        let levels = 0..HEAT_LEVELS;
        let map = || {
            let color = |level| heat(look.map, level).mix(1.0);
            levels.clone().map(color).collect()
        };
        let scale = |colors| Self::Scale {
            colors,
            ends: [look.scale.0, look.scale.1].map(|end| shortest(end, 2)),
            at: (0.0, 0.0),
        };
        let shades = || {
            let shade = |level| look.color.mix(mark.opacity * share(level));
            levels.clone().map(shade).collect()
        };
        match &mark.shape {
            Shape::Heat { .. } if mark.tint == Tint::Automatic => scale(map()),
            Shape::Pictures(_) => scale(map()),
            Shape::Heat { .. } | Shape::Words(_) => scale(shades()),
            Shape::Dots(_) => Self::Dot {
                diameter: mark.width.clamp(6.0, 9.0),
            },
            Shape::Steps { .. } | Shape::Area(_) if !look.outlined => Self::Area {
                opacity: mark.opacity,
            },
            _ => Self::Line {
                width: mark.width.max(1.5),
                dash: mark.dash,
            },
        }
    }
}

impl Entry {
    /// The name of a mark in lines that fit into a row of width `room`; its width and height.
    fn new(mark: &Mark, look: Look, form: Form, room: f64) -> (Self, f64, f64) {
        let label = form.label;
        let measure = |text: &str| width(text, label);
        let mut sample = Sample::new(mark, look);
        let indent = match sample {
            Sample::Dot { diameter } => diameter + 2.0 + 7.0,
            Sample::Scale { .. } => 0.0,
            _ => SWATCH + 7.0,
        };
        let lines = wrap(&mark.name, measure, room - indent);
        let name = lines.iter().map(|line| measure(line)).fold(0.0, f64::max);
        let mut wide = indent + name;
        let mut high = ROW + LINE * label * lines.len().saturating_sub(1) as f64;
        if let Sample::Scale { ends, at, .. } = &mut sample {
            let length = measure(&ends[0]) + measure(&ends[1]) + SCALE_BAR + 12.0;
            (wide, *at) = (name + 12.0 + length, (name + 12.0, 0.5 * ROW));
            if wide > room {
                high += ROW;
                (wide, *at) = (name.max(length), (0.0, high - 0.5 * ROW));
            }
        }
        let entry = Self {
            at: (0.0, 0.0),
            lines,
            indent,
            label,
            color: look.color,
            sample,
        };
        (entry, wide, high)
    }

    /// A layer of its own, because each has its own dashes.
    fn draw(&self, page: (f64, f64)) -> Result<Piece> {
        let ((x, y), color) = (self.at, self.color);
        let middle = px(y + 0.5 * ROW);
        let dash = match self.sample {
            Sample::Line { dash, .. } => dash,
            _ => Dash::Solid,
        };
        canvas(page, Finish::dashed(dash), |root| {
            for (i, line) in (0..).zip(&self.lines) {
                let below = i * px(LINE * self.label);
                self.write(root, line, x + self.indent, middle + below)?;
            }
            match &self.sample {
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
                Sample::Scale { colors, ends, at } => self.draw_scale(root, colors, ends, *at),
            }
        })
    }

    fn draw_scale(
        &self,
        root: &Canvas,
        colors: &[RGBAColor],
        ends: &[String; 2],
        at: Point,
    ) -> Drawn {
        let (x, middle) = (self.at.0 + at.0, px(self.at.1 + at.1));
        let [first, last] = ends;
        self.write(root, first, x, middle)?;
        let x = x + width(first, self.label) + 6.0;
        let step = SCALE_BAR / HEAT_LEVELS as f64;
        for (level, color) in (0..).zip(colors) {
            let left = step * f64::from(level);
            // Each reaches to the end, under the next: no seams, unless they shine through.
            let right = if color.3 < 1.0 {
                left + step
            } else {
                SCALE_BAR
            };
            root.draw(&Rectangle::new(
                bar(x + left, x + right, middle),
                color.filled(),
            ))?;
        }
        self.write(root, last, x + SCALE_BAR + 6.0, middle)
    }

    fn write(&self, root: &Canvas, text: &str, x: f64, middle: i32) -> Drawn {
        let style = text_style(self.label, false, HPos::Left, VPos::Center);
        root.draw(&Text::new(text.to_owned(), (px(x), middle), style))
    }
}

/// Corners of a bar about a middle line.
fn bar(left: f64, right: f64, middle: i32) -> [(i32, i32); 2] {
    let half = px(6.0);
    [(px(left), middle - half), (px(right), middle + half)]
}

/// The names of a figure's marks, each once.
pub(super) struct Legend {
    entries: Vec<Entry>,
    pub height: f64,
}

impl Legend {
    /// Lets the names flow from the upper left corner `at` in rows of width `room`.
    pub(super) fn new(form: Form, looks: &Looks, panels: &[&Panel], at: Point, room: f64) -> Self {
        let mut listed = HashSet::new();
        let marks = panels
            .iter()
            .flat_map(|panel| panel.marks.iter().enumerate());
        let named = marks.filter(|(_, mark)| !mark.name.is_empty() && !mark.is_rule());
        let ((mut x, mut y), mut row) = (at, 0.0_f64);
        let mut entries = Vec::new();
        for (i, mark) in named.filter(|(_, mark)| listed.insert(&mark.name)) {
            let (mut entry, width, height) = Entry::new(mark, looks.of(i, mark), form, room);
            if x > at.0 && x + width > at.0 + room {
                (x, y, row) = (at.0, y + row, 0.0);
            }
            row = row.max(height);
            entry.at = (x, y);
            entries.push(entry);
            x += width + 18.0;
        }
        let height = y + row - at.1;
        Self { entries, height }
    }

    pub(super) fn draw(&self, page: (f64, f64)) -> Result<Vec<Piece>> {
        self.entries.iter().map(|entry| entry.draw(page)).collect()
    }
}
