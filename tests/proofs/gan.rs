//! Generator and discriminator: their losses, their gradients, what they learn.

use diffusion_intuition::autograd::check_gradients;
use diffusion_intuition::gan::{Gan, GanConfig};
use diffusion_intuition::network::{Mlp, octaves};
use diffusion_intuition::train::{Adam, Ema, LearningRate};
use diffusion_intuition::{Gaussian, Mixture, Rng, data, metrics};
use ndarray::Array2;

/// Small networks on points in the plane.
pub fn small() -> GanConfig {
    GanConfig {
        generator: vec![7, 6],
        discriminator: vec![6, 5],
        batch: 8,
        ..GanConfig::default()
    }
}

pub fn ring(config: GanConfig) -> Gan {
    Gan::new(data::ring_mixture(), config).unwrap()
}

/// ln(1 + e^x), in f64.
fn softplus(x: f32) -> f64 {
    f64::from(x).exp().ln_1p()
}

/// With ε = 10⁴ far above every gradient, Adam without memory moves a parameter by −rate/ε·gradient: the
/// gradient can be read off the parameters.
fn readable(config: GanConfig) -> GanConfig {
    GanConfig {
        adam: Adam {
            beta1: 0.0,
            epsilon: 1e4,
            ..Adam::default()
        },
        generator_rate: LearningRate::constant(1e4),
        discriminator_rate: LearningRate::constant(1e4),
        ..config
    }
}

#[test]
fn the_sizes_are_the_stated_ones() {
    for config in [GanConfig::classic(1), GanConfig::default()] {
        let gan = ring(config);
        assert_eq!(gan.generator().parameters().count(), 149_874);
        assert_eq!(gan.discriminator().parameters().count(), 33_537);
    }
    let stable = ring(GanConfig::stable(1));
    assert_eq!(stable.generator().parameters().count(), 149_874);
    // 2 coordinates with a sine and a cosine of 3 frequencies each: 12 more inputs.
    assert_eq!(
        stable.discriminator().parameters().count(),
        33_537 + 12 * 128
    );
}

#[test]
fn losses_are_those_of_the_logits() {
    for pack in [1, 2] {
        for spectral_norm in [false, true] {
            let config = GanConfig {
                pack,
                spectral_norm,
                ..readable(small())
            };
            let mut gan = ring(config);
            let mut rng = Rng::new(1);
            let real = data::ring(8, &mut rng).unwrap();
            let z = rng.standard_normal(8, 2).unwrap();
            let fake = gan.generator().answer(&z).unwrap();
            let mean = |logits: Array2<f32>, sign: f32| {
                logits.iter().map(|l| softplus(sign * l)).sum::<f64>() / logits.len() as f64
            };
            let wanted =
                mean(gan.logits(&real).unwrap(), -1.0) + mean(gan.logits(&fake).unwrap(), 1.0);
            let [discriminator, generator] = gan.step_on(&real, &z, &z).unwrap();
            // Logits near 0.5 in f32, through three layers; the power method moves on by one iteration between.
            assert!(
                (discriminator - wanted).abs() < 1e-5,
                "{discriminator} {wanted}"
            );
            assert!((0.1..2.0).contains(&generator));
        }
    }
}

/// The generator's step follows the gradient of E softplus(−D(G(z))) through both networks.
#[test]
fn the_generators_gradient_goes_through_both_networks() {
    for pack in [1, 2] {
        let config = GanConfig {
            pack,
            frequencies: vec![0.7, 1.4],
            discriminator_rate: LearningRate::constant(0.0),
            ..readable(small())
        };
        let config = GanConfig {
            discriminator_rate: LearningRate::constant(0.0), // D stays as it is
            ..config
        };
        let mut gan = ring(config);
        let mut rng = Rng::new(2);
        let real = data::ring(8, &mut rng).unwrap();
        let z = rng.standard_normal(8, 2).unwrap();
        let before = gan.generator().clone();
        let loss = |values: &[f32]| {
            let mut generator = before.clone();
            generator
                .parameters_mut()
                .values_mut()
                .copy_from_slice(values);
            let logits = gan.logits(&generator.answer(&z).unwrap()).unwrap();
            logits.iter().map(|l| softplus(-l)).sum::<f64>() / logits.len() as f64
        };
        let mut values = before.parameters().values().to_vec();
        let numeric: Vec<f64> = (0..values.len())
            .map(|i| {
                let (old, h) = (values[i], 1e-2);
                values[i] = old + h;
                let above = loss(&values);
                values[i] = old - h;
                let below = loss(&values);
                values[i] = old;
                (above - below) / (2.0 * f64::from(h))
            })
            .collect();
        gan.step_on(&real, &z, &z).unwrap();
        let after = gan.generator().parameters().values();
        let scale = numeric.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
        assert!(scale > 2e-3, "{scale}");
        for ((new, old), wanted) in after.iter().zip(before.parameters().values()).zip(&numeric) {
            let gradient = f64::from(old - new);
            // f32 logits near 0.3: 3e-8/h = 3e-6; a kink of the leaky ReLU within h of a value costs at most 0.8
            // of one row's share.
            assert!(
                (gradient - wanted).abs() < 0.03 * scale,
                "{gradient} {wanted} of {scale}"
            );
        }
    }
}

#[test]
fn the_discriminators_own_gradient_is_checked_too() {
    let network = Mlp::new(&[4, 5, 1], 0.2, &octaves(0.7, 2), &mut Rng::new(6)).unwrap();
    let x = Rng::new(7).standard_normal(6, 4).unwrap();
    let checks = check_gradients(network.parameters(), 1e-3, &|tape| {
        let x = tape.input(&x);
        let y = network.forward(tape, x)?;
        let y = tape.softplus(y)?;
        tape.mean(y)
    });
    for check in checks.unwrap() {
        // Rounding: 5e-8/1e-3. Steps are short, so that no value crosses a kink of the leaky ReLU.
        assert!(check.difference < 3e-3 * check.scale.max(0.1), "{check:?}");
    }
}

#[test]
fn a_seed_fixes_every_bit_at_any_number_of_threads() {
    let samples = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let mut gan = ring(GanConfig {
                batch: 64,
                seed,
                ..GanConfig::stable(5)
            });
            gan.run(5, |_| ()).unwrap();
            gan.sample(50, &mut Rng::new(0)).unwrap()
        })
    };
    assert_eq!(samples(1, 0), samples(3, 0));
    assert_ne!(samples(1, 0), samples(1, 1));
}

/// After the first step the average keeps (1 + 0)/(10 + 0) of the old parameters.
#[test]
fn samples_come_from_the_averaged_generator() {
    let mut gan = ring(GanConfig {
        ema: Some(Ema { decay: 0.99 }),
        generator_rate: LearningRate::constant(0.1),
        ..small()
    });
    let mut average = gan.generator().clone();
    gan.run(1, |_| ()).unwrap();
    let new = gan.generator().parameters().values();
    let values = average.parameters_mut().values_mut();
    for (average, new) in values.iter_mut().zip(new) {
        *average = 0.1 * *average + 0.9 * new;
    }
    let samples = gan.sample(20, &mut Rng::new(0)).unwrap();
    let z = Rng::new(0).standard_normal(20, 2).unwrap();
    let close = |a: &Array2<f32>| (a - &samples).iter().all(|e| e.abs() < 1e-5);
    assert!(close(&average.answer(&z).unwrap()) && !close(&gan.generator().answer(&z).unwrap()));
}

/// One Gaussian, off centre and narrow, starting from a generator that knows nothing of it.
#[test]
fn a_small_gan_finds_a_gaussian() {
    let law = Mixture::new(&[1.0], vec![Gaussian::isotropic(&[0.8], 0.5).unwrap()]).unwrap();
    let config = GanConfig {
        latent: 1,
        generator: vec![32, 32],
        discriminator: vec![32, 32],
        ema: Some(Ema { decay: 0.99 }),
        generator_rate: LearningRate::constant(1e-3),
        discriminator_rate: LearningRate::constant(1e-3),
        ..GanConfig::default()
    };
    let mut gan = Gan::new(law.clone(), config).unwrap();
    let distance = |gan: &Gan| {
        let samples = gan.sample(4000, &mut Rng::new(1)).unwrap();
        let real = law.sample(4000, &mut Rng::new(2)).unwrap();
        metrics::wasserstein_two_sample(&samples.column(0), &real.column(0)).unwrap()
    };
    let before = distance(&gan);
    let mut reports = 0;
    gan.run(600, |progress| {
        reports += 1;
        assert_eq!(progress.step, 100 * reports);
        // Neither player wins: the losses stay near where D only guesses.
        assert!((0.5..1.5).contains(&progress.discriminator_loss));
    })
    .unwrap();
    let after = distance(&gan);
    assert_eq!((reports, gan.losses().len()), (6, 600));
    // Measured 0.03 to 0.11 over ten seeds, from 0.8 at the start.
    assert!(after < 0.2 && before > 0.6, "{before} {after}");
}
