//! Drawing with plotters: pages, charts and lines of text.

use std::ops::Range;

use plotters::chart::{ChartBuilder, ChartContext, LabelAreaPosition};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::Text;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, FontStyle, TextStyle};
use plotters_svg::SVGBackend;

use super::axis::{Axis, Tick};
use super::clip::Point;
use super::color::INK;
use super::place::Place;
use super::svg::{Finish, Piece, SCALE};
use super::text::{LINE, clean};
use crate::{Error, Result};

pub(super) type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Ticked, Ticked>>;
pub(super) type Drawn = std::result::Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// A length of the figure in drawing pixels.
pub(super) fn px(length: f64) -> i32 {
    (length * SCALE).round() as i32
}

/// What plotters draws on a page of this size.
pub(super) fn canvas(
    page: (f64, f64),
    finish: Finish,
    draw: impl FnOnce(&Canvas) -> Drawn,
) -> Result<Piece> {
    let mut svg = String::new();
    {
        let size = (px(page.0) as u32, px(page.1) as u32);
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        let drawn = draw(&root).and_then(|()| root.present());
        drawn.map_err(|e| Error::Figure {
            reason: e.to_string(),
        })?;
    }
    Ok(Piece::read(&svg, finish))
}

/// What plotters draws on the axes at `place`, in axis units.
pub(super) fn chart(
    place: &Place,
    finish: Finish,
    draw: impl FnOnce(&mut Chart) -> Drawn,
) -> Result<Piece> {
    canvas(place.page, finish, |root| {
        let (left, bottom) = (px(place.left), px(place.bottom));
        let (x, y, w, h) = (px(place.x), px(place.y), px(place.width), px(place.height));
        let area = root.clone().shrink((x - left, y), (w + left, h + bottom));
        let mut chart = ChartBuilder::on(&area)
            .set_label_area_size(LabelAreaPosition::Left, left)
            .set_label_area_size(LabelAreaPosition::Bottom, bottom)
            .build_cartesian_2d(
                Ticked::new(&place.x_axis, &place.x_ticks),
                Ticked::new(&place.y_axis, &place.y_ticks),
            )?;
        draw(&mut chart)
    })
}

/// Text in ink, its size in pixels of the figure.
pub(super) fn text_style(size: f64, bold: bool, h: HPos, v: VPos) -> TextStyle<'static> {
    let weight = match bold {
        true => FontStyle::Bold,
        false => FontStyle::Normal,
    };
    // plotters-svg divides font sizes by 1.24.
    let font = FontDesc::new(FontFamily::SansSerif, size * SCALE * 1.24, weight);
    TextStyle::from(font).color(&INK).pos(Pos::new(h, v))
}

/// Texts, each anchored so at the middle of its height.
pub(super) fn write(
    page: (f64, f64),
    size: f64,
    bold: bool,
    mut texts: impl Iterator<Item = (String, Point, HPos)>,
) -> Result<Piece> {
    canvas(page, Finish::default(), |root| {
        texts.try_for_each(|(text, (x, y), h)| {
            let style = text_style(size, bold, h, VPos::Center);
            root.draw(&Text::new(clean(&text), (px(x), px(y)), style))
        })
    })
}

/// Lines of text from the top `at.1` down, each anchored at `at.0`.
pub(super) fn write_lines(
    page: (f64, f64),
    lines: &[String],
    (x, y): Point,
    size: f64,
    (bold, h): (bool, HPos),
) -> Result<Piece> {
    let lines = lines.iter().enumerate().map(|(i, line)| {
        let middle = y + LINE * size * (i as f64 + 0.5);
        (line.clone(), (x, middle), h)
    });
    write(page, size, bold, lines)
}

/// The coordinate that plotters maps by: axis units with the ticks that the layout chose. (plotters' own
/// `WithKeyPoints` cannot be labelled for floats, and its linear range rounds down instead of to the nearest pixel.)
pub(super) struct Ticked {
    range: Range<f64>,
    ticks: Vec<f64>,
}

impl Ticked {
    fn new(axis: &Axis, ticks: &[Tick]) -> Self {
        Self {
            range: axis.low..axis.high,
            ticks: ticks.iter().map(|tick| tick.0).collect(),
        }
    }
}

impl Ranged for Ticked {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        let (start, end) = (f64::from(limit.0), f64::from(limit.1));
        // The cast saturates, so values far outside are safe.
        (start + share * (end - start)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        match hint.weight().allow_light_points() {
            true => Vec::new(),
            false => self.ticks.clone(),
        }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}
