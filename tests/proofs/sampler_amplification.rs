//! What a step makes of an error of the prediction: as announced, and with networks that were trained.

use diffusion_intuition::network::FilmMlp;
use diffusion_intuition::sampler::{Method, Sampler};
use diffusion_intuition::train::{Ema, LearningRate, TrainConfig, Trainer};
use diffusion_intuition::{Denoiser, Error, Mixture, Prediction, Rng, Schedule};
use ndarray::{Array1, Array2};

use crate::sampler_near_zero::{KINDS, N, distance, start};
use crate::support::{assert_all_close, lopsided, to_f64};

/// δ added to one prediction arrives in x_s multiplied by what is announced.
#[test]
fn amplification_is_what_a_step_does() {
    let schedule = Schedule::cosine(100).unwrap();
    let data = lopsided();
    let sampler = Sampler::new(&schedule, Method::Euler, 7).unwrap();
    for kind in KINDS {
        let exact = data.denoiser(&schedule, kind);
        let announced = sampler.amplification(kind);
        for (i, t) in sampler.timesteps().iter().enumerate() {
            let delta = 0.5 / announced[i].max(0.5);
            let run = |delta: f64| {
                let off = |x: &Array2<f32>, at: usize| {
                    let there = if at == *t { delta as f32 } else { 0.0 };
                    exact.denoise(x, at).unwrap() + there
                };
                // As x0, which is never refused.
                let x0 =
                    |x: &Array2<f32>, at: usize| kind.to_x0(&schedule, x, &off(x, at), at).unwrap();
                let mut end = None;
                let x0 = sampler
                    .sample_with(
                        &Prediction::X0.of(&x0),
                        &start(),
                        &mut Rng::new(0),
                        |step| {
                            if step.step == i + 1 {
                                end = Some(step.x.clone());
                            }
                        },
                    )
                    .unwrap();
                to_f64(&end.unwrap_or(x0))
            };
            let pairs = run(delta).into_iter().zip(run(0.0));
            let found: Vec<f64> = pairs.map(|(a, b)| (a - b).abs() / delta).collect();
            // Rounding of x̂0 in f32: 1e-7 of σ_t, at most 3000 here, and of √ᾱ_s times that in x_s.
            let tolerance = 1e-6 * (1.0 + announced[i] / delta);
            let expected = vec![announced[i]; N];
            assert_all_close(format!("{kind:?}, step {i}"), &found, &expected, |_| {
                tolerance
            });
        }
        if kind != Prediction::Eps {
            assert!(announced.iter().all(|a| *a <= 1.0));
        }
    }
    // The numbers in the docs of the module.
    let (linear, cosine) = (Schedule::linear(1000, 1e-4, 0.02), Schedule::cosine(1000));
    let (linear, cosine) = (linear.unwrap(), cosine.unwrap());
    for (schedule, steps, expected) in [
        (&linear, 10, 1.6),
        (&cosine, 10, 3e3),
        (&cosine, 1000, 31.0),
    ] {
        let sampler = Sampler::new(schedule, Method::DDIM, steps).unwrap();
        let first = sampler.amplification(Prediction::Eps)[0];
        assert!((first / expected - 1.0).abs() < 0.06, "{steps}: {first}");
    }
    let zero = schedule.zero_terminal_snr().unwrap();
    let sampler = Sampler::new(&zero, Method::DDIM, 5).unwrap();
    assert_eq!(sampler.amplification(Prediction::Eps)[0], f64::INFINITY);
}

/// Not the stand-in: networks that were trained, for ε and for v, on the same few steps.
#[test]
fn trained_networks_need_v_or_a_later_start() {
    let schedule = Schedule::cosine(200).unwrap();
    let train = |prediction| {
        let mut network = FilmMlp::new(1, &mut Rng::new(0)).unwrap();
        let config = TrainConfig {
            batch: 128,
            prediction,
            learning_rate: LearningRate::cosine(3e-3, 900),
            ema: Some(Ema { decay: 0.99 }),
            ..TrainConfig::default()
        };
        let data = Mixture::bimodal();
        let mut trainer = Trainer::new(&network, data, &schedule, config).unwrap();
        trainer.run(&mut network, 900, |_| ()).unwrap();
        trainer.use_ema(&mut network).unwrap();
        network
    };
    let (eps, v) = (train(Prediction::Eps), train(Prediction::V));
    let v = Prediction::V.of(&v);
    let distances = |denoiser: &dyn Denoiser, later: Option<usize>| -> Array1<f64> {
        [10, 20, 200]
            .iter()
            .map(|steps| {
                let mut sampler = Sampler::new(&schedule, Method::DpmSolver, *steps).unwrap();
                if let Some(t) = later {
                    sampler = sampler.starting_at(t).unwrap();
                }
                let x0 = sampler.sample(denoiser, &start(), &mut Rng::new(0));
                distance(&x0.unwrap())
            })
            .collect()
    };
    let sampler = Sampler::new(&schedule, Method::DpmSolver, 20).unwrap();
    let refused = sampler.sample(&eps, &start(), &mut Rng::new(0));
    let Err(Error::Amplified { start: later, .. }) = refused else {
        panic!("{refused:?}");
    };
    let by_hand = |x: &Array2<f32>, t: usize| {
        let given = eps.denoise(x, t).unwrap();
        Prediction::Eps.to_x0(&schedule, x, &given, t).unwrap()
    };
    let astray = distances(&Prediction::X0.of(&by_hand), None);
    let (later, with_v) = (distances(&eps, later), distances(&v, None));
    println!("10, 20, 200 steps: by hand {astray:.3}, later {later:.3}, v {with_v:.3}");
    assert!(astray[0] > 5.0 * later[0].max(with_v[0]));
    // What 20 steps of the exact denoiser come to on the linear schedule, 0.04, and half as much for training.
    assert!(later[1] < 0.06 && with_v[1] < 0.06);
}
