//! The program `examples/digits`: its arguments, its table, its choice, and that a stopped run ends with the same bits.

#[path = "../examples/digits/args.rs"]
mod args;
#[path = "../examples/common/mod.rs"]
mod common;
#[path = "../examples/digits/recipe.rs"]
mod recipe;
#[expect(dead_code, reason = "the run that says it takes minutes")]
#[path = "../examples/digits/table.rs"]
mod table;

use std::ffi::OsString;
use std::path::Path;

use args::{HELP, Measure, Sample, Task, parse};
use common::shard::Part;
use common::training::Train;
use diffusion_intuition::data::Pictures;
use diffusion_intuition::judge::{self, Score};
use diffusion_intuition::metrics::Estimate;
use diffusion_intuition::prelude::*;
use ndarray::s;
use table::{Row, choose, csv};

fn parsed(line: &str) -> Result<Task, String> {
    parse(line.split_whitespace().map(OsString::from))
}

#[test]
fn arguments_are_read() {
    let train = Train {
        steps: 40,
        work: "w".into(),
        out: "weights".into(),
    };
    assert_eq!(parsed("train --steps 40 --work w"), Ok(Task::Train(train)));
    let sample = Sample {
        scale: 2.5,
        seed: 0,
        weights: "weights/digits.safetensors".into(),
        out: "a.svg".into(),
    };
    let line = "sample --scale 2.5 --out a.svg";
    assert_eq!(parsed(line), Ok(Task::Sample(sample)));
    let distil = Train {
        steps: 8000,
        work: "target/digits-distilled".into(),
        out: "o".into(),
    };
    assert_eq!(parsed("distil --out o"), Ok(Task::Distil(distil)));
    let mut measure = Measure::new(Path::new("weights"));
    assert_eq!(parsed("measure"), Ok(Task::Measure(measure.clone())));
    (measure.part, measure.parts) = (Part::Merge, "p".into());
    let line = "measure --merge --parts p";
    assert_eq!(parsed(line), Ok(Task::Measure(measure)));
    assert_eq!(parsed("train --help"), Ok(Task::Help));
    let options = [
        "--steps",
        "--work",
        "--out",
        "--scale",
        "--seed",
        "--weights",
    ];
    assert!(options.iter().all(|option| HELP.contains(option)));
    for wrong in [
        "",
        "paint",
        "train sample",
        "train --scale 2",
        "sample --steps 2",
        "measure --steps 2",
        "measure --shard 3/2",
        "measure --shard 1/2 --merge",
        "train --shard 1/2",
        "distil --scale 2",
        "train --steps many",
        "train --steps 0",
        "train --steps",
        "sample --scale",
    ] {
        assert!(parsed(wrong).is_err(), "{wrong}");
    }
    let empty = ["train", "--out", ""].map(OsString::from);
    assert!(parse(empty).is_err());
}

fn row(step: u64, nearest: f64) -> Row {
    let number = |mean| Estimate {
        mean,
        standard_error: 0.25,
        n: 5,
    };
    Row {
        step,
        training: 0.5,
        train: 0.125,
        held_out: 0.25,
        score: Score {
            accuracy: number(0.96875),
            frechet: number(7.0),
            frechet_pca: number(0.5),
            nearest: number(nearest),
            diversity: number(4.0),
        },
    }
}

#[test]
fn the_table_has_every_number_under_its_name() {
    let text = csv(&[row(500, 2.5), row(1000, 2.0)]);
    let lines: Vec<&str> = text.lines().collect();
    let names: Vec<&str> = lines[0].split(',').collect();
    let numbers: Vec<&str> = lines[2].split(',').collect();
    assert_eq!((lines.len(), names.len()), (3, 14));
    let expected = [
        ("step", "1000"),
        ("training_loss", "0.50000"),
        ("loss_on_training", "0.12500"),
        ("loss_on_held_out", "0.25000"),
        ("accuracy", "0.9688"),
        ("accuracy_error", "0.2500"),
        ("frechet", "7.0000"),
        ("frechet_error", "0.2500"),
        ("frechet_pca", "0.5000"),
        ("frechet_pca_error", "0.2500"),
        ("nearest", "2.0000"),
        ("nearest_error", "0.2500"),
        ("diversity", "4.0000"),
        ("diversity_error", "0.2500"),
    ];
    let found: Vec<_> = names.into_iter().zip(numbers).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_last_row_before_copying_is_kept() {
    let rows = [(500, 2.5), (1000, 2.2), (1500, 1.9), (2000, 2.3)].map(|(k, d)| row(k, d));
    let kept = |real| choose(&rows, real).map(|row| row.step);
    assert_eq!(kept(2.1), Some(1000));
    assert_eq!(kept(2.2), Some(1000));
    assert_eq!(kept(1.0), Some(2000));
    assert_eq!(kept(3.0), None);
}

/// The loss of a network whose last layer is zero, so that it answers 0, is E[v²] of the pictures themselves.
#[test]
fn the_loss_is_that_of_v() {
    let digits = data::digits();
    let few = |part: &Pictures| {
        let rows = part.rows.slice(s![..40, ..]).to_owned();
        Pictures::new(rows, part.labels[..40].to_vec(), [8, 8, 1], 10).unwrap()
    };
    let few = few(&digits.held_out);
    let mut network = recipe::network().unwrap();
    let parameters = network.parameters_mut();
    for name in ["output.weight", "output.bias"] {
        let id = parameters.id(name).unwrap();
        parameters.get_mut(id).fill(0.0);
    }
    let loss = recipe::loss(&network, &few).unwrap();
    // v = √ᾱ ε − √(1−ᾱ) x_0, with ε independent of x_0.
    let square =
        few.rows.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / few.rows.len() as f64;
    let schedule = recipe::schedule().unwrap();
    let at = |t: usize| {
        let alpha_bar = schedule.alpha_bars()[t];
        alpha_bar + (1.0 - alpha_bar) * square
    };
    let expected = (25..1000).step_by(50).map(at).sum::<f64>() / 20.0;
    // 51,200 numbers of variance below 2: four standard deviations.
    assert!((loss - expected).abs() < 0.025, "{loss} {expected}");
}

/// The weights are those of the row before the distance from training pictures falls below that of held-out ones, and
/// their loss is what the table says.
#[test]
fn the_weights_are_those_of_the_table() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/weights");
    let text = std::fs::read_to_string(format!("{folder}/digits.csv")).unwrap();
    let numbers = |line: &str| line.split(',').map(|x| x.parse().unwrap()).collect();
    let rows: Vec<Vec<f64>> = text.lines().skip(1).map(numbers).collect();
    assert_eq!(csv(&[]).trim_end(), text.lines().next().unwrap());
    let digits = data::digits();
    let real = metrics::nearest(&digits.held_out.rows, &digits.train.rows).unwrap();
    let real: Vec<f64> = real.into_iter().map(|(_, distance)| distance).collect();
    let real = metrics::median(&real).unwrap();
    let kept = rows
        .iter()
        .take_while(|row| row[10] >= real)
        .last()
        .unwrap();
    let mut network = recipe::network().unwrap();
    let path = format!("{folder}/digits.safetensors");
    network.parameters_mut().load(path).unwrap();
    let loss = recipe::loss(&network, &digits.held_out).unwrap();
    // Rows differ by 4e-4 and more; processors that round otherwise, by some 1e-6.
    assert!((loss - kept[3]).abs() < 1e-4, "step {}: {loss}", kept[0]);
}

/// The distilled network is the one of its table, and in one step and in four nearly as good as the large one in 25.
#[test]
fn the_distilled_weights_are_those_of_their_table() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/weights");
    let text = std::fs::read_to_string(format!("{folder}/digits-distilled.csv")).unwrap();
    let frechet = |start: &str| -> [f64; 2] {
        let line = text.lines().find(|line| line.starts_with(start)).unwrap();
        let fields: Vec<&str> = line.split(',').collect();
        [4, 5].map(|i| fields[i].parse().unwrap())
    };
    let [many, _] = frechet("DPM-Solver++,25,");
    assert!(frechet("distilled,4,")[0] < 1.3 * many && frechet("distilled,1,")[0] < 2.0 * many);
    let mut student = recipe::student().unwrap();
    let path = format!("{folder}/digits-distilled.safetensors");
    student.parameters_mut().load(path).unwrap();
    let exam = judge::Exam::new(&data::digits(), &mut Rng::new(0)).unwrap();
    let labels: Vec<usize> = (0..10).flat_map(|class| [class; 30]).collect();
    for steps in [4, 1] {
        let schedule = recipe::schedule().unwrap();
        let sampler = Sampler::new(&schedule, Method::Consistency, steps).unwrap();
        let score = exam.over_seeds(0..2, |rng| {
            let painted = recipe::paint_by(&sampler, &student, &labels, 1.0, rng)?;
            Ok((painted, labels.clone()))
        });
        let [mean, error] = frechet(&format!("distilled,{steps},"));
        let found = score.unwrap().frechet.mean;
        // The mean of two of ten seeds: √(10/2 − 1) = 2 of the ten's standard errors, four times.
        assert!(
            (found - mean).abs() < 8.0 * error,
            "{steps}: {found} {mean}"
        );
    }
}

/// Steps before a stop and after it, on one thread and on three: the same bits as without.
#[test]
fn a_stopped_run_of_the_unet_ends_with_the_same_bits() {
    let digits = data::digits();
    let data = || (digits.train.rows.clone(), digits.train.labels.clone());
    let schedule = recipe::schedule().unwrap();
    let settings = || TrainConfig {
        batch: 16,
        ..recipe::settings(4)
    };
    let mut straight = recipe::network().unwrap();
    let mut whole = Trainer::new(&straight, data(), &schedule, settings()).unwrap();
    let pool = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap()
    };
    pool(1)
        .install(|| whole.run(&mut straight, 4, |_| ()))
        .unwrap();
    let name = format!(
        "diffusion-intuition-digits-{}.safetensors",
        std::process::id()
    );
    let path = std::env::temp_dir().join(name);
    for steps in [2, 4] {
        let mut network = recipe::network().unwrap();
        let open = Trainer::open(&path, 10, &mut network, data(), &schedule, settings());
        let mut trainer = open.unwrap();
        pool(3)
            .install(|| trainer.run_to(&mut network, steps, |_| ()))
            .unwrap();
        if steps == 4 {
            assert_eq!(network.parameters(), straight.parameters());
            assert_eq!(trainer.ema(), whole.ema());
        }
    }
    std::fs::remove_file(&path).unwrap();
    // Painted in pieces of other sizes, the same pictures.
    let paint = |threads| {
        let rng = &mut Rng::new(1);
        pool(threads).install(|| recipe::paint(&straight, &[3, 1, 4, 1, 5], 2.0, rng).unwrap())
    };
    assert_eq!(paint(1), paint(3));
}
