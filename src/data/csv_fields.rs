//! One row of a file of separated values, and one value of it.

use super::csv_number::{self, decimal_comma};

/// One value as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// Without the white space and the quotes around it.
    pub text: String,
    pub quoted: bool,
}

/// What a value of the first row can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    /// Nothing, or a sign for a missing value: in a row of names a name as well.
    Blank,
    /// A number, or something that begins like one.
    Number,
}

impl Field {
    /// What it can be above `below`, the value in the next row. Numbers in quotes are names above one without.
    pub fn kind(&self, below: Option<&Field>) -> Kind {
        let text = self.text.as_str();
        let is_number = text.parse::<f64>().is_ok();
        let like_number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
        match self.quoted {
            true if !is_number || below.is_some_and(|below| !below.quoted) => Kind::Name,
            true => Kind::Number,
            false if text.is_empty() || csv_number::is_missing(text) => Kind::Blank,
            false if is_number || like_number => Kind::Number,
            false => Kind::Name,
        }
    }

    /// Its number, or what is wrong, to follow the number of the column.
    pub fn number(&self) -> Result<f64, String> {
        csv_number::number(&self.text)
    }

    /// As the name of a column: on one line.
    pub fn into_name(self) -> String {
        if !self.text.contains(['\n', '\r']) {
            return self.text;
        }
        self.text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// What separates the values of a line, outside of quotes: a space stands for any white space.
pub(super) fn separator_of(line: &str) -> char {
    // Every other piece between quotation marks is inside them.
    let outside = |c| line.split('"').step_by(2).any(|piece| piece.contains(c));
    let found = ['\t', ';', ',', '|'].into_iter().find(|c| outside(*c));
    match found {
        // "1,5 2,5" are two numbers with decimal commas, not three with a space in the middle one.
        Some(',') if line.split_whitespace().count() > 1 => {
            let all = line.split_whitespace().all(decimal_comma);
            if all { ' ' } else { ',' }
        }
        Some(found) => found,
        None => ' ',
    }
}

/// The values of a line that is not blank, of which `separator` stands between any two; a space stands for any
/// white space. Quotes within quotes are doubled.
pub(super) fn fields(line: &str, separator: char) -> Result<Vec<Field>, String> {
    let separates = |c: char| c == separator || separator == ' ' && c.is_whitespace();
    let is_padding = |c: char| c.is_whitespace() && !separates(c);
    let (mut fields, mut rest) = (Vec::new(), line);
    if separator == ' ' {
        rest = rest.trim();
    }
    loop {
        rest = rest.trim_start_matches(is_padding);
        let quoted = rest.starts_with('"');
        let (text, after) = if quoted {
            unquote(&rest[1..]).ok_or("a quotation mark is not closed")?
        } else {
            let (text, after) = rest.split_at(rest.find(separates).unwrap_or(rest.len()));
            (text.trim_end().to_owned(), after)
        };
        fields.push(Field { text, quoted });
        rest = after.trim_start_matches(is_padding);
        match rest.chars().next() {
            None => return Ok(fields),
            Some(c) if separates(c) => rest = &rest[c.len_utf8()..],
            Some(_) => return Err("there is text after a closing quotation mark".to_owned()),
        }
        if separator == ' ' {
            rest = rest.trim_start();
        }
    }
}

/// [`fields`], but for separators within brackets: `height (m, above sea), weight` are two names.
pub(super) fn fields_outside_brackets(line: &str, separator: char) -> Result<Vec<Field>, String> {
    // No character of any text: what hides a separator from `fields`.
    const HIDDEN: char = '\u{fdd0}';
    let mut depth = 0_usize;
    let hide = |c: char| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            c if depth > 0 && c == separator => return HIDDEN,
            _ => {}
        }
        c
    };
    let hidden: String = line.chars().map(hide).collect();
    let mut found = fields(&hidden, separator)?;
    for field in &mut found {
        field.text = field.text.replace(HIDDEN, &separator.to_string());
    }
    Ok(found)
}

/// What stands before the closing quotation mark, and what comes after it.
fn unquote(rest: &str) -> Option<(String, &str)> {
    let (mut text, mut rest) = (String::new(), rest);
    loop {
        let (before, after) = rest.split_once('"')?;
        text.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                text.push('"');
                rest = after;
            }
            None => return Some((text, after)),
        }
    }
}
