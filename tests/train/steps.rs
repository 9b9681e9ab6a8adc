//! The training loop: it learns, its bits are fixed by the seed, and it stops as it should.

use std::ops::ControlFlow;

use diffusion_intuition::network::{FilmMlp, Linear, Network, Parameters};
use diffusion_intuition::train::{Adam, Ema, LearningRate, TrainConfig, Trainer};
use diffusion_intuition::{Mixture, Prediction, Rng};
use ndarray::{Array1, Array2, array};

use crate::support::{Fragile, bits, network, schedule};

fn small(d: usize) -> FilmMlp {
    network(d, 32, 2, 0)
}

#[test]
fn training_approaches_the_exact_floor() {
    let (schedule, data) = (schedule(), Mixture::bimodal());
    let mut network = small(1);
    let config = TrainConfig {
        learning_rate: LearningRate::cosine(5e-3, 600).warm_up(20),
        ema: Some(Ema { decay: 0.99 }),
        ..TrainConfig::default()
    };
    let mut trainer = Trainer::new(&network, data.clone(), &schedule, config).unwrap();
    trainer.run(&mut network, 600, |_| ()).unwrap();
    trainer.use_ema(&mut network).unwrap();
    let mut excess = 0.0;
    for t in (0..200).step_by(10) {
        let marginal = data.marginal(&schedule, t).unwrap();
        let x = marginal.sample(500, &mut Rng::new(t as u64)).unwrap();
        let learned = network.predict_at(&x, t).unwrap();
        let best = data.optimal_eps(&schedule, &x, t).unwrap();
        excess += f64::from((learned - best).mapv(|e| e * e).mean().unwrap()) / 20.0;
    }
    // An untrained network's excess is about 0.54; a constant 0 has E[ε*²] = 1 − 0.461.
    assert!(excess < 0.02, "{excess}");
    assert!(trainer.losses()[500..].iter().all(|loss| *loss < 0.75));
}

#[test]
fn a_seed_fixes_every_bit_at_any_number_of_threads() {
    let run = |batch, threads, seed| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let mut network = FilmMlp::new(2, &mut Rng::new(0)).unwrap();
            let config = TrainConfig {
                batch,
                seed,
                clip_grad_norm: Some(0.5),
                ..TrainConfig::default()
            };
            let data = Mixture::isotropic(&array![[1.0, 0.0], [-1.0, 0.5]], 0.2).unwrap();
            let mut trainer = Trainer::new(&network, data, &schedule(), config).unwrap();
            trainer.run(&mut network, 5, |_| ()).unwrap();
            let ema = bits(trainer.ema().unwrap());
            (bits(network.parameters()), ema, trainer.losses().to_vec())
        })
    };
    // One shard with finely split products, two shards, four that are not of one size.
    for batch in [45, 200, 1102] {
        let one = run(batch, 1, 0);
        for threads in [2, 3, 5] {
            assert_eq!(one, run(batch, threads, 0), "{batch} {threads}");
        }
        assert_ne!(one, run(batch, 1, 1));
    }
}

#[test]
fn all_three_predictions_learn_what_they_should() {
    // One fixed row: x0 is known whatever x_t is, so the best prediction of each kind is exact.
    let data: Array2<f32> = array![[0.7, -1.2]];
    for prediction in [Prediction::Eps, Prediction::X0, Prediction::V] {
        let mut network = small(2);
        let config = TrainConfig {
            prediction,
            learning_rate: LearningRate::cosine(5e-3, 400),
            ..TrainConfig::default()
        };
        let mut trainer = Trainer::new(&network, data.clone(), &schedule(), config).unwrap();
        trainer.run(&mut network, 400, |_| ()).unwrap();
        let t = 120;
        let eps = array![[0.5_f32, -0.25]];
        let x_t = schedule().q_sample_with(&data, t, &eps).unwrap();
        let answer = network.predict_at(&x_t, t).unwrap();
        let x0 = prediction.to_x0(&schedule(), &x_t, &answer, t).unwrap();
        let error = (&x0 - &data)
            .mapv(f32::abs)
            .iter()
            .copied()
            .fold(0.0, f32::max);
        assert!(error < 0.25, "{prediction:?}: {x0}");
    }
}

#[test]
fn losses_are_reported_per_timestep() {
    let mut network = small(1);
    let config = TrainConfig {
        report_every: 10,
        ..TrainConfig::default()
    };
    let mut trainer = Trainer::new(&network, Mixture::bimodal(), &schedule(), config).unwrap();
    let mut steps = Vec::new();
    trainer
        .run(&mut network, 25, |progress| {
            steps.push(progress.step);
            assert_eq!(progress.loss_per_t.len(), 200);
            let line = format!("step   {}: loss {:.4}", progress.step, progress.loss);
            assert_eq!(progress.to_string(), line);
            // 10 steps of 256 rows: about 13 rows at each t, so that nearly every t was seen.
            let seen: Vec<f64> = progress
                .loss_per_t
                .iter()
                .copied()
                .filter(|l| !l.is_nan())
                .collect();
            assert!(seen.len() > 190 || progress.step == 25);
            let mean = seen.iter().sum::<f64>() / seen.len() as f64;
            assert!((mean / progress.loss - 1.0).abs() < 0.3);
            assert!(progress.gradient_norm > 0.0 && progress.learning_rate == 1e-3);
        })
        .unwrap();
    assert_eq!(steps, [10, 20, 25]);
    assert_eq!(trainer.losses().len(), 25);
}

#[test]
fn an_observer_stops_the_training() {
    let mut network = small(1);
    let config = TrainConfig {
        report_every: 5,
        ..TrainConfig::default()
    };
    let mut trainer = Trainer::new(&network, Mixture::bimodal(), &schedule(), config).unwrap();
    let stop_at = |step| {
        move |progress: &diffusion_intuition::train::Progress| {
            if progress.step >= step {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
    };
    trainer.run(&mut network, 100, stop_at(15)).unwrap();
    assert_eq!(trainer.step(), 15);
    // And it can go on.
    trainer.run(&mut network, 5, |_| ()).unwrap();
    assert_eq!(trainer.step(), 20);
}

#[test]
fn clipping_bounds_the_step_and_leaves_short_gradients_alone() {
    // With β₁ = β₂ = 0 and a large ε, a step is lr·g/ε: its norm shows the gradient's.
    let step = |clip| {
        let mut network = small(1);
        let before = network.parameters().clone();
        let config = TrainConfig {
            adam: Adam {
                beta1: 0.0,
                beta2: 0.0,
                epsilon: 1e6,
                weight_decay: 0.0,
            },
            learning_rate: LearningRate::constant(1e6),
            clip_grad_norm: clip,
            ..TrainConfig::default()
        };
        let mut trainer = Trainer::new(&network, Mixture::bimodal(), &schedule(), config).unwrap();
        let mut norm = 0.0;
        trainer
            .run(&mut network, 1, |p| norm = p.gradient_norm)
            .unwrap();
        let pairs = network.parameters().values().iter().zip(before.values());
        let moved: f64 = pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum();
        (norm, moved.sqrt())
    };
    let (norm, free) = step(None);
    assert!((free / norm - 1.0).abs() < 1e-3, "{free} {norm}");
    let (again, clipped) = step(Some(0.1 * norm));
    assert!((clipped / (0.1 * norm) - 1.0).abs() < 1e-3 && again == norm);
    assert_eq!(step(Some(10.0 * norm)).1, free);
}

#[test]
fn learning_rates_and_ema_decays() {
    let rate = LearningRate::cosine(1.0, 110).warm_up(10).last(0.1);
    assert_eq!(rate.at(0), 0.1);
    assert_eq!(rate.at(9), 1.0);
    assert_eq!(rate.at(10), 1.0);
    assert!((rate.at(60) - 0.55).abs() < 1e-12);
    assert!((rate.at(110) - 0.1).abs() < 1e-12 && (rate.at(1000) - 0.1).abs() < 1e-12);
    assert_eq!(LearningRate::constant(0.3).at(12345), 0.3);
    let ema = Ema { decay: 0.99 };
    assert_eq!((ema.at(0), ema.at(10), ema.at(100_000)), (0.1, 0.55, 0.99));
}

#[test]
fn the_average_is_what_its_formula_says() {
    let mut network = small(1);
    let config = TrainConfig {
        ema: Some(Ema { decay: 0.5 }),
        ..TrainConfig::default()
    };
    let mut trainer = Trainer::new(&network, Mixture::bimodal(), &schedule(), config).unwrap();
    let mut average: Array1<f32> = network.parameters().values().to_vec().into();
    for step in 0..8_u32 {
        trainer.run(&mut network, 1, |_| ()).unwrap();
        let decay = 0.5_f32.min((1.0 + step as f32) / (10.0 + step as f32));
        let now: Array1<f32> = network.parameters().values().to_vec().into();
        average = decay * &average + (1.0 - decay) * &now;
    }
    let ema: Array1<f32> = trainer.ema().unwrap().values().to_vec().into();
    assert!((&ema - &average).iter().all(|d| d.abs() < 1e-6));
    trainer.use_ema(&mut network).unwrap();
    assert_eq!(bits(network.parameters()), bits(trainer.ema().unwrap()));
}

#[test]
fn rows_are_drawn_from_all_of_the_data() {
    // Mean loss of a network that answers 0, with x0 as the target: the mean square of what was drawn.
    let data: Array1<f32> = array![1.0, 2.0, 3.0, 4.0];
    let mut parameters = Parameters::new();
    let weight = parameters.zeros("layer.weight", [1, 1]).unwrap();
    let bias = parameters.zeros("layer.bias", [1, 1]).unwrap();
    let mut network = Fragile(parameters, Linear { weight, bias });
    let config = TrainConfig {
        prediction: Prediction::X0,
        learning_rate: LearningRate::constant(0.0),
        ..TrainConfig::default()
    };
    let mut trainer = Trainer::new(&network, data, &schedule(), config).unwrap();
    trainer.run(&mut network, 200, |_| ()).unwrap();
    let mean = trainer.losses().iter().sum::<f32>() / 200.0;
    // E = 7.5, standard deviation of one square 5.7, of the mean of 51 200 of them 0.025.
    assert!((mean - 7.5).abs() < 0.125, "{mean}");
}
