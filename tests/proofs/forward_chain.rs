//! Step by step and at once are the same distribution, the one that the formulas say.

use diffusion_intuition::metrics::{ks_critical, ks_one_sample, ks_two_sample};
use diffusion_intuition::{Mixture, Rng, Schedule};
use ndarray::{Array1, Axis};

use crate::support::{KS_ALPHA, assert_moments, chapter_schedule, coarse_schedule, to_f64};

/// Draws: enough that a KS distance of 0.023 (one sample) or 0.033 (two) is beyond chance.
const N: usize = 20_000;

/// x_t by all the steps 0..=t.
fn chain(schedule: &Schedule, x0: &Array1<f32>, t: usize, rng: &mut Rng) -> Array1<f32> {
    let mut x = x0.clone();
    for step in 0..=t {
        x = schedule.q_step(&x, step, rng).unwrap();
    }
    x
}

/// N(√ᾱ x_0, 1−ᾱ) with ᾱ from the betas themselves.
fn exact(schedule: &Schedule, x0: f64, t: usize) -> (f64, f64) {
    let kept: f64 = schedule
        .betas()
        .iter()
        .take(t + 1)
        .map(|b| 1.0 - b)
        .product();
    (kept.sqrt() * x0, 1.0 - kept)
}

#[track_caller]
fn assert_normal(what: &str, x: &Array1<f32>, (mean, variance): (f64, f64)) {
    assert_moments(what, &to_f64(x), mean, variance);
    let normal = Mixture::isotropic(&ndarray::array![[mean]], variance.sqrt()).unwrap();
    let distance = ks_one_sample(x, &normal).unwrap();
    let critical = ks_critical(x.len(), usize::MAX, KS_ALPHA).unwrap();
    assert!(distance < critical, "{what}: {distance} against {critical}");
}

/// From one clean value, so that an error in the noise cannot hide in the spread of the data.
#[test]
fn both_are_the_stated_normal_for_one_clean_value() {
    let x0 = 1.7;
    let clean = Array1::from_elem(N, x0 as f32);
    for (name, schedule, ts) in [
        ("chapter", chapter_schedule(), vec![0, 1, 20, 199]),
        ("coarse", coarse_schedule(), (0..6).collect()),
    ] {
        for t in ts {
            let rng = &mut Rng::new(100 + t as u64);
            let expected = exact(&schedule, x0, t);
            let stepped = chain(&schedule, &clean, t, rng);
            assert_normal(&format!("{name}, {t} steps"), &stepped, expected);
            let (at_once, _) = schedule.q_sample(&clean, t, rng).unwrap();
            assert_normal(&format!("{name}, at once {t}"), &at_once, expected);
        }
    }
}

#[test]
fn one_step_is_the_stated_normal() {
    let schedule = coarse_schedule();
    for t in 0..6 {
        let before = Array1::from_elem(N, -0.8_f32);
        let after = schedule
            .q_step(&before, t, &mut Rng::new(t as u64))
            .unwrap();
        let beta = schedule.betas()[t];
        // x_before is −0.8 rounded to f32, off by 1e-8: far below the standard error of 0.0016.
        let expected = ((1.0 - beta).sqrt() * -0.8, beta);
        assert_normal(&format!("step {t}"), &after, expected);
    }
}

/// On the chapter's data, as the book draws it.
#[test]
fn chain_equals_closed_form_on_the_chapters_data() {
    let schedule = chapter_schedule();
    let data = Mixture::bimodal();
    let critical = ks_critical(N, N, KS_ALPHA).unwrap();
    for t in [0, 20, 50, 100, 150, 199] {
        let rng = &mut Rng::new(200 + t as u64);
        let mut draw = || {
            data.sample(N, rng)
                .unwrap()
                .index_axis(Axis(1), 0)
                .to_owned()
        };
        let (one, other) = (draw(), draw());
        let stepped = chain(&schedule, &one, t, rng);
        let (at_once, _) = schedule.q_sample(&other, t, rng).unwrap();
        let distance = ks_two_sample(&stepped, &at_once).unwrap();
        assert!(
            distance < critical,
            "t = {t}: {distance} against {critical}"
        );
        // Var x_t = ᾱ (0.3² + 2²) + 1 − ᾱ: the data's two heaps at ±2.
        let (_, noise) = exact(&schedule, 0.0, t);
        let variance = (1.0 - noise) * 4.09 + noise;
        assert_moments(&format!("chain to {t}"), &to_f64(&stepped), 0.0, variance);
        assert_moments(&format!("at once {t}"), &to_f64(&at_once), 0.0, variance);
    }
}
