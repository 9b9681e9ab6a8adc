//! Rules across a panel and texts on it, where they cover least of the data.

use plotters::element::{PathElement, Text};
use plotters::style::ShapeStyle;
use plotters::style::text_anchor::{HPos, VPos};

use super::clip::{Bounds, Point};
use super::draw::{canvas, chart, px, text_style};
use super::layout::Place;
use super::lines::{LINE, elide};
use super::marks::{Mark, Shape};
use super::svg::Item;
use super::text;
use crate::Result;

/// Where a text may stand: in pixels from the upper left corner of the plot area, and how it is anchored there.
#[derive(Clone, Copy)]
struct Spot {
    x: f64,
    y: f64,
    h: HPos,
    v: VPos,
}

/// The elements of a rule or a note among the other `marks` of its panel.
pub(super) fn items(
    place: &Place,
    bounds: &Bounds,
    mark: &Mark,
    stroke: ShapeStyle,
    marks: &[Mark],
) -> Result<Vec<Item>> {
    let ends = match mark.shape {
        Shape::VerticalRule(at) => {
            let at = place.x_axis.map(at);
            [(at, bounds.y.0), (at, bounds.y.1)]
        }
        Shape::HorizontalRule(at) => {
            let at = place.y_axis.map(at);
            [(bounds.x.0, at), (bounds.x.1, at)]
        }
        Shape::Note(p) => [(place.x_axis.map(p.0), place.y_axis.map(p.1)); 2],
        _ => return Ok(Vec::new()),
    };
    if !bounds.contains(ends[0]) {
        return Ok(Vec::new());
    }
    let mut items = match mark.shape {
        Shape::Note(_) => Vec::new(),
        _ => chart(place, |chart| {
            let line = PathElement::new(ends.to_vec(), stroke);
            chart.plotting_area().draw(&line)
        })?,
    };
    if !mark.name.is_empty() {
        items.extend(label(place, mark, ends[0], marks)?);
    }
    Ok(items)
}

/// The text of a mark that starts at the point `at`.
fn label(place: &Place, mark: &Mark, at: Point, marks: &[Mark]) -> Result<Vec<Item>> {
    let size = place.form.label;
    let measure = |text: &str| text::width(text, size);
    let name = elide(&mark.name, measure, place.width - 8.0);
    let width = measure(&name);
    let spots = spots(place, &mark.shape, pixel(place, at));
    let covered = |spot: &Spot| {
        let left = left(spot, width);
        let outside = left < 0.0 || left + width > place.width;
        (outside, crossings(place, marks, &area(place, spot, width)))
    };
    let Some(spot) = spots.iter().min_by_key(|spot| covered(spot)) else {
        return Ok(Vec::new());
    };
    let inside = left(spot, width).clamp(0.0, (place.width - width).max(0.0));
    let x = place.x + spot.x + inside - left(spot, width);
    let y = place.y + spot.y;
    canvas(place.page, |root| {
        let style = text_style(size, false, spot.h, spot.v);
        root.draw(&Text::new(name, (px(x), px(y)), style))
    })
}

/// Spots for the label of a mark, the usual one first.
fn spots(place: &Place, shape: &Shape, (x, y): Point) -> Vec<Spot> {
    let spot = |x, y, h, v| Spot { x, y, h, v };
    match shape {
        Shape::VerticalRule(_) => {
            let mut sides = [(x + 5.0, HPos::Left), (x - 5.0, HPos::Right)];
            if x > 0.7 * place.width {
                sides.reverse();
            }
            let ends = [(4.0, VPos::Top), (place.height - 4.0, VPos::Bottom)];
            let all = ends.map(|(y, v)| sides.map(|(x, h)| spot(x, y, h, v)));
            all.concat()
        }
        Shape::HorizontalRule(_) => {
            let mut sides = [(y - 3.0, VPos::Bottom), (y + 5.0, VPos::Top)];
            if y < 0.15 * place.height {
                sides.reverse();
            }
            let ends = [(place.width - 4.0, HPos::Right), (4.0, HPos::Left)];
            let all = ends.map(|(x, h)| sides.map(|(y, v)| spot(x, y, h, v)));
            all.concat()
        }
        _ => vec![spot(x, y, HPos::Center, VPos::Center)],
    }
}

/// A point in axis units as pixels from the upper left corner of the plot area.
fn pixel(place: &Place, (x, y): Point) -> Point {
    let (h, v) = (&place.x_axis, &place.y_axis);
    (
        (x - h.low) / (h.high - h.low) * place.width,
        (v.high - y) / (v.high - v.low) * place.height,
    )
}

fn left(spot: &Spot, width: f64) -> f64 {
    match spot.h {
        HPos::Left => spot.x,
        HPos::Center => spot.x - 0.5 * width,
        HPos::Right => spot.x - width,
    }
}

/// What a text of this width covers at a spot, in axis units.
fn area(place: &Place, spot: &Spot, width: f64) -> Bounds {
    let height = LINE * place.form.label;
    let left = left(spot, width);
    let top = match spot.v {
        VPos::Top => spot.y,
        VPos::Center => spot.y - 0.5 * height,
        VPos::Bottom => spot.y - height,
    };
    let (h, v) = (&place.x_axis, &place.y_axis);
    let x = |pixels: f64| h.low + pixels / place.width * (h.high - h.low);
    let y = |pixels: f64| v.high - pixels / place.height * (v.high - v.low);
    Bounds {
        x: (x(left), x(left + width)),
        y: (y(top + height), y(top)),
    }
}

/// Weight of a text under a text against that of a point.
const TEXT: usize = 100;

/// How many of the marks' points and pieces of lines lie in an area, and texts.
fn crossings(place: &Place, marks: &[Mark], area: &Bounds) -> usize {
    let map = |p: &Point| (place.x_axis.map(p.0), place.y_axis.map(p.1));
    let line = |points: &[Point]| {
        let pairs = points.windows(2);
        pairs
            .filter(|pair| area.crosses(map(&pair[0]), map(&pair[1])))
            .count()
    };
    let count = |mark: &Mark| match &mark.shape {
        Shape::Lines(lines) => lines.iter().map(|points| line(points)).sum(),
        Shape::Dots(points) => points.iter().filter(|p| area.contains(map(p))).count(),
        Shape::Area { upper, .. } => line(upper),
        Shape::Steps { edges, heights } => {
            let tops: Vec<Point> = edges.iter().copied().zip(heights.iter().copied()).collect();
            line(&tops)
        }
        Shape::Note(p) => {
            let note = spots(place, &mark.shape, pixel(place, map(p)))[0];
            let width = text::width(&mark.name, place.form.label);
            TEXT * usize::from(self::area(place, &note, width).meets(area))
        }
        _ => 0,
    };
    marks.iter().map(count).sum()
}
