//! Runs that keep themselves on disk: when they save, and what they refuse. That a killed run ends with the same
//! bits, tests/capstone.rs proves.

use std::ops::ControlFlow;
use std::path::PathBuf;

use diffusion_intuition::network::{Network, TimeEmbedding};
use diffusion_intuition::prelude::*;

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("diffusion-intuition-run-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn schedule() -> Schedule {
    Schedule::linear_rescaled(100).unwrap()
}

fn network() -> FilmMlp {
    let config = FilmMlpConfig {
        hidden: 8,
        blocks: 1,
        time: TimeEmbedding::new(8).unwrap(),
        ..FilmMlpConfig::default()
    };
    FilmMlp::with_config(1, &config, &mut Rng::new(0)).unwrap()
}

fn config() -> TrainConfig {
    TrainConfig {
        batch: 8,
        report_every: 3,
        ..TrainConfig::default()
    }
}

fn open(scratch: &Scratch, network: &mut FilmMlp, config: TrainConfig) -> Result<Checkpointed> {
    Checkpointed::open(
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
    assert_eq!(run.trainer().ema(), whole.ema());
}

#[test]
fn what_it_belongs_to_must_be_the_same() {
    let scratch = Scratch::new("same");
    let mut one = network();
    open(&scratch, &mut one, config()).unwrap();
    let rows = || Mixture::bimodal().sample(20, &mut Rng::new(0));
    let longer = Schedule::linear_rescaled(101).unwrap();
    let slower = TrainConfig {
        learning_rate: LearningRate::constant(1e-4),
        ..config()
    };
    let before = one.clone();
    let cases: [(&str, Result<Checkpointed>); 4] = [
        (
            "other data",
            Checkpointed::open(&scratch.0, 5, &mut one, rows(), &schedule(), config()),
        ),
        (
            "other data",
            Checkpointed::open(
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
            Checkpointed::open(
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
        match result.err() {
            Some(Error::Checkpoint { reason, .. }) => assert!(reason.contains(part), "{reason}"),
            other => panic!("{part}: {other:?}"),
        }
    }
    // A file of a plain trainer names no data.
    let trainer = Trainer::new(&one, Mixture::bimodal(), &schedule(), config()).unwrap();
    trainer.save(&one, &scratch.0).unwrap();
    let found = open(&scratch, &mut one, config()).err();
    assert!(matches!(found, Some(Error::Checkpoint { .. })), "{found:?}");
    let never = Checkpointed::open(&scratch.0, 0, &mut one, rows(), &schedule(), config());
    assert!(matches!(
        never.err(),
        Some(Error::Parameter { value: 0.0, .. })
    ));
    assert_eq!(one.parameters(), before.parameters());
}
