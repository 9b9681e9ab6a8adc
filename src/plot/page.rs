//! From panels to a figure: colours and scales for all of them, then layout and drawing.

use plotters::element::Text;
use plotters::style::RGBColor;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Axis, bounds};
use super::color::{INK, SERIES};
use super::document::{Document, document};
use super::draw::{self, Look, canvas, px, text_style};
use super::layout::{self, Layout, Place};
use super::legend::Entry;
use super::marks::{Mark, Shape, Tint};
use super::svg::{self, Layer};
use super::text::{PANEL_TITLE, TITLE, clean};
use super::{Figure, Panel, format, frames};
use crate::{Error, Result};

/// A grid of panels.
pub(super) fn build(title: &str, columns: usize, panels: &[Panel], alt: &str) -> Result<Figure> {
    let panels: Vec<&Panel> = panels.iter().collect();
    let looks = Looks::new(&panels, alt)?;
    let axes = panels
        .iter()
        .map(|panel| layout::axes(&[panel]))
        .collect::<Result<_>>()?;
    let layout = layout::grid(title, columns, &panels, axes, looks.legend(&panels))?;
    let mut layers = heading(&layout)?;
    for (place, panel) in layout.places.iter().zip(&panels) {
        layers.push(panel_title(place, &place.title, false)?);
        layers.extend(looks.panel(place, panel, |_| true)?);
    }
    let title = match title {
        "" => panels
            .iter()
            .map(|panel| panel.title.as_str())
            .find(|t| !t.is_empty())
            .unwrap_or("Figure"),
        title => title,
    };
    Ok(document(Document {
        page: layout.page,
        title,
        alt,
        body: svg::write(&layers),
        frames: 0,
    }))
}

/// Panels over time on the axes of the first.
pub(super) fn build_frames(title: &str, frames: &[(String, Panel)], alt: &str) -> Result<Figure> {
    let panels: Vec<&Panel> = frames.iter().map(|frame| &frame.1).collect();
    let looks = Looks::new(&panels, alt)?;
    // The label of a frame stands where a panel has its title: keep the room for it.
    let stage = Panel {
        title: frames[0].0.clone(),
        ..panels[0].clone()
    };
    let axes: Vec<(Axis, Axis)> = vec![layout::axes(&panels)?];
    let layout = layout::grid(title, 1, &[&stage], axes, looks.legend(&panels))?;
    let place = &layout.places[0];

    // What every frame repeats is drawn once.
    let still = |i: usize| {
        let mark = panels[0].marks.get(i);
        panels.len() > 1 && panels.iter().all(|panel| panel.marks.get(i) == mark)
    };
    let mut layers = heading(&layout)?;
    layers.extend(looks.panel(place, panels[0], still)?);
    let mut body = svg::write(&layers);
    let mut groups = Vec::new();
    for (label, panel) in frames {
        let mut layers = vec![panel_title(place, std::slice::from_ref(label), true)?];
        layers.extend(looks.marks(place, panel, |i| !still(i))?);
        groups.push((label.as_str(), svg::write(&layers)));
    }
    body.push_str(&frames::groups(&groups));
    Ok(document(Document {
        page: layout.page,
        title: if title.is_empty() { "Figure" } else { title },
        alt,
        body,
        frames: frames.len(),
    }))
}

/// The figure's title and legend.
fn heading(layout: &Layout) -> Result<Vec<Layer>> {
    let mut layers = vec![lines(
        layout.page,
        &layout.title,
        layout.title_at,
        TITLE,
        true,
    )?];
    layers.extend(layout.legend.draw(layout.page)?);
    Ok(layers)
}

fn panel_title(place: &Place, title: &[String], bold: bool) -> Result<Layer> {
    let top = place.y - 5.0 - 1.4 * PANEL_TITLE * title.len() as f64;
    lines(place.page, title, (place.x, top), PANEL_TITLE, bold)
}

fn lines(
    page: (f64, f64),
    text: &[String],
    (x, y): (f64, f64),
    size: f64,
    bold: bool,
) -> Result<Layer> {
    let items = canvas(page, |root| {
        text.iter().enumerate().try_for_each(|(i, line)| {
            let at = (px(x), px(y + 1.4 * size * (i as f64 + 0.5)));
            root.draw(&Text::new(
                clean(line),
                at,
                text_style(size, bold, HPos::Left, VPos::Center),
            ))
        })
    })?;
    Ok(Layer::plain(items))
}

/// Colours and colour scales, the same for the same name all over the figure.
struct Looks {
    names: Vec<String>,
    scales: Vec<(String, (f64, f64))>,
}

impl Looks {
    /// Also returns what was wrong with the panels or the alternative text.
    fn new(panels: &[&Panel], alt: &str) -> Result<Self> {
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
        };
        for panel in panels {
            if let Some(error) = &panel.error {
                return Err(error.clone());
            }
            for (i, mark) in panel.marks.iter().enumerate() {
                let key = key(i, mark);
                if let Shape::Heat { values, .. } = &mark.shape {
                    let found = bounds(values.iter().copied());
                    match looks.scales.iter_mut().find(|scale| scale.0 == key) {
                        Some((_, scale)) => *scale = (scale.0.min(found.0), scale.1.max(found.1)),
                        None => looks.scales.push((key, found)),
                    }
                } else if mark.is_series()
                    && mark.tint == Tint::Automatic
                    && !looks.names.contains(&key)
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

    fn legend(&self, panels: &[&Panel]) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for (i, mark) in panels
            .iter()
            .flat_map(|panel| panel.marks.iter().enumerate())
        {
            let heat = matches!(mark.shape, Shape::Heat { .. });
            let listed = entries.iter().any(|entry| entry.name() == mark.name);
            if mark.name.is_empty() || listed || !(mark.is_series() || heat) {
                continue;
            }
            let scale = self.scale(i, mark);
            let ends = [scale.0, scale.1].map(|end| format::shortest(end, 2));
            let [low, high] = ends;
            entries.push(Entry::new(mark, self.color(i, mark), (low, high)));
        }
        entries
    }

    /// Axes with the marks that `chosen` picks by position.
    fn panel(
        &self,
        place: &Place,
        panel: &Panel,
        chosen: impl Fn(usize) -> bool,
    ) -> Result<Vec<Layer>> {
        let mut layers = vec![draw::axes(place)?];
        layers.extend(self.marks(place, panel, chosen)?);
        Ok(layers)
    }

    fn marks(
        &self,
        place: &Place,
        panel: &Panel,
        chosen: impl Fn(usize) -> bool,
    ) -> Result<Vec<Layer>> {
        let is_bars = |mark: &&Mark| matches!(mark.shape, Shape::Bars(_));
        let bars = panel.marks.iter().filter(is_bars).count();
        let look = |i: usize, mark: &Mark| Look {
            color: self.color(i, mark),
            scale: self.scale(i, mark),
            bar: (panel.marks[..i].iter().filter(is_bars).count(), bars.max(1)),
        };
        panel
            .marks
            .iter()
            .enumerate()
            .filter(|(i, _)| chosen(*i))
            .map(|(i, mark)| draw::mark(place, mark, look(i, mark)))
            .collect()
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
