//! What `CITATION.cff` says that this book is built on are the papers of its bibliography: all, none besides, in one
//! order, each with the same title, year, authors and address.

use std::fs;

/// A paper as both files know it.
#[derive(Debug, PartialEq)]
struct Paper {
    title: String,
    year: String,
    authors: Vec<String>,
    place: String,
}

fn read(file: &str) -> String {
    fs::read_to_string(format!("../{file}")).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// BibTeX without its braces; of its letters with accents, those that occur.
fn plain(text: &str) -> String {
    let accents = text.replace("{\\i}", "ı").replace("{\\\"o}", "ö");
    assert!(!accents.contains('\\'), "a letter unknown here: {text}");
    accents.replace(['{', '}'], "")
}

fn of_bibliography(text: &str) -> Vec<Paper> {
    let mut papers = Vec::new();
    for entry in text.split("\n@") {
        let field = |name: &str| {
            entry.lines().find_map(|line| {
                let (found, value) = line.split_once('=')?;
                let value = plain(value.trim().trim_end_matches(','));
                (found.trim() == name).then_some(value)
            })
        };
        let wanted = |name| field(name).unwrap_or_else(|| panic!("no {name} in {entry}"));
        let family = |author: &str| author.split(", ").next().unwrap_or(author).to_owned();
        papers.push(Paper {
            title: wanted("title"),
            year: wanted("year"),
            authors: wanted("author").split(" and ").map(family).collect(),
            place: match field("eprint") {
                Some(number) => format!("arXiv:{number}"),
                None => wanted("doi"),
            },
        });
    }
    papers
}

fn of_citation(text: &str) -> Vec<Paper> {
    let (_, references) = text.split_once("\nreferences:\n").expect("references");
    let mut papers = Vec::new();
    for entry in references.split("  - type: ").skip(1) {
        let value = |key: &str| {
            let found = entry.lines().find_map(|line| line.trim().strip_prefix(key));
            found.map(|value| value.trim_matches('"').to_owned())
        };
        let wanted = |key| value(key).unwrap_or_else(|| panic!("no {key} in {entry}"));
        let names = entry.lines().filter_map(|line| {
            let line = line.trim();
            let name = line
                .strip_prefix("- {family-names: ")
                .or(line.strip_prefix("- {name: "))?;
            Some(name.split([',', '}']).next()?.trim_matches('"').to_owned())
        });
        let arxiv = entry
            .split_once("value: \"arXiv:")
            .and_then(|(_, rest)| rest.split('"').next());
        papers.push(Paper {
            title: wanted("title: "),
            year: wanted("year: "),
            authors: names.collect(),
            place: match arxiv {
                Some(number) => format!("arXiv:{number}"),
                None => wanted("doi: "),
            },
        });
    }
    papers
}

#[test]
fn the_citation_names_the_papers_of_the_bibliography() {
    let known = of_bibliography(read("book/site/references.bib").trim());
    let cited = of_citation(&read("CITATION.cff"));
    assert!(known.len() > 40, "the bibliography is read as {known:#?}");
    for (known, cited) in known.iter().zip(&cited) {
        assert_eq!(
            known, cited,
            "the bibliography (left) and CITATION.cff (right)"
        );
    }
    assert_eq!(
        known.len(),
        cited.len(),
        "papers in the bibliography and in CITATION.cff"
    );
}
