//! The program `examples/prompts`: its arguments, its table, its data, and what its weights paint.

#[path = "../examples/prompts/args.rs"]
mod args;
#[path = "../examples/common/mod.rs"]
mod common;
#[path = "../examples/prompts/recipe.rs"]
mod recipe;
#[expect(dead_code, reason = "the program uses the rest")]
#[path = "../examples/prompts/table.rs"]
mod table;

use std::ffi::OsString;

use args::{HELP, Paint, Task, parse};
use common::training::Train;
use diffusion_intuition::prelude::*;
use diffusion_intuition::scenes::Scenes;
use table::{KINDS, PARTS, Row, csv, obeyed};

fn parsed(line: &str) -> Result<Task, String> {
    parse(line.split_whitespace().map(OsString::from))
}

fn painting(words: &[&str]) -> Result<Task, String> {
    parse(["paint"].iter().chain(words).map(OsString::from))
}

#[test]
fn arguments_are_read() {
    let train = Train {
        steps: 40,
        work: "w".into(),
        out: "weights".into(),
    };
    assert_eq!(parsed("train --steps 40 --work w"), Ok(Task::Train(train)));
    let paint = Paint {
        sentence: "a red crab".into(),
        instead_of: Some("a large red crab".into()),
        n: 3,
        scale: 2.5,
        seed: 0,
        weights: "weights/prompts.safetensors".into(),
        out: "a.png".into(),
    };
    let words = "--scale 2.5 --n 3 -o a.png".split(' ');
    let words: Vec<_> = ["a red crab", "--not", "a large red crab"]
        .into_iter()
        .chain(words)
        .collect();
    assert_eq!(painting(&words), Ok(Task::Paint(paint)));
    assert_eq!(parsed("measure --weights w"), Ok(Task::Measure("w".into())));
    assert_eq!(parsed("train --help"), Ok(Task::Help));
    let options = [
        "--steps",
        "--work",
        "--out",
        "--n",
        "--not",
        "--scale",
        "--seed",
        "--weights",
    ];
    assert!(options.iter().all(|option| HELP.contains(option)));
    for wrong in [
        "",
        "draw",
        "paint",
        "paint a red crab",
        "train --scale 2",
        "paint crab --steps 2",
        "paint crab --n 0",
        "train --steps many",
        "train --steps 0",
        "train --steps",
        "measure --scale 2",
    ] {
        assert!(parsed(wrong).is_err(), "{wrong}");
    }
    assert!(painting(&["crab", "--out", ""]).is_err());
}

#[test]
fn the_table_has_every_number_under_its_name() {
    let row = Row {
        step: 1000,
        scale: 1.5,
        kind: KINDS[1],
        sentences: 500,
        obeyed: [0.5, 0.9375, 0.75, 0.625, 1.0, 0.875],
        diversity: 0.96875,
    };
    let text = csv(&[row.clone(), row]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "step,scale,kind,sentences,all,count,colours,shapes,sizes,relation,diversity"
    );
    assert_eq!(
        lines[2],
        "1000,1.5,two,500,0.500,0.938,0.750,0.625,1.000,0.875,0.969"
    );
}

#[test]
fn a_quarter_of_the_pictures_is_of_one_thing_and_none_unseen() {
    let scenes = Scenes::new().unwrap();
    let (rows, labels) = recipe::data(&scenes).unwrap();
    let [one, two] = recipe::by_things(&scenes, labels.iter().copied());
    assert_eq!(
        [one.len(), two.len(), rows.nrows()],
        [10_000, 30_000, 40_000]
    );
    let unseen = |row: &usize| scenes.is_unseen(&scenes.sentences().row(*row).to_vec());
    assert!(!labels.iter().any(unseen));
    // The pictures are of their sentences.
    let few = rows.slice(ndarray::s![..;400, ..]).to_owned();
    let labels: Vec<usize> = labels.into_iter().step_by(400).collect();
    assert_eq!(obeyed(&scenes, &labels, &few).unwrap(), [1.0; PARTS.len()]);
}

/// The weights paint what is said as often as the last row of the table says, within what 200 sentences and another
/// seed leave open: four standard deviations of the difference of two shares.
#[test]
fn the_weights_are_those_of_the_table() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/weights");
    let text = std::fs::read_to_string(format!("{folder}/prompts.csv")).unwrap();
    assert_eq!(csv(&[]).trim_end(), text.lines().next().unwrap());
    let mut rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let kept = rows.rfind(|row| row[1..3] == ["3", "two"]).unwrap();
    let expected: f64 = kept[4].parse().unwrap();
    let scenes = Scenes::new().unwrap();
    let mut network = recipe::network(&scenes).unwrap();
    let path = format!("{folder}/prompts.safetensors");
    network.parameters_mut().load(path).unwrap();
    let mut rng = Rng::new(11);
    let [_, two] = recipe::by_things(&scenes, scenes.seen());
    let labels = recipe::pick(&two, 200, &mut rng);
    let painted = recipe::paint(&network, &labels, 3.0, &mut rng).unwrap();
    let found = obeyed(&scenes, &labels, &painted).unwrap()[0];
    let error = (expected * (1.0 - expected) * (1.0 / 200.0 + 1.0 / 500.0)).sqrt();
    assert!((found - expected).abs() < 4.0 * error, "{found} {expected}");
}

/// Steps before a stop and after it, on one thread and on three: the same bits as without.
#[test]
fn a_stopped_run_ends_with_the_same_bits() {
    let scenes = Scenes::new().unwrap();
    let [one, _] = recipe::by_things(&scenes, scenes.seen());
    let labels: Vec<usize> = one[..20].to_vec();
    let rows = scenes.sentences().select(Axis(0), &labels);
    let rows = scenes.draw(&rows, &mut Rng::new(0)).unwrap();
    let data = || (rows.clone(), labels.clone());
    let schedule = recipe::schedule().unwrap();
    let settings = || TrainConfig {
        batch: 8,
        ..recipe::settings(4)
    };
    let pool = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap()
    };
    let mut straight = recipe::network(&scenes).unwrap();
    let mut whole = Trainer::new(&straight, data(), &schedule, settings()).unwrap();
    pool(1)
        .install(|| whole.run(&mut straight, 4, |_| ()))
        .unwrap();
    let name = format!("prompts-{}.safetensors", std::process::id());
    let path = std::env::temp_dir().join(name);
    for (threads, to) in [(3, 2), (1, 4)] {
        let mut network = recipe::network(&scenes).unwrap();
        let opened = Trainer::open(&path, 1, &mut network, data(), &schedule, settings());
        let mut trainer = opened.unwrap();
        pool(threads)
            .install(|| trainer.run_to(&mut network, to, |_| ()))
            .unwrap();
        if to == 4 {
            assert_eq!(network.parameters(), straight.parameters());
            assert_eq!(trainer.ema(), whole.ema());
        }
    }
    std::fs::remove_file(&path).unwrap();
}
