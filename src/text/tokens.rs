//! From a line of text to its words and signs, and back.

use super::vocabulary::Vocabulary;

/// The words and signs of a line, in lower case.
///
/// A word is letters, digits and their marks; an apostrophe, hyphen or point between two of them belongs to it, and so
/// does a comma between digits (`don't`, `well-known`, `e.g`, `3.14`, `1,000`). Of the scripts that write no spaces,
/// each Chinese or Japanese character is a word. Every other character is a sign of its own, or several if they repeat
/// (`...`). Typographic apostrophes within words become straight; characters that cannot be seen are left out.
pub(super) fn tokens(line: &str) -> Vec<String> {
    let lower = line.to_lowercase();
    let chars: Vec<char> = lower.chars().filter(|c| !is_nothing(*c)).collect();
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let start = i;
        i = match class(chars[i]) {
            Class::Space => {
                i += 1;
                continue;
            }
            Class::Letter => end_of_word(&chars, i),
            Class::Ideograph => i + 1,
            Class::Mark | Class::Sign => {
                let same = chars[i..].iter().take_while(|c| **c == chars[start]);
                i + same.count()
            }
        };
        i += count(&chars[i..], Class::Mark);
        let is_word = class(chars[start]) == Class::Letter;
        let plain = |c: &char| if is_word && *c == '’' { '\'' } else { *c };
        let token: String = chars[start..i].iter().map(plain).collect();
        // The padding word would end the sentence.
        let is_padding = token == Vocabulary::PADDING;
        tokens.push(if is_padding { "•".into() } else { token });
    }
    tokens
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Letter,
    /// A word by itself.
    Ideograph,
    /// Of the character before.
    Mark,
    Sign,
}

fn class(c: char) -> Class {
    match c {
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => {
            Class::Ideograph
        }
        '\u{20000}'..='\u{3ffff}' => Class::Ideograph,
        // Accents; vowel points; the signs without a vowel of Indic scripts; joiners; variants of a sign.
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' => Class::Mark,
        '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}' => Class::Mark,
        '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{93c}' | '\u{94d}' | '\u{9bc}' => Class::Mark,
        '\u{9cd}' | '\u{a3c}' | '\u{a4d}' | '\u{abc}' | '\u{acd}' | '\u{b3c}' => Class::Mark,
        '\u{b4d}' | '\u{bcd}' | '\u{c4d}' | '\u{cbc}' | '\u{ccd}' | '\u{d4d}' => Class::Mark,
        '\u{dca}' | '\u{e47}'..='\u{e4e}' | '\u{1ab0}'..='\u{1aff}' => Class::Mark,
        '\u{1dc0}'..='\u{1dff}' | '\u{200c}' | '\u{200d}' | '\u{20d0}'..='\u{20ff}' => Class::Mark,
        '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' => Class::Mark,
        '\u{1f3fb}'..='\u{1f3ff}' => Class::Mark,
        _ if c.is_alphanumeric() => Class::Letter,
        _ if c.is_whitespace() || c.is_control() || c == '\u{200b}' => Class::Space,
        _ => Class::Sign,
    }
}

/// Where words may be parted, marks of direction, and the byte order mark within a text.
fn is_nothing(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn count(chars: &[char], wanted: Class) -> usize {
    chars.iter().take_while(|c| class(**c) == wanted).count()
}

/// Where the word that begins at `i` ends.
fn end_of_word(chars: &[char], mut i: usize) -> usize {
    loop {
        i += count(&chars[i..], Class::Letter);
        i += count(&chars[i..], Class::Mark);
        let before = chars[i - 1];
        let joined = match (chars.get(i), chars.get(i + 1)) {
            (Some(c), Some(after)) if class(*c) == Class::Sign => match c {
                '\'' | '’' | '-' | '\u{2010}' | '\u{2011}' | '.' => {
                    class(*after) == Class::Letter
                }
                ',' => before.is_numeric() && after.is_numeric(),
                _ => false,
            },
            (Some(c), _) => class(*c) == Class::Letter,
            _ => false,
        };
        if !joined {
            return i;
        }
        i += usize::from(class(chars[i]) == Class::Sign);
    }
}

/// Words and signs as people write them: with spaces between words, and none before a comma.
pub(super) fn written<'a>(tokens: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    // Whether a straight quotation mark is open, and whether a space may follow.
    let (mut quoted, mut open, mut before) = (false, true, None);
    for token in tokens {
        let first = token.chars().next().unwrap_or(' ');
        let closes = token.chars().all(is_closing) || (token == "\"" && quoted);
        let joins = class(first) == Class::Ideograph && before == Some(Class::Ideograph);
        if !(open || closes || joins) {
            text.push(' ');
        }
        text += token;
        quoted ^= token == "\"";
        open = token.chars().all(is_opening) || (token == "\"" && quoted);
        before = Some(class(first));
    }
    text
}

fn is_closing(c: char) -> bool {
    ".,;:!?)]}…%”»’、。，！？；：）」』".contains(c)
}

fn is_opening(c: char) -> bool {
    "([{“«‘¿¡#$£€@（「『".contains(c)
}
