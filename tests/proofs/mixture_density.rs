//! Densities are densities: they integrate to 1, and they are those of the stated Gaussians.

use diffusion_intuition::{Gaussian, Mixture, Rng};
use ndarray::{Array1, Array2, array};

use crate::support::{
    assert_all_close, assert_close, chapter_schedule, five_dimensions, grid, lopsided,
    naive_log_density, plane, plane_grid, random_points,
};

/// 4000 terms and their exponentials, each good to some 1e-14 (an exponent of 100 carries 100 half-ulps).
const INTEGRAL: f64 = 1e-12;

#[test]
fn one_dimensional_densities_integrate_to_one() {
    let schedule = chapter_schedule();
    // Reaches 20 standard deviations; 0.0075 is below a fortieth of the narrowest (0.3), see `grid`.
    let (nodes, spacing) = grid(-15.0, 15.0, 4001);
    for (name, data) in [("bimodal", Mixture::bimodal()), ("lopsided", lopsided())] {
        assert_close(
            name,
            data.density(&nodes).unwrap().sum() * spacing,
            1.0,
            INTEGRAL,
        );
        for t in [0, 50, 199] {
            let marginal = data.marginal(&schedule, t).unwrap();
            let total = marginal.density(&nodes).unwrap().sum() * spacing;
            assert_close(format_args!("{name}, t = {t}"), total, 1.0, INTEGRAL);
        }
    }
}

#[test]
fn two_dimensional_densities_integrate_to_one() {
    let data = plane();
    // The narrowest axis has standard deviation 0.41, more than 5 spacings; the ends are 8 widest away.
    let (nodes, spacing) = grid(-9.0, 9.0, 241);
    let points = plane_grid(&nodes);
    for t in [None, Some(0), Some(100)] {
        let law = match t {
            None => data.clone(),
            Some(t) => data.marginal(&chapter_schedule(), t).unwrap(),
        };
        let total = law.density(&points).unwrap().sum() * spacing * spacing;
        assert_close(format_args!("t = {t:?}"), total, 1.0, INTEGRAL);
    }
}

/// Against densities written out with Gaussian elimination in the covariance.
#[test]
fn log_densities_are_those_of_the_stated_gaussians() {
    let rng = &mut Rng::new(1);
    for (name, law, reach) in [
        ("bimodal", Mixture::bimodal(), 4.0),
        ("lopsided", lopsided(), 4.0),
        ("plane", plane(), 4.0),
        ("five dimensions", five_dimensions(), 2.0),
    ] {
        let points = random_points(300, law.dim(), reach, rng);
        let found = law.log_density(&points).unwrap();
        let expected: Array1<f64> = points
            .rows()
            .into_iter()
            .map(|x| naive_log_density(&law, &x.to_vec()))
            .collect();
        // Covariances with condition numbers below 100, exponents below some hundreds.
        let tolerance = |e: f64| 1e-12 * (1.0 + e.abs());
        assert_all_close(name, &found, &expected, tolerance);
    }
}

#[test]
fn log_density_is_the_logarithm_of_the_density() {
    let rng = &mut Rng::new(2);
    for law in [lopsided(), plane(), five_dimensions()] {
        let points = random_points(200, law.dim(), 4.0, rng);
        let density = law.density(&points).unwrap();
        assert!(density.iter().all(|p| *p > 0.0));
        let logs = law.log_density(&points).unwrap();
        // e^x turns a half-ulp of x into a relative error, ln gives it back.
        let tolerance = |e: f64| 4.0 * f64::EPSILON * (1.0 + e.abs());
        assert_all_close("ln p", &density.mapv(f64::ln), &logs, tolerance);
    }
}

/// Where the density itself underflows, its logarithm does not.
#[test]
fn far_away_points_have_finite_log_densities() {
    let law = Mixture::bimodal();
    for x in [-1e6_f64, -100.0, 100.0, 1e6] {
        let near = 2.0 * x.signum(); // only the nearer component counts
        let normal = -0.5 * ((x - near).powi(2) / 0.09 + (std::f64::consts::TAU * 0.09).ln());
        let expected = 0.5_f64.ln() + normal;
        let found = law.log_density(&array![x]).unwrap()[0];
        assert_close(x, found, expected, 1e-14 * expected.abs());
        assert_eq!(law.density(&array![x]).unwrap()[0], 0.0);
        // The score there is the nearer component's.
        let score = law.score(&array![x]).unwrap()[0];
        let expected = -(x - near) / 0.09;
        assert_close(x, score, expected, 1e-14 * expected.abs());
    }
}

/// A weight of 0 is allowed and has no part in anything.
#[test]
fn a_weight_of_zero_leaves_nothing() {
    let part = |mean: f64| Gaussian::isotropic(&[mean], 0.5).unwrap();
    let with = Mixture::new(&[0.0, 2.0, 0.0], vec![part(-1.0), part(0.5), part(4.0)]).unwrap();
    let without = Mixture::new(&[1.0], vec![part(0.5)]).unwrap();
    let x = Array1::linspace(-30.0, 30.0, 121);
    assert_eq!(
        with.log_density(&x).unwrap(),
        without.log_density(&x).unwrap()
    );
    assert_eq!(with.score(&x).unwrap(), without.score(&x).unwrap());
    let samples = with.sample(20_000, &mut Rng::new(3)).unwrap();
    // The nearest other mean is 3 standard deviations away, so look at where it would be.
    assert!(
        samples.iter().all(|x| *x < 3.4),
        "5.8 standard deviations: 1e-4 in 20 000 draws"
    );
}

/// f32 points are computed in f64; points that come back are rounded once; column vectors answer as vectors do.
#[test]
fn number_type_and_shape_follow_the_caller() {
    let law = lopsided();
    let x = Array1::linspace(-4.0_f32, 5.0, 1001);
    let wide = x.mapv(f64::from);
    let rounded = |values: Array1<f64>| values.mapv(|v| v as f32);
    assert_eq!(law.density(&x).unwrap(), law.density(&wide).unwrap());
    assert_eq!(
        law.log_density(&x).unwrap(),
        law.log_density(&wide).unwrap()
    );
    assert_eq!(law.score(&x).unwrap(), rounded(law.score(&wide).unwrap()));
    let column: Array2<f32> = x.clone().insert_axis(ndarray::Axis(1));
    assert_eq!(law.density(&column).unwrap(), law.density(&x).unwrap());
    assert_eq!(law.score(&column).unwrap().dim(), (1001, 1));
    // Views with gaps and by columns.
    let plane = plane();
    let points = random_points(50, 2, 3.0, &mut Rng::new(4));
    let expected = plane.density(&points).unwrap();
    let by_columns = points.t().as_standard_layout().to_owned().reversed_axes();
    assert_eq!(plane.density(&by_columns).unwrap(), expected);
    assert_eq!(
        plane.score(&by_columns).unwrap(),
        plane.score(&points).unwrap()
    );
}
