//! What samplers refuse, what they say, and which timesteps they choose.

use std::cell::Cell;
use std::ops::ControlFlow;

use diffusion_intuition::network::{FilmMlp, Network};
use diffusion_intuition::sampler::{Guidance, Method, Sampler, Spacing, Threshold, Variance};
use diffusion_intuition::{Denoiser, Error, Mixture, Prediction, Result, Rng, Schedule};
use ndarray::{Array2, array};

use crate::support::chapter_schedule;

const SPACINGS: [Spacing; 6] = [
    Spacing::Trailing,
    Spacing::Linspace,
    Spacing::Leading,
    Spacing::Quadratic,
    Spacing::Cubic,
    Spacing::UniformLambda,
];

fn linear(timesteps: usize) -> Schedule {
    Schedule::linear_rescaled(timesteps).unwrap()
}

#[test]
fn spacings_are_the_published_ones() {
    let ts = |spacing: Spacing, total, n| spacing.timesteps(&linear(total), n).unwrap();
    // np.arange(1000, 0, -1000/4).round() - 1, and with stride 10/4: [10, 7.5, 5, 2.5], halves to even.
    assert_eq!(ts(Spacing::Trailing, 1000, 4), [999, 749, 499, 249]);
    let schedule = Schedule::linear(10, 1e-4, 0.02).unwrap();
    let of = |spacing: Spacing, n| spacing.timesteps(&schedule, n).unwrap();
    assert_eq!(of(Spacing::Trailing, 4), [9, 7, 4, 1]);
    assert_eq!(of(Spacing::Linspace, 4), [9, 6, 3, 0]);
    assert_eq!(of(Spacing::Leading, 4), [6, 4, 2, 0]);
    // 9·(1/3)² = 1, 9·(2/3)² = 4.
    assert_eq!(of(Spacing::Quadratic, 4), [9, 4, 1, 0]);
    // 9·(2/3)³ = 2.67, 9·(1/3)³ = 0.33.
    assert_eq!(of(Spacing::Cubic, 3), [9, 3, 0]);
    assert_eq!(ts(Spacing::Cubic, 1000, 10)[8..], [8, 1]);
    assert_eq!(ts(Spacing::Leading, 1000, 50)[0], 980);
    for spacing in SPACINGS {
        for n in [1, 2, 3, 7, 100, 199, 200] {
            let ts = ts(spacing, 200, n);
            assert_eq!(ts.len(), n);
            assert!(
                ts.windows(2).all(|pair| pair[0] > pair[1]),
                "{spacing:?} {n}"
            );
            let first = if spacing == Spacing::Leading {
                (n - 1) * (200 / n)
            } else {
                199
            };
            assert_eq!(ts[0], first, "{spacing:?} {n}");
            if n > 1 && !matches!(spacing, Spacing::Trailing | Spacing::Cubic) {
                assert_eq!(*ts.last().unwrap(), 0, "{spacing:?} {n}");
            }
        }
        for n in [0, 201] {
            let refused = spacing.timesteps(&linear(200), n).unwrap_err();
            assert!(
                refused
                    .to_string()
                    .starts_with(&format!("number of steps = {n}"))
            );
        }
    }
}

/// Every chosen timestep is the nearest in λ: no neighbour is closer to the evenly spaced target.
#[test]
fn uniform_lambda_is_even_in_lambda() {
    for (schedule, n) in [(linear(1000), 20), (Schedule::cosine(1000).unwrap(), 5)] {
        let lambdas = schedule.log_snr() * 0.5;
        let ts = Spacing::UniformLambda.timesteps(&schedule, n).unwrap();
        let (first, last) = (lambdas[999], lambdas[0]);
        for (i, t) in ts.iter().enumerate() {
            let target = first + i as f64 / (n - 1) as f64 * (last - first);
            let gap = |t: usize| (lambdas[t] - target).abs();
            assert!(*t == 0 || gap(*t) <= gap(t - 1), "{i}");
            assert!(*t == 999 || gap(*t) <= gap(t + 1), "{i}");
        }
    }
    let zero = linear(100).zero_terminal_snr().unwrap();
    let refused = Spacing::UniformLambda.timesteps(&zero, 5).unwrap_err();
    assert!(matches!(refused, Error::Unsupported { .. }));
}

#[test]
fn a_schedule_uniform_in_lambda_keeps_its_ends() {
    let schedule = linear(1000);
    let even = schedule.uniform_in_lambda(50).unwrap();
    assert_eq!(even.timesteps(), 50);
    let lambdas = even.log_snr() * 0.5;
    for (old, new) in [(0, 0), (999, 49)] {
        let gap = 0.5 * schedule.log_snr()[old] - lambdas[new];
        assert!(gap.abs() < 1e-9, "{gap}"); // 1 − ᾱ = 1e-4 to 16 digits, and 50 products
    }
    let step = (lambdas[0] - lambdas[49]) / 49.0;
    for pair in lambdas.windows(2) {
        assert!((pair[0] - pair[1] - step).abs() < 1e-9);
    }
    assert!(schedule.uniform_in_lambda(1).is_err());
    let zero = schedule.zero_terminal_snr().unwrap();
    assert!(matches!(
        zero.uniform_in_lambda(9),
        Err(Error::Unsupported { .. })
    ));
}

#[test]
fn settings_out_of_range_are_refused() {
    let schedule = chapter_schedule();
    for eta in [-0.1, 1.1, f64::NAN] {
        assert!(Sampler::new(&schedule, Method::Ddim { eta }, 10).is_err());
        let variance = Variance::Interpolated(eta);
        assert!(Sampler::new(&schedule, Method::Ddpm { variance }, 10).is_err());
    }
    let at = |ts: &[usize]| Sampler::with_timesteps(&schedule, Method::DDIM, ts.to_vec());
    let with = |ts: &[usize]| at(ts).unwrap_err();
    assert_eq!(with(&[]), Error::Empty { what: "timesteps" });
    let timesteps = 200;
    assert_eq!(with(&[200, 3]), Error::Timestep { t: 200, timesteps });
    let (name, valid) = ("a timestep of a sampler", "below the one before it");
    let refused = Error::Parameter {
        name,
        value: 50.0,
        valid,
    };
    assert_eq!(with(&[199, 50, 50]), refused);
    assert!(at(&[usize::MAX]).is_err());
    let sampler = at(&[199, 50]).unwrap();
    // The last two are infinity and nothing in f32.
    for limit in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e39, 1e-46] {
        let quantile = 0.9;
        for threshold in [
            Threshold::Clip { limit },
            Threshold::Dynamic { quantile, limit },
        ] {
            let refused = sampler.clone().with_threshold(threshold);
            assert!(matches!(refused, Err(Error::Parameter { .. })), "{limit}");
        }
    }
    for quantile in [-0.1, 1.1, f64::NAN] {
        let threshold = Threshold::Dynamic {
            quantile,
            limit: 1.0,
        };
        assert!(sampler.clone().with_threshold(threshold).is_err());
    }
}

#[test]
fn zero_terminal_snr_is_refused_where_eps_says_nothing() {
    let schedule = linear(100).zero_terminal_snr().unwrap();
    let refused = Spacing::UniformLambda.timesteps(&schedule, 10).unwrap_err();
    let text = refused.to_string();
    assert!(
        text.contains("is infinite at t = 99, where alpha_bar = 0"),
        "{text}"
    );
    let asked = Cell::new(0);
    let model = |x: &Array2<f32>, _: usize| {
        asked.set(asked.get() + 1);
        x.clone()
    };
    let clip = Threshold::Clip { limit: 3.0 };
    for method in [
        Method::DDPM,
        Method::DDIM,
        Method::Euler,
        Method::Heun,
        Method::DpmSolver,
    ] {
        let sampler = Sampler::new(&schedule, method, 10).unwrap();
        let bounded = sampler.clone().with_threshold(clip.clone()).unwrap();
        for sampler in [sampler, bounded] {
            let refused = sampler.sample(&model, &array![[1.0]], &mut Rng::new(0));
            let what = "x0 from eps";
            let alpha_bar = 0.0;
            assert_eq!(refused, Err(Error::Degenerate { what, alpha_bar }));
            assert_eq!(asked.get(), 0); // refused before any work
        }
    }
}

/// ᾱ that is not 0, and yet has a root whose inverse is infinite in f32.
#[test]
fn a_factor_beyond_f32_is_refused() {
    let fading: Vec<f64> = (0..10).map(|t| 0.5 * 10f64.powi(-9 * t)).collect();
    let schedule = Schedule::from_alpha_bars(fading).unwrap();
    let x = array![[0.5_f32]];
    let (what, alpha_bar) = ("x0 from eps", schedule.alpha_bars()[9]);
    let refused = Prediction::Eps.to_x0(&schedule, &x, &x, 9).unwrap_err();
    assert_eq!(refused, Error::Degenerate { what, alpha_bar });
    let text = refused.to_string();
    assert!(text.contains("e-82 would divide by its root"), "{text}");
    assert!(Prediction::V.to_x0(&schedule, &x, &x, 9).is_ok());
}

/// Steps and timesteps are those at which the denoiser went wrong: here at its third evaluation.
#[test]
fn bad_predictions_are_reported_with_their_step() {
    let schedule = chapter_schedule();
    let run = |method, bad: &dyn Fn(&Array2<f32>) -> Result<Array2<f32>>| {
        let count = Cell::new(0);
        let model = |x: &Array2<f32>, _: usize| {
            count.set(count.get() + 1);
            if count.get() == 3 {
                bad(x)
            } else {
                Ok(x * 0.5)
            }
        };
        let sampler = Sampler::new(&schedule, method, 10).unwrap();
        sampler.sample(
            &model,
            &Rng::new(0).standard_normal(4, 2).unwrap(),
            &mut Rng::new(0),
        )
    };
    let nan = |x: &Array2<f32>| {
        let mut y = x.clone();
        y[[2, 1]] = f32::NAN;
        Ok(y)
    };
    let infinite = |x: &Array2<f32>| Ok(x.mapv(|_| f32::INFINITY));
    let transposed = |x: &Array2<f32>| Ok(x.t().to_owned());
    let fails = |_: &Array2<f32>| Err(Error::Empty { what: "schedule" });
    for method in [Method::DDPM, Method::DDIM, Method::Euler, Method::DpmSolver] {
        let text = run(method, &nan).unwrap_err().to_string();
        let expected = "sampling step 2 (counted from 0), t = 159: the prediction: value 5 is NaN, \
                        expected a finite number";
        assert_eq!(text, expected);
        for bad in [&infinite as &dyn Fn(&_) -> _, &transposed, &fails] {
            let error = run(method, bad).unwrap_err();
            assert!(
                matches!(
                    error,
                    Error::Denoiser {
                        step: 2,
                        t: 159,
                        ..
                    }
                ),
                "{error}"
            );
            assert!(std::error::Error::source(&error).is_some());
        }
    }
    // Heun's third evaluation is the first of its second step.
    let error = run(Method::Heun, &nan).unwrap_err();
    assert!(matches!(
        error,
        Error::Denoiser {
            step: 1,
            t: 179,
            ..
        }
    ));
    let sampler = Sampler::new(&schedule, Method::DDIM, 10).unwrap();
    let model = |x: &Array2<f32>, _: usize| x.clone();
    let start = array![[0.0, f32::NAN]];
    let refused = sampler
        .sample(&model, &start, &mut Rng::new(0))
        .unwrap_err();
    assert!(refused.to_string().starts_with("the start: value 1 is NaN"));
    // What has overflowed in the sampler is not blamed on the prediction.
    let large = |_: &Array2<f32>, _: usize| array![[f32::MAX]];
    let denoiser = Prediction::X0.of(&large);
    let refused = sampler.sample(&denoiser, &array![[f32::MAX]], &mut Rng::new(0));
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("the batch, x_t: value 0 is inf"), "{text}");
    // An empty batch is a batch.
    let none = Array2::zeros((0, 2));
    assert_eq!(
        sampler.sample(&model, &none, &mut Rng::new(0)).unwrap(),
        none
    );
}

#[test]
fn an_observer_stops_the_run_where_it_stands() {
    let schedule = chapter_schedule();
    let exact = Mixture::bimodal().denoiser(&schedule, Prediction::Eps);
    let sampler = Sampler::new(&schedule, Method::Heun, 10).unwrap();
    let mut seen = Vec::new();
    let start = Rng::new(0).standard_normal(4, 1).unwrap();
    let stopped = sampler
        .sample_with(&exact, &start, &mut Rng::new(0), |step| {
            seen.push((step.t, step.x.clone(), step.alpha_bar));
            if step.step == 3 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .unwrap();
    let ts: Vec<usize> = seen.iter().map(|(t, ..)| *t).collect();
    assert_eq!(ts, [199, 179, 159, 139]);
    assert_eq!(seen[0].1, start);
    assert_eq!(seen[3].1, stopped);
    assert_eq!(seen[3].2, schedule.alpha_bars()[139]);
}

#[test]
fn networks_are_denoisers() {
    let schedule = chapter_schedule();
    let network = FilmMlp::new(2, &mut Rng::new(0)).unwrap();
    let sampler = Sampler::new(&schedule, Method::DDIM, 3).unwrap();
    let start = Rng::new(1).standard_normal(5, 2).unwrap();
    let run = |denoiser: &dyn Denoiser| sampler.sample(denoiser, &start, &mut Rng::new(0)).unwrap();
    let any: &dyn Network = &network;
    let closure = |x: &Array2<f32>, t: usize| network.predict_at(x, t);
    assert_eq!(run(&network), run(&any));
    assert_eq!(run(&network), run(&closure));
    assert_ne!(run(&network), run(&Prediction::V.of(&network)));
}

#[test]
fn guidance_needs_two_of_a_kind() {
    let schedule = chapter_schedule();
    let of = |kind| Mixture::bimodal().denoiser(&schedule, kind);
    let (eps, v) = (of(Prediction::Eps), of(Prediction::V));
    let refused = Guidance::new(&eps, &v, 1.0).err().unwrap();
    let text = refused.to_string();
    assert!(
        text.starts_with("one denoiser predicts Eps and the other V"),
        "{text}"
    );
    for scale in [f64::NAN, f64::NEG_INFINITY, 1e39] {
        let refused = Guidance::new(&eps, &eps, scale);
        assert!(matches!(refused, Err(Error::Parameter { .. })), "{scale}");
    }
    let wide = |x: &Array2<f32>, _: usize| Array2::zeros((x.nrows(), 3));
    let guided = Guidance::new(&eps, &wide, 1.0).unwrap();
    assert!(guided.denoise(&array![[0.5]], 3).is_err());
}
