//! The form of a notebook that Sphinx sees: drawings stand in the page, code that only draws them folds below, solutions
//! fold, and a section opens with the figure that carries it.

use crate::press::{instruments, svg};
use crate::run::cells;
use serde_json::{Value, json};

/// Most lines of code that stand open above the figure that they draw, and of other code that stands open at all. A cell
/// with the tag `open` stands open whatever it holds, and one with `fold` folds.
const OF_A_FIGURE: usize = 12;
const AT_ALL: usize = 20;

/// Makes that form. The notebook's metadata may name the figure that it opens with, `"opening": "figure-…"`, and the
/// instruments that stand below its opening, `"instruments": ["…"]`.
pub fn prepared(notebook: &Value, mut name_of_figure: impl FnMut(&str) -> String) -> Value {
    let mut page = notebook.clone();
    let mut figures = 0;
    let mut out = Page::default();
    for mut cell in cells::of(notebook).to_vec() {
        let draws = has_drawing(&cell);
        for output in cell["outputs"].as_array_mut().into_iter().flatten() {
            prepare_output(output, &mut figures, &mut name_of_figure);
        }
        let solution = cells::has_tag(&cell, "solution");
        out.solution(solution);
        let lines = cells::source(&cell).lines().count();
        let most = if draws { OF_A_FIGURE } else { AT_ALL };
        let open = solution || !cells::is_code(&cell) || cells::has_tag(&cell, "open");
        let short = lines <= most && !cells::has_tag(&cell, "fold");
        match open || short {
            true => out.cells.push(cell),
            false => out.fold(cell, lines, draws),
        }
    }
    out.solution(false);
    if let Some(name) = notebook["metadata"]["opening"].as_str() {
        open_with(&mut out.cells, name);
    }
    for name in notebook["metadata"]["instruments"]
        .as_array()
        .into_iter()
        .flatten()
        .rev()
    {
        let text = instruments::asked_for(name.as_str().unwrap_or_default());
        let id = format!("instrument-{}", out.cells.len());
        let cell = json!({ "cell_type": "markdown", "id": id, "metadata": {}, "source": text });
        out.cells.insert(out.cells.len().min(1), cell);
    }
    page["cells"] = Value::Array(out.cells);
    page
}

/// Takes the solutions of its exercises out of a notebook.
pub fn hide_solutions(notebook: &mut Value) {
    if let Some(cells) = notebook["cells"].as_array_mut() {
        cells.retain(|cell| !cells::has_tag(cell, "solution"));
    }
}

/// The cells of a page, as they are put together.
#[derive(Default)]
struct Page {
    cells: Vec<Value>,
    in_solution: bool,
}

impl Page {
    /// From here on, a solution or none.
    fn solution(&mut self, now: bool) {
        if now != self.in_solution {
            self.html(match now {
                true => "<details class=\"di-solution\"><summary>Solution</summary>",
                false => "</details>",
            });
            self.in_solution = now;
        }
    }

    /// A cell with its code folded: below what it draws, or where it stood.
    fn fold(&mut self, mut cell: Value, lines: usize, draws: bool) {
        let mut shown = cell.clone();
        shown["metadata"]["tags"] = json!(["remove-input"]);
        cell["outputs"] = json!([]);
        cell["id"] = json!(format!("code-{}", self.cells.len()));
        let summary = format!("<summary>Rust, {lines} lines</summary>");
        let html = format!("<details class=\"di-code\">{summary}");
        if draws {
            self.cells.push(shown);
            self.html(&html);
            self.cells.push(cell);
            self.html("</details>");
        } else {
            self.html(&html);
            self.cells.push(cell);
            self.html("</details>");
            self.cells.push(shown);
        }
    }

    fn html(&mut self, text: &str) {
        let id = format!("fold-{}", self.cells.len());
        self.cells
            .push(json!({ "cell_type": "markdown", "id": id, "metadata": {}, "source": text }));
    }
}

/// Puts a figure of the page after its title and first paragraph.
fn open_with(cells: &mut [Value], name: &str) {
    let Some(first) = cells.first_mut().filter(|cell| !cells::is_code(cell)) else {
        return;
    };
    let text = cells::source(first);
    let mut parts: Vec<&str> = text.splitn(3, "\n\n").collect();
    let figure = format!("![](#{name})");
    parts.insert(parts.len().min(2), &figure);
    first["source"] = Value::String(parts.join("\n\n"));
}

fn has_drawing(cell: &Value) -> bool {
    let mut outputs = cell["outputs"].as_array().into_iter().flatten();
    outputs.any(|output| output["data"].get("image/svg+xml").is_some())
}

/// Leaves one representation: the drawing itself for figures, the HTML for tables.
fn prepare_output(
    output: &mut Value,
    figures: &mut usize,
    name_of_figure: &mut impl FnMut(&str) -> String,
) {
    let Some(data) = output["data"].as_object_mut() else {
        return;
    };
    if let Some(drawing) = data.get("image/svg+xml").map(cells::text) {
        *figures += 1;
        let name = name_of_figure(&drawing);
        let html = svg::in_page(&drawing, &format!("f{figures}"), &name);
        *data = [("text/html".to_owned(), Value::String(html))]
            .into_iter()
            .collect();
    } else if data.contains_key("text/html") {
        data.retain(|kind, _| kind == "text/html");
    }
}

#[cfg(test)]
mod tests {
    use super::{hide_solutions, prepared};
    use crate::run::cells;
    use serde_json::{Value, json};

    fn sources(notebook: &Value) -> Vec<String> {
        let page = prepared(notebook, str::to_owned);
        cells::of(&page).iter().map(cells::source).collect()
    }

    #[test]
    fn solutions_fold_or_stay_away() {
        let solution = json!({ "cell_type": "code", "metadata": { "tags": ["solution"] }, "source": "s", "outputs": [] });
        let mut notebook = cells::notebook(&[
            cells::code("a"),
            solution.clone(),
            solution,
            cells::code("b"),
        ]);
        let folded = sources(&notebook);
        assert_eq!(folded.len(), 6);
        assert!(folded[1].starts_with("<details") && folded[4] == "</details>");
        hide_solutions(&mut notebook);
        assert_eq!(sources(&notebook), ["a", "b"]);
    }

    #[test]
    fn code_that_draws_folds_below_its_figure() {
        let lines = |n: usize| "x\n".repeat(n);
        let mut drawing = cells::code(&lines(13));
        drawing["outputs"] =
            json!([{ "output_type": "display_data", "data": { "image/svg+xml": "<svg></svg>" } }]);
        let mut open = drawing.clone();
        open["metadata"]["tags"] = json!(["open"]);
        let mut folded = cells::code(&lines(2));
        folded["metadata"]["tags"] = json!(["fold"]);
        let notebook = cells::notebook(&[
            drawing,
            open,
            cells::code(&lines(20)),
            cells::code(&lines(21)),
            folded,
        ]);
        let page = prepared(&notebook, str::to_owned);
        let page = cells::of(&page);
        // The figure, the fold with its code, the open one, the short one; folds and outputs of the long and the last.
        assert_eq!(page.len(), 4 + 2 + 4 + 4);
        assert!(cells::has_tag(&page[0], "remove-input") && page[0]["outputs"][0].is_object());
        assert!(cells::source(&page[1]).contains("Rust, 13 lines"));
        assert_eq!(page[2]["outputs"], json!([]));
        assert!(page[4]["outputs"][0].is_object() && !cells::has_tag(&page[4], "remove-input"));
        assert!(cells::source(&page[6]).contains("Rust, 21 lines"));
        assert!(cells::has_tag(&page[9], "remove-input"));
        assert!(cells::source(&page[10]).contains("Rust, 2 lines"));
    }

    #[test]
    fn a_section_opens_with_its_figure() {
        let text = "# Title\n\nOne.\n\nTwo.\n\nThree.";
        let cell = json!({ "cell_type": "markdown", "metadata": {}, "source": text });
        let mut notebook = cells::notebook(&[cell]);
        assert_eq!(sources(&notebook), [text]);
        notebook["metadata"]["opening"] = json!("figure-a");
        let opened = "# Title\n\nOne.\n\n![](#figure-a)\n\nTwo.\n\nThree.";
        assert_eq!(sources(&notebook), [opened]);
    }
}
