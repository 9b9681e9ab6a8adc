//! Ferris under your finger: Touch the picture to put a point there. What then glows is where it may have come from,
//! the ring is the mean of that, the best guess, and the line is its way home. Let go, and it walks.

use diffusion_intuition::prelude::*;

use crate::{Answer, Asked, Desk, Reply};

/// Pixels of the drawing along a side, and places at which its density is told.
const SIDE: usize = 60;
const FINE: usize = 120;
/// Half of what is seen, and the standard deviation of a pixel's heap.
const REACH: f64 = 2.4;
const WIDTH: f64 = 0.04;

/// The crab of section 1's film, as data of which everything is known: a narrow heap on every pixel.
pub struct Crab {
    schedule: Schedule,
    path: Path,
    drawn: Array2<f64>,
    pixels: Vec<usize>,
    data: Mixture,
}

impl Crab {
    fn new() -> Reply<Self> {
        let points = data::ferris(200_000, &mut Rng::new(1))?;
        let mut drawn = Array2::<f64>::zeros((SIDE, SIDE));
        let pixel = |x: f32| ((f64::from(x) + REACH) * SIDE as f64 / (2.0 * REACH)) as usize;
        for point in points.rows() {
            let (x, y) = (pixel(point[0]), pixel(point[1]));
            drawn[[y, x]] += 1.0;
            drawn[[y, SIDE - 1 - x]] += 1.0; // it is symmetric
        }
        let drawn = drawn.mapv(|n| f64::from(n > 120.0));
        let middles = middles(SIDE);
        let inked = drawn.iter().enumerate().filter(|(_, ink)| **ink > 0.0);
        let pixels: Vec<usize> = inked.map(|(pixel, _)| pixel).collect();
        let means = Array2::from_shape_fn((pixels.len(), 2), |(i, j)| {
            middles[[pixels[i] % SIDE, pixels[i] / SIDE][j]]
        });
        let schedule = Schedule::linear_rescaled(200)?;
        Ok(Self {
            path: Path::of(&schedule),
            data: Mixture::isotropic(&means, WIDTH)?,
            schedule,
            drawn,
            pixels,
        })
    }

    /// The ways of points from the timestep `t` to the crab.
    fn ways(&self, x_t: &Array2<f32>, t: usize) -> Reply<Trajectory> {
        let exact = self.data.denoiser(&self.schedule, Prediction::X0);
        let sampler = Sampler::spaced(&self.schedule, Method::DDIM, Spacing::Quadratic, 36)?;
        Ok(sampler
            .starting_at(t)?
            .trajectory(&exact, x_t, &mut Rng::new(0))?)
    }
}

/// Points out of pure noise, and their ways.
pub fn ferris(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let noise = Rng::new(asked.number("seed")?).standard_normal(asked.number("points")?, 2)?;
    let ways = crab(desk)?.ways(&noise, 199)?;
    let mut answer = Answer::default();
    answer.put("noise_steps", ways.noise_steps());
    answer.put("states", ways.states().iter().flatten().copied());
    Ok(answer)
}

/// The density of x_t, as a share of its highest, at t = 200u − 1: also between timesteps.
pub fn blurred(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let (crab, u) = (crab(desk)?, asked.number::<f64>("u")?);
    if !(0.0..=1.0).contains(&u) {
        return Err(format!("u = {u} is not from 0 to 1").into());
    }
    let (signal, noise) = (crab.path.signal(u), crab.path.noise(u));
    let variance = (signal * WIDTH).powi(2) + noise * noise;
    let (to, from) = (middles(FINE), middles(SIDE));
    let blur = Array2::from_shape_fn((FINE, SIDE), |(i, j)| {
        (-(to[i] - signal * from[j]).powi(2) / (2.0 * variance)).exp()
    });
    let density = blur.dot(&crab.drawn).dot(&blur.t());
    let most = density.fold(0.0, |a: f64, b| a.max(*b));
    let mut answer = Answer::default();
    answer.put("u", [u]);
    answer.put("heat", density.t().iter().map(|density| density / most));
    Ok(answer)
}

/// Where a point may have come from: the probability of every pixel, their mean, and its way without noise.
pub fn touched(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let (crab, t) = (crab(desk)?, asked.number::<usize>("t")?);
    let x_t = Array1::from_vec(vec![asked.number::<f64>("x")?, asked.number("y")?]);
    // q(x_0 | x_t) is a step back that takes all the noise at once.
    let at_once = Schedule::from_alpha_bars(vec![crab.schedule.alpha_bar(t)?])?;
    let origin = crab.data.reverse_kernel(&at_once, &x_t, 0)?;
    let mut origins = vec![0.0; SIDE * SIDE];
    for (pixel, weight) in crab.pixels.iter().zip(origin.weights()) {
        origins[*pixel] = *weight;
    }
    let way = crab.ways(&x_t.mapv(|x| x as f32).insert_axis(Axis(0)), t)?;
    let mut answer = Answer::default();
    answer.put("origins", origins);
    answer.put("guess", origin.mean());
    answer.put("noise_steps", way.noise_steps());
    answer.put("states", way.states().iter().flatten().copied());
    Ok(answer)
}

/// The crab, which is drawn once.
fn crab(desk: &mut Desk) -> Reply<&Crab> {
    if desk.crab.is_none() {
        desk.crab = Some(Crab::new()?);
    }
    Ok(desk.crab.as_ref().ok_or("there is no crab")?)
}

/// The middles of so many pixels.
fn middles(count: usize) -> Array1<f64> {
    let edge = REACH - REACH / count as f64;
    Array1::linspace(-edge, edge, count)
}
