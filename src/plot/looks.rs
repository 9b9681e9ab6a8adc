//! How marks look: colours, colour scales and outlines, the same for the same name all over a figure.

use std::collections::HashSet;

use ndarray::Array2;
use plotters::style::RGBColor;

use super::axis::Extent;
use super::color::{INK, SERIES};
use super::marks::{Mark, Shape, Tint};
use super::panel::Panel;
use crate::Result;
use crate::check::{not_empty, parameter};

/// What a mark needs to know beyond itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub color: RGBColor,
    /// Ends of the colour scale of a heat map.
    pub scale: (f64, f64),
    /// A histogram as its outline, because another one lies below it.
    pub outlined: bool,
}

/// The looks of all marks of a figure, by what those have in common that look the same: the name, or the position
/// if they have none.
pub(super) struct Looks {
    series: Vec<String>,
    scales: Vec<(String, (f64, f64))>,
    outlined: HashSet<String>,
}

impl Looks {
    /// Also returns what was wrong with the panels or the alternative text.
    pub(super) fn new(panels: &[&Panel], alt: &str) -> Result<Self> {
        not_empty("list of panels", panels.len())?;
        not_empty("alternative text", alt.trim().len())?;
        let mut looks = Self {
            series: Vec::new(),
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
                match &mark.shape {
                    Shape::Heat { values, .. } => looks.widen(key, Extent::of(values)),
                    Shape::Pictures(pictures) => {
                        let alone = panel.marks.len() == 1;
                        parameter(
                            "marks of a panel of pictures",
                            panel.marks.len(),
                            alone,
                            "1",
                        )?;
                        pictures.check()?;
                        if pictures.signed {
                            looks.widen(key, symmetric(&pictures.values));
                        }
                    }
                    _ if mark.is_rule() || mark.tint != Tint::Automatic => {}
                    _ if named.insert(key.clone()) => looks.series.push(key),
                    _ => {}
                }
            }
        }
        for (_, (low, high)) in &mut looks.scales {
            if *low >= 0.0 && *low < 0.2 * *high {
                *low = 0.0;
            }
            if low == high {
                *high = *low + 1.0;
            }
        }
        Ok(looks)
    }

    /// Makes a colour scale hold the values of one more heat map.
    fn widen(&mut self, key: String, found: Extent) {
        match self.scales.iter_mut().find(|scale| scale.0 == key) {
            Some((_, (low, high))) => (*low, *high) = (low.min(found.low), high.max(found.high)),
            None => self.scales.push((key, (found.low, found.high))),
        }
    }

    /// How the i-th mark of a panel looks.
    pub(super) fn of(&self, i: usize, mark: &Mark) -> Look {
        let key = key(i, mark);
        let scale = self.scales.iter().find(|scale| scale.0 == key);
        let series = || self.series.iter().position(|name| *name == key);
        Look {
            color: match mark.tint {
                Tint::Ink => INK,
                Tint::Series(index) => SERIES[index],
                Tint::Automatic => SERIES[series().unwrap_or(0) % SERIES.len()],
            },
            scale: scale.map_or((0.0, 1.0), |scale| scale.1),
            outlined: self.outlined.contains(&key),
        }
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
    match mark.name.as_str() {
        "" => format!("\0{i}"),
        name => name.to_owned(),
    }
}
