//! Rules across a panel and texts on it, where they cover least of the data.

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

/// A rule or a note among all `marks` of its panel.
pub(super) fn draw(
    place: &Place,
    mark: &Mark,
    stroke: ShapeStyle,
    marks: &[Mark],
) -> Result<Piece> {
    let bounds = place.bounds();
    let ends = match mark.shape {
        Shape::VerticalRule(at) => {
            let at = place.x_axis.map(at);
            [(at, bounds.y.0), (at, bounds.y.1)]
        }
        Shape::HorizontalRule(at) => {
            let at = place.y_axis.map(at);
            [(bounds.x.0, at), (bounds.x.1, at)]
        }
        Shape::Note(p) => [place.map(&p); 2],
        _ => return Ok(Piece::default()),
    };
    if !bounds.contains(ends[0]) {
        return Ok(Piece::default());
    }
    let rule = match mark.shape {
        Shape::Note(_) => Piece::default(),
        _ => chart(place, Finish::dashed(mark.dash), |chart| {
            let line = PathElement::new(ends.to_vec(), stroke);
            chart.plotting_area().draw(&line)
        })?,
    };
    match mark.name.is_empty() {
        true => Ok(rule),
        false => Ok(rule.and(label(place, mark, ends[0], marks)?)),
    }
}

/// The text of a mark that starts at the point `at`.
fn label(place: &Place, mark: &Mark, at: Point, marks: &[Mark]) -> Result<Piece> {
    let size = place.form.label;
    let measure = |text: &str| width(text, size);
    let name = elide(&mark.name, measure, place.width - 8.0);
    let width = measure(&name);
    let covered = |spot: &Spot| {
        let left = spot.left(width);
        let outside = left < 0.0 || left + width > place.width;
        (outside, crossings(place, marks, &spot.area(place, width)))
    };
    let spots = spots(place, &mark.shape, place.to_page(at));
    let Some(spot) = spots.iter().min_by_key(|spot| covered(spot)) else {
        return Ok(Piece::default());
    };
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
            HPos::Left => self.x,
            HPos::Center => self.x - 0.5 * width,
            HPos::Right => self.x - width,
        }
    }

    /// What a text of this width covers here, in axis units.
    fn area(&self, place: &Place, width: f64) -> Bounds {
        let height = LINE * place.form.label;
        let left = self.left(width);
        let top = match self.v {
            VPos::Top => self.y,
            VPos::Center => self.y - 0.5 * height,
            VPos::Bottom => self.y - height,
        };
        let low = place.from_page((left, top + height));
        let high = place.from_page((left + width, top));
        Bounds {
            x: (low.0, high.0),
            y: (low.1, high.1),
        }
    }
}

/// Spots for the label of a mark at this point of the page, the usual one first.
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

/// Weight of a text under a text against that of a point.
const TEXT: usize = 100;

/// How many of the marks' points and pieces of lines lie in an area, and texts.
fn crossings(place: &Place, marks: &[Mark], area: &Bounds) -> usize {
    let crosses = |pair: &&[Point]| area.crosses(place.map(&pair[0]), place.map(&pair[1]));
    let line = |points: &[Point]| points.windows(2).filter(crosses).count();
    let count = |mark: &Mark| match &mark.shape {
        Shape::Lines(lines) => lines.iter().map(|points| line(points)).sum(),
        Shape::Dots(points) => {
            let inside = points.iter().filter(|p| area.contains(place.map(p)));
            inside.count()
        }
        Shape::Area { upper, .. } => line(upper),
        Shape::Steps { edges, heights } => {
            let tops = edges.iter().copied().zip(heights.iter().copied());
            line(&tops.collect::<Vec<_>>())
        }
        Shape::Note(p) => {
            let note = spots(place, &mark.shape, place.to_page(place.map(p)))[0];
            let text = note.area(place, width(&mark.name, place.form.label));
            TEXT * usize::from(text.meets(area))
        }
        _ => 0,
    };
    marks.iter().map(count).sum()
}
