//! What the proofs share: comparisons, statistics, thread pools, golden files, a naive Gaussian.

use diffusion_intuition::{Gaussian, Mixture, Rng, Schedule};
use ndarray::{Array1, Array2, array};
use rand::RngExt;

/// Standard errors that a statistical bound allows. For an estimate that is normal to good approximation
/// (a mean of 20 000 or more draws) a correct implementation exceeds it with probability 2e-9.
pub const SIGMAS: f64 = 6.0;

/// Level of every Kolmogorov–Smirnov test: a correct implementation fails one with this probability.
pub const KS_ALPHA: f64 = 1e-9;

/// Fails unless |actual − expected| ≤ `tolerance`; NaN fails.
#[track_caller]
pub fn assert_close(what: impl std::fmt::Display, actual: f64, expected: f64, tolerance: f64) {
    let gap = (actual - expected).abs();
    let equal = actual == expected; // also −∞ and −∞, whose gap is NaN
    assert!(
        equal || gap <= tolerance,
        "{what}: {actual:e} instead of {expected:e}, off by {gap:e}, tolerance {tolerance:e}"
    );
}

/// [`assert_close`] element by element, with a tolerance that may depend on the expected value.
#[track_caller]
pub fn assert_all_close<'a>(
    what: impl std::fmt::Display,
    actual: impl IntoIterator<Item = &'a f64>,
    expected: impl IntoIterator<Item = &'a f64>,
    tolerance: impl Fn(f64) -> f64,
) {
    let actual: Vec<f64> = actual.into_iter().copied().collect();
    let expected: Vec<f64> = expected.into_iter().copied().collect();
    assert_eq!(actual.len(), expected.len(), "{what}: lengths differ");
    for (i, (a, e)) in actual.into_iter().zip(expected).enumerate() {
        assert_close(format_args!("{what}[{i}]"), a, e, tolerance(e));
    }
}

/// Mean of `values` is `expected` to within [`SIGMAS`] standard errors, which are estimated from the values.
#[track_caller]
pub fn assert_mean(what: impl std::fmt::Display, values: &[f64], expected: f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    assert_close(what, mean, expected, SIGMAS * (variance / n).sqrt());
}

/// Mean and variance of `values` are the expected ones, each to within [`SIGMAS`] standard errors.
#[track_caller]
pub fn assert_moments(what: &str, values: &[f64], mean: f64, variance: f64) {
    assert_mean(format_args!("{what}: mean"), values, mean);
    let squares: Vec<f64> = values.iter().map(|v| (v - mean).powi(2)).collect();
    assert_mean(format_args!("{what}: variance"), &squares, variance);
}

pub fn to_f64<'a>(values: impl IntoIterator<Item = &'a f32>) -> Vec<f64> {
    values.into_iter().map(|v| f64::from(*v)).collect()
}

/// `f` gives the same at 1, 2 and 5 threads (5: more than the cores of a small machine, and odd).
#[track_caller]
pub fn assert_same_at_any_thread_count<R: PartialEq + Send>(f: impl Fn() -> R + Sync) {
    let at = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(&f)
    };
    let one = at(1);
    for threads in [2, 5] {
        assert!(at(threads) == one, "{threads} threads change the result");
    }
}

/// Rows of a golden file: fields as text, without the header if `header`.
pub fn golden(file: &str, header: bool) -> Vec<Vec<String>> {
    let path = format!("{}/tests/golden/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().skip(usize::from(header));
    lines
        .map(|line| line.split(',').map(str::to_string).collect())
        .collect()
}

/// Evenly spaced nodes and their spacing. The trapezoidal rule on an integrand that vanishes at both ends is
/// a plain sum times the spacing; for Gaussians of standard deviation σ its error is below
/// 2·exp(−2π²σ²/spacing²): rounding only, from σ ≥ 1.5 spacings on.
pub fn grid(low: f64, high: f64, n: usize) -> (Array1<f64>, f64) {
    (
        Array1::linspace(low, high, n),
        (high - low) / (n - 1) as f64,
    )
}

/// All points of grid × grid as rows, shape (n², 2).
pub fn plane_grid(nodes: &Array1<f64>) -> Array2<f64> {
    let n = nodes.len();
    Array2::from_shape_fn((n * n, 2), |(i, axis)| match axis {
        0 => nodes[i / n],
        _ => nodes[i % n],
    })
}

/// ln N(x; mean, variance) in one dimension, written out.
pub fn log_normal(x: f64, mean: f64, variance: f64) -> f64 {
    -0.5 * ((x - mean).powi(2) / variance + (std::f64::consts::TAU * variance).ln())
}

/// ln N(x; mean, covariance) by Gaussian elimination: another way than the crate's eigenvectors.
/// Eliminating Σ beside the column r = x − μ leaves pivots p and r′ with Σ r′²/p = rᵀ Σ⁻¹ r, ∏ p = det Σ.
pub fn naive_log_gaussian(x: &[f64], mean: &[f64], covariance: &Array2<f64>) -> f64 {
    let d = x.len();
    let mut a = covariance.clone();
    let mut r: Vec<f64> = x.iter().zip(mean).map(|(x, m)| x - m).collect();
    let mut sum = 0.0;
    for i in 0..d {
        let pivot = a[[i, i]];
        sum += r[i] * r[i] / pivot + (std::f64::consts::TAU * pivot).ln();
        for j in i + 1..d {
            let factor = a[[j, i]] / pivot;
            r[j] -= factor * r[i];
            for k in i..d {
                a[[j, k]] -= factor * a[[i, k]];
            }
        }
    }
    -0.5 * sum
}

/// ln Σ w N(x; μ, Σ), from the public parts of a mixture; for points where no density underflows.
pub fn naive_log_density(mixture: &Mixture, x: &[f64]) -> f64 {
    let parts = mixture.weights().iter().zip(mixture.components());
    parts
        .map(|(w, c)| w * naive_log_gaussian(x, c.mean(), &c.covariance()).exp())
        .sum::<f64>()
        .ln()
}

/// The chapter's schedule: T = 200, whose last step still holds signal.
pub fn chapter_schedule() -> Schedule {
    Schedule::linear(200, 1e-4, 0.02).unwrap()
}

/// Six large steps: here every confusion of neighbouring timesteps, of β with β̃ or of a variance with a
/// standard deviation is a gross error.
pub fn coarse_schedule() -> Schedule {
    Schedule::from_betas(vec![0.05, 0.2, 0.1, 0.4, 0.3, 0.6]).unwrap()
}

/// One dimension, three components, nothing symmetric, weights that do not sum to 1.
pub fn lopsided() -> Mixture {
    let part = |mean: f64, std: f64| Gaussian::isotropic(&[mean], std).unwrap();
    Mixture::new(
        &[1.0, 5.0, 2.0],
        vec![part(-1.5, 0.4), part(0.5, 0.7), part(3.0, 0.3)],
    )
    .unwrap()
}

/// Two dimensions: a tilted, a diagonal and a round component, unequal weights.
pub fn plane() -> Mixture {
    let tilted = Gaussian::full(&[1.0, -0.5], &array![[0.8, 0.45], [0.45, 0.5]]).unwrap();
    let diagonal = Gaussian::diagonal(&[-1.5, 1.0], &[0.9, 0.5]).unwrap();
    let round = Gaussian::isotropic(&[0.5, 2.0], 0.6).unwrap();
    Mixture::new(&[0.5, 0.3, 0.2], vec![tilted, diagonal, round]).unwrap()
}

/// Five dimensions, two components with random full covariances.
pub fn five_dimensions() -> Mixture {
    let mut rng = Rng::new(5);
    let mut part = |shift: f64| {
        let mean: Vec<f64> = (0..5).map(|_| shift + rng.random::<f64>()).collect();
        Gaussian::full(&mean, &random_spd(5, &mut rng)).unwrap()
    };
    let parts = vec![part(-1.0), part(0.5)];
    Mixture::new(&[0.3, 0.7], parts).unwrap()
}

/// A Aᵀ + 0.1 I with entries of A uniform in [−1, 1): symmetric to the last bit, eigenvalues ≥ 0.1.
pub fn random_spd(d: usize, rng: &mut Rng) -> Array2<f64> {
    let a = Array2::from_shape_simple_fn((d, d), || 2.0 * rng.random::<f64>() - 1.0);
    let product = a.dot(&a.t()) + Array2::<f64>::eye(d) * 0.1;
    (&product + &product.t()) * 0.5
}

/// `n` points with coordinates uniform in [−`reach`, `reach`).
pub fn random_points(n: usize, d: usize, reach: f64, rng: &mut Rng) -> Array2<f64> {
    Array2::from_shape_simple_fn((n, d), || reach * (2.0 * rng.random::<f64>() - 1.0))
}
