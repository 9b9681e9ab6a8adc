//! What goes wrong in training: it says so, and leaves parameters that are good.

use diffusion_intuition::autograd::{Tape, Var};
use diffusion_intuition::network::{FilmMlp, Network, Parameters};
use diffusion_intuition::train::{Data, Ema, LearningRate, TrainConfig, Trainer};
use diffusion_intuition::{Error, Mixture, Result, Rng};
use ndarray::{Array2, array};

use crate::support::{Fragile, bits, fragile, network, schedule, with};

#[test]
fn a_loss_that_is_not_finite_names_the_step_and_keeps_the_parameters() {
    let mut network = fragile();
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
fn bad_settings_and_data_are_typed_errors() {
    let network = network(1, 32, 2, 0);
    let attempt = |config, data: Data| Trainer::new(&network, data, &schedule(), config).err();
    let changes: [fn(&mut TrainConfig); 8] = [
        |c| c.batch = 0,
        |c| c.report_every = 0,
        |c| c.adam.beta1 = 1.0,
        |c| c.adam.epsilon = 0.0,
        |c| c.learning_rate = LearningRate::constant(f64::NAN),
        |c| c.learning_rate = LearningRate::constant(-1.0),
        |c| c.clip_grad_norm = Some(0.0),
        |c| c.ema = Some(Ema { decay: 1.0 }),
    ];
    for (i, change) in changes.into_iter().enumerate() {
        assert!(
            matches!(
                attempt(with(change), Mixture::bimodal().into()),
                Some(Error::Parameter { .. })
            ),
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
    let mut network = network;
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

/// A trainer whose first step leaps to parameters of 1e30 that still are numbers, and whose second loss is none.
fn leap(network: &Fragile, ema: Option<Ema>) -> Trainer {
    let config = TrainConfig {
        learning_rate: LearningRate::constant(1e30),
        ema,
        ..TrainConfig::default()
    };
    Trainer::new(network, Mixture::bimodal(), &schedule(), config).unwrap()
}

#[test]
fn a_run_that_diverges_in_its_last_step_says_so() {
    for steps in [1, 10] {
        let mut network = fragile();
        let before = bits(network.parameters());
        let mut trainer = leap(&network, Some(Ema::default()));
        let error = trainer.run(&mut network, steps, |_| ()).unwrap_err();
        assert!(matches!(error, Error::Diverged { step: 1, .. }), "{error}");
        // Network and average are those of before the leap: they can be trained on.
        assert_eq!(bits(network.parameters()), before);
        assert_eq!(bits(trainer.ema().unwrap()), before);
        let slower = TrainConfig::default();
        let again = Trainer::new(&network, Mixture::bimodal(), &schedule(), slower);
        again.unwrap().run(&mut network, 3, |_| ()).unwrap();
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

#[test]
fn what_a_network_returns_is_looked_at() {
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
    let error = trainer(&short).run(&mut short, 1, |_| ()).unwrap_err();
    assert!(matches!(error, Error::Shapes { .. }), "{error}");
}

#[test]
fn an_average_is_given_to_no_other_network() {
    let (trained, mut other) = (network(1, 16, 2, 0), network(1, 32, 2, 0));
    let config = TrainConfig::default();
    let trainer = Trainer::new(&trained, Mixture::bimodal(), &schedule(), config).unwrap();
    assert!(trainer.ema().is_some());
    let before = bits(other.parameters());
    let error = trainer.use_ema(&mut other);
    assert!(matches!(error, Err(Error::Shape { .. })), "{error:?}");
    assert_eq!(bits(other.parameters()), before);
}

#[test]
fn settings_that_vanish_or_overflow_in_f32_are_refused() {
    let network = network(1, 32, 2, 0);
    let attempt =
        |change| Trainer::new(&network, Mixture::bimodal(), &schedule(), with(change)).err();
    let changes: [fn(&mut TrainConfig); 4] = [
        |c| c.adam.epsilon = 1e-60, // 0/0 where a gradient is 0
        |c| c.adam.epsilon = 1e60,
        |c| c.learning_rate = LearningRate::constant(1e300),
        |c| c.learning_rate = LearningRate::cosine(1e-3, 10).last(f64::NAN),
    ];
    for (i, change) in changes.into_iter().enumerate() {
        assert!(
            matches!(attempt(change), Some(Error::Parameter { .. })),
            "change {i}"
        );
    }
}
