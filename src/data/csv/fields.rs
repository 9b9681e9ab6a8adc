//! The values of one row.
//!
//! By hand: a reader of CSV such as the crate `csv` does not say which values stood in quotes, and takes a quotation
//! mark that is not closed, text after a closed one and one after a space as if nothing were wrong.

use super::number::{decimal_comma, is_missing};

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
            true if is_number && below.is_none_or(|below| below.quoted) => Kind::Number,
            true => Kind::Name,
            false if text.is_empty() || is_missing(text) => Kind::Blank,
            false if is_number || like_number => Kind::Number,
            false => Kind::Name,
        }
    }

    /// As the name of a column: on one line.
    pub fn into_name(self) -> String {
        match self.text.contains('\n') {
            false => self.text,
            true => self.text.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }
}

/// What separates the values of a line, outside of quotes: a space stands for any white space.
pub(super) fn separator_of(line: &str) -> char {
    // Every other piece between quotation marks is inside them.
    let outside = |c: &char| line.split('"').step_by(2).any(|piece| piece.contains(*c));
    match ['\t', ';', ',', '|'].into_iter().find(outside) {
        // "1,5 2,5" are two numbers with decimal commas, not three with a space in the middle one.
        Some(',')
            if line.trim().contains(char::is_whitespace)
                && line.split_whitespace().all(decimal_comma) =>
        {
            ' '
        }
        found => found.unwrap_or(' '),
    }
}

/// The values of a line that is not blank, of which `separator` stands between any two; a space stands for any
/// white space. Quotes within quotes are doubled.
pub(super) fn fields(line: &str, separator: char) -> Result<Vec<Field>, String> {
    let separates = |c: char| c == separator || separator == ' ' && c.is_whitespace();
    let is_padding = |c: char| c.is_whitespace() && !separates(c);
    let (mut fields, mut rest) = (Vec::new(), line);
    loop {
        if separator == ' ' {
            rest = rest.trim();
        }
        rest = rest.trim_start_matches(is_padding);
        let quoted = rest.starts_with('"');
        let (text, after) = if quoted {
            unquote(&rest[1..]).ok_or("a quotation mark is not closed")?
        } else {
            let (text, after) = rest.split_at(rest.find(separates).unwrap_or(rest.len()));
            (text.trim_end().to_owned(), after)
        };
        fields.push(Field { text, quoted });
        let after = after.trim_start_matches(is_padding);
        if after.is_empty() {
            return Ok(fields);
        }
        rest = after
            .strip_prefix(separates)
            .ok_or("there is text after a closing quotation mark")?;
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
            _ => {}
        }
        if depth > 0 && c == separator {
            HIDDEN
        } else {
            c
        }
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
    let mut end = rest.find('"')?;
    while rest[end + 1..].starts_with('"') {
        end += 2 + rest[end + 2..].find('"')?;
    }
    Some((rest[..end].replace("\"\"", "\""), &rest[end + 1..]))
}
