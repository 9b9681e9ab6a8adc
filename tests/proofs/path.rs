//! A path is a schedule in other units, and every path is the same ODE after a change of time and scale.

use diffusion_intuition::likelihood::ProbabilityFlow;
use diffusion_intuition::sampler::{Method, Sampler};
use diffusion_intuition::{Error, Mixture, Path, Prediction, Rng, Schedule};
use ndarray::Array2;

use crate::support::{assert_all_close, assert_close, chapter_schedule, lopsided, plane};

fn ddpm() -> Schedule {
    Schedule::linear(1000, 1e-4, 0.02).unwrap()
}

fn paths() -> [(&'static str, Path); 4] {
    [
        ("linear", Path::linear()),
        ("cosine", Path::cosine()),
        ("DDPM's", Path::of(&ddpm())),
        ("the chapter's", Path::of(&chapter_schedule())),
    ]
}

#[test]
fn factors_go_from_data_to_noise_and_slopes_are_their_derivatives() {
    for (name, path) in paths() {
        assert_eq!((path.signal(0.0), path.noise(0.0)), (1.0, 0.0), "{name}");
        let h = 1e-6;
        for i in 1..2000 {
            let u = (f64::from(i) + 0.5) / 2001.0; // within the parts of a cubic, not on their borders
            let slope = |f: &dyn Fn(f64) -> f64| (f(u + h) - f(u - h)) / (2.0 * h);
            let (signal, noise) = path.slopes(u);
            // Central differences: rounding 1e-16/h, and h² times the third derivative of a part, up to 1e6 where
            // DDPM's noise starts as √u does.
            let what = format!("{name} at {u}");
            assert_close(&what, signal, slope(&|u| path.signal(u)), 1e-5);
            assert_close(&what, noise, slope(&|u| path.noise(u)), 1e-5);
            assert!(path.noise(u) > path.noise(u - h) && path.signal(u) < path.signal(u - h));
        }
        let beyond = [path.signal(-3.0), path.noise(-3.0), path.signal(7.0)];
        assert_eq!(beyond, [1.0, 0.0, path.signal(1.0)], "{name}");
    }
    // Liu et al. 2023, eq. 1; Albergo & Vanden-Eijnden 2023.
    assert_eq!(Path::linear().slopes(0.3), (-1.0, 1.0));
    assert_close("cosine", Path::cosine().signal(0.5), 0.5_f64.sqrt(), 1e-15);
    assert_eq!(Path::linear().signal(1.0), 0.0);
    assert_eq!(Path::cosine().signal(1.0), 0.0);
}

#[test]
fn a_schedule_is_a_path_and_back() {
    for schedule in [ddpm(), chapter_schedule(), Schedule::cosine(50).unwrap()] {
        let path = Path::of(&schedule);
        let n = schedule.timesteps();
        let again = path.schedule(n).unwrap();
        // An angle near π/2 keeps 1e-16 of its own size, so √ᾱ = 5e-5 keeps 1e-11 of its.
        assert_all_close(
            "alpha_bar",
            again.alpha_bars(),
            schedule.alpha_bars(),
            |a| 1e-14 + 1e-10 * a,
        );
        let level = path.level(0.5).alpha_bar;
        assert_close("the middle", level, schedule.alpha_bars()[n / 2 - 1], 1e-12);
        let u = 0.37;
        assert_close("time", path.time_of(path.level(u)), u, 1e-12);
        assert_close("scale", path.scale(u), 1.0, 1e-15);
    }
    let schedule = Path::linear().schedule(4).unwrap();
    // u = ¼, ½, ¾, 1: (1−u)²/((1−u)² + u²).
    let expected = [0.9, 0.5, 0.1, 0.0];
    assert_all_close("linear", schedule.alpha_bars(), &expected, |_| 1e-15);
    assert_eq!(schedule.alpha_bars()[3], 0.0);
    assert_eq!(Path::cosine().schedule(1).unwrap().alpha_bars()[0], 0.0);
    assert!(matches!(
        Path::linear().schedule(0),
        Err(Error::Parameter { .. })
    ));
    assert!(matches!(
        Path::linear().schedule(usize::MAX),
        Err(Error::Size { .. })
    ));
}

/// From the same point at the same level, in each path's units, to another level.
#[test]
fn every_path_is_the_same_ode_in_other_time_and_scale() {
    let (data, linear) = (plane(), Path::linear());
    let x = data.marginal_on(&linear, 0.95).unwrap();
    let x = x.sample(50, &mut Rng::new(0)).unwrap().mapv(f64::from);
    let us = [0.95, 0.5, 0.1];
    let unit = |path: &Path, x: &Array2<f64>, u: f64| x / path.scale(u);
    for (name, path) in paths().into_iter().take(3) {
        for to in &us[1..] {
            let expected = data.flow(&linear, &x, [us[0], *to], 2000, 2).unwrap();
            let expected = unit(&linear, &expected[2000], *to);
            let times = [us[0], *to].map(|u| path.time_of(linear.level(u)));
            let start = unit(&linear, &x, us[0]) * path.scale(times[0]);
            let found = data.flow(&path, &start, times, 2000, 2).unwrap();
            let found = unit(&path, &found[2000], times[1]);
            // Heun's truncation, 1/2000² times what bends: 3e-6 at most measured.
            assert_all_close(format!("{name} to {to}"), &found, &expected, |_| 3e-5);
        }
    }
}

/// DDIM's step between two levels of the linear path is Euler's along it (with the exact velocity, as with any).
#[test]
fn ddim_is_eulers_method_along_the_linear_path() {
    for (data, steps) in [(lopsided(), 7), (plane(), 40)] {
        let path = Path::linear();
        let noise = Rng::new(1).standard_normal(100, data.dim()).unwrap();
        let states = data.flow(&path, &noise.mapv(f64::from), [1.0, 0.0], steps, 1);
        let states = states.unwrap();
        let schedule = path.schedule(200).unwrap();
        let schedule = if steps == 40 {
            schedule
        } else {
            path.schedule(steps).unwrap()
        };
        let sampler = Sampler::new(&schedule, Method::DDIM, steps).unwrap();
        for kind in [Prediction::Velocity, Prediction::V, Prediction::X0] {
            let denoiser = data.denoiser(&schedule, kind);
            let run = sampler
                .trajectory(&denoiser, &noise, &mut Rng::new(0))
                .unwrap();
            for (k, (state, expected)) in run.states().iter().zip(&states).enumerate() {
                let scale = path.scale(1.0 - k as f64 / steps as f64);
                // f32 of numbers up to 5, over 40 steps, each of which may stretch by 2 between the modes.
                let state = state.mapv(|x| scale * f64::from(x));
                assert_all_close(format!("{kind:?}, state {k}"), &state, expected, |_| 1e-4);
            }
        }
    }
}

/// The density at x_0 is the same by every path, on the chapter's data: where σ starts small and ᾱ ends at 0.
#[test]
fn likelihoods_agree_between_paths() {
    let data = Mixture::bimodal();
    let x0 = data.sample(300, &mut Rng::new(2)).unwrap();
    let truth = data.log_density(&x0.mapv(f64::from)).unwrap();
    let schedules = [
        Path::linear().schedule(1000).unwrap(),
        Path::cosine().schedule(1000).unwrap(),
        ddpm().zero_terminal_snr().unwrap(),
        Schedule::cosine(1000).unwrap(),
    ];
    for (i, schedule) in schedules.iter().enumerate() {
        let flow = ProbabilityFlow::new(schedule, 999).unwrap();
        let denoiser = data.denoiser(schedule, Prediction::Velocity);
        let found = flow.log_density(&denoiser, &x0).unwrap();
        let gaps = found - &truth;
        // Half of what two of them may differ by; 5e-5 measured.
        let gap = gaps.mean().unwrap();
        assert!(gap.abs() < 5e-4, "schedule {i}: {gap} nats");
    }
}
