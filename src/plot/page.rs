//! From panels to a figure: laid out and drawn, once wide and once narrow.

use std::collections::BTreeSet;

use plotters::style::text_anchor::HPos;

use super::axis::Axis;
use super::canvas::write_lines;
use super::document::{Sheet, document};
use super::draw;
use super::figure::Figure;
use super::form::Form;
use super::layout::{self, Layout};
use super::looks::Looks;
use super::marks::{Mark, Shape};
use super::names;
use super::panel::Panel;
use super::place::Place;
use super::svg::{self, Piece};
use super::tiles::Pictures;
use crate::Result;

/// A mark with more bytes of geometry than this is drawn once and shown twice.
pub(super) const SHARED: usize = 1200;

impl Panel {
    /// The finished figure, with this panel's title as its title.
    ///
    /// `alt` is the sentence that stands for the figure where it cannot be seen: what it shows, with the
    /// numbers that matter.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::NotFinite`], [`Error::Shape`] or [`Error::Parameter`] for the first mark
    /// or setting that cannot be drawn (no data, NaN, lengths that differ, a reversed range, a value that
    /// is not positive on a logarithmic axis, …); [`Error::Empty`] for an empty `alt`.
    ///
    /// [`Error::Empty`]: crate::Error::Empty
    /// [`Error::NotFinite`]: crate::Error::NotFinite
    /// [`Error::Shape`]: crate::Error::Shape
    /// [`Error::Parameter`]: crate::Error::Parameter
    pub fn figure(&self, alt: &str) -> Result<Figure> {
        Figure::panels(&self.title, 1, &[self.clone().title("")], alt)
    }
}

impl Figure {
    /// Panels in a grid of `columns` (1 to 3) columns, row by row, under one title and one legend.
    ///
    /// Panels whose axes are the same share their labels. `alt` is as in [`Panel::figure`].
    ///
    /// ```
    /// use diffusion_intuition::plot::{Figure, Panel};
    /// let axes = Panel::axes("x", "y").ranges(0.0..9.0, 0.0..20.0);
    /// let panel = |slope: f64| {
    ///     let y = (0..10).map(|x| slope * x as f64);
    ///     axes.clone().title(&format!("slope {slope}")).line("y", 0..10, y)
    /// };
    /// let figure = Figure::panels("Two lines", 2, &[panel(1.0), panel(2.0)], "Lines of slope 1 and 2.")?;
    /// # Ok::<(), diffusion_intuition::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Panel::figure`], [`Error::Empty`](crate::Error::Empty) without panels,
    /// [`Error::Parameter`](crate::Error::Parameter) for `columns` outside 1 to 3 and for more than 1000 panels.
    pub fn panels(title: &str, columns: usize, panels: &[Panel], alt: &str) -> Result<Self> {
        let panels: Vec<&Panel> = panels.iter().collect();
        let looks = Looks::new(&panels, alt)?;
        let axes = panels.iter().map(|panel| layout::axes(&[panel]));
        let axes: Vec<(Axis, Axis)> = axes.collect::<Result<_>>()?;
        let mut page = Page::new(title, columns, (&panels, &axes), &panels, looks, SHARED)?;
        for (i, panel) in panels.iter().enumerate() {
            page.title(i, |place| place.title.clone(), false)?;
            page.axes(i)?;
            page.marks(i, panel, |_| true)?;
        }
        let titles = panels.iter().map(|panel| panel.title.as_str());
        let title = [title].into_iter().chain(titles).find(|t| !t.is_empty());
        let bodies = page.take();
        Ok(page.finish(title, alt, bodies, None))
    }
}

/// A page in its two forms while it is drawn.
pub(super) struct Page {
    looks: Looks,
    layouts: [Layout; 2],
    pieces: [Vec<Piece>; 2],
    /// From how many bytes on geometry is written once, at the first of its places; and how often it was.
    longest: usize,
    shared: usize,
    /// Names of points for which one form has no room.
    without: BTreeSet<String>,
}

impl Page {
    /// The title and the legend of `all` panels, over places for `panels` with these axes.
    pub(super) fn new(
        title: &str,
        columns: usize,
        (panels, axes): (&[&Panel], &[(Axis, Axis)]),
        all: &[&Panel],
        looks: Looks,
        longest: usize,
    ) -> Result<Self> {
        let lay_out = |form| layout::grid(form, title, columns, panels, axes, (&looks, all));
        let layouts = [lay_out(Form::WIDE)?, lay_out(Form::NARROW)?];
        let mut pieces = [Vec::new(), Vec::new()];
        for (pieces, layout) in pieces.iter_mut().zip(&layouts) {
            let (lines, at) = (&layout.title, layout.title_at);
            let (size, style) = (layout.form.title, (true, HPos::Left));
            pieces.push(write_lines(layout.page, lines, at, size, style)?);
            pieces.extend(layout.legend.draw(layout.page)?);
        }
        Ok(Self {
            looks,
            layouts,
            pieces,
            longest,
            shared: 0,
            without: BTreeSet::new(),
        })
    }

    /// The pieces of each form, and the i-th place there.
    fn forms(&mut self, i: usize) -> impl Iterator<Item = (&mut Vec<Piece>, &Place)> {
        let places = self.layouts.iter().map(move |layout| &layout.places[i]);
        self.pieces.iter_mut().zip(places)
    }

    /// A title at the i-th place.
    pub(super) fn title(
        &mut self,
        i: usize,
        lines: impl Fn(&Place) -> Vec<String>,
        bold: bool,
    ) -> Result<()> {
        for (pieces, place) in self.forms(i) {
            let (size, style) = (place.form.panel_title, (bold, HPos::Left));
            let (lines, at) = (lines(place), place.title_at());
            pieces.push(write_lines(place.page, &lines, at, size, style)?);
        }
        Ok(())
    }

    /// The axes at the i-th place.
    pub(super) fn axes(&mut self, i: usize) -> Result<()> {
        for (pieces, place) in self.forms(i) {
            pieces.extend(draw::axes(place)?);
        }
        Ok(())
    }

    /// The marks of a panel that `chosen` picks by position, at the i-th place; what is long is written once.
    pub(super) fn marks(
        &mut self,
        i: usize,
        panel: &Panel,
        chosen: impl Fn(usize) -> bool,
    ) -> Result<()> {
        let at = i;
        let [first, second] = self.layouts.each_ref().map(|layout| &layout.places[i]);
        for (i, mark) in panel.marks.iter().enumerate().filter(|(i, _)| chosen(*i)) {
            if let Shape::Pictures(pictures) = &mark.shape {
                let end = self.looks.of(i, mark).scale.1;
                let images = images([first, second], pictures, end, &mut self.shared);
                for (pieces, images) in self.pieces.iter_mut().zip(images) {
                    pieces.extend(images);
                }
            }
            let draw = |place| draw::mark(place, mark, self.looks.of(i, mark), &panel.marks);
            let wide = draw(first)?;
            let (sx, sy) = (second.width / first.width, second.height / first.height);
            if wide.geometry.len() <= self.longest || !may_stretch(mark, sx / sy) {
                self.pieces[0].push(wide);
                self.pieces[1].push(draw(second)?);
                continue;
            }
            let moved = (second.x - sx * first.x, second.y - sy * first.y);
            self.pieces[0].push(wide.numbered(self.shared));
            self.pieces[1].push(Piece::shared(self.shared, (sx, sy), moved));
            self.shared += 1;
        }
        if panel.marks.iter().any(|mark| !mark.names.is_empty()) {
            for (pieces, layout) in self.pieces.iter_mut().zip(&self.layouts) {
                let (piece, without) = names::draw(&layout.places[at], &panel.marks, &chosen)?;
                pieces.push(piece);
                self.without.extend(without.into_iter().map(str::to_owned));
            }
        }
        Ok(())
    }

    /// What was drawn since this was asked last, in both forms.
    pub(super) fn take(&mut self) -> [String; 2] {
        self.pieces
            .each_mut()
            .map(|pieces| svg::join(&std::mem::take(pieces)))
    }

    /// The figure, whose alternative text tells in full what there was no room for.
    pub(super) fn finish(
        self,
        title: Option<&str>,
        alt: &str,
        bodies: [String; 2],
        film: Option<(usize, usize)>,
    ) -> Figure {
        let alt = self.full(alt);
        let [wide, narrow] = bodies;
        let sheet = |i: usize, body| Sheet {
            size: self.layouts[i].page,
            body,
        };
        let sheets = [sheet(0, wide), sheet(1, narrow)];
        document(title.unwrap_or("Figure"), &alt, sheets, film)
    }

    /// The alternative text with the labels of axes of which only the beginning is shown, the names of axes of which
    /// only some are, and those of points that have none.
    fn full(&self, alt: &str) -> String {
        let mut cut: Vec<&str> = Vec::new();
        let axes = self.layouts[0].places.iter().flat_map(|place| {
            let (x, y) = (&place.x_axis.label, &place.y_axis.label);
            [(x, &place.x_label), (y, &place.y_above)]
        });
        let is_cut = |text: &str| text.ends_with('…');
        for (label, lines) in axes {
            let shown = lines.last().is_some_and(|line| is_cut(line));
            if shown && !is_cut(label) && !cut.contains(&label.as_str()) {
                cut.push(label);
            }
        }
        let mut more: Vec<String> = match cut.as_slice() {
            [] => Vec::new(),
            cut => vec![format!("Labels in full: {}.", cut.join("; "))],
        };
        for place in self.layouts.iter().flat_map(|layout| &layout.places) {
            let (x, mut y) = (place.x_axis.names.clone(), place.y_axis.names.clone());
            y.reverse();
            for (names, ticks) in [(x, &place.x_ticks), (y, &place.y_ticks)] {
                let some = ticks.len() < names.len() || ticks.iter().any(|tick| is_cut(&tick.1));
                let all = format!("Names in full: {}.", names.join(", "));
                if some && !names.is_empty() && !more.contains(&all) {
                    more.push(all);
                }
            }
        }
        if !self.without.is_empty() {
            let without: Vec<&str> = self.without.iter().map(String::as_str).collect();
            more.push(format!(
                "Points shown without their names: {}.",
                without.join(", ")
            ));
        }
        match more.as_slice() {
            [] => alt.to_owned(),
            more => format!("{} {}", alt.trim(), more.join(" ")),
        }
    }
}

/// The images of pictures, as long as they stand side by side at both places: written at the first, shown at both.
fn images(
    [first, second]: [&Place; 2],
    pictures: &Pictures,
    end: f64,
    number: &mut usize,
) -> [Vec<Piece>; 2] {
    let mut pieces = [Vec::new(), Vec::new()];
    let (Some(wide), Some(narrow)) = (&first.tiles, &second.tiles) else {
        return pieces;
    };
    // As it will be written, so that images keep to their frames.
    let ratio = (1000.0 * narrow.scale / wide.scale).round() / 1000.0;
    let starts: BTreeSet<usize> = wide.starts.iter().chain(&narrow.starts).copied().collect();
    let ends = starts.iter().copied().skip(1).chain([wide.edges.len()]);
    for range in starts.iter().zip(ends).map(|(start, end)| *start..end) {
        let [left, top, ..] = wide.edges[range.start];
        let [.., right, bottom] = wide.edges[range.end - 1];
        let at = (first.x + left, first.y + top);
        let uri = pictures.data_uri(range.clone(), end);
        let image = Piece::image(&uri, at, (right - left, bottom - top));
        let [left, top, ..] = narrow.edges[range.start];
        let moved = (
            second.x + left - ratio * at.0,
            second.y + top - ratio * at.1,
        );
        pieces[0].push(image.numbered(*number));
        pieces[1].push(Piece::shared(*number, (ratio, ratio), moved));
        *number += 1;
    }
    pieces
}

/// Whether a mark may be stretched so much more in x than in y: text must not be, dots must stay round, and lines
/// about as wide.
fn may_stretch(mark: &Mark, ratio: f64) -> bool {
    let most = match mark.shape {
        Shape::Rule(_) | Shape::Pictures(_) | Shape::Words(_) => return false,
        Shape::Dots(_) => 1.03,
        Shape::Heat { .. } => 10.0,
        _ => 1.6,
    };
    (1.0 / most..=most).contains(&ratio)
}
