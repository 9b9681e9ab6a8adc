//! Standardizer: what it fits, that it undoes itself, and what it refuses.

use diffusion_intuition::data::Standardizer;
use diffusion_intuition::{Error, Rng};
use ndarray::{Array2, array};

use crate::support::{assert_all_close, assert_close, to_f64};

#[test]
fn columns_get_mean_0_and_variance_1() {
    // Three columns of very different size and place, and one that is constant.
    let mut rows = Array2::zeros((500, 4));
    let mut noise = vec![0.0; 2000];
    Rng::new(1).fill_standard_normal(&mut noise);
    for ((i, j), value) in rows.indexed_iter_mut() {
        let (mean, std) = [(3.0, 1e-3), (-5e6, 2e4), (0.1, 7.0), (-2.5, 0.0)][j];
        *value = mean + std * noise[4 * i + j];
    }
    let scale = Standardizer::fit(&rows).unwrap();
    assert_eq!(scale.dim(), 4);
    let out = scale.transform(&rows).unwrap();
    for (j, column) in out.columns().into_iter().enumerate() {
        let values = to_f64(column);
        let mean = values.iter().sum::<f64>() / 500.0;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 500.0;
        // f32 rounds each of the results, all below 8, by at most 2⁻²².
        assert_close(format_args!("mean {j}"), mean, 0.0, 3e-7);
        let expected = if j == 3 { 0.0 } else { 1.0 };
        assert_close(format_args!("variance {j}"), variance, expected, 1e-6);
    }
    assert_eq!((scale.mean()[3], scale.std()[3]), (-2.5, 1.0));

    let back = scale.inverse(&out).unwrap();
    for (j, column) in back.columns().into_iter().enumerate() {
        // Rounding of the standardized value, below 8; f64 adds next to nothing to it.
        let tolerance = |x: f64| 2_f64.powi(-24) * 8.0 * scale.std()[j] + 1e-15 * x.abs();
        assert_all_close(j, &column.to_vec(), &to_f64(rows.column(j)), tolerance);
    }
    // The constant column comes back to the bit, and so does a sample that strays from it.
    assert!(back.column(3).iter().all(|x| *x == -2.5));
    let strayed = array![[0.0_f32, 0.0, 0.0, 0.25]];
    assert_eq!(scale.inverse(&strayed).unwrap()[[0, 3]], -2.25);
}

/// Divided by n, by hand: 1, 2, 3, 6 have mean 3 and squares 4, 1, 0, 9.
#[test]
fn standard_deviation_is_the_populations() {
    let scale = Standardizer::fit(&array![[1.0], [2.0], [3.0], [6.0]]).unwrap();
    assert_eq!(
        (scale.mean(), scale.std()),
        (&[3.0][..], &[3.5_f64.sqrt()][..])
    );
    // Other rows, in any number, by the same numbers.
    let out = scale.transform(&array![[3.0], [10.0]]).unwrap();
    assert_eq!(out, array![[0.0], [(7.0 / 3.5_f64.sqrt()) as f32]]);
    assert_eq!(
        scale
            .transform(&Array2::<f32>::zeros((0, 1)))
            .unwrap()
            .dim(),
        (0, 1)
    );
}

/// The largest numbers of f32, whose squares f64 still holds; one value is a constant column.
#[test]
fn extremes_stay_finite() {
    let rows = array![[f32::MAX, 7.0], [f32::MIN, 7.0]];
    let out = Standardizer::fit(&rows).unwrap().transform(&rows).unwrap();
    assert_eq!(out, array![[1.0, 0.0], [-1.0, 0.0]]);
    // The largest and the smallest numbers of f64, whose squares it does not hold.
    for size in [f64::MAX, 1e200, 1e-200, 4e-320] {
        let rows = array![[size, -size], [-size, size]];
        let out = Standardizer::fit(&rows).unwrap().transform(&rows).unwrap();
        assert_eq!(out, array![[1.0, -1.0], [-1.0, 1.0]], "{size:e}");
    }
    let one = array![[0.1, 1e-45]];
    let scale = Standardizer::fit(&one).unwrap();
    assert_eq!(scale.inverse(&scale.transform(&one).unwrap()).unwrap(), one);
}

#[test]
fn bad_data_is_refused() {
    let what = "data to standardize";
    for empty in [(0, 2), (3, 0)] {
        let error = Standardizer::fit(&Array2::<f32>::zeros(empty)).unwrap_err();
        assert_eq!(error, Error::Empty { what });
    }
    let error = Standardizer::fit(&array![[0.0, 1.0], [2.0, f32::INFINITY]]).unwrap_err();
    let (index, value) = (3, f64::INFINITY);
    assert_eq!(error, Error::NotFinite { what, index, value });
    let scale = Standardizer::fit(&array![[0.0, 1.0], [2.0, 5.0]]).unwrap();
    let wrong = Array2::<f32>::zeros((4, 3));
    for error in [scale.transform(&wrong).err(), scale.inverse(&wrong).err()] {
        let error = error.unwrap().to_string();
        assert_eq!(error, "rows: shape [4, 3], expected [4, 2]");
    }
}
