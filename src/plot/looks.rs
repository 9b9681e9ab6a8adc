//! How marks look: colours, colour scales and outlines, the same for the same name all over a figure.

use std::collections::HashSet;

use plotters::style::RGBColor;

use super::axis::bounds;
use super::color::{INK, SERIES};
use super::draw::Look;
use super::legend::Entry;
use super::marks::{Mark, Shape, Tint};
use super::{Panel, format};
use crate::{Error, Result};

/// Colours and colour scales, the same for the same name all over the figure.
pub(super) struct Looks {
    names: Vec<String>,
    scales: Vec<(String, (f64, f64))>,
    /// Histograms that are drawn as outlines, because another lies below them in some panel.
    outlined: HashSet<String>,
}

impl Looks {
    /// Also returns what was wrong with the panels or the alternative text.
    pub(super) fn new(panels: &[&Panel], alt: &str) -> Result<Self> {
        if panels.is_empty() {
            return Err(Error::Empty {
                what: "list of panels",
            });
        }
        if alt.trim().is_empty() {
            return Err(Error::Empty {
                what: "alternative text",
            });
        }
        let mut looks = Self {
            names: Vec::new(),
            scales: Vec::new(),
            outlined: HashSet::new(),
        };
        let mut named = HashSet::new();
        for panel in panels {
            if let Some(error) = &panel.error {
                return Err(error.clone());
            }
            let mut histograms = 0;
            for (i, mark) in panel.marks.iter().enumerate() {
                let key = key(i, mark);
                if matches!(mark.shape, Shape::Steps { .. }) {
                    if histograms > 0 {
                        looks.outlined.insert(key.clone());
                    }
                    histograms += 1;
                }
                if let Shape::Heat { values, .. } = &mark.shape {
                    let found = bounds(values.iter().copied());
                    match looks.scales.iter_mut().find(|scale| scale.0 == key) {
                        Some((_, scale)) => *scale = (scale.0.min(found.0), scale.1.max(found.1)),
                        None => looks.scales.push((key, found)),
                    }
                } else if mark.is_series()
                    && mark.tint == Tint::Automatic
                    && named.insert(key.clone())
                {
                    looks.names.push(key);
                }
            }
        }
        for (_, scale) in &mut looks.scales {
            if scale.0 >= 0.0 && scale.0 < 0.2 * scale.1 {
                scale.0 = 0.0;
            }
            if scale.0 == scale.1 {
                scale.1 = scale.0 + 1.0;
            }
        }
        Ok(looks)
    }

    fn color(&self, i: usize, mark: &Mark) -> RGBColor {
        match mark.tint {
            Tint::Ink => INK,
            Tint::Series(index) => SERIES[index],
            Tint::Automatic => {
                let key = key(i, mark);
                let index = self.names.iter().position(|name| *name == key).unwrap_or(0);
                SERIES[index % SERIES.len()]
            }
        }
    }

    fn scale(&self, i: usize, mark: &Mark) -> (f64, f64) {
        let key = key(i, mark);
        self.scales
            .iter()
            .find(|scale| scale.0 == key)
            .map_or((0.0, 1.0), |scale| scale.1)
    }

    pub(super) fn legend(&self, panels: &[&Panel]) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut listed = HashSet::new();
        for (i, mark) in panels
            .iter()
            .flat_map(|panel| panel.marks.iter().enumerate())
        {
            let heat = matches!(mark.shape, Shape::Heat { .. });
            if mark.name.is_empty() || !(mark.is_series() || heat) || !listed.insert(&mark.name) {
                continue;
            }
            let scale = self.scale(i, mark);
            let ends = [scale.0, scale.1].map(|end| format::shortest(end, 2));
            let [low, high] = ends;
            let outlined = self.outlined.contains(&key(i, mark));
            entries.push(Entry::new(mark, self.color(i, mark), (low, high), outlined));
        }
        entries
    }

    /// How the i-th mark of a panel looks.
    pub(super) fn look(&self, i: usize, panel: &Panel) -> Look {
        let is_bars = |mark: &&Mark| matches!(mark.shape, Shape::Bars(_));
        let bars = panel.marks.iter().filter(is_bars).count();
        let mark = &panel.marks[i];
        Look {
            color: self.color(i, mark),
            scale: self.scale(i, mark),
            bar: (panel.marks[..i].iter().filter(is_bars).count(), bars.max(1)),
            outlined: self.outlined.contains(&key(i, mark)),
        }
    }
}

/// What marks that look the same have in common: the name, or the position if they have none.
fn key(i: usize, mark: &Mark) -> String {
    if mark.name.is_empty() {
        format!("\0{i}")
    } else {
        mark.name.clone()
    }
}
