//! Data sets: moments, shapes, noise and evenness of each distribution, and the form that all share.

use std::f64::consts::{PI, SQRT_2};

use diffusion_intuition::metrics::{high_quality_ceiling, ks_critical, ks_two_sample};
use diffusion_intuition::{Error, Result, Rng, data, metrics};
use ndarray::{Array1, Array2, array};
use rand::RngExt;

use crate::support::{
    KS_ALPHA, SIGMAS, assert_all_close, assert_close, assert_mean, assert_moments,
    assert_same_at_any_thread_count, to_f64,
};

type Draw = fn(usize, &mut Rng) -> Result<Array2<f32>>;

/// Each set with the variance of both coordinates.
const SETS: [(&str, Draw, f64); 7] = [
    ("moons", data::moons, 1.0),
    ("swiss_roll", data::swiss_roll, 1.0),
    ("spiral", data::spiral, 1.0),
    ("ring", data::ring, 1.005),
    ("grid", data::grid, 1.0),
    ("checkerboard", data::checkerboard, 1.0),
    ("ferris", data::ferris, 1.0),
];

const N: usize = 200_000;

/// Points in the units in which a set is described: each coordinate times std, plus mean.
fn undone(points: &Array2<f32>, mean: [f64; 2], std: [f64; 2]) -> Vec<[f64; 2]> {
    let rows = points.rows().into_iter();
    rows.map(|row| [0, 1].map(|axis| f64::from(row[axis]) * std[axis] + mean[axis]))
        .collect()
}

/// `count` of [`N`] is a draw from the binomial law of share `p`.
#[track_caller]
fn assert_share(what: impl std::fmt::Display, count: usize, p: f64) {
    let n = N as f64;
    let tolerance = SIGMAS * (p * (1.0 - p) / n).sqrt();
    assert_close(what, count as f64 / n, p, tolerance);
}

#[test]
fn mean_is_0_and_variance_1_in_both_coordinates() {
    for (name, draw, variance) in SETS {
        let points = draw(N, &mut Rng::new(1)).unwrap();
        assert_eq!(points.dim(), (N, 2));
        for (axis, column) in points.columns().into_iter().enumerate() {
            let values = to_f64(column);
            assert_moments(&format!("{name}, axis {axis}"), &values, 0.0, variance);
        }
    }
}

#[test]
fn a_seed_fixes_every_bit_at_any_thread_count() {
    for (name, draw, _) in SETS {
        // More points than one piece holds, and a part of a piece.
        assert_same_at_any_thread_count(|| draw(5000, &mut Rng::new(2)).unwrap());
        let once = draw(50, &mut Rng::new(3)).unwrap();
        assert_eq!(once, draw(50, &mut Rng::new(3)).unwrap(), "{name}");
        assert_ne!(once, draw(50, &mut Rng::new(4)).unwrap(), "{name}");
        assert_eq!(draw(1, &mut Rng::new(5)).unwrap().dim(), (1, 2), "{name}");
        // A generator moves on: the next points are others.
        let rng = &mut Rng::new(6);
        assert_ne!(draw(50, rng).unwrap(), draw(50, rng).unwrap(), "{name}");
    }
}

#[test]
fn no_points_are_an_error() {
    for (name, draw, _) in SETS {
        let error = draw(0, &mut Rng::new(0)).unwrap_err();
        let text = "a data set of n = 0 points: empty, at least one is needed";
        assert_eq!(error.to_string(), text, "{name}");
    }
}

/// A naive version of each law, one point after another, in the units of its description.
fn naive(name: &str, rng: &mut Rng) -> [f64; 2] {
    let normal = |rng: &mut Rng| {
        let mut z = [0.0_f32];
        rng.fill_standard_normal(&mut z);
        f64::from(z[0])
    };
    let u: f64 = rng.random();
    let second = rng.random::<f64>() < 0.5;
    let (point, noise) = match name {
        "moons" => {
            let (x, y) = ((PI * u).cos(), (PI * u).sin());
            (if second { [1.0 - x, 0.5 - y] } else { [x, y] }, 0.05)
        }
        "swiss_roll" => {
            let angle = 1.5 * PI * (1.0 + 2.0 * u);
            ([angle * angle.cos(), angle * angle.sin()], 0.3)
        }
        _ => {
            let angle = u.sqrt() * 540_f64.to_radians();
            let sign = if second { -1.0 } else { 1.0 };
            (
                [sign * angle * angle.cos(), sign * angle * angle.sin()],
                0.2,
            )
        }
    };
    point.map(|x| x + noise * normal(rng))
}

/// Mean and standard deviation that the documentation states.
fn stated(name: &str) -> ([f64; 2], [f64; 2]) {
    let square = PI * PI;
    let (mean, variance) = match name {
        "moons" => ([0.5, 0.25], [0.75 + 0.0025, 9.0 / 16.0 - 1.0 / PI + 0.0025]),
        "swiss_roll" => {
            let common = 39.0 * square / 8.0 + 0.09;
            let variance = [common - 17.0 / 4.0, common + 0.25 - 4.0 / (9.0 * square)];
            ([2.0, 2.0 / (3.0 * PI)], variance)
        }
        _ => {
            let common = 9.0 * square / 4.0 + 0.04;
            ([0.0, 0.0], [common + 0.75, common - 0.75])
        }
    };
    (mean, variance.map(f64::sqrt))
}

/// Four projections against a naive version, which tells the curves apart but hardly their noise.
#[test]
fn curves_follow_their_formulas() {
    let n = 100_000;
    let critical = ks_critical(n, n, KS_ALPHA).unwrap();
    for (name, draw, _) in &SETS[..3] {
        let (mean, std) = stated(name);
        let found = undone(&draw(n, &mut Rng::new(7)).unwrap(), mean, std);
        let rng = &mut Rng::new(8);
        let expected: Vec<_> = (0..n).map(|_| naive(name, rng)).collect();
        for (i, [a, b]) in [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, -1.0]]
            .into_iter()
            .enumerate()
        {
            let project = |points: &[[f64; 2]]| -> Array1<f32> {
                points.iter().map(|[x, y]| (a * x + b * y) as f32).collect()
            };
            let gap = ks_two_sample(&project(&found), &project(&expected)).unwrap();
            assert!(
                gap < critical,
                "{name}, projection {i}: {gap} of {critical}"
            );
        }
    }
}

/// Where a curve is nearly straight, the distance from it is N(0, σ²): the mean of its squares is σ², up to
/// terms of relative size (σ/radius)², below 0.003, which the statistical tolerance of some 5 % exceeds.
#[test]
fn noise_has_the_stated_width() {
    let around = |name: &str| {
        let (mean, std) = stated(name);
        let draw = SETS.iter().find(|set| set.0 == name).unwrap().1;
        undone(&draw(N, &mut Rng::new(9)).unwrap(), mean, std)
    };
    // The top of the upper moon, seen from its centre; nothing of the lower one is beyond ¾ there.
    let top = around("moons").into_iter().filter_map(|[x, y]| {
        let (radius, angle) = (x.hypot(y), y.atan2(x));
        let is_top = (PI / 3.0..2.0 * PI / 3.0).contains(&angle) && radius > 0.75;
        is_top.then_some((radius - 1.0).powi(2))
    });
    assert_mean("moons", &top.collect::<Vec<_>>(), 0.05 * 0.05);
    // Arms are `spacing` apart, and cross a ray from the centre at 1/√(1 + 1/r²) of a right angle.
    for (name, spacing, sigma, inner, outer) in [
        ("swiss_roll", 2.0 * PI, 0.3, 8.0, 12.0),
        ("spiral", PI, 0.2, 5.0, 9.0),
    ] {
        let squares = around(name).into_iter().filter_map(|[x, y]| {
            let (radius, angle) = (x.hypot(y), y.atan2(x));
            let gap = (radius - angle) / spacing;
            let gap = (gap - gap.round()) * spacing * radius / radius.hypot(1.0);
            (inner..outer).contains(&radius).then_some(gap * gap)
        });
        assert_mean(name, &squares.collect::<Vec<_>>(), sigma * sigma);
    }
}

#[test]
fn checkerboard_is_even_on_its_black_squares() {
    let points = data::checkerboard(N, &mut Rng::new(10)).unwrap();
    let std = (4.0_f64 / 3.0).sqrt();
    let (mut counts, mut within) = ([0; 16], Vec::new());
    for point in undone(&points, [2.0, 2.0], [std, std]) {
        let [column, row] = point.map(f64::floor);
        assert!((column + row) % 2.0 == 0.0, "{point:?}");
        counts[(4.0 * row + column) as usize] += 1;
        within.extend(point.map(|x| x - x.floor()));
    }
    for (square, count) in counts.into_iter().enumerate() {
        if (square / 4 + square) % 2 == 0 {
            assert_share(format_args!("square {square}"), count, 1.0 / 8.0);
        }
    }
    assert_moments("within a square", &within, 0.5, 1.0 / 12.0);
}

#[test]
fn ring_and_grid_are_samples_of_their_mixtures() {
    let same = |draw: Draw, law: diffusion_intuition::Mixture| {
        let expected = law.sample(3000, &mut Rng::new(11)).unwrap();
        assert_eq!(draw(3000, &mut Rng::new(11)).unwrap(), expected);
    };
    same(data::ring, data::ring_mixture());
    same(data::grid, data::grid_mixture());
    // Rounding: sums of 8 or 25 products of numbers near 1.
    let tolerance = |_| 1e-14;
    let ring = data::ring_mixture().covariance();
    assert_all_close(
        "ring",
        &ring,
        &array![[1.005, 0.0], [0.0, 1.005]],
        tolerance,
    );
    let grid = data::grid_mixture().covariance();
    assert_all_close("grid", &grid, &array![[1.0, 0.0], [0.0, 1.0]], tolerance);
    let ratio = |law: &diffusion_intuition::Mixture, i: usize, j: usize| {
        let [a, b] = [i, j].map(|k| law.components()[k].clone());
        let distance = (a.mean()[0] - b.mean()[0]).hypot(a.mean()[1] - b.mean()[1]);
        distance / a.covariance()[[0, 0]].sqrt()
    };
    // In standard deviations: the ring's diameter 2/0.05, the grid's spacing 2/0.05.
    assert_close("diameter", ratio(&data::ring_mixture(), 0, 4), 40.0, 1e-12);
    assert_close("spacing", ratio(&data::grid_mixture(), 0, 1), 40.0, 1e-12);
}

#[test]
fn ring_and_grid_have_the_size_that_was_asked_for() {
    let ring = data::ring_mixture_with(3.0, 0.2).unwrap();
    assert_eq!(ring.components().len(), 8);
    assert_all_close(
        "first mode",
        ring.components()[0].mean(),
        &[3.0, 0.0],
        |_| 0.0,
    );
    let diagonal = [3.0 / SQRT_2, 3.0 / SQRT_2];
    assert_all_close("second", ring.components()[1].mean(), &diagonal, |_| 1e-15);
    let grid = data::grid_mixture_with(0.5, 0.1).unwrap();
    assert_eq!(grid.components().len(), 25);
    let mut modes: Vec<_> = grid
        .components()
        .iter()
        .map(|c| c.mean().to_vec())
        .collect();
    modes.sort_by(|a, b| a.partial_cmp(b).unwrap());
    modes.dedup();
    assert_eq!(modes.len(), 25);
    assert_eq!(
        (&modes[0][..], &modes[24][..]),
        (&[-1.0, -1.0][..], &[1.0, 1.0][..])
    );
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        for (name, result) in [
            ("radius", data::ring_mixture_with(bad, 0.1)),
            ("standard deviation", data::ring_mixture_with(1.0, bad)),
            ("spacing", data::grid_mixture_with(bad, 0.1)),
            ("standard deviation", data::grid_mixture_with(1.0, bad)),
        ] {
            match result {
                Err(Error::Parameter { name: found, .. }) => assert_eq!(found, name),
                other => panic!("{bad}: {other:?}"),
            }
        }
    }
}

/// All modes, with the share of high quality that theory gives them.
#[test]
fn ring_and_grid_reach_the_ceiling_of_quality() {
    let ceiling = high_quality_ceiling(2).unwrap();
    for (draw, law) in [
        (data::ring as Draw, data::ring_mixture()),
        (data::grid, data::grid_mixture()),
    ] {
        let report = metrics::mode_coverage(&draw(N, &mut Rng::new(12)).unwrap(), &law).unwrap();
        assert_eq!(report.covered, report.modes);
        let count = (report.high_quality * N as f64).round() as usize;
        assert_share("high quality", count, ceiling);
    }
}

/// Shares of the points in boxes that lie in one part of the drawing, against box area over its whole area;
/// none in the mouth, the white of an eye, an open claw and the corners.
#[test]
fn ferris_is_even_and_smiles() {
    // By the midpoint rule on a grid of spacing 0.001.
    let area = 9.65617;
    let points = data::ferris(N, &mut Rng::new(13)).unwrap();
    let points = undone(&points, [0.0, 0.30292], [1.30326, 1.03482]);
    let inside = |x: [f64; 2], y: [f64; 2]| {
        let is_in = |p: &&[f64; 2]| x[0] < p[0] && p[0] < x[1] && y[0] < p[1] && p[1] < y[1];
        points.iter().filter(is_in).count()
    };
    for (what, x, y) in [
        ("forehead", [-0.6, 0.6], [0.75, 1.1]),
        ("right cheek", [0.7, 1.3], [-0.4, -0.1]),
        ("left cheek", [-1.3, -0.7], [-0.4, -0.1]),
        ("left pupil", [-0.57, -0.37], [0.21, 0.41]),
        ("right pupil", [0.37, 0.57], [0.21, 0.41]),
        ("left claw", [-2.0, -1.5], [1.25, 1.5]),
        ("right claw", [1.5, 2.0], [1.25, 1.5]),
        ("right forearm", [1.75, 1.95], [0.6, 1.0]),
        ("left front foot", [-0.95, -0.85], [-1.9, -1.5]),
    ] {
        let share = (x[1] - x[0]) * (y[1] - y[0]) / area;
        assert_share(what, inside(x, y), share);
    }
    for (what, x, y) in [
        ("mouth", [-0.4, 0.4], [-0.6, -0.33]),
        ("white of the left eye", [-0.62, -0.46], [0.55, 0.65]),
        ("white of the right eye", [0.46, 0.62], [0.55, 0.65]),
        ("open claw", [1.48, 1.6], [2.05, 2.45]),
        ("between the claws", [-1.0, 1.0], [1.5, 2.4]),
        ("between the feet", [-0.7, 0.7], [-2.1, -1.5]),
    ] {
        assert_eq!(inside(x, y), 0, "{what}");
    }
}
