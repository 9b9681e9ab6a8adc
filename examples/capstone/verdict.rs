//! How good a model is, judged by rows that it never saw. What cannot be measured is said, and costs nothing else.

use std::f64::consts::TAU;
use std::ops::Range;

use diffusion_intuition::likelihood::bits_of_samples;
use diffusion_intuition::metrics::{Comparison, Estimate};
use diffusion_intuition::prelude::*;

use crate::model::{Model, Source};
use crate::rows::{Tried, each};

/// Rows whose density is computed.
const MOST_ROWS: usize = 1000;

/// In more dimensions than this, the exact trace costs too much: the bound must do.
const MOST_DIMENSIONS: usize = 8;

/// Draws of noise behind the bound of a row.
const DRAWS: u32 = 8;

/// Rows that are named where a figure lacks them.
const MOST_NAMED: usize = 3;

/// Seeds of the distance to a known law.
const MORE_SEEDS: Range<u64> = 0..60;

/// Seeds of the distances to held-out rows.
pub const SEEDS: Range<u64> = 0..20;

#[derive(Debug, Default)]
pub struct Verdict {
    /// What of, and the mean of −ln p in bits per dimension, in the data's units.
    pub bits: Vec<(&'static str, Estimate)>,
    /// In standard deviations of each column; none if they could not be measured.
    pub distances: Vec<Comparison>,
    /// For data whose law is known: W₁ to it of as many samples as there are rows, its floor, and W₁ of the
    /// training rows themselves; in the data's units.
    pub exact: Option<(Estimate, Estimate, f64)>,
    /// What could not be measured and why, and the row that is least likely.
    pub remarks: Vec<String>,
}

pub fn judge(source: &Source, model: &Model, rng: &mut Rng) -> Verdict {
    let mut verdict = Verdict::default();
    likelihoods(source, model, rng, &mut verdict);
    let split = &model.split;
    let compared = metrics::compare(SEEDS, &split.held_out, &split.all(), |n, rng| {
        model.sample(n, rng)
    });
    match compared {
        Ok(distances) => verdict.distances = distances,
        Err(error) => verdict
            .remarks
            .push(format!("The distances could not be measured: {error}.")),
    }
    if let Some(law) = &source.truth {
        match exact(source, model, law) {
            Ok(exact) => verdict.exact = Some(exact),
            Err(error) => verdict.remarks.push(format!(
                "The distance to the law could not be measured: {error}."
            )),
        }
    }
    verdict
}

fn exact(source: &Source, model: &Model, law: &Mixture) -> Result<(Estimate, Estimate, f64)> {
    let (n, split) = (source.table.rows.nrows(), &model.split);
    let distance = metrics::over_seeds(MORE_SEEDS, |rng| {
        let rows = split.scale.inverse(&model.sample(n, rng)?)?;
        metrics::wasserstein_one_sample(&rows.column(0), law)
    })?;
    let floor = metrics::over_seeds(MORE_SEEDS, |rng| {
        metrics::wasserstein_one_sample(&law.sample(n, rng)?.column(0), law)
    })?;
    let train = split.scale.inverse(&split.train)?;
    let learned_from = metrics::wasserstein_one_sample(&train.column(0), law)?;
    Ok((distance, floor, learned_from))
}

fn likelihoods(source: &Source, model: &Model, rng: &mut Rng, verdict: &mut Verdict) {
    let split = &model.split;
    let part = |rows: &Array2<f32>| {
        let first: Vec<usize> = (0..rows.nrows().min(MOST_ROWS)).collect();
        rows.select(Axis(0), &first)
    };
    let (held_out, seen) = (part(&split.held_out), part(&split.train));
    let mut add = |name, which: &[usize], tried: &[Tried]| {
        verdict.add(source, &split.scale, name, which, tried);
    };

    let gaussian = each(&held_out, &mut |rows| Ok(gaussian(rows)));
    add("a Gaussian in each column", &split.held_out_rows, &gaussian);
    if let Some(law) = &source.truth {
        let volume: f64 = split.scale.std().iter().map(|std| std.ln()).sum();
        let truth = each(&held_out, &mut |rows| {
            let rows = split.scale.inverse(rows)?;
            Ok(law.log_density(&rows)?.mapv(|ln_p| ln_p + volume))
        });
        add("the truth", &split.held_out_rows, &truth);
    }
    let bound = each(&held_out, &mut |rows| {
        let elbo = Elbo::new(&model.schedule, Variance::FixedLarge)?;
        // One draw of noise says little of a row: the mean of several.
        let mut log_density = Array1::zeros(rows.nrows());
        for _ in 0..DRAWS {
            let bound = elbo.estimate(&model.network, rows, rng)?;
            log_density -= &(bound.rows() / f64::from(DRAWS));
        }
        Ok(log_density)
    });
    add(
        "the model as DDPM, at most (bound)",
        &split.held_out_rows,
        &bound,
    );
    let mut least = bound;
    if split.scale.dim() <= MOST_DIMENSIONS {
        let mut flow = |rows: &Array2<f32>| {
            let flow = ProbabilityFlow::new(&model.schedule, model.schedule.timesteps() - 1)?;
            flow.log_density(&model.network, rows)
        };
        least = each(&held_out, &mut flow);
        add(
            "the model as probability flow",
            &split.held_out_rows,
            &least,
        );
        let name = "the same, on rows it was trained on";
        add(name, &split.train_rows, &each(&seen, &mut flow));
    }
    verdict.name_least(source, &split.scale, &split.held_out_rows, &least);
}

impl Verdict {
    /// The mean over the rows that were measured; the others are named.
    fn add(
        &mut self,
        source: &Source,
        scale: &data::Standardizer,
        name: &'static str,
        which: &[usize],
        tried: &[Tried],
    ) {
        let found: Array1<f64> = tried.iter().flatten().copied().collect();
        let lacking = tried.iter().zip(which).filter_map(|(tried, row)| {
            let reason = tried.as_ref().err()?;
            Some(format!("{} ({reason})", source.table.row_label(*row)))
        });
        let lacking: Vec<String> = lacking.collect();
        let mean = bits_of_samples(&found, scale);
        if !lacking.is_empty() {
            let (count, more) = (lacking.len(), lacking.len().saturating_sub(MOST_NAMED));
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            self.remarks.push(format!(
                "According to {name}, {count} of {} rows cannot be computed, for they are too unlikely: {}{more}. The mean is \
                 that of the others, and better than it should be.",
                tried.len(),
                lacking[..count.min(MOST_NAMED)].join(", ")
            ));
        }
        match mean {
            Ok(mean) => self.bits.push((name, mean)),
            Err(error) => self
                .remarks
                .push(format!("There is no mean for {name}: {error}.")),
        }
    }

    /// Names the held-out row that the model finds least likely: it may be a mistake in the table.
    fn name_least(
        &mut self,
        source: &Source,
        scale: &data::Standardizer,
        which: &[usize],
        tried: &[Tried],
    ) {
        let volume: f64 = scale.std().iter().map(|std| std.ln()).sum();
        let bits = |tried: &Tried| match tried {
            Ok(ln_p) => bits_per_dim(volume - ln_p, scale.dim()),
            Err(_) => f64::INFINITY,
        };
        let rows = tried.iter().zip(which);
        let least = rows.max_by(|a, b| bits(a.0).total_cmp(&bits(b.0)));
        if let Some((tried, row)) = least {
            let shown = match bits(tried) {
                bits if bits.is_finite() => format!("{} bits per dimension", significant(bits, 4)),
                _ => "more bits than can be computed".to_owned(),
            };
            self.remarks.push(format!(
                "The least likely of the rows that the model never saw is the one in {}: {shown}.",
                source.table.row_label(*row)
            ));
        }
    }
}

/// ln N(x; 0, I) of every row, in nats: the best that means and standard deviations can do.
fn gaussian(rows: &Array2<f32>) -> Array1<f64> {
    let one = |x: &f32| -0.5 * (f64::from(*x).powi(2) + TAU.ln());
    rows.rows()
        .into_iter()
        .map(|row| row.iter().map(one).sum::<f64>())
        .collect()
}
