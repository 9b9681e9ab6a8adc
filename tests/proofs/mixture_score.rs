//! The score is the gradient of the log-density.

use diffusion_intuition::{Mixture, Rng};
use ndarray::Array2;

use crate::support::{
    assert_close, chapter_schedule, five_dimensions, lopsided, plane, random_points,
};

/// Five-point central difference of ln p along `axis`, at every row of `x`.
fn difference(law: &Mixture, x: &Array2<f64>, axis: usize) -> Vec<f64> {
    let h = 3e-4;
    let at = |shift: f64| {
        let mut moved = x.clone();
        moved.column_mut(axis).mapv_inplace(|v| v + shift);
        law.log_density(&moved).unwrap()
    };
    let values = [at(-2.0 * h), at(-h), at(h), at(2.0 * h)];
    (0..x.nrows())
        .map(|i| {
            let [a, b, c, d] = [0, 1, 2, 3].map(|k: usize| values[k][i]);
            (a - 8.0 * b + 8.0 * c - d) / (12.0 * h)
        })
        .collect()
}

/// The stencil errs by h⁴/30 · |∂⁵ ln p|. Steepest is the clean bimodal law between its heaps, where the
/// score holds 2/σ² · tanh(2x/σ²): its fourth derivative is below 2.1e7, hence 6e-9. Rounding gives
/// 1.5 · 1.1e-16 · |ln p| / h < 3e-10 for |ln p| < 500.
const TOLERANCE: f64 = 1e-8;

#[test]
fn score_is_the_gradient_of_the_log_density() {
    let schedule = chapter_schedule();
    let rng = &mut Rng::new(1);
    for (name, data, reach) in [
        ("bimodal", Mixture::bimodal(), 4.0),
        ("lopsided", lopsided(), 4.0),
        ("plane, with a full covariance", plane(), 3.0),
        ("five dimensions, full covariances", five_dimensions(), 1.5),
    ] {
        let d = data.dim();
        let marginals = [0, 60, 199].map(|t| data.marginal(&schedule, t).unwrap());
        for (i, law) in std::iter::once(&data).chain(&marginals).enumerate() {
            let x = random_points(200, d, reach, rng);
            let score = law.score(&x).unwrap();
            for axis in 0..d {
                let expected = difference(law, &x, axis);
                for (row, expected) in expected.into_iter().enumerate() {
                    let what = format!("{name}, law {i}, row {row}, axis {axis}");
                    let tolerance = TOLERANCE * (1.0 + expected.abs());
                    assert_close(what, score[[row, axis]], expected, tolerance);
                }
            }
        }
    }
}

/// E[∇ ln p] = 0 and E[x ∇ ln p] = −1 (Stein): holds for every smooth density, by integration by parts.
#[test]
fn steins_identities() {
    for law in [Mixture::bimodal(), lopsided()] {
        let score = |x: f64| law.score(&ndarray::array![x]).unwrap()[0];
        // Sums of 4000 terms that cancel from a size of some 10: 1e-13.
        assert_close("E score", law.expectation(score).unwrap(), 0.0, 1e-11);
        let moment = law.expectation(|x| x * score(x)).unwrap();
        assert_close("E x score", moment, -1.0, 1e-11);
    }
}
