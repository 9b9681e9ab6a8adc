//! `q_sample`: x_t is made of x_0 and the ε that it returns, and that ε is standard normal noise of its own.

use diffusion_intuition::metrics::{ks_critical, ks_one_sample};
use diffusion_intuition::{Mixture, Rng, Schedule, data};
use ndarray::{Array, Array1, Axis, array};

use crate::support::{
    KS_ALPHA, assert_close, assert_mean, assert_moments, assert_same_at_any_thread_count,
    chapter_schedule, coarse_schedule, to_f64,
};

/// More than twelve chunks of parallel work.
const N: usize = 50_000;

fn sample_of_data(n: usize, seed: u64) -> Array1<f32> {
    let rows = Mixture::bimodal().sample(n, &mut Rng::new(seed)).unwrap();
    rows.index_axis(Axis(1), 0).to_owned()
}

#[test]
fn x_t_is_made_of_x0_and_the_eps_returned() {
    let x0 = sample_of_data(5000, 1);
    for schedule in [chapter_schedule(), coarse_schedule()] {
        for t in 0..schedule.timesteps() {
            let (x_t, eps) = schedule.q_sample(&x0, t, &mut Rng::new(t as u64)).unwrap();
            // The same operations on the same numbers: equal, not merely close.
            assert_eq!(
                x_t,
                schedule.q_sample_with(&x0, t, &eps).unwrap(),
                "t = {t}"
            );
            let kept: f64 = schedule
                .betas()
                .iter()
                .take(t + 1)
                .map(|b| 1.0 - b)
                .product();
            for i in 0..x0.len() {
                let (x, e) = (f64::from(x0[i]), f64::from(eps[i]));
                let parts = [kept.sqrt() * x, (1.0 - kept).sqrt() * e];
                // Each coefficient, each product and the sum round once: 3 half-ulps of each part.
                let size = parts[0].abs() + parts[1].abs();
                let tolerance = 1.6 * f64::from(f32::EPSILON) * size;
                let what = format!("t = {t}, element {i}");
                assert_close(what, f64::from(x_t[i]), parts[0] + parts[1], tolerance);
            }
        }
    }
}

#[test]
fn eps_is_standard_normal_and_independent_of_the_data() {
    let x0 = sample_of_data(N, 2);
    let normal = Mixture::isotropic(&array![[0.0]], 1.0).unwrap();
    let critical = ks_critical(N, usize::MAX, KS_ALPHA).unwrap();
    for t in [0, 100, 199] {
        let (_, eps) = chapter_schedule()
            .q_sample(&x0, t, &mut Rng::new(2)) // the seed of the data, on purpose
            .unwrap();
        assert_moments("eps", &to_f64(&eps), 0.0, 1.0);
        let distance = ks_one_sample(&eps, &normal).unwrap();
        assert!(
            distance < critical,
            "t = {t}: {distance} against {critical}"
        );
        let products: Vec<f64> = x0.iter().zip(&eps).map(|(x, e)| f64::from(x * e)).collect();
        assert_mean("covariance of eps and x0", &products, 0.0);
        // Squares too: the noise is no larger where the data are.
        let squares: Vec<f64> = x0
            .iter()
            .zip(&eps)
            .map(|(x, e)| (f64::from(x * x) - 4.09) * (f64::from(e * e) - 1.0))
            .collect();
        assert_mean("covariance of squares", &squares, 0.0);
    }
}

#[test]
fn a_seed_gives_the_same_bits_at_any_thread_count() {
    let x0 = sample_of_data(N, 3);
    let schedule = chapter_schedule();
    assert_same_at_any_thread_count(|| schedule.q_sample(&x0, 100, &mut Rng::new(4)).unwrap());
    assert_same_at_any_thread_count(|| schedule.q_step(&x0, 100, &mut Rng::new(4)).unwrap());
}

#[test]
fn the_generator_moves_on() {
    let x0 = sample_of_data(100, 4);
    let schedule = chapter_schedule();
    let rng = &mut Rng::new(5);
    let (_, first) = schedule.q_sample(&x0, 0, rng).unwrap();
    let (_, second) = schedule.q_sample(&x0, 0, rng).unwrap();
    let equal = first.iter().zip(&second).filter(|(a, b)| a == b).count();
    // Two f32 normals agree with probability of about 1e-7.
    assert_eq!(equal, 0);
}

/// The same numbers in any shape and memory layout: row-major order is what counts.
#[test]
fn shape_and_layout_do_not_matter() {
    let schedule = chapter_schedule();
    let t = 60;
    let flat = sample_of_data(60, 6);
    let rng = || Rng::new(7);
    let (x_t, eps) = schedule.q_sample(&flat, t, &mut rng()).unwrap();
    let stepped = schedule.q_step(&flat, t, &mut rng()).unwrap();

    let matrix = flat.clone().into_shape_with_order((12, 5)).unwrap();
    let cube = flat.clone().into_shape_with_order((3, 4, 5)).unwrap();
    let by_columns = {
        let mut transposed = Array::zeros((5, 12));
        transposed.assign(&matrix.t());
        transposed.reversed_axes() // the same matrix, column after column in memory
    };
    assert!(!by_columns.is_standard_layout());
    let with_gaps = {
        let mut wide = Array::from_elem((12, 10), f32::NAN);
        wide.slice_mut(ndarray::s![.., ..;2]).assign(&matrix);
        wide
    };
    let strided = with_gaps.slice(ndarray::s![.., ..;2]);

    let expected = x_t.to_vec();
    let elements = |array: &ndarray::ArrayRef2<f32>| array.iter().copied().collect::<Vec<_>>();
    for (name, view) in [
        ("matrix", matrix.view()),
        ("by columns", by_columns.view()),
        ("with gaps", strided),
    ] {
        let (found, found_eps) = schedule.q_sample(&view, t, &mut rng()).unwrap();
        assert_eq!(found.dim(), (12, 5), "{name}");
        assert_eq!(elements(&found), expected, "{name}");
        assert_eq!(elements(&found_eps), eps.to_vec(), "{name}");
        let step = schedule.q_step(&view, t, &mut rng()).unwrap();
        assert_eq!(elements(&step), stepped.to_vec(), "{name}");
        // Given noise in another layout than the data.
        let found = schedule.q_sample_with(&view, t, &found_eps).unwrap();
        assert_eq!(elements(&found), expected, "{name}");
        let found = schedule.q_sample_with(&found_eps, t, &view).unwrap();
        let swapped = schedule.q_sample_with(&eps, t, &flat).unwrap();
        assert_eq!(elements(&found), swapped.to_vec(), "{name}");
        let (mean, _) = schedule.q_posterior(&view, &found_eps, t).unwrap();
        let (flat_mean, _) = schedule.q_posterior(&flat, &eps, t).unwrap();
        assert_eq!(elements(&mean), flat_mean.to_vec(), "{name}");
    }
    let (found, _) = schedule.q_sample(&cube, t, &mut rng()).unwrap();
    assert_eq!(found.dim(), (3, 4, 5));
    assert_eq!(found.into_raw_vec_and_offset().0, expected);
    let empty: Array1<f32> = Array1::zeros(0);
    assert_eq!(schedule.q_sample(&empty, t, &mut rng()).unwrap().0.len(), 0);
}

/// The chapter's 400 points: exactly half around −2, then half around 2, each with standard deviation 0.3.
#[test]
fn the_chapters_data() {
    let rng = &mut Rng::new(8);
    let sets: Vec<Array1<f32>> = (0..100).map(|_| data::bimodal(rng)).collect();
    assert!(sets.iter().all(|set| set.len() == 400));
    assert_ne!(sets[0], sets[1]);
    let half = |from: usize| -> Vec<f64> {
        let parts = sets
            .iter()
            .map(|set| set.slice(ndarray::s![from..from + 200]));
        parts.flat_map(to_f64).collect()
    };
    assert_moments("left heap", &half(0), -2.0, 0.09);
    assert_moments("right heap", &half(200), 2.0, 0.09);
}

/// At the end of a schedule with zero terminal SNR x_t is its noise and nothing else.
#[test]
fn zero_terminal_snr_ends_in_pure_noise() {
    let schedule = Schedule::cosine(100).unwrap().zero_terminal_snr().unwrap();
    let x0 = sample_of_data(1000, 9);
    let (x_t, eps) = schedule.q_sample(&x0, 99, &mut Rng::new(10)).unwrap();
    assert_eq!(x_t, eps);
}
