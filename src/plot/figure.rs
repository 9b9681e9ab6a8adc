//! A finished figure and the forms it takes.

use std::fmt::Write;
use std::path::Path;

use super::text::escape;
use super::{Panel, page};
use crate::{Error, Result};

/// A drawing as SVG, with the sentence that stands for it where it cannot be seen.
///
/// The same input gives the same bytes. In a notebook it shows itself with three representations:
/// `text/html` (an `<img>` with the drawing in a data URI), `image/svg+xml`, and `text/plain` (the
/// alternative text).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    svg: String,
    /// The drawing in both of its forms.
    both: String,
    alt: String,
    size: (u32, u32),
}

impl Figure {
    pub(super) fn new(svg: String, both: String, alt: String, size: (u32, u32)) -> Self {
        Self {
            svg,
            both,
            alt,
            size,
        }
    }

    /// Panels in a grid of `columns` (1 to 3) columns, row by row, under one title and one legend.
    ///
    /// Panels whose axes are the same share their labels. `alt` is as in [`Panel::figure`].
    ///
    /// ```
    /// use diffusion_intuition::plot::{Figure, Panel};
    /// let panel = |slope: f64| {
    ///     let y: Vec<f64> = (0..10).map(|x| slope * x as f64).collect();
    ///     Panel::new().title(&format!("slope {slope}")).line("y", 0..10, &y).y_range(0.0, 20.0)
    /// };
    /// let figure = Figure::panels("Two lines", 2, &[panel(1.0), panel(2.0)], "Lines of slope 1 and 2.")?;
    /// # Ok::<(), diffusion_intuition::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Panel::figure`], [`Error::Empty`] without panels, [`Error::Parameter`] for `columns`
    /// outside 1 to 3 and for more than 1000 panels.
    pub fn panels(title: &str, columns: usize, panels: &[Panel], alt: &str) -> Result<Self> {
        page::build(title, columns, panels, alt)
    }

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
        page::build_frames(title, frames, None, alt)
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
        page::build_frames(title, frames, Some(story), alt)
    }

    /// The drawing: a complete SVG document.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// The drawing for a page whose style picks one of its two forms: their shapes are in the custom properties
    /// `--di-wide` and `--di-narrow`, and nothing else says how high the drawing is.
    pub(super) fn for_page(&self) -> String {
        let (width, height) = self.size;
        let whole = format!(" viewBox=\"0 0 {width} {height}\"");
        self.both.replacen(&whole, "", 1)
    }

    /// The alternative text, on one line.
    pub fn alt(&self) -> &str {
        &self.alt
    }

    /// An HTML `<img>` that holds the drawing and its alternative text, and fits any width.
    pub fn html(&self) -> String {
        let (width, height) = self.size;
        format!(
            "<img class=\"di-figure\" alt=\"{}\" width=\"{width}\" height=\"{height}\" \
             style=\"max-width:100%;height:auto\" src=\"{}\">",
            escape(&self.alt),
            data_uri(&self.svg)
        )
    }

    /// Writes the SVG to a file.
    ///
    /// # Errors
    /// [`Error::Figure`] with the path and what the system said.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        std::fs::write(path, &self.svg).map_err(|e| Error::Figure {
            reason: format!("cannot write {}: {e}", path.display()),
        })
    }

    /// Prints the figure in all its forms for the evcxr kernel, which calls this by itself for the last
    /// expression of a cell.
    pub fn evcxr_display(&self) {
        print!("{}", self.notebook_output());
    }

    /// What [`evcxr_display`](Figure::evcxr_display) prints. The SVG in it holds a second form of the drawing,
    /// hidden: narrow, with the panels below each other, which a page may show in place of the first.
    pub fn notebook_output(&self) -> String {
        content("text/html", &self.html())
            + &content("image/svg+xml", &self.both)
            + &content("text/plain", &self.alt)
    }
}

/// One representation of an output in evcxr's protocol.
pub(super) fn content(mime: &str, content: &str) -> String {
    format!(
        "EVCXR_BEGIN_CONTENT {mime}\n{}\nEVCXR_END_CONTENT\n",
        content.trim_end()
    )
}

/// The SVG as a data URI of plain URL characters (RFC 3986). Path data needs almost no escaping, so this is
/// a quarter shorter than base64; it also survives HTML sanitizers, which look at the scheme only.
fn data_uri(svg: &str) -> String {
    let mut uri = String::with_capacity(svg.len() + svg.len() / 4);
    uri.push_str("data:image/svg+xml;charset=utf-8,");
    for byte in svg.bytes() {
        match byte {
            b'\n' => {}
            // Nothing else in the SVG is in single quotes, and they need no escaping.
            b'"' => uri.push('\''),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => uri.push(char::from(byte)),
            b'-' | b'_' | b'.' | b'~' | b'!' | b'*' | b'(' | b')' | b';' | b':' | b'@' | b'='
            | b'+' | b',' | b'/' => uri.push(char::from(byte)),
            byte => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}
