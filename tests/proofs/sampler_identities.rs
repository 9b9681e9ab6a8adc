//! Samplers against each other: the same thing under two names, and what every one of them must keep.

use std::cell::Cell;

use diffusion_intuition::network::FilmMlp;
use diffusion_intuition::sampler::{Method, Sampler, Solver, Spacing, Threshold, Variance};
use diffusion_intuition::{Denoiser, Mixture, Prediction, Rng, Schedule};
use ndarray::Array2;

use crate::support::{
    assert_all_close, assert_same_at_any_thread_count, chapter_schedule, lopsided, plane, to_f64,
};

const ALL: [Method; 7] = [
    Method::DDPM,
    Method::Ddpm {
        variance: Variance::FixedLarge,
    },
    Method::DDIM,
    Method::Ddim { eta: 1.0 },
    Method::Euler,
    Method::Heun,
    Method::DpmSolver,
];

const KINDS: [Prediction; 4] = [
    Prediction::Eps,
    Prediction::X0,
    Prediction::V,
    Prediction::Velocity,
];

/// Two ways of rounding: a few parts in 10⁶ of numbers up to 5 after some ten steps.
const ROUNDING: f64 = 2e-5;

fn run(sampler: &Sampler, denoiser: &dyn Denoiser, d: usize) -> Array2<f32> {
    let start = Rng::new(1).standard_normal(64, d).unwrap();
    sampler.sample(denoiser, &start, &mut Rng::new(2)).unwrap()
}

#[track_caller]
fn assert_same(what: &str, a: &Array2<f32>, b: &Array2<f32>, tolerance: f64) {
    assert_all_close(what, &to_f64(a), &to_f64(b), |_| tolerance);
}

#[test]
fn euler_is_ddim_without_noise() {
    let data = plane();
    let schedules = [chapter_schedule(), Schedule::cosine(200).unwrap()];
    for schedule in schedules {
        let denoiser = data.denoiser(&schedule, Prediction::X0);
        for steps in [1, 2, 10, 50] {
            let euler = Sampler::new(&schedule, Method::Euler, steps).unwrap();
            let ddim = Sampler::new(&schedule, Method::DDIM, steps).unwrap();
            let (a, b) = (run(&euler, &denoiser, 2), run(&ddim, &denoiser, 2));
            assert_same("Euler and DDIM", &a, &b, ROUNDING);
        }
    }
}

#[test]
fn ddim_with_all_noise_is_ddpm() {
    let data = plane();
    let schedule = chapter_schedule();
    let denoiser = data.denoiser(&schedule, Prediction::Eps);
    for steps in [2, 10, 200] {
        let full = Sampler::new(&schedule, Method::Ddim { eta: 1.0 }, steps).unwrap();
        let ddpm = Sampler::new(&schedule, Method::DDPM, steps).unwrap();
        let (a, b) = (run(&full, &denoiser, 2), run(&ddpm, &denoiser, 2));
        assert_same("DDIM, eta 1, and DDPM", &a, &b, 5.0 * ROUNDING);
        let posterior = Method::Ddpm {
            variance: Variance::Interpolated(0.0),
        };
        let posterior = Sampler::new(&schedule, posterior, steps).unwrap();
        assert_same("interpolated", &run(&posterior, &denoiser, 2), &b, ROUNDING);
        let beta = |variance| {
            let sampler = Sampler::new(&schedule, Method::Ddpm { variance }, steps).unwrap();
            run(&sampler, &denoiser, 2)
        };
        let (a, b) = (
            beta(Variance::Interpolated(1.0)),
            beta(Variance::FixedLarge),
        );
        assert_same("interpolated to beta", &a, &b, ROUNDING);
    }
}

#[test]
fn first_order_steps_are_one_and_the_same() {
    // With one step left, or two for the multistep method, nothing tells these methods apart.
    let data = lopsided();
    let schedule = chapter_schedule();
    let denoiser = data.denoiser(&schedule, Prediction::Eps);
    let of = |method, steps| {
        run(
            &Sampler::new(&schedule, method, steps).unwrap(),
            &denoiser,
            1,
        )
    };
    for method in ALL {
        assert_same(
            method.name(),
            &of(method, 1),
            &of(Method::DDIM, 1),
            ROUNDING,
        );
    }
    assert_same(
        "DPM",
        &of(Method::DpmSolver, 2),
        &of(Method::DDIM, 2),
        ROUNDING,
    );
}

/// No noise at the last step: what comes out is x̂0 of the last timestep, to rounding.
#[test]
fn the_last_step_gives_the_estimate() {
    let data = lopsided();
    let schedule = chapter_schedule();
    let denoiser = data.denoiser(&schedule, Prediction::V);
    for method in ALL {
        for steps in [1, 5, 200] {
            let sampler = Sampler::new(&schedule, method, steps).unwrap();
            let start = Rng::new(3).standard_normal(64, 1).unwrap();
            let mut estimate = None;
            let x0 = sampler
                .sample_with(&denoiser, &start, &mut Rng::new(4), |step| {
                    estimate = Some(step.x0.clone());
                })
                .unwrap();
            assert_same(method.name(), &x0, &estimate.unwrap(), 1e-6);
        }
    }
}

#[test]
fn what_is_predicted_makes_no_difference() {
    let data = plane();
    let schedule = chapter_schedule();
    for method in ALL {
        let sampler = Sampler::new(&schedule, method, 10).unwrap();
        let [eps, x0, v, velocity] =
            KINDS.map(|kind| run(&sampler, &data.denoiser(&schedule, kind), 2));
        assert_same(method.name(), &eps, &x0, 5.0 * ROUNDING);
        assert_same(method.name(), &eps, &v, 5.0 * ROUNDING);
        assert_same(method.name(), &eps, &velocity, 5.0 * ROUNDING);
    }
}

#[test]
fn zero_terminal_snr_starts_from_pure_noise() {
    let data = lopsided();
    let schedule = Schedule::cosine(300).unwrap().zero_terminal_snr().unwrap();
    let methods = [
        (Method::DDPM, Prediction::V),
        (Method::DDIM, Prediction::X0),
        (Method::Ddim { eta: 0.5 }, Prediction::V),
        (Method::Euler, Prediction::V),
        (Method::Heun, Prediction::X0),
        (Method::DpmSolver, Prediction::V),
    ];
    for (method, kind) in methods {
        let sampler = Sampler::new(&schedule, method, 300).unwrap();
        let rng = &mut Rng::new(6);
        let start = rng.standard_normal(6000, 1).unwrap();
        let x0 = sampler
            .sample(&data.denoiser(&schedule, kind), &start, rng)
            .unwrap();
        crate::sampler_exact::assert_follows(method.name(), &x0, &data);
    }
}

/// Noise levels that f64 tells apart and λ does not: no slope in λ there, and no 0/0.
#[test]
fn equal_noise_levels_leave_dpm_solver_first_order() {
    const N: usize = 200;
    let betas = vec![0.05, 0.3, 2e-16, 2e-16, 2e-16, 0.4];
    let schedule = Schedule::from_betas(betas).unwrap();
    let denoiser = lopsided().denoiser(&schedule, Prediction::Eps);
    let run = |method| {
        let sampler = Sampler::new(&schedule, method, 6).unwrap();
        to_f64(
            &sampler
                .sample(
                    &denoiser,
                    &Rng::new(0).standard_normal(N, 1).unwrap(),
                    &mut Rng::new(0),
                )
                .unwrap(),
        )
    };
    let (dpm, ddim) = (run(Method::DpmSolver), run(Method::DDIM));
    // Second order on the last of the steps that are steps; the others are of no length.
    let apart: f64 = dpm.iter().zip(&ddim).map(|(a, b)| (a - b).abs()).sum();
    assert!(apart / (N as f64) < 0.1, "{apart}");
}

#[test]
fn nfe_is_what_is_announced() {
    let schedule = chapter_schedule();
    let exact = lopsided().denoiser(&schedule, Prediction::Eps);
    for method in ALL {
        for steps in [1, 2, 17] {
            let sampler = Sampler::new(&schedule, method, steps).unwrap();
            let asked = Cell::new(0);
            let counted = |x_t: &Array2<f32>, t: usize| {
                asked.set(asked.get() + 1);
                exact.denoise(x_t, t)
            };
            let mut seen = Vec::new();
            sampler
                .sample_with(
                    &counted,
                    &Rng::new(0).standard_normal(3, 1).unwrap(),
                    &mut Rng::new(0),
                    |step| {
                        seen.push((step.step, step.t, step.steps, step.nfe));
                    },
                )
                .unwrap();
            assert_eq!(asked.get(), sampler.nfe());
            let cost = if method == Method::Heun {
                2 * steps - 1
            } else {
                steps
            };
            assert_eq!(asked.get(), cost as u64);
            assert_eq!(method.steps(cost as u64), steps);
            let per_step = if method == Method::Heun { 2 } else { 1 };
            let ts = sampler.timesteps().iter().enumerate();
            let expected: Vec<_> = ts
                .map(|(i, t)| (i, *t, steps, (per_step * i + 1) as u64))
                .collect();
            assert_eq!(seen, expected);
        }
    }
    assert_eq!(Method::Heun.steps(20), 10);
}

/// Large enough that noise and steps are done in parallel (d·n over 65536), and with rows left over.
#[test]
fn a_seed_gives_the_same_samples_at_any_thread_count() {
    let schedule = chapter_schedule();
    let network = FilmMlp::new(2, &mut Rng::new(7)).unwrap();
    let exact = plane().denoiser(&schedule, Prediction::Eps);
    let denoisers: [(&(dyn Denoiser + Sync), usize); 2] = [(&network, 1001), (&exact, 40_001)];
    for (denoiser, n) in denoisers {
        for method in [Method::DDPM, Method::Heun, Method::DpmSolver] {
            let sampler = Sampler::new(&schedule, method, 3).unwrap();
            assert_same_at_any_thread_count(|| {
                let rng = &mut Rng::new(8);
                let start = rng.standard_normal(n, 2).unwrap();
                let x0 = sampler.sample(denoiser, &start, rng).unwrap();
                x0.mapv(f32::to_bits)
            });
        }
    }
}

/// A part of the batch is sampled as it would be alone: no row sees another, whatever the batch's size.
#[test]
fn rows_are_independent() {
    let schedule = chapter_schedule();
    let exact = plane().denoiser(&schedule, Prediction::Eps);
    for method in [Method::DDIM, Method::Heun, Method::DpmSolver] {
        let sampler = Sampler::new(&schedule, method, 5).unwrap();
        let start = Rng::new(9).standard_normal(40_000, 2).unwrap();
        let rng = &mut Rng::new(0);
        let all = sampler.sample(&exact, &start, rng).unwrap();
        let part = start.slice(ndarray::s![100..110, ..]);
        let alone = sampler.sample(&exact, &part, rng).unwrap();
        assert_eq!(all.slice(ndarray::s![100..110, ..]), alone);
        // Deterministic methods leave the generator alone.
        assert_eq!(rng, &mut Rng::new(0));
    }
}

#[test]
fn thresholds_bound_the_estimate() {
    let schedule = chapter_schedule();
    let exact = Mixture::bimodal().denoiser(&schedule, Prediction::Eps);
    let thresholds = [
        Threshold::Clip { limit: 0.5 },
        Threshold::Dynamic {
            quantile: 0.9,
            limit: 0.5,
        },
    ];
    for threshold in thresholds {
        for method in ALL {
            let sampler = Sampler::spaced(&schedule, method, Spacing::Linspace, 6).unwrap();
            let sampler = sampler.with_threshold(threshold.clone()).unwrap();
            let x0 = run(&sampler, &exact, 1);
            assert!(x0.iter().all(|x| x.abs() <= 0.5 + 1e-6), "{threshold:?}");
        }
    }
}
