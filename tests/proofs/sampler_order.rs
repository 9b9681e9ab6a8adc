//! How fast each solver's error falls with the number of steps: exact denoiser, equal steps in λ.

use diffusion_intuition::sampler::{Method, Sampler, Solver};
use diffusion_intuition::{Mixture, Prediction, Rng, Schedule};
use ndarray::Array2;

use crate::support::{assert_close, lopsided, plane};

const STEPS: [usize; 4] = [64, 128, 256, 512];

/// How far a fitted order may be from the theoretical one, which holds for steps → 0 only.
const SLACK: f64 = 0.2;

/// The range of λ of Ho et al. 2020's schedule, in `steps` equal steps.
fn continuous(steps: usize) -> Schedule {
    let ddpm = Schedule::linear(1000, 1e-4, 0.02).unwrap();
    ddpm.uniform_in_lambda(steps + 1).unwrap()
}

/// Where the ODE leads from `start` at the last λ to the first λ; without the jump to clean data after it.
fn solve(
    data: &Mixture,
    method: impl Solver + 'static,
    steps: usize,
    start: &Array2<f32>,
) -> Array2<f32> {
    let schedule = continuous(steps);
    let denoiser = data.denoiser(&schedule, Prediction::X0);
    let sampler = Sampler::new(&schedule, method, steps + 1).unwrap();
    let mut end = None;
    sampler
        .sample_with(&denoiser, start, &mut Rng::new(0), |step| {
            if step.t == 0 {
                assert_eq!(step.step, steps);
                end = Some(step.x.clone());
            }
        })
        .unwrap();
    end.unwrap()
}

fn rms(a: &Array2<f32>, b: &Array2<f32>) -> f64 {
    let squares = (a - b).mapv(|e| f64::from(e).powi(2));
    squares.mean().unwrap().sqrt()
}

/// Minus the slope of ln error over ln steps, by least squares.
fn order(errors: &[f64]) -> f64 {
    let points = STEPS.iter().zip(errors);
    let points: Vec<(f64, f64)> = points.map(|(n, e)| ((*n as f64).ln(), e.ln())).collect();
    let n = points.len() as f64;
    let (x, y) = points
        .iter()
        .fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let covariance: f64 = points.iter().map(|(px, py)| (px - x) * (py - y)).sum();
    let variance: f64 = points.iter().map(|(px, _)| (px - x).powi(2)).sum();
    -covariance / variance
}

/// A method's errors at [`STEPS`] steps against Heun's at many more, and their order.
pub fn errors_and_order<S: Solver + 'static>(
    data: &Mixture,
    method: impl Fn() -> S,
) -> (Vec<f64>, f64) {
    let law = data.marginal(&continuous(64), 64).unwrap();
    let start = law.sample(256, &mut Rng::new(1)).unwrap();
    // Its own error is (4096/512)² = 64 times below that of Heun's at 512 steps, and rounding about 1e-6.
    let reference = solve(data, Method::Heun, 4096, &start);
    let error = |n: &usize| rms(&solve(data, method(), *n, &start), &reference);
    let errors: Vec<f64> = STEPS.iter().map(error).collect();
    let order = order(&errors);
    (errors, order)
}

#[test]
fn errors_fall_at_the_theoretical_order() {
    for data in [lopsided(), plane()] {
        for (method, expected) in [
            (Method::Euler, 1.0),
            (Method::DDIM, 1.0),
            (Method::Heun, 2.0),
            (Method::DpmSolver, 2.0),
        ] {
            let (errors, order) = errors_and_order(&data, || method);
            let what = format!("{}, d = {}, errors {errors:?}", method.name(), data.dim());
            println!("order {order:.3}: {what}");
            assert_close(what, order, expected, SLACK);
        }
    }
}

#[test]
fn encoding_and_decoding_return_at_order_one() {
    for data in [lopsided(), plane()] {
        let x0 = data.sample(256, &mut Rng::new(2)).unwrap();
        let round_trip = |n: &usize| {
            let schedule = continuous(*n);
            let denoiser = data.denoiser(&schedule, Prediction::Eps);
            let sampler = Sampler::new(&schedule, Method::DDIM, n + 1).unwrap();
            let code = sampler.encode(&denoiser, &x0).unwrap();
            let again = sampler.sample(&denoiser, &code, &mut Rng::new(0)).unwrap();
            rms(&again, &x0)
        };
        let errors: Vec<f64> = STEPS.iter().map(round_trip).collect();
        let what = format!("round trip, d = {}, errors {errors:?}", data.dim());
        println!("order {:.3}: {what}", order(&errors));
        assert_close(what, order(&errors), 1.0, SLACK);
    }
}

/// The code of data is the noise that belongs to it: distributed as q(x_{T−1}).
#[test]
fn codes_follow_the_law_of_the_last_timestep() {
    let data = lopsided();
    let schedule = continuous(512);
    let denoiser = data.denoiser(&schedule, Prediction::Eps);
    let sampler = Sampler::new(&schedule, Method::Euler, 513).unwrap();
    let code = sampler
        .encode(&denoiser, &data.sample(20_000, &mut Rng::new(3)).unwrap())
        .unwrap();
    let law = data.marginal(&schedule, 512).unwrap();
    crate::sampler_exact::assert_follows("codes", &code, &law);
}
