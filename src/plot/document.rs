//! The SVG document around a drawing: size, names for screen readers, background, style.

use super::animation;
use super::figure::Figure;
use super::svg::OWN;
use super::text::{escape, one_line, reveal, tame};
use crate::hash::fnv1a;

/// System fonts, without quotes: the data URI swaps the kinds of quotes.
const FONTS: &str = "system-ui,-apple-system,Segoe UI,Roboto,Helvetica Neue,Arial,sans-serif";

/// One form of a drawing.
pub(super) struct Sheet {
    pub size: (f64, f64),
    pub body: String,
}

impl Sheet {
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

/// The finished figure from its two forms, with the number of frames of a film and the one that tells its story.
/// Every name in it starts with a hash of what it shows, because pages inline several figures.
pub(super) fn document(
    title: &str,
    alt: &str,
    [wide, narrow]: [Sheet; 2],
    film: Option<(usize, usize)>,
) -> Figure {
    let (width, height) = wide.size;
    let plain_alt = tame(&reveal(&one_line(alt)));
    let (title, alt) = (escape(title), escape(alt.trim()));
    let parts = [title.as_str(), alt.as_str(), wide.body.as_str()];
    let hash = fnv1a(parts.into_iter().flat_map(str::bytes));
    let id = format!("di-{:010x}", hash & 0xff_ffff_ffff);
    let (frames, story) = film.unwrap_or_default();
    let data = match film {
        None => String::new(),
        Some(_) => format!(" data-frames=\"{frames}\" data-story-frame=\"{story}\""),
    };
    let style = animation::style(&id, frames);
    let around = |more: &str, content: &str| {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"di-figure {id}\" role=\"img\" \
             aria-labelledby=\"{id}-t {id}-d\"{data} width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\" \
             style=\"max-width:100%;height:auto{more}\">\n\
             <title id=\"{id}-t\">{title}</title>\n<desc id=\"{id}-d\">{alt}</desc>\n{style}{content}</svg>\n"
        )
    };
    let svg = around("", &wide.drawing(&id));
    let (w, h) = narrow.size;
    let ratios = format!(";--di-wide:{width}/{height};--di-narrow:{w}/{h}");
    let forms = wide.part(&id, "di-wide\"") + &narrow.part(&id, "di-narrow\" display=\"none\"");
    let both = around(&ratios, &forms);
    Figure::new(svg, both, plain_alt, (width as u32, height as u32))
}
