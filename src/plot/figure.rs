//! A finished figure and the forms it takes.

use std::fmt::Write;
use std::path::Path;

use super::text::escape;
use crate::file::write_atomically;
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

    /// Writes the SVG to a file, which is always either the old one or the whole new one.
    ///
    /// # Errors
    /// [`Error::File`] with the path and what the system said.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        write_atomically(path, self.svg.as_bytes()).map_err(|error| not_written(path, error))
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

/// What the system said of a file that could not be written.
pub(super) fn not_written(path: &Path, error: std::io::Error) -> Error {
    Error::File {
        file: path.display().to_string(),
        line: None,
        reason: error.to_string(),
    }
}

/// One representation of an output in evcxr's protocol.
pub(super) fn content(mime: &str, content: &str) -> String {
    let content = content.trim_end();
    format!("EVCXR_BEGIN_CONTENT {mime}\n{content}\nEVCXR_END_CONTENT\n")
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
            b if b.is_ascii_alphanumeric() || b"-_.~!*();:@=+,/".contains(&b) => {
                uri.push(char::from(b));
            }
            b => {
                let _ = write!(uri, "%{b:02X}");
            }
        }
    }
    uri
}
