//! A mixture fitted to rows: expectation–maximisation.

use ndarray::{Array1, Array2, ArrayView1, Axis};
use rand::RngExt;

use super::density::{Mixture, log_sum_exp, pick};
use super::gaussian::Gaussian;
use crate::check;
use crate::error::{Error, Result};
use crate::rng::Rng;

/// Rounds of k-means before, and most rounds of expectation–maximisation.
const ROUNDS: [usize; 2] = [10, 100];

/// Gain of the mean log-likelihood, in nats, below which it is at rest.
const REST: f64 = 1e-4;

impl Mixture {
    /// Fits `components` Gaussians of any covariance to `rows`, shape (n, d), by expectation–maximisation
    /// (Dempster, Laird & Rubin 1977), from the clusters of k-means++ (Arthur & Vassilvitskii 2007). A variance of
    /// `ridge` is added in all directions: without it, a direction in which the rows do not vary has the density ∞.
    ///
    /// With one component that is the rows' mean and covariance (divided by n), with nothing random.
    ///
    /// # Errors
    /// [`Error::Empty`] without numbers; [`Error::NotFinite`] for a NaN or infinite one; [`Error::Parameter`] unless
    /// there are between 1 and n components and `ridge` is positive; [`Error::Covariance`] if it is nothing beside the
    /// rows' variance; [`Error::Size`] for more columns than memory can hold covariances of.
    pub fn fit(rows: &Array2<f32>, components: usize, ridge: f64, rng: &mut Rng) -> Result<Self> {
        check::not_empty("rows to fit to", rows.len())?;
        check::all_finite("rows to fit to", rows)?;
        let d = rows.ncols();
        check::elements::<f64>("covariances", &[d, d, components.min(rows.nrows())])?;
        let fine = (1..=rows.nrows()).contains(&components);
        check::parameter(
            "components",
            components,
            fine,
            "between 1 and the number of rows",
        )?;
        let fine = ridge > 0.0 && ridge.is_finite();
        check::parameter("ridge", ridge, fine, "positive and finite")?;
        let rows = rows.mapv(f64::from);
        let mut shares = clusters(&rows, components, rng);
        let mut before = f64::NEG_INFINITY;
        for _ in 0..ROUNDS[1] {
            let (parts, weights) = moments(&rows, &shares, ridge);
            let now = expectation(&rows, &parts, &weights, &mut shares)?;
            if now - before < REST || components == 1 {
                break;
            }
            before = now;
        }
        let (parts, weights) = moments(&rows, &shares, ridge);
        let gaussian = |(mean, covariance): &Moments| Gaussian::full(&mean.to_vec(), covariance);
        Self::new(&weights, parts.iter().map(gaussian).collect::<Result<_>>()?)
    }

    /// One mixture of several: `weights` of any positive scale, one a part, times the parts' own.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_mixtures(weights: &[f64], parts: &[Self]) -> Result<Self> {
        check::same_shape("mixture weights", &[parts.len()], &[weights.len()])?;
        let pairs = || weights.iter().zip(parts);
        let weights = pairs().flat_map(|(w, part)| part.weights.iter().map(move |v| w * v));
        let components = parts
            .iter()
            .flat_map(|part| part.components.iter().cloned());
        Self::new(&weights.collect::<Vec<f64>>(), components.collect())
    }
}

/// Mean and covariance.
type Moments = (Array1<f64>, Array2<f64>);

/// Shares of 0 and 1, shape (n, k): every row is its nearest centre's.
fn clusters(rows: &Array2<f64>, k: usize, rng: &mut Rng) -> Array2<f64> {
    let square = |a: ArrayView1<f64>, b: &Array1<f64>| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
    };
    let mut centres = vec![rows.row(rng.random_range(0..rows.nrows())).to_owned()];
    while centres.len() < k {
        // Next, a row with a probability in proportion to its squared distance from the nearest centre.
        let nearest = |row: ArrayView1<f64>| {
            let squares = centres.iter().map(|centre| square(row, centre));
            squares.fold(f64::INFINITY, f64::min)
        };
        let squares: Vec<f64> = rows.rows().into_iter().map(nearest).collect();
        let sum = squares.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let shares: Vec<f64> = squares
            .iter()
            .map(|s| (s / sum).max(f64::MIN_POSITIVE))
            .collect();
        centres.push(rows.row(pick(&shares, rng.random())).to_owned());
    }
    let mut shares = Array2::zeros((rows.nrows(), k));
    for _ in 0..ROUNDS[0] {
        shares.fill(0.0);
        for (row, mut shares) in rows.rows().into_iter().zip(shares.rows_mut()) {
            let squares: Vec<f64> = centres.iter().map(|centre| square(row, centre)).collect();
            let nearest = (0..k).min_by(|a, b| squares[*a].total_cmp(&squares[*b]));
            shares[nearest.unwrap_or(0)] = 1.0;
        }
        for (centre, shares) in centres.iter_mut().zip(shares.columns()) {
            if shares.sum() > 0.0 {
                *centre = shares.dot(rows) / shares.sum();
            }
        }
    }
    shares
}

/// Maximisation: mean and covariance of each component, and its weight.
fn moments(rows: &Array2<f64>, shares: &Array2<f64>, ridge: f64) -> (Vec<Moments>, Vec<f64>) {
    let of_one = |shares: ArrayView1<f64>| {
        // A component that has lost all rows stays where its last were, with nothing but the ridge.
        let weight = shares.sum();
        let whole = weight.max(f64::MIN_POSITIVE);
        let mean = shares.dot(rows) / whole;
        let mut moved = rows - &mean;
        let roots = shares.mapv(f64::sqrt).insert_axis(Axis(1));
        moved *= &roots;
        let mut covariance = moved.t().dot(&moved) / whole;
        covariance.diag_mut().mapv_inplace(|v| v + ridge);
        ((mean, covariance), weight)
    };
    shares.columns().into_iter().map(of_one).unzip()
}

/// Expectation: writes p(component | row) to `shares`; the mean log-likelihood of the rows, in nats.
fn expectation(
    rows: &Array2<f64>,
    parts: &[Moments],
    weights: &[f64],
    shares: &mut Array2<f64>,
) -> Result<f64> {
    let n = rows.nrows() as f64;
    for ((mean, covariance), (weight, mut column)) in
        parts.iter().zip(weights.iter().zip(shares.columns_mut()))
    {
        let root = cholesky(covariance)?;
        let volume: f64 = root.diag().iter().map(|r| r.ln()).sum();
        let volume = volume + 0.5 * mean.len() as f64 * std::f64::consts::TAU.ln();
        for (row, value) in rows.rows().into_iter().zip(column.iter_mut()) {
            *value = (weight / n).ln() - volume - 0.5 * solved_square(&root, &(&row - mean));
        }
    }
    let mut sum = 0.0;
    for mut row in shares.rows_mut() {
        let total = log_sum_exp(&row.to_vec());
        row.mapv_inplace(|value| (value - total).exp());
        sum += total;
    }
    Ok(sum / n)
}

/// L with L·Lᵀ = `matrix`, lower triangular (Golub & Van Loan, §4.2).
fn cholesky(matrix: &Array2<f64>) -> Result<Array2<f64>> {
    let mut root = matrix.clone();
    for j in 0..root.nrows() {
        for i in j..root.nrows() {
            let done: f64 = (0..j).map(|k| root[[i, k]] * root[[j, k]]).sum();
            let rest = matrix[[i, j]] - done;
            root[[i, j]] = if i == j {
                rest.sqrt()
            } else {
                rest / root[[j, j]]
            };
        }
        let pivot = root[[j, j]];
        if pivot.is_nan() || pivot == 0.0 {
            let reason = format!("the fitted one has no root: pivot {j} is {pivot}");
            return Err(Error::Covariance { reason });
        }
    }
    Ok(root)
}

/// ‖L⁻¹ x‖².
fn solved_square(root: &Array2<f64>, x: &Array1<f64>) -> f64 {
    let mut solved: Vec<f64> = Vec::with_capacity(x.len());
    for (x, row) in x.iter().zip(root.rows()) {
        let done: f64 = solved.iter().zip(row).map(|(s, r)| s * r).sum();
        solved.push((x - done) / row[solved.len()]);
    }
    solved.iter().map(|s| s * s).sum()
}
