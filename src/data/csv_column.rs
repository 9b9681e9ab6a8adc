//! What is noted of a column while it is read.

use super::csv_number::loses_digits;

/// A column so far.
pub(super) struct Column {
    /// Line of the first value that is missing, and how many are.
    pub gaps: Option<(usize, usize)>,
    pub low: f64,
    pub high: f64,
    /// Whether all values are written as whole numbers, by digits alone.
    pub whole: bool,
    /// Line of the first value such as 05.
    pub padded: Option<usize>,
    /// Line of the first −0.
    pub minus_zero: Option<usize>,
    /// The number of characters that all values have.
    pub width: Option<usize>,
    /// Line and text of the first value with digits that f64 does not hold.
    lost: Option<(usize, String)>,
    started: bool,
}

impl Default for Column {
    fn default() -> Self {
        Self {
            gaps: None,
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
            whole: true,
            padded: None,
            minus_zero: None,
            width: None,
            lost: None,
            started: false,
        }
    }
}

impl Column {
    /// A missing value.
    pub fn empty(&mut self, line: usize) {
        self.gaps.get_or_insert((line, 0)).1 += 1;
    }

    /// A number as it is written and as it is read.
    pub fn take(&mut self, text: &str, value: f64, line: usize) {
        (self.low, self.high) = (self.low.min(value), self.high.max(value));
        let digits = text.strip_prefix('-').unwrap_or(text);
        self.whole &= digits.bytes().all(|b| b.is_ascii_digit());
        if digits.len() > 1 && digits.starts_with('0') {
            self.padded.get_or_insert(line);
        }
        if text == "-0" {
            self.minus_zero.get_or_insert(line);
        }
        if self.started && self.width != Some(text.len()) {
            self.width = None;
        } else {
            self.width = Some(text.len());
        }
        self.started = true;
        if self.lost.is_none() && loses_digits(text, value) {
            self.lost = Some((line, text.chars().take(40).collect()));
        }
    }

    /// Whether all values are whole and not below 0.
    pub fn counts(&self) -> bool {
        self.whole && self.gaps.is_none() && self.low >= 0.0
    }

    /// Line and text of a value that f64 rounds, if the values are so close together that this matters: within
    /// some sixty steps of f64.
    pub fn merged(&self) -> Option<(usize, &str)> {
        let largest = self.low.abs().max(self.high.abs());
        let close = self.high - self.low <= 64.0 * f64::EPSILON * largest;
        let (line, text) = self.lost.as_ref().filter(|_| close)?;
        Some((*line, text))
    }
}
