//! How good a model is, judged by rows that it never saw.

use std::f64::consts::TAU;
use std::ops::Range;

use diffusion_intuition::likelihood::bits_of_samples;
use diffusion_intuition::metrics::{Comparison, Estimate};
use diffusion_intuition::prelude::*;
use ndarray::s;

use crate::model::{Model, Source};

/// Rows whose density is computed.
const MOST_ROWS: usize = 1000;

/// In more dimensions than this, the exact trace costs too much: the bound must do.
const MOST_DIMENSIONS: usize = 8;

/// Draws of noise behind the bound of a row.
const DRAWS: u32 = 8;

/// Seeds of the distance to a known law.
const MORE_SEEDS: Range<u64> = 0..60;

/// Seeds of the distances to held-out rows.
pub const SEEDS: Range<u64> = 0..20;

pub struct Verdict {
    /// What of, and the mean of −ln p in bits per dimension, in the data's units.
    pub bits: Vec<(&'static str, Estimate)>,
    /// In standard deviations of each column.
    pub distances: Vec<Comparison>,
    /// For data whose law is known: W₁ to it of as many samples as there are rows, its floor, and W₁ of the
    /// training rows themselves; in the data's units.
    pub exact: Option<(Estimate, Estimate, f64)>,
}

pub fn judge(source: &Source, model: &Model, rng: &mut Rng) -> Result<Verdict> {
    let split = &model.split;
    let m = split.held_out.nrows();
    let distances = metrics::compare(SEEDS, &split.held_out, &split.all(), |n, rng| {
        model.sample(n, rng)
    })?;
    let exact = match &source.truth {
        None => None,
        Some(law) => {
            let n = source.table.rows.nrows();
            let distance = metrics::over_seeds(MORE_SEEDS, |rng| {
                let rows = split.scale.inverse(&model.sample(n, rng)?)?;
                metrics::wasserstein_one_sample(&rows.column(0), law)
            })?;
            let floor = metrics::over_seeds(MORE_SEEDS, |rng| {
                metrics::wasserstein_one_sample(&law.sample(n, rng)?.column(0), law)
            })?;
            let train = split.scale.inverse(&split.train)?;
            let learned_from = metrics::wasserstein_one_sample(&train.column(0), law)?;
            Some((distance, floor, learned_from))
        }
    };
    let count = m.min(MOST_ROWS);
    let held_out = split.held_out.slice(s![..count, ..]).to_owned();
    let seen = split.train.slice(s![..count, ..]).to_owned();
    Ok(Verdict {
        bits: likelihoods(source, model, &held_out, &seen, rng)?,
        distances,
        exact,
    })
}

fn likelihoods(
    source: &Source,
    model: &Model,
    held_out: &Array2<f32>,
    seen: &Array2<f32>,
    rng: &mut Rng,
) -> Result<Vec<(&'static str, Estimate)>> {
    let scale = &model.split.scale;
    let mut bits = vec![(
        "a Gaussian in each column",
        bits_of_samples(&gaussian(held_out), scale)?,
    )];
    let elbo = Elbo::new(&model.schedule, Variance::Beta)?;
    // One draw of noise says little of a row: the mean of several.
    let mut log_density = Array1::zeros(held_out.nrows());
    for _ in 0..DRAWS {
        let bound = elbo.estimate(&model.network, held_out, rng)?;
        log_density -= &(bound.rows() / f64::from(DRAWS));
    }
    let bound = bits_of_samples(&log_density, scale)?;
    bits.push(("the model as DDPM, at most (bound)", bound));
    if scale.dim() <= MOST_DIMENSIONS {
        let flow = ProbabilityFlow::new(&model.schedule, model.schedule.timesteps() - 1)?;
        for (name, rows) in [
            ("the model as probability flow", held_out),
            ("the same, on rows it was trained on", seen),
        ] {
            let log_density = flow.log_density(&model.network, rows)?;
            bits.push((name, bits_of_samples(&log_density, scale)?));
        }
    }
    if let Some(law) = &source.truth {
        let rows = scale.inverse(held_out)?.mapv(f64::from);
        let volume: f64 = scale.std().iter().map(|std| std.ln()).sum();
        let log_density = law.log_density(&rows)?.mapv(|ln_p| ln_p + volume);
        bits.insert(1, ("the truth", bits_of_samples(&log_density, scale)?));
    }
    Ok(bits)
}

/// ln N(x; 0, I) of every row, in nats: the best that means and standard deviations can do.
fn gaussian(rows: &Array2<f32>) -> Array1<f64> {
    let one = |x: &f32| -0.5 * (f64::from(*x).powi(2) + TAU.ln());
    rows.rows()
        .into_iter()
        .map(|row| row.iter().map(one).sum::<f64>())
        .collect()
}
