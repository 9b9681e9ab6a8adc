//! The variational bound: every term against an integral, the whole against the entropy.

use diffusion_intuition::likelihood::{Decoder, Elbo, bits_per_dim, reverse_variances};
use diffusion_intuition::sampler::Variance;
use diffusion_intuition::{Denoiser, Error, Mixture, Prediction, Rng, Schedule};
use ndarray::{Array1, Array2, array};

use crate::support::{
    SIGMAS, assert_all_close, assert_close, assert_same_at_any_thread_count, chapter_schedule,
    coarse_schedule, grid, log_normal, lopsided,
};

const FIXED: [Variance; 3] = [
    Variance::FixedSmall,
    Variance::FixedLarge,
    Variance::Interpolated(0.3),
];

/// σ_t², written out for the coarse schedule from its betas alone.
fn variances_of(schedule: &Schedule, variance: Variance) -> Vec<f64> {
    let betas = schedule.betas();
    let kept = |t: usize| betas.iter().take(t).map(|b| 1.0 - b).product::<f64>();
    let tilde = |t: usize| betas[t] * (1.0 - kept(t)) / (1.0 - kept(t + 1));
    (0..betas.len())
        .map(|t| match variance {
            Variance::FixedSmall => tilde(t.max(1)),
            Variance::FixedLarge => betas[t],
            Variance::Interpolated(v) => betas[t].powf(v) * tilde(t.max(1)).powf(1.0 - v),
        })
        .collect()
}

/// KL(p ‖ q) of two Gaussians (mean, variance) by the trapezoidal rule, 14 standard deviations wide, with
/// 0.05 of them between nodes: exact to rounding.
fn kl_by_integral(p: (f64, f64), q: (f64, f64)) -> f64 {
    let reach = 14.0 * p.1.sqrt();
    let (nodes, h) = grid(p.0 - reach, p.0 + reach, 561);
    let term = |x: &f64| {
        let (a, b) = (log_normal(*x, p.0, p.1), log_normal(*x, q.0, q.1));
        a.exp() * (a - b)
    };
    h * nodes.iter().map(term).sum::<f64>()
}

#[test]
fn every_term_is_the_integral_it_stands_for() {
    let schedule = coarse_schedule();
    let denoiser = |x_t: &Array2<f32>, t: usize| x_t * (0.2 + 0.1 * t as f32);
    let x0 = array![[0.7_f32, -1.1], [-2.0, 0.4], [0.1, 0.3]];
    for variance in FIXED {
        let elbo = Elbo::new(&schedule, variance).unwrap();
        let bound = elbo.estimate(&denoiser, &x0, &mut Rng::new(3)).unwrap();
        let sigma2 = variances_of(&schedule, variance);
        assert_all_close("variances", elbo.variances(), &sigma2, |v| 1e-14 * v);

        let alpha_bar = schedule.alpha_bars()[5];
        let prior = x0.mapv(|x| {
            let mean = alpha_bar.sqrt() * f64::from(x);
            kl_by_integral((mean, 1.0 - alpha_bar), (0.0, 1.0))
        });
        let mut rows = prior.sum_axis(ndarray::Axis(1));
        assert_close("L_T", bound.prior(), rows.mean().unwrap(), 1e-12);
        let mut rng = Rng::new(3);
        for t in 0..6 {
            let (x_t, _) = schedule.q_sample(&x0, t, &mut rng).unwrap();
            let eps = denoiser(&x_t, t);
            let x0_hat = Prediction::Eps.to_x0(&schedule, &x_t, &eps, t).unwrap();
            let (mean, tilde) = schedule.q_posterior(&x0, &x_t, t).unwrap();
            let (mean_hat, _) = schedule.q_posterior(&x0_hat, &x_t, t).unwrap();
            let term = Array2::from_shape_fn(x0.dim(), |at| {
                let (mean, mean_hat) = (f64::from(mean[at]), f64::from(mean_hat[at]));
                match t {
                    0 => -log_normal(mean, mean_hat, sigma2[0]), // q(x_0 | x_t, x_0) is x_0 itself
                    _ => kl_by_integral((mean, tilde), (mean_hat, sigma2[t])),
                }
            });
            let term = term.sum_axis(ndarray::Axis(1));
            // x̂0 and both means are rounded to f32, 2e-7 of values up to 5; the smallest σ² is 0.04, so a
            // difference of means near 1 moves a term by 2e-6·1/0.04 = 5e-5 at most.
            assert_close(
                format_args!("L_{t}"),
                bound.terms()[t],
                term.mean().unwrap(),
                5e-5,
            );
            assert_close(
                format_args!("error of L_{t}"),
                bound.term_errors()[t],
                term.std(1.0) / 3.0_f64.sqrt(),
                5e-5,
            );
            rows += &term;
        }
        assert_all_close("rows", bound.rows(), &rows, |_| 3e-4);
        assert_close("L_vlb", bound.nats(), rows.mean().unwrap(), 3e-4);
        assert_close(
            "error",
            bound.nats_error(),
            rows.std(1.0) / 3.0_f64.sqrt(),
            3e-4,
        );
        // Two dimensions, and a bit is ln 2 nats.
        let bits = bound.nats() / 2.0 / 2.0_f64.ln();
        assert_close("bits", bound.bits_per_dim(), bits, 1e-12);
        assert_close("bits", bits_per_dim(bound.nats(), 2), bits, 1e-12);
    }
}

/// For data N(0, s²) the best x̂0 has the error s²(1−ᾱ)/(ᾱs² + 1−ᾱ): every term is a formula.
#[test]
fn exact_bound_of_one_gaussian() {
    let s2 = 0.49;
    let data = Mixture::isotropic(&array![[0.0]], 0.7).unwrap();
    for schedule in [chapter_schedule(), coarse_schedule()] {
        for variance in FIXED {
            let elbo = Elbo::new(&schedule, variance).unwrap();
            let denoiser = data.denoiser(&schedule, Prediction::Eps);
            let bound = elbo.exact(&denoiser, &data).unwrap();
            let sigma2 = variances_of(&schedule, variance);
            for t in 0..schedule.timesteps() {
                let (ab, beta) = (schedule.alpha_bars()[t], schedule.betas()[t]);
                let error = s2 * (1.0 - ab) / (ab * s2 + 1.0 - ab);
                let expected = if t == 0 {
                    0.5 * ((std::f64::consts::TAU * sigma2[0]).ln() + error / sigma2[0])
                } else {
                    let before = ab / (1.0 - beta);
                    let tilde = beta * (1.0 - before) / (1.0 - ab);
                    let coefficient = before.sqrt() * beta / (1.0 - ab);
                    let p = sigma2[t];
                    0.5 * ((p / tilde).ln() + (tilde + coefficient * coefficient * error) / p - 1.0)
                };
                // ε is asked and answered in f32: its square is off by some 1e-12.
                assert_close(format_args!("L_{t}"), bound.terms()[t], expected, 1e-9);
            }
            let ab = schedule.alpha_bars()[schedule.timesteps() - 1];
            let prior = 0.5 * (ab * (s2 - 1.0) - (1.0 - ab).ln());
            assert_close("L_T", bound.prior(), prior, 1e-12);
            let sum = bound.prior() + bound.terms().sum();
            assert_close("L_vlb", bound.nats(), sum, 1e-12);
        }
    }
}

/// The mean over samples is the exact bound, total and terms, to within 6 of its own standard errors.
#[test]
fn estimate_agrees_with_the_exact_bound() {
    for (data, schedule) in [
        (Mixture::bimodal(), Schedule::linear_rescaled(40).unwrap()),
        (lopsided(), coarse_schedule()),
    ] {
        let denoiser = data.denoiser(&schedule, Prediction::Eps);
        let x0 = data.sample(20_000, &mut Rng::new(1)).unwrap();
        for variance in FIXED {
            let elbo = Elbo::new(&schedule, variance).unwrap();
            let exact = elbo.exact(&denoiser, &data).unwrap();
            let found = elbo.estimate(&denoiser, &x0, &mut Rng::new(2)).unwrap();
            let tolerance = SIGMAS * found.nats_error();
            assert_close("L_vlb", found.nats(), exact.nats(), tolerance);
            assert!(tolerance < 0.2, "{tolerance}: too wide to find anything");
            let terms = found.terms().iter().zip(exact.terms());
            for ((found, exact), error) in terms.zip(found.term_errors()) {
                assert_close("term", *found, *exact, SIGMAS * error + 1e-9);
            }
        }
    }
}

#[test]
fn no_bound_is_below_the_entropy() {
    for data in [Mixture::bimodal(), lopsided()] {
        let truth = data.entropy().unwrap();
        for schedule in [
            Schedule::linear_rescaled(25).unwrap(),
            Schedule::cosine(20).unwrap(),
            coarse_schedule(),
        ] {
            let best = data.denoiser(&schedule, Prediction::Eps);
            let worse = |x_t: &Array2<f32>, t: usize| -> diffusion_intuition::Result<_> {
                Ok(0.9 * best.denoise(x_t, t)?)
            };
            for variance in FIXED {
                let elbo = Elbo::new(&schedule, variance).unwrap();
                let bound = elbo.exact(&best, &data).unwrap();
                assert!(bound.nats() > truth, "{bound} below {truth} nats");
                assert!(elbo.exact(&worse, &data).unwrap().nats() > bound.nats());
            }
        }
    }
}

/// An ε_θ that is off ε* by δ everywhere adds weight·δ² to each term, for ε − ε* has mean 0.
#[test]
fn weights_are_those_of_the_squared_error_of_eps() {
    let (data, schedule) = (Mixture::bimodal(), coarse_schedule());
    let best = data.denoiser(&schedule, Prediction::Eps);
    let off = |x_t: &Array2<f32>, t: usize| -> diffusion_intuition::Result<_> {
        Ok(best.denoise(x_t, t)? + 0.5)
    };
    for variance in FIXED {
        let elbo = Elbo::new(&schedule, variance).unwrap();
        let (a, b) = (
            elbo.exact(&off, &data).unwrap(),
            elbo.exact(&best, &data).unwrap(),
        );
        let expected = elbo.weights() * 0.25;
        let found = a.terms() - b.terms();
        // f32 rounding of ε_θ, 1e-7 of it.
        assert_all_close("weight", &found, &expected, |w| 1e-6 * w);
    }
}

#[test]
fn weights_where_no_signal_is_left() {
    let schedule = coarse_schedule().zero_terminal_snr().unwrap();
    let last = schedule.timesteps() - 1;
    // ε says nothing of x_0 there, whatever the variance.
    for variance in [1e-320, 1.0, f64::MAX] {
        let variances = vec![variance; schedule.timesteps()];
        let weights = Elbo::with_variances(&schedule, variances)
            .unwrap()
            .weights();
        assert_eq!(weights[last], f64::INFINITY, "{variance}");
        assert!(weights.iter().all(|w| *w >= 0.0), "{variance}: {weights}");
    }
}

#[test]
fn the_kind_of_prediction_changes_nothing() {
    let (data, schedule) = (lopsided(), coarse_schedule());
    let elbo = Elbo::new(&schedule, Variance::FixedLarge).unwrap();
    let x0 = data.sample(50, &mut Rng::new(4)).unwrap();
    let bounds = [
        Prediction::Eps,
        Prediction::X0,
        Prediction::V,
        Prediction::Velocity,
    ]
    .map(|kind| {
        let denoiser = data.denoiser(&schedule, kind);
        let sampled = elbo.estimate(&denoiser, &x0, &mut Rng::new(5)).unwrap();
        (sampled, elbo.exact(&denoiser, &data).unwrap())
    });
    for (sampled, exact) in &bounds[1..] {
        // f32 rounding of the prediction, 3e-7 of values up to 4, against σ² ≥ 0.04.
        assert_all_close("rows", sampled.rows(), bounds[0].0.rows(), |_| 1e-4);
        assert_close("exact", exact.nats(), bounds[0].1.nats(), 1e-5);
    }
}

#[test]
fn zero_terminal_snr_needs_x0_or_v() {
    let data = Mixture::bimodal();
    let schedule = Schedule::linear(10, 0.01, 0.3).unwrap();
    let schedule = schedule.zero_terminal_snr().unwrap();
    let elbo = Elbo::new(&schedule, Variance::FixedLarge).unwrap();
    let x0 = data.sample(20, &mut Rng::new(0)).unwrap();
    let estimate = |kind| {
        let denoiser = data.denoiser(&schedule, kind);
        elbo.estimate(&denoiser, &x0, &mut Rng::new(0))
    };
    let what = "x0 from eps";
    let alpha_bar = 0.0;
    assert_eq!(
        estimate(Prediction::Eps),
        Err(Error::Degenerate { what, alpha_bar })
    );
    let bound = estimate(Prediction::V).unwrap();
    assert_eq!(bound.prior(), 0.0);
    assert!(bound.nats().is_finite());
}

#[test]
fn threads_change_no_bit() {
    let schedule = coarse_schedule();
    let elbo = Elbo::new(&schedule, Variance::FixedLarge).unwrap();
    let data = Mixture::bimodal();
    let x0 = data.sample(70_000, &mut Rng::new(0)).unwrap();
    let denoiser = data.denoiser(&schedule, Prediction::Eps);
    assert_same_at_any_thread_count(|| {
        let bound = elbo.estimate(&denoiser, &x0, &mut Rng::new(1)).unwrap();
        bound.rows().mapv(f64::to_bits)
    });
}

#[test]
fn faulty_input_is_named() {
    let schedule = coarse_schedule();
    let elbo = Elbo::new(&schedule, Variance::FixedLarge).unwrap();
    let zero = |x_t: &Array2<f32>, _: usize| x_t * 0.0;
    let estimate = |x0: Array2<f32>| elbo.estimate(&zero, &x0, &mut Rng::new(0)).unwrap_err();
    assert!(matches!(
        estimate(array![[1.0]]),
        Error::Parameter { value: 1.0, .. }
    ));
    assert!(matches!(
        estimate(Array2::zeros((3, 0))),
        Error::Empty { .. }
    ));
    assert!(matches!(
        estimate(array![[1.0], [f32::NAN]]),
        Error::NotFinite {
            what: "x0",
            index: 1,
            ..
        }
    ));
    let x0 = array![[1.0_f32], [2.0]];
    let narrow = |_: &Array2<f32>, _: usize| Array2::<f32>::zeros((2, 2));
    let nan = |x_t: &Array2<f32>, t: usize| if t == 4 { x_t * f32::NAN } else { x_t * 0.0 };
    let refused = |d: &dyn Denoiser| elbo.estimate(d, &x0, &mut Rng::new(0)).unwrap_err();
    assert!(matches!(refused(&narrow), Error::Shape { .. }));
    assert!(matches!(refused(&nan), Error::NotFinite { .. }));
    let bad = |v: Vec<f64>| Elbo::with_variances(&schedule, v).unwrap_err();
    assert!(matches!(bad(vec![0.1; 5]), Error::Shape { .. }));
    assert!(matches!(bad(vec![0.0; 6]), Error::Parameter { .. }));
    assert!(Elbo::new(&schedule, Variance::Interpolated(1.5)).is_err());
    assert!(reverse_variances(&schedule, Variance::Interpolated(f64::NAN)).is_err());
    let plane = Mixture::isotropic(&array![[0.0, 0.0]], 1.0).unwrap();
    assert!(matches!(
        elbo.exact(&zero, &plane),
        Err(Error::Shape { .. })
    ));
    let decoder = Decoder::Grid {
        low: -1.0,
        high: 1.0,
        levels: 5,
    };
    let on_grid = elbo.clone().with_decoder(decoder).unwrap();
    assert!(on_grid.exact(&zero, &Mixture::bimodal()).is_err());
    let one_step = Schedule::from_betas(vec![0.5]).unwrap();
    let found = reverse_variances(&one_step, Variance::FixedSmall).unwrap();
    assert_eq!(found, Array1::from(vec![0.5]));
}
