//! The way back, exactly: Touch the plane at a time t and a place x. Where did it come from, what is the best guess, and
//! by which ways may it walk home? No network is needed: for heaps all of it has a formula.

use diffusion_intuition::prelude::*;

use crate::{Answer, Asked, Reply};

/// Random ways home.
const WAYS: usize = 24;

/// Everything that x_t says of where it came from.
pub fn back(asked: &Asked) -> Reply<Answer> {
    let (schedule, data) = (asked.schedule()?, asked.heaps()?);
    let (t, x): (usize, f64) = (asked.number("t")?, asked.number("x")?);
    let (x_t, grid) = (Array1::from_elem(1, x), asked.grid(401)?);
    let mut answer = Answer::default();
    // q(x_0 | x_t) is a step back that takes all the noise at once.
    let at_once = Schedule::from_alpha_bars(vec![schedule.alpha_bar(t)?])?;
    let origin = data.reverse_kernel(&at_once, &x_t, 0)?;
    answer.put("origin", origin.density(&grid)?);
    answer.put("guess", origin.mean());
    answer.put("eps", data.optimal_eps(&schedule, &x_t, t)?);
    // q(x_{t−1} | x_t), and the Gaussian with its mean and variance.
    let step = data.reverse_kernel(&schedule, &x_t, t)?;
    let gaussian = Mixture::normal(step.mean()[0], step.std())?;
    answer.put("middle", step.mean());
    answer.put("width", [step.std()]);
    let near = Array1::linspace(
        step.mean()[0] - 4.0 * step.std(),
        step.mean()[0] + 4.0 * step.std(),
        201,
    );
    answer.put("step", step.density(&near)?);
    answer.put("gaussian", gaussian.density(&near)?);
    // Ways home: drawn step by step from those densities, and the one way without any noise.
    let mut rng = Rng::new(asked.number("seed")?);
    let mut batch = Array2::from_elem((WAYS, 1), x as f32);
    let mut ways = batch.clone().into_raw_vec_and_offset().0;
    for s in (0..=t).rev() {
        batch = data.reverse_step(&schedule, &batch, s, &mut rng)?;
        ways.extend(&batch);
    }
    answer.put("ways", ways);
    let sampler = Sampler::with_timesteps(&schedule, Method::DDIM, (0..=t).rev().collect())?;
    let exact = data.denoiser(&schedule, Prediction::X0);
    let flow = sampler.trajectory(&exact, &Array2::from_elem((1, 1), x as f32), &mut rng)?;
    answer.put("flow", flow.path(0, 0)?);
    Ok(answer)
}
