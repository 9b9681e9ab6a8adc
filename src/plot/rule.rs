//! A rule across a panel with its name on it, where the name covers least of the data.

use plotters::element::{PathElement, Text};
use plotters::style::ShapeStyle;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{canvas, chart, px, text_style};
use super::clip::{Bounds, Point};
use super::marks::{Mark, Shape};
use super::place::Place;
use super::svg::{Finish, Piece};
use super::text::{LINE, elide, width};
use crate::Result;

/// The rule `mark` at the height `y`, among all `marks` of its panel.
pub(super) fn draw(
    place: &Place,
    (mark, y): (&Mark, f64),
    stroke: ShapeStyle,
    marks: &[Mark],
) -> Result<Piece> {
    let (bounds, y) = (place.bounds(), place.y_axis.map(y));
    let ends = [(bounds.x.0, y), (bounds.x.1, y)];
    if !bounds.contains(ends[0]) {
        return Ok(Piece::default());
    }
    let rule = chart(place, Finish::dashed(mark.dash), |chart| {
        let line = PathElement::new(ends.to_vec(), stroke);
        chart.plotting_area().draw(&line)
    })?;
    match mark.name.is_empty() {
        true => Ok(rule),
        false => Ok(rule.and(label(place, &mark.name, y, marks)?)),
    }
}

/// The name of a rule at the height `y`, in axis units: above or below it, at its right or left end, where it
/// covers least; the usual place is the first.
fn label(place: &Place, name: &str, y: f64, marks: &[Mark]) -> Result<Piece> {
    let size = place.form.label;
    let name = elide(name, |text| width(text, size), place.width - 8.0);
    let (width, height) = (width(&name, size), LINE * size);
    // Anchors of the text, each with its left or upper edge, from the upper left corner of the plot area.
    let y = (place.y_axis.high - y) / place.y_axis.length() * place.height;
    let (above, below, right) = (y - 3.0, y + 5.0, place.width - 4.0);
    let mut sides = [
        (above, VPos::Bottom, above - height),
        (below, VPos::Top, below),
    ];
    if y < 0.15 * place.height {
        sides.reverse();
    }
    let ends = [(right, HPos::Right, right - width), (4.0, HPos::Left, 4.0)];
    let spots = ends.map(|end| sides.map(|side| (end, side)));
    let covered = |((_, _, left), (_, _, top)): &(_, _)| {
        let outside = *left < 0.0 || left + width > place.width;
        let area = area(place, (*left, *top), (width, height));
        (outside, crossings(place, marks, &area))
    };
    let spots = spots.as_flattened();
    let ((x, h, left), (y, v, _)) = *spots
        .iter()
        .min_by_key(|spot| covered(spot))
        .unwrap_or(&spots[0]);
    let inside = left.clamp(0.0, (place.width - width).max(0.0));
    let at = (px(place.x + x + inside - left), px(place.y + y));
    let finish = Finish {
        halo: true,
        ..Finish::default()
    };
    canvas(place.page, finish, |root| {
        root.draw(&Text::new(name, at, text_style(size, false, h, v)))
    })
}

/// What a box at this distance from the upper left corner of the plot area covers, in axis units.
fn area(place: &Place, (left, top): Point, (width, height): (f64, f64)) -> Bounds {
    let (h, v) = (&place.x_axis, &place.y_axis);
    let x = |across: f64| h.low + across / place.width * h.length();
    let y = |down: f64| v.high - down / place.height * v.length();
    Bounds {
        x: (x(left), x(left + width)),
        y: (y(top + height), y(top)),
    }
}

/// How many of the marks' points and pieces of lines lie in an area.
fn crossings(place: &Place, marks: &[Mark], area: &Bounds) -> usize {
    let crosses = |pair: &&[Point]| area.crosses(place.map(&pair[0]), place.map(&pair[1]));
    let line = |points: &[Point]| points.windows(2).filter(crosses).count();
    let inside = |p: &&Point| area.contains(place.map(p));
    let count = |mark: &Mark| match &mark.shape {
        Shape::Lines(lines) => lines.iter().map(|points| line(points)).sum(),
        Shape::Dots(points) => points.iter().filter(inside).count(),
        Shape::Area(upper) => line(upper),
        Shape::Steps { edges, heights } => {
            let tops = edges.iter().copied().zip(heights.iter().copied());
            line(&tops.collect::<Vec<_>>())
        }
        Shape::Heat { .. } | Shape::Rule(_) | Shape::Pictures(_) | Shape::Words(_) => 0,
    };
    marks.iter().map(count).sum()
}
