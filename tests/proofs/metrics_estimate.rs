//! Estimates and floors: their arithmetic, the coverage of their intervals, and that a floor is one.

use diffusion_intuition::metrics::{
    Estimate, floor, floor_of_rows, over_seeds, sliced_wasserstein, wasserstein_two_sample,
};
use diffusion_intuition::{Error, Rng, data};
use ndarray::{Array2, array};

use crate::support::{SIGMAS, assert_close};

fn normals(n: usize, rng: &mut Rng) -> Vec<f64> {
    let mut values = vec![0.0; n];
    rng.fill_standard_normal(&mut values);
    values.into_iter().map(f64::from).collect()
}

/// Published two-sided values (Student's table), rounded to their last digit.
#[test]
fn quantiles_are_the_published_ones() {
    let student_quantile = |probability, degrees| {
        let (mean, standard_error, n) = (0.0, 1.0, degrees + 1);
        let estimate = Estimate {
            mean,
            standard_error,
            n,
        };
        estimate.half_width(probability).unwrap()
    };
    for (probability, degrees, published) in [
        (0.95, 1, 12.706),
        (0.95, 2, 4.303),
        (0.95, 3, 3.182),
        (0.95, 4, 2.776),
        (0.95, 9, 2.262),
        (0.95, 10, 2.228),
        (0.95, 30, 2.042),
        (0.95, 120, 1.980),
        (0.99, 5, 4.032),
        (0.99, 29, 2.756),
        (0.5, 7, 0.711),
        (0.95, 1_000_000, 1.960),
        (0.95, usize::MAX - 1, 1.960),
    ] {
        let found = student_quantile(probability, degrees);
        assert_close(degrees, found, published, 5e-4 + 1e-9);
    }
    // Where the sum hands over to the series, whose next term is below 1e-11. Half a million roundings of
    // the sum come to 3e-12, over the density: 3e-11 at 0.95. From one degree to the next t falls by 1e-12.
    for probability in [0.5, 0.95] {
        let sum = student_quantile(probability, 1_000_000);
        let series = student_quantile(probability, 1_000_001);
        assert_close(probability, sum, series, 1e-9);
    }
}

/// 1, 2, 3, 6: mean 3, variance 14/3, standard error √(14/12); t = 3.182446 at 3 degrees of freedom.
#[test]
fn an_estimate_by_hand() {
    let estimate = Estimate::of(&[1.0, 2.0, 3.0, 6.0]).unwrap();
    assert_eq!((estimate.mean, estimate.n), (3.0, 4));
    assert_close(
        "standard error",
        estimate.standard_error,
        (14.0_f64 / 12.0).sqrt(),
        1e-15,
    );
    let (low, high) = estimate.interval(0.95).unwrap();
    let half = 3.182446305 * (14.0_f64 / 12.0).sqrt();
    assert_close("low", low, 3.0 - half, 1e-8);
    assert_close("high", high, 3.0 + half, 1e-8);
    assert_close("half", estimate.half_width(0.95).unwrap(), half, 1e-8);
    assert_eq!(estimate.to_string(), "3.0 ± 3.4 (95 %, n = 4)");
    assert_eq!(
        estimate,
        Estimate::of(&array![1.0_f32, 2.0, 3.0, 6.0]).unwrap()
    );
    assert_eq!(estimate, Estimate::of(&[1_u8, 2, 3, 6]).unwrap());
    let certain = Estimate::of(&[2.0, 2.0]).unwrap();
    assert_eq!(certain.to_string(), "2.000000 ± 0.000000 (95 %, n = 2)");
    let small = Estimate {
        mean: 0.012345678,
        standard_error: 1e-5,
        n: 30,
    };
    assert_eq!(small.to_string(), "0.012346 ± 0.000020 (95 %, n = 30)");
    let large = Estimate {
        mean: 123_456.0,
        standard_error: 1000.0,
        n: 30,
    };
    assert_eq!(large.to_string(), "123456 ± 2045 (95 %, n = 30)");
}

/// Of 4000 intervals from 5 normal numbers each, the stated share covers the mean.
#[test]
fn intervals_cover_as_often_as_stated() {
    let (runs, rng) = (4000, &mut Rng::new(1));
    let estimates: Vec<_> = (0..runs)
        .map(|_| Estimate::of(&normals(5, rng)).unwrap())
        .collect();
    for confidence in [0.5, 0.95, 0.99] {
        let covers = |e: &&Estimate| {
            let (low, high) = e.interval(confidence).unwrap();
            low < 0.0 && 0.0 < high
        };
        let share = estimates.iter().filter(covers).count() as f64 / runs as f64;
        let tolerance = SIGMAS * (confidence * (1.0 - confidence) / runs as f64).sqrt();
        assert_close(confidence, share, confidence, tolerance);
    }
}

/// The stated error of a ratio is the scatter of many such ratios, each of two estimates of relative error 2
/// and 3 %. Tolerances: 6 standard errors of a mean and of a standard deviation; first order leaves 0.1 %.
#[test]
fn ratios_scatter_as_stated() {
    let rng = &mut Rng::new(2);
    let runs = 2000;
    let (mut ratios, mut errors) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let above = normals(100, rng)
            .iter()
            .map(|z| 5.0 + z)
            .collect::<Vec<_>>();
        let below = normals(50, rng)
            .iter()
            .map(|z| 2.0 + 0.42 * z)
            .collect::<Vec<_>>();
        let ratio = Estimate::of(&above)
            .unwrap()
            .ratio(&Estimate::of(&below).unwrap())
            .unwrap();
        assert_eq!(ratio.n, 50);
        ratios.push(ratio.mean);
        errors.push(ratio.standard_error);
    }
    let scatter = Estimate::of(&ratios).unwrap();
    let root = (runs as f64).sqrt();
    let std = scatter.standard_error * root;
    assert_close("ratio", scatter.mean, 2.5, SIGMAS * std / root + 0.0025);
    let stated = errors.iter().sum::<f64>() / runs as f64;
    assert_close(
        "its error",
        stated,
        std,
        SIGMAS * std / (2.0 * runs as f64).sqrt(),
    );
}

#[test]
fn seeds_are_those_that_were_named() {
    use rand::RngExt;
    let estimate = over_seeds(3..7, |rng| Ok(rng.random())).unwrap();
    let by_hand: Vec<f64> = (3..7).map(|seed| Rng::new(seed).random()).collect();
    assert_eq!(estimate, Estimate::of(&by_hand).unwrap());
    let error = over_seeds(0..5, |_| Err(Error::Empty { what: "schedule" })).unwrap_err();
    assert_eq!(error, Error::Empty { what: "schedule" });
}

/// A floor falls as 1/√n, is what its parts say, and no sample of another distribution comes near it.
#[test]
fn a_floor_is_what_chance_leaves() {
    let at = |n| {
        let draw = |rng: &mut Rng| data::moons(n, rng);
        floor(0..20, draw, |a, b, rng| sliced_wasserstein(a, b, 64, rng)).unwrap()
    };
    let (few, many) = (at(250), at(4000));
    // Sixteen times as many points: four times nearer; both are known to some 10 % at six standard errors.
    assert_close("ratio", few.ratio(&many).unwrap().mean, 4.0, 1.0);
    let rng = &mut Rng::new(3);
    let (moons, other) = (
        data::moons(4000, rng).unwrap(),
        data::spiral(4000, rng).unwrap(),
    );
    let apart = sliced_wasserstein(&moons, &other, 64, rng).unwrap();
    assert!(apart > 5.0 * many.mean, "{apart} over {many}");
    // Two different samples each time, from the seed's generator.
    let draw = |rng: &mut Rng| data::ring(10, rng);
    let found = floor(0..3, draw, |a, b, _| Ok(f64::from(a[[0, 0]] - b[[0, 0]]))).unwrap();
    let by_hand: Vec<f64> = (0..3)
        .map(|seed| {
            let rng = &mut Rng::new(seed);
            let (a, b) = (data::ring(10, rng).unwrap(), data::ring(10, rng).unwrap());
            f64::from(a[[0, 0]] - b[[0, 0]])
        })
        .collect();
    assert_eq!(found, Estimate::of(&by_hand).unwrap());
}

/// Rows are split into two sets without a row in common, other ones for each seed, as near as fresh draws.
#[test]
fn a_floor_of_rows_splits_them() {
    let rows = Array2::from_shape_fn((100, 1), |(i, _)| i as f32);
    let mut splits = Vec::new();
    floor_of_rows(0..5, &rows, 40, |a, b, _| {
        let mut seen: Vec<u32> = a.iter().chain(b).map(|x| *x as u32).collect();
        assert_eq!((a.dim(), b.dim()), ((40, 1), (40, 1)));
        splits.push(seen.clone());
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 80);
        Ok(0.0)
    })
    .unwrap();
    splits.sort();
    splits.dedup();
    assert_eq!(splits.len(), 5);

    let line = |a: &Array2<f32>, b: &Array2<f32>, _: &mut Rng| {
        wasserstein_two_sample(&a.column(0), &b.column(0))
    };
    let pool = data::moons(20_000, &mut Rng::new(4)).unwrap();
    let split = floor_of_rows(0..50, &pool, 500, line).unwrap();
    let fresh = floor(0..50, |rng| data::moons(500, rng), line).unwrap();
    let error = split.standard_error.hypot(fresh.standard_error);
    assert_close("split and fresh", split.mean, fresh.mean, SIGMAS * error);
}

#[test]
fn bad_input_is_refused() {
    for few in [&[][..], &[1.0][..]] {
        match Estimate::of(few).unwrap_err() {
            Error::Parameter { value, .. } => assert_eq!(value, few.len() as f64),
            other => panic!("{other:?}"),
        }
    }
    let error = Estimate::of(&[1.0, f64::INFINITY]).unwrap_err().to_string();
    assert_eq!(
        error,
        "measurements: value 1 is inf, expected a finite number"
    );
    let good = Estimate::of(&[1.0, 2.0]).unwrap();
    for bad in [0.0, 1.0, -1.0, f64::NAN] {
        assert!(matches!(good.interval(bad), Err(Error::Parameter { .. })));
    }
    let zero = Estimate::of(&[-1.0, 1.0]).unwrap();
    let name = |result: Result<Estimate, Error>| match result {
        Err(Error::Parameter { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(name(zero.ratio(&good)), "numerator's mean");
    assert_eq!(name(good.ratio(&zero)), "denominator's mean");
    let rows = array![[1.0_f32], [2.0], [3.0]];
    let any = |_: &Array2<f32>, _: &Array2<f32>, _: &mut Rng| Ok(1.0);
    let error = floor_of_rows(0..2, &rows, 2, any).unwrap_err().to_string();
    assert_eq!(
        error,
        "rows to be split in two: shape [3, 1], expected [4, 1]"
    );
    assert!(matches!(
        floor_of_rows(0..2, &rows, 0, any),
        Err(Error::Parameter { .. })
    ));
    assert!(matches!(
        floor_of_rows(0..2, &rows, usize::MAX, any),
        Err(Error::Shape { .. })
    ));
}
