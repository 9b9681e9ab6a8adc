//! Training with a teacher: what the student is asked for, what comes out, and what is refused.

use std::sync::Mutex;

use diffusion_intuition::prelude::*;
use diffusion_intuition::train::{Consistency, Direct, Ladder, Model};
use diffusion_intuition::train::{Progressive, Question, Teacher};

use crate::support::{Scratch, bits, network, schedule, with};

/// Answers the same everywhere, and writes down what it was asked.
struct Stubborn {
    ts: Vec<usize>,
    answer: Result<f32>,
    columns: usize,
    asked: Mutex<Vec<(Array2<f32>, Vec<usize>)>>,
}

fn stubborn(ts: &[usize], answer: Result<f32>) -> Stubborn {
    let (ts, asked) = (ts.to_vec(), Mutex::default());
    Stubborn {
        ts,
        answer,
        columns: 1,
        asked,
    }
}

impl Teacher for Stubborn {
    fn timesteps(&self) -> &[usize] {
        &self.ts
    }
    fn x0(&self, asked: &Question) -> Result<Array2<f32>> {
        let mut all = self.asked.lock().unwrap();
        all.push((asked.x_t.clone(), asked.ts.to_vec()));
        Ok(Array2::from_elem(
            (asked.ts.len(), self.columns),
            self.answer.clone()?,
        ))
    }
}

/// The loss of a network that answers 0 is E[target²] over the rows that the teacher saw.
#[test]
fn the_teachers_answer_is_the_target_in_the_students_kind() {
    let schedule = schedule();
    for kind in [Prediction::Eps, Prediction::X0, Prediction::V] {
        let mut student = network(1, 16, 1, 0);
        student.parameters_mut().values_mut().fill(0.0);
        let teacher = stubborn(&[150, 40], Ok(1.25));
        let config = with(|config| config.prediction = kind);
        let mut trainer = Trainer::new(&student, Mixture::bimodal(), &schedule, config).unwrap();
        trainer
            .run_taught(&mut student, &teacher, 1, |_| ())
            .unwrap();
        let asked = teacher.asked.into_inner().unwrap();
        let (x_t, ts) = &asked[0];
        let square = |(x, t): (&f32, &usize)| {
            let (alpha_bar, x) = (schedule.alpha_bars()[*t], f64::from(*x));
            let (signal, noise) = (alpha_bar.sqrt(), (1.0 - alpha_bar).sqrt());
            let eps = (x - signal * 1.25) / noise;
            let target = match kind {
                Prediction::Eps => eps,
                Prediction::V => signal * eps - noise * 1.25,
                _ => 1.25,
            };
            target * target
        };
        let expected = x_t.iter().zip(ts).map(square).sum::<f64>() / 256.0;
        let loss = f64::from(trainer.losses()[0]);
        // A mean of 256 squares in f32.
        assert!(
            (loss / expected - 1.0).abs() < 1e-5,
            "{kind:?}: {loss} {expected}"
        );
        // In order, and both as likely: 256 draws, six standard deviations of 8.
        let low = ts.iter().filter(|t| **t == 40).count();
        assert!(ts.is_sorted() && ts.iter().all(|t| [40, 150].contains(t)));
        assert!((80..176).contains(&low), "{low}");
    }
}

/// The mean distance of the student's end from the exact one, over x ~ N(0, 1).
fn error(student: &dyn Network, schedule: &Schedule, steps: usize, method: Method) -> f64 {
    let x = Rng::new(9).standard_normal(4000, 1).unwrap();
    let exact = Mixture::bimodal().one_step_map(schedule, 63, &x).unwrap();
    let sampler = Sampler::new(schedule, method, steps).unwrap();
    let y = sampler.sample(&Prediction::V.of(&student), &x, &mut Rng::new(0));
    let gaps = y
        .unwrap()
        .into_iter()
        .zip(exact)
        .map(|(y, exact)| (f64::from(y) - exact).abs());
    gaps.sum::<f64>() / 4000.0
}

fn settings(steps: u64) -> TrainConfig {
    TrainConfig {
        prediction: Prediction::V,
        ..TrainConfig::cosine(256, 4e-3, steps)
    }
}

/// Each of the three learns the map that is known. Sending all x to the nearer heap's centre would be 0.39 off.
#[test]
fn students_learn_the_exact_map() {
    let (schedule, data) = (Schedule::cosine(64).unwrap(), Mixture::bimodal());
    let exact = data.denoiser(&schedule, Prediction::V);
    let many = Sampler::new(&schedule, Method::Heun, 16).unwrap();
    let ladder = |stride| {
        let ladder = Ladder::new(Model::Denoiser(&exact), many.timesteps(), stride).unwrap();
        ladder.heun()
    };
    let run = |teacher: &dyn Teacher, student: &mut FilmMlp, steps: u64| {
        let mut trainer =
            Trainer::new(&*student, data.clone(), &schedule, settings(steps)).unwrap();
        trainer
            .run_taught(&mut *student, teacher, steps, |_| ())
            .unwrap();
        trainer.use_ema(student).unwrap();
    };
    let jump = |teacher: &dyn Teacher| {
        let mut student = network(1, 64, 3, 0);
        run(teacher, &mut student, 600);
        error(&student, &schedule, 1, Method::Consistency)
    };
    for (name, found) in [
        ("direct", jump(&Direct(ladder(16)))),
        ("consistency", jump(&Consistency(ladder(4)))),
    ] {
        assert!(found < 0.05, "{name}: {found}");
    }
    let mut student = network(1, 64, 3, 0);
    run(&Progressive(ladder(4)), &mut student, 600);
    let four = error(&student, &schedule, 4, Method::DDIM);
    let teacher = student.clone();
    let few = Sampler::new(&schedule, Method::DDIM, 4).unwrap();
    let model = Model::Network(&teacher, Prediction::V);
    let ladder = Ladder::new(model, few.timesteps(), 4).unwrap();
    run(&Progressive(ladder), &mut student, 300);
    let one = error(&student, &schedule, 1, Method::DDIM);
    assert!(four < 0.05 && one < 0.05, "progressive: {four} {one}");
}

/// Of two halves with a stop between them, on one thread and on three: the same bits as without, though the teacher asks
/// the student.
#[test]
fn a_taught_run_has_the_same_bits_at_any_number_of_threads_and_after_a_stop() {
    let scratch = Scratch::new("taught");
    let (schedule, rows) = (
        schedule(),
        Mixture::bimodal().sample(300, &mut Rng::new(0)).unwrap(),
    );
    let exact = Mixture::bimodal().denoiser(&schedule, Prediction::X0);
    let many = Sampler::new(&schedule, Method::DDIM, 6).unwrap();
    let model = Model::Denoiser(&exact);
    let teacher = Consistency(Ladder::new(model, many.timesteps(), 2).unwrap());
    let run = |threads: usize, ends: &[u64], file: bool| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let mut student = network(1, 16, 1, 0);
        for end in ends {
            student = network(1, 16, 1, 0);
            let (config, rows) = (with(|config| config.batch = 200), rows.clone());
            let trainer = match file {
                true => Trainer::open(&scratch.0, 100, &mut student, rows, &schedule, config),
                false => Trainer::new(&student, rows, &schedule, config),
            };
            let mut trainer = trainer.unwrap();
            let pool = pool.as_ref().unwrap();
            pool.install(|| trainer.run_taught(&mut student, &teacher, *end, |_| ()))
                .unwrap();
        }
        bits(student.parameters())
    };
    let whole = run(1, &[6], false);
    assert_eq!(run(3, &[6], false), whole);
    assert_eq!(run(2, &[3, 6], true), whole);
}

#[test]
fn teachers_that_teach_nothing_are_refused() {
    let schedule = schedule();
    let taught = |teacher: &dyn Teacher| {
        let mut student = network(1, 16, 1, 0);
        let config = with(|config| config.batch = 8);
        let mut trainer = Trainer::new(&student, Mixture::bimodal(), &schedule, config).unwrap();
        trainer
            .run_taught(&mut student, teacher, 2, |_| ())
            .unwrap_err()
    };
    assert!(matches!(
        taught(&stubborn(&[], Ok(0.0))),
        Error::Empty { .. }
    ));
    assert!(matches!(
        taught(&stubborn(&[200], Ok(0.0))),
        Error::Timestep { t: 200, .. }
    ));
    assert!(matches!(
        taught(&stubborn(&[5], Ok(f32::NAN))),
        Error::Diverged { step: 0, .. }
    ));
    let own = Error::Parameter {
        name: "mood",
        value: -1.0,
        valid: "good",
    };
    assert_eq!(taught(&stubborn(&[5], Err(own.clone()))), own);
    let wide = Stubborn {
        columns: 2,
        ..stubborn(&[5], Ok(0.0))
    };
    assert!(matches!(taught(&wide), Error::Shape { .. }));
}
