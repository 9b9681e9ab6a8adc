//! Paths from data to noise in continuous time: what flow matching and the schedules have in common.

use std::f64::consts::FRAC_PI_2;

use crate::bisection::bisect;
use crate::error::Result;
use crate::schedule::{Level, Schedule};

/// A path from data to noise, x_u = signal(u)·x_0 + noise(u)·ε for u in [0, 1]: clean at 0, noise at 1.
///
/// Flow matching (Lipman et al. 2023), rectified flow (Liu et al. 2023) and stochastic interpolants (Albergo &
/// Vanden-Eijnden 2023) are trained on such paths; diffusion's schedules are paths with signal² + noise² = 1. Any two
/// are one process in other units: x_u/√(signal² + noise²) is x_t of the schedule with the same ratio of signal to
/// noise, so the best predictions, the ODE and its map from noise to data are the same, after a change of time and
/// of scale (Gao et al. 2024, "Diffusion meets flow matching"). [`schedule`](Self::schedule) makes that change, and
/// samplers and training run on what it returns as on any other.
///
/// The papers count time both ways; here u = 1 is noise, as t = T−1 is. A `u` beyond [0, 1] is taken for the nearer
/// end.
///
/// ```
/// use diffusion_intuition::prelude::*;
///
/// let path = Path::linear(); // x_u = (1 − u) x_0 + u ε
/// let data = Mixture::bimodal();
/// let noise = array![-1.0, 0.1, 0.5];
/// let states = data.flow(&path, &noise, [1.0, 0.0], 200, 2)?; // Heun, with the exact velocity
/// let schedule = path.schedule(1000)?;
/// let exact = data.one_step_map(&schedule, 999, &noise)?;
/// assert!((&states[200] - &exact).iter().all(|gap| gap.abs() < 1e-3));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Path(Kind);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Linear,
    /// (cos φ, sin φ) for φ = πu/2.
    Cosine,
    /// The same for φ at u = 0, 1/T, …, 1, and its slopes there.
    Angles(Vec<f64>, Vec<f64>),
}

impl Path {
    /// (1 − u, u): straight between each x_0 and ε at constant speed, ẋ = ε − x_0 (Liu et al. 2023, eq. 1; the
    /// "optimal transport" path of Lipman et al. 2023, eq. 20 with σ_min = 0).
    pub fn linear() -> Self {
        Self(Kind::Linear)
    }

    /// (cos πu/2, sin πu/2): the trigonometric interpolant (Albergo & Vanden-Eijnden 2023), of which
    /// [`Schedule::cosine`] is nearly the schedule.
    pub fn cosine() -> Self {
        Self(Kind::Cosine)
    }

    /// A schedule as a path: (√ᾱ, √(1−ᾱ)), with ᾱ_t at u = (t+1)/T and 1 at u = 0. Between them the angle
    /// arccos √ᾱ follows a monotone cubic with a continuous slope (Fritsch & Butland 1984).
    pub fn of(schedule: &Schedule) -> Self {
        let angle = |t| angle(schedule.level(t).signal(), schedule.level(t).noise());
        let angles = std::iter::once(0.0).chain((0..schedule.timesteps()).map(angle));
        let angles: Vec<f64> = angles.collect();
        let per_u = schedule.timesteps() as f64;
        let rises: Vec<f64> = angles.windows(2).map(|p| per_u * (p[1] - p[0])).collect();
        // The harmonic mean of the neighbours' slopes keeps each cubic from overshooting.
        let inner = rises.windows(2).map(|p| match p[0] + p[1] {
            0.0 => 0.0,
            sum => 2.0 * p[0] * p[1] / sum,
        });
        let ends = [rises[0], rises[rises.len() - 1]];
        let slopes = ends[..1].iter().copied().chain(inner);
        let slopes = slopes.chain(ends[1..].iter().copied()).collect();
        Self(Kind::Angles(angles, slopes))
    }

    /// The factor of x_0 at `u`.
    pub fn signal(&self, u: f64) -> f64 {
        match &self.0 {
            Kind::Linear => 1.0 - u.clamp(0.0, 1.0),
            // A sine, so that it is 0 at the end and not 6e-17.
            Kind::Cosine => (FRAC_PI_2 * (1.0 - u.clamp(0.0, 1.0))).sin(),
            Kind::Angles(..) => (FRAC_PI_2 - self.angle(u).0).sin(),
        }
    }

    /// The factor of ε at `u`: the standard deviation of the noise in x_u.
    pub fn noise(&self, u: f64) -> f64 {
        match &self.0 {
            Kind::Linear => u.clamp(0.0, 1.0),
            Kind::Cosine | Kind::Angles(..) => self.angle(u).0.sin(),
        }
    }

    /// The derivatives of [`signal`](Self::signal) and [`noise`](Self::noise) at `u`: the factors of x_0 and ε in ẋ_u.
    pub fn slopes(&self, u: f64) -> (f64, f64) {
        if let Kind::Linear = self.0 {
            return (-1.0, 1.0);
        }
        let (_, slope) = self.angle(u);
        (-slope * self.noise(u), slope * self.signal(u))
    }

    /// √(signal² + noise²): x_u is so many times x_t of the [`schedule`](Self::schedule).
    pub fn scale(&self, u: f64) -> f64 {
        self.signal(u).hypot(self.noise(u))
    }

    /// The level of x_u: ᾱ = signal²/(signal² + noise²).
    pub fn level(&self, u: f64) -> Level {
        let alpha_bar = (self.signal(u) / self.scale(u)).powi(2);
        Level { alpha_bar }
    }

    /// The u at which x_u has the level `level`, or the nearer end of the path: with [`scale`](Self::scale) the change
    /// of time and scale from another path to this one.
    pub fn time_of(&self, level: Level) -> f64 {
        let wanted = angle(level.signal(), level.noise());
        bisect(0.0, 1.0, |u| angle(self.signal(u), self.noise(u)) < wanted)
    }

    /// `timesteps` noise levels of this path, at u = (t+1)/T, as a schedule: in units in which
    /// signal² + noise² = 1.
    ///
    /// Those of [`linear`](Self::linear) and [`cosine`](Self::cosine) end without signal, ᾱ_{T−1} = 0, where
    /// predictions of ε are [refused](crate::Error::Degenerate): predict
    /// [`Velocity`](crate::Prediction::Velocity), v or x_0.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for T = 0; as [`Schedule::from_alpha_bars`], for more timesteps
    /// than f64 can tell apart; [`Error::Size`](crate::Error::Size) for more than memory can hold.
    pub fn schedule(&self, timesteps: usize) -> Result<Schedule> {
        crate::check::elements::<f64>("tables of the schedule", &[timesteps, 4])?;
        let level = |t| self.level((t + 1) as f64 / timesteps as f64);
        let alpha_bars = (0..timesteps).map(|t| level(t).alpha_bar);
        Schedule::from_alpha_bars(alpha_bars.collect::<Vec<f64>>())
    }

    /// φ and dφ/du, where signal and noise are cos φ and sin φ.
    fn angle(&self, u: f64) -> (f64, f64) {
        let Kind::Angles(angles, slopes) = &self.0 else {
            return (FRAC_PI_2 * u.clamp(0.0, 1.0), FRAC_PI_2);
        };
        let parts = slopes.len() - 1;
        let place = u.clamp(0.0, 1.0) * parts as f64;
        let i = (place as usize).min(parts - 1);
        let (x, per_u) = (place - i as f64, parts as f64);
        // Hermite's cubic: a + x (m_a + x (c + x d)), slopes in units of the interval.
        let (rise, left, right) = (angles[i + 1] - angles[i], slopes[i], slopes[i + 1]);
        let (left, right) = (left / per_u, right / per_u);
        let (c, d) = (3.0 * rise - 2.0 * left - right, left + right - 2.0 * rise);
        let angle = angles[i] + x * (left + x * (c + x * d));
        (angle, per_u * (left + x * (2.0 * c + x * 3.0 * d)))
    }
}

/// 0 for clean data, π/2 for noise.
fn angle(signal: f64, noise: f64) -> f64 {
    noise.atan2(signal)
}
