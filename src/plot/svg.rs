//! From what plotters-svg writes to a small SVG: read its elements, join equal ones, write them compactly.
//!
//! plotters rounds to whole pixels, so drawings are [`SCALE`] times as large as the figure; geometry is
//! written in those whole numbers inside one scaled group, text at its true size.

use super::marks::Dash;
use super::path::{Pixel, dots, path};
use super::text::subscripts;

/// Drawing pixels per unit of the viewBox.
pub(super) const SCALE: f64 = 4.0;

/// What plotters cannot say of a drawing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Finish {
    pub dash: Dash,
    /// Text over data gets an outline in the background's colour.
    pub halo: bool,
}

impl Finish {
    pub(super) fn dashed(dash: Dash) -> Self {
        Self { dash, halo: false }
    }
}

/// A drawing as SVG elements. Geometry is in drawing pixels, text in units of the viewBox.
#[derive(Debug, Clone, Default)]
pub(super) struct Piece {
    pub geometry: String,
    pub text: String,
}

/// Stands for the document's own name in the names of its parts, until that is known.
pub(super) const OWN: char = '\u{2}';

impl Piece {
    /// The drawing that plotters-svg wrote, one tag a line.
    pub(super) fn read(svg: &str, finish: Finish) -> Self {
        let (mut shapes, mut texts) = (Vec::new(), Vec::new());
        let mut lines = svg.lines();
        while let Some(line) = lines.next() {
            if line.starts_with("<text") {
                texts.extend(Text::read(Tag(line), lines.next().unwrap_or_default()));
            }
            shapes.extend(Shape::read(Tag(line)));
        }
        let runs = shapes.chunk_by(|a, b| a.paint == b.paint);
        let texts = texts.chunk_by(|a, b| a.style == b.style);
        Self {
            geometry: runs.map(|run| geometry(run, finish.dash)).collect(),
            text: texts.map(|run| text(run, finish.halo)).collect(),
        }
    }

    /// An image of square pixels, each of them seen, from the upper left corner `at`.
    pub(super) fn image(uri: &str, at: (f64, f64), size: (f64, f64)) -> Self {
        let [x, y, width, height] = [at.0, at.1, size.0, size.1].map(|v| short(v * SCALE));
        let geometry = format!(
            "<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
             image-rendering=\"pixelated\" href=\"{uri}\"/>\n"
        );
        let text = String::new();
        Self { geometry, text }
    }

    /// Both pieces as one.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            geometry: self.geometry + &other.geometry,
            text: self.text + &other.text,
        }
    }

    /// The piece under a number, by which [`shared`](Self::shared) refers to it.
    pub(super) fn numbered(self, number: usize) -> Self {
        let geometry = format!("<g id=\"{OWN}m{number}\">\n{}</g>\n", self.geometry);
        Self { geometry, ..self }
    }

    /// The geometry of a numbered piece once more: stretched, then moved by so many units.
    pub(super) fn shared(number: usize, (sx, sy): (f64, f64), (x, y): (f64, f64)) -> Self {
        let thousandths = |v: f64| (v * 1000.0).round() / 1000.0;
        let (sx, sy) = (thousandths(sx), thousandths(sy));
        let (x, y) = (short(x * SCALE), short(y * SCALE));
        let matrix = format!("matrix({sx},0,0,{sy},{x},{y})");
        Self {
            geometry: format!("<use href=\"#{OWN}m{number}\" transform=\"{matrix}\"/>\n"),
            text: String::new(),
        }
    }
}

/// Pieces as SVG elements: geometry first, text above it.
pub(super) fn join(pieces: &[Piece]) -> String {
    let mut out: String = pieces.iter().map(|piece| piece.geometry.as_str()).collect();
    if !out.is_empty() {
        let scale = 1.0 / SCALE;
        out = format!(
            "<g transform=\"scale({scale})\" fill=\"none\" stroke-linejoin=\"round\">\n{out}</g>\n"
        );
    }
    out.extend(pieces.iter().map(|piece| piece.text.as_str()));
    out
}

/// A length with at most one decimal.
fn short(value: f64) -> String {
    format!("{}", (value * 10.0).round() / 10.0)
}

/// A start tag.
#[derive(Clone, Copy)]
struct Tag<'a>(&'a str);

impl<'a> Tag<'a> {
    fn name(self) -> &'a str {
        self.0.split([' ', '>']).next().unwrap_or_default()
    }

    /// The attribute's value, empty if there is none.
    fn get(self, name: &str) -> &'a str {
        let rest = self
            .0
            .split_once(&format!(" {name}=\""))
            .unwrap_or_default()
            .1;
        rest.split('"').next().unwrap_or_default()
    }

    fn pixel(self, x: &str, y: &str) -> Pixel {
        (self.whole(x), self.whole(y))
    }

    fn whole(self, name: &str) -> i32 {
        self.get(name).parse().unwrap_or_default()
    }
}

/// How a shape is painted: colour as `#rrggbb`, opacity as plotters wrote it.
#[derive(Debug, Clone, PartialEq)]
struct Paint {
    kind: Kind,
    color: String,
    opacity: String,
}

/// A line or dots of this many pixels, or a filled shape.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Line(i32),
    Dot(i32),
    Fill,
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

/// A line, a filled shape or a dot of plotters' drawing.
#[derive(Debug, Clone)]
struct Shape {
    paint: Paint,
    points: Vec<Pixel>,
}

impl Shape {
    fn read(tag: Tag) -> Option<Self> {
        let points = || {
            let pairs = tag.get("points").split_whitespace();
            let pairs = pairs.filter_map(|pair| pair.split_once(','));
            pairs.filter_map(|(x, y)| Some((x.parse().ok()?, y.parse().ok()?)))
        };
        let line = Kind::Line(tag.whole("stroke-width").max(1));
        let (kind, points) = match tag.name() {
            "<line" => (line, vec![tag.pixel("x1", "y1"), tag.pixel("x2", "y2")]),
            "<polyline" => (line, points().collect()),
            "<polygon" => (Kind::Fill, points().collect()),
            "<rect" => {
                let (x, y) = tag.pixel("x", "y");
                let (w, h) = tag.pixel("width", "height");
                let corners = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)];
                (Kind::Fill, corners.to_vec())
            }
            "<circle" => (Kind::Dot(2 * tag.whole("r")), vec![tag.pixel("cx", "cy")]),
            _ => return None,
        };
        let color = match kind {
            Kind::Line(_) => tag.get("stroke"),
            _ => tag.get("fill"),
        };
        let paint = Paint {
            kind,
            color: color.to_lowercase(),
            opacity: tag.get("opacity").to_owned(),
        };
        Some(Self { paint, points })
    }
}

/// Neighbours with the same paint as one element.
fn geometry(run: &[Shape], dash: Dash) -> String {
    let paint = &run[0].paint;
    let lines: Vec<&[Pixel]> = run.iter().map(|shape| shape.points.as_slice()).collect();
    let opaque = paint.opacity == "1";
    let (attributes, paths) = match paint.kind {
        Kind::Fill => (paint.attributes("fill"), vec![path(&lines, true)]),
        Kind::Line(width) => {
            let stroke = paint.attributes("stroke");
            let dashes = dashes(dash, width);
            let paths = match opaque {
                true => vec![path(&lines, false)],
                // One path each, so that crossings of see-through lines are darker.
                false => lines.iter().map(|line| path(&[line], false)).collect(),
            };
            (format!("{stroke} stroke-width=\"{width}\"{dashes}"), paths)
        }
        Kind::Dot(width) => {
            let stroke = paint.attributes("stroke");
            let stroke = format!("{stroke} stroke-width=\"{width}\" stroke-linecap=\"round\"");
            // Within one path overlaps do not add up, so see-through dots are dealt out to several.
            (stroke, dots(&lines.concat(), if opaque { 1 } else { 8 }))
        }
    };
    match (paint.kind, paths.as_slice()) {
        (Kind::Fill | Kind::Line(_), [d]) => format!("<path{attributes} d=\"{d}\"/>\n"),
        _ => {
            let paths = paths.iter().map(|d| format!("<path d=\"{d}\"/>\n"));
            format!("<g{attributes}>\n{}</g>\n", paths.collect::<String>())
        }
    }
}

fn dashes(dash: Dash, width: i32) -> String {
    match dash {
        Dash::Solid => String::new(),
        Dash::Dashed => format!(" stroke-dasharray=\"{},{}\"", 12 + 2 * width, 10 + width),
        Dash::Dotted => format!(
            " stroke-dasharray=\"0,{}\" stroke-linecap=\"round\"",
            5 + 3 * width / 2
        ),
    }
}

/// A text of plotters' drawing.
struct Text {
    /// The attributes of the group that it belongs to.
    style: String,
    element: String,
}

impl Text {
    /// The text under a tag, already escaped; nothing if it is empty.
    fn read(tag: Tag, text: &str) -> Option<Self> {
        let size: f64 = tag.get("font-size").parse().unwrap_or_default();
        // plotters shifts by dy, partly in units of ex, which differ from font to font.
        let shift = size
            * match tag.get("dy") {
                "0.76em" => 0.76,
                "0.5ex" => 0.35,
                _ => -0.24,
            };
        let (x, y) = tag.pixel("x", "y");
        let at = |v: i32, shift: f64| short((f64::from(v) + shift) / SCALE);
        let place = match tag.get("transform") {
            "" => format!("x=\"{}\" y=\"{}\"", at(x, 0.0), at(y, shift)),
            _ => {
                let (x, y) = (at(x, shift), at(y, 0.0));
                format!("transform=\"translate({x},{y})rotate(-90)\"")
            }
        };
        let mut style = format!(" font-size=\"{}\"", short(size / SCALE));
        match tag.get("text-anchor") {
            "start" => {}
            anchor => style += &format!(" text-anchor=\"{anchor}\""),
        }
        if tag.get("font-weight") == "bold" {
            style += " font-weight=\"600\"";
        }
        let open = "<tspan dy=\".25em\" font-size=\"75%\">";
        // A quarter of three quarters back up.
        let back = ("<tspan dy=\"-.1875em\">", "</tspan>");
        let shown = subscripts(text, open, "</tspan>", back);
        let element = format!("<text {place}>{shown}</text>\n");
        (!text.is_empty()).then_some(Self { style, element })
    }
}

/// Neighbours of the same style as one group.
fn text(run: &[Text], halo: bool) -> String {
    let halo = match halo {
        true => {
            " class=\"di-halo\" stroke=\"#ffffff\" stroke-width=\"3\" stroke-linejoin=\"round\" paint-order=\"stroke\""
        }
        false => "",
    };
    let (style, texts) = (&run[0].style, run.iter().map(|text| text.element.as_str()));
    let texts: String = texts.collect();
    format!("<g{style}{halo} fill=\"#222222\">\n{texts}</g>\n")
}
