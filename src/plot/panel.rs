//! One pair of axes and the marks on it.

use std::ops::Range;

use ndarray::{Array2, Axis};

use super::axis::AxisSpec;
use super::clip::Point;
use super::color::{Role, SERIES};
use super::histogram::Histogram;
use super::labels::verbatims;
use super::marks::{Dash, Mark, Shape, Tint};
use super::numbers::{Matrix, Values, checked, listed, zip};
use super::text::clean;
use crate::check::{not_empty, parameter, same_shape};
use crate::{Error, Result};

/// One pair of axes with marks, built by chaining.
///
/// Marks take numbers from whatever yields them: slices, vectors, ranges, iterators, ndarray's arrays and views, of
/// `f32`, `f64` or integers. Every mark takes the name that the legend shows; marks with the same name look the same in all panels
/// of a figure, and an empty name stays out of the legend. [`role`](Panel::role), [`color`](Panel::color),
/// [`ink`](Panel::ink), [`width`](Panel::width), [`opacity`](Panel::opacity), [`dashed`](Panel::dashed) and
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

/// Axes.
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

    /// What the x axis shows, as in [`axes`](Self::axes).
    pub fn x_label(mut self, label: &str) -> Self {
        self.x.label = clean(label);
        self
    }

    /// What the y axis shows, as in [`axes`](Self::axes).
    pub fn y_label(mut self, label: &str) -> Self {
        self.y.label = clean(label);
        self
    }

    /// Text above the axes.
    pub fn title(mut self, title: &str) -> Self {
        self.title = clean(title);
        self
    }

    /// Shows x and y over these ranges, as [`x_range`](Self::x_range) and [`y_range`](Self::y_range) do for one.
    pub fn ranges(self, x: Range<f64>, y: Range<f64>) -> Self {
        self.x_range(x.start, x.end).y_range(y.start, y.end)
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
        let fine = (20.0..=4000.0).contains(&pixels);
        let valid = "between 20 and 4000 pixels";
        if self
            .keep(parameter("height", pixels, fine, valid))
            .is_some()
        {
            self.height = Some(pixels);
        }
        self
    }
}

/// Marks.
impl Panel {
    /// A histogram of `values` in `bins` equal bins over their range, scaled to area 1, see [`Histogram`].
    pub fn histogram(self, name: &str, values: impl Values, bins: usize) -> Self {
        let shape = Histogram::new(values, bins).map(|h| Shape::Steps {
            edges: h.edges,
            heights: h.density,
        });
        self.add(name, shape)
    }

    /// A line through (`x[i]`, `y[i]`).
    pub fn line(self, name: &str, x: impl Values, y: impl Values) -> Self {
        let points = zip(["x of a line", "y of a line"], listed(x), listed(y));
        self.add(name, points.map(|points| Shape::Lines(vec![points])))
    }

    /// Many thin lines at once: row i of `rows` is the i-th path, over the shared `x` (one value a column).
    pub fn paths(self, name: &str, x: impl Values, rows: impl Matrix) -> Self {
        self.add(name, paths(listed(x), rows.to_f64()))
    }

    /// Points at (`x[i]`, `y[i]`). Their [`width`](Panel::width) is the diameter.
    pub fn scatter(self, name: &str, x: impl Values, y: impl Values) -> Self {
        let points = zip(["x of a scatter", "y of a scatter"], listed(x), listed(y));
        self.add(name, points.and_then(dots))
    }

    /// Points from a batch of 2-D samples: a matrix of two columns, one row a point.
    pub fn points(self, name: &str, batch: impl Matrix) -> Self {
        let batch = batch.to_f64();
        let two_columns = [batch.nrows(), 2];
        match same_shape("batch of points", &two_columns, batch.shape()) {
            Ok(()) => self.scatter(name, batch.column(0), batch.column(1)),
            Err(error) => self.add(name, Err(error)),
        }
    }

    /// The area between `y` and zero.
    pub fn area(self, name: &str, x: impl Values, y: impl Values) -> Self {
        let points = zip(["x of an area", "y of an area"], listed(x), listed(y));
        self.add(name, points.map(Shape::Area))
    }

    /// A map of `values` over the rectangle `x` × `y`, cut into as many equal cells as the matrix has
    /// entries: rows follow y and **row 0 is at the bottom**, columns follow x. Maps with the same name
    /// share one colour scale, shown in the legend; that of values of both signs is blue below 0, white at 0 and red above.
    /// With a [`color`](Self::color) of its own it is pale, from nothing to
    /// as opaque as its [`opacity`](Self::opacity): a ground for what is drawn on it.
    pub fn heatmap(self, name: &str, values: impl Matrix, x: (f64, f64), y: (f64, f64)) -> Self {
        self.add(name, heat(values.to_f64(), x, y))
    }

    /// A map of a matrix whose rows and columns have names, shown at the axes; **row 0 is at the top**. Its colours are
    /// those of a [`heatmap`](Self::heatmap). Where names have no room, only every second or third is shown, and the
    /// alternative text tells them all.
    ///
    /// ```
    /// # use diffusion_intuition::plot::Panel;
    /// let p = ndarray::array![[0.9, 0.2], [0.1, 0.8]];
    /// let panel = Panel::axes("place", "word").matrix("p(word | x_t)", &p, ["the", "cat"], ["1", "2"]);
    /// assert!(panel.figure("The cat.")?.svg().contains(">cat</text>"));
    /// # Ok::<(), diffusion_intuition::Error>(())
    /// ```
    pub fn matrix(
        mut self,
        name: &str,
        values: impl Matrix,
        rows: impl IntoIterator<Item: AsRef<str>>,
        columns: impl IntoIterator<Item: AsRef<str>>,
    ) -> Self {
        // From the bottom up, as the axis counts.
        let (mut rows, columns) = (verbatims(rows), verbatims(columns));
        rows.reverse();
        let mut values = values.to_f64();
        values.invert_axis(Axis(0));
        let shape = named(values, [rows.len(), columns.len()]);
        (self.x.names, self.y.names) = (columns, rows);
        self.add(name, shape)
    }

    /// A dashed horizontal line across the panel, with its name above it.
    pub fn hline(self, y: f64, name: &str) -> Self {
        let shape = checked("hline", vec![y]).map(|_| Shape::Rule(y));
        self.add(name, shape)
    }

    pub(super) fn add(mut self, name: &str, shape: Result<Shape>) -> Self {
        if let Some(shape) = self.keep(shape) {
            self.marks.push(Mark::new(name, shape));
        }
        self
    }

    /// What a result holds; its error is kept if it is the first.
    pub(super) fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.error.get_or_insert(error)).ok()
    }
}

/// Changes to the mark that was added last.
impl Panel {
    /// Colours the last mark with series colour `index`: 0 blue, 1 red, 2 teal, 3 purple, 4 grey, 5 ochre.
    pub fn color(self, index: usize) -> Self {
        let fine = index < SERIES.len();
        let checked = parameter("color", index, fine, "an index from 0 to 5");
        self.change(checked, |mark| mark.tint = Tint::Series(index))
    }

    /// Colours the last mark by what it shows.
    pub fn role(self, role: Role) -> Self {
        let tint = role.series().map_or(Tint::Ink, Tint::Series);
        self.change(Ok(()), |mark| mark.tint = tint)
    }

    /// Colours the last mark like the text.
    pub fn ink(self) -> Self {
        self.change(Ok(()), |mark| mark.tint = Tint::Ink)
    }

    /// Line width or point diameter of the last mark, in pixels at full width.
    pub fn width(self, pixels: f64) -> Self {
        let fine = (0.25..=100.0).contains(&pixels);
        let checked = parameter("width", pixels, fine, "between 0.25 and 100 pixels");
        self.change(checked, |mark| mark.width = pixels)
    }

    /// Opacity of the last mark: above 0 (invisible) up to 1 (opaque).
    pub fn opacity(self, opacity: f64) -> Self {
        let fine = opacity > 0.0 && opacity <= 1.0;
        let checked = parameter("opacity", opacity, fine, "in (0, 1]");
        self.change(checked, |mark| mark.opacity = opacity)
    }

    /// Draws the last mark's lines dashed.
    pub fn dashed(self) -> Self {
        self.change(Ok(()), |mark| mark.dash = Dash::Dashed)
    }

    /// Draws the last mark's lines dotted.
    pub fn dotted(self) -> Self {
        self.change(Ok(()), |mark| mark.dash = Dash::Dotted)
    }

    /// Writes a text beside each point of the last mark, a scatter. Where names would cover each other or a point, some
    /// are left out; the alternative text tells which.
    ///
    /// ```
    /// # use diffusion_intuition::plot::Panel;
    /// let panel = Panel::new().scatter("words", [0.0, 1.0], [0.0, 1.0]).named(["the", "cat"]);
    /// assert!(panel.figure("Two points.")?.svg().contains(">cat</text>"));
    /// # Ok::<(), diffusion_intuition::Error>(())
    /// ```
    pub fn named(self, texts: impl IntoIterator<Item: AsRef<str>>) -> Self {
        let texts = verbatims(texts);
        let points = self.marks.last().map(|mark| match &mark.shape {
            Shape::Dots(points) => points.len(),
            _ => 0,
        });
        let expected = [points.unwrap_or_default()];
        let checked = same_shape("names of a scatter", &expected, &[texts.len()]);
        self.change(checked, |mark| mark.names = texts)
    }

    fn change(mut self, checked: Result<()>, change: impl FnOnce(&mut Mark)) -> Self {
        let there = not_empty("list of marks before a style", self.marks.len());
        if self.keep(checked.and(there)).is_some() {
            self.marks.last_mut().map(change);
        }
        self
    }
}

/// More dots or cells than this are more than a figure has pixels.
const MOST_CELLS: usize = 1_000_000;

fn dots(points: Vec<Point>) -> Result<Shape> {
    let fine = points.len() <= MOST_CELLS;
    parameter("dots of a mark", points.len(), fine, "at most 1000000")?;
    Ok(Shape::Dots(points))
}

fn paths(x: Vec<f64>, rows: Array2<f64>) -> Result<Shape> {
    let x = checked("x of paths", x)?;
    let rows = rows.rows().into_iter();
    let lines = rows.map(|row| zip(["x of paths", "a row of paths"], x.clone(), row.to_vec()));
    let lines: Vec<Vec<Point>> = lines.collect::<Result<_>>()?;
    not_empty("rows of paths", lines.len())?;
    Ok(Shape::Lines(lines))
}

/// A heat map of a matrix with so many names of rows and columns, a unit a cell.
fn named(values: Array2<f64>, [rows, columns]: [usize; 2]) -> Result<Shape> {
    same_shape("matrix with names", &[rows, columns], values.shape())?;
    not_empty("matrix with names", values.len())?;
    let range = |n: usize| (-0.5, n as f64 - 0.5);
    heat(values, range(columns), range(rows))
}

fn heat(values: Array2<f64>, x: (f64, f64), y: (f64, f64)) -> Result<Shape> {
    checked("heat map", listed(&values))?;
    let fine = values.len() <= MOST_CELLS;
    parameter("cells of a heat map", values.len(), fine, "at most 1000000")?;
    checked("ranges of a heat map", vec![x.0, x.1, y.0, y.1])?;
    for (low, high) in [x, y] {
        let (name, valid) = ("end of a heat map's range", "greater than its start");
        parameter(name, high, low < high, valid)?;
    }
    Ok(Shape::Heat { values, x, y })
}
