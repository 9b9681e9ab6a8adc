//! One dimension: distribution function, expectations, modes, the floor of the loss, distance from N(0, 1).

use diffusion_intuition::{Error, Gaussian, Mixture, Rng};
use ndarray::{Array2, Axis, array};

use crate::support::{
    SIGMAS, assert_close, chapter_schedule, coarse_schedule, grid, log_normal, lopsided,
    naive_log_density,
};

#[test]
fn distribution_function_is_the_integral_of_the_density() {
    for law in [Mixture::bimodal(), lopsided()] {
        let n = 12_001;
        let (nodes, h) = grid(-6.0, 6.0, n);
        let density = law.density(&nodes).unwrap();
        let cdf = law.cdf(&nodes).unwrap();
        let mut integral = 0.0;
        for i in (2..n).step_by(2) {
            integral += h / 3.0 * (density[i - 2] + 4.0 * density[i - 1] + density[i]);
            // Simpson errs by h⁴/180 · length · |p⁗|; p⁗ ≤ 3/(0.3⁵ √2π) = 492, so below 4e-11; below −6 lies
            // less than 1e-29 of the mass.
            assert_close(nodes[i], cdf[i], integral, 4e-11);
        }
        assert!(
            cdf.windows(2).into_iter().all(|w| w[0] <= w[1]),
            "never falls"
        );
    }
}

/// Written with numbers instead of matrices, the same mixtures.
#[test]
fn normals_are_gaussians_of_one_dimension() {
    let parts = [(1.0, -3.0, 0.3), (2.0, 0.5, 1.5)];
    let law = Mixture::normals(&parts).unwrap();
    let components = parts.map(|(_, mean, std)| Gaussian::isotropic(&[mean], std).unwrap());
    assert_eq!(law, Mixture::new(&[1.0, 2.0], components.to_vec()).unwrap());
    let one = Mixture::isotropic(&array![[-3.0]], 0.3).unwrap();
    assert_eq!(Mixture::normal(-3.0, 0.3).unwrap(), one);
    assert!(Mixture::normal(0.0, 0.0).is_err() && Mixture::normals(&[]).is_err());
    assert_eq!(law.variance(), law.covariance()[[0, 0]]);
    assert_eq!(law.std(), law.variance().sqrt());
    assert_eq!(law.components()[1].variance(), 2.25);
    assert_eq!(law.components()[1].std(), 1.5);
    // On average over the coordinates, whatever the axes.
    let covariance = array![[2.0, 0.5], [0.5, 1.0]];
    let tilted = Gaussian::full(&[0.0, 9.0], &covariance).unwrap();
    assert_close("tr Σ / d", tilted.variance(), 1.5, 1e-15);
    let plane = Mixture::new(&[1.0], vec![tilted]).unwrap();
    assert_close("tr Σ / d", plane.std(), 1.5_f64.sqrt(), 1e-15);
}

#[test]
fn samples_of_one_dimension_are_a_vector() {
    let law = lopsided();
    let line = law.sample_1d(1000, &mut Rng::new(4)).unwrap();
    let column = law.sample(1000, &mut Rng::new(4)).unwrap();
    assert_eq!(line, column.column(0));
    assert_eq!(law.cdf(&column).unwrap(), law.cdf(&line).unwrap());
    let noise = Rng::new(5).standard_normal_1d(5000).unwrap();
    assert_eq!(
        noise,
        Rng::new(5).standard_normal(5000, 1).unwrap().column(0)
    );
    let refused = crate::support::plane().sample_1d(5, &mut Rng::new(0));
    assert!(matches!(refused, Err(Error::Shape { .. })));
}

/// Far out on the left all digits are kept: there 1 − (1 − p) would be 0.
#[test]
fn distribution_function_has_accurate_tails() {
    let law = Mixture::isotropic(&array![[0.0]], 1.0).unwrap();
    for z in [10.0_f64, 20.0, 35.0] {
        let found = law.cdf(&array![-z]).unwrap()[0];
        // Mills' ratio: φ(z)/z·(1 − 1/z² + 3/z⁴ − 15/z⁶ + 105/z⁸), off by less than 945/z¹⁰.
        let i = 1.0 / (z * z);
        let series = 1.0 - i + 3.0 * i * i - 15.0 * i.powi(3) + 105.0 * i.powi(4);
        let expected = log_normal(z, 0.0, 1.0).exp() / z * series;
        let tolerance = (945.0 * i.powi(5) + 1e-12) * expected;
        assert_close(z, found, expected, tolerance);
        let right = law.cdf(&array![z]).unwrap()[0];
        assert_eq!(right, 1.0);
    }
}

#[test]
fn expectations_are_moments() {
    for law in [Mixture::bimodal(), lopsided()] {
        let close = |what: &str, found: f64, expected: f64| {
            assert_close(what, found, expected, 1e-12 * (1.0 + expected.abs()));
        };
        let mean = law.mean()[0];
        close("one", law.expectation(|_| 1.0).unwrap(), 1.0);
        close("mean", law.expectation(|x| x).unwrap(), mean);
        let variance = law.expectation(|x| (x - mean).powi(2)).unwrap();
        close("variance", variance, law.covariance()[[0, 0]]);
        // E e^{ix}: the characteristic function, Σ w e^{−s²/2} cos μ.
        let parts = law.weights().iter().zip(law.components());
        let expected: f64 = parts
            .map(|(w, c)| w * (-0.5 * c.covariance()[[0, 0]]).exp() * c.mean()[0].cos())
            .sum();
        close("cos", law.expectation(f64::cos).unwrap(), expected);
    }
}

/// Equal halves at ±m with standard deviation s have two modes exactly if m > s.
#[test]
fn the_chapters_modes_merge_at_177() {
    let (data, schedule) = (Mixture::bimodal(), chapter_schedule());
    for t in 0..200 {
        let ab = schedule.alpha_bars()[t];
        let (m, s2) = (2.0 * ab.sqrt(), 0.09 * ab + 1.0 - ab);
        let modes = data.marginal(&schedule, t).unwrap().modes().unwrap();
        let expected = if m * m > s2 { 2 } else { 1 };
        assert_eq!(modes.len(), expected, "t = {t}");
        assert_eq!(modes.len(), if t < 177 { 2 } else { 1 }, "t = {t}");
        for (mode, sign) in modes.iter().zip([-1.0, 1.0]) {
            // At a mode x = m tanh(m x/s²), by setting the derivative of the density to 0. At the merger
            // the slope is cubic in x, so a rounding of 1e-16 in it moves a mode by up to 1e-5.
            let x = *mode;
            assert_close(format_args!("t = {t}"), x, m * (m * x / s2).tanh(), 1e-9);
            assert!(expected == 1 || x * sign > 0.1, "t = {t}: {x}");
            assert!(expected == 2 || x.abs() < 1e-4, "t = {t}: {x}");
        }
    }
}

#[test]
fn modes_of_an_asymmetric_law() {
    let law = lopsided();
    let modes = law.modes().unwrap();
    assert_eq!(modes.len(), 3, "{modes:?}");
    assert!(modes.windows(2).all(|w| w[0] < w[1]), "from left to right");
    for mode in &modes {
        let at = |x: f64| naive_log_density(&law, &[x]);
        // 1e-4 to either side the density is lower by curvature·1e-8/2 > 1e-9, far above rounding.
        assert!(
            at(*mode) > at(mode - 1e-4) && at(*mode) > at(mode + 1e-4),
            "{mode}"
        );
    }
    let one = Mixture::new(&[1.0], vec![Gaussian::isotropic(&[7.0], 1e-3).unwrap()]).unwrap();
    let modes = one.modes().unwrap();
    assert_eq!(modes.len(), 1);
    assert_close("mode", modes[0], 7.0, 1e-14);
}

/// ½ ln 2πe s² for one Gaussian, ln 2 more for two equal ones far apart; more than any of its parts alone.
#[test]
fn entropy_in_nats() {
    let gaussian = |s: f64| 0.5 * (std::f64::consts::TAU * std::f64::consts::E * s * s).ln();
    let one = Mixture::isotropic(&array![[1.5]], 0.7).unwrap();
    assert_close("one", one.entropy().unwrap(), gaussian(0.7), 1e-12);
    let two = Mixture::isotropic(&array![[-20.0], [20.0]], 0.3).unwrap();
    let expected = gaussian(0.3) + 2.0_f64.ln();
    assert_close("two", two.entropy().unwrap(), expected, 1e-12);
    let plane = Mixture::isotropic(&array![[0.0, 0.0]], 1.0).unwrap();
    assert!(matches!(plane.entropy(), Err(Error::Shape { .. })));
}

/// For one Gaussian ε* is linear and its error is ᾱ s²/(ᾱ s² + 1 − ᾱ).
#[test]
fn floor_of_one_gaussian() {
    let data = Mixture::isotropic(&array![[1.5]], 0.7).unwrap();
    for schedule in [chapter_schedule(), coarse_schedule()] {
        for t in 0..schedule.timesteps() {
            let ab = schedule.alpha_bars()[t];
            let signal = ab * 0.49;
            let expected = signal / (signal + 1.0 - ab);
            let floor = data.eps_floor(&schedule, t).unwrap();
            assert_close(format_args!("t = {t}"), floor, expected, 1e-12);
        }
    }
}

/// The floor is the mean squared error that ε* really has, on samples: 6 standard errors.
#[test]
fn floor_is_the_error_of_the_best_prediction() {
    for (data, schedule) in [
        (Mixture::bimodal(), chapter_schedule()),
        (lopsided(), coarse_schedule()),
    ] {
        let x0 = data.sample(40_000, &mut Rng::new(1)).unwrap();
        let x0 = x0.index_axis(Axis(1), 0).to_owned();
        let last = schedule.timesteps() - 1;
        for t in [0, last / 4, last / 2, 3 * last / 4, last] {
            let (x_t, eps) = schedule
                .q_sample(&x0, t, &mut Rng::new(2 + t as u64))
                .unwrap();
            let best = data.optimal_eps(&schedule, &x_t, t).unwrap();
            let squares = (&eps - &best).mapv(|e| f64::from(e).powi(2));
            let n = squares.len() as f64;
            let error = squares.std(1.0) / n.sqrt();
            let floor = data.eps_floor(&schedule, t).unwrap();
            let found = squares.mean().unwrap();
            assert_close(format_args!("t = {t}"), found, floor, SIGMAS * error);
        }
    }
}

/// A predictor that is off by a + b·x_t has the excess (a + b E x_t)² + b² Var x_t; ε* itself has none.
/// Predictions are f32, and |ε*| stays below 40 on the nodes: rounding moves an error near 1 by 5e-6.
#[test]
fn excess_of_a_predictor_that_is_off_by_a_line() {
    for (data, schedule) in [
        (Mixture::bimodal(), chapter_schedule()),
        (lopsided(), coarse_schedule()),
    ] {
        for t in 0..schedule.timesteps() {
            let law = data.marginal(&schedule, t).unwrap();
            let (mean, variance) = (law.mean()[0], law.covariance()[[0, 0]]);
            for (a, b) in [(0.0_f32, 0.0_f32), (0.5, 0.0), (0.25, -0.75)] {
                let off = |x_t: &Array2<f32>| {
                    let best = data.optimal_eps(&schedule, x_t, t)?;
                    Ok(best + x_t.mapv(|x| a + b * x))
                };
                let excess = data.eps_excess(&schedule, t, &off).unwrap();
                let (a, b) = (f64::from(a), f64::from(b));
                let expected = (a + b * mean).powi(2) + b * b * variance;
                assert_close(format_args!("t = {t}"), excess, expected, 1e-5);
            }
        }
    }
}

#[test]
fn excess_refuses_what_does_not_fit() {
    let (data, schedule) = (Mixture::bimodal(), chapter_schedule());
    let flat = |x_t: &Array2<f32>| Ok(Array2::zeros((x_t.nrows(), 2)));
    match data.eps_excess(&schedule, 0, &flat) {
        Err(Error::Shape { found, .. }) => assert_eq!(found[1], 2),
        other => panic!("{other:?}"),
    }
    let same = |x_t: &Array2<f32>| Ok(x_t.clone());
    let late = data.eps_excess(&schedule, 200, &same);
    let timesteps = 200;
    assert_eq!(late, Err(Error::Timestep { t: 200, timesteps }));
}

/// Numbers that the book states about the chapter's own problem, to the digits that it states.
#[test]
fn the_chapters_problem() {
    let (data, schedule) = (Mixture::bimodal(), chapter_schedule());
    let floors = data.eps_floors(&schedule).unwrap();
    assert_eq!(floors[70], data.eps_floor(&schedule, 70).unwrap());
    assert_close("mean floor", floors.mean().unwrap(), 0.4610, 5e-5);
    let end = data.marginal(&schedule, 199).unwrap();
    assert_close("variance at the end", end.covariance()[[0, 0]], 1.41, 5e-3);
    let kl = end.kl_from_standard_normal().unwrap();
    assert_close("nats from N(0, 1)", kl, 0.035, 5e-4);
}

/// KL by its definition, on another grid and with densities written out; and the closed form of a Gaussian.
#[test]
fn distance_from_the_standard_normal() {
    let (nodes, spacing) = grid(-12.0, 12.0, 3001);
    let schedule = chapter_schedule();
    for data in [Mixture::bimodal(), lopsided()] {
        for t in [50, 100, 199] {
            let law = data.marginal(&schedule, t).unwrap();
            let terms = nodes.iter().map(|x| {
                let log_p = naive_log_density(&law, &[*x]);
                let term = log_p.exp() * (log_p - log_normal(*x, 0.0, 1.0));
                if log_p.is_finite() { term } else { 0.0 }
            });
            let expected = terms.sum::<f64>() * spacing;
            let found = law.kl_from_standard_normal().unwrap();
            assert_close(
                format_args!("t = {t}"),
                found,
                expected,
                1e-12 * (1.0 + expected),
            );
        }
    }
    for (mean, std) in [(0.0, 1.0), (1.0, 0.5), (-2.0, 3.0)] {
        let law = Mixture::isotropic(&array![[mean]], std).unwrap();
        let expected = 0.5 * (std * std + mean * mean - 1.0) - f64::ln(std);
        let found = law.kl_from_standard_normal().unwrap();
        assert_close(
            format_args!("N({mean}, {std}²)"),
            found,
            expected,
            1e-12 * (1.0 + expected),
        );
    }
}
