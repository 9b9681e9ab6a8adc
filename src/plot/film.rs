//! Panels over time.

use super::animation::group;
use super::content::Content;
use super::figure::Figure;
use super::layout;
use super::looks::Looks;
use super::page::{Page, SHARED};
use super::panel::Panel;
use super::text::width;
#[cfg(doc)]
use crate::Error;
use crate::Result;
use crate::check::{parameter, same_shape};

/// More frames than this are no film.
const MOST_FRAMES: usize = 1000;

impl Figure {
    /// Panels over time: frames on one pair of axes, those of the first panel, with ranges that hold all
    /// frames. Each frame shows its label above the axes.
    ///
    /// The SVG plays by itself, unless the reader prefers reduced motion: then the last frame stands, and on
    /// paper too. A page takes over by adding the class `di-slider-on` to the root and `di-current` to one
    /// frame.
    ///
    /// # Errors
    /// As for [`Figure::panels`]; [`Error::Parameter`] for more than 1000 frames.
    pub fn frames(title: &str, frames: &[(String, Panel)], alt: &str) -> Result<Self> {
        Self::frames_with_story(title, frames, frames.len().max(1) - 1, alt)
    }

    /// Like [`Figure::frames`], for a film whose last frame does not tell its story: where nothing moves, and
    /// on paper, the frame at index `story` (from 0) stands.
    ///
    /// # Errors
    /// As for [`Figure::frames`]; [`Error::Parameter`] if there is no such frame.
    pub fn frames_with_story(
        title: &str,
        frames: &[(String, Panel)],
        story: usize,
        alt: &str,
    ) -> Result<Self> {
        let panels: Vec<&Panel> = frames.iter().map(|frame| &frame.1).collect();
        let count = frames.len();
        let looks = Looks::new(&panels, alt)?;
        let fine = count <= MOST_FRAMES;
        parameter("number of frames", count, fine, "at most 1000")?;
        let (name, valid) = (
            "frame that tells the story",
            "the index of a frame, counted from 0",
        );
        parameter(name, story, story < count, valid)?;

        same_everywhere(&panels)?;
        // The label of a frame stands where a panel has its title: keep the room for the longest.
        let labels = frames.iter().map(|frame| frame.0.as_str());
        let longest = labels.max_by(|a, b| width(a, 1.0).total_cmp(&width(b, 1.0)));
        let mut stage = panels[0].clone();
        stage.title = longest.unwrap_or_default().to_owned();
        stage.widen(&panels);
        let axes = [layout::axes(&panels)?];
        let shared = SHARED / count;
        let mut page = Page::new(title, 1, (&[&stage], &axes), &panels, looks, shared)?;

        // What every frame repeats is drawn once.
        let in_all = |i: usize| {
            let mark = panels[0].marks.get(i);
            count > 1 && panels.iter().all(|panel| panel.marks.get(i) == mark)
        };
        let still: Vec<bool> = (0..panels[0].marks.len()).map(in_all).collect();
        let still = |i: usize| still.get(i).copied().unwrap_or(false);
        page.axes(0)?;
        page.marks(0, panels[0], still)?;
        let mut bodies = page.take();
        bodies.iter_mut().for_each(|body| *body += "<g>\n");
        for (i, (label, panel)) in frames.iter().enumerate() {
            page.title(0, |place| place.title_lines(label), true)?;
            page.marks(0, panel, |i| !still(i))?;
            for (body, content) in bodies.iter_mut().zip(page.take()) {
                *body += &group((i, count), label, &content, i == story);
            }
        }
        bodies.iter_mut().for_each(|body| *body += "</g>\n");
        let title = Some(title).filter(|title| !title.is_empty());
        Ok(page.finish(title, alt, bodies, Some((count, story))))
    }
}

/// Whether the frames have one arrangement of pictures or words, and the same names at their axes.
fn same_everywhere(panels: &[&Panel]) -> Result<()> {
    let arrangement = |panel: &Panel| {
        let content = panel.content();
        content.map(Content::arrangement).unwrap_or_default()
    };
    let first = arrangement(panels[0]);
    let what = match panels[0].content() {
        Some(Content::Words(_)) => "words of a frame",
        _ => "pictures of a frame",
    };
    for panel in panels {
        same_shape(what, &first, &arrangement(panel))?;
    }
    let is_other = |panel: &&Panel| {
        let first = [&panels[0].x.names, &panels[0].y.names];
        [&panel.x.names, &panel.y.names] != first
    };
    let other = panels.iter().position(is_other);
    let (name, valid) = (
        "frame with names at its axes",
        "one with those of the first",
    );
    parameter(name, other.unwrap_or(0), other.is_none(), valid)
}
