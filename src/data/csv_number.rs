//! One number of a file, and what is wrong with what is none.

/// Decimal digits that f64 always holds.
pub(super) const DIGITS: usize = 15;

/// What programs write where a value is missing, as pandas reads it; "Na" is sodium.
const MISSING: [&str; 18] = [
    "NA", "N/A", "n/a", "NaN", "nan", "-nan", "-NaN", "NAN", "NULL", "null", "Null", "None",
    "<NA>", "#N/A", "#NA", "?", "-", ".",
];

/// Whether this stands for a missing value.
pub(super) fn is_missing(text: &str) -> bool {
    MISSING.contains(&text)
}

/// The number that a text is, or what is wrong with it, to follow the number of the column.
pub(super) fn number(text: &str) -> Result<f64, String> {
    let has_digits = || text.contains(|c: char| c.is_ascii_digit());
    let reason = match text.parse::<f64>() {
        Ok(value) if value == 0.0 && mantissa(text).contains(|c: char| matches!(c, '1'..='9')) => {
            format!("{} is too small for f64", short(text))
        }
        Ok(value) if value.is_finite() => return Ok(value),
        Ok(_) if has_digits() => format!("{} is too large for f64", short(text)),
        Ok(_) => format!("{:?} is not a finite number", short(text)),
        Err(_) if text.is_empty() => return Err(" is empty".to_owned()),
        Err(_) => {
            let hint = hint(text).map_or(String::new(), |hint| format!(": {hint}"));
            format!("{:?} is not a number{hint}", short(text))
        }
    };
    Err(format!(": {reason}"))
}

/// Whole lines may end up in a value: a message shows the first of it.
fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(40).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// What the writer may have meant, and how it is written.
fn hint(text: &str) -> Option<String> {
    if is_missing(text) || text.starts_with('#') {
        return Some("a missing value? leave its row out, or put a number there".to_owned());
    }
    if let Some(plain) = without_thousands(text) {
        let other = text.replace(',', ".");
        return Some(match other.parse::<f64>() {
            // 9,162 is either.
            Ok(_) if text.contains(',') => format!(
                "decimals take a point ({other}), and no separator stands between thousands ({plain})"
            ),
            _ => {
                format!("no separator stands between thousands, and decimals take a point: {plain}")
            }
        });
    }
    if decimal_comma(text) {
        return Some("decimals take a point".to_owned());
    }
    let is_number = |text: &str| text.parse::<f64>().is_ok();
    let unit = ['%', '$', '€', '£', '¥', '°'];
    if is_number(text.trim_matches(|c: char| unit.contains(&c) || c.is_whitespace())) {
        return Some("leave the unit out".to_owned());
    }
    if is_number(&text.replace(['\u{2212}', '\u{2010}', '\u{2011}', '\u{2013}'], "-")) {
        return Some("its minus sign is not the one of the keyboard".to_owned());
    }
    if is_number(&text.replace(['d', 'D'], "e")) {
        return Some("an exponent takes an E".to_owned());
    }
    if ["TRUE", "FALSE", "YES", "NO"].contains(&text.to_ascii_uppercase().as_str()) {
        return Some("write 1 and 0".to_owned());
    }
    let is_date = |c: char| text.matches(c).count() >= 1 && !text.starts_with(c);
    let of_dates = |c: char| c.is_ascii_digit() || "-/.: TZ+".contains(c);
    if ['-', '/', ':'].into_iter().any(is_date) && text.chars().all(of_dates) {
        return Some("a date or a time? as a number, such as days since the first".to_owned());
    }
    None
}

/// Whether this is a number but for a decimal comma.
pub(super) fn decimal_comma(text: &str) -> bool {
    text.matches(',').count() == 1 && text.replace(',', ".").parse::<f64>().is_ok()
}

/// 1234.5 of "1,234.5", "1.234,5", "1 234,5" and "1'234.5".
fn without_thousands(text: &str) -> Option<String> {
    let sign = if text.starts_with('-') { "-" } else { "" };
    let unsigned = text.trim_start_matches(['-', '+']);
    let between = unsigned.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(
        between,
        ',' | '.' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}'
    ) {
        return None;
    }
    let point = unsigned
        .chars()
        .find(|c| matches!(c, '.' | ',') && *c != between);
    let (whole, decimals) = match point {
        Some(point) => unsigned.split_once(point)?,
        None => (unsigned, ""),
    };
    let mut groups = whole.split(between);
    let first = groups.next()?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let fits = (1..=3).contains(&first.len())
        && digits(first)
        && groups.all(|group| group.len() == 3 && digits(group))
        && digits(decimals);
    let dot = if decimals.is_empty() { "" } else { "." };
    fits.then(|| format!("{sign}{}{dot}{decimals}", whole.replace(between, "")))
}

/// What stands before the exponent.
fn mantissa(text: &str) -> &str {
    text.split(['e', 'E']).next().unwrap_or(text)
}

/// The significant digits of a number.
fn significant(text: &str) -> String {
    let digits: String = mantissa(text)
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    digits.trim_matches('0').to_owned()
}

/// Whether `text`, which is read as `value`, has digits that f64 does not hold.
pub(super) fn loses_digits(text: &str, value: f64) -> bool {
    if text.len() <= DIGITS {
        return false;
    }
    let digits = significant(text);
    // What f64 holds is what its shortest form has.
    digits.len() > DIGITS && digits != significant(&format!("{value:e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told() {
        for (text, plain) in [
            ("9,162.46", "9162.46"),
            ("1.234.567,8", "1234567.8"),
            ("-1 000", "-1000"),
            ("12'345", "12345"),
            ("1\u{202f}000,5", "1000.5"),
        ] {
            assert_eq!(without_thousands(text).as_deref(), Some(plain), "{text}");
        }
        for text in ["1,2", "1234,567", "1,23,456", "a,bcd", "1,234,56", "", "-"] {
            assert_eq!(without_thousands(text), None, "{text}");
        }
    }

    #[test]
    fn lost_digits_are_told() {
        for (text, lost) in [
            ("1700000000000000001", true),
            ("1700000000000000000", false),
            ("0.1000000000000000055511151231257827", true),
            ("0.30000000000000004", false),
            ("-2.9170000000000000000", false),
            ("17000000000000001", true),
        ] {
            assert_eq!(loses_digits(text, text.parse().unwrap()), lost, "{text}");
        }
        assert!(number("1e-400").unwrap_err().contains("too small"));
        assert_eq!(number("-0e-400"), Ok(0.0));
        assert!(number("1e309").unwrap_err().contains("too large"));
    }
}
