//! Marks: what is drawn on a panel's axes.

use ndarray::Array2;

use super::axis::Extent;
use super::board::Words;
use super::clip::Point;
use super::text::clean;
use super::tiles::Pictures;
use crate::Result;
use crate::check::parameter;

/// How a line is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Dash {
    #[default]
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
    /// Of the points: none, or one each.
    pub names: Vec<String>,
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
    /// Between a curve and zero.
    Area(Vec<Point>),
    /// `values[[i, j]]` at the i-th of equal cells of `y` and the j-th of `x`.
    Heat {
        values: Array2<f64>,
        x: (f64, f64),
        y: (f64, f64),
    },
    /// A line across the panel at this height: no data, and not in the legend.
    Rule(f64),
    /// In place of axes.
    Pictures(Pictures),
    Words(Words),
}

impl Mark {
    pub(super) fn new(name: &str, shape: Shape) -> Self {
        let (width, opacity) = match &shape {
            Shape::Lines(lines) if lines.len() > 1 => (1.0, 0.5),
            Shape::Steps { .. } => (2.0, 0.55),
            Shape::Dots(_) => (4.0, 0.5),
            Shape::Area(_) => (2.0, 0.3),
            Shape::Words(_) => (2.0, 0.6),
            Shape::Rule(_) => (1.25, 0.75),
            Shape::Lines(_) | Shape::Heat { .. } | Shape::Pictures(_) => (2.0, 1.0),
        };
        let (tint, dash) = match shape {
            Shape::Rule(_) => (Tint::Ink, Dash::Dashed),
            _ => (Tint::Automatic, Dash::Solid),
        };
        Self {
            name: clean(name),
            shape,
            tint,
            width,
            opacity,
            dash,
            names: Vec::new(),
        }
    }

    pub(super) fn is_rule(&self) -> bool {
        matches!(self.shape, Shape::Rule(_))
    }

    /// What the mark asks of the x and the y axis.
    pub(super) fn extents(&self) -> (Extent, Extent) {
        let (mut x, mut y) = match &self.shape {
            Shape::Steps { edges, heights } => (Extent::of(edges), Extent::of(heights)),
            Shape::Lines(lines) => around(lines.iter().flatten()),
            Shape::Dots(points) | Shape::Area(points) => around(points),
            Shape::Heat { x, y, .. } => around(&[(x.0, y.0), (x.1, y.1)]),
            Shape::Rule(at) => (Extent::NONE, Extent::of([at])),
            Shape::Pictures(_) | Shape::Words(_) => (Extent::NONE, Extent::NONE),
        };
        x.air = matches!(self.shape, Shape::Dots(_));
        y.air = !matches!(self.shape, Shape::Heat { .. });
        y.zero = matches!(self.shape, Shape::Steps { .. } | Shape::Area(_));
        (x, y)
    }

    /// [`extents`](Self::extents) on axes of which these are logarithmic, if they can show the data; the heights
    /// of a histogram may be zero there, and the axis starts at the smallest that is not.
    pub(super) fn extents_on(&self, log_x: bool, log_y: bool) -> Result<(Extent, Extent)> {
        let (x, mut y) = self.extents();
        let name = "x on a logarithmic axis";
        parameter(name, x.low, !log_x || x.low > 0.0, "greater than 0")?;
        let heights = match &self.shape {
            Shape::Steps { heights, .. } => heights.as_slice(),
            _ => &[],
        };
        let fine = !log_y || y.low > 0.0 || y.low == 0.0 && !heights.is_empty();
        parameter("y on a logarithmic axis", y.low, fine, "greater than 0")?;
        let positive = heights.iter().copied().filter(|height| *height > 0.0);
        if let (true, Some(low)) = (log_y, positive.reduce(f64::min)) {
            y.low = low;
        }
        Ok((x, y))
    }
}

fn around<'a>(points: impl IntoIterator<Item = &'a Point>) -> (Extent, Extent) {
    let start = (Extent::NONE, Extent::NONE);
    points.into_iter().fold(start, |(x, y), p| {
        (x.join(Extent::of([&p.0])), y.join(Extent::of([&p.1])))
    })
}
