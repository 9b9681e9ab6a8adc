//! One number of a file, and what is wrong with what is none; the numbers of a column.

/// Decimal digits that f64 always holds.
const DIGITS: usize = 15;

/// What programs write where a value is missing, as pandas reads it; "Na" is sodium.
const MISSING: [&str; 18] = [
    "NA", "N/A", "n/a", "NaN", "nan", "-nan", "-NaN", "NAN", "NULL", "null", "Null", "None",
    "<NA>", "#N/A", "#NA", "?", "-", ".",
];

/// Whether this stands for a missing value.
pub(super) fn is_missing(text: &str) -> bool {
    MISSING.contains(&text)
}

/// Whether this is a number but for a decimal comma.
pub(super) fn decimal_comma(text: &str) -> bool {
    text.matches(',').count() == 1 && is_number(&text.replace(',', "."))
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}

/// The number that a text is, or what is wrong with it, to follow the number of the column.
pub(super) fn number(text: &str) -> Result<f64, String> {
    // Whole lines may end up in a value: a message shows the first of it.
    let mut shown: String = text.chars().take(40).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    Err(match text.parse::<f64>() {
        Ok(0.0) if mantissa(text).contains(|c: char| matches!(c, '1'..='9')) => {
            format!(": {shown} is too small for f64")
        }
        Ok(value) if value.is_finite() => return Ok(value),
        Ok(_) if text.contains(|c: char| c.is_ascii_digit()) => {
            format!(": {shown} is too large for f64")
        }
        Ok(_) => format!(": {shown:?} is not a finite number"),
        Err(_) if text.is_empty() => " is empty".to_owned(),
        Err(_) => match hint(text) {
            Some(hint) => format!(": {shown:?} is not a number: {hint}"),
            None => format!(": {shown:?} is not a number"),
        },
    })
}

/// What the writer may have meant, and how it is written.
fn hint(text: &str) -> Option<String> {
    let unit = |c: char| "%$€£¥°".contains(c) || c.is_whitespace();
    let minus = ['\u{2212}', '\u{2010}', '\u{2011}', '\u{2013}'];
    let is_date = |c: char| text.contains(c) && !text.starts_with(c);
    let of_dates = |c: char| c.is_ascii_digit() || "-/.: TZ+".contains(c);
    let hint = if is_missing(text) || text.starts_with('#') {
        "a missing value? leave its row out, or put a number there"
    } else if let Some(plain) = without_thousands(text) {
        let other = text.replace(',', ".");
        return Some(match text.contains(',') && is_number(&other) {
            // 9,162 is either.
            true => format!(
                "decimals take a point ({other}), and no separator stands between thousands ({plain})"
            ),
            false => {
                format!("no separator stands between thousands, and decimals take a point: {plain}")
            }
        });
    } else if decimal_comma(text) {
        "decimals take a point"
    } else if is_number(text.trim_matches(unit)) {
        "leave the unit out"
    } else if is_number(&text.replace(minus, "-")) {
        "its minus sign is not the one of the keyboard"
    } else if is_number(&text.replace(['d', 'D'], "e")) {
        "an exponent takes an E"
    } else if ["TRUE", "FALSE", "YES", "NO"].contains(&text.to_ascii_uppercase().as_str()) {
        "write 1 and 0"
    } else if ['-', '/', ':'].into_iter().any(is_date) && text.chars().all(of_dates) {
        "a date or a time? as a number, such as days since the first"
    } else {
        return None;
    };
    Some(hint.to_owned())
}

/// 1234.5 of "1,234.5", "1.234,5", "1 234,5" and "1'234.5".
fn without_thousands(text: &str) -> Option<String> {
    let unsigned = text.trim_start_matches(['-', '+']);
    let between = unsigned.chars().find(|c| !c.is_ascii_digit());
    let between = between.filter(|c| ",.'’ \u{a0}\u{202f}\u{2009}".contains(*c))?;
    let point = |c: char| matches!(c, '.' | ',') && c != between;
    let (whole, decimals) = unsigned.split_once(point).unwrap_or((unsigned, ""));
    let groups: Vec<&str> = whole.split(between).collect();
    let digits = |text: &&str| text.bytes().all(|b| b.is_ascii_digit());
    let fits = (1..=3).contains(&groups[0].len())
        && groups[1..].iter().all(|group| group.len() == 3)
        && groups.iter().chain([&decimals]).all(digits);
    let sign = if text.starts_with('-') { "-" } else { "" };
    let dot = if decimals.is_empty() { "" } else { "." };
    fits.then(|| format!("{sign}{}{dot}{decimals}", groups.concat()))
}

/// What stands before the exponent.
fn mantissa(text: &str) -> &str {
    text.split(['e', 'E']).next().unwrap_or(text)
}

/// Whether `text`, which is read as `value`, has digits that f64 does not hold.
fn loses_digits(text: &str, value: f64) -> bool {
    let significant = |text: &str| {
        let digits = mantissa(text).chars().filter(char::is_ascii_digit);
        digits.collect::<String>().trim_matches('0').to_owned()
    };
    // What f64 holds is what its shortest form has.
    let kept = || significant(&format!("{value:e}"));
    text.len() > DIGITS && significant(text).len() > DIGITS && significant(text) != kept()
}

/// What is noted of a column while it is read.
#[derive(Default)]
pub(super) struct Column {
    /// Line of the first value that is missing, and how many are.
    pub gaps: Option<(usize, usize)>,
    /// Smallest and largest value.
    pub range: Option<(f64, f64)>,
    /// Whether a value is written by more than digits and a minus sign.
    pub decimal: bool,
    /// Line of the first value such as 05.
    pub padded: Option<usize>,
    /// Line of the first −0.
    pub minus_zero: Option<usize>,
    /// Smallest and largest number of bytes of a value.
    pub widths: Option<(usize, usize)>,
    /// Line and text of the first value with digits that f64 does not hold.
    lost: Option<(usize, String)>,
}

impl Column {
    /// A missing value.
    pub fn empty(&mut self, line: usize) {
        self.gaps.get_or_insert((line, 0)).1 += 1;
    }

    /// A number as it is written and as it is read.
    pub fn take(&mut self, text: &str, value: f64, line: usize) {
        let (low, high) = self.range.unwrap_or((value, value));
        self.range = Some((low.min(value), high.max(value)));
        let (short, long) = self.widths.unwrap_or((text.len(), text.len()));
        self.widths = Some((short.min(text.len()), long.max(text.len())));
        let digits = text.strip_prefix('-').unwrap_or(text);
        self.decimal |= !digits.bytes().all(|b| b.is_ascii_digit());
        if digits.len() > 1 && digits.starts_with('0') {
            self.padded.get_or_insert(line);
        }
        if text == "-0" {
            self.minus_zero.get_or_insert(line);
        }
        if self.lost.is_none() && loses_digits(text, value) {
            self.lost = Some((line, text.chars().take(40).collect()));
        }
    }

    /// Line and text of a value that f64 rounds, if the values are so close together that this matters: within
    /// some sixty steps of f64.
    pub fn merged(&self) -> Option<(usize, &str)> {
        let ((line, text), (low, high)) = (self.lost.as_ref()?, self.range?);
        let close = high - low <= 64.0 * f64::EPSILON * low.abs().max(high.abs());
        close.then_some((*line, text))
    }
}
