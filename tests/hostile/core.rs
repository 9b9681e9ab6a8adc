//! Mixtures, forward process, schedules, random numbers, data sets.

use diffusion_intuition::network::Parameters;
use diffusion_intuition::{Gaussian, Mixture, Prediction, Schedule};
use diffusion_intuition::{autograd::Rows, data};
use ndarray::{Array1, Array2};

use crate::draw::{Draw, no_nan, no_nan_f32};
use crate::harness::{self, Entry};

#[test]
fn hostile_input() {
    harness::run("core::hostile_input", ENTRIES);
}

const ENTRIES: &[Entry] = &[
    ("forward", forward),
    ("forward on batches", forward_batch),
    ("mixtures", mixture),
    ("covariances", covariance),
    ("one dimension", one_dimension),
    ("steps back", reverse),
    ("schedules", schedule),
    ("sizes", sizes),
];

/// A schedule that is valid, of any kind.
pub fn valid_schedule(draw: &Draw) -> Schedule {
    match draw.one(&[0, 1, 2, 3, 4, 5]) {
        0 => Ok(Schedule::default()),
        1 => Schedule::cosine(7),
        2 => Schedule::sigmoid(20),
        3 => Schedule::from_betas(vec![0.5]),
        4 => Schedule::from_betas(vec![1e-15, 1e-15, 1.0 - 1e-15]),
        _ => Schedule::linear(10, 1e-4, 0.5).and_then(|s| s.zero_terminal_snr()),
    }
    .unwrap_or_default()
}

/// A timestep, inside of the schedule twice in three.
pub fn timestep(draw: &Draw, schedule: &Schedule) -> usize {
    match draw.rarely(3) {
        true => draw.size(),
        false => draw.small() % schedule.timesteps(),
    }
}

fn forward(draw: &Draw) -> Result<(), String> {
    let schedule = valid_schedule(draw);
    let (n, d) = (draw.small(), draw.small());
    let (x0, other) = (draw.rows(n, d), draw.rows(n, draw.one(&[d, 2])));
    let t = timestep(draw, &schedule);
    if let Ok((x_t, eps)) = schedule.q_sample(&x0, t, &mut draw.rng()) {
        no_nan_f32("x_t", &x_t)?;
        no_nan_f32("eps", &eps)?;
    }
    if let Ok(x_t) = schedule.q_step(&x0, t, &mut draw.rng()) {
        no_nan_f32("q_step", &x_t)?;
    }
    if let Ok(x_t) = schedule.q_sample_with(&x0, t, &other) {
        no_nan_f32("q_sample_with", &x_t)?;
    }
    let is_finite = x0.iter().chain(&other).all(|x| x.is_finite());
    if let (Ok((mean, variance)), true) = (schedule.q_posterior(&x0, &other, t), is_finite) {
        no_nan_f32("mean of q_posterior", &mean)?;
        no_nan("variance of q_posterior", &[variance])?;
    }
    if let (Ok((mean, _)), true) = (schedule.q_mean_variance(&x0, t), is_finite) {
        no_nan_f32("q_mean_variance", &mean)?;
    }
    Ok(())
}

fn forward_batch(draw: &Draw) -> Result<(), String> {
    let schedule = valid_schedule(draw);
    let (n, d) = (draw.small(), draw.small());
    let x0 = draw.rows(n, d);
    let ts: Vec<usize> = (0..draw.one(&[n, n, 3]))
        .map(|_| timestep(draw, &schedule))
        .collect();
    if let Ok((x_t, _)) = schedule.q_sample_batch(&x0, &ts, &mut draw.rng()) {
        no_nan_f32("x_t", &x_t)?;
    }
    let t = timestep(draw, &schedule);
    // Shapes without a single element, as long as they like.
    let empty = Array2::<f32>::zeros((isize::MAX as usize, 0));
    let _ = schedule.q_sample_batch(&empty, &ts, &mut draw.rng());
    let _ = schedule.q_sample(&empty, t, &mut draw.rng());
    Ok(())
}

/// A mixture of whatever was drawn, if there is one.
pub fn any_mixture(draw: &Draw, d: usize) -> Option<Mixture> {
    let k = draw.small();
    let parts: Vec<Gaussian> = (0..k)
        .filter_map(|_| {
            let mean = draw.list(d);
            let stds: Vec<f64> = draw.list(d).iter().map(|s| s.abs()).collect();
            Gaussian::diagonal(&mean, &stds).ok()
        })
        .collect();
    let weights = draw.list(draw.one(&[parts.len(), parts.len(), k]));
    let weights: Vec<f64> = weights.iter().map(|w| w.abs()).collect();
    Mixture::new(&weights, parts).ok()
}

fn mixture(draw: &Draw) -> Result<(), String> {
    let d = draw.small();
    let Some(law) = any_mixture(draw, d) else {
        return Ok(());
    };
    let schedule = valid_schedule(draw);
    let t = timestep(draw, &schedule);
    let n = draw.small();
    let columns = draw.one(&[d, d, d, 2]);
    let x = Array2::from_shape_vec((n, columns), draw.list(n * columns)).unwrap();
    let answers = [
        ("log_density", law.log_density(&x).map(|y| y.to_vec())),
        ("density", law.density(&x).map(|y| y.to_vec())),
        ("score", law.score(&x).map(|y| y.into_iter().collect())),
    ];
    for (what, answer) in answers {
        no_nan(what, &answer.unwrap_or_default())?;
    }
    let x32 = draw.rows(n, columns);
    let best = [
        ("optimal_eps", law.optimal_eps(&schedule, &x32, t)),
        (
            "optimal_x0",
            law.optimal(Prediction::X0, &schedule, &x32, t),
        ),
        ("optimal_v", law.optimal(Prediction::V, &schedule, &x32, t)),
    ];
    for (what, answer) in best {
        if let Ok(answer) = answer {
            no_nan_f32(what, &answer)?;
        }
    }
    if let Ok(samples) = law.sample(draw.size(), &mut draw.rng()) {
        no_nan_f32("samples", &samples)?;
    }
    no_nan("mean", &law.mean())?;
    no_nan("covariance", &law.covariance())?;
    for kind in [Prediction::Eps, Prediction::X0, Prediction::V] {
        let _ = law.denoiser(&schedule, kind);
    }
    Ok(())
}

fn covariance(draw: &Draw) -> Result<(), String> {
    let d = draw.small().min(5);
    let mut matrix = Array2::from_shape_vec((d, d), draw.list(d * d)).unwrap();
    if !draw.rarely(4) {
        // Symmetric, and often positive definite, in a unit of any size.
        let unit = draw.f64().abs();
        matrix = (&matrix + &matrix.t()) * 0.5;
        matrix = (matrix + Array2::<f64>::eye(d) * (6.0 * d as f64)) * unit;
    }
    let mean = draw.list(draw.one(&[d, d, 2]));
    let Ok(part) = Gaussian::full(&mean, &matrix) else {
        return Ok(());
    };
    let largest = matrix.iter().fold(0.0_f64, |m, c| m.max(c.abs()));
    let back = part.covariance();
    for (found, given) in back.iter().zip(&matrix) {
        let gap = (found - given).abs();
        if gap.is_nan() || gap > 1e-12 * largest {
            return Err(format!("{matrix} came back as {back}"));
        }
    }
    Ok(())
}

fn one_dimension(draw: &Draw) -> Result<(), String> {
    let Some(law) = any_mixture(draw, 1) else {
        return Ok(());
    };
    let schedule = valid_schedule(draw);
    let t = timestep(draw, &schedule);
    if let Ok(mass) = law.expectation(|_| 1.0)
        && !(1.0 - 1e-11..=1.0 + 1e-11).contains(&mass)
    {
        return Err(format!("mass {mass} of {law:?}"));
    }
    let answers = [
        law.entropy(),
        law.kl_from_standard_normal(),
        law.eps_floor(&schedule, t),
        law.expectation(|x| x),
        law.eps_excess(&schedule, t, &|x| Ok(x.clone())),
    ];
    for (i, answer) in answers.into_iter().enumerate() {
        no_nan(
            ["entropy", "KL", "floor", "mean", "excess"][i],
            &answer.ok(),
        )?;
    }
    no_nan("modes", &law.modes().unwrap_or_default())?;
    let x: Array1<f64> = draw.list(5).into_iter().filter(|x| !x.is_nan()).collect();
    no_nan("cdf", &law.cdf(&x).unwrap_or_default())
}

fn reverse(draw: &Draw) -> Result<(), String> {
    let d = draw.small();
    let Some(law) = any_mixture(draw, d) else {
        return Ok(());
    };
    let schedule = valid_schedule(draw);
    let t = timestep(draw, &schedule);
    let n = draw.small();
    let x = draw.rows(n, draw.one(&[d, d, 2]));
    if let Ok(before) = law.reverse_step(&schedule, &x, t, &mut draw.rng()) {
        no_nan_f32("reverse_step", &before)?;
    }
    let point = Array1::from(draw.list(draw.one(&[d, d, 2])));
    if let Ok(kernel) = law.reverse_kernel(&schedule, &point, t) {
        no_nan("weights", kernel.weights())?;
        no_nan("mean", &kernel.mean())?;
        let _ = kernel.sample(3, &mut draw.rng());
    }
    Ok(())
}

fn schedule(draw: &Draw) -> Result<(), String> {
    let n = draw.size();
    let (a, b, c) = (draw.f64(), draw.f64(), draw.f64());
    let length = draw.small();
    let made = match draw.one(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
        0 => Schedule::linear(n, a, b),
        1 => Schedule::linear_rescaled(n),
        2 => Schedule::scaled_linear(n, a, b),
        3 => Schedule::cosine(n),
        4 => Schedule::cosine_with(n, a),
        5 => Schedule::sigmoid(n),
        6 => Schedule::sigmoid_with(n, a, b, c),
        7 => Schedule::from_betas(draw.list(length)),
        8 => Schedule::from_alpha_bars(draw.list(length)),
        9 => Schedule::sqrt(n),
        _ => valid_schedule(draw).uniform_in_lambda(n),
    };
    let Ok(made) = made else {
        return Ok(());
    };
    no_nan("alpha_bars", made.alpha_bars())?;
    no_nan("posterior variances", &made.posterior_variances())?;
    no_nan("log_snr", &made.log_snr())?;
    no_nan("noise levels", &made.noise_levels())?;
    let t = draw.size();
    let _ = (
        made.alpha_bar(t),
        made.noise_level(t),
        made.posterior_variance(t),
    );
    if let Ok(zero) = made.zero_terminal_snr() {
        no_nan("zero_terminal_snr", zero.alpha_bars())?;
    }
    Ok(())
}

fn sizes(draw: &Draw) -> Result<(), String> {
    let n = draw.size();
    let sets = [
        data::moons,
        data::swiss_roll,
        data::spiral,
        data::ring,
        data::grid,
        data::checkerboard,
        data::ferris,
    ];
    if let Ok(points) = draw.one(&sets)(n, &mut draw.rng()) {
        no_nan_f32("points", &points)?;
    }
    let _ = draw.rng().standard_normal(n, draw.size());
    let (a, b) = (draw.f64(), draw.f64());
    let _ = (data::ring_mixture_with(a, b), data::grid_mixture_with(a, b));
    let mut parameters = Parameters::new();
    let _ = parameters.zeros("a", [draw.size(), draw.size()]);
    let _ = parameters.linear("b", draw.size(), draw.size(), &mut draw.rng());
    let index: Vec<usize> = (0..draw.small()).map(|_| draw.size()).collect();
    let _ = Rows::new(&index, draw.size());
    let _ = Rows::distinct(&index);
    Ok(())
}
