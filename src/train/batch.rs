//! Minibatches: timesteps, clean rows, noise, targets.

use ndarray::{Array1, Array2};
use rand::{Rng as _, RngExt};

use super::config::TrainConfig;
use crate::check::{all_finite, elements, labels, not_empty, same_shape, words};
use crate::error::{Error, Result};
use crate::mixture::Mixture;
use crate::network::{Minibatch, Sentences};
use crate::rng::Rng;
use crate::schedule::Schedule;
use crate::text::WordVectors;

/// Where clean samples come from.
///
/// Rows of an array are drawn independently, **with replacement**: every batch is then an unbiased sample of
/// the data, and what a batch holds depends on the seed and the step alone. (Going through a shuffled
/// array epoch by epoch needs the permutation as further state, and gains nothing where each row is seen
/// hundreds of times with different noise.)
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Rows of an array, shape (n, d), with replacement.
    Rows(Array2<f32>),
    /// Rows of x_0 and of the noise that belongs to each, both (n, d), drawn together, with replacement: no noise is
    /// fresh. [`Sampler::pairs`](crate::Sampler::pairs) makes some, for reflow.
    Pairs(Array2<f32>, Array2<f32>),
    /// Such rows, and the class of each, counted from 0: for a network that is told it.
    Labelled(Array2<f32>, Vec<usize>),
    /// Sentences, with replacement, for a [`Transformer`](crate::network::Transformer).
    Sentences {
        /// 0-based words, shape (n, L).
        words: Array2<usize>,
        /// The class of each, if they have classes.
        labels: Option<Vec<usize>>,
        /// What makes x_0 of them: L·d columns.
        vectors: WordVectors,
    },
    /// Fresh draws from a distribution at every step: nothing to overfit.
    Fresh(Mixture),
}

impl From<Mixture> for Data {
    fn from(mixture: Mixture) -> Self {
        Self::Fresh(mixture)
    }
}

impl From<Array2<f32>> for Data {
    fn from(rows: Array2<f32>) -> Self {
        Self::Rows(rows)
    }
}

/// One-dimensional data: each number is a row.
impl From<Array1<f32>> for Data {
    fn from(values: Array1<f32>) -> Self {
        Self::Rows(values.insert_axis(ndarray::Axis(1)))
    }
}

/// Rows and the class of each.
impl From<(Array2<f32>, Vec<usize>)> for Data {
    fn from((rows, labels): (Array2<f32>, Vec<usize>)) -> Self {
        Self::Labelled(rows, labels)
    }
}

/// Sampled x_0 and the noise that each was made of.
impl From<[Array2<f32>; 2]> for Data {
    fn from([x0, noise]: [Array2<f32>; 2]) -> Self {
        Self::Pairs(x0, noise)
    }
}

/// Sentences and the vectors of their words.
impl From<(Array2<usize>, WordVectors)> for Data {
    fn from((words, vectors): (Array2<usize>, WordVectors)) -> Self {
        let labels = None;
        Self::Sentences {
            words,
            labels,
            vectors,
        }
    }
}

/// Sentences, the class of each, and the vectors of their words.
impl From<(Array2<usize>, Vec<usize>, WordVectors)> for Data {
    fn from((words, labels, vectors): (Array2<usize>, Vec<usize>, WordVectors)) -> Self {
        let labels = Some(labels);
        Self::Sentences {
            words,
            labels,
            vectors,
        }
    }
}

impl Data {
    /// Number of columns d; of sentences L·d.
    pub fn dim(&self) -> usize {
        match self {
            Self::Rows(rows) | Self::Labelled(rows, _) | Self::Pairs(rows, _) => rows.ncols(),
            Self::Sentences { words, vectors, .. } => words.ncols().saturating_mul(vectors.dim()),
            Self::Fresh(mixture) => mixture.dim(),
        }
    }

    /// Fills `x0`, of any number of rows, with independent samples, `classes` with their classes, if they have any, and
    /// `sentences` with their words, if they are sentences.
    pub(crate) fn draw(
        &self,
        x0: &mut Array2<f32>,
        classes: &mut Vec<Option<usize>>,
        sentences: &mut Array2<usize>,
        rng: &mut Rng,
    ) -> Result<()> {
        classes.clear();
        if let Self::Fresh(mixture) = self {
            *x0 = mixture.sample(x0.nrows(), rng)?;
            return Ok(());
        }
        let (labels, n) = (self.labels(), self.rows());
        if let Self::Sentences { words, .. } = self {
            *sentences = Array2::zeros((x0.nrows(), words.ncols()));
        }
        for (i, mut row) in x0.rows_mut().into_iter().enumerate() {
            let drawn = rng.random_range(0..n);
            match self {
                Self::Rows(rows) | Self::Labelled(rows, _) | Self::Pairs(rows, _) => {
                    row.assign(&rows.row(drawn));
                }
                Self::Sentences { words, vectors, .. } => {
                    sentences.row_mut(i).assign(&words.row(drawn));
                    let places = row.exact_chunks_mut(vectors.dim());
                    for (mut place, word) in places.into_iter().zip(words.row(drawn)) {
                        place.assign(&vectors.vectors().row(*word));
                    }
                }
                Self::Fresh(_) => {}
            }
            classes.extend(labels.map(|labels| Some(labels[drawn])));
        }
        Ok(())
    }

    /// Number of rows to draw from.
    fn rows(&self) -> usize {
        match self {
            Self::Rows(rows) | Self::Labelled(rows, _) | Self::Pairs(rows, _) => rows.nrows(),
            Self::Sentences { words, .. } => words.nrows(),
            Self::Fresh(_) => usize::MAX,
        }
    }

    /// The class of each row, if it has one.
    pub(super) fn labels(&self) -> Option<&[usize]> {
        match self {
            Self::Labelled(_, labels) => Some(labels),
            Self::Sentences { labels, .. } => labels.as_deref(),
            Self::Rows(_) | Self::Pairs(..) | Self::Fresh(_) => None,
        }
    }

    /// Refuses data that training cannot use.
    pub(crate) fn check(&self) -> Result<()> {
        let what = "training data";
        match self {
            Self::Fresh(_) => Ok(()),
            Self::Rows(rows) | Self::Labelled(rows, _) => {
                not_empty(what, rows.len())?;
                all_finite(what, rows)
            }
            Self::Pairs(x0, noise) => {
                not_empty(what, x0.len())?;
                same_shape("noise of the pairs", x0.shape(), noise.shape())?;
                all_finite(what, x0)?;
                all_finite("noise of the pairs", noise)
            }
            Self::Sentences {
                words: all,
                vectors,
                ..
            } => {
                not_empty(what, all.len())?;
                elements::<f32>("a sentence", &[all.ncols(), vectors.dim()])?;
                words(all, vectors.words())
            }
        }
    }

    /// Refuses to change sentences as if they were pictures, and pairs so that they no longer belong together.
    pub(super) fn check_changes(&self, config: &TrainConfig) -> Result<()> {
        let what = match (self, &config.augment) {
            (Self::Sentences { .. }, Some(_)) => "random changes of sentences",
            (Self::Pairs(..), Some(_)) => "random changes of pairs",
            _ => return Ok(()),
        };
        Err(Error::Unsupported {
            what: what.into(),
            valid: "only pictures have them: leave augment out",
        })
    }

    /// Refuses labels that are not one a row, or of a class that a network of so many does not know.
    pub(super) fn check_labels(&self, classes: usize) -> Result<()> {
        let Some(of_rows) = self.labels() else {
            return Ok(());
        };
        same_shape("labels", &[self.rows()], &[of_rows.len()])?;
        labels(of_rows, classes)
    }
}

/// Rows of x_t, their timesteps, and their labels if they have any: what a teacher may know.
pub(super) type Taught<'a> = (&'a Array2<f32>, &'a [usize], &'a [Option<usize>]);

/// The arrays of one minibatch, kept from step to step.
#[derive(Debug, Default)]
pub(super) struct Batch {
    ts: Vec<usize>,
    labels: Vec<Option<usize>>,
    x_t: Array2<f32>,
    target: Array2<f32>,
    x0: Array2<f32>,
    eps: Array2<f32>,
    /// Of sentences.
    words: Array2<usize>,
}

impl Batch {
    pub fn rows(&self) -> Minibatch<'_> {
        Minibatch {
            x_t: self.x_t.view(),
            ts: &self.ts,
            labels: &self.labels,
            target: self.target.view(),
            sentences: (!self.words.is_empty()).then(|| Sentences {
                words: self.words.view(),
                x0: self.x0.view(),
                eps: self.eps.view(),
            }),
        }
    }

    /// Puts what `target` makes of x_t, timesteps and labels in the target's place.
    pub fn teach(&mut self, target: impl FnOnce(Taught) -> Result<Array2<f32>>) -> Result<()> {
        self.target = target((&self.x_t, &self.ts, &self.labels))?;
        Ok(())
    }

    /// Draws a batch: t by the law of the settings, or `among` those of a teacher (and sorted), then x_0 and what is
    /// changed of it, then ε, then the labels that are dropped, in this order.
    pub fn draw(
        &mut self,
        data: &Data,
        schedule: &Schedule,
        config: &TrainConfig,
        among: Option<&[usize]>,
        rng: &mut Rng,
    ) -> Result<()> {
        let n = config.batch;
        self.ts = match among {
            Some(ts) => (0..n).map(|_| ts[rng.random_range(0..ts.len())]).collect(),
            None => config.times.draw(schedule, n, rng)?,
        };
        // Rows are exchangeable. In order of t, the shards of a batch share at most one t, so that what
        // depends on t alone is not computed twice.
        self.ts.sort_unstable();
        let dim = (n, data.dim());
        if self.x_t.dim() != dim {
            self.x0 = Array2::zeros(dim);
            self.x_t = Array2::zeros(dim);
            self.eps = Array2::zeros(dim);
            self.target = Array2::zeros(dim);
        }
        if let Data::Pairs(x0, noise) = data {
            self.draw_pairs([x0, noise], schedule, rng)?;
        } else {
            data.draw(&mut self.x0, &mut self.labels, &mut self.words, rng)?;
            if let Some(augment) = &config.augment {
                augment.apply(&mut self.x0, rng);
            }
            schedule.q_sample_batch_into(&self.x0, &self.ts, &mut self.x_t, &mut self.eps, rng)?;
        }
        let alpha_bars = schedule.alpha_bars();
        let known = self.x0.rows().into_iter().zip(self.eps.rows());
        let rows = self.target.rows_mut().into_iter().zip(known);
        for ((mut target, (x0, eps)), t) in rows.zip(&self.ts) {
            let pairs = target.iter_mut().zip(x0.iter().zip(eps));
            let target = |x0, eps| config.prediction.target(alpha_bars[*t], x0, eps);
            pairs.for_each(|(y, (x0, eps))| *y = target(*x0, *eps));
        }
        for label in &mut self.labels {
            if rng.random_bool(config.label_dropout) {
                *label = None;
            }
        }
        Ok(())
    }
}

impl Batch {
    /// x_0, ε and x_t of pairs.
    fn draw_pairs(
        &mut self,
        [x0, noise]: [&Array2<f32>; 2],
        schedule: &Schedule,
        rng: &mut Rng,
    ) -> Result<()> {
        for (i, t) in self.ts.iter().enumerate() {
            let drawn = rng.random_range(0..x0.nrows());
            let (clean, eps) = (x0.row(drawn), noise.row(drawn));
            let x_t = schedule.q_sample_with(&clean, *t, &eps)?;
            self.x0.row_mut(i).assign(&clean);
            self.eps.row_mut(i).assign(&eps);
            self.x_t.row_mut(i).assign(&x_t);
        }
        Ok(())
    }
}

/// A generator for each step, so that a run can resume at any: the first number of the seed's stream, and
/// the number of the step spread over 64 bits by the golden ratio, seed it.
pub(crate) fn rng_of_step(seed: u64, step: u64) -> Rng {
    let key = Rng::new(seed).next_u64();
    Rng::new(key ^ step.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
