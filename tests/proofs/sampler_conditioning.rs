//! Guidance, SDEdit, inpainting, trajectories: what later work builds on.

use diffusion_intuition::sampler::{Guidance, Method, Sampler, Solver, Variance};
use diffusion_intuition::{Denoiser, Error, Gaussian, Mixture, Prediction, Rng, Schedule};
use ndarray::{Array2, Axis, array};

use crate::sampler_exact::assert_follows;
use crate::support::{assert_all_close, assert_close, assert_moments, lopsided, to_f64};

const N: usize = 20_000;

fn one(mean: &[f64], std: f64) -> Mixture {
    Mixture::new(&[1.0], vec![Gaussian::isotropic(mean, std).unwrap()]).unwrap()
}

#[test]
fn guidance_is_the_stated_combination() {
    let schedule = Schedule::cosine(100).unwrap();
    let x = Rng::new(0).standard_normal(10, 2).unwrap();
    let (wanted, any) = (one(&[1.0, 0.0], 0.5), one(&[0.0, 0.0], 1.5));
    for kind in [Prediction::Eps, Prediction::X0, Prediction::V] {
        let (c, u) = (
            wanted.denoiser(&schedule, kind),
            any.denoiser(&schedule, kind),
        );
        let at = |scale: f64| {
            let guided = Guidance::new(&c, &u, scale).unwrap();
            assert_eq!(guided.prediction(), kind);
            to_f64(&guided.denoise(&x, 40).unwrap())
        };
        let (c, u) = (
            to_f64(&c.denoise(&x, 40).unwrap()),
            to_f64(&u.denoise(&x, 40).unwrap()),
        );
        for scale in [0.0, 1.0, 2.5] {
            let pairs = c.iter().zip(&u);
            let expected: Vec<f64> = pairs.map(|(c, u)| u + scale * (c - u)).collect();
            assert_all_close(format!("{kind:?} {scale}"), &at(scale), &expected, |_| 1e-6);
        }
    }
}

/// Where the difference is beyond f32, too.
#[test]
fn guidance_of_scale_0_ignores_the_condition() {
    let of = |value: f32| move |x: &Array2<f32>, _: usize| x.mapv(|_| value);
    let (wanted, any) = (of(3e38), of(-3e38));
    let guided = Guidance::new(&wanted, &any, 0.0).unwrap();
    let answer = guided.denoise(&array![[1.0]], 0).unwrap();
    assert_eq!(answer, array![[-3e38_f32]]);
}

/// All predictions are affine in each other, so guidance gives the same samples whichever is combined; and
/// scale 1 samples the conditional law.
#[test]
fn guided_samples_do_not_depend_on_the_prediction() {
    let schedule = Schedule::cosine(200).unwrap();
    let (wanted, any) = (one(&[2.0], 0.3), Mixture::bimodal());
    let sampler = Sampler::new(&schedule, Method::DpmSolver, 50).unwrap();
    let run = |kind, scale, n| {
        let (c, u) = (
            wanted.denoiser(&schedule, kind),
            any.denoiser(&schedule, kind),
        );
        let guided = Guidance::new(&c, &u, scale).unwrap();
        let rng = &mut Rng::new(1);
        let start = rng.standard_normal(n, 1).unwrap();
        sampler.sample(&guided, &start, rng).unwrap()
    };
    let [eps, x0, v] =
        [Prediction::Eps, Prediction::X0, Prediction::V].map(|kind| to_f64(&run(kind, 2.0, 100)));
    // ᾱ ends near 1e-9 here, where an ε in f32 tells x0 to 1e-3 only; later steps forget most of it.
    assert_all_close("x0", &x0, &eps, |_| 1e-3);
    assert_all_close("v", &v, &eps, |_| 1e-3);
    assert_follows("scale 1", &run(Prediction::X0, 1.0, N), &wanted);
    assert_follows("scale 0", &run(Prediction::X0, 0.0, N), &any);
}

/// Data that is noised and sampled back is data again, from wherever it starts; and the less it was noised,
/// the nearer it is to where it came from.
#[test]
fn sdedit_keeps_the_law_of_data_and_nearness() {
    let schedule = Schedule::linear_rescaled(1000).unwrap();
    let data = Mixture::bimodal();
    let denoiser = data.denoiser(&schedule, Prediction::Eps);
    let sampler = Sampler::new(&schedule, Method::DDIM, 250).unwrap();
    let guide = data.sample(N, &mut Rng::new(2)).unwrap();
    let mut before = 0.0;
    for t in [100, 400, 800] {
        let edited = sampler
            .edit(&denoiser, &guide, t, &mut Rng::new(3))
            .unwrap();
        assert_follows(&format!("t = {t}"), &edited, &data);
        let distance = (&edited - &guide).mapv(|e| e * e).mean().unwrap();
        assert!(distance > before, "{t}: {distance} after {before}");
        before = distance;
    }
    let ts = sampler.starting_at(400).unwrap().timesteps()[..3].to_vec();
    assert_eq!(ts, [400, 399, 395]);
    let timesteps = 1000;
    let refused = sampler.edit(&denoiser, &guide, 1000, &mut Rng::new(3));
    assert_eq!(refused, Err(Error::Timestep { t: 1000, timesteps }));
}

/// Known coordinates come back to the bit; the unknown one of a correlated Gaussian is drawn from its
/// conditional law, nearly: repeats take away most of what the simple method gets wrong.
#[test]
fn inpainting_fills_in_the_conditional_law() {
    const N: usize = 4000;
    let schedule = Schedule::linear_rescaled(100).unwrap();
    // Unit variances, correlation ρ: along the diagonals the axes are independent, of variance 1 ± ρ.
    let correlation = 0.8;
    let denoiser = |x: &Array2<f32>, t: usize| {
        let alpha_bar = schedule.alpha_bar(t).unwrap();
        if t.is_multiple_of(20) {
            // What the denoiser is shown of the known value is as noisy as the rest.
            let shown = to_f64(x.index_axis(Axis(1), 0));
            assert_moments("known", &shown, 1.5 * alpha_bar.sqrt(), 1.0 - alpha_bar);
        }
        let gain = |v: f64| alpha_bar.sqrt() * v / (alpha_bar * v + 1.0 - alpha_bar);
        let (sum, difference) = (gain(1.0 + correlation), gain(1.0 - correlation));
        let (own, other) = ((sum + difference) / 2.0, (sum - difference) / 2.0);
        Array2::from_shape_fn(x.dim(), |(i, j)| {
            own as f32 * x[[i, j]] + other as f32 * x[[i, 1 - j]]
        })
    };
    let variance = Variance::FixedLarge;
    let sampler = Sampler::new(&schedule, Method::Ddpm { variance }, 100).unwrap();
    let known = Array2::from_shape_fn((N, 2), |(_, j)| if j == 0 { 1.5 } else { f32::NAN });
    let mask = Array2::from_shape_fn((N, 2), |(_, j)| j == 0);
    let mut errors = Vec::new();
    for repeats in [1, 10] {
        let rng = &mut Rng::new(4);
        let start = rng.standard_normal(N, 2).unwrap();
        let x0 = sampler
            .inpaint(
                &Prediction::X0.of(&denoiser),
                &start,
                &known,
                &mask,
                repeats,
                rng,
            )
            .unwrap();
        assert!(x0.index_axis(Axis(1), 0).iter().all(|x| *x == 1.5));
        let unknown = to_f64(x0.index_axis(Axis(1), 1));
        let mean = unknown.iter().sum::<f64>() / N as f64;
        let variance = unknown.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / N as f64;
        println!("{repeats}: mean {mean:.3} for 1.2, variance {variance:.3} for 0.36");
        errors.push(((mean - 1.2).abs(), (variance - 0.36).abs()));
    }
    // A standard error is 0.01 for both. What is left after ten repeats is the method's own.
    assert!(errors[0].0 > 0.3 && errors[0].1 > 0.1, "{errors:?}");
    assert!(errors[1].0 < 0.1 && errors[1].1 < 0.05, "{errors:?}");
}

#[test]
fn inpainting_everything_or_nothing() {
    let schedule = Schedule::linear_rescaled(50).unwrap();
    let data = Mixture::bimodal();
    let denoiser = data.denoiser(&schedule, Prediction::Eps);
    let start = Rng::new(5).standard_normal(N, 1).unwrap();
    for method in [Method::DDPM, Method::Heun, Method::DpmSolver] {
        let sampler = Sampler::new(&schedule, method, 25).unwrap();
        let run = |known: &Array2<f32>, is_known: bool, repeats| {
            let mask = Array2::from_elem(known.dim(), is_known);
            sampler.inpaint(&denoiser, &start, known, &mask, repeats, &mut Rng::new(6))
        };
        let known = data.sample(N, &mut Rng::new(7)).unwrap();
        assert_eq!(run(&known, true, 1).unwrap(), known);
        // Nothing known: the modes are as they should be, in shares and width, with or without repeats.
        for repeats in [1, 3] {
            let x0 = run(&known, false, repeats).unwrap();
            let right = x0.iter().filter(|x| **x > 0.0).count() as f64 / N as f64;
            assert_close("share", right, 0.5, 6.0 * 0.5 / (N as f64).sqrt());
        }
        assert!(matches!(run(&known, true, 0), Err(Error::Parameter { .. })));
        let bad = known.mapv(|_| f32::NAN);
        assert!(matches!(
            run(&bad, true, 1),
            Err(Error::NotFinite { what: "known", .. })
        ));
        assert!(run(&bad, false, 1).is_ok());
        assert!(matches!(
            run(&Array2::zeros((3, 1)), true, 1),
            Err(Error::Shape { .. })
        ));
    }
}

/// Written out: ε̂ is asked for where a step starts, for the first step at √ᾱ x0.
#[test]
fn encoding_is_ddim_towards_more_noise() {
    let schedule = Schedule::from_betas(vec![0.05, 0.2, 0.1, 0.4, 0.3, 0.6]).unwrap();
    let model = |x: &Array2<f32>, t: usize| x.mapv(|x| (0.9 * x + 0.3 * t as f32).sin());
    let x0 = Rng::new(10).standard_normal(6, 2).unwrap();
    let level = |t: usize| {
        let alpha_bar = schedule.alpha_bars()[t];
        (alpha_bar.sqrt() as f32, (1.0 - alpha_bar).sqrt() as f32)
    };
    for method in [Method::DDIM, Method::Euler] {
        let sampler = Sampler::new(&schedule, method, 3).unwrap();
        assert_eq!(sampler.timesteps(), [5, 3, 1]);
        let code = sampler.encode(&model, &x0).unwrap();
        let (signal, noise) = level(1);
        let scaled = &x0 * signal;
        let mut x = &scaled + noise * model(&scaled, 1);
        for (t, s) in [(1, 3), (3, 5)] {
            let eps = model(&x, t);
            let ((signal, noise), (signal_there, noise_there)) = (level(t), level(s));
            x = (&x - noise * &eps) / signal * signal_there + noise_there * eps;
        }
        assert_all_close(method.name(), &to_f64(&code), &to_f64(&x), |_| 1e-5);
    }
}

/// Up to ᾱ = 0, where nothing but ε̂ is left; down again with v, and back to where it came from.
#[test]
fn encoding_reaches_zero_terminal_snr() {
    let schedule = Schedule::cosine(400).unwrap().zero_terminal_snr().unwrap();
    let x0 = lopsided().sample(200, &mut Rng::new(3)).unwrap();
    let mut errors = Vec::new();
    for steps in [100, 200, 400] {
        for method in [Method::DDIM, Method::Euler] {
            let denoiser = lopsided().denoiser(&schedule, Prediction::V);
            let sampler = Sampler::new(&schedule, method, steps).unwrap();
            let code = sampler.encode(&denoiser, &x0).unwrap();
            assert!(code.iter().all(|x| x.abs() < 4.5), "{method:?}: {code}");
            let back = sampler.sample(&denoiser, &code, &mut Rng::new(0)).unwrap();
            errors.push((&back - &x0).mapv(|e| f64::from(e.abs())).mean().unwrap());
        }
    }
    println!("round trips: {errors:?}");
    assert!(errors[4] < 0.6 * errors[2] && errors[2] < 0.6 * errors[0]); // order 1
    assert!(errors[4] < 0.02);
}

#[test]
fn a_trajectory_is_the_run() {
    let schedule = Schedule::linear_rescaled(100).unwrap();
    let denoiser = Mixture::bimodal().denoiser(&schedule, Prediction::Eps);
    let sampler = Sampler::new(&schedule, Method::DDPM, 5).unwrap();
    let start = Rng::new(8).standard_normal(7, 1).unwrap();
    let trajectory = sampler
        .trajectory(&denoiser, &start, &mut Rng::new(9))
        .unwrap();
    let x0 = sampler.sample(&denoiser, &start, &mut Rng::new(9)).unwrap();
    assert_eq!(trajectory.samples(), x0);
    assert_eq!(trajectory.timesteps(), sampler.timesteps());
    assert_eq!(
        trajectory.noise_steps().to_vec(),
        [100.0, 80.0, 60.0, 40.0, 20.0, 0.0]
    );
    assert_eq!(trajectory.states().len(), 6);
    let path = trajectory.path(3, 0).unwrap();
    assert_eq!(
        (path[0], path[5]),
        (f64::from(start[[3, 0]]), f64::from(x0[[3, 0]]))
    );
    assert_eq!(path.len(), 6);
    assert!(matches!(
        trajectory.path(7, 0),
        Err(Error::Row {
            row: 7,
            table_rows: 7
        })
    ));
    assert!(matches!(
        trajectory.path(0, 1),
        Err(Error::Row {
            row: 1,
            table_rows: 1
        })
    ));
    let codes = sampler.encode(&denoiser, &start);
    let text = codes.unwrap_err().to_string();
    assert!(text.starts_with("DDPM cannot encode"), "{text}");
}
