//! What noise does to data: Drag the heaps of the data, choose a schedule, move through time. The
//! density over the samples is exact at every setting, and nats say how far from noise the end is.

use diffusion_intuition::{Mixture, Rng, Schedule};

use crate::{Answer, Asked, Reply};

/// Columns and rows of the picture of all densities.
const COLUMNS: usize = 120;
const ROWS: usize = 121;

/// The whole road: the schedule, the density of x_t all along it, and how far its end is from noise.
pub fn road(asked: &Asked) -> Reply<Answer> {
    let (schedule, data) = (asked.schedule()?, asked.heaps()?);
    let (grid, mut heat) = (asked.grid(ROWS)?, Vec::new());
    let last = schedule.timesteps() - 1;
    for column in 0..COLUMNS {
        let t = column * last / (COLUMNS - 1);
        heat.extend(data.marginal(&schedule, t)?.density(&grid)?);
    }
    let end = data.marginal(&schedule, last)?;
    let mut answer = Answer::default();
    answer.put("betas", schedule.betas().to_vec());
    answer.put("signal", schedule.alpha_bars().mapv(f64::sqrt));
    answer.put("noise", schedule.noise_levels());
    answer.put("alpha_bar", [schedule.alpha_bars()[last]]);
    answer.put("nats", [end.kl_from_standard_normal()?]);
    answer.put("end", end.density(&asked.grid(401)?)?);
    answer.put("heat", heat);
    Ok(answer)
}

/// One moment of it: the density of x_t, 400 samples of it, and the least loss that a prediction of ε can have there.
pub fn moment(asked: &Asked) -> Reply<Answer> {
    let (schedule, data) = (asked.schedule()?, asked.heaps()?);
    let (t, grid) = (asked.number("t")?, asked.grid(401)?);
    let mut rng = Rng::new(asked.number("seed")?);
    let x0 = data.sample_1d(400, &mut rng)?;
    let (x_t, _) = schedule.q_sample(&x0, t, &mut rng)?;
    let normal = Mixture::normal(0.0, 1.0)?;
    let mut answer = Answer::default();
    answer.put("x0", x0);
    answer.put("x_t", x_t);
    answer.put("q0", data.density(&grid)?);
    answer.put("q_t", data.marginal(&schedule, t)?.density(&grid)?);
    answer.put("normal", normal.density(&grid)?);
    answer.put("floor", [data.eps_floor(&schedule, t)?]);
    answer.put("level", [schedule.noise_level(t)?]);
    answer.put("left", [signal(&schedule, t)?]);
    Ok(answer)
}

/// √ᾱ_t.
fn signal(schedule: &Schedule, t: usize) -> Reply<f64> {
    Ok(schedule.alpha_bar(t)?.sqrt())
}
