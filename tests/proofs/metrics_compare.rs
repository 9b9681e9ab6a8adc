//! Generated rows against held-out ones: known distances, and the floor beside them.

use diffusion_intuition::metrics::{self, Comparison};
use diffusion_intuition::{Error, Mixture, Result, Rng};
use ndarray::Array2;

/// Two independent normal columns, the second ten times as wide.
fn draw(n: usize, rng: &mut Rng) -> Array2<f32> {
    let mut rows = rng.standard_normal(n, 2).unwrap();
    rows.column_mut(1).mapv_inplace(|x| 10.0 * x);
    rows
}

fn compare(generate: impl FnMut(usize, &mut Rng) -> Result<Array2<f32>>) -> Vec<Comparison> {
    let all = draw(600, &mut Rng::new(100));
    let held_out = all.slice(ndarray::s![..100, ..]).to_owned();
    metrics::compare(0..10, &held_out, &all, generate).unwrap()
}

#[test]
fn the_held_out_rows_themselves_are_at_distance_zero() {
    let all = draw(600, &mut Rng::new(100));
    let held_out = all.slice(ndarray::s![..100, ..]).to_owned();
    let found = compare(|_, _| Ok(held_out.clone()));
    let columns: Vec<Option<usize>> = found.iter().map(|one| one.column).collect();
    assert_eq!(columns, [Some(0), Some(1), None]);
    for one in &found {
        assert_eq!(one.distance.mean, 0.0);
        assert!(one.floor.mean > 0.0);
        assert_eq!((one.distance.n, one.floor.n), (10, 10));
    }
    // W₁ has the unit of its column. Each mean of 10 has a relative standard error near 0.5/√10 = 0.16: a
    // ratio between 5 and 20 is three of them.
    let ratio = found[1].floor.mean / found[0].floor.mean;
    assert!((5.0..20.0).contains(&ratio), "{ratio}");
}

#[test]
fn a_shift_is_found_in_its_column() {
    let all = draw(600, &mut Rng::new(100));
    let held_out = all.slice(ndarray::s![..100, ..]).to_owned();
    let moved = &held_out + &ndarray::array![0.0, 3.0];
    let found = compare(|_, _| Ok(moved.clone()));
    assert_eq!(found[0].distance.mean, 0.0);
    // All rows moved by 3: W₁ is 3, up to the rounding of f32 values up to 30.
    assert!((found[1].distance.mean - 3.0).abs() < 1e-5);
    // Seen from a random direction, 3 |cos φ|: on average 6/π, with a standard deviation of 0.92 over 64
    // directions and 10 seeds: five standard errors are 0.19.
    let sliced = found[2].distance.mean;
    assert!(
        (sliced - 6.0 / std::f64::consts::PI).abs() < 0.19,
        "{sliced}"
    );
    assert_eq!(
        found[1].ratio().unwrap().mean,
        found[1].distance.mean / found[1].floor.mean
    );
}

#[test]
fn one_column_is_compared_once() {
    let rows = Mixture::bimodal().sample(100, &mut Rng::new(0)).unwrap();
    let held_out = rows.slice(ndarray::s![..20, ..]).to_owned();
    let found = metrics::compare(0..3, &held_out, &rows, |n, rng| {
        Ok(Mixture::bimodal().sample(n, rng).unwrap())
    });
    let columns: Vec<Option<usize>> = found.unwrap().iter().map(|one| one.column).collect();
    assert_eq!(columns, [Some(0)]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let all = draw(30, &mut Rng::new(0));
    let part = |n: usize| all.slice(ndarray::s![..n, ..]).to_owned();
    let same = |n: usize, rng: &mut Rng| Ok(draw(n, rng));
    let is_shape = |found: Result<Vec<Comparison>>, wanted: &str| match found {
        Err(Error::Shape { what, .. }) => assert_eq!(what, wanted),
        other => panic!("{wanted}: {other:?}"),
    };
    is_shape(
        metrics::compare(0..2, &part(16), &all, same),
        "rows to be split in two",
    );
    is_shape(
        metrics::compare(0..2, &part(5), &all.select(ndarray::Axis(1), &[0]), same),
        "all rows",
    );
    is_shape(
        metrics::compare(0..2, &part(5), &all, |n, rng| Ok(draw(n + 1, rng))),
        "generated rows",
    );
    let empty = metrics::compare(0..2, &part(0), &all, same);
    assert!(matches!(empty, Err(Error::Empty { .. })));
    let once = metrics::compare(0..1, &part(5), &all, same);
    assert!(matches!(once, Err(Error::Parameter { .. })));
}
