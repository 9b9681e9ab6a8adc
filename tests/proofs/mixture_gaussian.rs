//! Full covariances: decomposed exactly, oriented correctly.

use diffusion_intuition::{Error, Gaussian, Mixture, Prediction, Rng};
use ndarray::{Array2, array};
use rand::RngExt;

use crate::support::{
    assert_all_close, assert_close, naive_log_gaussian, random_points, random_spd,
};

fn largest(matrix: &Array2<f64>) -> f64 {
    matrix.iter().fold(0.0, |m, v| m.max(v.abs()))
}

/// The stated covariance is the given one, for random positive definite matrices up to d = 8.
#[test]
fn covariances_come_back() {
    let rng = &mut Rng::new(1);
    for d in 1..=8 {
        for case in 0..50 {
            // From tiny to huge scales: the decomposition has none of its own.
            let matrix = random_spd(d, rng) * 10_f64.powi(case % 13 - 6);
            let gaussian = Gaussian::full(&vec![0.0; d], &matrix).unwrap();
            let scale = largest(&matrix);
            let found = gaussian.covariance();
            let what = format!("d = {d}, case {case}");
            assert_all_close(what, &found, &matrix, |_| 1e-12 * scale);
        }
    }
}

/// A diagonal spread turned by an orthonormal matrix, given as a full covariance, is the same law.
#[test]
fn full_equals_the_diagonal_turned() {
    let rng = &mut Rng::new(2);
    for d in 2..=6 {
        // Householder reflections are orthonormal and mix all coordinates.
        let mut turn: Array2<f64> = Array2::eye(d);
        for _ in 0..d {
            let v = random_points(d, 1, 1.0, rng);
            let norm = v.mapv(|v| v * v).sum();
            turn = turn.dot(&(Array2::<f64>::eye(d) - v.dot(&v.t()) * (2.0 / norm)));
        }
        let stds: Vec<f64> = (0..d).map(|_| rng.random_range(0.2..2.0)).collect();
        let mean: Vec<f64> = (0..d).map(|_| rng.random_range(-1.0..1.0)).collect();
        let spread = Array2::from_diag(&ndarray::aview1(&stds).mapv(|s| s * s));
        let covariance = turn.dot(&spread).dot(&turn.t());
        let law = |gaussian| Mixture::new(&[1.0], vec![gaussian]).unwrap();
        let turned = law(Gaussian::full(&mean, &covariance).unwrap());
        let straight = law(Gaussian::diagonal(&vec![0.0; d], &stds).unwrap());
        // If y follows `straight`, mean + turn·y follows `turned`, with the same density.
        let y = random_points(100, d, 2.0, rng);
        let x = y.dot(&turn.t()) + ndarray::aview1(&mean);
        let (found, expected) = (turned.log_density(&x), straight.log_density(&y));
        // Condition numbers up to 100, exponents up to some hundreds.
        let tolerance = |e: f64| 1e-12 * (1.0 + e.abs());
        assert_all_close(d, &found.unwrap(), &expected.unwrap(), tolerance);
        let score = turned.score(&x).unwrap();
        let expected = straight.score(&y).unwrap().dot(&turn.t());
        assert_all_close(d, &score, &expected, |_| 1e-10);
    }
}

#[test]
fn diagonal_and_full_agree_on_a_diagonal_covariance() {
    let stds = [0.3, 1.0, 2.0];
    let covariance = Array2::from_diag(&array![0.09, 1.0, 4.0]);
    let diagonal = Gaussian::diagonal(&[1.0, 2.0, 3.0], &stds).unwrap();
    let full = Gaussian::full(&[1.0, 2.0, 3.0], &covariance).unwrap();
    assert_all_close("covariance", &diagonal.covariance(), &covariance, |_| 1e-15);
    assert_eq!(full.covariance(), covariance);
    assert_eq!(full.mean(), diagonal.mean());
    assert_eq!((full.dim(), diagonal.dim()), (3, 3));
    let round = Gaussian::isotropic(&[0.0, 0.0], 0.5).unwrap();
    assert_eq!(round.covariance(), array![[0.25, 0.0], [0.0, 0.25]]);
}

/// Long thin laws: eigenvalues a million apart lose no more than six digits of the sixteen.
#[test]
fn thin_gaussians_keep_their_density() {
    let (sin, cos) = 0.7_f64.sin_cos();
    let turn = array![[cos, -sin], [sin, cos]];
    let covariance = turn.dot(&array![[1.0, 0.0], [0.0, 1e-6]]).dot(&turn.t());
    // Symmetric to the last bit, as the product may not be.
    let covariance = (&covariance + &covariance.t()) * 0.5;
    let law = Mixture::new(
        &[1.0],
        vec![Gaussian::full(&[0.0, 0.0], &covariance).unwrap()],
    );
    for (along, across) in [(0.0, 0.0), (1.0, 0.001), (-2.0, 0.003), (0.5, -0.002)] {
        let x = [cos * along - sin * across, sin * along + cos * across];
        let point: Array2<f64> = array![x];
        let found = law.as_ref().unwrap().log_density(&point).unwrap()[0];
        let expected = naive_log_gaussian(&x, &[0.0, 0.0], &covariance);
        assert_close(format_args!("{along}, {across}"), found, expected, 1e-8);
    }
}

#[test]
fn what_is_no_covariance_is_refused() {
    let refused = |matrix: Array2<f64>, parts: &[&str]| {
        let error = Gaussian::full(&vec![0.0; matrix.nrows()], &matrix).unwrap_err();
        let Error::Covariance { reason } = &error else {
            panic!("{error:?}");
        };
        for part in parts {
            assert!(reason.contains(part), "{reason:?} lacks {part:?}");
        }
        assert!(error.to_string().contains(reason.as_str()));
    };
    let nan = f64::NAN;
    refused(array![[1.0, 0.5], [0.4, 1.0]], &["(0, 1)", "0.5", "0.4"]);
    refused(array![[1.0, 3.0], [3.0, 1.0]], &["eigenvalue -"]); // −2, up to rounding
    refused(array![[0.0, 1.0], [1.0, 0.0]], &["eigenvalue -"]); // −1, up to rounding
    refused(array![[-1.0]], &["eigenvalue -1"]);
    refused(array![[0.0]], &["eigenvalue 0"]);
    refused(array![[1.0, nan], [nan, 1.0]], &["NaN"]);
    refused(array![[nan]], &["NaN"]);
    refused(array![[f64::INFINITY]], &["inf"]);
}

/// A singular matrix has no density. Rounding may turn its zero eigenvalue into ±1e-17, which must not pass.
#[test]
fn singular_covariances_are_refused() {
    let rng = &mut Rng::new(3);
    for d in 2..=6 {
        for case in 0..20 {
            let v = random_points(d, 1, 1.0, rng);
            let w = random_points(d, 1, 1.0, rng);
            // Rank 1, or rank 2 where that is below d.
            let mut matrix = v.dot(&v.t());
            if d > 2 && case % 2 == 0 {
                matrix += &w.dot(&w.t());
            }
            let result = Gaussian::full(&vec![0.0; d], &matrix);
            let refused = matches!(result, Err(Error::Covariance { .. }));
            assert!(refused, "d = {d}, case {case}: {result:?}");
        }
    }
}

/// The unit of the data may be any: the same matrix at 1e±200 has the same axes, and is refused as soon.
#[test]
fn covariances_of_any_size_keep_their_off_diagonals() {
    for unit in [1e-299, 1e-200, 1e-10, 1.0, 1e10, 1e200, 1e299] {
        let matrix = array![[2.0, 1.2], [1.2, 1.0]] * unit;
        let law = Gaussian::full(&[0.0, 0.0], &matrix).unwrap();
        let close = |e: f64| 1e-14 * e.abs();
        assert_all_close(unit, &law.covariance(), &matrix, close);
        for wrong in [
            array![[1.0, 2.0], [2.0, 1.0]],
            array![[1.0, 1.0], [1.0, 1.0]],
            array![[1.0, -3.0], [-3.0, 1.0]],
        ] {
            let refused = Gaussian::full(&[0.0, 0.0], &(wrong * unit));
            assert!(matches!(refused, Err(Error::Covariance { .. })), "{unit}");
        }
    }
    for unit in [1e-305, 5e-324, 1e305] {
        let refused = Gaussian::full(&[0.0], &array![[unit]]);
        let text = refused.unwrap_err().to_string();
        assert!(text.contains("not between 1e-300 and 1e300"), "{text}");
    }
}

/// What f64 can hold is computed, what it cannot is refused; nothing is NaN.
#[test]
fn widths_and_places_at_the_edges_of_f64() {
    for std in [1e-200, 5e-324, 1e151, 1e200, f64::MAX] {
        let refused = Gaussian::isotropic(&[0.0], std);
        assert!(matches!(refused, Err(Error::Parameter { .. })), "{std}");
    }
    for mean in [1e151, -f64::MAX] {
        let refused = Gaussian::isotropic(&[0.0, mean], 1.0);
        assert!(
            matches!(refused, Err(Error::Parameter { name: "mean", .. })),
            "{mean}"
        );
    }
    for std in [1e-150, 1e-75, 1e75, 1e150] {
        let law = Mixture::isotropic(&array![[-1.0], [1.0]], std).unwrap();
        assert!(law.entropy().unwrap().is_finite(), "{std}");
        let schedule = crate::support::chapter_schedule();
        assert!(law.eps_floor(&schedule, 50).unwrap().is_finite(), "{std}");
        let x = array![0.0_f64, 1e-150, -3.0, 1e150, -1e150];
        for values in [
            law.log_density(&x).unwrap(),
            law.score(&x).unwrap(),
            law.optimal(Prediction::X0, &schedule, &x, 7).unwrap(),
            law.optimal_eps(&schedule, &x, 7).unwrap(),
            law.optimal(Prediction::V, &schedule, &x, 7).unwrap(),
        ] {
            assert!(values.iter().all(|v| !f64::is_nan(*v)), "{std}: {values}");
        }
        // Symmetric about 0, and towards the nearer heap elsewhere.
        let score = law.score(&array![0.0, 2.0, -2.0]).unwrap();
        assert_eq!(score[0], 0.0, "{std}");
        assert!(score[1] < 0.0 && score[2] == -score[1], "{std}: {score}");
    }
}
