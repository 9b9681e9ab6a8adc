//! Adam by hand: DDPM's algorithm 1 written out is what the trainer does.

use diffusion_intuition::autograd::{Gradients, Tape};
use diffusion_intuition::network::{Network, Parameters};
use diffusion_intuition::train::{Adam, Ema, Optimizer, TrainConfig, Trainer};
use diffusion_intuition::{Error, Mixture, Rng};
use ndarray::Array2;

use crate::support::{bits, network, schedule};

/// ∂/∂θ of the mean squared error of a network on a batch.
fn gradients(
    network: &dyn Network,
    x_t: &Array2<f32>,
    ts: &[usize],
    eps: &Array2<f32>,
) -> Gradients {
    let mut tape = Tape::new(network.parameters());
    let (x_t, eps) = (tape.input(x_t), tape.input(eps));
    let y = network.forward(&mut tape, x_t, ts).unwrap();
    let loss = tape.mse(y, eps).unwrap();
    let mut gradients = Gradients::new(network.parameters());
    tape.backward(loss, &mut gradients).unwrap();
    gradients
}

#[test]
fn a_loop_by_hand_takes_the_trainers_steps() {
    let (mut by_hand, mut trained) = (network(1, 16, 2, 0), network(1, 16, 2, 0));
    let config = TrainConfig::default();
    let (adam, ema) = (config.adam.clone(), config.ema.clone());
    let mut optimizer = Optimizer::new(by_hand.parameters(), adam, ema).unwrap();
    let mut trainer = Trainer::new(&trained, Mixture::bimodal(), &schedule(), config).unwrap();
    let mut rng = Rng::new(3);
    for step in 0..4 {
        let x0 = Mixture::bimodal().sample(20, &mut rng).unwrap();
        let ts: Vec<usize> = (0..20).map(|i| 9 * i + step).collect();
        let (x_t, eps) = schedule().q_sample_batch(&x0, &ts, &mut rng).unwrap();
        let gradients = gradients(&by_hand, &x_t, &ts, &eps);
        optimizer
            .step(by_hand.parameters_mut(), &gradients, 1e-3)
            .unwrap();
        trainer.step_on(&mut trained, &x_t, &ts, &eps).unwrap();
    }
    assert_eq!(bits(by_hand.parameters()), bits(trained.parameters()));
    assert_eq!(bits(optimizer.ema().unwrap()), bits(trainer.ema().unwrap()));
    assert_eq!(optimizer.steps(), 4);
}

/// One parameter, gradients given by hand: algorithm 1 of the paper in f64 beside it.
#[test]
fn steps_are_those_of_the_formula() {
    let mut parameters = Parameters::new();
    let id = parameters.zeros("x", [1, 1]).unwrap();
    let adam = Adam {
        weight_decay: 0.1,
        ..Adam::default()
    };
    let mut optimizer = Optimizer::new(&parameters, adam, Some(Ema { decay: 0.5 })).unwrap();
    let mut gradients = Gradients::new(&parameters);
    let (mut x, mut m, mut v, mut average) = (0.0_f64, 0.0, 0.0, 0.0);
    for (k, g) in [0.5, -2.0, 0.25, 1.0].into_iter().enumerate() {
        gradients.get_mut(id)[[0, 0]] = g as f32;
        optimizer.step(&mut parameters, &gradients, 0.1).unwrap();
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        let power = k as i32 + 1;
        let (mean, square) = (
            m / (1.0 - 0.9_f64.powi(power)),
            v / (1.0 - 0.999_f64.powi(power)),
        );
        x -= 0.1 * (mean / (square.sqrt() + 1e-8) + 0.1 * x);
        let decay = 0.5_f64.min((1.0 + k as f64) / (10.0 + k as f64));
        average = decay * average + (1.0 - decay) * x;
        // A dozen roundings of f32, 6e-8 each, of numbers near 0.1.
        assert!((f64::from(parameters.get(id)[[0, 0]]) - x).abs() < 1e-6);
        let ema = optimizer.ema().unwrap();
        assert!((f64::from(ema.get(id)[[0, 0]]) - average).abs() < 1e-6);
    }
}

#[test]
fn what_no_step_can_be_taken_along_is_refused() {
    let mut network = network(1, 4, 1, 0);
    let before = bits(network.parameters());
    let parameters = network.parameters_mut();
    let mut optimizer = Optimizer::new(parameters, Adam::default(), None).unwrap();
    let mut gradients = Gradients::new(parameters);
    for rate in [-1.0, f64::NAN, 1e300] {
        let error = optimizer.step(parameters, &gradients, rate).unwrap_err();
        assert!(matches!(error, Error::Parameter { .. }), "{error}");
    }
    let mut other = Parameters::new();
    other.zeros("x", [1, 1]).unwrap();
    let few = Gradients::new(&other);
    let error = optimizer.step(parameters, &few, 1e-3).unwrap_err();
    assert!(matches!(error, Error::Shape { .. }), "{error}");
    let error = optimizer.step(&mut other, &few, 1e-3).unwrap_err();
    assert!(matches!(error, Error::Shape { .. }), "{error}");
    // As many numbers, but those of another parameter.
    let mut renamed = Parameters::new();
    renamed.zeros("other", [1, parameters.count()]).unwrap();
    let error = optimizer.step(parameters, &Gradients::new(&renamed), 1e-3);
    assert!(matches!(error, Err(Error::Foreign { .. })), "{error:?}");
    let id = parameters.ids().next().unwrap();
    gradients.get_mut(id)[[0, 0]] = f32::INFINITY;
    let error = optimizer.step(parameters, &gradients, 1e-3).unwrap_err();
    assert!(matches!(error, Error::Diverged { step: 0, .. }), "{error}");
    assert_eq!((optimizer.steps(), bits(parameters)), (0, before));
    let bad = Adam {
        beta1: 1.0,
        ..Adam::default()
    };
    assert!(Optimizer::new(parameters, bad, None).is_err());
}
