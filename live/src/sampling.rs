//! From noise to data, two ways: The same starts walk home under two samplers, with the exact denoiser, so that
//! all that is wrong is the sampler's own. The lines are heights of the density to be met, exact at every moment. Click
//! a point to follow its way.

use diffusion_intuition::prelude::*;

use crate::{Answer, Asked, Reply};

/// A thousand starts walk to the data; how far from it they end, and how many evaluations that took.
pub fn walk(asked: &Asked) -> Reply<Answer> {
    let (schedule, data) = (asked.schedule()?, asked.plane()?);
    let (steps, points): (usize, usize) = (asked.number("steps")?, asked.number("points")?);
    let sampler = Sampler::spaced(&schedule, asked.method()?, asked.spacing()?, steps)?;
    let mut rng = Rng::new(asked.number("seed")?);
    let noise = rng.standard_normal(points, 2)?;
    let goal = goal_of(asked, &data)?;
    let (one, all) = (exact(&goal, &schedule), exact(&data, &schedule));
    let way = match asked.number::<usize>("towards")? {
        0 => sampler.trajectory(&all, &noise, &mut rng)?,
        _ => {
            let guided = Guidance::new(&one, &all, asked.number("scale")?)?;
            sampler.trajectory(&guided, &noise, &mut rng)?
        }
    };
    let mut x0 = way.samples().clone();
    if asked.word("last")? == "noisy" {
        // The bug: noise once more, of the level of the last timestep.
        let t = sampler.timesteps()[steps - 1];
        x0 = x0 + rng.standard_normal(points, 2)? * schedule.noise_level(t)? as f32;
    }
    let near = metrics::mode_coverage(&x0, &goal)?;
    let mut answer = Answer::default();
    put_moments(&mut answer, &way, &x0);
    answer.put(
        "distance",
        [distance(
            &x0,
            &goal.sample(points, &mut Rng::new(1))?,
            &mut Rng::new(2),
        )?],
    );
    answer.put("evaluations", [sampler.nfe() as f64]);
    answer.put("near", [near.high_quality]);
    Ok(answer)
}

/// Places along a side at which the density is told.
const SIDE: usize = 81;

/// ln of the density of x_t as a share of its highest here, at t = uT − 1: also between timesteps. 81² numbers, columns
/// first: place (x_i, y_j) is number 81 i + j.
pub fn terrain(asked: &Asked) -> Reply<Answer> {
    let (goal, path) = (
        goal_of(asked, &asked.plane()?)?,
        Path::of(&asked.schedule()?),
    );
    let along = asked.grid(SIDE)?;
    let places = Array2::from_shape_fn((SIDE * SIDE, 2), |(i, j)| along[[i / SIDE, i % SIDE][j]]);
    let heights = goal
        .marginal_on(&path, asked.number("u")?)?
        .log_density(&places)?;
    let highest = heights.fold(f64::NEG_INFINITY, |a, b| a.max(*b));
    let mut answer = Answer::default();
    answer.put("heights", heights.mapv(|height| height - highest));
    Ok(answer)
}

/// Some of the data, and how far two draws of it are from each other: no sampler can be nearer, but for luck.
pub fn goal(asked: &Asked) -> Reply<Answer> {
    let (data, points) = (asked.plane()?, asked.number("points")?);
    let goal = goal_of(asked, &data)?;
    let floor = metrics::floor(0..5, |rng| goal.sample(points, rng), distance)?;
    let mut answer = Answer::default();
    answer.put("data", data.sample(points, &mut Rng::new(0))?);
    answer.put("floor", [floor.mean]);
    Ok(answer)
}

/// The data, or the one heap of it that is wished for.
fn goal_of(asked: &Asked, data: &Mixture) -> Reply<Mixture> {
    let heap = match asked.number::<usize>("towards")? {
        0 => return Ok(data.clone()),
        heap => data.components().get(heap - 1),
    };
    let heap = heap.ok_or("there is no such heap")?;
    Ok(Mixture::new(&[1.0], vec![heap.clone()])?)
}

/// E[x_0 | x_t] of this data.
fn exact(data: &Mixture, schedule: &Schedule) -> ExactDenoiser {
    data.denoiser(schedule, Prediction::X0)
}

fn distance(a: &Array2<f32>, b: &Array2<f32>, rng: &mut Rng) -> diffusion_intuition::Result<f64> {
    metrics::sliced_wasserstein(a, b, 64, rng)
}

/// At most 61 of the states, the last with the samples as they are in the end.
fn put_moments(answer: &mut Answer, way: &Trajectory, x0: &Array2<f32>) {
    let (last, levels) = (way.states().len() - 1, way.noise_steps());
    let seen = last.min(60);
    let moments: Vec<usize> = (0..=seen).map(|i| i * last / seen).collect();
    answer.put("noise_steps", moments.iter().map(|i| levels[*i]));
    let before = moments[..seen].iter().flat_map(|i| way.states()[*i].iter());
    answer.put("states", before.chain(x0).copied());
}
