//! Data on a grid: the discretised decoder, and a bound on an entropy that is a plain sum.

use diffusion_intuition::likelihood::{Decoder, Elbo};
use diffusion_intuition::sampler::Variance;
use diffusion_intuition::{Error, Prediction, Rng, Schedule};
use ndarray::{Array2, array};
use rand::RngExt;

use crate::support::{assert_close, coarse_schedule, grid, log_normal};

const GRID: Decoder = Decoder::Grid {
    low: -1.0,
    high: 1.0,
    levels: 5,
};

/// L_0 is minus the logarithm of the decoder's integral over each value's cell.
#[test]
fn l0_integrates_over_cells() {
    let schedule = coarse_schedule();
    let elbo = Elbo::new(&schedule, Variance::FixedLarge).unwrap();
    let elbo = elbo.with_decoder(GRID).unwrap();
    let zero = |x_t: &Array2<f32>, _: usize| x_t * 0.0;
    for level in 0..5 {
        let x0 = -1.0 + 0.5 * level as f32;
        let x0 = array![[x0], [x0]];
        let bound = elbo.estimate(&zero, &x0, &mut Rng::new(level)).unwrap();
        let (x_t, _) = schedule.q_sample(&x0, 0, &mut Rng::new(level)).unwrap();
        let expected = x_t.mapv(|x_t| {
            let mean = f64::from(x_t) / 0.95_f64.sqrt(); // ε̂ = 0, and ᾱ_0 = 1 − 0.05
            let x0 = f64::from(x0[[0, 0]]);
            let low = if level == 0 { -9.0 } else { x0 - 0.25 };
            let high = if level == 4 { 9.0 } else { x0 + 0.25 };
            // Simpson: h⁴/180·length·|p⁗| with p⁗ ≤ 3·1.8/0.05^2.5 = 9e3 and h = 9.5/4000: below 2e-8.
            let (nodes, h) = grid(low, high, 4001);
            let p = nodes.mapv(|x| log_normal(x, mean, 0.05).exp());
            let weight = |i| match i {
                0 | 4000 => 1.0,
                i if i % 2 == 1 => 4.0,
                _ => 2.0,
            };
            let mass: f64 = p.iter().enumerate().map(|(i, p)| weight(i) * p).sum();
            -(mass * h / 3.0).ln()
        });
        // And f32 rounding of x̂0, 2e-7 against a standard deviation of 0.22.
        assert_close(level, bound.terms()[0], expected.mean().unwrap(), 1e-5);
    }
}

/// Five levels of unequal probability: E[x_0 | x_t] is a sum over levels, and so is the entropy.
#[test]
fn bound_on_grid_data_is_close_to_its_entropy() {
    let levels = [-1.0, -0.5, 0.0, 0.5, 1.0_f64];
    let weights = [0.1, 0.4, 0.05, 0.25, 0.2];
    let entropy: f64 = weights.iter().map(|w: &f64| -w * w.ln()).sum();
    let schedule = Schedule::linear(1000, 1e-4, 0.02).unwrap();
    let alpha_bars = schedule.alpha_bars().clone();
    let exact = |x_t: &Array2<f32>, t: usize| {
        let ab = alpha_bars[t];
        x_t.mapv(|x| {
            let x = f64::from(x);
            let log = levels.map(|level| log_normal(x, ab.sqrt() * level, 1.0 - ab));
            let top = log.iter().copied().fold(f64::MIN, f64::max);
            let share = |i: usize| weights[i] * (log[i] - top).exp();
            let total: f64 = (0..5).map(share).sum();
            let x0 = (0..5).map(|i| share(i) * levels[i]).sum::<f64>() / total;
            ((x - ab.sqrt() * x0) / (1.0 - ab).sqrt()) as f32
        })
    };
    let mut rng = Rng::new(1);
    let x0 = Array2::from_shape_simple_fn((2000, 1), || {
        let u: f64 = rng.random();
        let cumulative = [0.1, 0.5, 0.55, 0.8];
        levels[cumulative.iter().filter(|c| u >= **c).count()] as f32
    });
    let truth = x0.mapv(|x| {
        let i = levels.iter().position(|l| *l as f32 == x).unwrap();
        -weights[i].ln()
    });
    assert!((truth.mean().unwrap() - entropy).abs() < 0.1);
    for variance in [Variance::FixedSmall, Variance::FixedLarge] {
        let elbo = Elbo::new(&schedule, variance).unwrap();
        let elbo = elbo.with_decoder(GRID).unwrap();
        let bound = elbo.estimate(&exact, &x0, &mut Rng::new(2)).unwrap();
        let gaps = bound.rows() - &truth.column(0);
        let (gap, error) = (gaps.mean().unwrap(), gaps.std(1.0) / 2000.0_f64.sqrt());
        assert!(gap > -6.0 * error && error < 0.05, "{gap} ± {error}");
        assert!(bound.terms()[0] >= 0.0, "a probability is at most 1");
        // Here x_0 is certain long before the noise is gone: fixed-small is right and fixed-large is not.
        match variance {
            Variance::FixedSmall => assert!(gap < 0.05, "{gap}"),
            _ => assert!(gap > 0.2, "{gap}"),
        }
    }
}

#[test]
fn values_off_the_grid_are_refused() {
    let elbo = Elbo::new(&coarse_schedule(), Variance::FixedLarge).unwrap();
    let on_grid = elbo.clone().with_decoder(GRID).unwrap();
    let zero = |x_t: &Array2<f32>, _: usize| x_t * 0.0;
    for bad in [0.25_f32, 1.5, -1.5, 0.501] {
        let x0 = array![[0.5_f32], [bad]];
        let error = on_grid.estimate(&zero, &x0, &mut Rng::new(0)).unwrap_err();
        let name = "value of data on a grid";
        let valid = "one of the decoder's levels";
        let value = f64::from(bad);
        assert_eq!(error, Error::Parameter { name, value, valid });
    }
    for (low, high, levels) in [(0.0, 1.0, 1), (1.0, 1.0, 3), (f64::NAN, 1.0, 3)] {
        let decoder = Decoder::Grid { low, high, levels };
        assert!(elbo.clone().with_decoder(decoder).is_err());
    }
}

/// L_0 of `x0` under N(mean, variance), both as exact as f32 holds x0 and the mean.
fn l0(decoder: Decoder, x0: f32, mean: f32, variance: f64) -> f64 {
    let schedule = Schedule::from_betas(vec![0.1, 0.5]).unwrap();
    let elbo = Elbo::with_variances(&schedule, vec![variance, 1.0]).unwrap();
    let elbo = elbo.with_decoder(decoder).unwrap();
    let x0 = array![[x0], [x0]];
    let constant = |x_t: &Array2<f32>, _: usize| x_t.mapv(|_| mean);
    let bound = elbo.estimate(&Prediction::X0.of(&constant), &x0, &mut Rng::new(0));
    bound.unwrap().terms()[0]
}

/// −ln of the mass of N(0, 1) between a and b (both multiples of a power of 2): the cell of 0 among −w, 0, w.
fn cell(a: f64, b: f64) -> f64 {
    let w = b - a;
    let (low, high, levels) = (-w, w, 3);
    let decoder = Decoder::Grid { low, high, levels };
    l0(decoder, 0.0, -(0.5 * (a + b)) as f32, 1.0)
}

/// −ln of the mass of N(0, 1) above z: the upper of two cells, 1 above the mean in units of 1/z.
fn tail(z: f64) -> f64 {
    let (low, high, levels) = (0.0, 2.0, 2);
    let decoder = Decoder::Grid { low, high, levels };
    l0(decoder, 2.0, 0.0, 1.0 / (z * z))
}

#[test]
fn mass_of_cells() {
    // Φ(1) − Φ(0) and 1 − Φ(2), from tables (Abramowitz & Stegun, table 26.1).
    assert!(((-cell(0.0, 1.0)).exp() - 0.341_344_746_068_543).abs() < 1e-14);
    assert!(((-tail(2.0)).exp() - 0.022_750_131_948_179).abs() < 1e-14);
    for (a, b) in [(-1.5, 0.25), (3.0, 3.5), (-0.125, 0.125), (20.0, 20.5)] {
        assert!((cell(a, b) - cell(-b, -a)).abs() < 1e-13, "{a} {b}");
    }
    // Where erfc ends and the series begins, and far beyond erfc's range, the slope of ln(1 − Φ) is −z − 1/z + ….
    for z in [29.999_999, 100.0] {
        let slope = (tail(z - 1e-3) - tail(z + 1e-3)) / 2e-3;
        assert!(
            (slope + z + 1.0 / z).abs() < 3.0 / z.powi(3) + 1e-6,
            "{z}: {slope}"
        );
    }
    // A narrow cell has its width times the density, to second order in the width.
    let (z, w) = (1.3125, 0.5_f64.powi(13));
    let density = -0.5 * (z * z + std::f64::consts::TAU.ln());
    assert!((cell(z - w / 2.0, z + w / 2.0) + density + w.ln()).abs() < 1e-8);
}

#[test]
fn cells_of_one_decoder_cover_the_line() {
    let (low, high, levels) = (-1.0, 2.0, 7);
    let decoder = Decoder::Grid { low, high, levels };
    for (mean, variance) in [(0.1, 0.5), (-3.0, 0.2), (1.9, 1e-3)] {
        let mass = (0..7).map(|i| (-l0(decoder, -1.0 + 0.5 * i as f32, mean, variance)).exp());
        assert!((mass.sum::<f64>() - 1.0).abs() < 1e-12, "{mean}");
    }
}
