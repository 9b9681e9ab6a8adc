//! One line of a file of separated values, and one value of it.

/// One value as it stands in a file.
pub(super) struct Field {
    /// Without the white space and the quotes around it.
    pub text: String,
    quoted: bool,
}

impl Field {
    /// Whether it can be the name of a column: not a number, nor something that begins like one.
    pub fn is_name(&self) -> bool {
        let like_number = self
            .text
            .starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
        self.text.parse::<f32>().is_err() && (self.quoted || !like_number)
    }

    /// Its number, or what is wrong, to follow the number of the column.
    pub fn number(&self) -> Result<f32, String> {
        let text = self.text.as_str();
        // Whole lines may end up in a value: a message shows the first of it.
        let mut shown: String = text.chars().take(40).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        match text.parse::<f32>() {
            Ok(value) if value.is_finite() => Ok(value),
            Ok(_) if text.contains(|c: char| c.is_ascii_digit()) => {
                Err(format!(": {shown} is too large for f32"))
            }
            Ok(_) => Err(format!(": {shown:?} is not a finite number")),
            Err(_) if text.is_empty() => Err(" is empty".to_owned()),
            Err(_) if text.replace(',', ".").parse::<f32>().is_ok() => Err(format!(
                ": {shown:?} is not a number: decimals take a point"
            )),
            Err(_) => Err(format!(": {shown:?} is not a number")),
        }
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
