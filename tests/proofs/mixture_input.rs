//! Bad mixtures and points are refused with a typed error that names the value.

use diffusion_intuition::{Error, Gaussian, Mixture, Prediction, Result, Rng};
use ndarray::{Array1, Array2, Array3, array};

use crate::support::{chapter_schedule, plane};

fn part(mean: &[f64]) -> Gaussian {
    Gaussian::isotropic(mean, 0.5).unwrap()
}

#[track_caller]
fn shape<T: std::fmt::Debug>(
    result: Result<T>,
    what: &'static str,
    expected: &[usize],
    found: &[usize],
) {
    let wanted = Error::Shape {
        what,
        expected: expected.to_vec(),
        found: found.to_vec(),
    };
    let error = result.unwrap_err();
    assert_eq!(error, wanted);
    let text = error.to_string();
    assert_eq!(
        text,
        format!("{what}: shape {found:?}, expected {expected:?}")
    );
}

#[track_caller]
fn parameter<T: std::fmt::Debug>(result: Result<T>, wanted: &str, bad: f64) {
    match result.unwrap_err() {
        Error::Parameter { name, value, valid } => {
            assert_eq!(name, wanted);
            assert!(value == bad || (value.is_nan() && bad.is_nan()), "{value}");
            let text = Error::Parameter { name, value, valid }.to_string();
            assert_eq!(text, format!("{wanted} = {bad}: must be {valid}"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn weights() {
    let name = "mixture weight";
    for bad in [-0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        parameter(
            Mixture::new(&[1.0, bad], vec![part(&[0.0]), part(&[1.0])]),
            name,
            bad,
        );
    }
    let zero = Mixture::new(&[0.0, 0.0], vec![part(&[0.0]), part(&[1.0])]);
    parameter(zero, "sum of the mixture weights", 0.0);
    let huge = Mixture::new(&[f64::MAX, f64::MAX], vec![part(&[0.0]), part(&[1.0])]);
    parameter(huge, "sum of the mixture weights", f64::INFINITY);
    let few = Mixture::new(&[1.0], vec![part(&[0.0]), part(&[1.0])]);
    shape(few, "mixture weights", &[2], &[1]);
    let scaled = Mixture::new(&[3.0, 1.0], vec![part(&[0.0]), part(&[1.0])]).unwrap();
    assert_eq!(scaled.weights(), [0.75, 0.25]);
}

#[test]
fn components() {
    let none = Mixture::new(&[], vec![]).unwrap_err();
    assert_eq!(
        none,
        Error::Empty {
            what: "mixture components"
        }
    );
    assert_eq!(
        none.to_string(),
        "mixture components: empty, at least one is needed"
    );
    let mixed = Mixture::new(&[1.0, 1.0], vec![part(&[0.0]), part(&[1.0, 2.0])]);
    shape(mixed, "mixture component", &[1], &[2]);
    let no_means: Array2<f64> = Array2::zeros((0, 2));
    let none = Mixture::isotropic(&no_means, 1.0).unwrap_err();
    assert_eq!(
        none,
        Error::Empty {
            what: "mixture components"
        }
    );
    let no_dimensions: Array2<f64> = Array2::zeros((2, 0));
    let none = Mixture::isotropic(&no_dimensions, 1.0).unwrap_err();
    assert_eq!(none, Error::Empty { what: "mean" });
}

#[test]
fn gaussians() {
    let name = "standard deviation";
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        parameter(Gaussian::isotropic(&[0.0, 0.0], bad), name, bad);
        parameter(Gaussian::diagonal(&[0.0, 0.0], &[1.0, bad]), name, bad);
        parameter(Mixture::isotropic(&array![[0.0], [1.0]], bad), name, bad);
    }
    shape(
        Gaussian::diagonal(&[0.0, 0.0], &[1.0]),
        "standard deviations",
        &[2],
        &[1],
    );
    let eye: Array2<f64> = Array2::eye(3);
    shape(
        Gaussian::full(&[0.0, 0.0], &eye),
        "covariance",
        &[2, 2],
        &[3, 3],
    );
    let tall: Array2<f64> = Array2::zeros((2, 3));
    shape(
        Gaussian::full(&[0.0, 0.0], &tall),
        "covariance",
        &[2, 2],
        &[2, 3],
    );
    let empty = Error::Empty { what: "mean" };
    assert_eq!(Gaussian::isotropic(&[], 1.0), Err(empty.clone()));
    assert_eq!(Gaussian::full(&[], &Array2::zeros((0, 0))), Err(empty));
    let two: Array2<f64> = Array2::eye(2);
    for bad in [f64::NAN, f64::INFINITY] {
        for gaussian in [
            Gaussian::isotropic(&[0.0, bad], 1.0),
            Gaussian::full(&[0.0, bad], &two),
        ] {
            let text = gaussian.unwrap_err().to_string();
            assert_eq!(
                text,
                format!("mean: value 1 is {bad}, expected a finite number")
            );
        }
    }
}

/// Every function of points, with points of the wrong dimension.
#[test]
fn points() {
    let (law, schedule) = (plane(), chapter_schedule());
    let s = &schedule;
    let rng = &mut Rng::new(0);
    let three: Array2<f32> = Array2::zeros((4, 3));
    let what = "points";
    let (want, got) = ([4, 2], [4, 3]);
    shape(law.density(&three), what, &want, &got);
    shape(law.log_density(&three), what, &want, &got);
    shape(law.score(&three), what, &want, &got);
    shape(law.optimal_eps(s, &three, 0), what, &want, &got);
    shape(law.optimal(Prediction::X0, s, &three, 0), what, &want, &got);
    shape(law.optimal(Prediction::V, s, &three, 0), what, &want, &got);
    shape(law.reverse_step(s, &three, 0, rng), what, &want, &got);
    // A vector is a list of one-dimensional points; a cube is no list of points at all.
    let vector: Array1<f32> = Array1::zeros(4);
    shape(law.density(&vector), what, &[4, 2], &[4]);
    let cube: Array3<f64> = Array3::zeros((4, 2, 1));
    shape(law.score(&cube), what, &[4, 2], &[4, 2, 1]);
    // For one point of a reverse kernel.
    let point: Array1<f32> = Array1::zeros(3);
    assert!(matches!(
        law.reverse_kernel(s, &point, 0),
        Err(Error::Shape { .. })
    ));
    // No points are fine.
    let none: Array2<f32> = Array2::zeros((0, 2));
    assert_eq!(law.score(&none).unwrap().dim(), (0, 2));
    assert_eq!(law.density(&none).unwrap().len(), 0);
    assert_eq!(law.reverse_step(s, &none, 0, rng).unwrap().dim(), (0, 2));
}

/// What exists in one dimension only says so.
#[test]
fn one_dimension_only() {
    let (law, x) = (plane(), array![0.0_f64]);
    let what = "mixture";
    shape(law.cdf(&x), what, &[1], &[2]);
    shape(law.expectation(|x| x), what, &[1], &[2]);
    shape(law.modes(), what, &[1], &[2]);
    shape(law.kl_from_standard_normal(), what, &[1], &[2]);
    shape(law.eps_floor(&chapter_schedule(), 0), what, &[1], &[2]);
}

/// Not a number is no point: named, and never a panic further in.
#[test]
fn points_that_are_no_numbers() {
    let (law, schedule) = (plane(), chapter_schedule());
    let s = &schedule;
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let x = array![[0.0_f32, 1.0], [2.0, bad]];
        let named = |error: Error| {
            let text = format!("points: value 3 is {bad}, expected a finite number");
            assert_eq!(error.to_string(), text);
        };
        named(law.density(&x).unwrap_err());
        named(law.log_density(&x).unwrap_err());
        named(law.score(&x).unwrap_err());
        named(law.optimal_eps(s, &x, 3).unwrap_err());
        named(law.optimal(Prediction::X0, s, &x, 3).unwrap_err());
        named(law.optimal(Prediction::V, s, &x, 3).unwrap_err());
        named(law.reverse_step(s, &x, 3, &mut Rng::new(0)).unwrap_err());
        let point = array![bad, 0.0];
        let error = law.reverse_kernel(s, &point, 3).unwrap_err();
        assert!(
            matches!(error, Error::NotFinite { index: 0, .. }),
            "{error}"
        );
    }
    let far = array![[0.0, 1e200]];
    parameter(law.score(&far), "points", 1e200);
    // The distribution function has its limits there.
    let line = Mixture::bimodal();
    let ends = array![f64::NEG_INFINITY, f64::INFINITY];
    assert_eq!(line.cdf(&ends).unwrap(), array![0.0, 1.0]);
}
