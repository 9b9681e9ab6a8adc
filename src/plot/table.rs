//! Small tables of numbers.

use super::figure::content;
use super::format::{shortest, signed, significant};
use super::text::{escape_hidden, reveal, subscripts, tame};
use crate::{Error, Result};

/// A table with a caption and named columns, filled row by row.
///
/// In a notebook it shows itself as `text/html` and as `text/plain`.
///
/// ```
/// use diffusion_intuition::plot::{Table, num};
/// let mut table = Table::new("Where schedules end", &["schedule", "T", "ᾱ at the last step"]);
/// table.push(("linear", 200, 0.132_24))?;
/// table.push(("scaled to T = 1000", 1000, num(2.97e-5, 2)))?;
/// assert!(table.text().contains("linear"));
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    caption: String,
    headers: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// One cell: text on the left or a number on the right of its column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    text: String,
    number: bool,
}

/// A number with `digits` significant digits, see [`significant`].
pub fn num(value: f64, digits: usize) -> Cell {
    Cell {
        text: significant(value, digits),
        number: true,
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self {
            text: tame(&text.split_whitespace().collect::<Vec<_>>().join(" ")),
            number: false,
        }
    }
}
impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}
impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}
impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self {
            text: shortest(value, 4),
            number: true,
        }
    }
}
impl From<f32> for Cell {
    fn from(value: f32) -> Self {
        Self::from(f64::from(value))
    }
}
macro_rules! integer_cells {
    ($($t:ty),*) => {$(
        impl From<$t> for Cell {
            fn from(value: $t) -> Self {
                Self { text: signed(&value.to_string()), number: true }
            }
        }
    )*};
}
integer_cells!(i32, i64, u32, u64, usize);

/// What [`Table::push`] takes: a tuple of one to eight strings and numbers, or a vector of cells.
pub trait Row {
    /// The cells from left to right.
    fn into_cells(self) -> Vec<Cell>;
}

impl Row for Vec<Cell> {
    fn into_cells(self) -> Vec<Cell> {
        self
    }
}
macro_rules! tuple_rows {
    ($($name:ident)*) => {
        impl<$($name: Into<Cell>),*> Row for ($($name,)*) {
            #[allow(non_snake_case)]
            fn into_cells(self) -> Vec<Cell> {
                let ($($name,)*) = self;
                vec![$($name.into()),*]
            }
        }
    };
}
tuple_rows!(A);
tuple_rows!(A B);
tuple_rows!(A B C);
tuple_rows!(A B C D);
tuple_rows!(A B C D E);
tuple_rows!(A B C D E F);
tuple_rows!(A B C D E F G);
tuple_rows!(A B C D E F G H);

impl Table {
    /// A table without rows. The caption says what the numbers are.
    pub fn new(caption: &str, headers: &[&str]) -> Self {
        Self {
            caption: tame(caption),
            headers: headers
                .iter()
                .map(|header| Cell::from(*header).text)
                .collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row. Numbers are shown with up to four significant digits, or with exactly as many as [`num`]
    /// says.
    ///
    /// # Errors
    /// [`Error::Shape`] if the number of cells is not the number of columns.
    pub fn push(&mut self, row: impl Row) -> Result<()> {
        self.add(row.into_cells())
    }

    fn add(&mut self, cells: Vec<Cell>) -> Result<()> {
        if cells.len() != self.headers.len() {
            return Err(Error::Shape {
                what: "row of a table",
                expected: vec![self.headers.len()],
                found: vec![cells.len()],
            });
        }
        self.rows.push(cells);
        Ok(())
    }

    /// The table as HTML, with scoped headers and numbers to the right.
    pub fn html(&self) -> String {
        let mut out = String::from("<table class=\"di-table\">\n");
        if !self.caption.is_empty() {
            out += &format!("<caption>{}</caption>\n", markup(&self.caption));
        }
        out += "<thead><tr>";
        for (column, header) in self.headers.iter().enumerate() {
            let side = side(self.is_number(column));
            out += &format!("<th scope=\"col\"{side}>{}</th>", markup(header));
        }
        out += "</tr></thead>\n<tbody>\n";
        for row in &self.rows {
            out += "<tr>";
            for (column, cell) in row.iter().enumerate() {
                let (side, text) = (side(cell.number), markup(&cell.text));
                // Text in the first column names the row.
                out += &match column == 0 && !cell.number {
                    true => format!("<th scope=\"row\"{side}>{text}</th>"),
                    false => format!("<td{side}>{text}</td>"),
                };
            }
            out += "</tr>\n";
        }
        out + "</tbody>\n</table>"
    }

    /// The table as text with aligned columns.
    pub fn text(&self) -> String {
        let widths: Vec<usize> = (0..self.headers.len())
            .map(|column| {
                let cells = self.rows.iter().map(|row| width(&row[column].text));
                cells
                    .chain([width(&self.headers[column])])
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let line = |cells: &mut dyn Iterator<Item = (&str, bool)>| {
            let padded = cells.zip(&widths).map(|((text, right), wanted)| {
                let pad = " ".repeat(wanted - width(text));
                if right {
                    pad + text
                } else {
                    text.to_owned() + &pad
                }
            });
            let padded: Vec<String> = padded.collect();
            padded.join("  ").trim_end().to_owned()
        };
        let mut lines = Vec::new();
        if !self.caption.is_empty() {
            lines.push(self.caption.clone());
        }
        let headers = self.headers.iter().enumerate();
        lines.push(line(
            &mut headers.map(|(i, header)| (header.as_str(), self.is_number(i))),
        ));
        let rules: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        lines.push(rules.join("  "));
        for row in &self.rows {
            lines.push(line(
                &mut row.iter().map(|cell| (cell.text.as_str(), cell.number)),
            ));
        }
        reveal(&lines.join("\n"))
    }

    /// Prints the table in both forms for the evcxr kernel, which calls this by itself for the last
    /// expression of a cell.
    pub fn evcxr_display(&self) {
        print!("{}", self.notebook_output());
    }

    /// What [`evcxr_display`](Table::evcxr_display) prints.
    pub fn notebook_output(&self) -> String {
        content("text/html", &self.html()) + &content("text/plain", &self.text())
    }

    /// Whether a column holds a number anywhere, which puts its header to the right.
    fn is_number(&self, column: usize) -> bool {
        self.rows.iter().any(|row| row[column].number)
    }
}

/// Text for HTML, with subscripts; a number and its uncertainty stay on one line.
fn markup(text: &str) -> String {
    let text = escape_hidden(text).replace(" ± ", "\u{a0}±\u{a0}");
    subscripts(&text, "<sub>", "</sub>", ("", ""))
}

fn side(number: bool) -> &'static str {
    if number {
        " style=\"text-align:right\""
    } else {
        " style=\"text-align:left\""
    }
}

/// Characters that take a place in a line: combining marks do not.
fn width(text: &str) -> usize {
    text.chars()
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .count()
}
