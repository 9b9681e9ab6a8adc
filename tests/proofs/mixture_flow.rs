//! The velocity of a path, its ODE and the map that this is, against formulas that are known otherwise.

use diffusion_intuition::metrics::straightness;
use diffusion_intuition::{Error, Mixture, Path, Prediction, Rng};
use ndarray::{Array1, Array2, Axis, array};

use crate::support::{
    assert_all_close, assert_close, chapter_schedule, five_dimensions, lopsided, plane,
    random_points,
};

fn paths() -> [(&'static str, Path); 3] {
    [
        ("linear", Path::linear()),
        ("cosine", Path::cosine()),
        ("the chapter's", Path::of(&chapter_schedule())),
    ]
}

/// E[ẋ | x] = (s′/s) x + (s′ n²/s − n′ n) ∇ ln p_u(x), from x = s x0* + n ε* and ε* = −n ∇ ln p_u.
#[test]
fn velocity_is_that_of_the_score() {
    let rng = &mut Rng::new(1);
    for data in [Mixture::bimodal(), lopsided(), plane(), five_dimensions()] {
        for (name, path) in paths() {
            for u in [0.02, 0.1, 0.3, 0.5, 0.77, 0.95] {
                let x = random_points(50, data.dim(), 3.0, rng);
                let score = data.marginal_on(&path, u).unwrap().score(&x).unwrap();
                let (s, n, (ds, dn)) = (path.signal(u), path.noise(u), path.slopes(u));
                let expected = ds / s * &x + (ds * n * n / s - dn * n) * &score;
                let found = data.velocity(&path, &x, u).unwrap();
                // A few roundings of the formula's terms, of size 100 at most, which cancel.
                let what = format!("{name} at {u}");
                assert_all_close(what, &found, &expected, |_| 1e-12);
            }
        }
    }
}

/// Where the score's formula would divide by 0: all noise, of which x_0 is independent, and none.
#[test]
fn velocity_at_the_ends() {
    let (data, path) = (plane(), Path::linear());
    let x = random_points(20, 2, 3.0, &mut Rng::new(2));
    let noise = data.velocity(&path, &x, 1.0).unwrap();
    assert_all_close("noise", &noise, &(&x - &data.mean()), |_| 1e-14);
    let clean = data.velocity(&path, &x, 0.0).unwrap();
    assert_all_close("clean", &clean, &-&x, |_| 1e-14);
    for u in [-1e-9, 1.1, f64::NAN] {
        let refused = data.velocity(&path, &x, u).unwrap_err();
        assert!(
            matches!(refused, Error::Parameter { name: "u", .. }),
            "{refused}"
        );
    }
}

/// ε* − x0* of a schedule, by its score; and in the units of the linear path, its velocity.
#[test]
fn the_optimal_velocity_is_that_of_the_score_at_every_level() {
    let rng = &mut Rng::new(3);
    for data in [Mixture::bimodal(), plane(), five_dimensions()] {
        let of_path = Path::linear().schedule(100).unwrap();
        for schedule in [chapter_schedule(), of_path] {
            for t in (0..schedule.timesteps() - 1).step_by(9) {
                let x = random_points(20, data.dim(), 3.0, rng);
                let found = data
                    .optimal(Prediction::Velocity, &schedule, &x, t)
                    .unwrap();
                let ab = schedule.alpha_bars()[t];
                let (s, n) = (ab.sqrt(), (1.0 - ab).sqrt());
                let score = data.marginal(&schedule, t).unwrap().score(&x).unwrap();
                // ε = −n score; x_0 = (x − n ε)/s.
                let expected = -n * &score - (&x + n * n * &score) / s;
                let most = score.fold(3.0_f64, |m, s| m.max(s.abs()));
                let what = format!("t = {t}");
                assert_all_close(&what, &found, &expected, |_| 2e-14 * most / s);
                if schedule.timesteps() == 100 {
                    let u = (t + 1) as f64 / 100.0;
                    let in_units = &x * Path::linear().scale(u);
                    let velocity = data.velocity(&Path::linear(), &in_units, u).unwrap();
                    assert_all_close(&what, &found, &velocity, |_| 1e-13 * most / n);
                }
            }
        }
        let zero = Path::cosine().schedule(3).unwrap();
        let x = random_points(20, data.dim(), 3.0, rng);
        let last = data.optimal(Prediction::Velocity, &zero, &x, 2).unwrap();
        assert_all_close("all noise", &last, &(&x - &data.mean()), |_| 1e-14);
    }
}

/// The end of the ODE from noise, by the distribution functions at both ends.
fn exact_end(data: &Mixture, path: &Path, x: &Array1<f64>) -> Array1<f64> {
    let shares = data.marginal_on(path, 1.0).unwrap().cdf(x).unwrap();
    shares.mapv(|p| data.quantile(p).unwrap())
}

#[test]
fn orders_of_euler_and_heun_on_the_linear_path() {
    let (data, path) = (lopsided(), Path::linear());
    let x = Array1::linspace(-2.5, 2.5, 41);
    let exact = exact_end(&data, &path, &x);
    for (order, steps) in [(1, [200, 1600]), (2, [50, 400])] {
        let errors = steps.map(|steps| {
            let states = data.flow(&path, &x, [1.0, 0.0], steps, order).unwrap();
            assert!(states.len() == steps + 1 && states[0] == x);
            let squares = (&states[steps] - &exact).mapv(|e| e * e);
            squares.mean().unwrap().sqrt()
        });
        let slope = (errors[0] / errors[1]).log2() / 3.0;
        assert_close(format!("order {order}"), slope, order as f64, 0.2);
    }
}

/// On paths that end in noise, and on one that ends with an eighth of the signal's variance.
#[test]
fn the_ode_ends_where_the_distribution_functions_say() {
    let x = Array1::linspace(-2.5, 2.5, 41);
    for data in [Mixture::bimodal(), lopsided()] {
        for (name, path) in paths() {
            let states = data.flow(&path, &x, [1.0, 0.0], 4000, 2).unwrap();
            let exact = exact_end(&data, &path, &x);
            // Heun's truncation, largest where the ways part: 4e-7 measured.
            assert_all_close(name, &states[4000], &exact, |_| 2e-6);
            let back = data
                .flow(&path, &states[4000], [0.0, 1.0], 4000, 2)
                .unwrap();
            assert_all_close(format!("{name}, back"), &back[4000], &x, |_| 1e-5);
        }
    }
}

#[test]
fn quantiles_undo_the_distribution_function() {
    let normal = Mixture::normal(1.0, 2.0).unwrap();
    // Φ⁻¹(0.975) and Φ⁻¹(1e-10): R's qnorm.
    let known = [(0.975, 1.959963984540054), (1e-10, -6.361340902404056)];
    for (p, z) in known {
        assert_close("normal", normal.quantile(p).unwrap(), 1.0 + 2.0 * z, 1e-12);
    }
    let data = lopsided();
    for p in [1e-12, 0.01, 0.2, 0.5, 0.77, 0.999] {
        let x = array![data.quantile(p).unwrap()];
        // A place of size 5 is rounded to 1e-15, over which p changes by its density times that.
        assert_close("p", data.cdf(&x).unwrap()[0], p, 1e-14);
    }
    for p in [0.0, 1.0, -0.1, f64::NAN] {
        assert!(matches!(data.quantile(p), Err(Error::Parameter { .. })));
    }
    assert!(matches!(plane().quantile(0.5), Err(Error::Shape { .. })));
}

#[test]
fn one_step_is_the_whole_ode() {
    let schedule = chapter_schedule();
    let path = Path::of(&schedule);
    for data in [Mixture::bimodal(), lopsided()] {
        for t in [0, 60, 199] {
            let x = Array1::linspace(-2.0, 2.5, 10);
            let u = (t + 1) as f64 / 200.0;
            let states = data.flow(&path, &x, [u, 0.0], 4000, 2).unwrap();
            let map = data.one_step_map(&schedule, t, &x).unwrap();
            assert_all_close(format!("t = {t}"), &map, &states[4000], |_| 2e-6);
            let columns = x.clone().insert_axis(Axis(1));
            assert_eq!(data.one_step_map(&schedule, t, &columns).unwrap(), map);
        }
    }
    // One Gaussian: each place keeps its number of standard deviations, on both sides and far out.
    let gaussian = Mixture::normal(0.5, 0.2).unwrap();
    let marginal = gaussian.marginal(&schedule, 150).unwrap();
    let z = array![-30.0, -9.0, -1.0, 0.0, 2.0, 9.0, 30.0];
    let x = marginal.mean()[0] + marginal.std() * &z;
    let map = gaussian.one_step_map(&schedule, 150, &x).unwrap();
    // erfc is right to 1e-15 of itself or so, and ln of it has the slope z.
    assert_all_close("Gaussian", &map, &(0.5 + 0.2 * &z), |_| 1e-13);
    let refused = gaussian.one_step_map(&schedule, 200, &x);
    assert!(matches!(refused, Err(Error::Timestep { .. })));
    let refused = plane().one_step_map(&schedule, 0, &Array2::<f64>::zeros((3, 2)));
    assert!(matches!(refused, Err(Error::Shape { .. })));
}

/// For x_0 ~ N(0, 1) the way is x_u = r(u) x_0 with r² = signal² + noise²: on the linear path S = x_0² ∫ r′² du =
/// (2 − π/2) x_0², on the cosine path 0.
#[test]
fn straightness_of_ways_that_are_known() {
    let data = Mixture::normal(0.0, 1.0).unwrap();
    let x = array![1.0, -2.0];
    let of = |path: &Path, steps| {
        let states = data.flow(path, &x, [1.0, 0.0], steps, 2).unwrap();
        straightness(&states).unwrap()
    };
    let expected = 2.5 * (2.0 - std::f64::consts::FRAC_PI_2); // the mean of x_0² is 2.5
    let errors = [100, 200].map(|steps| (of(&Path::linear(), steps).0 - expected).abs());
    // Second order: a quarter, with what is left of higher orders.
    assert!(
        errors[1] < 1e-4 && (3.5..4.5).contains(&(errors[0] / errors[1])),
        "{errors:?}"
    );
    assert_close("cosine", of(&Path::cosine(), 100).0, 0.0, 1e-20);

    let straight: Vec<_> = (0..=10)
        .map(|k| array![[3.0, 4.0]] * f64::from(k))
        .collect();
    assert_eq!(straightness(&straight).unwrap(), (0.0, 0.0));
    // Half of the time at speed 2, half at rest: ∫ (1 − ẋ)² = 1, of a whole length of 1.
    let bent = [0.0, 1.0, 1.0].map(|x| array![[x, 0.0], [x, 0.0]]);
    assert_eq!(straightness(&bent).unwrap(), (1.0, 1.0));
    assert!(matches!(
        straightness(&bent[..1]),
        Err(Error::Parameter { .. })
    ));
    let other = [array![[0.0]], array![[0.0], [1.0]]];
    assert!(matches!(straightness(&other), Err(Error::Shape { .. })));
    let numbers = [0.0, 1.0].map(ndarray::arr0);
    assert!(matches!(
        straightness(&numbers),
        Err(Error::Parameter { .. })
    ));
}

#[test]
fn flows_that_cannot_be_run_are_refused() {
    let (data, path) = (lopsided(), Path::linear());
    let x = array![0.0, 1.0];
    for (steps, order) in [(0, 1), (5, 0), (5, 3)] {
        let refused = data.flow(&path, &x, [1.0, 0.0], steps, order);
        assert!(matches!(refused, Err(Error::Parameter { .. })));
    }
    let endless = data.flow(&path, &x, [1.0, 0.0], usize::MAX, 1);
    assert!(matches!(endless, Err(Error::Size { .. })));
    assert!(data.flow(&path, &x, [1.0, 2.0], 5, 1).is_err());
    assert!(
        data.flow(&path, &array![f64::NAN], [1.0, 0.0], 5, 1)
            .is_err()
    );
}
