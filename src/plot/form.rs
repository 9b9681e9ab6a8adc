//! The two forms of a page: wide for a desk, narrow for a phone, where panels stand below each other.

/// Sizes of type and margins, in units of the viewBox (pixels at full width).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Form {
    /// Tick labels.
    pub tick: f64,
    /// Axis labels, legends and annotations.
    pub label: f64,
    pub panel_title: f64,
    /// The figure's title.
    pub title: f64,
    /// Space around everything.
    pub margin: f64,
    pub narrow: bool,
}

/// Width of the narrow page: about that of a phone, so that its units are about pixels.
const PHONE: f64 = 340.0;

impl Form {
    /// As wide as a column of text on a desk.
    pub(super) const WIDE: Self = Self {
        tick: 14.0,
        label: 14.5,
        panel_title: 15.0,
        title: 16.5,
        margin: 10.0,
        narrow: false,
    };

    /// On the smallest common phone a unit is at least 0.92 pixels: no type, and no subscript, is below 9.5 there.
    pub(super) const NARROW: Self = Self {
        tick: 13.8,
        label: 13.8,
        panel_title: 14.4,
        title: 15.5,
        margin: 4.0,
        narrow: true,
    };

    /// How many of the wanted columns there are.
    pub(super) fn columns(&self, wanted: usize) -> usize {
        if self.narrow { 1 } else { wanted }
    }

    /// Width of a page with so many columns. One panel needs less: then the same type is larger.
    pub(super) fn page_width(&self, columns: usize) -> f64 {
        match (self.narrow, columns) {
            (true, _) => PHONE,
            (false, 1) => 600.0,
            (false, _) => 720.0,
        }
    }

    /// Height of a plot area that was asked for (`wanted`) on a wide page with `columns` columns.
    pub(super) fn height(&self, wanted: Option<f64>, columns: usize) -> f64 {
        let nominal = [310.0, 240.0, 165.0][columns - 1];
        let height = wanted.unwrap_or(nominal);
        match self.narrow {
            false => height,
            true => [210.0, 190.0, 165.0][columns - 1] * (height / nominal).max(0.4),
        }
    }

    /// Greatest height of a plot area at equal aspect.
    pub(super) fn max_height(&self, wanted: Option<f64>, columns: usize) -> f64 {
        match self.narrow {
            false => wanted.unwrap_or([440.0, 300.0, 230.0][columns - 1]),
            true => [PHONE, 290.0, 250.0][columns - 1],
        }
    }
}
