//! Changes to the mark that was added last.

use super::Panel;
use super::color::SERIES;
use super::marks::{Dash, Mark, Tint};
use crate::Error;

impl Panel {
    /// Colours the last mark with series colour `index`: 0 blue, 1 red, 2 teal, 3 purple, 4 grey, 5 ochre.
    pub fn color(self, index: usize) -> Self {
        if index >= SERIES.len() {
            return self.fail(Error::Parameter {
                name: "color",
                value: index as f64,
                valid: "an index from 0 to 5",
            });
        }
        self.change(|mark| mark.tint = Tint::Series(index))
    }

    /// Colours the last mark like the text.
    pub fn ink(self) -> Self {
        self.change(|mark| mark.tint = Tint::Ink)
    }

    /// Line width or point diameter of the last mark, in pixels at full width.
    pub fn width(self, pixels: f64) -> Self {
        if !(0.25..=100.0).contains(&pixels) {
            return self.fail(Error::Parameter {
                name: "width",
                value: pixels,
                valid: "between 0.25 and 100 pixels",
            });
        }
        self.change(|mark| mark.width = pixels)
    }

    /// Opacity of the last mark: above 0 (invisible) up to 1 (opaque).
    pub fn opacity(self, opacity: f64) -> Self {
        if !(opacity > 0.0 && opacity <= 1.0) {
            return self.fail(Error::Parameter {
                name: "opacity",
                value: opacity,
                valid: "in (0, 1]",
            });
        }
        self.change(|mark| mark.opacity = opacity)
    }

    /// Draws the last mark's lines dashed.
    pub fn dashed(self) -> Self {
        self.change(|mark| mark.dash = Dash::Dashed)
    }

    /// Draws the last mark's lines dotted.
    pub fn dotted(self) -> Self {
        self.change(|mark| mark.dash = Dash::Dotted)
    }

    fn change(mut self, change: impl FnOnce(&mut Mark)) -> Self {
        match self.marks.last_mut() {
            Some(mark) => change(mark),
            None => {
                return self.fail(Error::Empty {
                    what: "list of marks before a style",
                });
            }
        }
        self
    }
}
