//! The SVG document around a drawing: size, names for screen readers, background, style.

use super::layout::Layout;
use super::piece::OWN;
use super::text::{escape, reveal, tame};
use super::{Figure, frames};
use crate::hash::fnv1a;

/// System fonts, without quotes: the data URI swaps the kinds of quotes.
const FONTS: &str = "system-ui,-apple-system,Segoe UI,Roboto,Helvetica Neue,Arial,sans-serif";

/// What goes into a document.
pub(super) struct Document<'a> {
    pub title: &'a str,
    pub alt: &'a str,
    pub wide: Sheet,
    pub narrow: Sheet,
    /// Numeric of frames, and the one that tells the story.
    pub film: Option<(usize, usize)>,
}

/// One form of a drawing.
pub(super) struct Sheet {
    size: (f64, f64),
    body: String,
}

impl Sheet {
    pub(super) fn new(layout: &Layout, body: String) -> Self {
        Self {
            size: layout.page,
            body,
        }
    }

    /// The drawing on its ground.
    fn drawing(&self, id: &str) -> String {
        let (width, height) = self.size;
        let body = self.body.replace(OWN, &format!("{id}-"));
        format!(
            "<rect class=\"di-bg\" width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n{body}"
        )
    }

    /// The drawing as a part of a page's SVG.
    fn part(&self, id: &str, class: &str) -> String {
        let (width, height) = self.size;
        let drawing = self.drawing(id);
        format!("<svg class=\"{class} viewBox=\"0 0 {width} {height}\">\n{drawing}</svg>\n")
    }
}

/// The finished figure. Every name in it starts with a hash of what it shows, because pages inline
/// several figures.
pub(super) fn document(d: Document) -> Figure {
    let (width, height) = d.wide.size;
    let (title, alt) = (escape(d.title), escape(d.alt.trim()));
    let parts = [title.as_str(), alt.as_str(), d.wide.body.as_str()];
    let hash = fnv1a(parts.into_iter().flat_map(str::bytes));
    let id = format!("di-{:010x}", hash & 0xff_ffff_ffff);
    let (frames, story) = d.film.unwrap_or((0, 0));
    let film = match d.film {
        None => String::new(),
        Some(_) => format!(" data-frames=\"{frames}\" data-story-frame=\"{story}\""),
    };
    let style = frames::style(&id, frames);
    let around = |more: &str, content: &str| {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"di-figure {id}\" role=\"img\" \
             aria-labelledby=\"{id}-t {id}-d\"{film} width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\" \
             style=\"max-width:100%;height:auto{more}\">\n\
             <title id=\"{id}-t\">{title}</title>\n<desc id=\"{id}-d\">{alt}</desc>\n{style}{content}</svg>\n"
        )
    };
    let svg = around("", &d.wide.drawing(&id));
    let (wide, narrow) = (d.wide.size, d.narrow.size);
    let ratios = format!(
        ";--di-wide:{}/{};--di-narrow:{}/{}",
        wide.0, wide.1, narrow.0, narrow.1
    );
    let forms = d.wide.part(&id, "di-wide\"") + &d.narrow.part(&id, "di-narrow\" display=\"none\"");
    let both = around(&ratios, &forms);
    let alt = d.alt.split_whitespace().collect::<Vec<_>>().join(" ");
    let size = (width as u32, height as u32);
    Figure::new(svg, both, tame(&reveal(&alt)), size)
}
