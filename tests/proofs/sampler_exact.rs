//! Samplers with the exact denoiser, against the laws that they should then give.
//!
//! Two kinds of truth. The data's own law, which every method reaches as steps get small. And, for Gaussian
//! data, the law that a method gives at *any* number of steps, which tells β from β̃ and one step from
//! another where the data's law cannot, for there both are right in the limit.

use diffusion_intuition::metrics::{ks_critical, ks_one_sample};
use diffusion_intuition::sampler::{Method, Sampler, Solver, Variance};
use diffusion_intuition::{Gaussian, Mixture, Prediction, Rng, Schedule};
use ndarray::{Array2, Axis};

use crate::support::{KS_ALPHA, assert_moments, plane, to_f64};

const SEEDS: u64 = 20;

/// Standard errors at which a variance is rejected here, low enough to see what should be seen: a right
/// sampler exceeds it for one seed in 1000, and these 20 seeds do not.
const CRITICAL: f64 = 3.3;

/// Draws a seed: a variance that is wrong by 2 % is 0.02·√(n/2) = 5.5 standard errors off, and so rejected
/// in 98 % of seeds.
const N: usize = 150_000;

#[track_caller]
pub fn assert_follows(what: &str, x: &Array2<f32>, law: &Mixture) {
    for (i, column) in x.axis_iter(Axis(1)).enumerate() {
        let (mean, variance) = (law.mean()[i], law.covariance()[[i, i]]);
        let what = format!("{what}, axis {i}");
        assert_moments(&what, &to_f64(column), mean, variance);
    }
    if law.dim() == 1 {
        let distance = ks_one_sample(&x.index_axis(Axis(1), 0).to_owned(), law).unwrap();
        let critical = ks_critical(x.nrows(), usize::MAX, KS_ALPHA).unwrap();
        assert!(distance < critical, "{what}: {distance} against {critical}");
    }
}

/// Standard errors between the variance of `deviations` (normal, mean 0) and `variance`.
fn z_score(deviations: &[f64], variance: f64) -> f64 {
    let n = deviations.len() as f64;
    let found = deviations.iter().map(|d| d * d).sum::<f64>() / n;
    (found / variance - 1.0) / (2.0 / n).sqrt()
}

/// What became of a batch of seeds.
#[derive(Default)]
struct Verdicts {
    honest: u64,
    two_percent: u64,
    sum: f64,
}

impl Verdicts {
    fn add(&mut self, deviations: &[f64], variance: f64) {
        let z = z_score(deviations, variance);
        self.sum += z;
        self.honest += u64::from(z.abs() > CRITICAL);
        for wrong in [0.98, 1.02] {
            let z = z_score(deviations, wrong * variance);
            self.two_percent += u64::from(z.abs() > CRITICAL);
        }
    }

    #[track_caller]
    fn check(&self, what: &str) {
        let (honest, seen) = (self.honest, self.two_percent);
        let mean = self.sum / SEEDS as f64;
        println!(
            "{what}: rejected {honest}, 2 % off: {seen} of {}, mean z {mean:.2}",
            2 * SEEDS
        );
        assert_eq!(honest, 0, "{what}");
        assert!(seen * 100 >= 2 * SEEDS * 95, "{what}: blind, {seen}");
    }
}

/// ½ N(−2, std²) + ½ N(2, std²): E[x_0 | x_t], from the responsibilities' difference tanh(2√ᾱ x/v).
fn two_modes(schedule: &Schedule, std: f64) -> impl Fn(&Array2<f32>, usize) -> Array2<f32> {
    let schedule = schedule.clone();
    move |x, t| {
        let alpha_bar = schedule.alpha_bar(t).unwrap();
        let (signal, noise) = (alpha_bar.sqrt(), 1.0 - alpha_bar);
        let total = alpha_bar * std * std + noise;
        let (slope, height) = (
            (signal * std * std / total) as f32,
            (2.0 * noise / total) as f32,
        );
        let steep = (2.0 * signal / total) as f32;
        x.mapv(|x| slope * x + height * (steep * x).tanh())
    }
}

fn two_modes_law(std: f64) -> Mixture {
    Mixture::isotropic(&ndarray::array![[-2.0], [2.0]], std).unwrap()
}

/// Distance to the nearer of ±`center`: the modes are many standard deviations apart.
fn deviations(x: &Array2<f32>, center: f64) -> Vec<f64> {
    let deviation = |x: &f32| f64::from(x.abs()) - center;
    x.iter().map(deviation).collect()
}

#[test]
fn the_closed_form_is_the_exact_denoiser() {
    let schedule = Schedule::linear_rescaled(100).unwrap();
    let law = two_modes_law(0.3);
    for t in [0, 30, 99] {
        let x = law
            .marginal(&schedule, t)
            .unwrap()
            .sample(100, &mut Rng::new(1))
            .unwrap();
        let exact = law.optimal(Prediction::X0, &schedule, &x, t).unwrap();
        let gap = two_modes(&schedule, 0.3)(&x, t) - exact;
        // A few roundings of numbers up to 3, and of a tanh whose argument goes to 500.
        assert!(gap.iter().all(|e| e.abs() < 3e-5), "{t}");
    }
}

/// Deterministic methods, 100 to 150 equal steps in λ: the width of the modes is right to 2 % and better.
#[test]
fn solvers_of_the_ode_reach_the_data() {
    let ddpm = Schedule::linear(1000, 1e-4, 0.02).unwrap();
    let law = two_modes_law(0.3);
    for (method, steps) in [(Method::DpmSolver, 150), (Method::Heun, 100)] {
        let schedule = ddpm.uniform_in_lambda(steps).unwrap();
        let model = two_modes(&schedule, 0.3);
        let sampler = Sampler::new(&schedule, method, steps).unwrap();
        let end = law.marginal(&schedule, steps - 1).unwrap();
        let mut verdicts = Verdicts::default();
        for seed in 0..SEEDS {
            let rng = &mut Rng::new(seed);
            let start = end.sample(N, rng).unwrap();
            let x0 = sampler
                .sample(&Prediction::X0.of(&model), &start, rng)
                .unwrap();
            verdicts.add(&deviations(&x0, 2.0), 0.09);
            if seed == 0 {
                assert_follows(method.name(), &x0, &law);
            }
        }
        verdicts.check(method.name());
    }
}

/// 4000 steps of DDPM: the bias of β̃ for modes of width 0.3 is then 0.7 % of their variance.
#[test]
fn ddpm_reaches_the_data_with_either_variance() {
    let schedule = Schedule::linear_rescaled(4000).unwrap();
    let law = two_modes_law(0.3);
    let model = two_modes(&schedule, 0.3);
    for variance in [Variance::FixedSmall, Variance::FixedLarge] {
        let sampler = Sampler::new(&schedule, Method::Ddpm { variance }, 4000).unwrap();
        let rng = &mut Rng::new(4);
        let start = law
            .marginal(&schedule, 3999)
            .unwrap()
            .sample(20_000, rng)
            .unwrap();
        let x0 = sampler
            .sample(&Prediction::X0.of(&model), &start, rng)
            .unwrap();
        assert_follows(&format!("{variance:?}"), &x0, &law);
        assert_moments("width", &deviations(&x0, 2.0), 0.0, 0.09);
    }
}

/// Two axes, tilted modes, all methods, through the public exact denoiser.
#[test]
fn every_method_gives_the_plane() {
    let schedule = Schedule::linear_rescaled(400).unwrap();
    let data = plane();
    let denoiser = data.denoiser(&schedule, Prediction::V);
    let methods = [
        (Method::DDPM, 400),
        (Method::Ddim { eta: 0.5 }, 200),
        (Method::DDIM, 200),
        (Method::Heun, 50),
        (Method::DpmSolver, 50),
    ];
    for (method, steps) in methods {
        let sampler = Sampler::new(&schedule, method, steps).unwrap();
        let rng = &mut Rng::new(5);
        let x0 = sampler
            .sample(&denoiser, &rng.standard_normal(6000, 2).unwrap(), rng)
            .unwrap();
        assert_follows(method.name(), &x0, &data);
    }
}

/// Where the noise is nine times as wide as the modes (std 0.02 against 0.18), x̂0 is all but certain: then
/// β̃ is the variance of a step back, and β gives x_t 12 % too much.
#[test]
fn beta_is_told_from_the_posterior_variance() {
    const DRAWS: usize = 20_000;
    let schedule = Schedule::linear_rescaled(200).unwrap();
    let law = two_modes_law(0.02);
    let model = two_modes(&schedule, 0.02);
    let stop = 10;
    let alpha_bar = schedule.alpha_bar(stop).unwrap();
    let there = alpha_bar * 0.02 * 0.02 + 1.0 - alpha_bar;
    for (variance, expected) in [(Variance::FixedSmall, 0), (Variance::FixedLarge, SEEDS)] {
        let sampler = Sampler::new(&schedule, Method::Ddpm { variance }, 200).unwrap();
        let mut rejected = 0;
        for seed in 0..SEEDS {
            let rng = &mut Rng::new(seed);
            let start = law
                .marginal(&schedule, 199)
                .unwrap()
                .sample(DRAWS, rng)
                .unwrap();
            let x_t = sampler
                .sample_with(&Prediction::X0.of(&model), &start, rng, |step| {
                    if step.t == stop {
                        std::ops::ControlFlow::Break(())
                    } else {
                        std::ops::ControlFlow::Continue(())
                    }
                })
                .unwrap();
            let z = z_score(&deviations(&x_t, 2.0 * alpha_bar.sqrt()), there);
            rejected += u64::from(z.abs() > CRITICAL);
        }
        println!("{variance:?}: rejected {rejected} of {SEEDS}");
        assert_eq!(rejected, expected, "{variance:?}");
    }
}

/// The variance that a method gives N(0, s²) data, by Gaussian algebra: each step is x_s = a x_t + σ z, for
/// x̂0 = √ᾱ s²/(ᾱ s² + 1 − ᾱ) x_t. Written from q(x_s | x_t, x_0) as the product of two Gaussians.
fn gaussian_variance(schedule: &Schedule, ts: &[usize], s2: f64, method: Method) -> f64 {
    let bars: Vec<f64> = ts.iter().map(|t| schedule.alpha_bars()[*t]).collect();
    let mut total = bars[0] * s2 + 1.0 - bars[0];
    for (i, &now) in bars.iter().enumerate() {
        let next = bars.get(i + 1).copied();
        let guess = now.sqrt() * s2 / (now * s2 + 1.0 - now);
        let Some(next) = next else {
            total *= guess * guess;
            break;
        };
        // The prior N(√ᾱ_s x0, 1−ᾱ_s), seen through x_t = √α x_s + √β z: precisions add.
        let alpha = now / next;
        let beta = 1.0 - alpha;
        let precision = 1.0 / (1.0 - next) + alpha / beta;
        let posterior = 1.0 / precision;
        let (slope, sigma2) = match method {
            Method::Ddpm { variance } => {
                let slope = (next.sqrt() * guess / (1.0 - next) + alpha.sqrt() / beta) / precision;
                let sigma2 = match variance {
                    Variance::FixedSmall => posterior,
                    Variance::FixedLarge => beta,
                    Variance::Interpolated(v) => beta.powf(v) * posterior.powf(1.0 - v),
                };
                (slope, sigma2)
            }
            Method::Ddim { eta } => {
                let sigma2 = eta * eta * posterior;
                let eps = (1.0 - now.sqrt() * guess) / (1.0 - now).sqrt();
                (
                    next.sqrt() * guess + (1.0 - next - sigma2).sqrt() * eps,
                    sigma2,
                )
            }
            _ => unreachable!("stochastic methods only"),
        };
        total = slope * slope * total + sigma2;
    }
    total
}

/// Every stochastic method at 40 and at 10 of 40 timesteps, coarse enough that all of them differ.
#[test]
fn stochastic_methods_have_the_variance_of_their_formula() {
    let schedule = Schedule::linear_rescaled(40).unwrap();
    let s2: f64 = 0.49;
    let data = Gaussian::isotropic(&[0.0], s2.sqrt()).unwrap();
    let data = Mixture::new(&[1.0], vec![data]).unwrap();
    let model = |x: &Array2<f32>, t: usize| {
        let alpha_bar = schedule.alpha_bar(t).unwrap();
        x * (alpha_bar.sqrt() * s2 / (alpha_bar * s2 + 1.0 - alpha_bar)) as f32
    };
    let ddpm = |variance| Method::Ddpm { variance };
    let methods = [
        ddpm(Variance::FixedSmall),
        ddpm(Variance::FixedLarge),
        ddpm(Variance::Interpolated(0.3)),
        Method::Ddim { eta: 0.5 },
        Method::Ddim { eta: 1.0 },
    ];
    for method in methods {
        // The whole schedule and every fourth timestep of it, in turn.
        for steps in if method == Method::DDPM {
            vec![40, 10]
        } else {
            vec![10]
        } {
            let sampler = Sampler::new(&schedule, method, steps).unwrap();
            let variance = gaussian_variance(&schedule, sampler.timesteps(), s2, method);
            let (mut verdicts, mut other) = (Verdicts::default(), 0);
            let wrong = match method {
                Method::Ddpm {
                    variance: Variance::FixedLarge,
                } => ddpm(Variance::FixedSmall),
                _ => ddpm(Variance::FixedLarge),
            };
            let wrong = gaussian_variance(&schedule, sampler.timesteps(), s2, wrong);
            for seed in 0..SEEDS {
                let rng = &mut Rng::new(seed);
                let start = data
                    .marginal(&schedule, 39)
                    .unwrap()
                    .sample(N, rng)
                    .unwrap();
                let x0 = sampler
                    .sample(&Prediction::X0.of(&model), &start, rng)
                    .unwrap();
                let x0 = to_f64(&x0);
                verdicts.add(&x0, variance);
                other += u64::from(z_score(&x0, wrong).abs() > CRITICAL);
            }
            verdicts.check(&format!("{method:?}, {steps} steps"));
            assert_eq!(other, SEEDS, "{method:?}: β and β̃ look the same");
        }
    }
}
