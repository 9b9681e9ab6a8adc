//! Written layers, whose geometry can be shown a second time without being written a second time.

use std::fmt::Write;

use super::svg::{Layer, SCALE, geometry, short, texts};

/// A layer as SVG elements. Geometry is in drawing pixels, text in units of the viewBox.
#[derive(Debug, Clone, Default)]
pub(super) struct Piece {
    pub geometry: String,
    pub text: String,
}

/// Stands for the document's own name in the names of its parts, until that is known.
pub(super) const OWN: char = '\u{2}';

impl Piece {
    pub(super) fn new(layer: &Layer) -> Self {
        Self {
            geometry: geometry(layer),
            text: texts(layer),
        }
    }

    /// The piece under a number, by which [`shared`](Self::shared) refers to it.
    pub(super) fn numbered(self, number: usize) -> Self {
        Self {
            geometry: format!("<g id=\"{OWN}m{number}\">\n{}</g>\n", self.geometry),
            text: self.text,
        }
    }

    /// The geometry of a numbered piece once more: stretched, then moved by so many units.
    pub(super) fn shared(number: usize, (sx, sy): (f64, f64), (x, y): (f64, f64)) -> Self {
        let thousandths = |v: f64| (v * 1000.0).round() / 1000.0;
        let (sx, sy) = (thousandths(sx), thousandths(sy));
        let (x, y) = (short(x * SCALE), short(y * SCALE));
        Self {
            geometry: format!(
                "<use href=\"#{OWN}m{number}\" transform=\"matrix({sx},0,0,{sy},{x},{y})\"/>\n"
            ),
            text: String::new(),
        }
    }
}

/// Pieces as SVG elements: geometry first, text above it.
pub(super) fn write(pieces: &[Piece]) -> String {
    let geometry: String = pieces.iter().map(|piece| piece.geometry.as_str()).collect();
    let mut out = String::new();
    if !geometry.is_empty() {
        let scale = 1.0 / SCALE;
        let _ = write!(
            out,
            "<g transform=\"scale({scale})\" fill=\"none\" stroke-linejoin=\"round\">\n{geometry}</g>\n"
        );
    }
    pieces.iter().for_each(|piece| out.push_str(&piece.text));
    out
}
