//! Samplers against Hugging Face diffusers' schedulers, step by step.

use std::collections::BTreeMap;

use diffusion_intuition::sampler::{Method, Sampler, Spacing, Threshold, Variance};
use diffusion_intuition::{Prediction, Rng, Schedule};
use ndarray::Array2;

use crate::support::{assert_all_close, golden, to_f64};

/// The required agreement. Ours is f32, with numbers up to 30: rounding stays below.
const TOLERANCE: f64 = 1e-5;

const T: usize = 100;

/// The model of tests/golden/samplers.py.
fn model(x: &Array2<f32>, t: usize) -> Array2<f32> {
    Array2::from_shape_fn(x.dim(), |(i, j)| {
        let angle = 1.3 * f64::from(x[[i, j]]) + 0.01 * t as f64;
        (0.8 * angle.sin() + 0.1 * j as f64) as f32
    })
}

fn sampler(case: &str, steps: usize) -> Sampler {
    let linear = Schedule::linear(T, 1e-3, 0.06).unwrap();
    let (name, zero) = match case.strip_prefix("zero-") {
        Some(name) => (name, true),
        None => (case, false),
    };
    let schedule = if zero {
        linear.zero_terminal_snr().unwrap()
    } else {
        linear
    };
    let variance = |variance| Method::Ddpm { variance };
    let (method, spacing) = match name {
        "ddpm-posterior" | "ddpm-clip" | "ddpm-dynamic" => {
            (variance(Variance::FixedSmall), Spacing::Trailing)
        }
        "ddpm-beta" => (variance(Variance::FixedLarge), Spacing::Linspace),
        "ddim-clip" => (Method::DDIM, Spacing::Trailing),
        "ddim-leading" => (Method::DDIM, Spacing::Leading),
        "dpm" | "dpm-dynamic" => (Method::DpmSolver, Spacing::Trailing),
        other => {
            let eta = other.strip_prefix("ddim-").unwrap().parse().unwrap();
            (Method::Ddim { eta }, Spacing::Trailing)
        }
    };
    let timesteps = spacing.timesteps(&schedule, steps).unwrap();
    let sampler = Sampler::with_timesteps(&schedule, method, timesteps).unwrap();
    let threshold = match name.rsplit('-').next() {
        Some("clip") => Threshold::Clip { limit: 0.7 },
        Some("dynamic") => Threshold::Dynamic {
            quantile: 0.7,
            limit: 1.0,
        },
        _ => return sampler,
    };
    sampler.with_threshold(threshold).unwrap()
}

#[test]
fn every_step_is_that_of_diffusers() {
    let mut cases: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for row in golden("samplers.csv", true) {
        cases.entry(row[0].clone()).or_default().push(row);
    }
    assert_eq!(cases.len(), 63);
    for (case, rows) in cases {
        let parts: Vec<&str> = case.split('/').collect();
        let prediction = match parts[1] {
            "eps" => Prediction::Eps,
            "x0" => Prediction::X0,
            "v" => Prediction::V,
            other => panic!("{other}"),
        };
        let sampler = sampler(parts[0], parts[2].parse().unwrap());
        let mut expected = rows.iter().map(|row| {
            let values: Vec<f64> = row[3..].iter().map(|v| v.parse().unwrap()).collect();
            (row[1].clone(), row[2].clone(), values)
        });
        let mut check = |step: usize, t: String, x: &Array2<f32>| {
            let (at, expected_t, values) = expected.next().unwrap();
            let what = format!("{case}, step {step}");
            assert_eq!((step.to_string(), t), (at, expected_t), "{what}");
            assert_all_close(what, &to_f64(x), &values, |_| TOLERANCE);
        };
        let steps = sampler.timesteps().len();
        let every = if steps == T { 20 } else { 1 };
        let start = Rng::new(4).standard_normal(2, 3).unwrap();
        let x0 = sampler
            .sample_with(&prediction.of(&model), &start, &mut Rng::new(5), |step| {
                if step.step % every == 0 {
                    check(step.step, step.t.to_string(), step.x);
                }
            })
            .unwrap();
        check(steps, "-1".to_string(), &x0);
        assert!(expected.next().is_none(), "{case}");
    }
}
