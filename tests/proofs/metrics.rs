//! Kolmogorov–Smirnov distances: their definition, their false alarms and their power.

use diffusion_intuition::metrics::{
    ks_critical, ks_one_sample, ks_two_sample, wasserstein_one_sample, wasserstein_two_sample,
};
use diffusion_intuition::{Error, Mixture, Rng};
use ndarray::{Array1, Axis, array};
use rand::RngExt;

use crate::support::{SIGMAS, assert_close};

/// Share of `sample` that is at most `x`, or below it.
fn share(sample: &Array1<f32>, x: f32, including: bool) -> f64 {
    let count = sample.iter().filter(|v| **v < x || (including && **v == x));
    count.count() as f64 / sample.len() as f64
}

/// Small whole numbers, so that most values occur several times, in one sample and in both.
fn with_ties(n: usize, rng: &mut Rng) -> Array1<f32> {
    (0..n).map(|_| rng.random_range(-3..4) as f32).collect()
}

fn without_ties(n: usize, rng: &mut Rng) -> Array1<f32> {
    (0..n).map(|_| rng.random_range(-3.0..4.0)).collect()
}

fn normals(n: usize, seed: u64) -> Array1<f32> {
    let mut values = vec![0.0; n];
    Rng::new(seed).fill_standard_normal(&mut values);
    Array1::from(values)
}

fn standard_normal() -> Mixture {
    Mixture::isotropic(&array![[0.0]], 1.0).unwrap()
}

#[test]
fn two_samples_by_definition() {
    let rng = &mut Rng::new(1);
    for case in 0..500 {
        let (n, m) = (rng.random_range(1..30), rng.random_range(1..30));
        let (a, b) = match case % 2 {
            0 => (with_ties(n, rng), with_ties(m, rng)),
            _ => (without_ties(n, rng), without_ties(m, rng)),
        };
        let gaps = a
            .iter()
            .chain(&b)
            .map(|x| (share(&a, *x, true) - share(&b, *x, true)).abs());
        let expected = gaps.fold(0.0, f64::max);
        let found = ks_two_sample(&a, &b).unwrap();
        // The same quotients, so the same numbers.
        assert_eq!(found, expected, "case {case}: {a} and {b}");
        assert_eq!(ks_two_sample(&b, &a).unwrap(), expected);
    }
    assert_eq!(
        ks_two_sample(&array![1.0, 2.0], &array![2.0, 1.0]).unwrap(),
        0.0
    );
    assert_eq!(ks_two_sample(&array![1.0, 2.0], &array![3.0]).unwrap(), 1.0);
    assert_eq!(ks_two_sample(&array![-0.0], &array![0.0]).unwrap(), 0.0);
}

#[test]
fn one_sample_by_definition() {
    let rng = &mut Rng::new(2);
    let law = crate::support::lopsided();
    for case in 0..200 {
        let n = rng.random_range(1..30);
        let sample = match case % 2 {
            0 => with_ties(n, rng),
            _ => without_ties(n, rng),
        };
        let gaps = sample.iter().flat_map(|x| {
            let exact = law.cdf(&array![f64::from(*x)]).unwrap()[0];
            // An empirical distribution function jumps at x: both sides count.
            [true, false].map(|including| (share(&sample, *x, including) - exact).abs())
        });
        let expected = gaps.fold(0.0, f64::max);
        let found = ks_one_sample(&sample, &law).unwrap();
        assert_close(format_args!("case {case}"), found, expected, 1e-15);
    }
}

/// Published: 1.358/√n at 5 %, 1.628/√n at 1 % (Smirnov 1948, as in every table).
#[test]
fn critical_values_are_the_published_ones() {
    for (alpha, published) in [(0.1, 1.224), (0.05, 1.358), (0.01, 1.628), (0.001, 1.949)] {
        let one = ks_critical(400, usize::MAX, alpha).unwrap();
        assert_close(alpha, one * 20.0, published, 6e-4);
        let two = ks_critical(100, 300, alpha).unwrap();
        assert_close(alpha, two * 75_f64.sqrt(), published, 6e-4);
        assert_eq!(two, ks_critical(300, 100, alpha).unwrap());
    }
}

/// Among 4000 honest samples about a share alpha exceeds the critical value: never significantly more (it is
/// cautious), and not less than half of it (it is not blind).
#[test]
fn false_alarms_are_as_rare_as_stated() {
    let (runs, n) = (4000_u64, 200);
    let law = standard_normal();
    for alpha in [0.1, 0.05, 0.01] {
        let one_critical = ks_critical(n, usize::MAX, alpha).unwrap();
        let two_critical = ks_critical(n, n, alpha).unwrap();
        let (mut one, mut two) = (0.0, 0.0);
        for run in 0..runs {
            let (a, b) = (normals(n, 2 * run), normals(n, 2 * run + 1));
            one += f64::from(ks_one_sample(&a, &law).unwrap() > one_critical);
            two += f64::from(ks_two_sample(&a, &b).unwrap() > two_critical);
        }
        let runs = runs as f64;
        let slack = SIGMAS * (alpha * (1.0 - alpha) / runs).sqrt();
        for (what, rate) in [("one sample", one / runs), ("two samples", two / runs)] {
            let highest = alpha + slack;
            let lowest = (0.5 * alpha - slack).max(0.25 * alpha);
            assert!(
                lowest <= rate && rate <= highest,
                "{what} at {alpha}: {rate}"
            );
        }
    }
}

/// Distributions that differ a little are told apart at the level of the proofs, whatever differs.
#[test]
fn differences_are_seen() {
    let n = 20_000;
    let (a, b) = (normals(n, 1), normals(n, 2));
    let law = standard_normal();
    let alpha = crate::support::KS_ALPHA;
    let one_critical = ks_critical(n, usize::MAX, alpha).unwrap();
    let two_critical = ks_critical(n, n, alpha).unwrap();
    assert!(ks_one_sample(&a, &law).unwrap() < one_critical);
    assert!(ks_two_sample(&a, &b).unwrap() < two_critical);
    // A shift by δ moves F by up to δ/√2π, a spread of 1 + δ by up to 0.242 δ: 0.06 and 0.048 here.
    for (what, other) in [("shift", &b + 0.15), ("spread", &b * 1.2)] {
        assert!(
            ks_one_sample(&other, &law).unwrap() > one_critical,
            "{what}"
        );
        assert!(ks_two_sample(&a, &other).unwrap() > two_critical, "{what}");
    }
}

/// A column is a list, f32 and f64 may be mixed, and a plane is no list.
#[test]
fn shapes_and_number_types() {
    let (a, law) = (normals(50, 8), standard_normal());
    let column = a.clone().insert_axis(Axis(1));
    let (wide, b) = (a.mapv(f64::from), normals(60, 9));
    for (list, other) in [
        (ks_one_sample(&a, &law), ks_one_sample(&column, &law)),
        (ks_one_sample(&a, &law), ks_one_sample(&wide, &law)),
        (ks_two_sample(&a, &b), ks_two_sample(&wide, &b)),
        (ks_two_sample(&a, &b), ks_two_sample(&column, &b)),
        (
            wasserstein_one_sample(&a, &law),
            wasserstein_one_sample(&column, &law),
        ),
        (
            wasserstein_two_sample(&a, &b),
            wasserstein_two_sample(&wide, &b),
        ),
    ] {
        assert_eq!(list.unwrap(), other.unwrap());
    }
    let plane = column.clone().into_shape_with_order((25, 2)).unwrap();
    let error = ks_two_sample(&a, &plane).unwrap_err().to_string();
    assert_eq!(error, "second sample: shape [25, 2], expected [25, 1]");
    assert!(wasserstein_one_sample(&plane, &law).is_err());
}

#[test]
fn bad_samples_and_levels_are_refused() {
    let (good, none) = (array![0.5_f32, 1.0], Array1::<f32>::zeros(0));
    let law = standard_normal();
    let empty = |what| Err(Error::Empty { what });
    assert_eq!(ks_two_sample(&none, &good), empty("first sample"));
    assert_eq!(ks_two_sample(&good, &none), empty("second sample"));
    assert_eq!(ks_one_sample(&none, &law), empty("sample"));
    assert_eq!(ks_critical(0, 5, 0.05), empty("sample"));
    assert_eq!(ks_critical(5, 0, 0.05), empty("sample"));
    for bad in [f32::NAN, f32::INFINITY] {
        let sample = array![0.0, 1.0, bad];
        for (what, result) in [
            ("first sample", ks_two_sample(&sample, &good)),
            ("second sample", ks_two_sample(&good, &sample)),
            ("sample", ks_one_sample(&sample, &law)),
        ] {
            let text = result.unwrap_err().to_string();
            assert_eq!(
                text,
                format!("{what}: value 2 is {bad}, expected a finite number")
            );
        }
    }
    for bad in [0.0, 1.0, -0.1, 1.5, f64::NAN] {
        match ks_critical(10, 10, bad).unwrap_err() {
            Error::Parameter { name, value, .. } => {
                assert_eq!(name, "alpha");
                assert!(value == bad || bad.is_nan());
            }
            other => panic!("{other:?}"),
        }
    }
    let plane = crate::support::plane();
    assert!(matches!(
        ks_one_sample(&good, &plane),
        Err(Error::Shape { .. })
    ));
}
