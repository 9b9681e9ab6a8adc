//! From bytes to rows: encodings, line ends, comments, quotation marks that hold line ends.

use std::borrow::Cow;

/// What is wrong, and in which line, counted from 1, if it is about one.
pub(super) type Trouble = (Option<usize>, String);

/// The text of a file in UTF-8 or UTF-16, with or without a byte order mark; its lines end in LF.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Trouble> {
    if let Some(what) = no_text(bytes) {
        return Err((None, format!("it is {what}")));
    }
    let (bytes, unit) = match bytes {
        [0xff, 0xfe, rest @ ..] => (rest, Some(u16::from_le_bytes as Unit)),
        [0xfe, 0xff, rest @ ..] => (rest, Some(u16::from_be_bytes as Unit)),
        _ => (bytes, utf16_by_zeros(bytes)),
    };
    match unit {
        Some(unit) => Ok(Cow::Owned(plain_ends(&utf16(bytes, unit)?).into_owned())),
        None => utf8(bytes).map(plain_ends),
    }
}

/// What a file holds that is called a table and is none, by how it begins.
fn no_text(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [b'P', b'K', 3, 4, ..] => "a ZIP archive, such as an Excel workbook: save the sheet as CSV",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "an old Excel workbook: save the sheet as CSV",
        [0x1f, 0x8b, ..] => "compressed by gzip: unpack it first",
        [b'B', b'Z', b'h', ..] => "compressed by bzip2: unpack it first",
        [0xfd, b'7', b'z', b'X', b'Z', ..] => "compressed by xz: unpack it first",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "compressed by Zstandard: unpack it first",
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => "an array of NumPy: write it by savetxt",
        [b'P', b'A', b'R', b'1', ..] => "a Parquet file: write it as CSV",
        [0x89, b'H', b'D', b'F', ..] => "an HDF5 file: write it as CSV",
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => "text in UTF-32: save it as UTF-8",
        _ => return None,
    })
}

/// From two bytes to a number: their order.
type Unit = fn([u8; 2]) -> u16;

/// The order of bytes of UTF-16 without a mark: in a table, nearly every other byte of it is 0.
fn utf16_by_zeros(bytes: &[u8]) -> Option<Unit> {
    let start = &bytes[..bytes.len().min(4096)];
    let zeros = |from| {
        let bytes = start.iter().skip(from).step_by(2);
        bytes.filter(|byte| **byte == 0).count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let many = |zeros: usize, others: usize| 4 * zeros > start.len() && 10 * others < zeros;
    match (many(odd, even), many(even, odd)) {
        (true, _) => Some(u16::from_le_bytes),
        (_, true) => Some(u16::from_be_bytes),
        _ => None,
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, Trouble> {
    let line = |at: usize| Some(last_line(&String::from_utf8_lossy(&bytes[..at])));
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err((line(at), "it holds a NUL byte: it is no text".to_owned()));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let reason = format!(
            "it is not text in UTF-8: byte 0x{:02x}; save it as UTF-8 (\"CSV UTF-8\" in Excel)",
            bytes[at]
        );
        (line(at), reason)
    })
}

fn utf16(bytes: &[u8], unit: Unit) -> Result<String, Trouble> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
    let mut trouble =
        (!rest.is_empty()).then_some("it is text in UTF-16 and ends in half a character");
    for c in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match c {
            Ok(c) if c != '\0' => text.push(c),
            _ => {
                trouble = Some("it is not text in UTF-16, as it seemed; save it as UTF-8");
                break;
            }
        }
    }
    match trouble {
        None => Ok(text),
        Some(reason) => Err((Some(last_line(&text)), reason.to_owned())),
    }
}

/// The number, counted from 1, of the line in which a text ends.
fn last_line(text: &str) -> usize {
    1 + plain_ends(text).matches('\n').count()
}

/// LF where a line ends: for LF, CR LF (or more CR before one LF), and CR alone.
fn plain_ends(text: &str) -> Cow<'_, str> {
    if !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line.trim_end_matches('\r'), "\n"),
            None => (line, ""),
        };
        plain += &line.replace('\r', "\n");
        plain += end;
    }
    Cow::Owned(plain)
}

/// The rows of a text: the line that each begins in, counted from 1, and its characters, without what is blank
/// or a comment. A row goes on over line ends within quotation marks.
pub(super) struct Rows<'a> {
    rest: &'a str,
    line: usize,
    /// Lines with separators and nothing between them, which were passed over.
    pub empty: usize,
}

impl<'a> Rows<'a> {
    pub fn new(text: &'a str) -> Self {
        // A byte order mark, which some programs put before the first line (twice), and DOS's mark of the end.
        let text = text.trim_start_matches('\u{feff}');
        Self {
            rest: text.strip_suffix('\u{1a}').unwrap_or(text),
            line: 1,
            empty: 0,
        }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let end = end_of_row(self.rest);
            let (text, line) = (&self.rest[..end], self.line);
            self.rest = self.rest.get(end + 1..).unwrap_or_default();
            self.line += 1 + text.matches('\n').count();
            let start = text.trim_start();
            if start.is_empty() || is_comment(start) {
                continue;
            }
            if !start.contains(|c: char| !c.is_whitespace() && !",;|".contains(c)) {
                self.empty += 1;
                continue;
            }
            return Some((line, text));
        }
        None
    }
}

/// Where the first row of `text` ends.
fn end_of_row(text: &str) -> usize {
    let is_comment = is_comment(text.trim_start_matches([' ', '\t']));
    // A quotation mark opens where a value begins, and again after one that closed: then it is a doubled one.
    let (mut quoted, mut opens) = (false, !is_comment);
    for (i, byte) in text.bytes().enumerate() {
        let closes = quoted && byte == b'"';
        match byte {
            b'\n' if !quoted => return i,
            b'"' => quoted = !quoted && opens,
            _ => {}
        }
        opens = !is_comment && (closes || b" \t,;|".contains(&byte));
    }
    text.len()
}

/// Whether a line that starts so is one to pass over: not if its first value is an error of a spreadsheet.
fn is_comment(start: &str) -> bool {
    const ERRORS: [&str; 8] = [
        "#N/A", "#NA", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!",
    ];
    let ends = |rest: &str| {
        rest.trim_start_matches(' ').is_empty() || rest.starts_with([',', ';', '\t', '|', '\n'])
    };
    let is_error = |error: &&str| start.strip_prefix(*error).is_some_and(ends);
    start.starts_with('#') && !ERRORS.iter().any(is_error)
}

/// The separator in a line such as `sep=;`, which Excel writes and understands.
pub(super) fn separator_line(line: &str) -> Option<char> {
    let (start, separator) = line.trim_matches([' ', '\n']).split_at_checked(4)?;
    let is_one = start.eq_ignore_ascii_case("sep=") && ["\t", ";", ",", "|"].contains(&separator);
    separator.chars().next().filter(|_| is_one)
}
