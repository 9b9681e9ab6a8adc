//! The training loop: it learns, its bits are fixed by the seed, and it stops as it should.

use std::ops::ControlFlow;

use diffusion_intuition::autograd::{Tape, Var};
use diffusion_intuition::network::{
    FilmMlp, FilmMlpConfig, Linear, Network, Parameters, TimeEmbedding,
};
use diffusion_intuition::train::{Adam, Data, Ema, LearningRate, Loss, TrainConfig, Trainer};
use diffusion_intuition::{Error, Mixture, Prediction, Result, Rng, Schedule};
use ndarray::{Array1, Array2, array};

fn schedule() -> Schedule {
    Schedule::linear(200, 1e-4, 0.02).unwrap()
}

fn small(d: usize) -> FilmMlp {
    let config = FilmMlpConfig {
        hidden: 32,
        blocks: 2,
        time: TimeEmbedding::new(32).unwrap(),
        ..FilmMlpConfig::default()
    };
    FilmMlp::with_config(d, &config, &mut Rng::new(0)).unwrap()
}

fn bits(parameters: &Parameters) -> Vec<u32> {
    parameters.values().iter().map(|x| x.to_bits()).collect()
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
    trainer.use_ema(&mut network);
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
                clip: Some(0.5),
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

/// Answers a fixed large number once its only weight has moved far: training diverges.
struct Fragile(Parameters, Linear);

impl Network for Fragile {
    fn parameters(&self) -> &Parameters {
        &self.0
    }
    fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.0
    }
    fn forward(&self, tape: &mut Tape, x_t: Var, _: &[usize]) -> Result<Var> {
        tape.linear(x_t, self.1)
    }
}

#[test]
fn a_loss_that_is_not_finite_names_the_step_and_keeps_the_parameters() {
    let mut parameters = Parameters::new();
    let layer = parameters.linear("layer", 1, 1, &mut Rng::new(0)).unwrap();
    let mut network = Fragile(parameters, layer);
    // Adam's step is about the learning rate: the second step overflows.
    let config = TrainConfig {
        learning_rate: LearningRate::constant(1e30),
        ..TrainConfig::default()
    };
    let mut trainer = Trainer::new(&network, Mixture::bimodal(), &schedule(), config).unwrap();
    let before = bits(network.parameters());
    let error = trainer.run(&mut network, 10, |_| ()).unwrap_err();
    let Error::Diverged { step, value, .. } = error else {
        panic!("{error}");
    };
    assert_eq!((step, value.is_finite()), (1, false));
    assert_eq!(bits(network.parameters()), before);
    assert_eq!(trainer.losses().len(), 1);
    // A NaN in the parameters themselves: step 0, nothing to return to, no panic.
    network.parameters_mut().values_mut()[0] = f32::NAN;
    let mut trainer = Trainer::new(
        &network,
        Mixture::bimodal(),
        &schedule(),
        TrainConfig::default(),
    )
    .unwrap();
    let error = trainer.run(&mut network, 10, |_| ()).unwrap_err();
    assert!(matches!(error, Error::Diverged { step: 0, .. }), "{error}");
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
            clip,
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
    trainer.use_ema(&mut network);
    assert_eq!(bits(network.parameters()), bits(trainer.ema().unwrap()));
}

#[test]
fn bad_settings_and_data_are_typed_errors() {
    let network = small(1);
    let attempt = |config, data: Data| Trainer::new(&network, data, &schedule(), config).err();
    let with = |change: fn(&mut TrainConfig)| {
        let mut config = TrainConfig::default();
        change(&mut config);
        attempt(config, Mixture::bimodal().into())
    };
    let changes: [fn(&mut TrainConfig); 8] = [
        |c| c.batch = 0,
        |c| c.report_every = 0,
        |c| c.adam.beta1 = 1.0,
        |c| c.adam.epsilon = 0.0,
        |c| c.learning_rate = LearningRate::constant(f64::NAN),
        |c| c.learning_rate = LearningRate::constant(-1.0),
        |c| c.clip = Some(0.0),
        |c| c.ema = Some(Ema { decay: 1.0 }),
    ];
    for (i, change) in changes.into_iter().enumerate() {
        assert!(
            matches!(with(change), Some(Error::Parameter { .. })),
            "change {i}"
        );
    }
    let none = Data::from(Array2::<f32>::zeros((0, 1)));
    assert!(matches!(
        attempt(TrainConfig::default(), none),
        Some(Error::Empty { .. })
    ));
    let bad = Data::from(array![1.0_f32, f32::NAN]);
    let error = attempt(TrainConfig::default(), bad);
    assert!(matches!(error, Some(Error::NotFinite { index: 1, .. })));
    // Data of another dimension than the network's input: an error at the first step.
    let mut network = small(1);
    let data = Array2::<f32>::zeros((5, 2));
    let mut trainer = Trainer::new(&network, data, &schedule(), TrainConfig::default()).unwrap();
    assert!(matches!(
        trainer.run(&mut network, 1, |_| ()),
        Err(Error::Shapes { .. })
    ));
    // A trainer made for another network.
    let mut other = FilmMlp::new(2, &mut Rng::new(0)).unwrap();
    let error = trainer.run(&mut other, 1, |_| ()).unwrap_err();
    assert!(matches!(error, Error::Shape { .. }), "{error}");
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

/// A trainer whose first step leaps to parameters of 1e30 that still are numbers, and whose second loss is none.
fn leap(network: &Fragile, ema: Option<Ema>) -> Trainer {
    let config = TrainConfig {
        learning_rate: LearningRate::constant(1e30),
        ema,
        ..TrainConfig::default()
    };
    Trainer::new(network, Mixture::bimodal(), &schedule(), config).unwrap()
}

fn fragile() -> Fragile {
    let mut parameters = Parameters::new();
    let layer = parameters.linear("layer", 1, 1, &mut Rng::new(0)).unwrap();
    Fragile(parameters, layer)
}

#[test]
fn a_run_that_diverges_in_its_last_step_says_so() {
    for steps in [1, 10] {
        let mut network = fragile();
        let before = bits(network.parameters());
        let mut trainer = leap(&network, Some(Ema::default()));
        let error = trainer.run(&mut network, steps, |_| ()).unwrap_err();
        assert!(matches!(error, Error::Diverged { step: 1, .. }), "{error}");
        // Network and average are those of before the leap: what is saved now can be resumed.
        assert_eq!(bits(network.parameters()), before);
        assert_eq!(bits(trainer.ema().unwrap()), before);
        let path = std::env::temp_dir().join(format!("di-leap-{}-{steps}", std::process::id()));
        trainer.save(&network, &path).unwrap();
        let slower = TrainConfig::default();
        let mut again = fragile();
        let resumed = Trainer::resume(&path, &mut again, Mixture::bimodal(), &schedule(), slower);
        std::fs::remove_file(&path).unwrap();
        resumed.unwrap().run(&mut again, 3, |_| ()).unwrap();
    }
}

#[test]
fn parameters_that_are_no_numbers_are_never_put_in_place() {
    let mut network = fragile();
    let before = bits(network.parameters());
    let config = TrainConfig {
        learning_rate: LearningRate::constant(3e38), // Adam's first step is ten times that, by m̂ = 10 m
        ..TrainConfig::default()
    };
    let mut trainer = Trainer::new(&network, Mixture::bimodal(), &schedule(), config).unwrap();
    let one = array![[1.0_f32]];
    let error = trainer.step_on(&mut network, &one, &[3], &one).unwrap_err();
    assert!(matches!(error, Error::Diverged { step: 0, .. }), "{error}");
    assert_eq!(bits(network.parameters()), before);
    assert_eq!((trainer.step(), bits(trainer.ema().unwrap())), (0, before));
}

#[test]
fn a_batch_that_is_no_batch_undoes_nothing() {
    let mut network = fragile();
    let mut trainer = Trainer::new(
        &network,
        Mixture::bimodal(),
        &schedule(),
        TrainConfig::default(),
    )
    .unwrap();
    let one = array![[1.0_f32]];
    trainer.step_on(&mut network, &one, &[3], &one).unwrap();
    let after = bits(network.parameters());
    let bad = array![[f32::NAN]];
    for (x_t, target) in [(&bad, &one), (&one, &bad)] {
        let error = trainer
            .step_on(&mut network, x_t, &[3], target)
            .unwrap_err();
        assert!(
            matches!(error, Error::NotFinite { index: 0, .. }),
            "{error}"
        );
    }
    for shape in [(0, 1), (1, 0)] {
        let none = Array2::zeros(shape);
        let ts = vec![3; shape.0];
        let error = trainer
            .step_on(&mut network, &none, &ts, &none)
            .unwrap_err();
        assert!(matches!(error, Error::Empty { .. }), "{error}");
    }
    assert_eq!((trainer.step(), bits(network.parameters())), (1, after));
}

/// As many numbers as [`Fragile`], under other names.
#[test]
fn a_network_of_another_make_is_refused_even_if_it_is_as_large() {
    let network = fragile();
    let mut parameters = Parameters::new();
    let layer = parameters.linear("other", 1, 1, &mut Rng::new(0)).unwrap();
    let mut other = Fragile(parameters, layer);
    let before = bits(other.parameters());
    let mut trainer = leap(&network, None);
    let error = trainer.run(&mut other, 1, |_| ()).unwrap_err();
    assert_eq!(
        error,
        Error::Foreign {
            what: "parameter of one network"
        }
    );
    assert_eq!(bits(other.parameters()), before);
}

/// Answers with a value of a tape of its own, or with fewer rows than it was asked about.
struct Stranger(Parameters, bool);

impl Network for Stranger {
    fn parameters(&self) -> &Parameters {
        &self.0
    }
    fn parameters_mut(&mut self) -> &mut Parameters {
        &mut self.0
    }
    fn forward(&self, tape: &mut Tape, _: Var, _: &[usize]) -> Result<Var> {
        let one = array![[1.0_f32]];
        match self.1 {
            true => Ok(Tape::new(&self.0).input(&one)),
            false => Ok(tape.input(&one)),
        }
    }
}

/// A loss of a tape of its own, or the mean of what there is.
#[derive(Debug)]
struct OwnLoss(bool);

impl Loss for OwnLoss {
    fn loss(
        &self,
        tape: &mut Tape,
        y: Var,
        _: &ndarray::ArrayRef2<f32>,
        _: &[usize],
    ) -> Result<Var> {
        let none = Parameters::new();
        match self.0 {
            true => Ok(Tape::new(&none).input(&array![[1.0_f32]])),
            false => tape.mean(y),
        }
    }
}

#[test]
fn what_a_network_or_a_loss_returns_is_looked_at() {
    let trainer = |network: &dyn Network| {
        Trainer::new(
            network,
            Mixture::bimodal(),
            &schedule(),
            TrainConfig::default(),
        )
        .unwrap()
    };
    let mut stranger = Stranger(Parameters::new(), true);
    let x = Array2::zeros((5, 1));
    assert_eq!(
        stranger.predict_at(&x, 3),
        Err(Error::Foreign {
            what: "value of one tape"
        })
    );
    assert_eq!(
        trainer(&stranger).run(&mut stranger, 1, |_| ()),
        Err(Error::Foreign {
            what: "value of one tape"
        })
    );
    let mut short = Stranger(Parameters::new(), false);
    let error = trainer(&short)
        .with_loss(OwnLoss(false))
        .run(&mut short, 1, |_| ())
        .unwrap_err();
    assert!(matches!(error, Error::Shape { .. }), "{error}");
    let mut network = fragile();
    let result = trainer(&network)
        .with_loss(OwnLoss(true))
        .run(&mut network, 1, |_| ());
    assert_eq!(
        result,
        Err(Error::Foreign {
            what: "value of one tape"
        })
    );
}

#[test]
fn settings_that_vanish_or_overflow_in_f32_are_refused() {
    let network = small(1);
    let with = |change: fn(&mut TrainConfig)| {
        let mut config = TrainConfig::default();
        change(&mut config);
        Trainer::new(&network, Mixture::bimodal(), &schedule(), config).err()
    };
    let changes: [fn(&mut TrainConfig); 4] = [
        |c| c.adam.epsilon = 1e-60, // 0/0 where a gradient is 0
        |c| c.adam.epsilon = 1e60,
        |c| c.learning_rate = LearningRate::constant(1e300),
        |c| c.learning_rate = LearningRate::cosine(1e-3, 10).last(f64::NAN),
    ];
    for (i, change) in changes.into_iter().enumerate() {
        assert!(
            matches!(with(change), Some(Error::Parameter { .. })),
            "change {i}"
        );
    }
}
