//! Where everything goes: page size, title, legend, plot areas. Lengths in units of the viewBox.

use super::axis::{Axis, Extent};
use super::form::Form;
use super::grid::Grid;
use super::legend::Legend;
use super::looks::Looks;
use super::panel::Panel;
use super::place::Place;
use super::text::{LINE, bold_width, wrap};
use crate::Result;
use crate::check::parameter;

/// More panels than this are no figure.
const MOST_PANELS: usize = 1000;

/// The whole page.
pub(super) struct Layout {
    pub form: Form,
    pub page: (f64, f64),
    pub title: Vec<String>,
    /// Upper left corner of the title.
    pub title_at: (f64, f64),
    pub legend: Legend,
    pub places: Vec<Place>,
}

/// The axes of a panel, or of several that are drawn over each other.
pub(super) fn axes(panels: &[&Panel]) -> Result<(Axis, Axis)> {
    let first = panels[0];
    let (mut x, mut y) = (Extent::NONE, Extent::NONE);
    for mark in panels.iter().flat_map(|panel| &panel.marks) {
        let asked = mark.extents_on(first.x.log, first.y.log)?;
        (x, y) = (x.join(asked.0), y.join(asked.1));
    }
    let (mut x, mut y) = (Axis::new(&first.x, x)?, Axis::new(&first.y, y)?);
    if first.equal {
        // Automatic ranges become as long as the longer axis, so that the plot area is a square.
        let length = x.length().max(y.length());
        if first.x.range.is_none() {
            x = x.stretched(length)?;
        }
        if first.y.range.is_none() {
            y = y.stretched(length)?;
        }
    }
    Ok((x, y))
}

/// Lays out panels with the given axes in a grid, under the legend of `all` panels.
pub(super) fn grid(
    form: Form,
    title: &str,
    columns: usize,
    panels: &[&Panel],
    axes: &[(Axis, Axis)],
    (looks, all): (&Looks, &[&Panel]),
) -> Result<Layout> {
    check(columns, panels, axes)?;
    let grid = Grid::new(form, columns, panels, axes);
    let (width, margin) = (grid.page_width(), form.margin);
    let left = match form.narrow {
        true => margin,
        false => margin + grid.gutters[0],
    };
    let room = width - left - margin;
    let title = wrap(title, |line| bold_width(line, form.title), room);
    let air = if title.is_empty() { 0.0 } else { 2.0 };
    let legend_y = margin + LINE * form.title * title.len() as f64 + air;
    let legend = Legend::new(form, looks, all, (left, legend_y), room);
    let air = if legend.height > 0.0 { 3.0 } else { 0.0 };
    let (mut places, end) = grid.places(legend_y + legend.height + air);
    let page = (width, (end + margin).ceil());
    places.iter_mut().for_each(|place| place.page = page);
    Ok(Layout {
        form,
        page,
        title,
        title_at: (left, margin),
        legend,
        places,
    })
}

fn check(columns: usize, panels: &[&Panel], axes: &[(Axis, Axis)]) -> Result<()> {
    let fine = (1..=3).contains(&columns);
    parameter("columns", columns, fine, "1, 2 or 3")?;
    let fine = panels.len() <= MOST_PANELS;
    parameter("number of panels", panels.len(), fine, "at most 1000")?;
    for (panel, (x, y)) in panels.iter().zip(axes) {
        let ratio = y.length() / x.length();
        let fine = !panel.equal || (0.05..=20.0).contains(&ratio);
        let name = "length of y over length of x at equal aspect";
        parameter(name, ratio, fine, "between 0.05 and 20")?;
    }
    Ok(())
}
