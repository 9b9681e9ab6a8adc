//! From panels to a figure: layout and drawing, once wide and once narrow.

use plotters::style::text_anchor::HPos;

use super::axis::Axis;
use super::document::{Document, Sheet, document};
use super::draw;
use super::form::Form;
use super::layout::{self, Layout, Place};
use super::lines;
use super::looks::Looks;
use super::marks::{Mark, Shape};
use super::piece::{self, Piece};
use super::text;
use super::{Figure, Panel, frames};
use crate::{Error, Result};

/// A mark with more bytes of geometry than this is drawn once and shown twice.
const SHARED: usize = 1200;
/// More frames than this are no film.
const MOST_FRAMES: usize = 1000;

/// A grid of panels.
pub(super) fn build(title: &str, columns: usize, panels: &[Panel], alt: &str) -> Result<Figure> {
    let panels: Vec<&Panel> = panels.iter().collect();
    let looks = Looks::new(&panels, alt)?;
    let axes: Vec<(Axis, Axis)> = panels
        .iter()
        .map(|panel| layout::axes(&[panel]))
        .collect::<Result<_>>()?;
    let lay_out = |form| layout::grid(form, title, columns, &panels, &axes, looks.legend(&panels));
    let (wide, narrow) = (lay_out(Form::WIDE)?, lay_out(Form::NARROW)?);
    let mut pieces = [heading(&wide)?, heading(&narrow)?];
    let mut shared = Shared::new(SHARED);
    for (i, panel) in panels.iter().enumerate() {
        let places = [&wide.places[i], &narrow.places[i]];
        for (pieces, place) in pieces.iter_mut().zip(places) {
            pieces.push(panel_title(place, &place.title, false)?);
            pieces.extend(draw::axes(place)?.iter().map(Piece::new));
        }
        shared.marks(&looks, places, panel, |_| true, &mut pieces)?;
    }
    let title = match title {
        "" => panels
            .iter()
            .map(|panel| panel.title.as_str())
            .find(|t| !t.is_empty())
            .unwrap_or("Figure"),
        title => title,
    };
    Ok(document(Document {
        title,
        alt: &with_whole_labels(alt, &wide),
        wide: Sheet::new(&wide, piece::write(&pieces[0])),
        narrow: Sheet::new(&narrow, piece::write(&pieces[1])),
        film: None,
    }))
}

/// Panels over time on the axes of the first; `story` is the frame that stands where nothing moves.
pub(super) fn build_frames(
    title: &str,
    frames: &[(String, Panel)],
    story: Option<usize>,
    alt: &str,
) -> Result<Figure> {
    let panels: Vec<&Panel> = frames.iter().map(|frame| &frame.1).collect();
    let looks = Looks::new(&panels, alt)?;
    let story = check_film(frames.len(), story)?;
    // The label of a frame stands where a panel has its title: keep the room for the longest.
    let labels = frames.iter().map(|frame| frame.0.as_str());
    let longest = labels.max_by(|a, b| text::width(a, 1.0).total_cmp(&text::width(b, 1.0)));
    let stage = Panel {
        title: longest.unwrap_or_default().to_owned(),
        ..panels[0].clone()
    };
    let axes = [layout::axes(&panels)?];
    let lay_out = |form| layout::grid(form, title, 1, &[&stage], &axes, looks.legend(&panels));
    let (wide, narrow) = (lay_out(Form::WIDE)?, lay_out(Form::NARROW)?);
    let places = [&wide.places[0], &narrow.places[0]];

    // What every frame repeats is drawn once.
    let still: Vec<bool> = (0..panels[0].marks.len())
        .map(|i| {
            let mark = panels[0].marks.get(i);
            panels.len() > 1 && panels.iter().all(|panel| panel.marks.get(i) == mark)
        })
        .collect();
    let still = |i: usize| still.get(i).copied().unwrap_or(false);
    let mut pieces = [heading(&wide)?, heading(&narrow)?];
    for (pieces, place) in pieces.iter_mut().zip(places) {
        pieces.extend(draw::axes(place)?.iter().map(Piece::new));
    }
    let mut shared = Shared::new(SHARED / frames.len());
    shared.marks(&looks, places, panels[0], still, &mut pieces)?;
    let mut bodies = pieces.map(|pieces| piece::write(&pieces));
    let mut groups = [Vec::new(), Vec::new()];
    for (label, panel) in frames {
        let mut pieces = [Vec::new(), Vec::new()];
        for (pieces, place) in pieces.iter_mut().zip(places) {
            pieces.push(panel_title(place, &place.title_lines(label), true)?);
        }
        shared.marks(&looks, places, panel, |i| !still(i), &mut pieces)?;
        for (groups, pieces) in groups.iter_mut().zip(pieces) {
            groups.push((label.as_str(), piece::write(&pieces)));
        }
    }
    for (body, groups) in bodies.iter_mut().zip(groups) {
        body.push_str(&frames::groups(&groups, story));
    }
    let [wide_body, narrow_body] = bodies;
    Ok(document(Document {
        title: if title.is_empty() { "Figure" } else { title },
        alt: &with_whole_labels(alt, &wide),
        wide: Sheet::new(&wide, wide_body),
        narrow: Sheet::new(&narrow, narrow_body),
        film: Some((frames.len(), story)),
    }))
}

/// The alternative text, and every label of an axis of which the figure shows the beginning only.
fn with_whole_labels(alt: &str, layout: &Layout) -> String {
    let pairs = layout.places.iter().flat_map(|place| {
        [
            (&place.x_axis.label, &place.x_label),
            (&place.y_axis.label, &place.y_above),
        ]
    });
    let mut whole: Vec<&str> = Vec::new();
    for (label, lines) in pairs {
        let is_cut = lines.last().is_some_and(|line| line.ends_with('…'));
        if is_cut && !label.ends_with('…') && !whole.contains(&label.as_str()) {
            whole.push(label);
        }
    }
    match whole.as_slice() {
        [] => alt.to_owned(),
        whole => format!("{} Labels in full: {}.", alt.trim(), whole.join("; ")),
    }
}

/// The frame that tells the story: the last one, unless another is named.
fn check_film(frames: usize, story: Option<usize>) -> Result<usize> {
    if frames > MOST_FRAMES {
        return Err(Error::Parameter {
            name: "number of frames",
            value: frames as f64,
            valid: "at most 1000",
        });
    }
    match story.unwrap_or(frames - 1) {
        story if story < frames => Ok(story),
        story => Err(Error::Parameter {
            name: "frame that tells the story",
            value: story as f64,
            valid: "the index of a frame, counted from 0",
        }),
    }
}

/// The figure's title and legend.
fn heading(layout: &Layout) -> Result<Vec<Piece>> {
    let (size, style) = (layout.form.title, (true, HPos::Left));
    let title = lines::draw(layout.page, &layout.title, layout.title_at, size, style)?;
    let legend = layout.legend.draw(layout.page)?;
    Ok([title].iter().chain(&legend).map(Piece::new).collect())
}

fn panel_title(place: &Place, title: &[String], bold: bool) -> Result<Piece> {
    let (size, style) = (place.form.panel_title, (bold, HPos::Left));
    let layer = lines::draw(place.page, title, place.title_at, size, style)?;
    Ok(Piece::new(&layer))
}

/// Draws marks at both of their places; what is long is written once, at the first.
struct Shared {
    longest: usize,
    count: usize,
}

impl Shared {
    fn new(longest: usize) -> Self {
        Self { longest, count: 0 }
    }

    /// The marks of a panel that `chosen` picks by position.
    fn marks(
        &mut self,
        looks: &Looks,
        places: [&Place; 2],
        panel: &Panel,
        chosen: impl Fn(usize) -> bool,
        pieces: &mut [Vec<Piece>; 2],
    ) -> Result<()> {
        for (i, mark) in panel.marks.iter().enumerate().filter(|(i, _)| chosen(*i)) {
            let draw = |place| draw::mark(place, mark, looks.look(i, panel), &panel.marks);
            let wide = Piece::new(&draw(places[0])?);
            let stretch = stretch(places);
            if wide.geometry.len() <= self.longest || !may_stretch(mark, stretch) {
                pieces[0].push(wide);
                pieces[1].push(Piece::new(&draw(places[1])?));
                continue;
            }
            let (sx, sy) = stretch;
            let moved = (
                places[1].x - sx * places[0].x,
                places[1].y - sy * places[0].y,
            );
            pieces[0].push(wide.numbered(self.count));
            pieces[1].push(Piece::shared(self.count, stretch, moved));
            self.count += 1;
        }
        Ok(())
    }
}

/// Width and height of the second plot area in those of the first.
fn stretch([first, second]: [&Place; 2]) -> (f64, f64) {
    (second.width / first.width, second.height / first.height)
}

/// Text must not be stretched, dots must stay round, and lines about as wide.
fn may_stretch(mark: &Mark, (sx, sy): (f64, f64)) -> bool {
    let most = match mark.shape {
        Shape::VerticalRule(_) | Shape::HorizontalRule(_) | Shape::Note(_) => return false,
        Shape::Dots(_) => 1.03,
        Shape::Heat { .. } => 10.0,
        _ => 1.6,
    };
    (1.0 / most..=most).contains(&(sx / sy))
}
