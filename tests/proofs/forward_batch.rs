//! A noised minibatch: every row is noised as if alone, at its own t, at any thread count.

use diffusion_intuition::{Error, Rng, Schedule};
use ndarray::{Array2, s};
use rand::RngExt;

use crate::support::{
    assert_mean, assert_moments, assert_same_at_any_thread_count, chapter_schedule, random_points,
    to_f64,
};

fn batch(rows: usize, d: usize, seed: u64) -> (Array2<f32>, Vec<usize>) {
    let rng = &mut Rng::new(seed);
    let x0 = random_points(rows, d, 3.0, rng).mapv(|x| x as f32);
    let ts = (0..rows).map(|_| rng.random_range(0..200)).collect();
    (x0, ts)
}

/// Shapes on both sides of the chunks of 4096 numbers, and rows longer than one.
const SHAPES: [(usize, usize); 7] = [
    (1, 1),
    (7, 3),
    (4096, 1),
    (5000, 2),
    (3000, 3),
    (3, 5000),
    (700, 12),
];

#[test]
fn every_row_is_noised_as_if_alone() {
    let schedule = chapter_schedule();
    for (rows, d) in SHAPES {
        let (x0, ts) = batch(rows, d, 1);
        let (x_t, eps) = schedule.q_sample_batch(&x0, &ts, &mut Rng::new(2)).unwrap();
        assert_eq!(x_t.dim(), (rows, d));
        for (i, &t) in ts.iter().enumerate() {
            let single = schedule.q_sample_with(&x0.row(i), t, &eps.row(i)).unwrap();
            assert_eq!(x_t.row(i), single, "shape ({rows}, {d}), row {i}, t = {t}");
        }
    }
}

#[test]
fn noise_is_standard_normal_and_independent_of_data_and_time() {
    let (x0, ts) = batch(20_000, 3, 3);
    let (_, eps) = chapter_schedule()
        .q_sample_batch(&x0, &ts, &mut Rng::new(3)) // the seed of the data, on purpose
        .unwrap();
    assert_moments("eps", &to_f64(&eps), 0.0, 1.0);
    let products = x0.iter().zip(&eps).map(|(x, e)| f64::from(x * e));
    assert_mean("covariance with x0", &products.collect::<Vec<_>>(), 0.0);
    let with_t = eps.rows().into_iter().zip(&ts);
    let products = with_t.map(|(e, t)| f64::from(e[0]) * (*t as f64 - 99.5));
    assert_mean("covariance with t", &products.collect::<Vec<_>>(), 0.0);
    let neighbours = eps.rows().into_iter();
    let products = neighbours.map(|e| f64::from(e[0] * e[1]));
    assert_mean(
        "covariance within a row",
        &products.collect::<Vec<_>>(),
        0.0,
    );
}

#[test]
fn the_generator_moves_on() {
    let schedule = chapter_schedule();
    for (rows, d) in SHAPES {
        let (x0, ts) = batch(rows, d, 4);
        let rng = &mut Rng::new(5);
        let first = schedule.q_sample_batch(&x0, &ts, rng).unwrap();
        let again = schedule.q_sample_batch(&x0, &ts, rng).unwrap();
        assert_ne!(again.1, first.1);
    }
}

/// One t for all rows is [`Schedule::q_sample`]: the same bits.
#[test]
fn one_t_for_all_rows_is_q_sample() {
    let schedule = chapter_schedule();
    for (rows, d) in SHAPES {
        let (x0, _) = batch(rows, d, 4);
        let together = schedule.q_sample(&x0, 100, &mut Rng::new(5)).unwrap();
        let ts = vec![100; rows];
        let rng = &mut Rng::new(5);
        let by_row = schedule.q_sample_batch(&x0, &ts, rng).unwrap();
        assert_eq!(by_row, together, "shape ({rows}, {d})");
    }
}

#[test]
fn layout_of_the_data_does_not_matter() {
    let schedule = chapter_schedule();
    let (x0, ts) = batch(500, 20, 6);
    let mut wide = Array2::from_elem((500, 40), f32::NAN);
    wide.slice_mut(s![.., ..;2]).assign(&x0);
    let expected = schedule.q_sample_batch(&x0, &ts, &mut Rng::new(7)).unwrap();
    let gaps = wide.slice(s![.., ..;2]);
    let found = schedule
        .q_sample_batch(&gaps, &ts, &mut Rng::new(7))
        .unwrap();
    assert_eq!(found, expected);
    let columns = x0.t().as_standard_layout().to_owned().reversed_axes();
    let found = schedule
        .q_sample_batch(&columns, &ts, &mut Rng::new(7))
        .unwrap();
    assert_eq!(found, expected);
}

#[test]
fn a_seed_gives_the_same_bits_at_any_thread_count() {
    let schedule = chapter_schedule();
    let (x0, ts) = batch(20_000, 3, 8);
    assert_same_at_any_thread_count(|| {
        schedule.q_sample_batch(&x0, &ts, &mut Rng::new(9)).unwrap()
    });
}

#[test]
fn empty_batches_are_fine() {
    let schedule = chapter_schedule();
    for (rows, d) in [(0, 3), (3, 0)] {
        let (x0, ts) = batch(rows, d, 10);
        let (x_t, eps) = schedule.q_sample_batch(&x0, &ts, &mut Rng::new(0)).unwrap();
        assert_eq!((x_t.dim(), eps.dim()), ((rows, d), (rows, d)));
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let schedule = Schedule::default();
    let (x0, _) = batch(4, 3, 11);
    let ts = [1, 2, 3, 4];
    let rng = &mut Rng::new(0);
    let shape = |what, expected: &[usize], found: &[usize]| {
        Err(Error::Shape {
            what,
            expected: expected.to_vec(),
            found: found.to_vec(),
        })
    };
    let few = schedule.q_sample_batch(&x0, &ts[..3], rng).map(|_| ());
    assert_eq!(few, shape("ts", &[4], &[3]));
    assert_eq!(few.unwrap_err().to_string(), "ts: shape [3], expected [4]");
    let nan = x0.mapv(|_| f32::NAN);
    let result = schedule.q_sample_batch(&nan, &ts, rng);
    assert!(matches!(result, Err(Error::NotFinite { what: "x0", .. })));
}

/// Algorithm 1's draw of t: every one of T values as often as any other, the first and the last among them.
#[test]
fn random_timesteps_are_uniform() {
    let schedule = Schedule::linear(20, 1e-4, 0.02).unwrap();
    let n = 20_000;
    let ts = schedule.random_timesteps(n, &mut Rng::new(3)).unwrap();
    let mut counts = [0.0_f64; 20];
    ts.iter().for_each(|t| counts[*t] += 1.0);
    let expected = n as f64 / 20.0;
    let chi_squared: f64 = counts
        .iter()
        .map(|c| (c - expected).powi(2) / expected)
        .sum();
    // 19 degrees of freedom: chance exceeds 43.8 once in a thousand seeds. Without one t it would be 1000 and more.
    assert!(chi_squared < 43.8, "{chi_squared}");
    assert_eq!(ts, schedule.random_timesteps(n, &mut Rng::new(3)).unwrap());
    let refused = schedule.random_timesteps(usize::MAX, &mut Rng::new(3));
    assert!(matches!(refused, Err(Error::Size { .. })));
}
