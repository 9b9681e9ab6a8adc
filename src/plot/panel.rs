//! One pair of axes and the marks on it.

use std::ops::Range;

use ndarray::Array2;

use super::axis::AxisSpec;
use super::clip::Point;
use super::histogram::Histogram;
use super::marks::{Mark, Shape, check, zip};
use super::numbers::{Matrix, Numeric, collect};
use super::text::clean;
use super::{Figure, page};
use crate::{Error, Result};

/// One pair of axes with marks, built by chaining.
///
/// Marks take numbers from whatever yields them: slices, vectors, ranges, iterators, ndarray's arrays and views, of
/// `f32`, `f64` or integers. Every mark takes the name that the legend shows; marks with the same name look the same in all panels
/// of a figure, and an empty name stays out of the legend. [`color`](Panel::color), [`ink`](Panel::ink),
/// [`width`](Panel::width), [`opacity`](Panel::opacity), [`dashed`](Panel::dashed) and
/// [`dotted`](Panel::dotted) change the mark that was added last.
///
/// ```
/// use diffusion_intuition::plot::Panel;
/// let t: Vec<usize> = (0..100).collect();
/// let beta: Vec<f64> = t.iter().map(|t| 1e-4 + 2e-4 * *t as f64).collect();
/// let panel = Panel::axes("timestep t", "β_t (variance)")
///     .title("Noise added per step")
///     .ranges(0.0..100.0, 0.0..0.025)
///     .line("linear", &t, &beta)
///     .width(1.5)
///     .hline(0.01, "0.01");
/// assert!(panel.figure("β_t rises in a straight line.").is_ok());
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Panel {
    pub(super) title: String,
    pub(super) x: AxisSpec,
    pub(super) y: AxisSpec,
    pub(super) equal: bool,
    pub(super) height: Option<f64>,
    pub(super) marks: Vec<Mark>,
    /// The first thing that was wrong: building the figure returns it.
    pub(super) error: Option<Error>,
}

impl Panel {
    /// Empty axes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Empty axes that show `x` and `y`: what they are, with their units, in up to four lines each. What is longer
    /// ends in an ellipsis; the whole of it is added to the alternative text.
    ///
    /// Axes are a template: `axes.clone().title("t = 10")` begins a panel on each of several.
    pub fn axes(x: &str, y: &str) -> Self {
        Self::new().x_label(x).y_label(y)
    }

    /// Shows x and y over these ranges, as [`x_range`](Self::x_range) and [`y_range`](Self::y_range) do for one.
    pub fn ranges(self, x: Range<f64>, y: Range<f64>) -> Self {
        self.x_range(x.start, x.end).y_range(y.start, y.end)
    }

    /// Text above the axes.
    pub fn title(mut self, title: &str) -> Self {
        self.title = clean(title);
        self
    }

    /// What the x axis shows, with its unit, in up to four lines. What is longer ends in an ellipsis; the whole of
    /// it is added to the alternative text.
    pub fn x_label(mut self, label: &str) -> Self {
        self.x.label = clean(label);
        self
    }

    /// What the y axis shows, with its unit; as [`x_label`](Self::x_label) if it is too long.
    pub fn y_label(mut self, label: &str) -> Self {
        self.y.label = clean(label);
        self
    }

    /// Shows x from `low` to `high`; without it the axis covers the data.
    pub fn x_range(mut self, low: f64, high: f64) -> Self {
        self.x.range = Some((low, high));
        self
    }

    /// Shows y from `low` to `high`; without it the axis covers the data.
    pub fn y_range(mut self, low: f64, high: f64) -> Self {
        self.y.range = Some((low, high));
        self
    }

    /// A logarithmic x axis (base 10). Data must be positive.
    pub fn log_x(mut self) -> Self {
        self.x.log = true;
        self
    }

    /// A logarithmic y axis (base 10). Data must be positive; heights of bars may also be zero.
    pub fn log_y(mut self) -> Self {
        self.y.log = true;
        self
    }

    /// One unit of x is as long as one unit of y. Without explicit ranges both axes get the same length.
    pub fn equal_aspect(mut self) -> Self {
        self.equal = true;
        self
    }

    /// Height of the plot area in pixels (at full width); the default depends on the number of columns.
    pub fn height(mut self, pixels: f64) -> Self {
        if !(20.0..=4000.0).contains(&pixels) {
            return self.fail(Error::Parameter {
                name: "height",
                value: pixels,
                valid: "between 20 and 4000 pixels",
            });
        }
        self.height = Some(pixels);
        self
    }

    /// Names instead of numbers on the x axis, at x = 0, 1, 2, …; for [`bars`](Panel::bars). Short ones:
    /// they stand side by side, and what does not fit is cut short.
    pub fn x_names(mut self, names: &[&str]) -> Self {
        self.x.names = names.iter().map(|name| clean(name)).collect();
        self
    }

    /// A histogram of `values` in `bins` equal bins over their range, scaled to area 1, see [`Histogram`].
    pub fn histogram(
        self,
        name: &str,
        values: impl IntoIterator<Item: Numeric>,
        bins: usize,
    ) -> Self {
        let shape = Histogram::new(values, bins).map(|h| Shape::Steps {
            edges: h.edges,
            heights: h.density,
        });
        self.add(name, shape)
    }

    /// A line through (`x[i]`, `y[i]`).
    pub fn line(
        self,
        name: &str,
        x: impl IntoIterator<Item: Numeric>,
        y: impl IntoIterator<Item: Numeric>,
    ) -> Self {
        let points = zip(("x of a line", "y of a line"), &collect(x), &collect(y));
        self.add(name, points.map(|points| Shape::Lines(vec![points])))
    }

    /// Many thin lines at once: row i of `rows` is the i-th path, over the shared `x` (one value a column).
    pub fn paths(self, name: &str, x: impl IntoIterator<Item: Numeric>, rows: impl Matrix) -> Self {
        let (x, rows) = (collect(x), rows.to_f64());
        let lines = rows
            .rows()
            .into_iter()
            .map(|row| zip(("x of paths", "a row of paths"), &x, &row.to_vec()))
            .collect::<Result<Vec<_>>>();
        let lines = match lines {
            Ok(lines) if lines.is_empty() => Err(Error::Empty {
                what: "rows of paths",
            }),
            lines => lines,
        };
        self.add(name, lines.map(Shape::Lines))
    }

    /// Points at (`x[i]`, `y[i]`). Their [`width`](Panel::width) is the diameter.
    pub fn scatter(
        self,
        name: &str,
        x: impl IntoIterator<Item: Numeric>,
        y: impl IntoIterator<Item: Numeric>,
    ) -> Self {
        let points = zip(
            ("x of a scatter", "y of a scatter"),
            &collect(x),
            &collect(y),
        );
        self.add(name, points.and_then(few).map(Shape::Dots))
    }

    /// Points from a batch of 2-D samples: a matrix of two columns, one row a point.
    pub fn points(self, name: &str, batch: impl Matrix) -> Self {
        let batch = batch.to_f64();
        if batch.ncols() != 2 {
            return self.fail(Error::Shape {
                what: "batch of points",
                expected: vec![batch.nrows(), 2],
                found: batch.shape().to_vec(),
            });
        }
        let (x, y) = (batch.column(0).to_vec(), batch.column(1).to_vec());
        self.scatter(name, x, y)
    }

    /// The area between `y` and zero.
    pub fn area(
        self,
        name: &str,
        x: impl IntoIterator<Item: Numeric>,
        y: impl IntoIterator<Item: Numeric>,
    ) -> Self {
        let points = zip(("x of an area", "y of an area"), &collect(x), &collect(y));
        let shape = points.map(|upper| Shape::Area { upper, lower: None });
        self.add(name, shape)
    }

    /// The band between `low` and `high`, for example mean ± standard deviation.
    pub fn band(
        self,
        name: &str,
        x: impl IntoIterator<Item: Numeric>,
        low: impl IntoIterator<Item: Numeric>,
        high: impl IntoIterator<Item: Numeric>,
    ) -> Self {
        let x = collect(x);
        let low = zip(("x of a band", "low of a band"), &x, &collect(low));
        let high = zip(("x of a band", "high of a band"), &x, &collect(high));
        let shape = low.and_then(|low| {
            high.map(|upper| Shape::Area {
                upper,
                lower: Some(low),
            })
        });
        self.add(name, shape)
    }

    /// Bars of the given heights centred at `x`, at `0..n` if the axis has [`x_names`](Panel::x_names).
    /// Several calls stand side by side.
    pub fn bars(
        self,
        name: &str,
        x: impl IntoIterator<Item: Numeric>,
        heights: impl IntoIterator<Item: Numeric>,
    ) -> Self {
        let points = zip(
            ("x of bars", "heights of bars"),
            &collect(x),
            &collect(heights),
        );
        self.add(name, points.and_then(few).map(Shape::Bars))
    }

    /// A map of `values` over the rectangle `x` × `y`, cut into as many equal cells as the matrix has
    /// entries: rows follow y and **row 0 is at the bottom**, columns follow x. Maps with the same name
    /// share one colour scale, shown in the legend.
    pub fn heatmap(self, name: &str, values: impl Matrix, x: (f64, f64), y: (f64, f64)) -> Self {
        self.add(name, heat(values.to_f64(), x, y))
    }

    /// A dashed vertical line across the panel, with its name at the top.
    pub fn vline(self, x: f64, name: &str) -> Self {
        self.add(name, check("vline", &[x]).map(|()| Shape::VerticalRule(x)))
    }

    /// A dashed horizontal line across the panel, with its name above it.
    pub fn hline(self, y: f64, name: &str) -> Self {
        self.add(
            name,
            check("hline", &[y]).map(|()| Shape::HorizontalRule(y)),
        )
    }

    /// Text centred on the point (`x`, `y`).
    pub fn text(self, x: f64, y: f64, text: &str) -> Self {
        self.add(
            text,
            check("position of a text", &[x, y]).map(|()| Shape::Note((x, y))),
        )
    }

    /// The finished figure, with this panel's title as its title.
    ///
    /// `alt` is the sentence that stands for the figure where it cannot be seen: what it shows, with the
    /// numbers that matter.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::NotFinite`], [`Error::Shape`] or [`Error::Parameter`] for the first mark
    /// or setting that cannot be drawn (no data, NaN, lengths that differ, a reversed range, a value that
    /// is not positive on a logarithmic axis, …); [`Error::Empty`] for an empty `alt`.
    pub fn figure(&self, alt: &str) -> Result<Figure> {
        // The one panel's title is the figure's.
        let panel = Self {
            title: String::new(),
            ..self.clone()
        };
        page::build(&self.title, 1, &[panel], alt)
    }

    fn add(mut self, name: &str, shape: Result<Shape>) -> Self {
        match shape {
            Ok(shape) => self.marks.push(Mark::new(name, shape)),
            Err(error) => return self.fail(error),
        }
        self
    }

    pub(super) fn fail(mut self, error: Error) -> Self {
        self.error.get_or_insert(error);
        self
    }
}

/// Dots and bars are elements of their own: more than a million are a mistake.
fn few(points: Vec<Point>) -> Result<Vec<Point>> {
    if points.len() > MOST_CELLS {
        return Err(Error::Parameter {
            name: "dots or bars of a mark",
            value: points.len() as f64,
            valid: "at most 1000000",
        });
    }
    Ok(points)
}

/// More cells than this are more than a figure has pixels.
const MOST_CELLS: usize = 1_000_000;

fn heat(values: Array2<f64>, x: (f64, f64), y: (f64, f64)) -> Result<Shape> {
    check("heat map", &values.iter().copied().collect::<Vec<_>>())?;
    if values.len() > MOST_CELLS {
        return Err(Error::Parameter {
            name: "cells of a heat map",
            value: values.len() as f64,
            valid: "at most 1000000",
        });
    }
    check("ranges of a heat map", &[x.0, x.1, y.0, y.1])?;
    for range in [x, y] {
        if range.0 >= range.1 {
            return Err(Error::Parameter {
                name: "end of a heat map's range",
                value: range.1,
                valid: "greater than its start",
            });
        }
    }
    Ok(Shape::Heat { values, x, y })
}
