//! The Swiss roll of Sohl-Dickstein et al. 2015: how many bits of it does a diffusion of 40 steps know?
//!
//! ```text
//! cargo run --release --example swiss_roll [noise] [training steps] [first noise level]
//! ```
//!
//! What the paper states: two dimensions, scaled to unit variance; 40 steps of Gaussian diffusion to a Gaussian with
//! identity covariance; mean and diagonal covariance of every step back learned (normalised radial basis functions,
//! one hidden layer of 16); lower bound on the log-likelihood of held-out data K = 2.35 bits a sample (both dimensions),
//! 6.45 bits above a Gaussian (table 1, appendix D.1.1). What it does not: the noise on the curve, and the
//! schedule, which was learned. Both decide the figure: a curve without noise has no density, so that a bound on it
//! grows with every halving of the first step's noise. So this prints the truth too, where there is one.
//!
//! `noise` is in the roll's own units, in which its turns are 2π apart; 0 (the default) is none. The schedule is evenly
//! spaced in ln σ, σ = √((1−ᾱ)/ᾱ), from the first noise level (default 0.005) to 60. Seeds are fixed.
//!
//! Measured with 8000 steps, in bits a sample: without noise 2.48 ± 0.05 from 0.005 on, and 1.30 ± 0.05 from 0.02 on; with
//! noise 0.3 and from 0.02 on −1.47 ± 0.04, where the truth is −1.21. Fixed variances lose 0.3 to 2.6 bits.

use std::f64::consts::{E, LN_2, PI, TAU};
use std::time::Instant;

use diffusion_intuition::prelude::*;
use rand::RngExt;

mod learned;

use learned::Hybrid;

/// Points on the curve that stand for all of it where its density is computed.
const NODES: usize = 6000;

fn main() -> Result<()> {
    let argument = |i: usize, default: f64| {
        let given = std::env::args().nth(i);
        given.and_then(|a| a.parse().ok()).unwrap_or(default)
    };
    let (noise, steps) = (argument(1, 0.0), argument(2, 8000.0) as u64);
    let schedule = evenly_in_log_sigma(40, argument(3, 0.005), 60.0)?;
    let mut rng = Rng::new(0);
    let (train, held_out) = (roll(50_000, noise, &mut rng)?, roll(4000, noise, &mut rng)?);

    let mut network = FilmMlp::with_outputs(2, 4, &FilmMlpConfig::default(), &mut rng)?;
    let start = Instant::now();
    let mut draw = |rng: &mut Rng| {
        let rows: Vec<usize> = (0..512)
            .map(|_| rng.random_range(0..train.nrows()))
            .collect();
        Ok(train.select(Axis(0), &rows))
    };
    let loss = Hybrid::new(&schedule, Prediction::Eps, 1e-2)?;
    let rate = LearningRate::cosine(2e-3, steps).warm_up(100);
    let losses = learned::train(&mut network, &loss, &schedule, rate, steps, &mut draw)?;
    for (i, losses) in losses.chunks((steps as usize / 5).max(1)).enumerate() {
        let mean = losses.iter().sum::<f32>() / losses.len() as f32;
        println!("fifth {i} of the steps: loss {mean:.4}");
    }
    println!("trained in {:.0} s\n", start.elapsed().as_secs_f64());

    // All in bits a sample, of log-likelihood: more is better.
    let bits = |nats: f64| -nats / LN_2;
    let gaussian = bits((TAU * E).ln());
    println!("log-likelihood of held-out samples, bits a sample, both dimensions together:");
    println!("  a Gaussian                            {gaussian:8.3}");
    let bound = learned::bound(&network, &schedule, &held_out, &mut Rng::new(1))?;
    let bound = metrics::Estimate::of(&bound.mapv(bits).to_vec())?;
    let (found, error) = (bound.mean, bound.standard_error);
    println!("  bound, learned variance               {found:8.3} ± {error:.3}");
    let network = |x_t: &Array2<f32>, t: usize| {
        let (eps, _variances) = learned::predict(&network, &schedule, x_t, t)?;
        Ok(eps)
    };
    let sizes = [
        ("small", Variance::FixedSmall),
        ("large", Variance::FixedLarge),
    ];
    for (name, variance) in sizes {
        let elbo = Elbo::new(&schedule, variance)?;
        let bound = elbo.estimate(&network, &held_out, &mut Rng::new(1))?;
        let (found, error) = (bits(bound.nats()), bound.nats_error() / LN_2);
        println!("  bound, same network, fixed-{name}      {found:8.3} ± {error:.3}");
    }
    for steps in [39, 13] {
        let flow = ProbabilityFlow::new(&schedule, steps)?;
        let mean = flow
            .log_density(&network, &held_out)?
            .mean()
            .unwrap_or(f64::NAN);
        println!(
            "  probability flow, {steps} steps            {:8.3}",
            mean / LN_2
        );
    }
    if noise > 0.0 {
        let truth = density(noise)?.log_density(&held_out.mapv(f64::from))?;
        println!(
            "  truth                                 {:8.3}",
            truth.mean().unwrap_or(f64::NAN) / LN_2
        );
    }
    println!("  published bound (Sohl-Dickstein 2015)    2.350\n");
    println!(
        "above the Gaussian: {:.3} bits, published 6.45",
        bound.mean - gaussian
    );
    let per_dimension = -0.5 * bound.mean;
    println!("per dimension, negative: {per_dimension:.4} (published -1.175)");
    Ok(())
}

/// σ_t geometric from `first` to `last`.
fn evenly_in_log_sigma(timesteps: usize, first: f64, last: f64) -> Result<Schedule> {
    let ln_sigma = Array1::linspace(first.ln(), last.ln(), timesteps);
    Schedule::from_alpha_bars(ln_sigma.mapv(|l| 1.0 / (1.0 + (2.0 * l).exp())))
}

/// Mean and standard deviation of each coordinate of the roll with `noise` on it.
fn moments(noise: f64) -> [(f64, f64); 2] {
    // E θ² = 39π²/4, and half of it in each coordinate up to what the last half turn adds.
    let common = 39.0 / 8.0 * PI * PI + noise * noise;
    let mean = [2.0, 2.0 / (3.0 * PI)];
    let variance = [common - 0.25 - 4.0, common + 0.25 - mean[1] * mean[1]];
    [0, 1].map(|i| (mean[i], variance[i].sqrt()))
}

/// The point of the curve at u in [0, 1], one and a half turns, before it is scaled.
fn curve(u: f64) -> [f64; 2] {
    let angle = PI * (1.5 + 3.0 * u);
    [angle * angle.cos(), angle * angle.sin()]
}

/// `n` points with mean 0 and variance 1 in each coordinate; shape (n, 2).
fn roll(n: usize, noise: f64, rng: &mut Rng) -> Result<Array2<f32>> {
    let blur = rng.standard_normal(n, 2)?;
    let mut points = Array2::zeros((n, 2));
    for (mut point, blur) in points.rows_mut().into_iter().zip(blur.rows()) {
        let at = curve(rng.random());
        for (i, (mean, std)) in moments(noise).into_iter().enumerate() {
            point[i] = ((at[i] + noise * f64::from(blur[i]) - mean) / std) as f32;
        }
    }
    Ok(points)
}

/// The law of [`roll`]: a mixture of many Gaussians along the curve, closer to each other than they are wide.
fn density(noise: f64) -> Result<Mixture> {
    let [x, y] = moments(noise);
    let parts = (0..NODES).map(|k| {
        let at = curve((k as f64 + 0.5) / NODES as f64);
        let mean = [(at[0] - x.0) / x.1, (at[1] - y.0) / y.1];
        Gaussian::diagonal(&mean, &[noise / x.1, noise / y.1])
    });
    Mixture::new(&[1.0; NODES], parts.collect::<Result<_>>()?)
}
