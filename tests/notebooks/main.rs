//! Every committed notebook is fit to be read: executed in order without a fault, accessible, portable.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

mod words;

/// Larger ones are slow to open on GitHub (1.5 MB).
const MAX_BYTES: usize = 1_500_000;

/// Shorter than this, an alternative text cannot say what a figure shows.
const MIN_ALTERNATIVE: usize = 20;

/// Parts of paths and addresses that exist on one machine only.
const LOCAL: [&str; 13] = [
    "/home/",
    "/root/",
    "/tmp/",
    "/Users/",
    "/var/folders/",
    "/private/",
    "/mnt/",
    "C:\\",
    "file://",
    "localhost",
    "127.0.0.1",
    "0.0.0.0",
    ".cargo/registry",
];

struct Notebook {
    name: String,
    text: String,
    json: Value,
}

impl Notebook {
    fn read(path: &Path) -> Self {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let json = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: no JSON: {e}"));
        Self { name, text, json }
    }

    fn cells(&self) -> &[Value] {
        self.json["cells"].as_array().expect("a notebook has cells")
    }

    fn code_cells(&self) -> impl Iterator<Item = &Value> {
        let code = |cell: &&Value| cell["cell_type"] == "code";
        self.cells().iter().filter(code)
    }
}

/// Text that the format may keep as one string or as a list of lines.
fn joined(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

fn outputs(cell: &Value) -> &[Value] {
    cell["outputs"].as_array().map_or(&[], Vec::as_slice)
}

/// Runs `check` on every notebook; it pushes what is wrong, and all of it is shown at once.
fn every_notebook(check: impl Fn(&Notebook, &mut Vec<String>)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("notebooks");
    let paths: BTreeSet<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "ipynb"))
        .collect();
    assert!(!paths.is_empty(), "no notebook in {}", folder.display());
    let mut faults = Vec::new();
    for path in &paths {
        let notebook = Notebook::read(path);
        let mut found = Vec::new();
        check(&notebook, &mut found);
        let name = &notebook.name;
        faults.extend(found.into_iter().map(|fault| format!("{name}: {fault}")));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn run_in_the_projects_kernel() {
    every_notebook(|notebook, faults| {
        let metadata = &notebook.json["metadata"];
        if metadata["kernelspec"]["name"] != "diffusion-intuition" {
            let kernel = &metadata["kernelspec"]["name"];
            faults.push(format!("kernel is {kernel}, not diffusion-intuition"));
        }
        for language in [
            &metadata["kernelspec"]["language"],
            &metadata["language_info"]["name"],
        ] {
            if !joined(language).eq_ignore_ascii_case("rust") {
                faults.push(format!("language is {language}, not rust"));
            }
        }
        if notebook.json["nbformat"] != 4 {
            faults.push("not nbformat 4".into());
        }
    });
}

/// A cell that ends in a loop shows `()`, which tells a reader nothing.
#[test]
fn show_no_empty_answer() {
    every_notebook(|notebook, faults| {
        for (number, cell) in (1..).zip(notebook.code_cells()) {
            let outputs = cell["outputs"].as_array().into_iter().flatten();
            for output in outputs.map(|output| joined(&output["data"]["text/plain"])) {
                if output.trim() == "()" {
                    faults.push(format!("code cell {number} shows ()"));
                }
            }
        }
    });
}

/// Executed from top to bottom in one fresh kernel: counts 1, 2, …, n.
#[test]
fn are_executed_in_order() {
    every_notebook(|notebook, faults| {
        let mut n = 0;
        for (expected, cell) in (1..).zip(notebook.code_cells()) {
            n = expected;
            let count = &cell["execution_count"];
            if *count != expected {
                faults.push(format!("code cell {expected} has execution count {count}"));
            }
            if joined(&cell["source"]).trim().is_empty() {
                faults.push(format!("code cell {expected} is empty"));
            }
        }
        if n == 0 {
            faults.push("no code cell".into());
        }
    });
}

/// evcxr answers "ok" to a panic and to an error behind `?`; both leave text on stderr.
#[test]
fn have_no_errors() {
    every_notebook(|notebook, faults| {
        for (i, cell) in (1..).zip(notebook.code_cells()) {
            for output in outputs(cell) {
                if output["output_type"] == "error" {
                    faults.push(format!("code cell {i} failed: {}", output["evalue"]));
                }
                if output["name"] == "stderr" {
                    let text = joined(&output["text"]);
                    faults.push(format!("code cell {i} wrote to stderr: {text}"));
                }
            }
        }
    });
}

/// The value of the first `alt` of an `<img>`.
fn image_alternative(html: &str) -> Option<&str> {
    let (_, tag) = html.split_once("<img")?;
    let (tag, _) = tag.split_once('>')?;
    let (_, alt) = tag.split_once(" alt=\"")?;
    Some(alt.split_once('"')?.0)
}

/// A figure is SVG for the site, an image with alternative text for everything else, and plain text.
#[test]
fn figures_have_alternative_texts() {
    let figures = Cell::new(0);
    every_notebook(|notebook, faults| {
        for (i, cell) in (1..).zip(notebook.code_cells()) {
            for output in outputs(cell) {
                let data = &output["data"];
                let html = joined(&data["text/html"]);
                let is_figure = data.get("image/svg+xml").is_some();
                if !is_figure && (html.contains("<svg") || html.contains("<img")) {
                    faults.push(format!("code cell {i}: a picture that is no figure's"));
                }
                if !is_figure {
                    continue;
                }
                figures.set(figures.get() + 1);
                let long = |text: &str| text.trim().chars().count() >= MIN_ALTERNATIVE;
                match image_alternative(&html) {
                    Some(alt) if long(alt) => {}
                    other => faults.push(format!("code cell {i}: alt is {other:?}")),
                }
                let plain = joined(&data["text/plain"]);
                if !long(&plain) {
                    faults.push(format!("code cell {i}: text/plain is {plain:?}"));
                }
            }
        }
    });
    assert!(
        figures.get() > 0,
        "not one figure in all notebooks: nothing was checked"
    );
}

/// Without the payload of data URIs, in which any five letters occur by chance.
fn without_base64(text: &str) -> String {
    let mut parts = text.split(";base64,");
    let mut rest: String = parts.next().unwrap_or_default().into();
    let letter = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    parts.for_each(|part| rest.push_str(part.trim_start_matches(letter)));
    rest
}

#[test]
fn name_no_place_on_one_machine() {
    every_notebook(|notebook, faults| {
        let text = without_base64(&notebook.text);
        for local in LOCAL {
            let escaped = local.replace('\\', "\\\\"); // as JSON writes it
            if let Some(at) = text.find(&escaped) {
                let around: String = text[at..].chars().take(60).collect();
                faults.push(format!("holds {local}: {around:?}"));
            }
        }
    });
}

#[test]
fn are_small_enough() {
    every_notebook(|notebook, faults| {
        let bytes = notebook.text.len();
        if bytes > MAX_BYTES {
            faults.push(format!("{bytes} bytes are more than {MAX_BYTES}"));
        }
    });
}

/// One cell to compile dependencies, the first, so that every later cell is quick.
#[test]
fn dependencies_are_in_the_first_code_cell() {
    every_notebook(|notebook, faults| {
        for (i, cell) in (1..).zip(notebook.code_cells()) {
            let source = joined(&cell["source"]);
            let deps: Vec<&str> = source
                .lines()
                .filter(|l| l.trim().starts_with(":dep"))
                .collect();
            if i > 1 && !deps.is_empty() {
                faults.push(format!("code cell {i} holds {deps:?}"));
            }
            let ours =
                |line: &&str| line.contains("diffusion-intuition") && line.contains("\"..\"");
            if i == 1 && !deps.iter().any(ours) {
                faults.push(format!(
                    "the first code cell does not depend on the library: {deps:?}"
                ));
            }
        }
    });
}

/// Longer lines would be cut at the side of a page.
#[test]
fn code_fits_the_page() {
    const WIDEST: usize = 76;
    every_notebook(|notebook, faults| {
        for cell in notebook.code_cells() {
            for line in joined(&cell["source"]).lines() {
                let columns = line.chars().count();
                if columns > WIDEST {
                    faults.push(format!("{columns} columns: {line}"));
                }
            }
        }
    });
}

#[test]
fn have_exercises_with_solutions() {
    every_notebook(|notebook, faults| {
        let tagged = |cell: &Value| {
            let tags = cell["metadata"]["tags"].as_array();
            tags.is_some_and(|tags| tags.iter().any(|tag| tag == "solution"))
        };
        if !notebook.code_cells().any(tagged) {
            faults.push("no code cell is tagged solution".into());
        }
        let shown =
            |cell: &&Value| tagged(cell) && cell["metadata"]["jupyter"]["source_hidden"] != true;
        if let Some(cell) = notebook.code_cells().find(shown) {
            let first = joined(&cell["source"]);
            let first = first.lines().next().unwrap_or_default();
            faults.push(format!("JupyterLab shows the solution \"{first}\""));
        }
    });
}

/// The name of a figure in the book: the words of its title.
fn name_of_figure(drawing: &str) -> String {
    let title = drawing.split("<title").nth(1).unwrap_or_default();
    let title = title.split(['>', '<']).nth(1).unwrap_or_default();
    let title = title.replace("&#39;", "'").replace("&amp;", "&");
    let words = title.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    format!("figure-{}", words.join("-").to_ascii_lowercase())
}

#[test]
fn open_with_a_figure_of_their_own() {
    every_notebook(|notebook, faults| {
        let Some(opening) = notebook.json["metadata"]["opening"].as_str() else {
            return faults.push("its metadata name no figure to open with".into());
        };
        let drawings = notebook.code_cells().flat_map(outputs);
        let drawings = drawings.map(|output| joined(&output["data"]["image/svg+xml"]));
        if !drawings
            .map(|drawing| name_of_figure(&drawing))
            .any(|name| name == opening)
        {
            faults.push(format!("it opens with {opening}, but draws no such figure"));
        }
    });
}

/// The helpers above see what they are for: a checker that sees nothing would pass everything.
mod checkers {
    use super::{image_alternative, without_base64};

    #[test]
    fn see_the_alternative_text() {
        let html = r#"<div><img src="data:x" alt="Two heaps" width="9"></div>"#;
        assert_eq!(image_alternative(html), Some("Two heaps"));
        assert_eq!(image_alternative(r#"<img src="x"><p alt="no">"#), None);
        assert_eq!(image_alternative("<svg></svg>"), None);
    }

    #[test]
    fn see_past_data_uris() {
        let text = r#"a ;base64,QUJD/tmp/Zz09\" b /tmp/c"#;
        assert_eq!(without_base64(text), r#"a \" b /tmp/c"#);
    }
}
