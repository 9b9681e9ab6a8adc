//! A network learns the noise: Train it on the chapter's two heaps, pause, look. The best possible prediction is known
//! here, so what counts is the excess, how much more than it the network loses.

use diffusion_intuition::prelude::*;
use ndarray::Axis;

use crate::network::{Taught, taught};
use crate::{Answer, Asked, Desk, Reply};

/// Timesteps at which the excess is measured.
const MEASURED: usize = 12;

/// A network in training.
pub struct Lesson {
    schedule: Schedule,
    world: Mixture,
    network: Taught,
    trainer: Trainer,
}

/// A new network; how much it can learn, and the floor of its loss.
pub fn begin(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let (schedule, world) = (asked.schedule()?, Mixture::bimodal());
    let network = taught(1, asked)?;
    let (batch, rate, steps) = (
        asked.number("batch")?,
        asked.number("rate")?,
        asked.number("steps")?,
    );
    let config = TrainConfig::cosine(batch, rate, steps);
    let trainer = Trainer::new(&network, world.clone(), &schedule, config)?;
    let mut answer = Answer::default();
    answer.put("parameters", [network.parameters().count() as f64]);
    answer.put(
        "floor",
        [world.eps_floors(&schedule)?.mean().ok_or("no timesteps")?],
    );
    desk.lesson = Some(Lesson {
        schedule,
        world,
        network,
        trainer,
    });
    Ok(answer)
}

/// Some steps of training; the loss of each.
pub fn train(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let lesson = desk.lesson.as_mut().ok_or("no network has begun")?;
    let before = lesson.trainer.losses().len();
    lesson
        .trainer
        .run(&mut lesson.network, asked.number("steps")?, |_| ())?;
    let mut answer = Answer::default();
    answer.put("losses", lesson.trainer.losses()[before..].iter().copied());
    Ok(answer)
}

/// What the network predicts at a timestep, beside the best that can be predicted.
pub fn look(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let lesson = desk.lesson.as_ref().ok_or("no network has begun")?;
    let (t, grid) = (asked.number("t")?, asked.grid(161)?);
    let x_t = grid.mapv(|x| x as f32).insert_axis(Axis(1));
    let mut answer = Answer::default();
    answer.put("learned", averaged(lesson)?.predict_at(&x_t, t)?);
    answer.put(
        "best",
        lesson.world.optimal_eps(&lesson.schedule, &grid, t)?,
    );
    answer.put(
        "density",
        lesson.world.marginal(&lesson.schedule, t)?.density(&grid)?,
    );
    Ok(answer)
}

/// The excess E[(ε_θ − ε*)²] at some timesteps.
pub fn excess(_: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let lesson = desk.lesson.as_ref().ok_or("no network has begun")?;
    let network = averaged(lesson)?;
    let last = lesson.schedule.timesteps() - 1;
    let ts: Vec<usize> = (0..MEASURED).map(|i| i * last / (MEASURED - 1)).collect();
    let at = |t: &usize| {
        let predict = |x: &Array2<f32>| network.predict_at(x, *t);
        lesson.world.eps_excess(&lesson.schedule, *t, &predict)
    };
    let mut answer = Answer::default();
    answer.put("excess", ts.iter().map(at).collect::<Result<Vec<_>>>()?);
    answer.put("ts", ts.iter().map(|t| *t as f64));
    Ok(answer)
}

/// The network with the moving average of its parameters.
fn averaged(lesson: &Lesson) -> Result<Taught> {
    let mut network = lesson.network.clone();
    lesson.trainer.use_ema(&mut network)?;
    Ok(network)
}
