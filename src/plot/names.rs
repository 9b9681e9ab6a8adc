//! Names beside points, where they cover neither each other nor a point.

use plotters::element::Text;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{canvas, px, text_style};
use super::clip::Point;
use super::marks::{Mark, Shape};
use super::place::Place;
use super::svg::{Finish, Piece};
use super::text::width;
use crate::Result;

/// From a point to its name.
const GAP: f64 = 3.0;

/// Where a name may stand at a point, to the right (1) or left (−1) and below (1) or above it (−1), the best first.
const SIDES: [(i32, i32); 8] = [
    (1, 0),
    (-1, 0),
    (0, -1),
    (0, 1),
    (1, -1),
    (1, 1),
    (-1, -1),
    (-1, 1),
];

/// Left, upper, right and lower edge, from the upper left corner of the plot area.
type Box = [f64; 4];

/// The names of the points of all marks, drawn for those that are `chosen` by their position; and the names for which
/// there was no room.
pub(super) fn draw<'a>(
    place: &Place,
    marks: &'a [Mark],
    chosen: impl Fn(usize) -> bool,
) -> Result<(Piece, Vec<&'a str>)> {
    let size = place.form.tick;
    let points = marks.iter().enumerate().flat_map(|(i, mark)| {
        let points = match &mark.shape {
            Shape::Dots(points) => points.as_slice(),
            _ => &[],
        };
        let names = mark.names.iter().map(String::as_str);
        let radius = 0.5 * mark.width;
        points
            .iter()
            .zip(names)
            .map(move |(p, name)| (i, dot(place, p, radius), name))
    });
    let whole = [0.0, 0.0, place.width, place.height];
    let points: Vec<(usize, Box, &str)> = points.filter(|(_, dot, _)| meet(dot, &whole)).collect();
    let mut taken: Vec<Box> = points.iter().map(|(_, dot, _)| *dot).collect();
    let (mut shown, mut without) = (Vec::new(), Vec::new());
    for (i, dot, name) in points {
        let fits = |spot: &Box| {
            let [left, top, right, bottom] = *spot;
            let inside =
                left >= 0.0 && top >= 0.0 && right <= place.width && bottom <= place.height;
            inside && !taken.iter().any(|other| meet(spot, other))
        };
        let size = (width(name, size) + 2.0, 1.1 * size);
        let spots = SIDES.map(|side| (spot(&dot, side, size), side.0));
        match spots.into_iter().find(|(spot, _)| fits(spot)) {
            Some((spot, side)) => {
                taken.push(spot);
                shown.push((i, spot, side, name));
            }
            None => without.push(name),
        }
    }
    let finish = Finish {
        halo: true,
        ..Finish::default()
    };
    let piece = canvas(place.page, finish, |root| {
        for (_, spot, anchor, name) in shown.iter().filter(|name| chosen(name.0)) {
            let [left, top, right, bottom] = spot;
            let (x, h) = match anchor {
                -1 => (*right, HPos::Right),
                1 => (*left, HPos::Left),
                _ => (0.5 * (left + right), HPos::Center),
            };
            let at = (px(place.x + x), px(place.y + 0.5 * (top + bottom)));
            let style = text_style(size, false, h, VPos::Center);
            root.draw(&Text::new((*name).to_owned(), at, style))?;
        }
        Ok(())
    })?;
    Ok((piece, without))
}

/// The box of a point of the data.
fn dot(place: &Place, p: &Point, radius: f64) -> Box {
    let (h, v) = (&place.x_axis, &place.y_axis);
    let (x, y) = place.map(p);
    let x = (x - h.low) / h.length() * place.width;
    let y = (v.high - y) / v.length() * place.height;
    [x - radius, y - radius, x + radius, y + radius]
}

/// The box of a name of this size at a side of a point.
fn spot([left, top, right, bottom]: &Box, (h, v): (i32, i32), (wide, high): (f64, f64)) -> Box {
    let along = |side: i32, (low, high): Point, gap: f64, length: f64| match side {
        -1 => low - gap - length,
        0 => 0.5 * (low + high - length),
        _ => high + gap,
    };
    let x = along(h, (*left, *right), GAP, wide);
    let y = along(v, (*top, *bottom), 1.0, high);
    [x, y, x + wide, y + high]
}

fn meet(a: &Box, b: &Box) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}
