//! Compares two printed texts: the words must be equal, the numbers nearly so.

/// A piece of printed text.
#[derive(Debug, PartialEq)]
enum Piece {
    Word(String),
    Number { value: f64, last_place: f64 },
}

/// Says where two texts differ, or nothing if they agree.
///
/// Numbers agree within the relative `tolerance`, or if they differ by no more than one unit in the last printed
/// decimal place (processors differ there). White space between words does not count.
pub fn difference(old: &str, new: &str, tolerance: f64) -> Option<String> {
    let (old, new) = (pieces(old), pieces(new));
    for (old, new) in old.iter().zip(&new) {
        match (old, new) {
            (Piece::Word(a), Piece::Word(b)) if a == b => {}
            (
                Piece::Number {
                    value: a,
                    last_place: u,
                },
                Piece::Number {
                    value: b,
                    last_place: v,
                },
            ) if close(*a, *b, u.max(*v), tolerance) => {}
            _ => return Some(format!("{} became {}", show(old), show(new))),
        }
    }
    match old.len().cmp(&new.len()) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(format!("{} is gone", show(&old[new.len()]))),
        std::cmp::Ordering::Less => Some(format!("{} is new", show(&new[old.len()]))),
    }
}

fn close(a: f64, b: f64, last_place: f64, tolerance: f64) -> bool {
    let distance = (a - b).abs();
    distance <= tolerance * a.abs().max(b.abs()) || distance <= last_place * 1.000_001
}

fn show(piece: &Piece) -> String {
    match piece {
        Piece::Word(word) => format!("“{word}”"),
        Piece::Number { value, .. } => value.to_string(),
    }
}

/// Cuts a text into words and numbers.
fn pieces(text: &str) -> Vec<Piece> {
    // A typographic minus is a minus.
    let characters: Vec<char> = text
        .chars()
        .map(|c| if c == '−' { '-' } else { c })
        .collect();
    let mut pieces = Vec::new();
    let mut word = String::new();
    let mut at = 0;
    while at < characters.len() {
        let inside_name =
            at > 0 && (characters[at - 1].is_alphanumeric() || characters[at - 1] == '_');
        match number(&characters[at..]) {
            Some((length, number)) if !inside_name => {
                finish_word(&mut word, &mut pieces);
                pieces.push(number);
                at += length;
            }
            _ if characters[at].is_whitespace() => {
                finish_word(&mut word, &mut pieces);
                at += 1;
            }
            _ => {
                word.push(characters[at]);
                at += 1;
            }
        }
    }
    finish_word(&mut word, &mut pieces);
    pieces
}

fn finish_word(word: &mut String, pieces: &mut Vec<Piece>) {
    if !word.is_empty() {
        pieces.push(Piece::Word(std::mem::take(word)));
    }
}

/// Reads a decimal number at the start; returns its length and itself.
fn number(characters: &[char]) -> Option<(usize, Piece)> {
    let digits = |from: usize| {
        characters[from..]
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .count()
    };
    let sign = usize::from(matches!(characters.first(), Some('-' | '+')));
    let whole = digits(sign);
    if whole == 0 {
        return None;
    }
    let mut end = sign + whole;
    let mut decimals = 0;
    if characters.get(end) == Some(&'.') && end + 1 < characters.len() {
        decimals = digits(end + 1);
        if decimals > 0 {
            end += 1 + decimals;
        }
    }
    let mut exponent = 0;
    if let Some('e' | 'E') = characters.get(end) {
        let sign = usize::from(matches!(characters.get(end + 1), Some('-' | '+')));
        let from = (end + 1 + sign).min(characters.len());
        let length = digits(from);
        if length > 0 {
            exponent = characters[end + 1..from + length]
                .iter()
                .collect::<String>()
                .parse()
                .ok()?;
            end = from + length;
        }
    }
    let value = characters[..end].iter().collect::<String>().parse().ok()?;
    // A count is exact: only numbers with decimals have a last place that may differ.
    let last_place = if decimals > 0 {
        10f64.powi(exponent - decimals as i32)
    } else {
        0.0
    };
    Some((end, Piece::Number { value, last_place }))
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn equal_words_and_near_numbers_agree() {
        assert_eq!(
            difference("mean 1.000 of 400", "mean  1.015\nof 400", 0.02),
            None
        );
        assert_eq!(difference("ε = −0.00", "ε = 0.00", 0.02), None);
        assert_eq!(difference("p = 3.0e-5", "p = 3.05e-5", 0.02), None);
        assert_eq!(difference("0.461", "0.462", 0.0), None);
    }

    #[test]
    fn differences_are_found() {
        for (old, new) in [
            ("mean 1.0", "mean 1.5"),
            ("mean 1.0", "median 1.0"),
            ("mean 1.0", "mean 1.0 s"),
            ("mean 1.0 s", "mean 1.0"),
            ("t = 20", "t = 21"),
            ("x = 0.5", "x = -0.5"),
            ("ok", "1"),
        ] {
            assert!(difference(old, new, 0.02).is_some(), "{old} and {new}");
        }
    }

    #[test]
    fn digits_inside_names_are_words() {
        assert!(difference("x1 = 2", "x2 = 2", 1.0).is_some());
    }
}
