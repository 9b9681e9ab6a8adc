//! From text to rows: comments, quotation marks that hold line ends.

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
