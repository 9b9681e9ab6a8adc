//! Labels of rows and columns that stand in place of axes.

use super::form::Form;
use super::text::{clean, verbatim, width};
use crate::Result;
use crate::check::same_shape;

/// From the label of a row to what it names.
pub(super) const LABEL_GAP: f64 = 8.0;

/// None, or one for each row and column.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Labels {
    pub rows: Vec<String>,
    pub columns: Vec<String>,
}

impl Labels {
    /// Whether there are as many as rows and columns.
    pub(super) fn check(&self, what: [&'static str; 2], counts: [usize; 2]) -> Result<()> {
        for ((what, count), found) in what.into_iter().zip(counts).zip(self.counts()) {
            if found > 0 {
                same_shape(what, &[count], &[found])?;
            }
        }
        Ok(())
    }

    pub(super) fn counts(&self) -> [usize; 2] {
        [self.rows.len(), self.columns.len()]
    }

    /// Room on the left.
    pub(super) fn gutter(&self, form: Form) -> f64 {
        if form.narrow || self.rows.is_empty() {
            return 0.0;
        }
        let widths = self.rows.iter().map(|label| width(label, form.tick));
        widths.fold(0.0, f64::max).min(0.3 * form.page_width(1)) + LABEL_GAP + 1.0
    }
}

/// More texts than these are not drawn.
const MOST_TEXTS: usize = 1_000_000;

/// Texts of which no `_` makes a subscript.
pub(super) fn verbatims(texts: impl IntoIterator<Item: AsRef<str>>) -> Vec<String> {
    let texts = texts.into_iter().take(MOST_TEXTS + 1);
    texts
        .map(|text| verbatim(clean(text.as_ref()).trim()))
        .collect()
}

pub(super) fn cleaned(texts: impl IntoIterator<Item: AsRef<str>>) -> Vec<String> {
    let texts = texts.into_iter().take(MOST_TEXTS + 1);
    texts.map(|text| clean(text.as_ref())).collect()
}
