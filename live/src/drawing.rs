//! Your own data: Draw something, train a network on it, here, and watch noise become your drawing: the same six hundred
//! starts are walked home with what the network knows so far.

use diffusion_intuition::prelude::*;

use crate::network::{Taught, taught};
use crate::{Answer, Asked, Desk, Reply};

/// A network that learns a drawing.
pub struct Painter {
    schedule: Schedule,
    drawing: Mixture,
    scale: data::Standardizer,
    network: Taught,
    trainer: Trainer,
}

/// Points of data sets to start from, two numbers each.
pub fn paper(asked: &Asked) -> Reply<Answer> {
    let (n, mut rng) = (asked.number("points")?, Rng::new(asked.number("seed")?));
    let points = match asked.word("data")? {
        "moons" => data::moons(n, &mut rng)?,
        "ring" => data::ring(n, &mut rng)?,
        "spiral" => data::spiral(n, &mut rng)?,
        "checkerboard" => data::checkerboard(n, &mut rng)?,
        "crab" => data::ferris(n, &mut rng)?,
        other => return Err(format!("no data has the name \"{other}\"").into()),
    };
    let mut answer = Answer::default();
    answer.put("points", points);
    Ok(answer)
}

/// A new network for a drawing: points, each spread as a brush is wide, brought to mean 0 and variance 1.
pub fn draw(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let points = Array2::from_shape_vec((asked.numbers().len() / 2, 2), asked.numbers().to_vec())?;
    let brush = asked.number("brush")?;
    let rows = Mixture::isotropic(&points, brush)?.sample(4000, &mut Rng::new(1))?;
    let scale = data::Standardizer::fit(&rows)?;
    let drawing = Mixture::isotropic(&points, brush)?;
    let schedule = Schedule::linear_rescaled(200)?;
    let network = taught(2, asked)?;
    let (batch, rate, steps) = (
        asked.number("batch")?,
        asked.number("rate")?,
        asked.number("steps")?,
    );
    let config = TrainConfig::cosine(batch, rate, steps);
    let trainer = Trainer::new(&network, scale.transform(&rows)?, &schedule, config)?;
    let mut answer = Answer::default();
    answer.put("parameters", [network.parameters().count() as f64]);
    let floor = metrics::floor(0..5, |rng| drawing.sample(600, rng), distance)?;
    answer.put("floor", [floor.mean]);
    desk.painter = Some(Painter {
        schedule,
        drawing,
        scale,
        network,
        trainer,
    });
    Ok(answer)
}

/// Some steps of training; the loss of each.
pub fn paint(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let painter = desk.painter.as_mut().ok_or("nothing has been drawn")?;
    let before = painter.trainer.losses().len();
    painter
        .trainer
        .run(&mut painter.network, asked.number("steps")?, |_| ())?;
    let mut answer = Answer::default();
    answer.put("losses", painter.trainer.losses()[before..].iter().copied());
    Ok(answer)
}

/// Starts walk to where the network thinks the drawing is; how far from it they end.
pub fn show(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let painter = desk.painter.as_ref().ok_or("nothing has been drawn")?;
    let mut network = painter.network.clone();
    painter.trainer.use_ema(&mut network)?;
    let mut rng = Rng::new(asked.number("seed")?);
    let noise = rng.standard_normal(600, 2)?;
    let sampler = Sampler::spaced(
        &painter.schedule,
        Method::DpmSolver,
        Spacing::Quadratic,
        asked.number("steps")?,
    )?;
    let way = sampler.trajectory(&(&network as &dyn Network), &noise, &mut rng)?;
    let mut answer = Answer::default();
    let mut states = Vec::new();
    for state in way.states() {
        states.extend(painter.scale.inverse(state)?);
    }
    answer.put("states", states);
    answer.put("noise_steps", way.noise_steps());
    let samples = painter.scale.inverse(way.samples())?.mapv(|x| x as f32);
    answer.put(
        "distance",
        [distance(
            &samples,
            &painter.drawing.sample(600, &mut rng)?,
            &mut Rng::new(2),
        )?],
    );
    Ok(answer)
}

fn distance(a: &Array2<f32>, b: &Array2<f32>, rng: &mut Rng) -> Result<f64> {
    metrics::sliced_wasserstein(a, b, 64, rng)
}
