//! From rows of values to a table of numbers.

use ndarray::{Array2, Axis};

use super::csv::Csv;
use super::csv_column::Column;
use super::csv_fields::{Field, fields};
use super::csv_header::Start;
use super::csv_text::{Rows, Trouble, separator_line};

/// The table in a text.
pub(super) fn table(text: &str) -> Result<Csv, Trouble> {
    let nothing = || (None, "it has no rows of numbers".to_owned());
    // A byte order mark, which some programs put before the first line, and DOS's mark of the end.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rows = Rows::new(text.strip_suffix('\u{1a}').unwrap_or(text));
    let mut first = rows.next().ok_or_else(nothing)?;
    let separator = separator_line(first.1);
    if separator.is_some() {
        first = rows.next().ok_or_else(nothing)?;
    }
    let next = rows.next();
    let start = Start::new(first.1, next.map(|next| next.1), separator);
    let start = start.map_err(|reason| (Some(first.0), reason))?;
    let has_names = start.names.is_some();
    let mut table = Table::new(start);
    if !has_names {
        table.add(first)?;
    }
    if let Some(next) = next {
        table.add(next)?;
    }
    for row in rows.by_ref() {
        table.add(row)?;
    }
    if table.lines.is_empty() {
        return Err(nothing());
    }
    table.finish(rows.empty)
}

/// Rows above which it means something that the first lies outside of all others.
const OUTSIDE: usize = 8;

/// What was read so far.
struct Table {
    start: Start,
    columns: Vec<Column>,
    values: Vec<f64>,
    lines: Vec<usize>,
}

impl Table {
    fn new(start: Start) -> Self {
        Self {
            start,
            columns: Vec::new(),
            values: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// Takes one row; an error says what is wrong with it, or with one before it.
    fn add(&mut self, (line, text): (usize, &str)) -> Result<(), Trouble> {
        let here = |reason| (Some(line), reason);
        let fields = fields(text, self.start.separator).map_err(here)?;
        self.check_number_of(&fields).map_err(here)?;
        let is_first = self.lines.is_empty();
        if is_first {
            self.columns = fields.iter().map(|_| Column::default()).collect();
        }
        for (j, field) in fields.iter().enumerate() {
            let column = &mut self.columns[j];
            if field.text.is_empty() && !field.quoted {
                column.empty(line);
                self.values.push(f64::NAN);
                continue;
            }
            match field.number() {
                Ok(value) => {
                    column.take(&field.text, value, line);
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
        let is_first = self.lines.is_empty();
        let (expected, whose) = match &self.start.names {
            Some(names) if is_first => (names.len(), "the header"),
            _ if is_first => return Ok(()),
            _ => (self.columns.len(), "the rows before it"),
        };
        let found = fields.len();
        if found == expected {
            return Ok(());
        }
        let s = if found == 1 { "" } else { "s" };
        let hint = self.commas(fields, expected).unwrap_or_default();
        Err(format!(
            "it has {found} column{s}, {whose}: {expected}{hint}"
        ))
    }

    /// What to say where commas within numbers may have cut them in two.
    fn commas(&self, fields: &[Field], expected: usize) -> Option<&'static str> {
        let is = |field: &Field, digits: std::ops::RangeInclusive<usize>| {
            let whole = field.text.split('.').next().unwrap_or_default();
            digits.contains(&whole.len()) && whole.bytes().all(|b| b.is_ascii_digit())
        };
        let thousands = |pair: &[Field]| is(&pair[0], 1..=3) && is(&pair[1], 3..=3);
        if self.start.separator != ',' || fields.len() < expected {
            None
        } else if fields.len() == 2 * expected && self.start.names.is_some() {
            Some(": decimals take a point, and no comma stands between thousands")
        } else if fields.windows(2).any(thousands) {
            Some(": no comma stands between thousands, and decimals take a point")
        } else {
            None
        }
    }

    fn no_number(&self, j: usize, reason: &str) -> String {
        let nameless = match &self.start.names {
            Some(names) => names.len() > 1 && names[0].is_empty(),
            None => false,
        };
        let hint = match &self.start {
            _ if reason.contains("number: ") => "",
            start if self.lines.is_empty() && start.mixed => {
                ": if this line holds names, put those that are numbers in double quotes"
            }
            _ if j == 0 && nameless => ": names of rows? leave them out",
            _ => "",
        };
        format!("column {}{reason}{hint}", j + 1)
    }

    /// The first value that is missing, unless its column may have none at all. Of the row that is being read,
    /// `done` values are in.
    fn check_gaps(&self, done: usize) -> Result<(), Trouble> {
        let gaps = self.columns.iter().enumerate().filter_map(|(j, column)| {
            let (line, count) = column.gaps?;
            let all = self.lines.len() + usize::from(j < done);
            (count < all || !self.may_be_empty(j)).then_some((line, j))
        });
        match gaps.min() {
            None => Ok(()),
            Some((line, j)) => Err((Some(line), format!("column {} is empty", j + 1))),
        }
    }

    fn may_be_empty(&self, j: usize) -> bool {
        let names = self.start.names.as_deref().unwrap_or_default();
        self.columns.len() > 1 && names.get(j).is_none_or(String::is_empty)
    }

    fn finish(self, passed_over: usize) -> Result<Csv, Trouble> {
        self.check_gaps(0)?;
        let n = self.lines.len();
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
        let (mut keep, mut names) = (Vec::new(), Vec::new());
        for (j, column) in self.columns.iter().enumerate() {
            if column.gaps.is_some() {
                notes.push(format!("column {} holds no value: left out", j + 1));
            } else if j == 0 && self.is_index() {
                let (low, high) = (column.low, column.high);
                notes.push(format!(
                    "column 1 has no name and numbers the rows ({low} to {high}): left out"
                ));
            } else {
                keep.push(j);
                names.extend(self.start.names.as_ref().map(|names| names[j].clone()));
            }
        }
        if self.start.nameless && keep.first() == Some(&0) {
            let d = self.columns.len();
            let reason = format!("it has {d} columns, the header: {}", d - 1);
            return Err((Some(self.lines[0]), reason));
        }
        let rows = Array2::from_shape_vec((n, self.columns.len()), self.values);
        let rows = rows.map_err(|error| (None, error.to_string()))?;
        let rows = if keep.len() == rows.ncols() {
            rows
        } else {
            rows.select(Axis(1), &keep)
        };
        if rows.is_empty() {
            return Err((None, "it has no rows of numbers".to_owned()));
        }
        Ok(Csv {
            names,
            rows,
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
        let nameless = first.is_empty() || first.starts_with("Unnamed: ");
        if !nameless || others.iter().all(String::is_empty) || !self.columns[0].counts() {
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
        let halves = self.columns.chunks_exact(2);
        let whole = self.columns.iter().all(|column| column.whole);
        let is_table = self.start.separator != ',' || self.start.names.is_some();
        if is_table || !whole || !halves.remainder().is_empty() {
            return Ok(None);
        }
        let pairs: Vec<&[Column]> = halves.collect();
        if pairs.iter().any(|pair| pair[0].padded.is_some()) {
            return Ok(None);
        }
        for (j, pair) in pairs.iter().enumerate() {
            let strange = pair[1].padded.as_ref().or(pair[0].minus_zero.as_ref());
            if let Some(line) = strange {
                let reason = format!(
                    "columns {} and {} look like one number with a decimal comma: decimals take a point; if they are \
                     two, put a line of names above the rows",
                    2 * j + 1,
                    2 * j + 2
                );
                return Err((Some(*line), reason));
            }
        }
        let same = pairs
            .iter()
            .all(|pair| pair[1].width.is_some_and(|width| width > 1));
        if !same || self.lines.len() < 3 {
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
        if self.start.names.is_some() || n < 3 || d == 0 {
            return None;
        }
        let whole = |x: &f64| x.fract() == 0.0;
        let (first, others) = self.values.split_at(d);
        let counts = |from: f64| {
            d > 1
                && first
                    .iter()
                    .zip(0..)
                    .all(|(x, j)| *x == from + f64::from(j))
        };
        let unlike = (0..d).all(|j| others.iter().skip(j).step_by(d).any(|x| !whole(x)));
        // All of it lies outside of what is below.
        let outside = (0..d).all(|j| {
            let below = || others.iter().skip(j).step_by(d);
            below().all(|x| *x < first[j]) || below().all(|x| *x > first[j])
        });
        let outside = outside && d > 1 && n >= OUTSIDE;
        let strange = first.iter().all(whole) && (unlike || outside || counts(0.0));
        let shown: Vec<String> = first.iter().take(3).map(f64::to_string).collect();
        strange.then(|| {
            format!(
                "line {} ({}{}) was read as a row of numbers; if these are names, put them in double quotes",
                self.lines[0],
                shown.join(", "),
                if d > 3 { ", …" } else { "" }
            )
        })
    }
}
