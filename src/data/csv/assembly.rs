//! From rows of values to a table of numbers.

use ndarray::{Array2, Axis};

use super::fields::{Field, fields};
use super::header::Start;
use super::number::{Column, number};
use super::table::Csv;
use super::text::{Rows, separator_line};
use crate::encoding::Trouble;

/// Rows above which it means something that the first lies outside of all others.
const OUTSIDE: usize = 8;

/// The table in a text.
pub(super) fn assemble(text: &str) -> Result<Csv, Trouble> {
    let nothing = || (None, "it has no rows of numbers".to_owned());
    let mut rows = Rows::new(text);
    let mut first = rows.next().ok_or_else(nothing)?;
    let separator = separator_line(first.1);
    if separator.is_some() {
        first = rows.next().ok_or_else(nothing)?;
    }
    let next = rows.next();
    let start = Start::new(first.1, next.map(|next| next.1), separator);
    let mut table = Assembly {
        start: start.map_err(|reason| (Some(first.0), reason))?,
        columns: Vec::new(),
        values: Vec::new(),
        lines: Vec::new(),
    };
    let first = table.start.names.is_none().then_some(first);
    for row in first.into_iter().chain(next).chain(rows.by_ref()) {
        table.add(row)?;
    }
    if table.lines.is_empty() {
        return Err(nothing());
    }
    let csv = table.finish(rows.empty)?;
    if csv.rows.is_empty() {
        return Err(nothing());
    }
    Ok(csv)
}

/// What was read so far.
struct Assembly {
    start: Start,
    columns: Vec<Column>,
    values: Vec<f64>,
    lines: Vec<usize>,
}

impl Assembly {
    /// Takes one row; an error says what is wrong with it, or with one before it.
    fn add(&mut self, (line, text): (usize, &str)) -> Result<(), Trouble> {
        let here = |reason| (Some(line), reason);
        let fields = fields(text, self.start.separator).map_err(here)?;
        self.check_number_of(&fields).map_err(here)?;
        self.columns.resize_with(fields.len(), Column::default);
        for (j, field) in fields.iter().enumerate() {
            if field.text.is_empty() && !field.quoted {
                self.columns[j].empty(line);
                self.values.push(f64::NAN);
                continue;
            }
            match number(&field.text) {
                Ok(value) => {
                    self.columns[j].take(&field.text, value, line);
                    self.values.push(value);
                }
                Err(reason) => {
                    // A gap further up comes first.
                    self.check_gaps(j)?;
                    return Err(here(self.no_number(j, &reason)));
                }
            }
        }
        self.lines.push(line);
        Ok(())
    }

    fn check_number_of(&self, fields: &[Field]) -> Result<(), String> {
        let (expected, whose) = match &self.start.names {
            _ if !self.lines.is_empty() => (self.columns.len(), "the rows before it"),
            Some(names) => (names.len(), "the header"),
            None => return Ok(()),
        };
        let found = fields.len();
        if found == expected {
            return Ok(());
        }
        let s = if found == 1 { "" } else { "s" };
        let hint = self.commas(fields, expected);
        Err(format!(
            "it has {found} column{s}, {whose}: {expected}{hint}"
        ))
    }

    /// What to say where commas within numbers may have cut them in two.
    fn commas(&self, fields: &[Field], expected: usize) -> &'static str {
        let is = |field: &Field, shortest: usize| {
            let whole = field.text.split('.').next().unwrap_or_default();
            (shortest..=3).contains(&whole.len()) && whole.bytes().all(|b| b.is_ascii_digit())
        };
        let thousands = |pair: &[Field]| is(&pair[0], 1) && is(&pair[1], 3);
        if self.start.separator != ',' || fields.len() < expected {
            ""
        } else if fields.len() == 2 * expected && self.start.names.is_some() {
            ": decimals take a point, and no comma stands between thousands"
        } else if fields.windows(2).any(thousands) {
            ": no comma stands between thousands, and decimals take a point"
        } else {
            ""
        }
    }

    fn no_number(&self, j: usize, reason: &str) -> String {
        let names = self.start.names.as_deref().unwrap_or_default();
        let hint = if reason.contains("number: ") {
            ""
        } else if self.lines.is_empty() && self.start.mixed {
            ": if this line holds names, put those that are numbers in double quotes"
        } else if j == 0 && names.len() > 1 && names[0].is_empty() {
            ": names of rows? leave them out"
        } else {
            ""
        };
        format!("column {}{reason}{hint}", j + 1)
    }

    /// The first value that is missing, unless its column may have none at all. Of the row that is being read,
    /// `done` values are in.
    fn check_gaps(&self, done: usize) -> Result<(), Trouble> {
        let names = self.start.names.as_deref().unwrap_or_default();
        let nameless = |j: usize| names.get(j).is_none_or(String::is_empty);
        let gaps = self.columns.iter().enumerate().filter_map(|(j, column)| {
            let (line, count) = column.gaps?;
            let all = self.lines.len() + usize::from(j < done);
            let may_be_empty = self.columns.len() > 1 && nameless(j);
            (count < all || !may_be_empty).then_some((line, j))
        });
        match gaps.min() {
            None => Ok(()),
            Some((line, j)) => Err((Some(line), format!("column {} is empty", j + 1))),
        }
    }

    fn finish(self, passed_over: usize) -> Result<Csv, Trouble> {
        self.check_gaps(0)?;
        let mut notes = Vec::new();
        if passed_over > 0 {
            let s = if passed_over == 1 { "" } else { "s" };
            notes.push(format!(
                "{passed_over} line{s} without any value passed over"
            ));
        }
        self.check_digits()?;
        notes.extend(self.split_decimals()?);
        notes.extend(self.names_among_rows());
        let (d, mut keep) = (self.columns.len(), Vec::new());
        for (j, column) in self.columns.iter().enumerate() {
            match column.range {
                None => notes.push(format!("column {} holds no value: left out", j + 1)),
                Some((low, high)) if j == 0 && self.is_index() => notes.push(format!(
                    "column 1 has no name and numbers the rows ({low} to {high}): left out"
                )),
                _ => keep.push(j),
            }
        }
        if self.start.nameless && keep.first() == Some(&0) {
            let reason = format!("it has {d} columns, the header: {}", d - 1);
            return Err((Some(self.lines[0]), reason));
        }
        let rows = Array2::from_shape_vec((self.lines.len(), d), self.values);
        let rows = rows.map_err(|error| (None, error.to_string()))?;
        let names = self.start.names.unwrap_or_default();
        Ok(Csv {
            names: keep.iter().filter_map(|j| names.get(*j).cloned()).collect(),
            rows: match keep.len() == d {
                true => rows,
                false => rows.select(Axis(1), &keep),
            },
            lines: self.lines,
            columns: keep.into_iter().map(|j| j + 1).collect(),
            notes,
        })
    }

    /// Whether the first column, without a name among others that have one, numbers the rows.
    fn is_index(&self) -> bool {
        let Some([first, others @ ..]) = self.start.names.as_deref() else {
            return false;
        };
        let column = &self.columns[0];
        let nameless = first.is_empty() || first.starts_with("Unnamed: ");
        let counts = !column.decimal && column.range.is_some_and(|(low, _)| low >= 0.0);
        if !nameless || others.iter().all(String::is_empty) || !counts {
            return false;
        }
        let column = self.values.iter().step_by(self.columns.len());
        let mut values: Vec<f64> = column.copied().collect();
        values.sort_unstable_by(f64::total_cmp);
        values.windows(2).all(|pair| pair[0] < pair[1])
    }

    /// Numbers that f64 cannot tell apart are refused, rather than made one.
    fn check_digits(&self) -> Result<(), Trouble> {
        for (j, column) in self.columns.iter().enumerate() {
            if let Some((line, text)) = column.merged() {
                let reason = format!(
                    "column {}: {text} has more digits than f64 holds, and others differ from it in these only: \
                     subtract what they have in common",
                    j + 1
                );
                return Err((Some(line), reason));
            }
        }
        Ok(())
    }

    /// Without names, "5,05" may be one number with a decimal comma or two: refused if the second is written as no
    /// number is, told if it only may be.
    fn split_decimals(&self) -> Result<Option<String>, Trouble> {
        let (pairs, rest) = self.columns.as_chunks::<2>();
        let is_table = self.start.separator != ',' || self.start.names.is_some();
        let whole = self.columns.iter().all(|column| !column.decimal);
        let padded = pairs.iter().any(|[first, _]| first.padded.is_some());
        if is_table || !whole || padded || !rest.is_empty() {
            return Ok(None);
        }
        for (j, [first, second]) in pairs.iter().enumerate() {
            if let Some(line) = second.padded.or(first.minus_zero) {
                let reason = format!(
                    "columns {} and {} look like one number with a decimal comma: decimals take a point; if they are \
                     two, put a line of names above the rows",
                    2 * j + 1,
                    2 * j + 2
                );
                return Err((Some(line), reason));
            }
        }
        let same = |[_, second]: &[Column; 2]| second.widths.is_some_and(|(a, b)| a == b && a > 1);
        if !pairs.iter().all(same) || self.lines.len() < 3 {
            return Ok(None);
        }
        let (line, first, second) = (self.lines[0], self.values[0], self.values[1]);
        Ok(Some(format!(
            "line {line}: \"{first},{second}\" was read as two numbers; if it is one with a decimal comma, write \
             {first}.{second}"
        )))
    }

    /// What to say of a first row of whole numbers above others: years, say, which may be names.
    fn names_among_rows(&self) -> Option<String> {
        let (n, d) = (self.lines.len(), self.columns.len());
        let (first, others) = self.values.split_at(d);
        let whole = |x: &f64| x.fract() == 0.0;
        if self.start.names.is_some() || n < 3 || !first.iter().all(whole) {
            return None;
        }
        let below = |j: usize| others.iter().skip(j).step_by(d);
        let unlike = (0..d).all(|j| below(j).any(|x| !whole(x)));
        let counts = d > 1 && first.iter().zip(0..).all(|(x, j)| *x == f64::from(j));
        // All of it lies outside of what is below.
        let beyond = |(j, x): (usize, &f64)| below(j).all(|y| y < x) || below(j).all(|y| y > x);
        let outside = d > 1 && n >= OUTSIDE && first.iter().enumerate().all(beyond);
        let shown: Vec<String> = first.iter().take(3).map(f64::to_string).collect();
        (unlike || outside || counts).then(|| {
            format!(
                "line {} ({}{}) was read as a row of numbers; if these are names, put them in double quotes",
                self.lines[0],
                shown.join(", "),
                if d > 3 { ", …" } else { "" }
            )
        })
    }
}
