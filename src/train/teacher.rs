//! Targets that come from another model: whom to ask, what, and the steps that it takes.

use ndarray::{Array2, ArrayRef2, Axis, s};

use super::batch::{Data, Taught};
use crate::check;
use crate::denoiser::Denoiser;
use crate::error::{Error, Result};
use crate::network::Network;
use crate::prediction::Prediction;
use crate::schedule::{Level, Schedule};

#[cfg(doc)]
use super::{Consistency, Direct, Progressive, Trainer};

/// What a [`Trainer`] asks for targets, in place of the noise that it drew: see
/// [`run_taught`](Trainer::run_taught). [`Direct`], [`Progressive`] and [`Consistency`] distil a sampler of many steps.
pub trait Teacher: Sync {
    /// The 0-based timesteps at which the student learns: each row of a batch stands at one of them, all as likely.
    fn timesteps(&self) -> &[usize];

    /// The x̂0 that the student should answer, shape (n, d). No gradient goes through it.
    ///
    /// # Errors
    /// Whatever went wrong.
    fn x0(&self, asked: &Question) -> Result<Array2<f32>>;
}

/// What a [`Teacher`] is asked.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The student, as it stands before the step.
    pub student: Model<'a>,
    /// The schedule.
    pub schedule: &'a Schedule,
    /// Noised rows, shape (n, d).
    pub x_t: &'a Array2<f32>,
    /// The 0-based timestep of each; length n.
    pub ts: &'a [usize],
    /// The label of each row, or none at all for data without labels.
    pub labels: &'a [Option<usize>],
}

/// A model that can be asked for x̂0 of rows at timesteps of their own.
///
/// For ε, x̂0 = (x_t − √(1−ᾱ) ε)/√ᾱ multiplies an error by what it is multiplied by in a sampler: where ᾱ ends near 0,
/// predict v or x_0 (see [`sampler`](crate::sampler)).
#[derive(Clone, Copy)]
pub enum Model<'a> {
    /// A network, and what it predicts. It is told the labels.
    Network(&'a dyn Network, Prediction),
    /// A formula, say. Asked once for each run of rows at the same timestep; it is told no labels.
    Denoiser(&'a (dyn Denoiser + Sync)),
}

impl Model<'_> {
    /// x̂0 for the rows of `x_t`, shape (n, d), each at its own 0-based timestep; `labels` as in a [`Question`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) unless `ts` has one entry a row; what the model returns;
    /// [`Error::Degenerate`](crate::Error::Degenerate) from ε at ᾱ = 0.
    pub fn x0(
        self,
        schedule: &Schedule,
        x_t: &Array2<f32>,
        ts: &[usize],
        labels: &[Option<usize>],
    ) -> Result<Array2<f32>> {
        check::same_shape("ts", &[x_t.nrows()], &[ts.len()])?;
        let (kind, mut answer) = match self {
            Self::Network(network, kind) if labels.is_empty() => (kind, network.predict(x_t, ts)?),
            Self::Network(network, kind) => (kind, network.predict_given(x_t, ts, labels)?),
            Self::Denoiser(model) => (model.prediction(), by_timestep(model, x_t, ts)?),
        };
        check::same_shape("a teacher's answer", x_t.shape(), answer.shape())?;
        convert([kind, Prediction::X0], schedule, x_t, ts, &mut answer)?;
        Ok(answer)
    }
}

/// The answers of a model that takes one timestep for all rows.
fn by_timestep(model: &dyn Denoiser, x_t: &ArrayRef2<f32>, ts: &[usize]) -> Result<Array2<f32>> {
    let (mut answer, mut from) = (Array2::zeros(x_t.dim()), 0);
    for same in ts.chunk_by(|a, b| a == b) {
        let rows = s![from..from + same.len(), ..];
        let found = model.denoise(&x_t.slice(rows).to_owned(), same[0])?;
        let shape = [same.len(), x_t.ncols()];
        check::same_shape("a teacher's answer", &shape, found.shape())?;
        answer.slice_mut(rows).assign(&found);
        from += same.len();
    }
    Ok(answer)
}

/// Refuses timesteps that the schedule does not have, and sentences, which are learned word by word.
pub(super) fn check_taught(data: &Data, schedule: &Schedule, teacher: &dyn Teacher) -> Result<()> {
    let ts = teacher.timesteps();
    check::not_empty("timesteps of a teacher", ts.len())?;
    ts.iter().try_for_each(|t| schedule.check(*t))?;
    match data {
        Data::Sentences { .. } => Err(Error::Unsupported {
            what: "a teacher for sentences".into(),
            valid: "rows, with labels or without",
        }),
        _ => Ok(()),
    }
}

/// What the student should answer: the teacher's x̂0 as a prediction of this kind.
pub(super) fn target(
    teacher: &dyn Teacher,
    student: &dyn Network,
    kind: Prediction,
    schedule: &Schedule,
    rows: Taught,
) -> Result<Array2<f32>> {
    let (x_t, ts, labels) = rows;
    let student = Model::Network(student, kind);
    let mut target = teacher.x0(&Question {
        student,
        schedule,
        x_t,
        ts,
        labels,
    })?;
    let what = "a teacher's x0";
    check::same_shape(what, x_t.shape(), target.shape())?;
    convert([Prediction::X0, kind], schedule, x_t, ts, &mut target)?;
    Ok(target)
}

/// Turns `answers` of one kind into another, in place.
pub(super) fn convert(
    [from, to]: [Prediction; 2],
    schedule: &Schedule,
    x_t: &ArrayRef2<f32>,
    ts: &[usize],
    answers: &mut ArrayRef2<f32>,
) -> Result<()> {
    for ((mut y, x), t) in answers.rows_mut().into_iter().zip(x_t.rows()).zip(ts) {
        schedule.check(*t)?;
        let (a, b) = from.factors(to, schedule.level(*t))?;
        let (a, b) = (a as f32, b as f32);
        y.zip_mut_with(&x, |y, x| *y = a * x + b * *y);
    }
    Ok(())
}

/// A model that walks down the probability-flow ODE from any of the student's timesteps, by DDIM (η = 0) or by Heun's
/// method: what [`Direct`], [`Progressive`] and [`Consistency`] are made of.
#[derive(Clone)]
pub struct Ladder<'a> {
    model: Model<'a>,
    /// The model's timesteps, falling; after the last there is clean data.
    rungs: Vec<usize>,
    stride: usize,
    /// The student's: every `stride`-th of those.
    pub(super) timesteps: Vec<usize>,
    heun: bool,
}

/// Rows on the ladder, and which of its rungs each stands on; clean ones are beyond the last.
pub(super) struct Walk {
    pub x: Array2<f32>,
    places: Vec<usize>,
}

/// Rows that are not clean yet: which, x_t, and x̂0.
pub(super) struct Noisy {
    pub rows: Vec<usize>,
    x_t: Array2<f32>,
    pub x0: Array2<f32>,
}

impl<'a> Ladder<'a> {
    /// `model` in DDIM's steps from each of `timesteps` to the next, and from the last to clean data; 0-based. The
    /// student learns at every `stride`-th of them.
    ///
    /// # Errors
    /// [`Error::Empty`] without timesteps; [`Error::Parameter`] unless each is below the one before and `stride`
    /// divides their number.
    pub fn new(model: Model<'a>, timesteps: &[usize], stride: usize) -> Result<Self> {
        check::not_empty("timesteps", timesteps.len())?;
        for pair in timesteps.windows(2) {
            let (name, valid) = ("a timestep of a teacher", "below the one before it");
            check::parameter(name, pair[1], pair[1] < pair[0], valid)?;
        }
        let whole = stride > 0 && timesteps.len().is_multiple_of(stride);
        let valid = "at least 1 and a divisor of the number of the teacher's steps";
        check::parameter("stride of a student", stride, whole, valid)?;
        Ok(Self {
            model,
            timesteps: timesteps.iter().copied().step_by(stride).collect(),
            rungs: timesteps.to_vec(),
            stride,
            heun: false,
        })
    }

    /// The same in Heun's steps, of second order for two evaluations each; the last, to clean data, stays DDIM's.
    #[must_use]
    pub fn heun(self) -> Self {
        Self { heun: true, ..self }
    }

    /// Where rows are after one of the student's steps.
    pub(super) fn stride(&self, asked: &Question) -> Result<Walk> {
        self.walk(asked, self.stride)
    }

    /// Where rows are after so many steps of the model's, or as many as there are.
    pub(super) fn walk(&self, asked: &Question, steps: usize) -> Result<Walk> {
        check::same_shape("ts", &[asked.x_t.nrows()], &[asked.ts.len()])?;
        let place = |t: &usize| {
            let found = self.rungs.binary_search_by(|own| t.cmp(own));
            let valid = "one of those that the teacher was made with";
            check::parameter("a timestep", *t, found.is_ok(), valid).map(|()| found.unwrap_or(0))
        };
        let mut walk = Walk {
            x: asked.x_t.clone(),
            places: asked.ts.iter().map(place).collect::<Result<_>>()?,
        };
        for _ in 0..steps {
            let before = self.ask(self.model, &walk, asked)?;
            if before.rows.is_empty() {
                break;
            }
            for (i, row) in before.rows.iter().zip(0..) {
                let [t, s] = [0, 1].map(|step| self.level(asked.schedule, walk.places[*i] + step));
                let [a, b] = t.towards(s).map(|factor| factor as f32);
                let both = before.x_t.row(row).into_iter().zip(before.x0.row(row));
                let new = both.map(|(x_t, x0)| a * x_t + b * x0);
                walk.x
                    .row_mut(*i)
                    .iter_mut()
                    .zip(new)
                    .for_each(|(x, new)| *x = new);
                walk.places[*i] += 1;
            }
            if self.heun {
                self.correct(&mut walk, &before, asked)?;
            }
        }
        Ok(walk)
    }

    /// The second half of Heun's step, for rows that it has not made clean.
    fn correct(&self, walk: &mut Walk, before: &Noisy, asked: &Question) -> Result<()> {
        let after = self.ask(self.model, walk, asked)?;
        // Rows that are noisy now were so before, and stand in the same order.
        let mut old = before.rows.iter().zip(before.x0.rows());
        for (i, new) in after.rows.iter().zip(after.x0.rows()) {
            let old = old.find(|(old, _)| *old == i).map(|(_, x0)| x0);
            let [t, s] = [1, 0].map(|step| self.level(asked.schedule, walk.places[*i] - step));
            let factor = t.correction(s) as f32;
            let change = new.into_iter().zip(old.into_iter().flatten());
            let mut x = walk.x.row_mut(*i);
            x.iter_mut()
                .zip(change)
                .for_each(|(x, (new, old))| *x += factor * (new - old));
        }
        Ok(())
    }

    /// The rows that are not clean, and x̂0 of them as `model` sees it.
    pub(super) fn ask(&self, model: Model, walk: &Walk, asked: &Question) -> Result<Noisy> {
        let noisy = |i: &usize| walk.places[*i] < self.rungs.len();
        let rows: Vec<usize> = (0..walk.places.len()).filter(noisy).collect();
        let x_t = walk.x.select(Axis(0), &rows);
        if rows.is_empty() {
            let x0 = x_t.clone();
            return Ok(Noisy { rows, x_t, x0 });
        }
        let ts = rows.iter().map(|i| self.rungs[walk.places[*i]]);
        let labels = rows.iter().filter_map(|i| asked.labels.get(*i).copied());
        let (ts, labels): (Vec<_>, Vec<_>) = (ts.collect(), labels.collect());
        let x0 = model.x0(asked.schedule, &x_t, &ts, &labels)?;
        Ok(Noisy { rows, x_t, x0 })
    }

    /// The factors of x_t and x̂0 in where row `i` stands, after one long step of DDIM's from the timestep `t`.
    pub(super) fn factors(&self, walk: &Walk, i: usize, t: usize, schedule: &Schedule) -> [f64; 2] {
        let end = self.level(schedule, walk.places[i]);
        schedule.level(t).towards(end)
    }

    fn level(&self, schedule: &Schedule, place: usize) -> Level {
        let t = self.rungs.get(place);
        t.map_or(Level::CLEAN, |t| schedule.level(*t))
    }
}
