//! Small tables of numbers.

use super::figure::content;
use super::format::{shortest, signed, significant};
use super::numbers::Numeric;
use super::text::{escape_hidden, one_line, reveal, subscripts, tame};
#[cfg(doc)]
use crate::Error;
use crate::Result;
use crate::check::same_shape;

/// A table with a caption and named columns, filled row by row.
///
/// In a notebook it shows itself as `text/html` and as `text/plain`.
///
/// ```
/// use diffusion_intuition::plot::{Table, num};
/// let table = Table::new("Where schedules end", ["schedule", "T", "ᾱ at the last step"])
///     .row(("linear", 200, 0.132_24))?
///     .row(("scaled to T = 1000", 1000, num(2.97e-5, 2)))?;
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
pub fn num(value: impl Numeric, digits: usize) -> Cell {
    Cell {
        text: significant(value, digits),
        number: true,
    }
}

/// What a row of a [`Table`] is made of: a text, a number, a [`Cell`], none (an empty cell), or several of them one
/// after the other as a tuple, an array or a vector. An error is passed on.
pub trait Cells {
    /// Adds the cells, from left to right.
    fn add_to(self, row: &mut Vec<Cell>) -> Result<()>;
}

impl Cells for Cell {
    fn add_to(self, row: &mut Vec<Cell>) -> Result<()> {
        row.push(self);
        Ok(())
    }
}
impl Cells for &str {
    fn add_to(self, row: &mut Vec<Cell>) -> Result<()> {
        let (text, number) = (tame(&one_line(self)), false);
        Cell { text, number }.add_to(row)
    }
}
impl Cells for String {
    fn add_to(self, row: &mut Vec<Cell>) -> Result<()> {
        self.as_str().add_to(row)
    }
}
/// Numbers with the text that shows them.
macro_rules! number_cells {
    ($shown:expr => $($t:ty),*) => {$(
        impl Cells for $t {
            fn add_to(self, row: &mut Vec<Cell>) -> Result<()> {
                let (text, number) = ($shown(self), true);
                Cell { text, number }.add_to(row)
            }
        }
    )*};
}
number_cells!(|x: Self| shortest(x, 4) => f32, f64);
number_cells!(|n: Self| signed(&n.to_string()) => i32, i64, u8, u32, u64, usize);

impl<T: Cells + Clone> Cells for &T {
    fn add_to(self, row: &mut Vec<Cell>) -> Result<()> {
        self.clone().add_to(row)
    }
}
impl<T: Cells> Cells for Option<T> {
    fn add_to(self, row: &mut Vec<Cell>) -> Result<()> {
        match self {
            Some(cells) => cells.add_to(row),
            None => "".add_to(row),
        }
    }
}
impl<T: Cells> Cells for Result<T> {
    fn add_to(self, row: &mut Vec<Cell>) -> Result<()> {
        self?.add_to(row)
    }
}
impl<T: Cells, const N: usize> Cells for [T; N] {
    fn add_to(self, row: &mut Vec<Cell>) -> Result<()> {
        self.into_iter().try_for_each(|cells| cells.add_to(row))
    }
}
impl<T: Cells> Cells for Vec<T> {
    fn add_to(self, row: &mut Vec<Cell>) -> Result<()> {
        self.into_iter().try_for_each(|cells| cells.add_to(row))
    }
}
macro_rules! tuples {
    ($($name:ident)*) => {
        impl<$($name: Cells),*> Cells for ($($name,)*) {
            #[allow(non_snake_case)]
            fn add_to(self, row: &mut Vec<Cell>) -> Result<()> {
                let ($($name,)*) = self;
                $($name.add_to(row)?;)*
                Ok(())
            }
        }
    };
}
tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);

impl Table {
    /// A table without rows. The caption says what the numbers are.
    pub fn new(caption: &str, headers: impl IntoIterator<Item: AsRef<str>>) -> Self {
        let headers = headers.into_iter();
        Self {
            caption: tame(caption),
            headers: headers
                .map(|header| tame(&one_line(header.as_ref())))
                .collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row: a tuple, array or vector of texts and numbers, which may hold tuples and arrays again. Numbers are
    /// shown with up to four significant digits, or with exactly as many as [`num`] says; `None` is an empty cell.
    ///
    /// # Errors
    /// [`Error::Shape`] if the number of cells is not the number of columns, and that of a cell that is one.
    pub fn push(&mut self, row: impl Cells) -> Result<()> {
        let mut cells = Vec::with_capacity(self.headers.len());
        row.add_to(&mut cells)?;
        same_shape("row of a table", &[self.headers.len()], &[cells.len()])?;
        self.rows.push(cells);
        Ok(())
    }

    /// The table with one more row, to be chained.
    ///
    /// # Errors
    /// Those of [`push`](Self::push).
    pub fn row(mut self, row: impl Cells) -> Result<Self> {
        self.push(row)?;
        Ok(self)
    }

    /// The table with a row for each of `rows`, which may be results: the first error ends it.
    ///
    /// ```
    /// # use diffusion_intuition::{Result, plot::{Table, num}};
    /// fn root(x: f64) -> Result<f64> {
    ///     Ok(x.sqrt())
    /// }
    /// let table = Table::new("Roots", ["x", "√x", "∜x"]).rows([2.0, 3.0].map(|x| {
    ///     Ok((x, [root(x)?, root(root(x)?)?].map(|y| num(y, 3))))
    /// }))?;
    /// assert!(table.text().ends_with("3  1.73  1.32"));
    /// # Ok::<(), diffusion_intuition::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`push`](Self::push).
    pub fn rows(mut self, rows: impl IntoIterator<Item: Cells>) -> Result<Self> {
        rows.into_iter().try_for_each(|row| self.push(row))?;
        Ok(self)
    }

    /// The table as HTML, with scoped headers and numbers to the right.
    pub fn html(&self) -> String {
        let caption = match markup(&self.caption) {
            caption if caption.is_empty() => caption,
            caption => format!("<caption>{caption}</caption>\n"),
        };
        let headers = self.headers.iter().enumerate().map(|(column, header)| {
            let side = side(self.is_number(column));
            format!("<th scope=\"col\"{side}>{}</th>", markup(header))
        });
        let cell = |(column, cell): (usize, &Cell)| {
            let (side, text) = (side(cell.number), markup(&cell.text));
            // Text in the first column names the row.
            match column == 0 && !cell.number {
                true => format!("<th scope=\"row\"{side}>{text}</th>"),
                false => format!("<td{side}>{text}</td>"),
            }
        };
        let rows = self.rows.iter().map(|row| {
            let cells: String = row.iter().enumerate().map(cell).collect();
            format!("<tr>{cells}</tr>\n")
        });
        let (headers, rows): (String, String) = (headers.collect(), rows.collect());
        format!(
            "<table class=\"di-table\">\n{caption}<thead><tr>{headers}</tr></thead>\n\
             <tbody>\n{rows}</tbody>\n</table>"
        )
    }

    /// The table as text with aligned columns.
    pub fn text(&self) -> String {
        let widest = |column: usize| {
            let cells = self.rows.iter().map(|row| width(&row[column].text));
            cells.fold(width(&self.headers[column]), usize::max)
        };
        let widths: Vec<usize> = (0..self.headers.len()).map(widest).collect();
        let line = |cells: Vec<(&String, bool)>| {
            let padded = cells.into_iter().zip(&widths);
            let padded = padded.map(|((text, right), wanted)| {
                let pad = " ".repeat(wanted - width(text));
                if right {
                    pad + text
                } else {
                    text.to_owned() + &pad
                }
            });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let headers = self.headers.iter().enumerate();
        let headers = headers.map(|(column, text)| (text, self.is_number(column)));
        let cells = |row: &Vec<Cell>| line(row.iter().map(|c| (&c.text, c.number)).collect());
        let rules: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        let caption = Some(self.caption.clone()).filter(|caption| !caption.is_empty());
        let mut lines = Vec::from_iter(caption);
        lines.extend([line(headers.collect()), rules.join("  ")]);
        lines.extend(self.rows.iter().map(cells));
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
    match number {
        true => " style=\"text-align:right\"",
        false => " style=\"text-align:left\"",
    }
}

/// Characters that take a place in a line: combining marks do not.
fn width(text: &str) -> usize {
    text.chars()
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .count()
}
