//! From what plotters-svg writes to a small SVG: parse its elements, join equal ones, write them compactly.
//!
//! plotters rounds to whole pixels, so drawings are [`SCALE`] times as large as the figure; geometry is
//! written in those whole numbers inside one scaled group, text at its true size.

use super::marks::Dash;
use super::path::{Pixel, dots, path};
use super::text::subscripts;
use std::fmt::Write;

/// Drawing pixels per unit of the viewBox.
pub(super) const SCALE: f64 = 4.0;

/// How an element is painted: colour as `#rrggbb`, opacity as plotters wrote it.
#[derive(Debug, Clone, PartialEq)]
struct Paint {
    color: String,
    opacity: String,
}

impl Paint {
    /// The attributes for `stroke` or `fill`; an opacity of 1 is what SVG assumes anyway.
    fn attributes(&self, property: &str) -> String {
        let color = &self.color;
        match self.opacity.as_str() {
            "1" => format!(" {property}=\"{color}\""),
            opacity => format!(" {property}=\"{color}\" {property}-opacity=\"{opacity}\""),
        }
    }
}

/// One element of plotters' drawing.
#[derive(Debug, Clone)]
pub(super) struct Item {
    paint: Paint,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Line { points: Vec<Pixel>, width: i32 },
    Fill(Vec<Pixel>),
    Dot { at: Pixel, radius: i32 },
    Text(Text),
}

#[derive(Debug, Clone)]
struct Text {
    at: Pixel,
    /// Font size in drawing pixels.
    size: f64,
    /// Which part of the height `at` is: plotters' `dy`.
    dy: String,
    anchor: String,
    turned: bool,
    bold: bool,
    /// Already escaped.
    text: String,
}

/// Items that share what plotters cannot say.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub items: Vec<Item>,
    pub dash: Dash,
    /// Text over data gets an outline in the background's colour.
    pub halo: bool,
}

impl Layer {
    pub(super) fn plain(items: Vec<Item>) -> Self {
        Self {
            items,
            dash: Dash::Solid,
            halo: false,
        }
    }
}

/// The elements of a drawing of plotters-svg, which writes one tag a line.
pub(super) fn parse(svg: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut lines = svg.lines();
    while let Some(line) = lines.next() {
        let get = |name| attribute(line, name).unwrap_or_default();
        let int = |name| get(name).parse::<i32>().unwrap_or_default();
        let stroked = |points| Kind::Line {
            points,
            width: int("stroke-width").max(1),
        };
        let tag = line.split([' ', '>']).next().unwrap_or_default();
        let kind = match tag {
            "<line" => stroked(vec![(int("x1"), int("y1")), (int("x2"), int("y2"))]),
            "<polyline" => stroked(pixels(get("points"))),
            "<polygon" => Kind::Fill(pixels(get("points"))),
            "<rect" => {
                let (x, y, w, h) = (int("x"), int("y"), int("width"), int("height"));
                Kind::Fill(vec![(x, y), (x + w, y), (x + w, y + h), (x, y + h)])
            }
            "<circle" => Kind::Dot {
                at: (int("cx"), int("cy")),
                radius: int("r"),
            },
            "<text" => Kind::Text(Text {
                at: (int("x"), int("y")),
                size: get("font-size").parse().unwrap_or_default(),
                dy: get("dy").to_owned(),
                anchor: get("text-anchor").to_owned(),
                turned: !get("transform").is_empty(),
                bold: get("font-weight") == "bold",
                text: lines.next().unwrap_or_default().to_owned(),
            }),
            _ => continue,
        };
        let color = match kind {
            Kind::Line { .. } => get("stroke"),
            _ => get("fill"),
        };
        let paint = Paint {
            color: color.to_lowercase(),
            opacity: get("opacity").to_owned(),
        };
        items.push(Item { paint, kind });
    }
    items
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let length = tag[start..].find('"')?;
    Some(&tag[start..start + length])
}

fn pixels(points: &str) -> Vec<Pixel> {
    points
        .split_whitespace()
        .filter_map(|pair| {
            let (x, y) = pair.split_once(',')?;
            Some((x.parse().ok()?, y.parse().ok()?))
        })
        .collect()
}

/// Neighbours with the same paint become one element.
pub(super) fn geometry(layer: &Layer) -> String {
    let mut out = String::new();
    let run = |a: &&Item, b: &&Item| {
        let same = match (&a.kind, &b.kind) {
            (Kind::Line { width: a, .. }, Kind::Line { width: b, .. }) => a == b,
            (Kind::Dot { radius: a, .. }, Kind::Dot { radius: b, .. }) => a == b,
            (Kind::Fill(_), Kind::Fill(_)) => true,
            _ => false,
        };
        same && a.paint == b.paint
    };
    let shapes: Vec<&Item> = layer.items.iter().filter(|item| !item.is_text()).collect();
    for run in shapes.chunk_by(run) {
        let paint = &run[0].paint;
        let opaque = paint.opacity == "1";
        match &run[0].kind {
            Kind::Line { width, .. } => {
                let lines: Vec<&[Pixel]> = run.iter().filter_map(|item| item.points()).collect();
                let stroke = format!(
                    "{} stroke-width=\"{width}\"{}",
                    paint.attributes("stroke"),
                    dash(layer.dash, *width)
                );
                if opaque || lines.len() == 1 {
                    let _ = writeln!(out, "<path{stroke} d=\"{}\"/>", path(&lines, false));
                } else {
                    // One path each, so that crossings of see-through lines are darker.
                    let _ = writeln!(out, "<g{stroke}>");
                    for line in lines {
                        let _ = writeln!(out, "<path d=\"{}\"/>", path(&[line], false));
                    }
                    out.push_str("</g>\n");
                }
            }
            Kind::Fill(_) => {
                let shapes: Vec<&[Pixel]> = run.iter().filter_map(|item| item.points()).collect();
                let fill = paint.attributes("fill");
                let _ = writeln!(out, "<path{fill} d=\"{}\"/>", path(&shapes, true));
            }
            Kind::Dot { radius, .. } => {
                let at: Vec<Pixel> = run.iter().filter_map(|item| item.center()).collect();
                let _ = writeln!(
                    out,
                    "<g{} stroke-width=\"{}\" stroke-linecap=\"round\">",
                    paint.attributes("stroke"),
                    2 * radius
                );
                // Within one path overlaps do not add up, so see-through dots are dealt out to several.
                for d in dots(&at, if opaque { 1 } else { 8 }) {
                    let _ = writeln!(out, "<path d=\"{d}\"/>");
                }
                out.push_str("</g>\n");
            }
            Kind::Text(_) => {}
        }
    }
    out
}

impl Item {
    fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text(_))
    }

    fn points(&self) -> Option<&[Pixel]> {
        match &self.kind {
            Kind::Line { points, .. } | Kind::Fill(points) => Some(points),
            _ => None,
        }
    }

    fn center(&self) -> Option<Pixel> {
        match self.kind {
            Kind::Dot { at, .. } => Some(at),
            _ => None,
        }
    }

    fn text(&self) -> Option<&Text> {
        match &self.kind {
            Kind::Text(text) if !text.text.is_empty() => Some(text),
            _ => None,
        }
    }
}

fn dash(dash: Dash, width: i32) -> String {
    match dash {
        Dash::Solid => String::new(),
        Dash::Dashed => format!(" stroke-dasharray=\"{},{}\"", 12 + 2 * width, 10 + width),
        Dash::Dotted => format!(
            " stroke-dasharray=\"0,{}\" stroke-linecap=\"round\"",
            5 + 3 * width / 2
        ),
    }
}

pub(super) fn texts(layer: &Layer) -> String {
    let mut out = String::new();
    let texts: Vec<&Text> = layer.items.iter().filter_map(Item::text).collect();
    let same = |a: &&Text, b: &&Text| a.size == b.size && a.anchor == b.anchor && a.bold == b.bold;
    for run in texts.chunk_by(same) {
        let first = run[0];
        let _ = write!(out, "<g font-size=\"{}\"", short(first.size / SCALE));
        if first.anchor != "start" {
            let _ = write!(out, " text-anchor=\"{}\"", first.anchor);
        }
        if first.bold {
            out.push_str(" font-weight=\"600\"");
        }
        if layer.halo {
            out.push_str(
                " class=\"di-halo\" stroke=\"#ffffff\" stroke-width=\"3\" stroke-linejoin=\"round\" paint-order=\"stroke\"",
            );
        }
        out.push_str(" fill=\"#222222\">\n");
        for text in run {
            out.push_str(&text.element());
        }
        out.push_str("</g>\n");
    }
    out
}

impl Text {
    fn element(&self) -> String {
        // plotters shifts by dy, partly in units of ex, which differ from font to font.
        let shift = self.size
            * match self.dy.as_str() {
                "0.76em" => 0.76,
                "0.5ex" => 0.35,
                _ => -0.24,
            };
        let (x, y) = (f64::from(self.at.0), f64::from(self.at.1));
        let text = subscripts(
            &self.text,
            "<tspan dy=\".25em\" font-size=\"75%\">",
            "</tspan>",
            // A quarter of three quarters back up.
            ("<tspan dy=\"-.1875em\">", "</tspan>"),
        );
        if self.turned {
            let (x, y) = (short((x + shift) / SCALE), short(y / SCALE));
            return format!("<text transform=\"translate({x},{y})rotate(-90)\">{text}</text>\n");
        }
        let (x, y) = (short(x / SCALE), short((y + shift) / SCALE));
        format!("<text x=\"{x}\" y=\"{y}\">{text}</text>\n")
    }
}

/// A length with at most one decimal.
pub(super) fn short(value: f64) -> String {
    format!("{}", (value * 10.0).round() / 10.0)
}
