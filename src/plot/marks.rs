//! Marks: what is drawn on a panel's axes, checked and converted when it is added.

use ndarray::Array2;

use super::axis::{Extent, bounds};
use super::clip::Point;
use super::text::clean;
use crate::{Error, Result};

/// More values than this are not drawn.
pub(super) const MOST_VALUES: usize = 1 << 24;

/// How a line is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dash {
    Solid,
    Dashed,
    Dotted,
}

/// Where a mark's colour comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tint {
    /// The next free colour of the figure, the same for the same name in every panel.
    Automatic,
    /// A fixed index into the series colours.
    Series(usize),
    /// The colour of the text.
    Ink,
}

/// One thing to draw.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    /// Its name in the legend; marks with the same name in other panels look the same.
    pub name: String,
    pub shape: Shape,
    pub tint: Tint,
    /// Line width or point diameter in pixels.
    pub width: f64,
    pub opacity: f64,
    pub dash: Dash,
}

/// The geometry of a mark, in data units.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// Bars on `edges`, side by side without gaps.
    Steps {
        edges: Vec<f64>,
        heights: Vec<f64>,
    },
    Lines(Vec<Vec<Point>>),
    Dots(Vec<Point>),
    /// Between two curves, or between a curve and zero.
    Area {
        upper: Vec<Point>,
        lower: Option<Vec<Point>>,
    },
    Bars(Vec<Point>),
    /// `values[[i, j]]` at the i-th of equal cells of `y` and the j-th of `x`.
    Heat {
        values: Array2<f64>,
        x: (f64, f64),
        y: (f64, f64),
    },
    VerticalRule(f64),
    HorizontalRule(f64),
    Note(Point),
}

impl Mark {
    pub(super) fn new(name: &str, shape: Shape) -> Self {
        let (width, opacity) = match &shape {
            Shape::Lines(lines) if lines.len() > 1 => (1.0, 0.5),
            Shape::Steps { .. } => (2.0, 0.55),
            Shape::Dots(_) => (4.0, 0.5),
            Shape::Area { .. } => (2.0, 0.3),
            Shape::Bars(_) => (2.0, 0.85),
            Shape::VerticalRule(_) | Shape::HorizontalRule(_) => (1.25, 0.75),
            Shape::Lines(_) | Shape::Heat { .. } | Shape::Note(_) => (2.0, 1.0),
        };
        let annotation = matches!(
            shape,
            Shape::VerticalRule(_) | Shape::HorizontalRule(_) | Shape::Note(_)
        );
        let rule = annotation && !matches!(shape, Shape::Note(_));
        Self {
            name: clean(name),
            shape,
            tint: if annotation {
                Tint::Ink
            } else {
                Tint::Automatic
            },
            width,
            opacity,
            dash: if rule { Dash::Dashed } else { Dash::Solid },
        }
    }

    /// Whether the mark takes a series colour and a place in the legend.
    pub(super) fn is_series(&self) -> bool {
        !matches!(
            self.shape,
            Shape::VerticalRule(_) | Shape::HorizontalRule(_) | Shape::Note(_) | Shape::Heat { .. }
        )
    }

    /// What the mark asks of the x and the y axis.
    pub(super) fn extents(&self) -> (Extent, Extent) {
        let with = |mut e: Extent, zero, air| {
            (e.zero, e.air) = (zero, air);
            e
        };
        let of_points = |points: &mut dyn Iterator<Item = &Point>| {
            points.fold((Extent::NONE, Extent::NONE), |(x, y), p| {
                let one = |v| Extent::of(std::iter::once(v));
                (x.join(one(p.0)), y.join(one(p.1)))
            })
        };
        match &self.shape {
            Shape::Steps { edges, heights } => (
                Extent::of(edges.iter().copied()),
                with(Extent::of(heights.iter().copied()), true, true),
            ),
            Shape::Lines(lines) => {
                let (x, y) = of_points(&mut lines.iter().flatten());
                (x, with(y, false, true))
            }
            Shape::Dots(points) => {
                let (x, y) = of_points(&mut points.iter());
                (with(x, false, true), with(y, false, true))
            }
            Shape::Area { upper, lower } => {
                let (x, y) = of_points(&mut upper.iter().chain(lower.iter().flatten()));
                (x, with(y, lower.is_none(), true))
            }
            Shape::Bars(points) => {
                let half = 0.6 * spacing(points);
                let (x, y) = bounds_of(points);
                (
                    Extent::of([x.0 - half, x.1 + half].into_iter()),
                    with(Extent::of([y.0, y.1].into_iter()), true, true),
                )
            }
            Shape::Heat { x, y, .. } => (
                Extent::of([x.0, x.1].into_iter()),
                Extent::of([y.0, y.1].into_iter()),
            ),
            Shape::VerticalRule(at) => (Extent::of(std::iter::once(*at)), Extent::NONE),
            Shape::HorizontalRule(at) => (
                Extent::NONE,
                with(Extent::of(std::iter::once(*at)), false, true),
            ),
            Shape::Note(p) => of_points(&mut std::iter::once(p)),
        }
    }

    /// Data that a logarithmic axis cannot show; heights of bars and histograms may be zero there.
    pub(super) fn check_log(&self, x: bool, y: bool) -> Result<()> {
        let (ex, ey) = self.extents();
        let heights = matches!(self.shape, Shape::Steps { .. } | Shape::Bars(_));
        if x && ex.low <= 0.0 {
            return Err(not_positive("x on a logarithmic axis", ex.low));
        }
        if y && (ey.low < 0.0 || ey.low == 0.0 && !heights) {
            return Err(not_positive("y on a logarithmic axis", ey.low));
        }
        Ok(())
    }

    /// The smallest positive height, which is where a logarithmic axis has to start.
    pub(super) fn smallest_positive_y(&self) -> Option<f64> {
        let heights: Vec<f64> = match &self.shape {
            Shape::Steps { heights, .. } => heights.clone(),
            Shape::Bars(points) => points.iter().map(|p| p.1).collect(),
            _ => return None,
        };
        heights.into_iter().filter(|h| *h > 0.0).reduce(f64::min)
    }
}

fn not_positive(name: &'static str, value: f64) -> Error {
    Error::Parameter {
        name,
        value,
        valid: "greater than 0",
    }
}

fn bounds_of(points: &[Point]) -> ((f64, f64), (f64, f64)) {
    (
        bounds(points.iter().map(|p| p.0)),
        bounds(points.iter().map(|p| p.1)),
    )
}

/// The smallest distance in x between two bars.
pub(super) fn spacing(points: &[Point]) -> f64 {
    let mut x: Vec<f64> = points.iter().map(|p| p.0).collect();
    x.sort_by(f64::total_cmp);
    x.windows(2)
        .map(|pair| pair[1] - pair[0])
        .filter(|gap| *gap > 0.0)
        .reduce(f64::min)
        .unwrap_or(1.0)
}

/// Values are there, finite, and not more than anyone draws.
pub(super) fn check(what: &'static str, values: &[f64]) -> Result<()> {
    if values.is_empty() {
        return Err(Error::Empty { what });
    }
    if values.len() > MOST_VALUES {
        return Err(Error::Parameter {
            name: what,
            value: values.len() as f64,
            valid: "at most 16777216 values",
        });
    }
    match values.iter().position(|v| !v.is_finite()) {
        Some(index) => Err(Error::NotFinite {
            what,
            index,
            value: values[index],
        }),
        None => Ok(()),
    }
}

/// A row of points from checked x and y of the same length.
pub(super) fn zip(what: (&'static str, &'static str), x: &[f64], y: &[f64]) -> Result<Vec<Point>> {
    check(what.0, x)?;
    check(what.1, y)?;
    if x.len() != y.len() {
        return Err(Error::Shape {
            what: what.1,
            expected: vec![x.len()],
            found: vec![y.len()],
        });
    }
    Ok(x.iter().copied().zip(y.iter().copied()).collect())
}
