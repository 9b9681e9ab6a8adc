//! Metrics and likelihoods.

use diffusion_intuition::likelihood::{
    Decoder, Elbo, ProbabilityFlow, bits_of_samples, reverse_variances,
};
use diffusion_intuition::metrics::{self, Estimate};
use diffusion_intuition::sampler::Variance;
use diffusion_intuition::{Denoiser, Mixture, Prediction, Rng};
use ndarray::Array2;

use crate::core::{any_mixture, valid_schedule};
use crate::draw::{Draw, no_nan};
use crate::harness::{self, Entry};

#[test]
fn hostile_input() {
    harness::run("measures::hostile_input", ENTRIES);
}

const ENTRIES: &[Entry] = &[
    ("distances of lines", lines),
    ("distances of clouds", clouds),
    ("estimates", estimates),
    ("modes", modes),
    ("bounds", bounds),
    ("exact bounds", exact_bounds),
    ("densities of flows", flows),
];

fn lines(draw: &Draw) -> Result<(), String> {
    let (a, b) = (draw.column(draw.small()), draw.column(draw.small()));
    let mut found = vec![
        metrics::ks_two_sample(&a, &b),
        metrics::wasserstein_two_sample(&a, &b),
        metrics::ks_critical(draw.size(), draw.size(), draw.f64()),
    ];
    if let Some(law) = any_mixture(draw, draw.one(&[1, 1, 2])) {
        found.push(metrics::ks_one_sample(&a, &law));
        found.push(metrics::wasserstein_one_sample(&a, &law));
    }
    no_nan("distance", &found.into_iter().flatten().collect::<Vec<_>>())
}

fn clouds(draw: &Draw) -> Result<(), String> {
    let d = draw.small();
    let a = draw.rows(draw.small(), d);
    let b = draw.rows(draw.small(), draw.one(&[d, d, 2]));
    let projections = draw.size();
    let n = draw.size();
    let floor = |a: &Array2<f32>, b: &Array2<f32>, _: &mut Rng| metrics::energy_distance(a, b);
    let found = [
        metrics::sliced_wasserstein(&a, &b, projections, &mut draw.rng()),
        metrics::energy_distance(&a, &b),
        metrics::floor_of_rows(0..3, &a, n, floor).map(|e| e.mean),
    ];
    no_nan("distance", found.iter().flatten())?;
    let compared = metrics::compare(0..2, &a, &b, |n, rng| rng.standard_normal(n, d));
    for comparison in compared.unwrap_or_default() {
        no_nan(
            "comparison",
            &[comparison.distance.mean, comparison.floor.mean],
        )?;
    }
    Ok(())
}

fn estimates(draw: &Draw) -> Result<(), String> {
    let values = draw.list(draw.small());
    let (seed, confidence) = (draw.size() as u64, draw.f64());
    let _ = metrics::over_seeds(0..seed, |_| {
        Err(diffusion_intuition::Error::Empty { what: "schedule" })
    });
    let mut estimates: Vec<Estimate> = Estimate::of(&values).into_iter().collect();
    estimates.push(Estimate {
        mean: draw.ordinary(),
        standard_error: draw.ordinary().abs(),
        n: draw.size(),
    });
    for estimate in &estimates {
        no_nan("estimate", &[estimate.mean, estimate.standard_error])?;
        no_nan("half width", &estimate.half_width(confidence))?;
        if let Ok(ratio) = estimate.ratio(&estimates[0]) {
            no_nan("ratio", &[ratio.mean, ratio.standard_error])?;
        }
        let _ = estimate.to_string();
    }
    no_nan("ceiling", &metrics::high_quality_ceiling(draw.size()))
}

fn modes(draw: &Draw) -> Result<(), String> {
    let d = draw.small();
    let Some(law) = any_mixture(draw, d) else {
        return Ok(());
    };
    let samples = draw.rows(draw.small(), draw.one(&[d, d, 2]));
    let Ok(report) = metrics::mode_coverage(&samples, &law) else {
        return Ok(());
    };
    let _ = report.to_string();
    no_nan("coverage", &[report.high_quality, report.reverse_kl])
}

/// A denoiser that may answer anything, of any kind.
fn any_denoiser(draw: &Draw) -> (Prediction, impl Fn(&Array2<f32>, usize) -> Array2<f32>) {
    let factor = draw.f32();
    let kind = draw.one(&[Prediction::Eps, Prediction::X0, Prediction::V]);
    (kind, move |x: &Array2<f32>, _: usize| x * factor)
}

fn bounds(draw: &Draw) -> Result<(), String> {
    let schedule = valid_schedule(draw);
    let choice = draw.one(&[0, 1, 2]);
    let variance = [
        Variance::FixedSmall,
        Variance::FixedLarge,
        Variance::Interpolated(draw.f64()),
    ];
    if let Ok(variances) = reverse_variances(&schedule, variance[choice]) {
        no_nan("variances", &variances)?;
    }
    let elbo = match draw.rarely(2) {
        true => Elbo::new(&schedule, variance[choice]),
        false => Elbo::with_variances(&schedule, draw.list(schedule.timesteps())),
    };
    let Ok(mut elbo) = elbo else {
        return Ok(());
    };
    if draw.rarely(3) {
        let decoder = Decoder::Grid {
            low: draw.f64(),
            high: draw.f64(),
            levels: draw.size(),
        };
        match elbo.with_decoder(decoder) {
            Ok(other) => elbo = other,
            Err(_) => return Ok(()),
        }
    }
    no_nan("weights", &elbo.weights())?;
    let x0 = draw.rows(draw.small(), draw.small());
    let (kind, answer) = any_denoiser(draw);
    let Ok(bound) = elbo.estimate(&kind.of(&answer), &x0, &mut draw.rng()) else {
        return Ok(());
    };
    let _ = bound.to_string();
    no_nan("bound", &[bound.nats(), bound.nats_error(), bound.prior()])?;
    no_nan("terms", bound.terms())?;
    no_nan("errors of the terms", bound.term_errors())
}

fn exact_bounds(draw: &Draw) -> Result<(), String> {
    let schedule = valid_schedule(draw);
    let Some(law) = any_mixture(draw, draw.one(&[1, 1, 1, 2])) else {
        return Ok(());
    };
    let elbo = Elbo::new(&schedule, Variance::FixedLarge).unwrap();
    let (kind, answer) = any_denoiser(draw);
    let exact = law.denoiser(&schedule, kind);
    let model = kind.of(&answer);
    let denoiser: &dyn Denoiser = if draw.rarely(2) { &exact } else { &model };
    match elbo.exact(denoiser, &law) {
        Ok(bound) => no_nan("bound", bound.terms()),
        Err(_) => Ok(()),
    }
}

fn flows(draw: &Draw) -> Result<(), String> {
    let schedule = valid_schedule(draw);
    let Ok(flow) = ProbabilityFlow::new(&schedule, draw.size()) else {
        return Ok(());
    };
    let d = draw.one(&[1, 2]);
    let law = any_mixture(draw, d).unwrap_or_else(Mixture::bimodal);
    let (kind, answer) = any_denoiser(draw);
    let exact = law.denoiser(&schedule, kind);
    let model = kind.of(&answer);
    let denoiser: &dyn Denoiser = if draw.rarely(2) { &exact } else { &model };
    let x0 = draw.rows(draw.small(), d);
    let Ok(densities) = flow.log_density(denoiser, &x0) else {
        return Ok(());
    };
    if let Some(ln_p) = densities.iter().find(|ln_p| !ln_p.is_finite()) {
        return Err(format!("ln p of {x0}: {ln_p}"));
    }
    let scale = diffusion_intuition::data::Standardizer::fit(&x0);
    if let (Ok(scale), false) = (scale, densities.is_empty())
        && let Ok(bits) = bits_of_samples(&densities, &scale)
    {
        return no_nan("bits", &[bits.mean, bits.standard_error]);
    }
    Ok(())
}
