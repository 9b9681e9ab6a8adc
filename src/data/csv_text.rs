//! From bytes to lines: encodings, line ends, quotation marks that hold line ends.

use std::borrow::Cow;

/// What is wrong, and in which line, counted from 1, if it is about one.
pub(super) type Trouble = (Option<usize>, String);

/// Files that are called tables and hold something else, by how they begin.
const NO_TEXT: [(&[u8], &str); 11] = [
    (
        b"PK\x03\x04",
        "a ZIP archive, such as an Excel workbook: save the sheet as CSV",
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "an old Excel workbook: save the sheet as CSV",
    ),
    (b"\x1f\x8b", "compressed by gzip: unpack it first"),
    (b"BZh", "compressed by bzip2: unpack it first"),
    (b"\xfd7zXZ", "compressed by xz: unpack it first"),
    (
        b"\x28\xb5\x2f\xfd",
        "compressed by Zstandard: unpack it first",
    ),
    (b"\x93NUMPY", "an array of NumPy: write it by savetxt"),
    (b"PAR1", "a Parquet file: write it as CSV"),
    (b"\x89HDF", "an HDF5 file: write it as CSV"),
    (b"\xff\xfe\0\0", "text in UTF-32: save it as UTF-8"),
    (b"\0\0\xfe\xff", "text in UTF-32: save it as UTF-8"),
];

/// The text of a file in UTF-8 or UTF-16, with or without a byte order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Trouble> {
    if let Some((_, what)) = NO_TEXT.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Err((None, format!("it is {what}")));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return utf16(rest, u16::from_le_bytes).map(Cow::Owned);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return utf16(rest, u16::from_be_bytes).map(Cow::Owned);
    }
    // Without a mark: in a table, nearly every other byte of UTF-16 is 0.
    let start = &bytes[..bytes.len().min(4096)];
    let zeros = |from: usize| {
        start
            .iter()
            .skip(from)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    if 4 * odd > start.len() && 10 * even < odd {
        return utf16(bytes, u16::from_le_bytes).map(Cow::Owned);
    }
    if 4 * even > start.len() && 10 * odd < even {
        return utf16(bytes, u16::from_be_bytes).map(Cow::Owned);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let reason = "it holds a NUL byte: it is no text";
        return Err((Some(1 + line_ends(&bytes[..at])), reason.to_owned()));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(error) => {
            let at = error.valid_up_to();
            let reason = format!(
                "it is not text in UTF-8: byte 0x{:02x}; save it as UTF-8 (\"CSV UTF-8\" in Excel)",
                bytes[at]
            );
            Err((Some(1 + line_ends(&bytes[..at])), reason))
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Trouble> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
    for c in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match c {
            Ok('\0') | Err(_) => {
                let reason = "it is not text in UTF-16, as it seemed; save it as UTF-8";
                return Err((Some(1 + line_ends(text.as_bytes())), reason.to_owned()));
            }
            Ok(c) => text.push(c),
        }
    }
    if rest.is_empty() {
        return Ok(text);
    }
    let reason = "it is text in UTF-16 and ends in half a character";
    Err((Some(1 + line_ends(text.as_bytes())), reason.to_owned()))
}

/// Number of line ends: LF, CR LF (or more CR before one LF), or CR alone.
fn line_ends(bytes: &[u8]) -> usize {
    let (mut count, mut i) = (0, 0);
    while let Some(byte) = bytes.get(i) {
        let length = line_end(&bytes[i..]);
        count += usize::from(length > 0);
        i += length.max(1);
        debug_assert!(length > 0 || !matches!(byte, b'\n' | b'\r'));
    }
    count
}

/// Number of bytes of the line end that `bytes` start with, 0 if with none.
fn line_end(bytes: &[u8]) -> usize {
    let returns = bytes.iter().take_while(|byte| **byte == b'\r').count();
    match bytes.get(returns) {
        Some(b'\n') => returns + 1,
        _ => returns.min(1),
    }
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
        Self {
            rest: text,
            line: 1,
            empty: 0,
        }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let (row, end) = end_of_row(self.rest);
            let (text, line) = (&self.rest[..row], self.line);
            self.line += line_ends(&self.rest.as_bytes()[..end]);
            self.rest = &self.rest[end..];
            let start = text.trim_start();
            if start.is_empty() || is_comment(start) {
                continue;
            }
            if start
                .chars()
                .all(|c| c.is_whitespace() || ",;|".contains(c))
            {
                self.empty += 1;
                continue;
            }
            return Some((line, text));
        }
        None
    }
}

/// Whether a line that starts so is one to pass over: not if its first value is an error of a spreadsheet.
fn is_comment(start: &str) -> bool {
    const ERRORS: [&str; 8] = [
        "#N/A", "#NA", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!",
    ];
    let is_error = |error: &&str| {
        let rest = start.strip_prefix(*error);
        rest.is_some_and(|rest| {
            rest.trim_start_matches(' ').is_empty()
                || rest.starts_with([',', ';', '\t', '|', '\r', '\n'])
        })
    };
    start.starts_with('#') && !ERRORS.iter().any(is_error)
}

/// Where the first row of `text` ends, and where the next begins.
fn end_of_row(text: &str) -> (usize, usize) {
    let bytes = text.as_bytes();
    let is_comment = is_comment(text.trim_start_matches([' ', '\t']));
    // A quotation mark opens where a value begins: at the start, after a separator or after white space.
    let (mut quoted, mut begins, mut i) = (false, !is_comment, 0);
    while let Some(byte) = bytes.get(i) {
        match byte {
            b'"' if quoted && bytes.get(i + 1) == Some(&b'"') => i += 1,
            b'"' if quoted => quoted = false,
            b'"' if begins => quoted = true,
            b'\r' | b'\n' if !quoted => return (i, i + line_end(&bytes[i..])),
            _ => {}
        }
        begins = !is_comment && matches!(byte, b' ' | b'\t' | b',' | b';' | b'|');
        i += 1;
    }
    (i, i)
}

/// The separator in a line such as `sep=;`, which Excel writes and understands.
pub(super) fn separator_line(line: &str) -> Option<char> {
    let line = line.trim_matches([' ', '\r', '\n']);
    let start = line
        .get(..4)
        .filter(|start| start.eq_ignore_ascii_case("sep="))?;
    let mut chars = line[start.len()..].chars();
    let separator = chars.next().filter(|c| "\t;,| ".contains(*c))?;
    chars.next().is_none().then_some(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_lines() {
        let rows = |text| Rows::new(text).collect::<Vec<_>>();
        assert_eq!(rows("a\nb\n"), [(1, "a"), (2, "b")]);
        assert_eq!(rows("a\rb\r\rc"), [(1, "a"), (2, "b"), (4, "c")]);
        assert_eq!(rows("a\r\r\nb\r\n\nc"), [(1, "a"), (2, "b"), (4, "c")]);
        assert_eq!(rows("\"a\nb\",\"c\"\n1"), [(1, "\"a\nb\",\"c\""), (3, "1")]);
        assert_eq!(rows("# \"x\n1\n,;\n2"), [(2, "1"), (4, "2")]);
        assert_eq!(rows("5\" pipe\n1"), [(1, "5\" pipe"), (2, "1")]);
        assert_eq!(separator_line("SEP=\t"), Some('\t'));
        for no in ["sep", "sep=", "sep=;;", "sep=x", "séparateur", "é"] {
            assert_eq!(separator_line(no), None, "{no}");
        }
    }
}
