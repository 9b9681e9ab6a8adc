//! How marks look: colours, colour scales and outlines, the same for the same name all over a figure.

use std::collections::{HashMap, HashSet};

use ndarray::Array2;
use plotters::style::RGBColor;

use super::axis::Extent;
use super::color::{DIVERGING, HEAT, INK, Map, SERIES};
use super::marks::{Mark, Shape, Tint};
use super::panel::Panel;
use crate::Result;
use crate::check::{not_empty, parameter};

/// More names than these have no room.
const MOST_NAMES: usize = 1000;

/// What a mark needs to know beyond itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub color: RGBColor,
    /// Ends of the colour scale of a heat map.
    pub scale: (f64, f64),
    /// Its colours, unless it is pale.
    pub map: Map,
    /// A histogram as its outline, because another one lies below it.
    pub outlined: bool,
}

/// The looks of all marks of a figure, by what those have in common that look the same: the name, or the position
/// if they have none.
#[derive(Default)]
pub(super) struct Looks {
    /// Those that take a series colour, in their order.
    series: HashMap<String, usize>,
    scales: HashMap<String, Extent>,
    outlined: HashSet<String>,
}

impl Looks {
    /// Also returns what was wrong with the panels or the alternative text.
    pub(super) fn new(panels: &[&Panel], alt: &str) -> Result<Self> {
        not_empty("list of panels", panels.len())?;
        not_empty("alternative text", alt.trim().len())?;
        let mut looks = Self::default();
        for panel in panels {
            if let Some(error) = &panel.error {
                return Err(error.clone());
            }
            if let Some(content) = panel.content() {
                let (name, marks) = (content.name_of_marks(), panel.marks.len());
                parameter(name, marks, marks == 1, "1")?;
                content.check()?;
            }
            let names: usize = panel.marks.iter().map(|mark| mark.names.len()).sum();
            let (name, fine) = ("names of points in a panel", names <= MOST_NAMES);
            parameter(name, names, fine, "at most 1000")?;
            let mut histograms = 0;
            for (i, mark) in panel.marks.iter().enumerate() {
                if matches!(mark.shape, Shape::Steps { .. }) {
                    histograms += 1;
                }
                looks.add(i, mark, histograms > 1);
            }
        }
        Ok(looks)
    }

    /// Adds the i-th mark of a panel, which may have a histogram below it.
    fn add(&mut self, i: usize, mark: &Mark, histogram_below: bool) {
        let key = key(i, mark);
        match &mark.shape {
            Shape::Heat { values, .. } => self.widen(key, Extent::of(values)),
            Shape::Pictures(pictures) if pictures.signed => {
                self.widen(key, symmetric(&pictures.values));
            }
            Shape::Rule(_) | Shape::Pictures(_) => {}
            Shape::Words(words) if words.shades.is_empty() => {}
            shape => {
                if let Shape::Words(words) = shape {
                    let (low, high) = words.range;
                    self.widen(key.clone(), Extent::of(&[low, high]));
                }
                if matches!(shape, Shape::Steps { .. }) && histogram_below {
                    self.outlined.insert(key.clone());
                }
                if mark.tint == Tint::Automatic {
                    let next = self.series.len();
                    self.series.entry(key).or_insert(next);
                }
            }
        }
    }

    /// Makes a colour scale hold the values of one more heat map.
    fn widen(&mut self, key: String, found: Extent) {
        let scale = self.scales.entry(key).or_insert(Extent::NONE);
        *scale = scale.join(found);
    }

    /// How the i-th mark of a panel looks.
    pub(super) fn of(&self, i: usize, mark: &Mark) -> Look {
        let key = key(i, mark);
        let series = self.series.get(&key).unwrap_or(&0);
        let scale = self.scales.get(&key).map_or((0.0, 1.0), ends);
        let signed = matches!(mark.shape, Shape::Pictures(_)) || scale.0 < 0.0 && scale.1 > 0.0;
        let map = if signed { DIVERGING } else { HEAT };
        Look {
            color: match mark.tint {
                Tint::Ink => INK,
                Tint::Series(index) => SERIES[index],
                Tint::Automatic => SERIES[series % SERIES.len()],
            },
            scale,
            map,
            outlined: self.outlined.contains(&key),
        }
    }
}

/// Ends of the colour scale for such values: from zero if they come close to it, zero in the middle if they have both
/// signs.
fn ends(values: &Extent) -> (f64, f64) {
    if values.low < 0.0 && values.high > 0.0 {
        let most = values.high.max(-values.low);
        return (-most, most);
    }
    let near = values.low >= 0.0 && values.low < 0.2 * values.high;
    let low = if near { 0.0 } else { values.low };
    match low == values.high {
        true => (low, low + 1.0),
        false => (low, values.high),
    }
}

/// From −m to m, where m is the largest value without its sign; 1 if all are 0.
fn symmetric(values: &Array2<f64>) -> Extent {
    let Extent { low, high, .. } = Extent::of(values);
    let most = high.max(-low);
    let most = if most > 0.0 { most } else { 1.0 };
    Extent::of(&[-most, most])
}

fn key(i: usize, mark: &Mark) -> String {
    match (mark.name.as_str(), &mark.shape) {
        // No heat map has the scale of pictures, or of words.
        ("", Shape::Pictures(_)) => "\0pictures".to_owned(),
        ("", Shape::Words(_)) => "\0words".to_owned(),
        ("", _) => format!("\0{i}"),
        (name, _) => name.to_owned(),
    }
}
