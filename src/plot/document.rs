//! The SVG document around a drawing: size, names for screen readers, background, style.

use super::text::escape;
use super::{Figure, frames};
use crate::hash::fnv1a;

/// System fonts, without quotes: the data URI swaps the kinds of quotes.
const FONTS: &str = "system-ui,-apple-system,Segoe UI,Roboto,Helvetica Neue,Arial,sans-serif";

/// What goes into a document.
pub(super) struct Document<'a> {
    pub page: (f64, f64),
    pub title: &'a str,
    pub alt: &'a str,
    pub body: String,
    /// Number of frames, 0 for a still figure.
    pub frames: usize,
}

/// The finished figure. Every name in it starts with a hash of what it shows, because pages inline
/// several figures.
pub(super) fn document(d: Document) -> Figure {
    let (width, height) = d.page;
    let (title, alt) = (escape(d.title), escape(d.alt.trim()));
    let parts = [title.as_str(), alt.as_str(), d.body.as_str()];
    let hash = fnv1a(parts.into_iter().flat_map(str::bytes));
    let id = format!("di-{:010x}", hash & 0xff_ffff_ffff);
    let count = match d.frames {
        0 => String::new(),
        n => format!(" data-frames=\"{n}\""),
    };
    let style = frames::style(&id, d.frames);
    let body = d.body;
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"di-figure {id}\" role=\"img\" \
         aria-labelledby=\"{id}-t {id}-d\"{count} width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\" style=\"max-width:100%;height:auto\">\n\
         <title id=\"{id}-t\">{title}</title>\n<desc id=\"{id}-d\">{alt}</desc>\n{style}\
         <rect class=\"di-bg\" width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    );
    let alt = d.alt.split_whitespace().collect::<Vec<_>>().join(" ");
    Figure::new(svg, alt, (width as u32, height as u32))
}
