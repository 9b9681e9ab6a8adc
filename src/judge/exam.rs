//! Five measures of generated pictures, and what real ones get.

use std::ops::Range;

use ndarray::{Array2, Axis};
use rand::seq::SliceRandom;

use super::classifier::Judge;
use crate::check;
use crate::data::{PictureSplit, Pictures, rows_of_class};
use crate::error::Result;
use crate::metrics::{self, Estimate, Pca};
use crate::rng::Rng;

#[cfg(doc)]
use crate::Error;

/// Principal components of the training pictures: 90 % of the digits' variance.
const COMPONENTS: usize = 20;

/// What is measured of pictures: numbers, or [`Estimate`]s over seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score<T = f64> {
    /// Share of pictures that the judge takes for what they should be.
    pub accuracy: T,
    /// [`frechet_distance`](metrics::frechet_distance) from the held-out pictures, in the judge's features.
    pub frechet: T,
    /// The same in the first 20 principal components of the training pictures.
    pub frechet_pca: T,
    /// Median distance ‖x − y‖ from the [nearest](metrics::nearest) training picture.
    pub nearest: T,
    /// [Mean distance](metrics::mean_distance) between two pictures of a class, on average over the classes.
    pub diversity: T,
}

/// What pictures are held against: a judge, and the pictures of a [`PictureSplit`].
#[derive(Debug, Clone, PartialEq)]
pub struct Exam {
    judge: Judge,
    pca: Pca,
    train: Pictures,
    /// The held-out pictures in the judge's features, and in principal components.
    held_out: [Array2<f32>; 2],
    /// How far each training picture is from the nearest other.
    alone: Vec<f64>,
}

impl Exam {
    /// Trains a judge on `split.judge`, and fits principal components to `split.train`.
    ///
    /// # Errors
    /// As [`Judge::train`]; [`Error::Shape`] if the parts hold pictures of different sizes or numbers of classes;
    /// [`Error::Parameter`] for fewer than two pictures to train on or held out.
    pub fn new(split: &PictureSplit, rng: &mut Rng) -> Result<Self> {
        let shape = |p: &Pictures| [p.height, p.width, p.channels, p.classes];
        for part in [&split.train, &split.held_out] {
            part.check()?;
            let what = "pictures and classes of a part";
            check::same_shape(what, &shape(&split.judge), &shape(part))?;
            let (n, fine) = (part.len(), part.len() >= 2);
            check::parameter("pictures of a part", n, fine, "at least 2")?;
        }
        let pca = Pca::fit(&split.train.rows, COMPONENTS.min(split.train.rows.ncols()))?;
        // What can be refused at once is, before the judge is trained.
        let coordinates = pca.coordinates(&split.held_out.rows)?;
        let alone = metrics::nearest_other(&split.train.rows)?;
        let judge = Judge::train(&split.judge, rng)?;
        Ok(Self {
            held_out: [judge.features(&split.held_out.rows)?, coordinates],
            alone: alone.into_iter().map(|(_, distance)| distance).collect(),
            train: split.train.clone(),
            judge,
            pca,
        })
    }

    /// The judge.
    pub fn judge(&self) -> &Judge {
        &self.judge
    }

    /// The principal components.
    pub fn pca(&self) -> &Pca {
        &self.pca
    }

    /// The measures of `rows`, shape (n, pixels), that should show the classes `labels`; n labels. For pictures that
    /// should show nothing in particular, `exam.judge().labels(&rows)?` are labels, and the accuracy means nothing.
    ///
    /// # Errors
    /// As [`Judge::accuracy`]; [`Error::Parameter`] for fewer than two pictures, or if no class has two.
    pub fn score(&self, rows: &Array2<f32>, labels: &[usize]) -> Result<Score> {
        let accuracy = self.judge.accuracy(rows, labels)?;
        let nearest = metrics::nearest(rows, &self.train.rows)?;
        let nearest: Vec<f64> = nearest.into_iter().map(|(_, distance)| distance).collect();
        Ok(Score {
            accuracy,
            frechet: metrics::frechet_distance(&self.judge.features(rows)?, &self.held_out[0])?,
            frechet_pca: metrics::frechet_distance(
                &self.pca.coordinates(rows)?,
                &self.held_out[1],
            )?,
            nearest: metrics::median(&nearest)?,
            diversity: diversity(rows, labels, self.judge.classes())?,
        })
    }

    /// [`score`](Self::score) of what `draw` generates for each seed: rows and their labels.
    ///
    /// A Fréchet distance falls as the number of pictures grows, for real ones too: of the digits, 90 a class tell more
    /// apart than 30. The held-out pictures are the same for all seeds: what is by chance odd about them enters every
    /// Fréchet distance and no standard error, as it does in [`floor`](Self::floor), which is what to compare with.
    ///
    /// # Errors
    /// As [`score`](Self::score); the first error of `draw`; what [`Estimate::of`] returns.
    pub fn over_seeds(
        &self,
        seeds: Range<u64>,
        mut draw: impl FnMut(&mut Rng) -> Result<(Array2<f32>, Vec<usize>)>,
    ) -> Result<Score<Estimate>> {
        estimate(seeds, |rng| {
            let (rows, labels) = draw(rng)?;
            self.score(&rows, &labels)
        })
    }

    /// What real pictures get: for each seed, `per_class` training pictures of each class, chosen at random, with the
    /// nearest *other* training picture for the distance. A perfect generator reaches this with as many samples,
    /// and beats it by chance alone.
    ///
    /// The choices of different seeds overlap: the standard error is too small, the more so the larger the share of the
    /// training pictures that is chosen.
    ///
    /// # Errors
    /// [`Error::Parameter`] unless every class has `per_class` training pictures, at least two; what
    /// [`Estimate::of`] returns.
    pub fn floor(&self, seeds: Range<u64>, per_class: usize) -> Result<Score<Estimate>> {
        let of_class = |class: usize| {
            let rows = rows_of_class(&self.train.labels, class);
            let fine = (2..=rows.len()).contains(&per_class);
            let valid = "at least 2, and no more than there are training pictures of a class";
            check::parameter("pictures of each class", per_class, fine, valid)?;
            Ok(rows)
        };
        let classes = (0..self.judge.classes())
            .map(of_class)
            .collect::<Result<Vec<_>>>()?;
        estimate(seeds, |rng| {
            let mut chosen = Vec::new();
            for mut rows in classes.clone() {
                rows.shuffle(rng);
                chosen.extend_from_slice(&rows[..per_class]);
            }
            let labels: Vec<usize> = chosen.iter().map(|i| self.train.labels[*i]).collect();
            let score = self.score(&self.train.rows.select(Axis(0), &chosen), &labels)?;
            let alone: Vec<f64> = chosen.iter().map(|i| self.alone[*i]).collect();
            let nearest = metrics::median(&alone)?;
            Ok(Score { nearest, ..score })
        })
    }
}

/// Mean over the classes with two pictures or more.
fn diversity(rows: &Array2<f32>, labels: &[usize], classes: usize) -> Result<f64> {
    let mut found = Vec::new();
    for class in 0..classes {
        let of_class = rows_of_class(labels, class);
        if of_class.len() > 1 {
            found.push(metrics::mean_distance(&rows.select(Axis(0), &of_class))?);
        }
    }
    let valid = "at least 2 in some class";
    check::parameter("pictures of one class", 1, !found.is_empty(), valid)?;
    Ok(found.iter().sum::<f64>() / found.len() as f64)
}

fn estimate(
    seeds: Range<u64>,
    mut score: impl FnMut(&mut Rng) -> Result<Score>,
) -> Result<Score<Estimate>> {
    metrics::check_seeds(&seeds)?;
    let scores: Vec<Score> = seeds
        .map(|seed| score(&mut Rng::new(seed)))
        .collect::<Result<_>>()?;
    let of = |measure: fn(&Score) -> f64| {
        Estimate::of(&scores.iter().map(measure).collect::<Vec<f64>>())
    };
    Ok(Score {
        accuracy: of(|s| s.accuracy)?,
        frechet: of(|s| s.frechet)?,
        frechet_pca: of(|s| s.frechet_pca)?,
        nearest: of(|s| s.nearest)?,
        diversity: of(|s| s.diversity)?,
    })
}
