//! Lines of text: broken to a width, never cut at an edge, drawn one below the other.

use plotters::element::Text;
use plotters::style::text_anchor::{HPos, VPos};

use super::draw::{canvas, px, text_style};
use super::svg::Layer;
use super::text;
use crate::Result;

/// Height of a line of text, relative to its size.
pub(super) const LINE: f64 = 1.4;
/// More lines than this end with an ellipsis.
const MOST_LINES: usize = 4;

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
        loop {
            if lines.len() == MOST_LINES {
                let last = lines.pop().unwrap_or_default();
                lines.push(elide(&format!("{last} {rest}"), &width, room));
                return lines;
            }
            let length = fitting(rest, &width, room);
            lines.push(rest[..length].to_owned());
            rest = &rest[length..];
            if rest.is_empty() {
                break;
            }
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

/// Lines from the top `at.1` down, each anchored at `at.0`.
pub(super) fn draw(
    page: (f64, f64),
    lines: &[String],
    (x, y): (f64, f64),
    size: f64,
    (bold, h): (bool, HPos),
) -> Result<Layer> {
    let items = canvas(page, |root| {
        lines.iter().enumerate().try_for_each(|(i, line)| {
            let at = (px(x), px(y + LINE * size * (i as f64 + 0.5)));
            let style = text_style(size, bold, h, VPos::Center);
            root.draw(&Text::new(text::clean(line), at, style))
        })
    })?;
    Ok(Layer::plain(items))
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
