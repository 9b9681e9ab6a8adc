//! A fitted mixture: moments for one component, the truth for several.

use diffusion_intuition::prelude::*;

use crate::support::assert_close;

#[test]
fn one_component_is_mean_and_covariance() {
    let rows = data::moons(500, &mut Rng::new(0)).unwrap();
    let fit = Mixture::fit(&rows, 1, 0.25, &mut Rng::new(1)).unwrap();
    let wide = rows.mapv(f64::from);
    let mean = wide.mean_axis(Axis(0)).unwrap();
    let moved = &wide - &mean;
    let covariance = moved.t().dot(&moved) / 500.0 + Array2::from_diag(&array![0.25, 0.25]);
    for i in 0..2 {
        // Sums of 500 numbers of about 1, in f64.
        assert_close("mean", fit.mean()[i], mean[i], 1e-13);
        for j in 0..2 {
            assert_close(
                "covariance",
                fit.covariance()[[i, j]],
                covariance[[i, j]],
                1e-12,
            );
        }
    }
}

/// Three Gaussians that overlap little: with 20,000 rows the maximum of the likelihood is 0.02 from the truth.
#[test]
fn several_components_are_found() {
    let law = Mixture::new(
        &[0.5, 0.3, 0.2],
        vec![
            Gaussian::full(&[0.0, 0.0], &array![[1.0, 0.8], [0.8, 1.0]]).unwrap(),
            Gaussian::full(&[5.0, 0.0], &array![[0.5, -0.2], [-0.2, 0.3]]).unwrap(),
            Gaussian::diagonal(&[0.0, 6.0], &[0.3, 1.5]).unwrap(),
        ],
    )
    .unwrap();
    let rows = law.sample(20_000, &mut Rng::new(0)).unwrap();
    let fit = Mixture::fit(&rows, 3, 1e-6, &mut Rng::new(1)).unwrap();
    for (weight, truth) in law.weights().iter().zip(law.components()) {
        let apart =
            |g: &Gaussian| (g.mean()[0] - truth.mean()[0]).hypot(g.mean()[1] - truth.mean()[1]);
        let found = (0..3)
            .min_by(|a, b| apart(&fit.components()[*a]).total_cmp(&apart(&fit.components()[*b])));
        let found = found.unwrap();
        // Standard errors: of a weight √(0.25/20,000) = 0.0035, of a mean 1.5/√4,000 = 0.024, of a covariance
        // 2.25·√(2/4,000) = 0.05; four of each.
        assert_close("weight", fit.weights()[found], *weight, 0.014);
        assert!(apart(&fit.components()[found]) < 0.1);
        let gap = fit.components()[found].covariance() - truth.covariance();
        assert!(gap.iter().all(|x| x.abs() < 0.2), "{gap}");
    }
    // The fit is better for its rows than the truth, as only overfitting can be.
    let mean = |m: &Mixture| m.log_density(&rows).unwrap().mean().unwrap();
    assert!(mean(&fit) > mean(&law));
    let again = Mixture::fit(&rows, 3, 1e-6, &mut Rng::new(1)).unwrap();
    assert_eq!(fit, again);
}

/// Whose a row is depends on how dense each heap is there, not only on how many deviations it is away.
#[test]
fn a_narrow_heap_beside_a_wide_one_is_found() {
    let law = Mixture::normals(&[(1.0, -1.0, 0.3), (1.0, 2.0, 2.0)]).unwrap();
    let rows = law.sample(20_000, &mut Rng::new(0)).unwrap();
    let fit = Mixture::fit(&rows, 2, 1e-6, &mut Rng::new(1)).unwrap();
    // No law is likelier than the likeliest; the fit rests where a round gains less than 1e-4.
    let mean = |m: &Mixture| m.log_density(&rows).unwrap().mean().unwrap();
    assert!(mean(&fit) > mean(&law) - 1e-3);
}

/// Two heaps near each other and one far away, of which k-means would cut the far one in two if its centres did not
/// begin apart: k-means++ begins with two in one heap once in 5,000 times.
#[test]
fn every_heap_gets_a_component() {
    let law = Mixture::normals(&[(1.0, 0.0, 1.0), (1.0, 200.0, 1.0), (1.0, 1e4, 1.0)]).unwrap();
    let rows = law.sample(300, &mut Rng::new(0)).unwrap();
    for seed in 0..20 {
        let fit = Mixture::fit(&rows, 3, 1e-3, &mut Rng::new(seed)).unwrap();
        let mut means: Vec<f64> = fit.components().iter().map(|c| c.mean()[0]).collect();
        means.sort_by(f64::total_cmp);
        for (mean, truth) in means.iter().zip([0.0, 200.0, 1e4]) {
            // Of some 100 numbers each: 0.1, five times.
            assert_close(format_args!("seed {seed}"), *mean, truth, 0.5);
        }
    }
}

/// Two Gaussians that overlap, so that clusters are far from the best fit; where it stops, one more round written out
/// gains less than 1e-4 nats a row.
#[test]
fn the_fit_is_at_rest() {
    let law = Mixture::normals(&[(0.7, -1.0, 1.0), (0.3, 1.5, 0.5)]).unwrap();
    let rows = law.sample(2000, &mut Rng::new(0)).unwrap();
    let fit = Mixture::fit(&rows, 2, 1e-9, &mut Rng::new(1)).unwrap();
    let score = |m: &Mixture| m.log_density(&rows).unwrap().mean().unwrap();
    let x: Vec<f64> = rows.iter().map(|x| f64::from(*x)).collect();
    let density = |k: usize, x: f64| {
        let (part, weight) = (&fit.components()[k], fit.weights()[k]);
        let variance = part.variance();
        weight * (-(x - part.mean()[0]).powi(2) / (2.0 * variance)).exp() / variance.sqrt()
    };
    let parts = [0, 1].map(|k| {
        let share = |x: f64| density(k, x) / (density(0, x) + density(1, x));
        let mean_of = |f: &dyn Fn(f64) -> f64| x.iter().map(|x| share(*x) * f(*x)).sum::<f64>();
        let weight = mean_of(&|_| 1.0);
        let mean = mean_of(&|x| x) / weight;
        let variance = mean_of(&|x| (x - mean).powi(2)) / weight;
        (weight, mean, variance.sqrt())
    });
    let gain = score(&Mixture::normals(&parts).unwrap()) - score(&fit);
    assert!((0.0..1e-4).contains(&gain), "{gain}");
}

/// Pixels that are always paper have no variance of their own: the ridge gives them one.
#[test]
fn digits_are_fitted_by_class() {
    let train = data::digits().train;
    let fit = |k: usize| {
        let of_class =
            |c: usize| Mixture::fit(&train.of_class(c)?, k, 0.01, &mut Rng::new(c as u64));
        let parts: Vec<Mixture> = (0..10).map(of_class).collect::<Result<_>>().unwrap();
        Mixture::of_mixtures(&[1.0; 10], &parts).unwrap()
    };
    let (one, three) = (fit(1), fit(3));
    assert_eq!((one.components().len(), three.components().len()), (10, 30));
    let mean = |m: &Mixture| m.log_density(&train.rows).unwrap().mean().unwrap();
    // 64 dimensions of at least the ridge: ln p is at most −32·ln(2π·0.01) = 88.6 nats; more components, more of it.
    assert!(mean(&one) < mean(&three) && mean(&three) < 88.6);
    let least = |m: &Mixture| {
        m.components()
            .iter()
            .map(|c| c.covariance()[[0, 0]])
            .fold(9.0, f64::min)
    };
    // The corner of all digits is paper: its variance is the ridge, but for the rounding of eigenvectors.
    assert_close("corner", least(&three), 0.01, 1e-12);
}

#[test]
fn mixtures_of_mixtures_multiply_weights() {
    let parts = [
        Mixture::normals(&[(1.0, 0.0, 1.0), (3.0, 1.0, 1.0)]).unwrap(),
        Mixture::normal(5.0, 2.0).unwrap(),
    ];
    let all = Mixture::of_mixtures(&[1.0, 4.0], &parts).unwrap();
    let expected = Mixture::normals(&[(1.0, 0.0, 1.0), (3.0, 1.0, 1.0), (16.0, 5.0, 2.0)]).unwrap();
    assert_eq!(all.components(), expected.components());
    for (a, b) in all.weights().iter().zip(expected.weights()) {
        assert_close("weight", *a, *b, 1e-15); // three roundings of numbers below 1
    }
    assert!(matches!(
        Mixture::of_mixtures(&[1.0], &parts),
        Err(Error::Shape { .. })
    ));
    assert!(matches!(
        Mixture::of_mixtures(&[], &[]),
        Err(Error::Empty { .. })
    ));
}

#[test]
fn bad_input_is_refused() {
    let rows = array![[0.0_f32, 1.0], [2.0, 3.0], [2.0, 3.0]];
    let fit = |rows: &Array2<f32>, k, ridge| Mixture::fit(rows, k, ridge, &mut Rng::new(0));
    assert!(matches!(
        fit(&Array2::zeros((0, 2)), 1, 1.0),
        Err(Error::Empty { .. })
    ));
    assert!(matches!(
        fit(&array![[f32::NAN]], 1, 1.0),
        Err(Error::NotFinite { .. })
    ));
    for k in [0, 4] {
        assert!(matches!(
            fit(&rows, k, 1.0),
            Err(Error::Parameter {
                name: "components",
                ..
            })
        ));
    }
    for ridge in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            fit(&rows, 1, ridge),
            Err(Error::Parameter { name: "ridge", .. })
        ));
    }
    // Rows on a line: their covariance has the eigenvalues 2·8/9·… and 0, and 1e-30 is nothing beside it.
    assert!(matches!(
        fit(&rows, 1, 1e-30),
        Err(Error::Covariance { .. })
    ));
    // As many components as rows, two of which are equal: with a ridge there is a Gaussian for each.
    assert_eq!(fit(&rows, 3, 0.1).unwrap().components().len(), 3);
}
