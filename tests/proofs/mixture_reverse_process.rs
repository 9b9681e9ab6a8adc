//! The exact reverse process, run from the last step to the first, gives the data back.

use diffusion_intuition::metrics::{ks_critical, ks_one_sample};
use diffusion_intuition::{Mixture, Rng, Schedule};
use ndarray::{Array2, Axis};

use crate::support::{
    KS_ALPHA, assert_moments, assert_same_at_any_thread_count, chapter_schedule, coarse_schedule,
    lopsided, plane, to_f64,
};

/// Draws: a KS distance of 0.023 or more is beyond chance at 1e-9.
const N: usize = 20_000;

/// From exact samples of q(x_{T−1}) down to clean data, with a look at every law on the way.
fn run(
    data: &Mixture,
    schedule: &Schedule,
    seed: u64,
    mut look: impl FnMut(usize, &Array2<f32>),
) -> Array2<f32> {
    let rng = &mut Rng::new(seed);
    let last = schedule.timesteps() - 1;
    let mut x = data
        .marginal(schedule, last)
        .unwrap()
        .sample(N, rng)
        .unwrap();
    for t in (0..=last).rev() {
        look(t, &x);
        x = data.reverse_step(schedule, &x, t, rng).unwrap();
    }
    x
}

#[track_caller]
fn assert_follows(what: &str, x: &Array2<f32>, law: &Mixture) {
    for (i, column) in x.axis_iter(Axis(1)).enumerate() {
        let (mean, variance) = (law.mean()[i], law.covariance()[[i, i]]);
        assert_moments(
            &format!("{what}, axis {i}"),
            &to_f64(column),
            mean,
            variance,
        );
    }
    if law.dim() == 1 {
        let distance = ks_one_sample(&x.index_axis(Axis(1), 0).to_owned(), law).unwrap();
        let critical = ks_critical(N, usize::MAX, KS_ALPHA).unwrap();
        assert!(distance < critical, "{what}: {distance} against {critical}");
    }
}

#[test]
fn two_hundred_small_steps_give_the_data() {
    let data = Mixture::bimodal();
    let schedule = chapter_schedule();
    let x0 = run(&data, &schedule, 1, |t, x| {
        if t % 40 == 0 {
            let law = data.marginal(&schedule, t).unwrap();
            assert_follows(&format!("t = {t}"), x, &law);
        }
    });
    assert_follows("data", &x0, &data);
}

/// Steps so large that the kernels are far from Gaussian: every one is checked.
#[test]
fn six_large_steps_give_the_data() {
    let schedule = coarse_schedule();
    for (seed, data) in [(2, Mixture::bimodal()), (3, lopsided()), (4, plane())] {
        let x0 = run(&data, &schedule, seed, |t, x| {
            let law = data.marginal(&schedule, t).unwrap();
            assert_follows(&format!("seed {seed}, t = {t}"), x, &law);
        });
        assert_follows("data", &x0, &data);
    }
}

/// Only here does N(0, I) itself belong at the start: x_{T−1} is pure noise.
#[test]
fn pure_noise_becomes_data_under_zero_terminal_snr() {
    let data = lopsided();
    let schedule = Schedule::cosine(12).unwrap().zero_terminal_snr().unwrap();
    let x0 = run(&data, &schedule, 5, |t, x| {
        if t == 11 {
            let normal = Mixture::isotropic(&ndarray::array![[0.0]], 1.0).unwrap();
            assert_follows("start", x, &normal);
        }
    });
    assert_follows("data", &x0, &data);
}

#[test]
fn a_seed_gives_the_same_steps_at_any_thread_count() {
    let schedule = coarse_schedule();
    for data in [lopsided(), plane()] {
        let x_t = data.sample(N, &mut Rng::new(6)).unwrap();
        assert_same_at_any_thread_count(|| {
            data.reverse_step(&schedule, &x_t, 3, &mut Rng::new(7))
                .unwrap()
        });
    }
    // Vectors are accepted where d = 1, and give the same numbers as columns.
    let data = lopsided();
    let column = data.sample(N, &mut Rng::new(8)).unwrap();
    let vector = column.index_axis(Axis(1), 0).to_owned();
    let rng = || Rng::new(9);
    let rows = data
        .reverse_step(&schedule, &column, 3, &mut rng())
        .unwrap();
    let flat = data
        .reverse_step(&schedule, &vector, 3, &mut rng())
        .unwrap();
    assert_eq!(rows.index_axis(Axis(1), 0), flat);
}
