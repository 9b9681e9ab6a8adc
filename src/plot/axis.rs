//! One axis: its range, its ticks, linear or logarithmic.

use super::clip::Point;
use super::format;
use crate::Result;
use crate::check::{finite, parameter};

/// An axis shorter than this has no labels that double precision can tell apart.
const SHORTEST: f64 = 1e-300;
/// Differences of two values on an axis must not overflow.
const FARTHEST: f64 = 4e307;

/// Beyond these powers of ten there are no numbers.
const DECADES: f64 = 400.0;

/// A position in axis units, and the label there.
pub(super) type Tick = (f64, String);

/// What the caller asked of an axis.
#[derive(Debug, Clone, Default)]
pub(super) struct AxisSpec {
    pub label: String,
    pub range: Option<(f64, f64)>,
    pub log: bool,
    /// In place of numbers, at 0, 1, 2, …
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

    /// From the smallest to the largest value; infinite and reversed if there is none.
    pub(super) fn of<'a>(values: impl IntoIterator<Item = &'a f64>) -> Self {
        values.into_iter().fold(Self::NONE, |extent, value| Self {
            low: extent.low.min(*value),
            high: extent.high.max(*value),
            ..extent
        })
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
            None if spec.log => automatic_log(data),
            None => automatic(data),
        };
        let label = spec.label.clone();
        let log = spec.log;
        Self {
            label,
            low,
            high,
            log,
            names: spec.names.clone(),
        }
        .checked()
    }

    /// The axis, if it can be drawn and labelled.
    fn checked(self) -> Result<Self> {
        let length = self.length();
        let fine = (SHORTEST..=2.0 * FARTHEST).contains(&length);
        parameter(
            "length of an axis",
            length,
            fine,
            "between 1e-300 and 8e307",
        )?;
        for end in [self.low, self.high] {
            let name = "power of ten at the end of an axis";
            let fine = !self.log || end.abs() <= DECADES;
            parameter(name, end, fine, "from -400 to 400")?;
            let fine = end.abs() <= FARTHEST;
            parameter("end of an axis", end, fine, "between -4e307 and 4e307")?;
        }
        Ok(self)
    }

    pub(super) fn length(&self) -> f64 {
        self.high - self.low
    }

    /// The axis with another length about the same middle.
    pub(super) fn stretched(mut self, length: f64) -> Result<Self> {
        let middle = 0.5 * (self.low + self.high);
        (self.low, self.high) = (middle - 0.5 * length, middle + 0.5 * length);
        self.checked()
    }

    /// A value in axis units. What a logarithmic axis cannot show lies far below it; what lies more than a
    /// million axes away is drawn there, where no pixel can tell, so that differences do not overflow.
    pub(super) fn map(&self, value: f64) -> f64 {
        match self.log {
            false => {
                let far = 1e6 * self.length();
                let (low, high) = (self.low - far, self.high + far);
                value.clamp(low.max(-FARTHEST), high.min(FARTHEST))
            }
            true if value > 0.0 => value.log10(),
            true => self.low - 10.0,
        }
    }

    /// At most about `most` ticks, or all names.
    pub(super) fn ticks(&self, most: usize) -> Vec<Tick> {
        if !self.names.is_empty() {
            let names = (0_u32..).map(f64::from).zip(&self.names);
            let shown = names.filter(|(at, _)| (self.low..=self.high).contains(at));
            return shown.map(|(at, name)| (at, name.clone())).collect();
        }
        if !self.log {
            return linear_ticks(self.low, self.high, most);
        }
        let (first, last) = (ceil(self.low) as i32, floor(self.high) as i32);
        if last - first < 2 {
            return self.ticks_between_decades(first - 1..=last, most);
        }
        let every = ((last - first) as usize).div_ceil(most.max(2)).max(1) as i32;
        let powers = (first..=last).filter(|e| e.rem_euclid(every) == 0);
        let label = |e| match e {
            0 => "1".into(),
            1 => "10".into(),
            e => format::power_of_ten(e),
        };
        powers.map(|e| (f64::from(e), label(e))).collect()
    }

    /// Less than two decades: 1, 2 and 5 times each power, or evenly spaced values if even those are too far
    /// apart; as plain numbers.
    fn ticks_between_decades(
        &self,
        powers: std::ops::RangeInclusive<i32>,
        most: usize,
    ) -> Vec<Tick> {
        let ticks: Vec<Tick> = powers
            .flat_map(|e| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(e)))
            .filter(|v| (self.low - 1e-9..=self.high + 1e-9).contains(&v.log10()))
            .map(|v| (v.log10(), format::significant(v, 1)))
            .collect();
        if ticks.len() > 1 {
            return ticks;
        }
        let even = linear_ticks(10f64.powf(self.low), 10f64.powf(self.high), most);
        let even = even.into_iter();
        even.map(|(v, label)| (v.log10(), label)).collect()
    }
}

fn explicit(low: f64, high: f64, log: bool) -> Result<Point> {
    finite("axis range", &[low, high])?;
    let name = "start of a logarithmic axis";
    parameter(name, low, !log || low > 0.0, "greater than 0")?;
    let (name, valid) = ("end of an axis range", "greater than its start");
    parameter(name, high, low < high, valid)?;
    Ok(match log {
        true => (low.log10(), high.log10()),
        false => (low, high),
    })
}

fn automatic(data: Extent) -> Point {
    let (mut low, mut high) = match data.low <= data.high {
        true => (data.low, data.high),
        false => (0.0, 1.0),
    };
    // Values that come close to zero are shown against zero: a cut axis exaggerates.
    let near = data.air && (low >= 0.0 && low < 0.35 * high || high <= 0.0 && high > 0.35 * low);
    let from_zero = data.zero || near;
    if from_zero {
        (low, high) = (low.min(0.0), high.max(0.0));
    }
    if high - low <= 1e-12 * low.abs().max(high.abs()).max(1e-300) {
        let half = if low == 0.0 { 0.5 } else { 0.1 * low.abs() };
        return (low - half, high + half);
    }
    let air = |edge: f64| match !data.air || edge == 0.0 && from_zero {
        true => 0.0,
        false => 0.06 * (high - low),
    };
    (low - air(low), high + air(high))
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

fn linear_ticks(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let rough = (high - low) / most.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    if !(power > 0.0 && (high / power).abs().max((low / power).abs()) < 1e12) {
        // Beyond what double precision can tell apart.
        return Vec::new();
    }
    let mut steps = [1.0, 2.0, 2.5, 5.0].map(|m| m * power).into_iter();
    let step = steps.find(|step| *step >= rough * (1.0 - 1e-9));
    let step = step.unwrap_or(10.0 * power);
    let first = ceil(low / step) as i64;
    let last = floor(high / step) as i64;
    let values: Vec<f64> = (first..=last).map(|i| i as f64 * step).collect();
    let labels = format::ticks(&values, step);
    values.into_iter().zip(labels).collect()
}
