//! References inside the pages. Notebooks number an equation with `\tag{1.2}`, speak of it as "(1.2)", and link
//! papers at their addresses, which reads well anywhere. In the pages, numbers become links to the equations,
//! papers become citations, and a reference to something that does not exist fails the press.

use crate::press::svg;
use anyhow::{Context, Result, bail};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeWithOffset};
use std::collections::BTreeMap;
use std::ops::Range;

/// Where papers are found; a link to one of these places is a citation.
const PAPERS: [&str; 2] = ["https://arxiv.org/abs/", "https://doi.org/"];

/// What pages can refer to.
#[derive(Default)]
pub struct References {
    /// The page of every numbered equation.
    equations: BTreeMap<String, String>,
    /// The drawing of every figure, by its page and name.
    figures: BTreeMap<(String, String), String>,
    /// Every paper of the bibliography, by its address.
    papers: BTreeMap<String, Paper>,
}

struct Paper {
    key: String,
    title: String,
}

impl References {
    /// Knows the papers of a BibTeX file in which every field has a line of its own.
    pub fn new(bibliography: &str) -> Result<References> {
        let mut papers = BTreeMap::new();
        for entry in bibliography.split("\n@").filter(|e| !e.trim().is_empty()) {
            let field = |name: &str| {
                entry.lines().find_map(|line| {
                    let (found, value) = line.split_once('=')?;
                    let value = value.trim().trim_end_matches(',').replace(['{', '}'], "");
                    (found.trim() == name).then_some(value)
                })
            };
            let key = entry
                .split_once('{')
                .and_then(|(_, rest)| rest.split_once(','))
                .map(|(key, _)| key.trim().to_owned())
                .context("an entry without a key in the bibliography")?;
            let arxiv = field("eprint").map(|number| format!("{}{number}", PAPERS[0]));
            let doi = field("doi").map(|number| format!("{}{number}", PAPERS[1]));
            let address = arxiv.or(doi).or(field("url")).with_context(|| {
                format!("{key} has neither eprint nor doi nor url in the bibliography")
            })?;
            let title = field("title").unwrap_or_default();
            papers.insert(address, Paper { key, title });
        }
        Ok(References {
            papers,
            ..References::default()
        })
    }

    /// Takes in the numbered equations of a text.
    pub fn collect(&mut self, page: &str, text: &str) -> Result<()> {
        for (event, _) in events(text) {
            let Event::DisplayMath(formula) = event else {
                continue;
            };
            if let Some(number) = tag(&formula)
                && let Some(other) = self.equations.insert(number.to_owned(), page.to_owned())
            {
                bail!("two equations have the number ({number}), in {other} and in {page}");
            }
        }
        Ok(())
    }

    /// Takes in a figure; returns its name, which is its title as part of an address.
    pub fn figure(&mut self, page: &str, drawing: &str) -> String {
        let title = svg::title(drawing)
            .replace("&#39;", "'")
            .replace("&amp;", "&");
        let words = title.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        let name = format!("figure-{}", words.join("-").to_ascii_lowercase());
        let mut key = (page.to_owned(), name.clone());
        let mut count = 1;
        while self.figures.contains_key(&key) {
            count += 1;
            key.1 = format!("{name}-{count}");
        }
        self.figures.insert(key.clone(), drawing.to_owned());
        key.1
    }

    /// The text of a page with its references as links and its equations as their targets.
    pub fn linked(&self, page: &str, text: &str) -> Result<String> {
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        let mut paragraph = 0..0;
        let mut silent = 0; // depth of code blocks and links, where numbers are no references
        for (event, range) in events(text) {
            match event {
                Event::Start(Tag::Paragraph) => paragraph = range,
                Event::Start(Tag::Link { ref dest_url, .. }) => {
                    silent += 1;
                    if let Some(opening) = self.link(page, dest_url)? {
                        let shown = text[range.clone()].strip_prefix('[');
                        let shown = shown.and_then(|rest| rest.rsplit_once("]("));
                        let (shown, _) =
                            shown.context("a link that is not written [text](address)")?;
                        edits.push((range, format!("{opening}{shown}</a>")));
                    }
                }
                Event::Start(Tag::Image { ref dest_url, .. }) => {
                    silent += 1;
                    if let Some((target, name)) = figure_address(page, dest_url) {
                        let id = svg::name_on_page(name, target == page);
                        let shown = svg::in_page(self.drawing(page, target, name)?, &id, &id);
                        edits.push((range, shown));
                    }
                }
                Event::Start(Tag::CodeBlock(_)) => silent += 1,
                Event::End(TagEnd::Link | TagEnd::CodeBlock | TagEnd::Image) => silent -= 1,
                Event::DisplayMath(formula) => {
                    if let Some(number) = tag(&formula) {
                        let alone = text[paragraph.clone()].trim_end() == &text[range.clone()];
                        let outermost = range.start == 0 || text[..range.start].ends_with('\n');
                        if !alone || !outermost {
                            bail!("equation ({number}) in {page} must be a paragraph of its own");
                        }
                        let formula = &text[range.clone()];
                        let name = name_of(number);
                        let target = format!(
                            "<div class=\"di-equation\" id=\"{name}\">\n\n{formula}\n\n</div>"
                        );
                        edits.push((range, target));
                    }
                }
                Event::Text(_) if silent == 0 => {
                    for (at, number) in numbers(&text[range.clone()]) {
                        let start = range.start + at;
                        let link = self.equation(page, number)?;
                        edits.push((start..start + number.len() + 2, link));
                    }
                }
                _ => {}
            }
        }
        let mut linked = text.to_owned();
        for (range, new) in edits.into_iter().rev() {
            linked.replace_range(range, &new);
        }
        Ok(linked)
    }

    fn equation(&self, page: &str, number: &str) -> Result<String> {
        let target = self.equations.get(number).with_context(|| {
            format!("{page} refers to equation ({number}), but no equation has this \\tag")
        })?;
        let address = address(page, target, &name_of(number));
        Ok(format!(
            "<a class=\"di-eqref\" href=\"{address}\">({number})</a>"
        ))
    }

    /// The opening of a link that leads to a paper or a figure.
    fn link(&self, page: &str, address: &str) -> Result<Option<String>> {
        if let Some(Paper { key, title }) = self.papers.get(address) {
            let title = title.replace('"', "&quot;");
            return Ok(Some(format!(
                "<a class=\"di-cite\" href=\"bibliography.html#{key}\" title=\"{title}\">"
            )));
        }
        if PAPERS.iter().any(|place| address.starts_with(place)) {
            bail!("{page} cites {address}, which is not in book/site/references.bib");
        }
        let Some((target, name)) = figure_address(page, address) else {
            return Ok(None);
        };
        self.drawing(page, target, name)?;
        let address = self::address(page, target, name);
        Ok(Some(format!("<a href=\"{address}\">")))
    }

    /// The drawing of a figure that a page refers to.
    fn drawing(&self, page: &str, target: &str, name: &str) -> Result<&str> {
        let key = (target.to_owned(), name.to_owned());
        let drawing = self.figures.get(&key).map(String::as_str);
        drawing.with_context(|| {
            let names = self.figures.keys().filter(|(page, _)| page == target);
            let names: Vec<_> = names.map(|(_, name)| name.as_str()).collect();
            let names = names.join(", ");
            format!("{page} refers to #{name} in {target}, where the figures are: {names}")
        })
    }
}

/// The address of a name on a page, as another page links it.
fn address(page: &str, target: &str, name: &str) -> String {
    match target == page {
        true => format!("#{name}"),
        false => format!("{target}.html#{name}"),
    }
}

/// Page and name of a figure, if the address is one: `chapter.ipynb#figure-…` or `#figure-…`.
fn figure_address<'a>(page: &'a str, address: &'a str) -> Option<(&'a str, &'a str)> {
    let (file, name) = address.split_once('#')?;
    let target = match file {
        "" => page,
        file => file.strip_suffix(".ipynb")?,
    };
    name.starts_with("figure-").then_some((target, name))
}

fn events(text: &str) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
    let options = Options::ENABLE_MATH | Options::ENABLE_TABLES;
    TextMergeWithOffset::new(Parser::new_ext(text, options).into_offset_iter())
}

/// The number that a formula carries.
fn tag(formula: &str) -> Option<&str> {
    let (_, rest) = formula.split_once("\\tag{")?;
    rest.split_once('}').map(|(number, _)| number)
}

/// The name of an equation as part of an address.
fn name_of(number: &str) -> String {
    format!("equation-{}", number.replace('.', "-"))
}

/// All "(1.2)" in a text, with the place of each; what starts with a zero is no number of an equation.
fn numbers(text: &str) -> Vec<(usize, &str)> {
    let part = |part: &str| {
        part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty() && !part.starts_with('0')
    };
    let inside = text.match_indices('(').filter_map(|(at, _)| {
        let (number, _) = text[at + 1..].split_once(')')?;
        Some((at, number))
    });
    inside
        .filter(|(_, number)| {
            number
                .split_once('.')
                .is_some_and(|(a, b)| part(a) && part(b))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::References;

    const BIBLIOGRAPHY: &str = "@article{ho2020,\n  title = {Denoising {D}iffusion},\n  eprint = {2006.11239},\n}\n\n\
                                @article{vincent2011,\n  title = {A Connection},\n  doi = {10.1162/NECO_a_00142}\n}\n";
    const FIRST: &str =
        "Text with (1.2).\n\n$$\nx_t = \\alpha_t x_0 \\tag{1.1}\n$$\n\n$$y \\tag{1.2}$$\n";

    fn book() -> References {
        let mut references = References::new(BIBLIOGRAPHY).unwrap();
        references.collect("one", FIRST).unwrap();
        references.collect("two", "$$z \\tag{2.1}$$").unwrap();
        references
    }

    #[test]
    fn numbers_become_links_and_equations_their_targets() {
        let linked = book().linked("one", FIRST).unwrap();
        assert_eq!(
            linked,
            "Text with <a class=\"di-eqref\" href=\"#equation-1-2\">(1.2)</a>.\n\n\
             <div class=\"di-equation\" id=\"equation-1-1\">\n\n$$\nx_t = \\alpha_t x_0 \\tag{1.1}\n$$\n\n</div>\n\n\
             <div class=\"di-equation\" id=\"equation-1-2\">\n\n$$y \\tag{1.2}$$\n\n</div>\n"
        );
        assert_eq!(
            book().linked("two", "**As (1.1)–(2.1)**").unwrap(),
            "**As <a class=\"di-eqref\" href=\"one.html#equation-1-1\">(1.1)</a>–\
             <a class=\"di-eqref\" href=\"#equation-2-1\">(2.1)</a>**"
        );
    }

    #[test]
    fn code_formulas_links_and_small_numbers_stay() {
        for text in [
            "`f(1.1)` and $f(1.1)$",
            "```\n(9.9)\n```",
            "[see (9.9)](other.html)",
            "a rate (0.5), a range (1.0) or (2)",
        ] {
            assert_eq!(book().linked("one", text).unwrap(), text);
        }
    }

    #[test]
    fn links_to_papers_become_citations() {
        assert_eq!(
            book()
                .linked("one", "([Ho *et al.* 2020](https://arxiv.org/abs/2006.11239)); [V](https://doi.org/10.1162/NECO_a_00142)")
                .unwrap(),
            "(<a class=\"di-cite\" href=\"bibliography.html#ho2020\" title=\"Denoising Diffusion\">Ho *et al.* 2020</a>); \
             <a class=\"di-cite\" href=\"bibliography.html#vincent2011\" title=\"A Connection\">V</a>"
        );
    }

    #[test]
    fn figures_are_linked_and_shown_elsewhere() {
        let drawing = "<svg><title>The loss&#39;, ε: at t = 5</title>\n\n<g/></svg>";
        let mut book = book();
        assert_eq!(book.figure("one", drawing), "figure-the-loss-at-t-5");
        assert_eq!(book.figure("one", drawing), "figure-the-loss-at-t-5-2");
        assert_eq!(
            book.linked("index", "[seen](one.ipynb#figure-the-loss-at-t-5)")
                .unwrap(),
            "<a href=\"one.html#figure-the-loss-at-t-5\">seen</a>"
        );
        let shown = book
            .linked(
                "index",
                "![](one.ipynb#figure-the-loss-at-t-5)\n\n[x](a.ipynb)",
            )
            .unwrap();
        assert!(
            shown.starts_with("<div")
                && shown.contains("<title>")
                && shown.ends_with("[x](a.ipynb)")
        );
        assert_eq!(
            shown.matches("\n\n").count(),
            1,
            "a blank line would end the block of HTML"
        );
    }

    #[test]
    fn what_does_not_exist_fails() {
        for (text, message) in [
            ("see (1.3)", "one refers to equation (1.3)"),
            (
                "[X](https://arxiv.org/abs/1.1)",
                "https://arxiv.org/abs/1.1, which is not in",
            ),
            ("[X](#figure-none)", "refers to #figure-none in one"),
            ("text $$x \\tag{1.1}$$", "(1.1) in one must be a paragraph"),
        ] {
            let error = book().linked("one", text).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
        assert!(book().collect("three", "$$x \\tag{1.1}$$").is_err());
        assert!(References::new("@book{nowhere,\n  title = {X}\n}").is_err());
    }
}
