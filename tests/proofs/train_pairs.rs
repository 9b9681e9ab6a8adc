//! Reflow: pairs stay pairs and are an ODE's; and the timesteps that a run draws have the law that it says.

use std::sync::Mutex;

use diffusion_intuition::autograd::{Tape, Var};
use diffusion_intuition::network::{Network, Parameters};
use diffusion_intuition::prelude::*;
use diffusion_intuition::train::{Augment, Data, Times};

use crate::support::{assert_all_close, assert_close, assert_moments, lopsided, to_f64};
use crate::train_support::{Fragile, Scratch, fragile, is_refused, network, with};

/// Keeps the timesteps that it is asked about, and x_t.
struct Spy(Fragile, Mutex<(Vec<usize>, Vec<f32>)>);

impl Network for Spy {
    fn parameters(&self) -> &Parameters {
        self.0.parameters()
    }
    fn parameters_mut(&mut self) -> &mut Parameters {
        self.0.parameters_mut()
    }
    fn forward(&self, tape: &mut Tape, x_t: Var, ts: &[usize]) -> Result<Var> {
        let mut seen = self.1.lock().unwrap();
        seen.0.extend(ts);
        seen.1.extend(tape.slice(x_t));
        drop(seen);
        self.0.forward(tape, x_t, ts)
    }
}

/// Timesteps and x_t of the first `n` rows that are trained on, and those of the batch after them.
fn seen(data: impl Into<Data>, schedule: &Schedule, times: Times) -> (Vec<usize>, Vec<f32>) {
    let mut spy = Spy(fragile(), Mutex::default());
    let config = with(|config| (config.batch, config.times) = (20_000, times));
    let mut trainer = Trainer::new(&spy, data, schedule, config).unwrap();
    trainer.run(&mut spy, 1, |_| ()).unwrap();
    spy.1.into_inner().unwrap()
}

#[test]
fn timesteps_follow_the_law_that_is_asked_for() {
    let path = Path::linear();
    let schedule = path.schedule(1000).unwrap();
    let ts = |times| seen(Mixture::bimodal(), &schedule, times).0;
    let u = |t: &usize| (*t as f64 + 0.5) / 1000.0; // the middle of what was rounded up to t
    for (times, mean, std) in [
        (Times::LOGIT_NORMAL, 0.0, 1.0),
        (
            Times::LogNormal {
                mean: 0.5,
                std: 0.3,
            },
            0.5,
            0.3,
        ),
    ] {
        // The logit of u is normal: Esser et al. 2024, §3.1.
        let logits: Vec<f64> = ts(times)
            .iter()
            .map(|t| (u(t) / (1.0 - u(t))).ln())
            .collect();
        assert_eq!(logits.len(), 40_000);
        assert_moments(&format!("{times:?}"), &logits, mean, std * std);
    }
    let uniform: Vec<f64> = ts(Times::Uniform).iter().map(u).collect();
    assert_moments("uniform", &uniform, 0.5, 1.0 / 12.0);
    assert!(ts(Times::Last).iter().all(|t| *t == 999));

    // EDM's ln σ ~ N(−1.2, 1.2²) in units in which σ_data = ½; on another schedule, whose σ are 3 % apart.
    let schedule = Schedule::linear(1000, 1e-4, 0.02).unwrap();
    let (ts, _) = seen(Mixture::bimodal(), &schedule, Times::EDM);
    let sigma = |t: usize| schedule.snr()[t].powf(-0.5);
    let above = |sigma_edm: f64| {
        let t = (0..1000).find(|t| 0.5 * sigma(*t) > sigma_edm).unwrap();
        ts.iter().filter(|s| **s >= t).count() as f64 / ts.len() as f64
    };
    // P(ln σ > −1.2 + 1.2 z) = ½, 0.1587; six standard errors of 40,000 draws, and a gap's 0.03/1.2 · 0.4.
    assert_close("median", above((-1.2_f64).exp()), 0.5, 0.015 + 0.01);
    assert_close("one deviation", above(1.0), 0.1587, 0.011 + 0.006);

    for (mean, std) in [(f64::NAN, 1.0), (0.0, -1.0), (0.0, f64::INFINITY)] {
        let config = with(|config| config.times = Times::LogNormal { mean, std });
        let refused = Trainer::new(&fragile(), lopsided(), &schedule, config);
        assert!(matches!(refused, Err(Error::Parameter { .. })));
    }
}

/// Every x_t lies on the line of a pair: with x_0 = 3ε + 1, x_t = (3√ᾱ + √(1−ᾱ)) ε + √ᾱ, of which ε is one of four.
#[test]
fn rows_of_pairs_are_drawn_together() {
    let noise = array![[-1.0_f32], [0.5], [2.0], [8.0]];
    let x0 = noise.mapv(|e| 3.0 * e + 1.0);
    let schedule = Path::linear().schedule(10).unwrap();
    let (ts, x_t) = seen([x0, noise], &schedule, Times::Uniform);
    let mut counts = [0; 4];
    for (t, x) in ts.iter().zip(x_t) {
        let ab = schedule.alpha_bar(*t).unwrap();
        let eps = (f64::from(x) - ab.sqrt()) / (3.0 * ab.sqrt() + (1.0 - ab).sqrt());
        let near = [-1.0, 0.5, 2.0, 8.0].map(|e: f64| (eps - e).abs() < 1e-5);
        counts[near.iter().position(|n| *n).expect("one of them")] += 1;
    }
    // 40,000 draws of four: 10,000 each, six standard deviations.
    assert!(
        counts.iter().all(|n: &i32| (n - 10_000).abs() < 6 * 87),
        "{counts:?}"
    );
}

/// Where each x_t tells its target, nothing is left of the loss: the noise is that of the pair, and not fresh.
#[test]
fn a_network_learns_the_map_of_pairs_in_one_step() {
    let (data, schedule) = (lopsided(), Path::linear().schedule(100).unwrap());
    let exact = data.denoiser(&schedule, Prediction::Velocity);
    let sampler = Sampler::new(&schedule, Method::Heun, 50).unwrap();
    let pairs = sampler.pairs(&exact, 4000, 1, &mut Rng::new(0)).unwrap();
    let mut student = network(1, 64, 2, 0);
    let config = TrainConfig {
        prediction: Prediction::Velocity,
        times: Times::Last,
        ..TrainConfig::cosine(256, 5e-3, 800)
    };
    let mut trainer = Trainer::new(&student, pairs, &schedule, config).unwrap();
    trainer.run(&mut student, 800, |_| ()).unwrap();
    trainer.use_ema(&mut student).unwrap();
    // From fresh noise the best loss is the variance of x_0, 2.
    let late = trainer.losses()[700..].iter().sum::<f32>() / 100.0;
    assert!(late < 0.01, "{late}");
    let one = Sampler::new(&schedule, Method::DDIM, 1).unwrap();
    let noise = Array1::linspace(-2.0_f32, 2.0, 41).insert_axis(Axis(1));
    let found = one
        .sample(&Prediction::Velocity.of(&student), &noise, &mut Rng::new(0))
        .unwrap();
    let map = data.one_step_map(&schedule, 99, &noise).unwrap();
    let gap = (&found.column(0).mapv(f64::from) - &map)
        .mapv(f64::abs)
        .mean()
        .unwrap();
    assert!(gap < 0.05, "{gap}");
}

#[test]
fn pairs_are_those_of_the_ode() {
    let (data, schedule) = (lopsided(), Path::linear().schedule(200).unwrap());
    let exact = data.denoiser(&schedule, Prediction::Velocity);
    let sampler = Sampler::new(&schedule, Method::Heun, 200).unwrap();
    let [x0, noise] = sampler.pairs(&exact, 3000, 1, &mut Rng::new(4)).unwrap();
    assert_moments("noise", &to_f64(&noise), 0.0, 1.0);
    let map = data.one_step_map(&schedule, 199, &noise).unwrap();
    // Heun's truncation in 200 steps, where the ways part; 2e-4 on average.
    let gaps: Vec<f64> = x0
        .iter()
        .zip(&map)
        .map(|(x, y)| (f64::from(*x) - y).abs())
        .collect();
    assert_all_close("x0", &gaps, &vec![0.0; 3000], |_| 0.02);
    let mean = gaps.iter().sum::<f64>() / 3000.0;
    assert!(mean < 1e-3, "{mean}");

    for (method, fine) in [
        (Method::DDIM, true),
        (Method::Euler, true),
        (Method::DpmSolver, true),
        (Method::DDPM, false),
        (Method::Ddim { eta: 0.3 }, false),
    ] {
        let sampler = Sampler::new(&schedule, method, 5).unwrap();
        let result = sampler.pairs(&exact, 5, 1, &mut Rng::new(0));
        let refused = matches!(result, Err(Error::Unsupported { .. }));
        assert!(result.is_ok() == fine && refused != fine, "{method:?}");
    }
    for (n, d) in [(0, 1), (5, 0)] {
        let refused = sampler.pairs(&exact, n, d, &mut Rng::new(0));
        assert!(matches!(refused, Err(Error::Empty { .. })));
    }
}

#[test]
fn pairs_and_times_belong_to_a_run() {
    let scratch = Scratch::new("pairs");
    let schedule = Path::linear().schedule(10).unwrap();
    let rows = || array![[1.0_f32], [2.0]];
    let open = |data: Data, times| {
        let config = with(|config| (config.batch, config.times) = (4, times));
        Trainer::open(&scratch.0, 9, &mut fragile(), data, &schedule, config)
    };
    let pairs = || Data::Pairs(rows(), rows());
    open(pairs(), Times::Last).unwrap();
    open(pairs(), Times::Last).unwrap();
    is_refused(
        open(pairs(), Times::Uniform),
        "other settings (times: Last there, Uniform here)",
    );
    let other = Data::Pairs(rows(), 2.0 * rows());
    is_refused(
        open(other, Times::Last),
        "(pairs of shape 2x1, other numbers)",
    );

    let refused = |data: Data, augment| {
        let config = with(|config| config.augment = augment);
        Trainer::new(&fragile(), data, &schedule, config).unwrap_err()
    };
    let uneven = Data::Pairs(rows(), array![[1.0]]);
    assert!(matches!(refused(uneven, None), Error::Shape { .. }));
    let nan = Data::Pairs(rows(), array![[1.0], [f32::NAN]]);
    assert!(matches!(refused(nan, None), Error::NotFinite { .. }));
    let nothing = Data::Pairs(Array2::zeros((0, 1)), Array2::zeros((0, 1)));
    assert!(matches!(refused(nothing, None), Error::Empty { .. }));
    let one = Augment {
        height: 1,
        width: 1,
        ..Augment::default()
    };
    assert!(matches!(
        refused(pairs(), Some(one)),
        Error::Unsupported { .. }
    ));
}

/// Karras et al. 2022, eq. 7 and table 1: D(x; σ) = c_skip x + c_out F(c_in x), and the weight 1/c_out² of ‖D − y‖²
/// leaves ‖F − F*‖² with F* = (y − c_skip x)/c_out. F is −v of the data divided by σ_data.
#[test]
fn edms_preconditioning_is_v_of_data_of_variance_one() {
    let (std, schedule) = (0.5_f64, Schedule::linear(1000, 1e-4, 0.02).unwrap());
    for (y, eps, t) in [(0.8_f64, -1.3_f64, 300), (-0.2, 0.4, 20), (1.1, 2.0, 900)] {
        let alpha_bar = schedule.alpha_bar(t).unwrap();
        let sigma = std * ((1.0 - alpha_bar) / alpha_bar).sqrt();
        let total = (sigma * sigma + std * std).sqrt();
        let (skip, out, scale) = (
            std * std / (total * total),
            sigma * std / total,
            1.0 / total,
        );
        let x = y + sigma * eps;
        let target = (y - skip * x) / out;

        let x_t = array![(scale * x) as f32];
        let here = schedule.q_sample_with(&array![(y / std) as f32], t, &array![eps as f32]);
        assert_close(
            "c_in x is x_t",
            x_t[0].into(),
            here.unwrap()[0].into(),
            1e-6,
        );
        let v = alpha_bar.sqrt() * eps - (1.0 - alpha_bar).sqrt() * y / std;
        assert_close("F* is -v", target, -v, 1e-12);
        // D of any answer F: the sampler's x0 from v = −F, times σ_data.
        let answer = 0.37;
        let d = skip * x + out * answer;
        let x0 = Prediction::V
            .to_x0(&schedule, &x_t, &array![-answer as f32], t)
            .unwrap();
        assert_close("D", std * f64::from(x0[0]), d, 1e-6);
        assert_close(
            "weight",
            1.0 / (out * out) * (d - y).powi(2),
            (answer - target).powi(2),
            1e-9,
        );
    }
}
