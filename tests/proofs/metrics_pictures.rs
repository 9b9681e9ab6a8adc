//! Fréchet distance, principal components, nearest rows, and how much rows differ.

use diffusion_intuition::metrics::{
    Pca, frechet_distance, mean_distance, median, nearest, nearest_other,
};
use diffusion_intuition::prelude::*;

use crate::support::{assert_close, assert_same_at_any_thread_count, golden};

fn of(case: &str, what: &str) -> Vec<f64> {
    let rows = golden("pictures.csv", false);
    let row = rows.iter().find(|row| row[0] == case && row[1] == what);
    row.unwrap()[2..]
        .iter()
        .map(|x| x.parse().unwrap())
        .collect()
}

fn matrix(case: &str, what: &str, columns: usize) -> Array2<f32> {
    let values: Vec<f32> = of(case, what).iter().map(|x| *x as f32).collect();
    Array2::from_shape_vec((values.len() / columns, columns), values).unwrap()
}

#[test]
fn frechet_is_scipys() {
    let (a, b) = (matrix("random", "a", 4), matrix("random", "b", 4));
    let expected = of("random", "frechet")[0];
    // Products of 4×4 matrices with entries of about 5, and roots of eigenvalues above 0.01: 25·ε/0.1.
    assert_close(
        "frechet",
        frechet_distance(&a, &b).unwrap(),
        expected,
        1e-12,
    );
    assert_close(
        "the other way",
        frechet_distance(&b, &a).unwrap(),
        expected,
        1e-12,
    );
    let digits = data::digits();
    let found = frechet_distance(&digits.train.rows, &digits.held_out.rows).unwrap();
    // Some 12 of the 64 eigenvalues are 0: rounding makes of them up to 1e-15·20, the root of which is 1.4e-7; measured
    // 1e-12, because where a pixel is always paper the zeros are exact.
    assert_close("digits", found, of("digits", "frechet")[0], 1e-10);
}

/// Rows ±cᵢ eᵢ: mean 0 and a diagonal covariance, so the distance is Σ (σᵢ − σ′ᵢ)², plus that of the means.
#[test]
fn frechet_in_closed_form() {
    let cross = |scales: [f32; 3], mean: f32| {
        Array2::from_shape_fn((6, 3), |(i, j)| {
            let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
            mean + if i / 2 == j { sign * scales[j] } else { 0.0 }
        })
    };
    let (a, b) = (cross([1.0, 2.0, 3.0], 0.0), cross([4.0, 4.0, 0.5], 0.25));
    let share = (2.0_f64 / 5.0).sqrt(); // of six rows, two are not 0; divided by n − 1
    let squares = [3.0, 2.0, 2.5].map(|x: f64| (share * x).powi(2));
    let expected = squares.iter().sum::<f64>() + 3.0 * 0.25_f64.powi(2);
    assert_close(
        "frechet",
        frechet_distance(&a, &b).unwrap(),
        expected,
        1e-13,
    );
    // Equal samples: the rounding of the traces, 10, only.
    assert!(frechet_distance(&a, &a).unwrap() < 1e-13);
    // Fewer rows than columns: the covariances have no inverse, and none is needed.
    let wide = Rng::new(0).standard_normal(5, 40).unwrap();
    assert!(frechet_distance(&wide, &wide).unwrap() < 1e-5);
}

#[test]
fn principal_components_are_orthonormal_and_ordered() {
    let digits = data::digits();
    let pca = Pca::fit(&digits.train.rows, 64).unwrap();
    let expected = of("digits", "variances");
    let variances = pca.variances().to_vec();
    for (found, expected) in variances.iter().zip(expected) {
        // NumPy's eigenvalues are right to 64·ε of the largest, 3.
        assert_close("variance", *found, expected, 1e-13);
    }
    let product = pca.axes().t().dot(pca.axes()) - Array2::<f64>::eye(64);
    assert!(product.iter().all(|x| x.abs() < 1e-13)); // a product of some 10⁴ rotations in f64
    let largest = |axis: ndarray::ArrayView1<f64>| {
        axis.iter()
            .copied()
            .fold(0.0_f64, |a, b| if b.abs() > a.abs() { b } else { a })
    };
    assert!(
        pca.axes()
            .columns()
            .into_iter()
            .all(|axis| largest(axis) > 0.0)
    );
    // All components: a rotation, in which distances are what they were; one of them has the variance that it says.
    let pixels = &digits.held_out.rows;
    let coordinates = pca.coordinates(pixels).unwrap();
    let (before, after) = (
        mean_distance(pixels).unwrap(),
        mean_distance(&coordinates).unwrap(),
    );
    assert_close("mean distance", after, before, 1e-6); // coordinates are f32
    let train = pca.coordinates(&digits.train.rows).unwrap();
    let first = train.column(0).mapv(f64::from);
    assert_close(
        "variance along the first",
        first.var(1.0),
        pca.variances()[0],
        1e-5,
    );
    // Along the others as well, none of which varies with another; and from their mean.
    let train = train.mapv(f64::from);
    let product = train.t().dot(&train) / 996.0 - Array2::from_diag(&Array1::from(variances));
    assert!(product.iter().all(|x| x.abs() < 1e-5)); // coordinates are f32, of up to 6
    let mean = train.mean_axis(Axis(0)).unwrap();
    assert!(mean.iter().all(|x| x.abs() < 1e-6), "{mean}");
    // Fewer are the first of them.
    let few = Pca::fit(&digits.train.rows, 3).unwrap();
    assert_eq!(few.coordinates(pixels).unwrap().dim(), (300, 3));
    assert_eq!(few.variances(), &pca.variances()[..3]);
}

/// More columns than Jacobi's rotations take: clothes in every other pixel of every other row, some of which are the same
/// in all pictures, so that their variances are 0.
#[test]
fn principal_components_of_many_columns() {
    let path = format!("{}/data/fashion.bin", env!("CARGO_MANIFEST_DIR"));
    let clothes = data::fashion(path).unwrap().held_out.rows;
    let some: Vec<usize> = (0..784).filter(|i| i % 2 == 0 && i / 28 % 2 == 0).collect();
    let mut rows = clothes.select(Axis(1), &some);
    rows.column_mut(5).fill(-1.0);
    let pca = Pca::fit(&rows, 196).unwrap();
    // Some 10⁵ rotations and mirrors, each to a rounding of the largest eigenvalue, 20.
    let product = pca.axes().t().dot(pca.axes()) - Array2::<f64>::eye(196);
    assert!(product.iter().all(|x| x.abs() < 1e-12));
    let exact = rows.mapv(f64::from);
    let mean = exact.mean_axis(Axis(0)).unwrap();
    let moved = &exact - &mean;
    let covariance = moved.t().dot(&moved) / 999.0;
    let variances = Array1::from(pca.variances().to_vec());
    let made = (pca.axes() * &variances).dot(&pca.axes().t());
    assert!((made - &covariance).iter().all(|x| x.abs() < 1e-11));
    assert!(pca.variances().is_sorted_by(|a, b| a >= b));
    // All components make the rows again; the mean square of what fewer lose is the sum of the other variances.
    let again = pca.rows(&pca.coordinates(&rows).unwrap()).unwrap();
    assert!((&again - &rows).iter().all(|x| x.abs() < 1e-5)); // coordinates are f32, of up to 15
    let few = Pca::fit(&rows, 10).unwrap();
    let kept = few.rows(&few.coordinates(&rows).unwrap()).unwrap();
    let lost = (kept - &rows).mapv(|x| f64::from(x).powi(2)).sum() / 999.0;
    let others = variances.iter().skip(10).sum::<f64>();
    assert_close("what is lost", lost, others, 1e-5);
    let wrong = few.rows(&Array2::zeros((2, 11)));
    assert!(matches!(wrong, Err(Error::Shape { .. })));
    let nan = few.rows(&Array2::from_elem((1, 10), f32::NAN));
    assert!(matches!(nan, Err(Error::NotFinite { .. })));
}

#[test]
fn nearest_rows_are_those_of_a_search() {
    let mut rng = Rng::new(0);
    let (a, b) = (
        rng.standard_normal(150, 7).unwrap(),
        rng.standard_normal(90, 7).unwrap(),
    );
    let apart = |x: ndarray::ArrayView1<f32>, y: ndarray::ArrayView1<f32>| -> f64 {
        let squares = x
            .iter()
            .zip(y)
            .map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let found = nearest(&a, &b).unwrap();
    for (i, found) in found.iter().enumerate() {
        let least = (0..90)
            .map(|j| apart(a.row(i), b.row(j)))
            .fold(f64::INFINITY, f64::min);
        assert_eq!(found.1, least);
        assert_eq!(apart(a.row(i), b.row(found.0)), least);
    }
    for (i, (j, distance)) in nearest_other(&a).unwrap().into_iter().enumerate() {
        let others = (0..150).filter(|j| *j != i);
        let least = others
            .map(|j| apart(a.row(i), a.row(j)))
            .fold(f64::INFINITY, f64::min);
        assert_eq!((distance, i != j), (least, true));
    }
    assert!(
        nearest(&a, &a)
            .unwrap()
            .iter()
            .enumerate()
            .all(|(i, found)| *found == (i, 0.0))
    );
    // Of rows that are equally near, the first.
    let between = nearest(&array![[0.0_f32]], &array![[1.0], [-1.0], [1.0]]).unwrap();
    assert_eq!(between, [(0, 1.0)]);
    assert_same_at_any_thread_count(|| nearest(&a, &b).unwrap());
}

#[test]
fn mean_distance_and_median_by_hand() {
    let rows = array![[0.0_f32, 0.0], [3.0, 4.0], [0.0, 4.0]];
    assert_close(
        "mean distance",
        mean_distance(&rows).unwrap(),
        (5.0 + 4.0 + 3.0) / 3.0,
        1e-15,
    );
    assert_eq!(mean_distance(&array![[1.0_f32], [1.0]]).unwrap(), 0.0);
    assert_eq!(median(&[3.0, 1.0, 2.0]).unwrap(), 2.0);
    assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]).unwrap(), 2.5);
    assert_eq!(median(&[f64::MAX, f64::MAX]).unwrap(), f64::MAX);
}

#[test]
fn bad_input_is_refused() {
    let (x, y) = (Array2::<f32>::zeros((3, 2)), Array2::<f32>::zeros((3, 1)));
    let one = Array2::<f32>::zeros((1, 2));
    let bad = array![[0.0_f32, f32::INFINITY], [0.0, 0.0]];
    let none = Array2::<f32>::zeros((3, 0));
    assert!(matches!(frechet_distance(&x, &y), Err(Error::Shape { .. })));
    assert!(matches!(
        frechet_distance(&x, &one),
        Err(Error::Parameter { .. })
    ));
    assert!(matches!(
        frechet_distance(&x, &bad),
        Err(Error::NotFinite { index: 1, .. })
    ));
    assert!(matches!(
        frechet_distance(&none, &none),
        Err(Error::Empty { .. })
    ));
    for k in [0, 3] {
        assert!(matches!(Pca::fit(&x, k), Err(Error::Parameter { .. })));
    }
    assert!(matches!(Pca::fit(&one, 1), Err(Error::Parameter { .. })));
    let pca = Pca::fit(&x, 1).unwrap();
    assert!(matches!(pca.coordinates(&y), Err(Error::Shape { .. })));
    assert!(matches!(
        pca.coordinates(&bad),
        Err(Error::NotFinite { .. })
    ));
    assert!(matches!(Pca::fit(&none, 1), Err(Error::Empty { .. })));
    assert!(matches!(nearest(&x, &y), Err(Error::Shape { .. })));
    assert!(matches!(nearest(&x, &bad), Err(Error::NotFinite { .. })));
    assert!(matches!(
        nearest(&Array2::zeros((0, 2)), &x),
        Err(Error::Empty { .. })
    ));
    assert!(matches!(nearest_other(&one), Err(Error::Parameter { .. })));
    assert!(matches!(mean_distance(&one), Err(Error::Parameter { .. })));
    assert!(matches!(mean_distance(&bad), Err(Error::NotFinite { .. })));
    assert!(matches!(median(&[]), Err(Error::Empty { .. })));
    assert!(matches!(median(&[f64::NAN]), Err(Error::NotFinite { .. })));
}
