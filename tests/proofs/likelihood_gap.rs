//! How far the bound of the exact denoiser lies above the truth, and how that changes with T.

use diffusion_intuition::likelihood::{Elbo, bits_per_dim};
use diffusion_intuition::sampler::Variance;
use diffusion_intuition::{Mixture, Prediction, Schedule};

use crate::support::assert_close;

fn gap_in_bits(timesteps: usize, variance: Variance) -> f64 {
    let data = Mixture::bimodal();
    let schedule = Schedule::linear_rescaled(timesteps).unwrap();
    let denoiser = data.denoiser(&schedule, Prediction::Eps);
    let elbo = Elbo::new(&schedule, variance).unwrap();
    let bound = elbo.exact(&denoiser, &data).unwrap();
    bound.bits_per_dim() - bits_per_dim(data.entropy().unwrap(), 1)
}

#[test]
fn the_gap_falls_like_one_over_t_for_fixed_large_only() {
    let large = [250, 500, 1000].map(|timesteps| gap_in_bits(timesteps, Variance::FixedLarge));
    // T = 1000 is Ho et al.'s schedule: 0.0081 bits a dimension above the truth.
    assert!((0.0..0.05).contains(&large[2]), "{large:?}");
    for pair in large.windows(2) {
        assert!((1.9..2.1).contains(&(pair[0] / pair[1])), "{large:?}");
    }
    // From above towards 0.638, as the schedule's start gets flat: see the next test.
    let small = [250, 1000].map(|timesteps| gap_in_bits(timesteps, Variance::FixedSmall));
    assert!((0.7..0.9).contains(&small[1]), "{small:?}");
    assert!((1.3..1.5).contains(&(small[0] / small[1])), "{small:?}");
}

/// Steps of one size, noise far finer than the data: β̃ for β costs ½ (1/t − ln(1 + 1/t)) nats at every t, and
/// β̃_1 for β_0 in the decoder ½ (1 − ln 2). In all 0.442 nats, however many steps there are.
#[test]
fn fixed_small_variance_pays_at_the_start_of_a_schedule() {
    let data = Mixture::bimodal();
    let schedule = Schedule::from_betas(vec![1e-6; 400]).unwrap();
    let denoiser = data.denoiser(&schedule, Prediction::Eps);
    let terms = |variance| {
        let elbo = Elbo::new(&schedule, variance).unwrap();
        elbo.exact(&denoiser, &data).unwrap().terms().clone()
    };
    let cost = terms(Variance::FixedSmall) - terms(Variance::FixedLarge);
    // The noise's variance, at most 4e-4, against the data's 0.09: that much of r_t, and of the decoder's.
    let close = |t: usize, expected: f64| {
        assert_close(
            format_args!("t = {t}"),
            cost[t],
            expected,
            0.02 * expected + 1e-6,
        );
    };
    close(0, 0.5 * (1.0 - 2.0_f64.ln()));
    for t in 1..400 {
        let r = 1.0 / t as f64;
        close(t, 0.5 * (r - r.ln_1p()));
    }
    // γ is the limit of the harmonic sum; at 400 it is 1/800 away.
    assert_close("sum", cost.sum(), 0.4420, 2e-3);
}
