//! Several-step sampling of a consistency model.

use diffusion_intuition::prelude::*;

use crate::support::{KS_ALPHA, assert_moments, to_f64};

fn schedule() -> Schedule {
    Schedule::cosine(1000).unwrap()
}

/// x_s = √ᾱ_s x̂0 + √(1−ᾱ_s) z: of x_t nothing is left but x̂0, and at the end there is no noise.
#[test]
fn every_step_but_the_last_noises_x0_anew() {
    let (schedule, n) = (schedule(), 20_000);
    let constant = |x: &Array2<f32>, _: usize| Array2::from_elem(x.dim(), 1.5_f32);
    let sampler = Sampler::new(&schedule, Method::Consistency, 4).unwrap();
    let mut seen = Vec::new();
    let start = Array2::from_elem((n, 1), 7.0);
    let model = Prediction::X0.of(&constant);
    let end = sampler.sample_with(&model, &start, &mut Rng::new(0), |step| {
        seen.push((step.alpha_bar, step.x.clone(), step.nfe));
    });
    assert!(end.unwrap().iter().all(|x| *x == 1.5));
    assert_eq!(
        seen.iter().map(|(.., nfe)| *nfe).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    for (alpha_bar, x, _) in &seen[1..] {
        let mean = alpha_bar.sqrt() * 1.5;
        assert_moments("x_s", &to_f64(x), mean, 1.0 - alpha_bar);
    }
}

/// With the exact end of every path in place of x̂0, samples follow the data in one step and in several. At four of
/// DDIM's steps an exact denoiser's do not.
#[test]
fn with_the_exact_map_any_number_of_steps_is_exact() {
    let (schedule, law, n) = (schedule(), Mixture::bimodal(), 4000);
    let map = |x: &Array2<f32>, t: usize| -> Result<Array2<f32>> {
        let ends = law.one_step_map(&schedule, t, x)?;
        Ok(ends.mapv(|x| x as f32).insert_axis(Axis(1)))
    };
    let critical = metrics::ks_critical(n, usize::MAX, KS_ALPHA).unwrap();
    let distance = |method: Method, model: &dyn Denoiser, steps: usize| {
        let mut rng = Rng::new(steps as u64);
        let sampler = Sampler::new(&schedule, method, steps).unwrap();
        let noise = rng.standard_normal(n, 1).unwrap();
        let x = sampler.sample(model, &noise, &mut rng).unwrap();
        metrics::ks_one_sample(&x, &law).unwrap()
    };
    for steps in [1, 2, 4, 16] {
        let found = distance(Method::Consistency, &Prediction::X0.of(&map), steps);
        assert!(found < critical, "{steps} steps: {found}");
    }
    let exact = law.denoiser(&schedule, Prediction::V);
    for method in [Method::DDIM, Method::Consistency] {
        let found = distance(method, &exact, 4);
        assert!(found > critical, "{method:?}: {found}");
    }
}
