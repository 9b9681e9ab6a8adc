//! NaN, infinities and shapes that do not fit are refused with the place and the value.

use diffusion_intuition::{Error, Rng};
use ndarray::{Array1, Array2, array};

use crate::support::chapter_schedule;

/// The error must name `what`, the row-major `index` and the value itself.
#[track_caller]
fn assert_not_finite(error: Error, what: &str, index: usize, value: f32) {
    let text = error.to_string();
    match error {
        Error::NotFinite {
            what: w,
            index: i,
            value: v,
        } => {
            assert_eq!((w, i), (what, index), "{text}");
            assert!(
                v == f64::from(value) || (v.is_nan() && value.is_nan()),
                "{text}"
            );
        }
        other => panic!("{other:?}"),
    }
    let expected = format!("{what}: value {index} is {value}, ");
    assert!(
        text.starts_with(&expected),
        "{text:?} instead of {expected:?}"
    );
}

/// Places on both sides of a chunk's border, and the first of two offenders counts.
#[test]
fn nan_and_infinities_are_found_where_they_are() {
    let schedule = chapter_schedule();
    let rng = &mut Rng::new(0);
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for (n, at) in [
            (1, 0),
            (10, 9),
            (5000, 4095),
            (5000, 4096),
            (20_000, 12_345),
        ] {
            let mut x: Array1<f32> = Array1::from_elem(n, 0.25);
            let good = x.clone();
            x[at] = bad;
            x[n - 1] = bad;
            let matrix = x.clone().insert_axis(ndarray::Axis(1));
            let s = &schedule;
            assert_not_finite(s.q_step(&x, 5, rng).unwrap_err(), "x_before", at, bad);
            assert_not_finite(s.q_sample(&x, 5, rng).unwrap_err(), "x0", at, bad);
            assert_not_finite(s.q_sample_with(&x, 5, &good).unwrap_err(), "x0", at, bad);
            assert_not_finite(s.q_sample_with(&good, 5, &x).unwrap_err(), "eps", at, bad);
            let batch = s.q_sample_batch(&matrix, &vec![5; n], rng);
            assert_not_finite(batch.unwrap_err(), "x0", at, bad);
        }
    }
}

/// The largest finite numbers are no infinities.
#[test]
fn extreme_finite_values_are_accepted() {
    let schedule = chapter_schedule();
    let x = array![f32::MAX, f32::MIN, f32::MIN_POSITIVE, 1e-45, -0.0];
    let (x_t, _) = schedule.q_sample(&x, 0, &mut Rng::new(0)).unwrap();
    assert!(x_t.iter().all(|v| v.is_finite()));
}

/// Row-major position, also where memory is laid out by columns or with gaps.
#[test]
fn the_index_is_row_major_in_any_layout() {
    let schedule = chapter_schedule();
    let rng = &mut Rng::new(0);
    let mut by_columns: Array2<f32> = Array2::zeros((4, 3)).reversed_axes(); // (3, 4)
    by_columns[[0, 3]] = f32::NAN; // memory position 9
    by_columns[[2, 0]] = f32::INFINITY; // memory position 2
    let error = schedule.q_sample(&by_columns, 0, rng).unwrap_err();
    assert_not_finite(error, "x0", 3, f32::NAN);
    let good: Array2<f32> = Array2::zeros((3, 4));
    let error = schedule.q_sample_with(&good, 0, &by_columns).unwrap_err();
    assert_not_finite(error, "eps", 3, f32::NAN);
    let error = schedule
        .q_sample_batch(&by_columns, &[0; 3], rng)
        .unwrap_err();
    assert_not_finite(error, "x0", 3, f32::NAN);
    let gaps = by_columns.slice(ndarray::s![.., ..;3]); // columns 0 and 3
    let error = schedule
        .q_sample_with(&gaps, 0, &good.slice(ndarray::s![.., ..2]))
        .unwrap_err();
    assert_not_finite(error, "x0", 1, f32::NAN);
}

#[test]
fn shapes_that_differ_are_refused() {
    let schedule = chapter_schedule();
    let (two, three) = (array![0.0_f32, 0.0], array![0.0_f32, 0.0, 0.0]);
    let shape = |what| Error::Shape {
        what,
        expected: vec![2],
        found: vec![3],
    };
    let error = schedule.q_sample_with(&two, 0, &three).unwrap_err();
    assert_eq!(error, shape("eps"));
    assert_eq!(error.to_string(), "eps: shape [3], expected [2]");
    let error = schedule.q_posterior(&two, &three, 0).unwrap_err();
    assert_eq!(error, shape("x_t"));
}
