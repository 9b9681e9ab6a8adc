//! Integrals over one-dimensional mixtures whose components differ in width, or lie apart, by any factor.

use diffusion_intuition::{Error, Gaussian, Mixture, Rng, Schedule};
use ndarray::array;
use rand::RngExt;

use crate::support::{assert_close, lopsided};

/// A mixture of (weight, mean, standard deviation).
fn law(parts: &[(f64, f64, f64)]) -> Mixture {
    let weights: Vec<f64> = parts.iter().map(|p| p.0).collect();
    let part = |p: &(f64, f64, f64)| Gaussian::isotropic(&[p.1], p.2).unwrap();
    Mixture::new(&weights, parts.iter().map(part).collect()).unwrap()
}

/// Laws of every ratio of spread to width: apart, one in another, many together.
fn laws() -> Vec<Mixture> {
    let mut laws = vec![law(&[(0.5, 0.0, 1.0), (0.5, 4.0, 1e-6)])];
    for ratio in [1.0, 1e3, 1e6, 1e9, 1e12] {
        laws.push(law(&[(0.3, -ratio / 2.0, 1.0), (0.7, ratio / 3.0, 0.5)]));
        laws.push(law(&[(0.5, 0.0, ratio), (0.5, 0.3, 1.0)]));
        laws.push(law(&[(1.0, ratio, 1.0)]));
        // Narrower than f64 is spaced at its mean, from a ratio of 1e9 on.
        laws.push(law(&[(0.9, ratio, 1.0 / ratio), (0.1, ratio, 1.0)]));
        laws.push(law(&[(1.0, -ratio, 1e-75), (1e-9, ratio, 1e75)]));
    }
    let mut rng = Rng::new(0);
    for (width, lowest) in [(3.0, 0.0), (1e3, -3.0), (1e6, -6.0)] {
        let part = |_| {
            let exponent = rng.random_range(lowest..1.0_f64);
            let mean = width * rng.random_range(-1.0..1.0);
            (rng.random_range(0.0..1.0), mean, 10_f64.powf(exponent))
        };
        laws.push(law(&(0..60).map(part).collect::<Vec<_>>()));
    }
    laws
}

/// The promise of the documentation: 1e-12.
#[test]
fn masses_and_moments_at_any_ratio() {
    for law in laws() {
        let parts = || law.weights().iter().zip(law.components());
        let one = law.expectation(|_| 1.0).unwrap();
        assert_close(format_args!("mass of {law:?}"), one, 1.0, 1e-12);
        let size: f64 = parts()
            .map(|(w, c)| w * (c.mean()[0].abs() + c.covariance()[[0, 0]].sqrt()))
            .sum();
        let mean = law.expectation(|x| x).unwrap();
        assert_close(
            format_args!("mean of {law:?}"),
            mean,
            law.mean()[0],
            1e-12 * size,
        );
        let second = law.expectation(|x| x * x).unwrap();
        let exact: f64 = parts()
            .map(|(w, c)| w * (c.mean()[0].powi(2) + c.covariance()[[0, 0]]))
            .sum();
        assert_close(format_args!("x² of {law:?}"), second, exact, 1e-12 * exact);
    }
}

/// E[x (ln p)′] = −1 by integration by parts, whatever p is: a function that changes where components meet.
#[test]
fn functions_of_the_density_at_any_ratio() {
    for ratio in [1.0, 10.0, 1e3, 1e5, 1e7, 1e9, 1e12] {
        for weight in [0.5, 1e-3, 1e-12] {
            let law = law(&[
                (1.0, 0.0, 1.0),
                (weight, 0.0, 1.0 / ratio),
                (weight, 0.0, ratio),
            ]);
            let slope = |x: f64| x * law.score(&array![x]).unwrap()[0];
            let found = law.expectation(slope).unwrap();
            assert_close(format_args!("{ratio}, {weight}"), found, -1.0, 2e-12);
        }
    }
}

#[test]
fn entropy_at_any_ratio() {
    let gaussian = |s: f64| 0.5 * (std::f64::consts::TAU * std::f64::consts::E).ln() + s.ln();
    for ratio in [1e3, 1e6, 1e9, 1e12] {
        // Nothing meets: −Σ w ln w beside the parts' own.
        let apart = law(&[(0.25, -ratio, 1e-3), (0.75, ratio, 1.0)]);
        let exact =
            0.25 * (gaussian(1e-3) - 0.25_f64.ln()) + 0.75 * (gaussian(1.0) - 0.75_f64.ln());
        assert_close(ratio, apart.entropy().unwrap(), exact, 1e-11);
    }
    // The same law by both rules: only the distance from 0 tells them apart, and a unit.
    let shape = [(0.5, -2.0, 0.3), (0.3, 0.5, 0.02), (0.2, 3.0, 1.0)];
    let near = law(&shape);
    let far = law(&shape.map(|(w, m, s)| (w, m + 1048576.0, s)));
    let small = law(&shape.map(|(w, m, s)| (w, m * 1e-100, s * 1e-100)));
    let entropy = near.entropy().unwrap();
    assert_close("far", far.entropy().unwrap(), entropy, 1e-12);
    // Means near a million are rounded by 1e-10 of the narrowest part.
    let unit = 100.0 * 10_f64.ln();
    assert_close("small", small.entropy().unwrap() + unit, entropy, 1e-12);
    let lopsided = lopsided().entropy().unwrap();
    assert!(lopsided.is_finite());
}

/// The floor of separate heaps is that of each: 1 − (1−ᾱ) Σ w/v, v the variance of a noised heap.
#[test]
fn floor_and_modes_of_heaps_far_apart() {
    let schedule = Schedule::linear(1000, 1e-6, 0.02).unwrap();
    for ratio in [1e3, 1e6, 1e9] {
        let data = law(&[(0.25, -ratio, 1e-5), (0.75, 0.0, 1.0)]);
        for t in [0, 10, 100] {
            let ab = schedule.alpha_bars()[t];
            let (narrow, wide) = (ab * 1e-10 + (1.0 - ab), 1.0);
            let exact = 1.0 - (1.0 - ab) * (0.25 / narrow + 0.75 / wide);
            let found = data.eps_floor(&schedule, t).unwrap();
            assert_close(format_args!("{ratio}, {t}"), found, exact, 1e-12);
        }
        let modes = data.modes().unwrap();
        assert_eq!(modes.len(), 2, "{modes:?}");
        assert_close("far mode", modes[0], -ratio, 1e-14 * ratio);
        assert_close("near mode", modes[1], 0.0, 1e-14);
        let kl = data.kl_from_standard_normal().unwrap();
        let second = 0.25 * (ratio * ratio + 1e-10) + 0.75;
        let exact = 0.5 * (second + std::f64::consts::TAU.ln()) - data.entropy().unwrap();
        assert_close("KL", kl, exact, 1e-12 * exact.abs());
    }
}

#[test]
fn a_mean_that_does_not_exist_is_named() {
    let law = Mixture::bimodal();
    for bad in [f64::NAN, f64::INFINITY] {
        let error = law
            .expectation(|x| if x > 1.0 { bad } else { x })
            .unwrap_err();
        assert!(matches!(error, Error::NotFinite { .. }), "{error}");
    }
    // Where there is no mass nothing is asked of it.
    let apart = self::law(&[(0.5, -1e9, 1.0), (0.5, 1e9, 1.0)]);
    let gap = |x: f64| if x.abs() < 1e6 { f64::NAN } else { 1.0 };
    assert_close("gap", apart.expectation(gap).unwrap(), 1.0, 1e-12);
}
