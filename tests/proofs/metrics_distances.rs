//! Wasserstein, sliced Wasserstein and energy distance: SciPy's values, closed forms, symmetry, refusals.

use std::collections::BTreeMap;

use diffusion_intuition::metrics::{
    energy_distance, sliced_wasserstein, wasserstein_one_sample, wasserstein_two_sample,
};
use diffusion_intuition::{Error, Mixture, Rng, data};
use ndarray::{Array1, Array2, Axis, array};

use crate::support::{SIGMAS, assert_close, assert_same_at_any_thread_count, golden, lopsided};

/// Golden rows by case and name.
fn cases() -> BTreeMap<String, BTreeMap<String, Vec<f64>>> {
    let mut cases: BTreeMap<String, BTreeMap<_, _>> = BTreeMap::new();
    for row in golden("metrics.csv", false) {
        // A case's name may hold a comma; what stands after it never does.
        let start = row
            .iter()
            .position(|field| field.parse::<f64>().is_ok())
            .unwrap();
        let numbers = row[start..].iter().map(|field| field.parse().unwrap());
        let case = row[..start - 1].join(",");
        cases
            .entry(case)
            .or_default()
            .insert(row[start - 1].clone(), numbers.collect());
    }
    cases
}

fn line(values: &[f64]) -> Array1<f32> {
    values.iter().map(|x| *x as f32).collect()
}

fn plane(values: &[f64]) -> Array2<f32> {
    line(values)
        .into_shape_with_order((values.len() / 2, 2))
        .unwrap()
}

fn column(values: &Array1<f32>) -> Array2<f32> {
    values.clone().insert_axis(Axis(1))
}

fn normals(n: usize, d: usize, seed: u64) -> Array2<f32> {
    let mut values = vec![0.0; n * d];
    Rng::new(seed).fill_standard_normal(&mut values);
    Array2::from_shape_vec((n, d), values).unwrap()
}

/// Sums of at most 1800 terms below 110 in f64: rounding is far below 1e-12 of their scale.
#[test]
fn one_dimension_is_as_in_scipy() {
    let (mut tried, law) = (0, Mixture::bimodal());
    for (name, case) in cases()
        .iter()
        .filter(|(name, _)| !name.starts_with("plane"))
    {
        let (a, b) = (line(&case["a"]), line(&case["b"]));
        let (expected, scale) = (case["wasserstein"][0], 100.0);
        for (a, b) in [(&a, &b), (&b, &a)] {
            let found = wasserstein_two_sample(a, b).unwrap();
            assert_close(name, found, expected, 1e-14 * scale);
            // One dimension has two directions, and both give the distance itself.
            let sliced = sliced_wasserstein(&column(a), &column(b), 3, &mut Rng::new(0)).unwrap();
            assert_close(name, sliced, expected, 1e-14 * scale);
            let energy = energy_distance(&column(a), &column(b)).unwrap();
            assert_close(name, energy, case["energy"][0], 1e-13 * scale);
        }
        // The tolerance that quadrature was asked for, over at most 120 pieces.
        let found = wasserstein_one_sample(&a, &law).unwrap();
        assert_close(name, found, case["exact"][0], 1e-11);
        tried += 1;
    }
    assert_eq!(tried, 5);
}

/// Energy as the sum over all pairs. Sliced against evenly spaced directions, within its own scatter.
#[test]
fn two_dimensions_are_as_by_definition() {
    let mut tried = 0;
    for (name, case) in cases().iter().filter(|(name, _)| name.starts_with("plane")) {
        let (a, b) = (plane(&case["a"]), plane(&case["b"]));
        for (a, b) in [(&a, &b), (&b, &a)] {
            let energy = energy_distance(a, b).unwrap();
            assert_close(name, energy, case["energy"][0], 1e-13);
            let runs: Vec<f64> = (0..400)
                .map(|seed| sliced_wasserstein(a, b, 64, &mut Rng::new(seed)).unwrap())
                .collect();
            crate::support::assert_mean(name, &runs, case["sliced"][0]);
        }
        tried += 1;
    }
    assert_eq!(tried, 2);
}

/// Repeating every value of a sample changes no distribution function, hence no distance.
#[test]
fn sizes_do_not_matter() {
    let (a, b) = (normals(50, 2, 1), normals(50, 2, 2) * 1.3);
    let twice = ndarray::concatenate(Axis(0), &[b.view(), b.view()]).unwrap();
    let sliced = |b| sliced_wasserstein(&a, b, 20, &mut Rng::new(3)).unwrap();
    assert_close("sliced", sliced(&twice), sliced(&b), 1e-14);
    let energy = |b| energy_distance(&a, b).unwrap();
    assert_close("energy", energy(&twice), energy(&b), 1e-14);
    let line = |b: &Array2<f32>| wasserstein_two_sample(&a.column(0), &b.column(1)).unwrap();
    assert_close("line", line(&twice), line(&b), 1e-14);
}

/// A sample and itself, moved by δ: W₁ is |δ|; sliced E|θ·δ|, ‖δ‖·2/π in the plane and ‖δ‖/2 in space; two
/// single points have energy 2‖δ‖.
#[test]
fn a_shift_costs_its_length() {
    let x = normals(300, 1, 4).remove_axis(Axis(1));
    let moved = &x + 0.25;
    // f32 rounds x + ¼, of size below 4, by at most 2⁻²³.
    let found = wasserstein_two_sample(&x, &moved).unwrap();
    assert_close("line", found, 0.25, 2_f64.powi(-23));
    for (d, factor) in [(2, 2.0 / std::f64::consts::PI), (3, 0.5)] {
        let (zero, mut point) = (Array2::zeros((1, d)), Array2::zeros((1, d)));
        (point[[0, 0]], point[[0, 1]]) = (3.0, -4.0);
        let n = 40_000;
        let found = sliced_wasserstein(&zero, &point, n, &mut Rng::new(5)).unwrap();
        // |θ·δ| lies in [0, 5]: its standard deviation is at most 2.5.
        assert_close(d, found, 5.0 * factor, SIGMAS * 2.5 / (n as f64).sqrt());
        assert_close(d, energy_distance(&zero, &point).unwrap(), 10.0, 1e-14);
    }
}

/// Normal laws with standard deviations 1 and s: W₁ = |s − 1| √(2/π), in every direction. Their energy
/// distance in d = 2: E‖a − b‖ = √(1 + s²)·√(π/2), √(2)·√(π/2) and √2·s·√(π/2).
#[test]
fn normal_laws_have_their_known_distances() {
    let (n, s) = (4000, 1.5);
    let (a, b) = (normals(n, 2, 6), normals(n, 2, 7) * 1.5);
    let expected = (s - 1.0) * (2.0 / std::f64::consts::PI).sqrt();
    // One sample's quantiles are off by some 1/√n, more in the tails; a distance is biased upwards by less.
    let tolerance = SIGMAS / (n as f64).sqrt();
    let sliced = sliced_wasserstein(&a, &b, 100, &mut Rng::new(8)).unwrap();
    assert_close("sliced", sliced, expected, tolerance);
    let line = wasserstein_two_sample(&a.column(0), &b.column(0)).unwrap();
    assert_close("line", line, expected, tolerance);
    let half_circle = (std::f64::consts::PI / 2.0).sqrt();
    let root = |x: f64| x.sqrt() * half_circle;
    let expected = 2.0 * root(1.0 + s * s) - root(2.0) - s * root(2.0);
    let energy = energy_distance(&a, &b).unwrap();
    assert_close("energy", energy, expected, tolerance);
}

/// With more and more samples of the law itself, the distance to it goes to 0 as 1/√n; with a shifted
/// sample, to the shift.
#[test]
fn samples_of_a_law_are_near_it() {
    let law = lopsided();
    let samples = law.sample(100_000, &mut Rng::new(9)).unwrap();
    let own = wasserstein_one_sample(&samples.column(0), &law).unwrap();
    // E W₁ ≤ ∫ √(F(1−F)/n): the integral is below the length of [−3, 4] halved.
    assert!(own < 3.5 * SIGMAS / 1e5_f64.sqrt(), "{own}");
    let moved = &samples + 0.5_f32;
    let found = wasserstein_one_sample(&moved.column(0), &law).unwrap();
    assert_close("moved", found, 0.5, own + 1e-6);
    // Against a great sample instead of the law.
    let few = samples.slice(ndarray::s![..20, 0]).to_owned();
    let against = wasserstein_two_sample(&few, &samples.column(0)).unwrap();
    let exact = wasserstein_one_sample(&few, &law).unwrap();
    assert_close("triangle inequality", exact, against, own);
}

/// One value x against N(0, 1): E|X − x|, which is √(2/π) at 0, and |x| to rounding far out.
#[test]
fn one_value_against_a_normal_law() {
    let law = Mixture::isotropic(&array![[0.0]], 1.0).unwrap();
    let at = |x: f32| wasserstein_one_sample(&array![x], &law).unwrap();
    assert_close("0", at(0.0), (2.0 / std::f64::consts::PI).sqrt(), 1e-15);
    assert_close("50", at(50.0), 50.0, 1e-13);
    assert_close("−50", at(-50.0), 50.0, 1e-13);
}

#[test]
fn equal_samples_have_distance_0() {
    let a = normals(400, 2, 10);
    let mut shuffled = a.clone();
    shuffled.invert_axis(Axis(0));
    let shuffled = shuffled.as_standard_layout().to_owned();
    assert_eq!(
        sliced_wasserstein(&a, &shuffled, 10, &mut Rng::new(0)).unwrap(),
        0.0
    );
    let line = wasserstein_two_sample(&a.column(0), &shuffled.column(0)).unwrap();
    assert_eq!(line, 0.0);
    // Sums of distances of size 1, in another order.
    assert_close(
        "energy",
        energy_distance(&a, &shuffled).unwrap(),
        0.0,
        1e-13,
    );
}

#[test]
fn thread_count_and_layout_change_no_bit() {
    let rng = &mut Rng::new(11);
    let a = data::moons(700, rng).unwrap();
    let b = data::spiral(901, rng).unwrap();
    let both = |a: &Array2<f32>, b: &Array2<f32>| {
        let sliced = sliced_wasserstein(a, b, 50, &mut Rng::new(1)).unwrap();
        (sliced.to_bits(), energy_distance(a, b).unwrap().to_bits())
    };
    assert_same_at_any_thread_count(|| both(&a, &b));
    let by_columns = a.t().as_standard_layout().to_owned().reversed_axes();
    assert_eq!(both(&by_columns, &b), both(&a, &b));
    // Directions come from the generator: another seed, another value, but hardly.
    let other = sliced_wasserstein(&a, &b, 50, &mut Rng::new(2)).unwrap();
    assert_ne!(other.to_bits(), both(&a, &b).0);
}

/// f64 holds what overflows in f32.
#[test]
fn the_largest_numbers_do_not_overflow() {
    let (a, b) = (array![[f32::MAX, 0.0]], array![[f32::MIN, 0.0]]);
    let span = 2.0 * f64::from(f32::MAX);
    assert_close(
        "energy",
        energy_distance(&a, &b).unwrap(),
        2.0 * span,
        1e-12 * span,
    );
    assert!(
        sliced_wasserstein(&a, &b, 5, &mut Rng::new(0))
            .unwrap()
            .is_finite()
    );
    let line = wasserstein_two_sample(&a.column(0), &b.column(0)).unwrap();
    assert_close("line", line, span, 1e-12 * span);
}

#[test]
fn bad_samples_are_refused() {
    type Distance = fn(&Array2<f32>, &Array2<f32>) -> diffusion_intuition::Result<f64>;
    let sliced: Distance = |a, b| sliced_wasserstein(a, b, 5, &mut Rng::new(0));
    let line: Distance = |a, b| wasserstein_two_sample(&a.column(0), &b.column(0));
    let good = array![[0.5_f32], [1.0]];
    let none = Array2::zeros((0, 1));
    let bad = array![[0.0], [f32::NAN]];
    for distance in [sliced, energy_distance as Distance, line] {
        for (what, result, refused) in [
            (
                "first sample",
                distance(&none, &good),
                distance(&bad, &good),
            ),
            (
                "second sample",
                distance(&good, &none),
                distance(&good, &bad),
            ),
        ] {
            assert_eq!(result, Err(Error::Empty { what }));
            let text = refused.unwrap_err().to_string();
            assert_eq!(
                text,
                format!("{what}: value 1 is NaN, expected a finite number")
            );
        }
    }
    for distance in [sliced, energy_distance as Distance] {
        let error = distance(&good, &Array2::zeros((3, 2)))
            .unwrap_err()
            .to_string();
        assert_eq!(error, "second sample: shape [3, 2], expected [3, 1]");
    }
    let what = "list of projections";
    let result = sliced_wasserstein(&good, &good, 0, &mut Rng::new(0));
    assert_eq!(result, Err(Error::Empty { what }));
    let law = Mixture::bimodal();
    let what = "sample";
    let result = wasserstein_one_sample(&none.column(0), &law);
    assert_eq!(result, Err(Error::Empty { what }));
    assert!(matches!(
        wasserstein_one_sample(&bad.column(0), &law),
        Err(Error::NotFinite { .. })
    ));
    let wide = data::ring_mixture();
    let result = wasserstein_one_sample(&good.column(0), &wide);
    assert!(matches!(result, Err(Error::Shape { .. })));
}
