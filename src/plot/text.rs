//! Text without fonts: estimated widths, wrapping, escaping for XML and HTML.

/// Size of tick labels, in units of the viewBox (pixels at full width).
pub(super) const TICK: f64 = 14.0;
/// Size of axis labels, legends and annotations.
pub(super) const LABEL: f64 = 14.5;
/// Size of a panel's title.
pub(super) const PANEL_TITLE: f64 = 15.0;
/// Size of a figure's title.
pub(super) const TITLE: f64 = 16.5;

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
        '−' | '+' | '=' | '<' | '>' | '×' | '≈' | '≤' | '≥' => 0.8,
        'A'..='Z' => 0.69,
        _ => 0.61,
    }
}

/// What stands for an underscore and for braces that are shown as they are: no characters of any text.
const BELOW: char = '\u{fdd0}';
const OPEN: char = '\u{fdd1}';
const CLOSE: char = '\u{fdd2}';

/// Characters of a subscript in braces, at most.
const LONGEST: usize = 100;

/// `text` as it is, for names that somebody else gave: in labels, titles and tables `_` and `{…}` make
/// [subscripts](super) otherwise.
///
/// ```
/// use diffusion_intuition::plot::{Table, verbatim};
/// let mut table = Table::new("", &["x_t", &verbatim("sepal_l")]);
/// table.push((1, 2))?;
/// assert!(table.html().contains("x<sub>t</sub>") && table.html().contains("sepal_l"));
/// # Ok::<(), diffusion_intuition::Error>(())
/// ```
pub fn verbatim(text: &str) -> String {
    let hide = |c: char| match c {
        '_' => BELOW,
        '{' => OPEN,
        '}' => CLOSE,
        c => c,
    };
    text.chars().map(hide).collect()
}

/// `text` with what [`verbatim`] hid.
pub(super) fn reveal(text: &str) -> String {
    let show = |c: char| match c {
        BELOW => '_',
        OPEN => '{',
        CLOSE => '}',
        c => c,
    };
    text.chars().map(show).collect()
}

/// Writes subscripts: in `β_t`, `q(x_t)` and `x_{t−1}`, what follows the underscore is put between `open`
/// and `close`, with `back` around what comes between two and after the last. A word like `alpha_bar` is left
/// alone, and so is what [`verbatim`] hid, which is revealed.
pub(super) fn subscripts(text: &str, open: &str, close: &str, back: (&str, &str)) -> String {
    let (mut out, mut rest, mut is_first) = (String::new(), text, true);
    let put = |out: &mut String, text: &str, is_first: bool| {
        let (open, close) = if is_first || text.is_empty() {
            ("", "")
        } else {
            back
        };
        out.extend([open, text, close]);
    };
    while let Some((before, below, after)) = first_subscript(rest) {
        put(&mut out, before, is_first);
        out.extend([open, below, close]);
        (rest, is_first) = (after, false);
    }
    put(&mut out, rest, is_first);
    reveal(&out)
}

fn first_subscript(text: &str) -> Option<(&str, &str, &str)> {
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
        if !chars
            .next()
            .is_some_and(|c| c.is_alphanumeric() || c == '_')
        {
            let end = i + 1 + first.len_utf8();
            return Some((&text[..i], &text[i + 1..end], &text[end..]));
        }
    }
    None
}

/// `text` on one line, without what XML cannot hold.
pub(super) fn clean(text: &str) -> String {
    let bad = |c: char| c.is_control() || c == '\u{fffe}' || c == '\u{ffff}';
    text.replace(bad, " ")
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
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
