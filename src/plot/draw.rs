//! Axes and marks, drawn by plotters.

use plotters::chart::{ChartBuilder, ChartContext, LabelAreaPosition};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TRANSPARENT, TextStyle,
};
use plotters_svg::SVGBackend;

use super::clip::{Bounds, Point};
use super::color::{GRID, INK, heat};
use super::heat::blocks;
use super::layout::Place;
use super::lines;
use super::marks::{Dash, Mark, Shape, spacing};
use super::notes;
use super::svg::{Item, Layer, SCALE, parse};
use super::ticked::Ticked;
use crate::{Error, Result};

pub(super) type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Drawn = std::result::Result<(), DrawingAreaErrorKind<std::io::Error>>;
pub(super) type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Ticked, Ticked>>;

/// A length of the figure in drawing pixels.
pub(super) fn px(length: f64) -> i32 {
    (length * SCALE).round() as i32
}

/// Draws on a page of plotters and reads back what it wrote.
pub(super) fn canvas(page: (f64, f64), draw: impl FnOnce(&Canvas) -> Drawn) -> Result<Vec<Item>> {
    let mut svg = String::new();
    {
        let size = (px(page.0) as u32, px(page.1) as u32);
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&root)
            .and_then(|()| root.present())
            .map_err(|e| Error::Figure {
                reason: e.to_string(),
            })?;
    }
    Ok(parse(&svg))
}

/// Text in ink, its size in pixels of the figure.
pub(super) fn text_style(size: f64, bold: bool, h: HPos, v: VPos) -> TextStyle<'static> {
    let weight = if bold {
        FontStyle::Bold
    } else {
        FontStyle::Normal
    };
    // plotters-svg divides font sizes by 1.24.
    let font = FontDesc::new(FontFamily::SansSerif, size * SCALE * 1.24, weight);
    TextStyle::from(font).color(&INK).pos(Pos::new(h, v))
}

/// The chart at `place`, which plotters maps from axis units to drawing pixels.
pub(super) fn chart(place: &Place, draw: impl FnOnce(&mut Chart) -> Drawn) -> Result<Vec<Item>> {
    canvas(place.page, |root| {
        let (left, bottom) = (px(place.left), px(place.bottom));
        let (x, y, w, h) = (px(place.x), px(place.y), px(place.width), px(place.height));
        let area = root.clone().shrink((x - left, y), (w + left, h + bottom));
        let mut chart = ChartBuilder::on(&area)
            .set_label_area_size(LabelAreaPosition::Left, left)
            .set_label_area_size(LabelAreaPosition::Bottom, bottom)
            .build_cartesian_2d(
                Ticked::new(place.x_axis.low..place.x_axis.high, &place.x_ticks),
                Ticked::new(place.y_axis.low..place.y_axis.high, &place.y_ticks),
            )?;
        draw(&mut chart)
    })
}

/// Grid, axis lines, tick labels and axis labels.
pub(super) fn axes(place: &Place) -> Result<Vec<Layer>> {
    let centred = |size| text_style(size, false, HPos::Center, VPos::Center);
    let label = |ticks: &[(f64, String)], shown: bool, at: f64| {
        let tick = ticks.iter().find(|tick| shown && tick.0 == at);
        tick.map(|tick| tick.1.clone()).unwrap_or_default()
    };
    let items = chart(place, |chart| {
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
        mesh.x_label_formatter(&|at| label(&place.x_ticks, place.show_x, *at))
            .y_label_formatter(&|at| label(&place.y_ticks, place.show_y, *at))
            .draw()
    })?;
    let mut layers = vec![Layer::plain(items)];
    let size = place.form.label;
    if place.x_label.len() > 1 {
        let (at, style) = (place.x_label_at(), (false, HPos::Center));
        layers.push(lines::draw(place.page, &place.x_label, at, size, style)?);
    }
    if !place.y_above.is_empty() {
        let (at, style) = (place.y_above_at(), (false, HPos::Left));
        layers.push(lines::draw(place.page, &place.y_above, at, size, style)?);
    }
    Ok(layers)
}

/// What a mark needs to know beyond itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub color: RGBColor,
    /// Ends of the colour scale of a heat map.
    pub scale: (f64, f64),
    /// Place among the bars of the panel, and their number.
    pub bar: (usize, usize),
    /// A histogram as its outline, because another one lies below it.
    pub outlined: bool,
}

/// One mark of `marks`, clipped to the plot area.
pub(super) fn mark(place: &Place, mark: &Mark, look: Look, marks: &[Mark]) -> Result<Layer> {
    let bounds = Bounds {
        x: (place.x_axis.low, place.x_axis.high),
        y: (place.y_axis.low, place.y_axis.high),
    };
    let map = |p: &Point| (place.x_axis.map(p.0), place.y_axis.map(p.1));
    let color = look.color.mix(mark.opacity);
    let stroke = color.stroke_width(px(mark.width).max(1) as u32);
    let fill = color.filled();
    let bars = |bars: &mut dyn Iterator<Item = (f64, f64, f64)>| {
        let ground = place.y_axis.map(0.0);
        let mut out = Vec::new();
        for (left, right, height) in bars {
            let (left, right) = (place.x_axis.map(left), place.x_axis.map(right));
            let top = place.y_axis.map(height);
            out.push(bounds.polygon(&[(left, ground), (left, top), (right, top), (right, ground)]));
        }
        out
    };
    let items = match &mark.shape {
        Shape::Lines(lines) => {
            let lines: Vec<Vec<Point>> = lines
                .iter()
                .map(|line| line.iter().map(map).collect())
                .collect();
            polylines(place, &bounds, &lines, stroke)
        }
        Shape::Dots(points) => {
            let inside = points.iter().map(map).filter(|p| bounds.contains(*p));
            let radius = (px(mark.width) / 2).max(1);
            chart(place, |chart| {
                inside
                    .map(|p| Circle::new(p, radius, fill))
                    .try_for_each(|dot| chart.plotting_area().draw(&dot))
            })
        }
        Shape::Steps { edges, heights } => {
            // One outline instead of a rectangle a bin: no seams, and half the size.
            let (first, last) = (edges[0], edges[heights.len()]);
            let steps = edges
                .windows(2)
                .zip(heights)
                .flat_map(|(edge, h)| [(edge[0], *h), (edge[1], *h)]);
            let outline: Vec<Point> = [(first, 0.0)]
                .into_iter()
                .chain(steps)
                .chain([(last, 0.0)])
                .collect();
            let outline: Vec<Point> = outline.iter().map(map).collect();
            if look.outlined {
                let stroke = look.color.stroke_width(px(mark.width).max(1) as u32);
                return polylines(place, &bounds, &[outline], stroke).map(|items| Layer {
                    dash: mark.dash,
                    ..Layer::plain(items)
                });
            }
            polygons(place, &[bounds.polygon(&outline)], fill)
        }
        Shape::Bars(points) => {
            let step = 0.8 * spacing(points) / look.bar.1 as f64;
            let start = step * (look.bar.0 as f64 - 0.5 * look.bar.1 as f64);
            let mut ends = points
                .iter()
                .map(|p| (p.0 + start, p.0 + start + 0.95 * step, p.1));
            polygons(place, &bars(&mut ends), fill)
        }
        Shape::Area { upper, lower } => {
            let ground = |p: &Point| (p.0, 0.0);
            let lower: Vec<Point> = match lower {
                Some(lower) => lower.iter().rev().map(map).collect(),
                None => upper.iter().rev().map(ground).map(|p| map(&p)).collect(),
            };
            let outline: Vec<Point> = upper.iter().map(map).chain(lower).collect();
            polygons(place, &[bounds.polygon(&outline)], fill)
        }
        Shape::Heat { values, x, y } => {
            let edge = |(low, high): (f64, f64), i: usize, n: usize| {
                let share = i as f64 / n as f64;
                low * (1.0 - share) + high * share
            };
            let (rows, columns) = values.dim();
            chart(place, |chart| {
                for (level, blocks) in blocks(values, look.scale).into_iter().enumerate() {
                    for block in blocks {
                        let corner = |j, i| map(&(edge(*x, j, columns), edge(*y, i, rows)));
                        let corners = [corner(block.x.0, block.y.0), corner(block.x.1, block.y.1)];
                        let corners = corners.map(|(x, y)| {
                            (
                                x.clamp(bounds.x.0, bounds.x.1),
                                y.clamp(bounds.y.0, bounds.y.1),
                            )
                        });
                        let style = heat(level).mix(mark.opacity).filled();
                        chart
                            .plotting_area()
                            .draw(&Rectangle::new(corners, style))?;
                    }
                }
                Ok(())
            })
        }
        Shape::VerticalRule(_) | Shape::HorizontalRule(_) | Shape::Note(_) => {
            notes::items(place, &bounds, mark, stroke, marks)
        }
    };
    Ok(Layer {
        items: items?,
        dash: if matches!(mark.shape, Shape::Dots(_)) {
            Dash::Solid
        } else {
            mark.dash
        },
        halo: true,
    })
}

fn polylines(
    place: &Place,
    bounds: &Bounds,
    lines: &[Vec<Point>],
    stroke: ShapeStyle,
) -> Result<Vec<Item>> {
    chart(place, |chart| {
        let mut pieces = lines.iter().flat_map(|line| bounds.polyline(line));
        pieces.try_for_each(|piece| {
            let line = PathElement::new(piece, stroke);
            chart.plotting_area().draw(&line)
        })
    })
}

fn polygons(place: &Place, outlines: &[Vec<Point>], fill: ShapeStyle) -> Result<Vec<Item>> {
    chart(place, |chart| {
        outlines
            .iter()
            .filter(|outline| outline.len() > 2)
            .try_for_each(|outline| {
                chart
                    .plotting_area()
                    .draw(&Polygon::new(outline.clone(), fill))
            })
    })
}
