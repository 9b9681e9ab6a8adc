//! Axes and marks, drawn by plotters.

use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, ShapeStyle, TRANSPARENT};

use super::axis::Tick;
use super::canvas::{chart, px, text_style, write_lines};
use super::clip::Point;
use super::color::{GRID, INK, heat, layer};
use super::heat::{blocks, corners};
use super::looks::Look;
use super::marks::{Mark, Shape, Tint};
use super::place::Place;
use super::rule;
use super::sheet;
use super::svg::{Finish, Piece};
use crate::Result;

/// Grid, axis lines, tick labels and axis labels; frames and labels of pictures.
pub(super) fn axes(place: &Place) -> Result<Vec<Piece>> {
    if let Some(tiles) = &place.tiles {
        return sheet::ground(place, tiles);
    }
    let centred = |size| text_style(size, false, HPos::Center, VPos::Center);
    let label = |ticks: &[Tick], at: f64| {
        let tick = ticks.iter().find(|tick| tick.0 == at);
        tick.map(|tick| tick.1.clone()).unwrap_or_default()
    };
    let plain = chart(place, Finish::default(), |chart| {
        let mut mesh = chart.configure_mesh();
        mesh.bold_line_style(GRID.stroke_width(px(0.75) as u32))
            .light_line_style(TRANSPARENT)
            .axis_style(INK.stroke_width(px(1.0) as u32))
            .set_all_tick_mark_size(px(3.0))
            .label_style(centred(place.form.tick))
            .axis_desc_style(centred(place.form.label));
        if let [label] = place.x_label.as_slice() {
            mesh.x_desc(label.as_str());
        }
        if !place.y_label.is_empty() {
            mesh.y_desc(place.y_label.as_str());
        }
        mesh.x_label_formatter(&|at| label(&place.x_ticks, *at))
            .y_label_formatter(&|at| label(&place.y_ticks, *at))
            .draw()
    })?;
    let mut pieces = vec![plain];
    let size = place.form.label;
    if place.x_label.len() > 1 {
        let (at, style) = (place.x_label_at(), (false, HPos::Center));
        pieces.push(write_lines(place.page, &place.x_label, at, size, style)?);
    }
    if !place.y_above.is_empty() {
        let (at, style) = (place.y_above_at(), (false, HPos::Left));
        pieces.push(write_lines(place.page, &place.y_above, at, size, style)?);
    }
    Ok(pieces)
}

/// One mark of `marks`, clipped to the plot area.
pub(super) fn mark(place: &Place, mark: &Mark, look: Look, marks: &[Mark]) -> Result<Piece> {
    let width = px(mark.width).max(1);
    let color = look.color.mix(mark.opacity);
    let stroke = color.stroke_width(width as u32);
    let mapped = |points: &[Point]| points.iter().map(|p| place.map(p)).collect::<Vec<_>>();
    match &mark.shape {
        Shape::Lines(lines) => {
            let lines: Vec<Vec<Point>> = lines.iter().map(|line| mapped(line)).collect();
            strokes(place, mark, &lines, stroke)
        }
        Shape::Dots(points) => dots(place, &mapped(points), (width / 2).max(1), color.filled()),
        Shape::Steps { edges, heights } => {
            let outline = mapped(&outline_of(edges, heights));
            match look.outlined {
                true => strokes(
                    place,
                    mark,
                    &[outline],
                    look.color.stroke_width(width as u32),
                ),
                false => fill(place, &outline, color.filled()),
            }
        }
        Shape::Area(upper) => {
            let ground = upper.iter().rev().map(|p| (p.0, 0.0));
            let outline: Vec<Point> = upper.iter().copied().chain(ground).collect();
            fill(place, &mapped(&outline), color.filled())
        }
        Shape::Heat { .. } => heat_map(place, mark, look),
        Shape::Rule(y) => rule::draw(place, (mark, *y), stroke, marks),
        Shape::Pictures(pictures) => match &place.tiles {
            Some(tiles) => sheet::marks(place, tiles, pictures),
            None => Ok(Piece::default()),
        },
        Shape::Words(words) => match &place.tiles {
            Some(tiles) => sheet::words(place, tiles, words, (look, mark.opacity)),
            None => Ok(Piece::default()),
        },
    }
}

/// Bars as one outline instead of a rectangle each: no seams, and half the size.
fn outline_of(edges: &[f64], heights: &[f64]) -> Vec<Point> {
    let (first, last) = (edges[0], edges[heights.len()]);
    let bars = edges.windows(2).zip(heights);
    let tops = bars.flat_map(|(edge, h)| [(edge[0], *h), (edge[1], *h)]);
    let start = std::iter::once((first, 0.0));
    start.chain(tops).chain([(last, 0.0)]).collect()
}

fn strokes(place: &Place, mark: &Mark, lines: &[Vec<Point>], stroke: ShapeStyle) -> Result<Piece> {
    chart(place, Finish::dashed(mark.dash), |chart| {
        let bounds = place.bounds();
        let mut pieces = lines.iter().flat_map(|line| bounds.polyline(line));
        pieces.try_for_each(|piece| {
            let line = PathElement::new(piece, stroke);
            chart.plotting_area().draw(&line)
        })
    })
}

fn fill(place: &Place, outline: &[Point], fill: ShapeStyle) -> Result<Piece> {
    chart(place, Finish::default(), |chart| {
        let inside = place.bounds().polygon(outline);
        match inside.len() {
            0..3 => Ok(()),
            _ => chart.plotting_area().draw(&Polygon::new(inside, fill)),
        }
    })
}

fn dots(place: &Place, points: &[Point], radius: i32, fill: ShapeStyle) -> Result<Piece> {
    chart(place, Finish::default(), |chart| {
        let bounds = place.bounds();
        let mut inside = points.iter().filter(|p| bounds.contains(**p));
        inside.try_for_each(|p| {
            let dot = Circle::new(*p, radius, fill);
            chart.plotting_area().draw(&dot)
        })
    })
}

fn heat_map(place: &Place, mark: &Mark, look: Look) -> Result<Piece> {
    let Shape::Heat { values, x, y } = &mark.shape else {
        return Ok(Piece::default());
    };
    chart(place, Finish::default(), |chart| {
        for (level, blocks) in blocks(values, look.scale).into_iter().enumerate() {
            let style = match mark.tint {
                Tint::Automatic => heat(look.map, level).mix(mark.opacity),
                _ => look.color.mix(layer(level, mark.opacity)),
            };
            for block in blocks {
                let corners = corners(block, values.dim(), *x, *y);
                let corners = corners.map(|corner| place.bounds().clamp(place.map(&corner)));
                let area = Rectangle::new(corners, style.filled());
                chart.plotting_area().draw(&area)?;
            }
        }
        Ok(())
    })
}
