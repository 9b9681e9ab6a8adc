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

/// The name of a rule at the height `y`, in axis units.
fn label(place: &Place, name: &str, y: f64, marks: &[Mark]) -> Result<Piece> {
    let size = place.form.label;
    let measure = |text: &str| width(text, size);
    let name = elide(name, measure, place.width - 8.0);
    let width = measure(&name);
    let spots = spots(place, y);
    let covered = |spot: &&Spot| {
        let left = spot.left(width);
        let outside = left < 0.0 || left + width > place.width;
        (outside, crossings(place, marks, &spot.area(place, width)))
    };
    let spot = spots.iter().min_by_key(covered).unwrap_or(&spots[0]);
    let left = spot.left(width);
    let inside = left.clamp(0.0, (place.width - width).max(0.0));
    let (x, y) = (place.x + spot.x + inside - left, place.y + spot.y);
    let finish = Finish {
        halo: true,
        ..Finish::default()
    };
    canvas(place.page, finish, |root| {
        let style = text_style(size, false, spot.h, spot.v);
        root.draw(&Text::new(name, (px(x), px(y)), style))
    })
}

/// Where a text may stand: from the upper left corner of the plot area, and how it is anchored there.
#[derive(Clone, Copy)]
struct Spot {
    x: f64,
    y: f64,
    h: HPos,
    v: VPos,
}

impl Spot {
    fn left(&self, width: f64) -> f64 {
        match self.h {
            HPos::Right => self.x - width,
            _ => self.x,
        }
    }

    /// What a text of this width covers here, in axis units.
    fn area(&self, place: &Place, width: f64) -> Bounds {
        let height = LINE * place.form.label;
        let left = self.left(width);
        let top = match self.v {
            VPos::Bottom => self.y - height,
            _ => self.y,
        };
        let (h, v) = (&place.x_axis, &place.y_axis);
        let x = |across: f64| h.low + across / place.width * h.length();
        let y = |down: f64| v.high - down / place.height * v.length();
        Bounds {
            x: (x(left), x(left + width)),
            y: (y(top + height), y(top)),
        }
    }
}

/// Spots for the name of a rule: above or below it, at its right or left end, the usual one first.
fn spots(place: &Place, y: f64) -> [Spot; 4] {
    let y = (place.y_axis.high - y) / place.y_axis.length() * place.height;
    let mut sides = [(y - 3.0, VPos::Bottom), (y + 5.0, VPos::Top)];
    if y < 0.15 * place.height {
        sides.reverse();
    }
    let [right, left] = [(place.width - 4.0, HPos::Right), (4.0, HPos::Left)];
    let ends = [(right, 0), (right, 1), (left, 0), (left, 1)];
    ends.map(|((x, h), side)| {
        let (y, v) = sides[side];
        Spot { x, y, h, v }
    })
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
        Shape::Heat { .. } | Shape::Rule(_) | Shape::Pictures(_) => 0,
    };
    marks.iter().map(count).sum()
}
