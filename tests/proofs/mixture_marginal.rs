//! Means, covariances and samples of mixtures and of their marginals.

use diffusion_intuition::metrics::{ks_critical, ks_one_sample};
use diffusion_intuition::{Mixture, Rng};
use ndarray::{Array1, Array2, ArrayView2, Axis};

use crate::support::{
    KS_ALPHA, assert_all_close, assert_close, assert_mean, assert_same_at_any_thread_count,
    chapter_schedule, coarse_schedule, five_dimensions, grid, lopsided, plane, plane_grid, to_f64,
};

fn worlds() -> [(&'static str, Mixture); 4] {
    [
        ("bimodal", Mixture::bimodal()),
        ("lopsided", lopsided()),
        ("plane", plane()),
        ("five dimensions", five_dimensions()),
    ]
}

/// Every first and second moment of the rows, to within 6 standard errors.
#[track_caller]
fn assert_sampled(what: &str, rows: ArrayView2<f32>, law: &Mixture) {
    let (mean, covariance) = (law.mean(), law.covariance());
    let centred: Vec<Vec<f64>> = rows
        .columns()
        .into_iter()
        .zip(&mean)
        .map(|(column, mean)| column.iter().map(|x| f64::from(*x) - mean).collect())
        .collect();
    for (i, column) in centred.iter().enumerate() {
        assert_mean(format_args!("{what}: mean {i}"), column, 0.0);
        for (j, other) in centred.iter().enumerate().skip(i) {
            let products: Vec<f64> = column.iter().zip(other).map(|(a, b)| a * b).collect();
            let what = format!("{what}: covariance ({i}, {j})");
            assert_mean(what, &products, covariance[[i, j]]);
        }
    }
}

/// The chapter's data have mean 0 and variance 2² + 0.3²: a number from the text, not from the code.
#[test]
fn moments_of_the_chapters_data() {
    let data = Mixture::bimodal();
    assert_close("mean", data.mean()[0], 0.0, 0.0);
    assert_close("variance", data.covariance()[[0, 0]], 4.09, 1e-15 * 4.09);
}

/// Moments as integrals of the density, which `mixture_density` proves.
#[test]
fn moments_are_integrals_of_the_density() {
    let (nodes, spacing) = grid(-12.0, 12.0, 2001);
    let law = lopsided();
    let mass = law.density(&nodes).unwrap() * spacing;
    let mean = mass.dot(&nodes);
    assert_close("mean", law.mean()[0], mean, 1e-12);
    let variance = mass.dot(&nodes.mapv(|x| (x - mean).powi(2)));
    assert_close("variance", law.covariance()[[0, 0]], variance, 1e-11);

    let law = plane();
    let (nodes, spacing) = grid(-9.0, 9.0, 241);
    let points = plane_grid(&nodes);
    let mass: Array1<f64> = law.density(&points).unwrap() * spacing * spacing;
    let mean = mass.dot(&points);
    assert_all_close("mean", &law.mean(), &mean, |_| 1e-12);
    let centred: Array2<f64> = &points - &mean;
    let weighted = &centred * &mass.insert_axis(Axis(1));
    let covariance = centred.t().dot(&weighted);
    assert_all_close("covariance", &law.covariance(), &covariance, |_| 1e-11);
}

#[test]
fn samples_have_the_stated_moments() {
    for (name, law) in worlds() {
        let samples = law.sample(40_000, &mut Rng::new(1)).unwrap();
        assert_eq!(samples.dim(), (40_000, law.dim()));
        assert_sampled(name, samples.view(), &law);
    }
}

#[test]
fn samples_follow_the_stated_distribution_function() {
    for (name, law) in [("bimodal", Mixture::bimodal()), ("lopsided", lopsided())] {
        let samples = law.sample(20_000, &mut Rng::new(2)).unwrap();
        let samples = samples.index_axis(Axis(1), 0).to_owned();
        let distance = ks_one_sample(&samples, &law).unwrap();
        let critical = ks_critical(20_000, usize::MAX, KS_ALPHA).unwrap();
        assert!(distance < critical, "{name}: {distance} against {critical}");
        // Draws do not depend on each other, within a chunk of 4096 or across its border.
        let mean = law.mean()[0];
        let values = to_f64(&samples);
        for lag in [1, 4096] {
            let pairs = values.iter().zip(&values[lag..]);
            let products: Vec<f64> = pairs.map(|(a, b)| (a - mean) * (b - mean)).collect();
            assert_mean(format_args!("{name}, lag {lag}"), &products, 0.0);
        }
    }
}

/// E x_t = √ᾱ E x_0 and Cov x_t = ᾱ Cov x_0 + (1−ᾱ) I; weights stay.
#[test]
fn moments_of_marginals_are_the_stated_ones() {
    for (name, data) in worlds() {
        let eye: Array2<f64> = Array2::eye(data.dim());
        for schedule in [chapter_schedule(), coarse_schedule()] {
            for t in 0..schedule.timesteps() {
                let ab = schedule.alpha_bars()[t];
                let marginal = data.marginal(&schedule, t).unwrap();
                assert_eq!(marginal.weights(), data.weights());
                let what = format!("{name}, t = {t}");
                let mean = ab.sqrt() * data.mean();
                // Entries below 10, some ten roundings.
                assert_all_close(&what, &marginal.mean(), &mean, |_| 1e-14);
                let covariance = ab * data.covariance() + (1.0 - ab) * &eye;
                assert_all_close(&what, &marginal.covariance(), &covariance, |_| 1e-13);
            }
        }
    }
}

/// Noising samples of the data gives samples of the marginal: moments in any dimension, and the whole
/// distribution function in one.
#[test]
fn noised_samples_follow_the_marginal() {
    let n = 20_000;
    let critical = ks_critical(n, usize::MAX, KS_ALPHA).unwrap();
    for (name, data) in worlds() {
        for schedule in [chapter_schedule(), coarse_schedule()] {
            for t in [0, schedule.timesteps() / 2, schedule.timesteps() - 1] {
                let rng = &mut Rng::new(3 + t as u64);
                let x0 = data.sample(n, rng).unwrap();
                let (x_t, _) = schedule.q_sample(&x0, t, rng).unwrap();
                let marginal = data.marginal(&schedule, t).unwrap();
                let what = format!("{name}, t = {t}");
                assert_sampled(&what, x_t.view(), &marginal);
                if data.dim() == 1 {
                    let values = x_t.index_axis(Axis(1), 0).to_owned();
                    let distance = ks_one_sample(&values, &marginal).unwrap();
                    assert!(distance < critical, "{what}: {distance} against {critical}");
                }
            }
        }
    }
}

#[test]
fn a_seed_gives_the_same_samples_at_any_thread_count() {
    for (_, law) in worlds() {
        assert_same_at_any_thread_count(|| law.sample(30_000, &mut Rng::new(4)).unwrap());
    }
    // And other samples the next time.
    let rng = &mut Rng::new(5);
    let law = plane();
    assert_ne!(law.sample(10, rng).unwrap(), law.sample(10, rng).unwrap());
    assert_eq!(law.sample(0, rng).unwrap().dim(), (0, 2));
}
