//! Text without fonts: estimated widths, lines, subscripts, escaping for XML and HTML.

/// Height of a line of text, relative to its size.
pub(super) const LINE: f64 = 1.4;
/// More lines than this end with an ellipsis.
const MOST_LINES: usize = 4;

/// Estimated width of `text`, a little generous: the reader's system font is unknown here.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// Estimated width of bold text.
pub(super) fn bold_width(text: &str, size: f64) -> f64 {
    1.12 * width(text, size)
}

/// Advance of a character in em, after DejaVu Sans, which is wide.
fn advance(c: char) -> f64 {
    match c {
        '\u{300}'..='\u{36f}' => 0.0,
        'i' | 'j' | 'l' | '.' | ',' | '\'' | '|' | ':' | ';' | '!' | 'I' => 0.31,
        ' ' => 0.32,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' => 0.4,
        '{' | '}' => 0.0,
        '_' => 0.2,
        BELOW => 0.5,
        OPEN | CLOSE => 0.64,
        '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' | '⁻' | '₀'..='₉' | 'ₜ' => 0.42,
        'm' | 'w' | 'M' | 'W' | '—' => 0.94,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => 1.0,
        '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}' | '\u{1f300}'.. => 1.0,
        '−' | '+' | '=' | '<' | '>' | '×' | '≈' | '≤' | '≥' => 0.8,
        'A'..='Z' => 0.69,
        _ => 0.61,
    }
}

/// `words` in at most four lines of at most `room` units: broken at spaces, and within a word only where it is
/// wider than a line.
pub(super) fn wrap(words: &str, width: impl Fn(&str) -> f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        if let Some(line) = lines.last_mut() {
            let longer = format!("{line} {word}");
            if width(&longer) <= room {
                *line = longer;
                continue;
            }
        }
        let mut rest = word;
        while !rest.is_empty() {
            if lines.len() == MOST_LINES {
                let last = lines.pop().unwrap_or_default();
                lines.push(elide(&format!("{last} {rest}"), &width, room));
                return lines;
            }
            let (line, more) = rest.split_at(fitting(rest, &width, room));
            lines.push(line.to_owned());
            rest = more;
        }
    }
    lines
}

/// `text`, or as much of its start as fits with an ellipsis.
pub(super) fn elide(text: &str, width: impl Fn(&str) -> f64, room: f64) -> String {
    if fitting(text, &width, room) == text.len() {
        return text.to_owned();
    }
    let length = fitting(text, &width, room - width("…"));
    format!("{}…", text[..length].trim_end())
}

/// Bytes of the longest start of `text` that fits, at least one character.
fn fitting(text: &str, width: &impl Fn(&str) -> f64, room: f64) -> usize {
    let (mut longest, mut used) = (0, 0.0);
    for (at, c) in text.char_indices() {
        // Widths add up; the whole start once more for every letter would take the square of the length.
        used += width(c.encode_utf8(&mut [0; 4]));
        if longest > 0 && used > room {
            break;
        }
        longest = at + c.len_utf8();
    }
    longest
}

/// What stands for an underscore and for braces that are shown as they are: no characters of any text.
const BELOW: char = '\u{fdd0}';
const OPEN: char = '\u{fdd1}';
const CLOSE: char = '\u{fdd2}';
const HIDDEN: [(char, char); 3] = [('_', BELOW), ('{', OPEN), ('}', CLOSE)];

/// `text` as it is, for names that somebody else gave: in labels, titles and tables `_` and `{…}` make
/// [subscripts](super) otherwise.
///
/// ```
/// use diffusion_intuition::plot::{Table, verbatim};
/// let table = Table::new("", ["x_t", &verbatim("sepal_l")]).row((1, 2))?;
/// assert!(table.html().contains("x<sub>t</sub>") && table.html().contains("sepal_l"));
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
pub fn verbatim(text: &str) -> String {
    let hide = |c| HIDDEN.iter().find(|pair| pair.0 == c).map_or(c, |p| p.1);
    text.chars().map(hide).collect()
}

/// `text` with what [`verbatim`] hid.
pub(super) fn reveal(text: &str) -> String {
    let show = |c| HIDDEN.iter().find(|pair| pair.1 == c).map_or(c, |p| p.0);
    text.chars().map(show).collect()
}

/// Writes subscripts: in `β_t`, `q(x_t)` and `x_{t−1}`, what follows the underscore is put between `open`
/// and `close`, with `back` around what comes between two and after the last. A word like `alpha_bar` is left
/// alone, and so is what [`verbatim`] hid, which is revealed.
pub(super) fn subscripts(text: &str, open: &str, close: &str, back: (&str, &str)) -> String {
    let (mut out, mut rest, mut around) = (String::new(), text, ("", ""));
    while let Some((before, below, after)) = first_subscript(rest) {
        if !before.is_empty() {
            out.extend([around.0, before, around.1]);
        }
        out.extend([open, below, close]);
        (rest, around) = (after, back);
    }
    if !rest.is_empty() {
        out.extend([around.0, rest, around.1]);
    }
    reveal(&out)
}

/// What stands before the first subscript, the subscript, and what comes after it.
fn first_subscript(text: &str) -> Option<(&str, &str, &str)> {
    /// Characters of a subscript in braces, at most.
    const LONGEST: usize = 100;
    for (i, _) in text.match_indices('_').filter(|(i, _)| *i > 0) {
        let after = &text[i + 1..];
        if let Some(braced) = after.strip_prefix('{') {
            let mut chars = braced.char_indices().take(LONGEST);
            if let Some((end, _)) = chars.find(|(_, c)| *c == '}') {
                return Some((&text[..i], &braced[..end], &braced[end + 1..]));
            }
        }
        let mut chars = after.chars();
        let Some(first) = chars.next().filter(|c| c.is_alphanumeric()) else {
            continue;
        };
        let goes_on = |c: char| c.is_alphanumeric() || c == '_';
        if !chars.next().is_some_and(goes_on) {
            let (below, after) = after.split_at(first.len_utf8());
            return Some((&text[..i], below, after));
        }
    }
    None
}

/// `text` on one line, without what XML cannot hold.
pub(super) fn clean(text: &str) -> String {
    let bad = |c: char| c.is_control() || c == '\u{fffe}' || c == '\u{ffff}';
    text.replace(bad, " ")
}

/// `text` with runs of white space as one space each.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `text` with control characters, and those that turn the direction of writing, as escapes such as `\u{1b}`: a
/// terminal would obey them.
pub(super) fn tame(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        match c {
            '\n' => out.push(c),
            c if turns || c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// `text` safe in XML and HTML, in element content and in quoted attributes.
pub(super) fn escape(text: &str) -> String {
    reveal(&escape_hidden(text))
}

/// [`escape`] that leaves hidden what [`verbatim`] hid.
pub(super) fn escape_hidden(text: &str) -> String {
    let text = clean(text).replace('&', "&amp;");
    let text = text.replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::{elide, wrap};

    fn width(text: &str) -> f64 {
        text.chars().count() as f64
    }

    #[test]
    fn lines_fit_whatever_the_words() {
        assert_eq!(wrap("one two three", width, 8.0), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", width, 3.0), ["abc", "def", "gh"]);
        assert_eq!(wrap("", width, 3.0), [""; 0]);
        let long = wrap(&"é".repeat(100_000), width, 10.0);
        assert_eq!(long.len(), 4);
        assert!(long[3].ends_with('…') && long.iter().all(|line| width(line) <= 10.0));
        // Narrower than a letter: still one letter a line.
        assert_eq!(wrap("ab", width, 0.5), ["a", "b"]);
        assert_eq!(elide("abcdef", width, 4.0), "abc…");
        assert_eq!(elide("abcd", width, 4.0), "abcd");
    }
}
