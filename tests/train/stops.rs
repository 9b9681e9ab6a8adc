//! Runs that keep themselves on disk: when they save, and what they refuse. That a killed run ends with the same
//! bits, tests/capstone.rs proves.

use std::ops::ControlFlow;

use diffusion_intuition::network::TimeEmbedding;
use diffusion_intuition::prelude::*;

use crate::support::{Scratch, is_refused, reason};

fn schedule() -> Schedule {
    Schedule::linear_rescaled(100).unwrap()
}

fn network() -> FilmMlp {
    crate::support::network(1, 8, 1, 0)
}

fn config() -> TrainConfig {
    TrainConfig {
        batch: 8,
        report_every: 3,
        ..TrainConfig::default()
    }
}

fn open(scratch: &Scratch, network: &mut FilmMlp, config: TrainConfig) -> Result<Trainer> {
    Trainer::open(
        &scratch.0,
        5,
        network,
        Mixture::bimodal(),
        &schedule(),
        config,
    )
}

#[test]
fn it_saves_at_the_start_every_few_steps_and_at_the_end() {
    let scratch = Scratch::new("saves");
    let saved = || open(&scratch, &mut network(), config()).unwrap().step();
    let mut one = network();
    let mut run = open(&scratch, &mut one, config()).unwrap();
    assert_eq!(saved(), 0);
    let mut seen = Vec::new();
    run.run_to(&mut one, 12, |progress| seen.push((progress.step, saved())))
        .unwrap();
    // Reports every 3 steps and before each checkpoint; with each, the step that the file holds by then.
    assert_eq!(seen, [(3, 0), (5, 0), (6, 5), (9, 5), (10, 5), (12, 10)]);
    assert_eq!(saved(), 12);
    assert_eq!(run.losses().len(), 12);
    // Nothing to do: not a step more, and none back.
    run.run_to(&mut one, 7, |_| -> () { panic!("a step") })
        .unwrap();
    assert_eq!(run.step(), 12);
}

#[test]
fn a_run_that_is_told_to_stop_saves_and_goes_on() {
    let scratch = Scratch::new("stops");
    let mut straight = network();
    let mut whole = Trainer::new(&straight, Mixture::bimodal(), &schedule(), config()).unwrap();
    whole.run(&mut straight, 11, |_| ()).unwrap();

    let mut one = network();
    let mut run = open(&scratch, &mut one, config()).unwrap();
    run.run_to(&mut one, 11, |progress| match progress.step {
        3 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .unwrap();
    assert_eq!(run.step(), 3);
    let mut other = network();
    // The interval of the reports may change.
    let often = TrainConfig {
        report_every: 1,
        ..config()
    };
    let mut run = open(&scratch, &mut other, often).unwrap();
    assert_eq!(run.step(), 3);
    run.run_to(&mut other, 11, |_| ()).unwrap();
    assert_eq!(other, straight);
    assert_eq!(run.losses(), whole.losses());
    assert_eq!(run.ema(), whole.ema());
}

#[test]
fn what_it_belongs_to_must_be_the_same() {
    let scratch = Scratch::new("same");
    let mut one = network();
    open(&scratch, &mut one, config()).unwrap();
    let rows = || Mixture::bimodal().sample(20, &mut Rng::new(0)).unwrap();
    let longer = Schedule::linear_rescaled(101).unwrap();
    let slower = TrainConfig {
        learning_rate: LearningRate::constant(1e-4),
        ..config()
    };
    let before = one.clone();
    let cases: [(&str, Result<Trainer>); 4] = [
        (
            "other data",
            Trainer::open(&scratch.0, 5, &mut one, rows(), &schedule(), config()),
        ),
        (
            "other data",
            Trainer::open(
                &scratch.0,
                5,
                &mut one,
                data::ring_mixture(),
                &schedule(),
                config(),
            ),
        ),
        (
            "other schedule",
            Trainer::open(
                &scratch.0,
                5,
                &mut one,
                Mixture::bimodal(),
                &longer,
                config(),
            ),
        ),
        ("other settings", open(&scratch, &mut one, slower)),
    ];
    for (part, result) in cases {
        is_refused(result, part);
    }
    // A file of parameters alone names nothing.
    one.parameters().save(&scratch.0).unwrap();
    let found = reason(open(&scratch, &mut one, config()));
    assert!(found.contains("does not say which seed"), "{found}");
    let never = Trainer::open(&scratch.0, 0, &mut one, rows(), &schedule(), config());
    assert!(matches!(
        never.err(),
        Some(Error::Parameter { value: 0.0, .. })
    ));
    assert_eq!(one.parameters(), before.parameters());
}

#[test]
fn what_differs_is_named() {
    let scratch = Scratch::new("differs");
    let rows = |n| Mixture::bimodal().sample(n, &mut Rng::new(0)).unwrap();
    let attempt =
        |network: &mut FilmMlp, rows: ndarray::Array2<f32>, change: fn(&mut TrainConfig)| {
            let mut config = config();
            change(&mut config);
            Trainer::open(&scratch.0, 5, network, rows, &schedule(), config)
        };
    attempt(&mut network(), rows(20), |_| ()).unwrap();
    type Case = (fn(&mut TrainConfig), &'static str);
    let cases: [Case; 6] = [
        (|c| c.seed = 7, "another seed (0 there, 7 here): remove"),
        (
            |c| c.batch = 9,
            "other settings (batch: 8 there, 9 here): remove",
        ),
        (
            |c| c.clip_grad_norm = Some(0.5),
            "other settings (clip: None there, Some(0.5) here)",
        ),
        (
            |c| c.ema = None,
            "other settings (ema: Some(Ema { decay: 0.999 }) there, None here)",
        ),
        (
            |c| c.prediction = Prediction::V,
            "other settings (prediction: Eps there, V here)",
        ),
        (
            |c| c.learning_rate = LearningRate::constant(2e-3),
            "learning_rate: ",
        ),
    ];
    for (change, part) in cases {
        let found = reason(attempt(&mut network(), rows(20), change));
        assert!(found.contains(part), "{found}");
        assert!(!found.contains("data"), "{found}");
    }
    // Another seed splits the rows otherwise: that these differ too is no news.
    let found = reason(attempt(&mut network(), rows(21), |c| c.seed = 7));
    assert!(found.contains("seed") && !found.contains("data"), "{found}");
    let found = reason(attempt(&mut network(), rows(21), |_| ()));
    assert!(
        found.contains("other data (rows of shape 20x1 there, rows of shape 21x1 here)"),
        "{found}"
    );
    let found = reason(attempt(&mut network(), -rows(20), |_| ()));
    assert!(
        found.contains("other data (rows of shape 20x1, other numbers)"),
        "{found}"
    );
    let mut reference = FilmMlp::new(1, &mut Rng::new(0)).unwrap();
    let found = reason(attempt(&mut reference, rows(20), |_| ()));
    assert!(
        found.contains("another network (") && found.contains("148993 parameters"),
        "{found}"
    );
}

/// The same parameters, and another function: waves of other lengths, cosines before sines.
#[test]
fn a_network_that_answers_otherwise_is_another_network() {
    let scratch = Scratch::new("function");
    let make = |frequency: f32, flipped: bool| {
        let time = TimeEmbedding::new(8).unwrap();
        let config = FilmMlpConfig {
            hidden: 8,
            blocks: 1,
            time: if flipped { time.cosines_first() } else { time },
            frequencies: vec![frequency],
        };
        FilmMlp::with_config(1, &config, &mut Rng::new(0)).unwrap()
    };
    let mut one = make(0.7, false);
    let mut run = open(&scratch, &mut one, config()).unwrap();
    run.run_to(&mut one, 6, |_| ()).unwrap();
    for mut other in [make(0.9, false), make(0.7, true)] {
        let before = other.clone();
        let found = reason(open(&scratch, &mut other, config()));
        assert!(found.contains("another network"), "{found}");
        assert_eq!(other, before);
    }
    let mut same = make(0.7, false);
    assert_eq!(open(&scratch, &mut same, config()).unwrap().step(), 6);
    assert_eq!(same, one);
}

/// Every step of a refused file, one byte changed: what is read before the fault is found goes nowhere.
#[test]
fn a_file_that_is_refused_changes_nothing() {
    let scratch = Scratch::new("refused");
    let mut one = network();
    let mut run = open(&scratch, &mut one, config()).unwrap();
    run.run_to(&mut one, 15, |_| ()).unwrap();
    let good = std::fs::read(&scratch.0).unwrap();
    let change = |from: &str, to: &str| {
        let at = good
            .windows(from.len())
            .position(|w| w == from.as_bytes())
            .unwrap();
        let mut bytes = good.clone();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        bytes
    };
    let mut short = good.clone();
    short.truncate(good.len() - 4);
    let mut nan = good.clone();
    let end = nan.len();
    nan[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    for bytes in [
        change("\"step\":\"15\"", "\"step\":\"14\""), // one loss too many
        change("\"step\":\"15\"", "\"step\":\"-5\""),
        change("\"losses\"", "\"lasses\""),
        change("\"adam.v.output.bias\"", "\"adam.w.output.bias\""),
        short,
        nan, // the last of the answers
    ] {
        std::fs::write(&scratch.0, bytes).unwrap();
        let mut fresh = network();
        reason(open(&scratch, &mut fresh, config()));
        assert_eq!(fresh, network());
    }
    std::fs::write(&scratch.0, &good).unwrap();
    assert_eq!(open(&scratch, &mut network(), config()).unwrap().step(), 15);
}

/// Two processes that each found no file, or one whose file was removed under it.
#[test]
fn of_two_runs_in_one_file_one_gets_an_error() {
    let scratch = Scratch::new("two");
    let slower = TrainConfig {
        learning_rate: LearningRate::constant(1e-4),
        ..config()
    };
    let (mut first, mut second) = (network(), network());
    let mut one = open(&scratch, &mut first, config()).unwrap();
    std::fs::remove_file(&scratch.0).unwrap();
    let mut other = open(&scratch, &mut second, slower.clone()).unwrap();
    let found = reason(one.run_to(&mut first, 10, |_| ()));
    assert!(found.contains("other settings (learning_rate: "), "{found}");
    other.run_to(&mut second, 10, |_| ()).unwrap();
    assert_eq!(open(&scratch, &mut network(), slower).unwrap().step(), 10);
    // The same run twice writes the same bits, whoever is ahead.
    let again = Scratch::new("twice");
    let (mut first, mut second) = (network(), network());
    let mut ahead = open(&again, &mut first, config()).unwrap();
    let mut behind = open(&again, &mut second, config()).unwrap();
    ahead.run_to(&mut first, 10, |_| ()).unwrap();
    behind.run_to(&mut second, 10, |_| ()).unwrap();
    assert_eq!(first, second);
    // A file that was removed is written again.
    std::fs::remove_file(&again.0).unwrap();
    ahead.run_to(&mut first, 15, |_| ()).unwrap();
    assert_eq!(open(&again, &mut second, config()).unwrap().step(), 15);
}

#[test]
fn only_the_network_that_was_left_goes_on() {
    let scratch = Scratch::new("left");
    let mut one = network();
    let mut run = open(&scratch, &mut one, config()).unwrap();
    run.run_to(&mut one, 10, |_| ()).unwrap();
    let before = std::fs::read(&scratch.0).unwrap();
    let mut averaged = one.clone();
    run.use_ema(&mut averaged).unwrap();
    for mut other in [averaged, network()] {
        let found = reason(run.run_to(&mut other, 20, |_| ()));
        assert!(
            found.contains("parameters of the network") && found.contains("step 10"),
            "{found}"
        );
    }
    assert_eq!(std::fs::read(&scratch.0).unwrap(), before);
    run.run_to(&mut one, 20, |_| ()).unwrap();
    assert_eq!(run.step(), 20);
}

#[test]
fn a_run_that_diverges_in_its_last_step_saves_nothing() {
    let scratch = Scratch::new("diverges");
    let leap = TrainConfig {
        learning_rate: LearningRate::constant(1e30),
        ..config()
    };
    let mut one = network();
    let mut run = open(&scratch, &mut one, leap.clone()).unwrap();
    let error = run.run_to(&mut one, 1, |_| ()).unwrap_err();
    assert!(matches!(error, Error::Diverged { step: 1, .. }), "{error}");
    assert_eq!(one, network());
    assert_eq!(run.ema(), Some(network().parameters()));
    assert_eq!(open(&scratch, &mut one, leap).unwrap().step(), 0);
}
