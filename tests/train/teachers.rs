//! What teachers answer, against steps of a sampler, with whose code they share no more than a step's two factors and Heun's
//! correction.

use std::ops::ControlFlow;

use diffusion_intuition::prelude::*;
use diffusion_intuition::train::{Consistency, Direct, Ladder, Model};
use diffusion_intuition::train::{Progressive, Question, Teacher};

/// Numbers below 5 in magnitude after two dozen roundings, at 2⁻²⁴ of 5 each, some of them by chance in one direction.
const ROUNDING: f32 = 4e-6;

/// Zero terminal SNR is no harder than others, so long as the model does not predict ε.
fn schedules() -> [Schedule; 2] {
    let cosine = Schedule::cosine(64).unwrap();
    [cosine.zero_terminal_snr().unwrap(), cosine]
}

fn many(schedule: &Schedule, method: Method) -> Sampler {
    Sampler::new(schedule, method, 16).unwrap()
}

/// A model in the steps of a sampler.
fn ladder<'a>(model: Model<'a>, many: &Sampler, stride: usize) -> Ladder<'a> {
    let ladder = Ladder::new(model, many.timesteps(), stride).unwrap();
    match many.method().name() {
        "Heun" => ladder.heun(),
        _ => ladder,
    }
}

/// The timesteps of a sampler from one of them on.
fn from(many: &Sampler, t: usize) -> &[usize] {
    let at = many.timesteps().iter().position(|own| *own == t);
    &many.timesteps()[at.unwrap()..]
}

/// Rows at all of the timesteps, three each, in no order.
fn rows(ts: &[usize]) -> (Array2<f32>, Vec<usize>) {
    let ts = [ts, ts, ts].concat();
    let x_t = Rng::new(1).standard_normal(ts.len(), 2).unwrap();
    (2.0 * x_t, ts)
}

fn law() -> Mixture {
    Mixture::isotropic(&array![[1.0, -0.5], [-1.5, 0.25]], 0.3).unwrap()
}

fn asked<'a>(
    schedule: &'a Schedule,
    student: Model<'a>,
    (x_t, ts): &'a (Array2<f32>, Vec<usize>),
) -> Question<'a> {
    let labels = &[];
    Question {
        student,
        schedule,
        x_t,
        ts,
        labels,
    }
}

/// Where the sampler `method` takes one row in `steps` of the steps from each of `ts`, the first of which is its own.
fn walked(
    schedule: &Schedule,
    method: Method,
    ts: &[usize],
    steps: usize,
    model: &dyn Denoiser,
    x: &Array2<f32>,
) -> Array2<f32> {
    let sampler = Sampler::with_timesteps(schedule, method, ts.to_vec()).unwrap();
    let stop = |step: &diffusion_intuition::sampler::Step| match step.step == steps {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let end = sampler.sample_with(model, x, &mut Rng::new(0), stop);
    end.unwrap()
}

fn gap(a: &Array2<f32>, b: &Array2<f32>) -> f32 {
    (a - b).iter().fold(0.0, |most, x| x.abs().max(most))
}

fn row(x: &Array2<f32>, i: usize) -> Array2<f32> {
    x.select(Axis(0), &[i])
}

/// One step with the target lands where `stride` steps of the teacher do: Salimans & Ho 2022, algorithm 2.
#[test]
fn one_step_with_the_target_lands_where_two_land() {
    for (schedule, stride) in schedules().iter().zip([2, 4]) {
        let exact = law().denoiser(schedule, Prediction::V);
        for method in [Method::DDIM, Method::Heun] {
            let many = many(schedule, method);
            let teacher = Progressive(ladder(Model::Denoiser(&exact), &many, stride));
            let batch = rows(teacher.timesteps());
            let student = Model::Denoiser(&exact);
            let target = teacher.x0(&asked(schedule, student, &batch)).unwrap();
            for (i, t) in batch.1.iter().enumerate() {
                let ts = from(&many, *t);
                let two = walked(schedule, method, ts, stride, &exact, &row(&batch.0, i));
                let own: Vec<usize> = ts.iter().copied().step_by(stride).collect();
                let answer = |_: &Array2<f32>, _: usize| row(&target, i);
                let answer = Prediction::X0.of(&answer);
                let one = walked(schedule, Method::DDIM, &own, 1, &answer, &row(&batch.0, i));
                let gap = gap(&one, &two);
                assert!(gap < ROUNDING, "{method:?} from {t}: {one} {two}");
            }
        }
    }
}

/// A student whose x̂0 tells what it was asked: 10 x_t + t.
struct Telling;

impl Denoiser for Telling {
    fn prediction(&self) -> Prediction {
        Prediction::X0
    }
    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>> {
        Ok(x_t * 10.0 + t as f32)
    }
}

/// The student is asked one stride further on; where that is clean data, the target is the teacher's own end there.
#[test]
fn consistency_asks_the_student_further_on() {
    for (schedule, stride) in schedules().iter().zip([1, 4]) {
        let exact = law().denoiser(schedule, Prediction::X0);
        let many = many(schedule, Method::DDIM);
        let teacher = Consistency(ladder(Model::Denoiser(&exact), &many, stride));
        let batch = rows(teacher.timesteps());
        let question = asked(schedule, Model::Denoiser(&Telling), &batch);
        let target = teacher.x0(&question).unwrap();
        for (i, t) in batch.1.iter().enumerate() {
            let ts = from(&many, *t);
            let x_s = walked(
                schedule,
                Method::DDIM,
                ts,
                stride,
                &exact,
                &row(&batch.0, i),
            );
            let expected = match ts.get(stride) {
                Some(s) => x_s * 10.0 + *s as f32,
                None => x_s,
            };
            let gap = gap(&row(&target, i), &expected);
            // Ten times the rounding of x_s, and that of the sum, below 128.
            assert!(gap < 10.0 * ROUNDING + 1e-5, "from {t}: {gap}");
        }
        // Of one step to clean data, the end is x̂0.
        let last = many.timesteps()[15];
        let x0 = exact.denoise(&batch.0, last).unwrap();
        for (i, t) in batch.1.iter().enumerate() {
            if *t == last {
                assert!(gap(&row(&target, i), &row(&x0, i)) < ROUNDING);
            }
        }
    }
}

#[test]
fn the_direct_target_is_where_a_sampler_ends() {
    for schedule in &schedules() {
        let exact = law().denoiser(schedule, Prediction::V);
        for method in [Method::DDIM, Method::Heun] {
            let many = many(schedule, method);
            let teacher = Direct(ladder(Model::Denoiser(&exact), &many, 4));
            let batch = rows(teacher.timesteps());
            let student = Model::Denoiser(&exact);
            let target = teacher.x0(&asked(schedule, student, &batch)).unwrap();
            for (i, t) in batch.1.iter().enumerate() {
                let ts = from(&many, *t);
                let end = walked(schedule, method, ts, 99, &exact, &row(&batch.0, i));
                let gap = gap(&row(&target, i), &end);
                assert!(gap < ROUNDING, "{method:?} from {t}: {gap}");
            }
        }
    }
}

/// A U-Net whose answer depends on all that it is told: a new one answers 0.
fn pictures() -> UNet {
    let config = UNetConfig {
        height: 2,
        width: 2,
        levels: vec![8],
        classes: 3,
        ..UNetConfig::default()
    };
    let mut network = UNet::new(&config, &mut Rng::new(0)).unwrap();
    let parameters = network.parameters_mut();
    let moves = Rng::new(2).standard_normal(1, parameters.count()).unwrap();
    let moved = parameters.values_mut().iter_mut().zip(&moves);
    moved.for_each(|(value, z)| *value += 0.1 * z);
    network
}

/// On the whole way down, rows of several lengths, each with its own label.
#[test]
fn a_walking_network_is_told_the_label_of_each_row() {
    let (schedule, network) = (Schedule::cosine(64).unwrap(), pictures());
    let (ts, labels) = (vec![15, 63, 31, 63], [Some(2), None, Some(0), Some(1)]);
    let x_t = Rng::new(1).standard_normal(4, 4).unwrap();
    let model = Model::Network(&network, Prediction::V);
    for method in [Method::DDIM, Method::Heun] {
        let many = Sampler::new(&schedule, method, 4).unwrap();
        let teacher = Direct(ladder(model, &many, 1));
        let batch = (x_t.clone(), ts.clone());
        let question = Question {
            labels: &labels,
            ..asked(&schedule, model, &batch)
        };
        let target = teacher.x0(&question).unwrap();
        for (i, t) in ts.iter().enumerate() {
            let ts = from(&many, *t);
            let given = network.given(labels[i]);
            let end = walked(
                &schedule,
                method,
                ts,
                99,
                &Prediction::V.of(&given),
                &row(&x_t, i),
            );
            let gap = gap(&row(&target, i), &end);
            assert!(gap < ROUNDING, "{method:?} from {t}: {gap}");
        }
    }
}

/// A model is asked for each row at its own timestep, with its label, and understood as what it predicts.
#[test]
fn a_model_answers_row_by_row() {
    let (schedule, network) = (Schedule::cosine(64).unwrap(), pictures());
    let (ts, labels) = ([3, 60, 3, 20], [Some(2), None, Some(0), Some(1)]);
    let x_t = Rng::new(1).standard_normal(4, 4).unwrap();
    for kind in [Prediction::Eps, Prediction::X0, Prediction::V] {
        let model = Model::Network(&network, kind);
        let all = model.x0(&schedule, &x_t, &ts, &labels).unwrap();
        for (i, t) in ts.into_iter().enumerate() {
            let x = row(&x_t, i);
            let answer = network.given(labels[i]).denoise(&x, t).unwrap();
            let x0 = kind.to_x0(&schedule, &x, &answer, t).unwrap();
            // At t = 60 ε is multiplied by 10: numbers up to 50.
            assert!(gap(&row(&all, i), &x0) < 1e-5, "{kind:?} at {t}");
        }
        let told_nothing = model.x0(&schedule, &x_t, &ts, &[None; 4]).unwrap();
        assert_eq!(model.x0(&schedule, &x_t, &ts, &[]).unwrap(), told_nothing);
        for (i, label) in labels.iter().enumerate() {
            let change = gap(&row(&all, i), &row(&told_nothing, i));
            assert_eq!(
                change > 1e-3,
                label.is_some(),
                "{kind:?}, row {i}: {change}"
            );
        }
    }
}

#[test]
fn ladders_and_questions_that_fit_nothing_are_refused() {
    let schedule = Schedule::cosine(64).unwrap();
    let exact = law().denoiser(&schedule, Prediction::V);
    let model = Model::Denoiser(&exact);
    for (ts, stride) in [
        (&[][..], 1),
        (&[3, 3], 1),
        (&[1, 2], 1),
        (&[2, 1, 0], 2),
        (&[2], 0),
    ] {
        assert!(Ladder::new(model, ts, stride).is_err(), "{ts:?} {stride}");
    }
    let teacher = Direct(Ladder::new(model, &[63, 31], 1).unwrap());
    let x_t = Array2::zeros((2, 2));
    let asked = |ts: &[usize]| teacher.x0(&asked(&schedule, model, &(x_t.clone(), ts.to_vec())));
    assert!(asked(&[63, 31]).is_ok());
    let error = asked(&[63, 30]).unwrap_err().to_string();
    assert!(error.contains("30"), "{error}");
    assert!(matches!(asked(&[63]), Err(Error::Shape { .. })));
    let far = Direct(Ladder::new(model, &[64], 1).unwrap());
    let one = (Array2::zeros((1, 2)), vec![64]);
    let error = far.x0(&self::asked(&schedule, model, &one)).unwrap_err();
    assert!(matches!(error, Error::Timestep { .. }), "{error}");
}
