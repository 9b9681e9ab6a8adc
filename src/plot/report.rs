//! Figures, tables and text on one page.

use std::fmt::Write;
use std::path::Path;

use super::figure::{Figure, not_written};
use super::table::Table;
use super::text::escape;
#[cfg(doc)]
use crate::Error;
use crate::Result;
use crate::file::write_atomically;

/// How the page looks: as wide as a text, dark where the reader prefers it. Figures keep their white ground.
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{max-width:46rem;margin:2rem auto;padding:0 1rem;font:1rem/1.55 system-ui,-apple-system,Segoe UI,Roboto,sans-serif}\
h1{line-height:1.2}\
h2{margin-top:2.2rem}\
figure{margin:1.5rem 0;overflow-x:auto}\
figure:has(svg){container-type:inline-size}\
svg.di-figure{display:block;margin:auto;aspect-ratio:var(--di-wide)}\
@container (max-width:30.5rem){\
svg.di-figure{width:100%;max-width:min(100%,27rem)!important;aspect-ratio:var(--di-narrow)}\
.di-wide{display:none}\
svg.di-figure>.di-narrow{display:inline}}\
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\
caption{text-align:left;font-weight:600;padding:.3rem 0}\
th,td{padding:.25rem .6rem;border-bottom:1px solid #8886}\
thead th{border-bottom:2px solid #888}\
th[scope=row]{font-weight:400}";

/// A page in HTML, filled from top to bottom: one file that needs no other, and no network.
///
/// Text is shown as it is given: `<`, `&` and quotation marks are no markup.
///
/// ```
/// use diffusion_intuition::plot::{Panel, Report};
///
/// let figure = Panel::new().title("A line").line("y = x", 0..10, 0..10).figure("A line of slope 1.")?;
/// let mut report = Report::new("What was found");
/// report.heading("First").text("x < y never holds.").figure(&figure);
/// assert!(report.html().contains("x &lt; y never holds."));
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    title: String,
    body: String,
}

impl Report {
    /// A page with a title and nothing else yet.
    pub fn new(title: &str) -> Self {
        Self {
            title: escape(title),
            body: String::new(),
        }
    }

    /// Adds a heading.
    pub fn heading(&mut self, text: &str) -> &mut Self {
        self.add(format_args!("<h2>{}</h2>", escape(text)))
    }

    /// Adds a paragraph.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.add(format_args!("<p>{}</p>", escape(text)))
    }

    /// Adds a figure, as SVG within the page.
    pub fn figure(&mut self, figure: &Figure) -> &mut Self {
        self.add(format_args!("<figure>\n{}</figure>", figure.for_page()))
    }

    /// Adds a table.
    pub fn table(&mut self, table: &Table) -> &mut Self {
        self.add(format_args!("<figure>\n{}\n</figure>", table.html()))
    }

    /// The whole page.
    pub fn html(&self) -> String {
        let Self { title, body } = self;
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
             <h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
        )
    }

    /// Writes the page to a file, which is always either the old one or the whole new one.
    ///
    /// # Errors
    /// [`Error::File`] with the path and what the system said.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        write_atomically(path, self.html().as_bytes()).map_err(|error| not_written(path, error))
    }

    fn add(&mut self, part: std::fmt::Arguments) -> &mut Self {
        writeln!(self.body, "{part}").expect("a string takes everything");
        self
    }
}
