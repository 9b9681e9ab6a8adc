//! One axis: its range, its ticks, linear or logarithmic.

use super::clip::Point;
use super::format;
use crate::{Error, Result};

/// An axis shorter than this has no labels that double precision can tell apart.
const SHORTEST: f64 = 1e-300;
/// Differences of two values on an axis must not overflow.
const FARTHEST: f64 = 4e307;

/// Beyond these powers of ten there are no numbers.
const DECADES: f64 = 400.0;

/// What the caller asked of an axis.
#[derive(Debug, Clone, Default)]
pub(super) struct AxisSpec {
    pub label: String,
    pub range: Option<(f64, f64)>,
    pub log: bool,
    /// Names instead of numbers, at 0, 1, 2, …
    pub names: Vec<String>,
}

/// What the data of one or several panels asks of an axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub low: f64,
    pub high: f64,
    /// The axis starts at zero if the data is on one side of it.
    pub zero: bool,
    /// Leave air between the data and the frame.
    pub air: bool,
}

impl Extent {
    pub(super) const NONE: Self = Self {
        low: f64::INFINITY,
        high: f64::NEG_INFINITY,
        zero: false,
        air: false,
    };

    pub(super) fn of(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = bounds(values);
        Self {
            low,
            high,
            ..Self::NONE
        }
    }

    pub(super) fn join(self, other: Self) -> Self {
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            zero: self.zero || other.zero,
            air: self.air || other.air,
        }
    }
}

/// Smallest and largest value; infinite and reversed if there is none.
pub(super) fn bounds(values: impl Iterator<Item = f64>) -> Point {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    })
}

/// A resolved axis. `low` and `high` are in axis units: log10 of the value if `log`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub label: String,
    pub low: f64,
    pub high: f64,
    pub log: bool,
    pub names: Vec<String>,
}

impl Axis {
    pub(super) fn new(spec: &AxisSpec, data: Extent) -> Result<Self> {
        let (low, high) = match spec.range {
            Some((low, high)) => explicit(low, high, spec.log)?,
            None if !spec.names.is_empty() => (-0.6, spec.names.len() as f64 - 0.4),
            None if spec.log => automatic_log(data),
            None => automatic(data),
        };
        let axis = Self {
            label: spec.label.clone(),
            low,
            high,
            log: spec.log,
            names: spec.names.clone(),
        };
        axis.check()?;
        Ok(axis)
    }

    /// Whether the axis can be drawn and labelled.
    pub(super) fn check(&self) -> Result<()> {
        let fails = |name, value, valid| Err(Error::Parameter { name, value, valid });
        let length = self.high - self.low;
        if !(SHORTEST..=2.0 * FARTHEST).contains(&length) {
            return fails("length of an axis", length, "between 1e-300 and 8e307");
        }
        for end in [self.low, self.high] {
            if self.log && self.names.is_empty() && end.abs() > DECADES {
                return fails(
                    "power of ten at the end of an axis",
                    end,
                    "from -400 to 400",
                );
            }
            if end.abs() > FARTHEST {
                return fails("end of an axis", end, "between -4e307 and 4e307");
            }
        }
        Ok(())
    }

    /// A value in axis units. What a logarithmic axis cannot show lies far below it; what lies more than a
    /// million axes away is drawn there, where no pixel can tell, so that differences do not overflow.
    pub(super) fn map(&self, value: f64) -> f64 {
        match self.log {
            false => {
                let far = 1e6 * (self.high - self.low);
                let (low, high) = (self.low - far, self.high + far);
                value.clamp(low.max(-FARTHEST), high.min(FARTHEST))
            }
            true if value > 0.0 => value.log10(),
            true => self.low - 10.0,
        }
    }

    /// Positions (axis units) and labels of at most about `most` ticks.
    pub(super) fn ticks(&self, most: usize) -> Vec<(f64, String)> {
        if !self.names.is_empty() {
            return self
                .names
                .iter()
                .enumerate()
                .map(|(i, name)| (i as f64, name.clone()))
                .collect();
        }
        if self.log {
            self.log_ticks(most)
        } else {
            linear_ticks(self.low, self.high, most)
        }
    }

    fn log_ticks(&self, most: usize) -> Vec<(f64, String)> {
        let (first, last) = (ceil(self.low) as i32, floor(self.high) as i32);
        if last - first < 2 {
            // Less than two decades: 1, 2 and 5 times each power, or evenly spaced values if even those
            // are too far apart; as plain numbers.
            let ticks: Vec<(f64, String)> = (first - 1..=last)
                .flat_map(|e| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(e)))
                .filter(|v| (self.low - 1e-9..=self.high + 1e-9).contains(&v.log10()))
                .map(|v| (v.log10(), format::significant(v, 1)))
                .collect();
            if ticks.len() > 1 {
                return ticks;
            }
            let even = linear_ticks(10f64.powf(self.low), 10f64.powf(self.high), most);
            return even
                .into_iter()
                .map(|(v, label)| (v.log10(), label))
                .collect();
        }
        let every = ((last - first) as usize).div_ceil(most.max(2)).max(1) as i32;
        (first..=last)
            .filter(|e| e.rem_euclid(every) == 0)
            .map(|e| {
                let label = match e {
                    0 => "1".into(),
                    1 => "10".into(),
                    e => format::power_of_ten(e),
                };
                (f64::from(e), label)
            })
            .collect()
    }
}

fn explicit(low: f64, high: f64, log: bool) -> Result<Point> {
    for (index, value) in [low, high].into_iter().enumerate() {
        if !value.is_finite() {
            return Err(Error::NotFinite {
                what: "axis range",
                index,
                value,
            });
        }
    }
    if log && low <= 0.0 {
        return Err(Error::Parameter {
            name: "start of a logarithmic axis",
            value: low,
            valid: "greater than 0",
        });
    }
    if low >= high {
        return Err(Error::Parameter {
            name: "end of an axis range",
            value: high,
            valid: "greater than its start",
        });
    }
    Ok(if log {
        (low.log10(), high.log10())
    } else {
        (low, high)
    })
}

fn automatic(data: Extent) -> Point {
    let (mut low, mut high) = if data.low <= data.high {
        (data.low, data.high)
    } else {
        (0.0, 1.0)
    };
    // Values that come close to zero are shown against zero: a cut axis exaggerates.
    let near = data.air && (low >= 0.0 && low < 0.35 * high || high <= 0.0 && high > 0.35 * low);
    if data.zero || near {
        (low, high) = (low.min(0.0), high.max(0.0));
    }
    if high - low <= 1e-12 * low.abs().max(high.abs()).max(1e-300) {
        let half = if low == 0.0 { 0.5 } else { 0.1 * low.abs() };
        return (low - half, high + half);
    }
    let air = if data.air { 0.06 * (high - low) } else { 0.0 };
    let open = |edge: f64| !(edge == 0.0 && (data.zero || near));
    (
        if open(low) { low - air } else { low },
        if open(high) { high + air } else { high },
    )
}

fn automatic_log(data: Extent) -> Point {
    if data.low > data.high || data.low <= 0.0 {
        return (-1.0, 0.0);
    }
    let (low, high) = (data.low.log10(), data.high.log10());
    match (floor(low), ceil(high)) {
        _ if !data.air && high > low => (low, high),
        (low, high) if low == high => (low - 1.0, high + 1.0),
        decades => decades,
    }
}

/// Floor and ceiling that forgive the rounding of a logarithm.
fn floor(v: f64) -> f64 {
    (v + 1e-9).floor()
}
fn ceil(v: f64) -> f64 {
    (v - 1e-9).ceil()
}

fn linear_ticks(low: f64, high: f64, most: usize) -> Vec<(f64, String)> {
    let rough = (high - low) / most.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    if !(power > 0.0 && (high / power).abs().max((low / power).abs()) < 1e12) {
        // Beyond what double precision can tell apart.
        return Vec::new();
    }
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .map(|m| m * power)
        .into_iter()
        .find(|step| *step >= rough * (1.0 - 1e-9))
        .unwrap_or(10.0 * power);
    let slack = 1e-9;
    let first = (low / step - slack).ceil() as i64;
    let last = (high / step + slack).floor() as i64;
    let values: Vec<f64> = (first..=last).map(|i| i as f64 * step).collect();
    let labels = format::ticks(&values, step);
    values.into_iter().zip(labels).collect()
}
