//! The coordinate that plotters maps by: a linear range with the ticks that the layout chose.

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use std::ops::Range;

/// A linear axis in axis units. (plotters' own `WithKeyPoints` cannot be labelled for floats, and its
/// linear range rounds down instead of to the nearest pixel.)
pub(super) struct Ticked {
    range: Range<f64>,
    ticks: Vec<f64>,
}

impl Ticked {
    pub(super) fn new(range: Range<f64>, ticks: &[(f64, String)]) -> Self {
        Self {
            range,
            ticks: ticks.iter().map(|tick| tick.0).collect(),
        }
    }
}

impl Ranged for Ticked {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        let (start, end) = (f64::from(limit.0), f64::from(limit.1));
        // The cast saturates, so values far outside are safe.
        (start + share * (end - start)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            Vec::new()
        } else {
            self.ticks.clone()
        }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}
