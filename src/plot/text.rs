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
        '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' | '⁻' | '₀'..='₉' | 'ₜ' => 0.42,
        'm' | 'w' | 'M' | 'W' | '—' => 0.94,
        '−' | '+' | '=' | '<' | '>' | '×' | '≈' | '≤' | '≥' => 0.8,
        'A'..='Z' => 0.69,
        _ => 0.61,
    }
}

/// Writes subscripts: in `β_t`, `q(x_t)` and `x_{t−1}`, what follows the underscore is put between `open`
/// and `close`, with `back` around the rest. A word like `alpha_bar` is left alone.
pub(super) fn subscripts(text: &str, open: &str, close: &str, back: (&str, &str)) -> String {
    let Some((before, below, after)) = first_subscript(text) else {
        return text.to_owned();
    };
    let rest = subscripts(after, open, close, back);
    let rest = match rest.as_str() {
        "" => rest,
        _ => format!("{}{rest}{}", back.0, back.1),
    };
    format!("{before}{open}{below}{close}{rest}")
}

fn first_subscript(text: &str) -> Option<(&str, &str, &str)> {
    for (i, _) in text.match_indices('_').filter(|(i, _)| *i > 0) {
        let after = &text[i + 1..];
        if let Some((below, rest)) = after
            .strip_prefix('{')
            .and_then(|braced| braced.split_once('}'))
        {
            return Some((&text[..i], below, rest));
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

/// `text` safe in XML and HTML, in element content and in quoted attributes.
pub(super) fn escape(text: &str) -> String {
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
