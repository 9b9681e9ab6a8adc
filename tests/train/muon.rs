//! Muon: a matrix whose singular values are known, and all that is no such matrix.

use diffusion_intuition::autograd::{Gradients, Linear};
use diffusion_intuition::network::{Network, Parameters};
use diffusion_intuition::train::{Adam, Ema, Muon, Optimizer, TrainConfig, Trainer};
use diffusion_intuition::{Error, Mixture, Rng};
use ndarray::{Array1, Array2};

use crate::support::{Scratch, bits, is_refused, network, schedule, with};

/// I − 2vvᵀ/vᵀv, a reflection: its rows and columns are orthonormal.
fn reflection(n: usize, seed: u64) -> Array2<f64> {
    let v = Rng::new(seed)
        .standard_normal(n, 1)
        .unwrap()
        .mapv(f64::from);
    let square: f64 = v.iter().map(|x| x * x).sum();
    Array2::eye(n) - v.dot(&v.t()) * (2.0 / square)
}

/// U·diag(s)·Vᵀ.
fn matrix(u: &Array2<f64>, s: &Array1<f64>, v: &Array2<f64>) -> Array2<f64> {
    let n = s.len();
    let u = &u.slice(ndarray::s![.., ..n]) * s;
    u.dot(&v.slice(ndarray::s![.., ..n]).t())
}

/// What five rounds make of singular values whose squares add up to one.
fn rounds(mut s: Array1<f64>) -> Array1<f64> {
    for _ in 0..5 {
        s.mapv_inplace(|s| s * (3.4445 + s * s * (-4.775 + s * s * 2.0315)));
    }
    s
}

fn linear(parameters: &mut Parameters, shape: [usize; 2]) -> Linear {
    let (rng, [rows, columns]) = (&mut Rng::new(7), shape);
    parameters.linear("layer", columns, rows, rng).unwrap()
}

/// Of gradients U·Σ·Vᵀ with the same U and V, every step is U·f(Σ)·Vᵀ: f is a polynomial of numbers, in f64 here.
#[test]
fn steps_are_those_of_the_formula() {
    for shape @ [rows, columns] in [[5, 3], [3, 5], [4, 4], [1, 6]] {
        let mut parameters = Parameters::new();
        let id = linear(&mut parameters, shape).weight;
        let adam = Adam {
            weight_decay: 0.1,
            ..Adam::default()
        };
        let optimizer = Optimizer::new(&parameters, adam, Some(Ema { decay: 0.5 })).unwrap();
        let mut optimizer = optimizer.with_muon(Some(Muon { scale: 0.3 })).unwrap();
        let (u, v) = (reflection(rows, 1), reflection(columns, 2));
        let n = rows.min(columns);
        let mut x = parameters.get(id).mapv(f64::from);
        let mut average = x.clone();
        let mut m = Array1::<f64>::zeros(n);
        let mut gradients = Gradients::new(&parameters);
        for step in 0..3 {
            let s: Array1<f64> = (0..n)
                .map(|i| 0.2 + (i * 5 + step * 3) as f64 % 4.0)
                .collect();
            let g = matrix(&u, &s, &v).mapv(|x| x as f32);
            gradients.get_mut(id).assign(&g);
            optimizer.step(&mut parameters, &gradients, 0.05).unwrap();
            m = 0.9 * &m + 0.1 * &s;
            let ahead = 0.9 * &m + 0.1 * &s;
            let norm = ahead.iter().map(|s| s * s).sum::<f64>().sqrt();
            let turned = rounds(ahead / (norm + 1e-7));
            assert!(turned.iter().all(|s| (0.68..1.21).contains(s)), "{turned}");
            let size = 0.05 * 0.3 * (rows.max(columns) as f64).sqrt();
            x = x * (1.0 - 0.05 * 0.1) - size * matrix(&u, &turned, &v);
            let decay = 0.5_f64.min((1.0 + step as f64) / (10.0 + step as f64));
            average = decay * average + (1.0 - decay) * &x;
            // Singular values grow by up to 3.4 a round, and so do roundings of f32, 6e-8 each: 5e2·6e-8·size, and a few
            // in products of five numbers.
            for (found, wanted) in [
                (parameters.get(id), &x),
                (optimizer.ema().unwrap().get(id), &average),
            ] {
                for (found, wanted) in found.iter().zip(wanted) {
                    let off = (f64::from(*found) - wanted).abs();
                    assert!(off < 3e-6, "{shape:?}, step {step}: {found} {wanted}");
                }
            }
        }
    }
}

/// Biases, tables and norms, and a matrix whose gradient is nothing.
#[test]
fn all_else_steps_as_adam() {
    let mut parameters = Parameters::new();
    let rng = &mut Rng::new(3);
    let table = parameters.embedding("table", 4, 3, rng).unwrap();
    let norm = parameters.norm("norm", 3).unwrap();
    let layer = linear(&mut parameters, [3, 2]);
    let idle = parameters.linear("idle", 2, 2, rng).unwrap();
    let mut by_adam = parameters.clone();
    let mut gradients = Gradients::new(&parameters);
    for id in parameters.ids().filter(|id| *id != idle.weight) {
        gradients.get_mut(id).fill(0.5);
    }
    let run = |parameters: &mut Parameters, muon| {
        let optimizer = Optimizer::new(parameters, Adam::default(), None).unwrap();
        let mut optimizer = optimizer.with_muon(muon).unwrap();
        for _ in 0..3 {
            optimizer.step(parameters, &gradients, 0.01).unwrap();
        }
    };
    run(&mut by_adam, None);
    let before = parameters.clone();
    run(&mut parameters, Some(Muon::default()));
    for id in [table, norm.weight, norm.bias, layer.bias, idle.bias] {
        assert_eq!(
            parameters.get(id),
            by_adam.get(id),
            "{}",
            parameters.name(id)
        );
    }
    assert_ne!(parameters.get(layer.weight), by_adam.get(layer.weight));
    assert_eq!(parameters.get(idle.weight), before.get(idle.weight));
}

/// A gradient that ends: what is left of it in the first moment is soon far below the smallest square of f32, and its steps
/// must fade, not diverge.
#[test]
fn steps_along_almost_nothing_are_small() {
    let mut parameters = Parameters::new();
    let id = linear(&mut parameters, [4, 3]).weight;
    let optimizer = Optimizer::new(&parameters, Adam::default(), None).unwrap();
    let mut optimizer = optimizer.with_muon(Some(Muon::default())).unwrap();
    let mut gradients = Gradients::new(&parameters);
    let first = Rng::new(5).standard_normal(4, 3).unwrap();
    gradients.get_mut(id).assign(&first);
    let mut moved = 1.0_f32;
    for step in 0..1200 {
        let before = parameters.get(id).to_owned();
        optimizer.step(&mut parameters, &gradients, 0.1).unwrap();
        gradients.get_mut(id).fill(0.0);
        let off = &before - &parameters.get(id);
        moved = off.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
        assert!(moved.is_finite() && moved < 0.1, "step {step}: {moved}");
    }
    assert_eq!(moved, 0.0);
}

/// Clipped to next to nothing, a gradient is small beside the 1e-7 that is added to its norm.
#[test]
fn gradients_are_clipped_before_they_are_turned() {
    let moved = |clip_grad_norm| {
        let mut network = network(1, 16, 2, 0);
        let id = network.parameters().id("blocks.0.linear.weight").unwrap();
        let before = network.parameters().get(id).to_owned();
        let config = TrainConfig {
            clip_grad_norm,
            ..config()
        };
        let mut trainer = Trainer::new(&network, Mixture::bimodal(), &schedule(), config).unwrap();
        trainer.run(&mut network, 1, |_| ()).unwrap();
        let off = &before - &network.parameters().get(id);
        off.iter().fold(0.0, |most: f32, x| most.max(x.abs()))
    };
    // 3.4445⁵ = 485 times 1e-12/1e-7 at most, of about 1.
    assert!(moved(Some(1e-12)) < 0.01 * moved(None));
}

fn config() -> TrainConfig {
    with(|config| {
        config.batch = 32;
        config.muon = Some(Muon::default());
    })
}

#[test]
fn a_run_goes_on_with_the_same_bits_and_with_the_same_steps_alone() {
    let (scratch, data) = (Scratch::new("muon"), Mixture::bimodal());
    let mut straight = network(1, 16, 2, 0);
    let mut trainer = Trainer::new(&straight, data.clone(), &schedule(), config()).unwrap();
    trainer.run(&mut straight, 9, |_| ()).unwrap();
    let mut stopped = network(1, 16, 2, 0);
    let mut open = |config| {
        Trainer::open(
            &scratch.0,
            100,
            &mut stopped,
            data.clone(),
            &schedule(),
            config,
        )
    };
    open(config()).unwrap();
    let adam = TrainConfig {
        muon: None,
        ..config()
    };
    is_refused(
        open(adam),
        "muon: Some(Muon { scale: 0.2 }) there, None here",
    );
    for steps in [4, 5] {
        let mut trainer = Trainer::open(
            &scratch.0,
            100,
            &mut stopped,
            data.clone(),
            &schedule(),
            config(),
        )
        .unwrap();
        trainer.run(&mut stopped, steps, |_| ()).unwrap();
    }
    assert_eq!(bits(stopped.parameters()), bits(straight.parameters()));
}

#[test]
fn a_scale_that_is_none_is_refused() {
    for scale in [0.0, -1.0, f64::NAN, 1e300] {
        let config = TrainConfig {
            muon: Some(Muon { scale }),
            ..TrainConfig::default()
        };
        let small = network(1, 4, 1, 0);
        let error = Trainer::new(&small, Mixture::bimodal(), &schedule(), config).unwrap_err();
        assert!(matches!(error, Error::Parameter { .. }), "{error}");
    }
}
