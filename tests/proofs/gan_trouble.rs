//! What goes wrong in a GAN: it is named, and undone.

use diffusion_intuition::autograd::Tape;
use diffusion_intuition::gan::{Gan, GanConfig};
use diffusion_intuition::network::Mlp;
use diffusion_intuition::train::{Data, Ema, LearningRate};
use diffusion_intuition::{Error, Rng, data};
use ndarray::{Array2, array};

use crate::gan::{ring, small};

#[test]
fn bad_settings_and_shapes_are_named() {
    let error = |config: GanConfig| {
        Gan::new(data::ring_mixture(), config)
            .unwrap_err()
            .to_string()
    };
    let packed = error(GanConfig {
        batch: 9,
        pack: 2,
        ..small()
    });
    assert!(
        packed.contains('9') && packed.contains("multiple of pack"),
        "{packed}"
    );
    assert!(
        error(GanConfig {
            latent: 0,
            ..small()
        })
        .contains("latent")
    );
    assert!(error(GanConfig { pack: 0, ..small() }).contains("pack"));
    assert!(
        error(GanConfig {
            generator: vec![0],
            ..small()
        })
        .contains("at least 1")
    );
    let rate = LearningRate::constant(-1.0);
    assert!(
        error(GanConfig {
            generator_rate: rate,
            ..small()
        })
        .contains("-1")
    );
    let endless = GanConfig {
        frequencies: vec![0.7, f32::INFINITY],
        ..small()
    };
    assert!(error(endless).contains("frequencies"));
    let nan = array![[0.0_f32, f32::NAN]];
    assert!(matches!(
        Gan::new(nan, small()),
        Err(Error::NotFinite { .. })
    ));

    let rows = || Array2::<f32>::zeros((3, 2));
    for told in [Data::from((rows(), vec![])), [rows(), rows()].into()] {
        let error = Gan::new(told, small()).err();
        assert!(
            matches!(error, Some(Error::Unsupported { .. })),
            "{error:?}"
        );
    }

    let mut gan = ring(GanConfig { pack: 2, ..small() });
    let shape = |rows, columns| Array2::<f32>::zeros((rows, columns));
    assert!(matches!(gan.logits(&shape(3, 2)), Err(Error::Shape { .. })));
    assert_eq!(gan.logits(&shape(4, 2)).unwrap().dim(), (2, 1));
    for (real, z) in [
        (shape(4, 3), shape(4, 2)),
        (shape(4, 2), shape(3, 2)),
        (shape(0, 2), shape(0, 2)),
    ] {
        assert!(matches!(
            gan.step_on(&real, &z, &z),
            Err(Error::Shape { .. })
        ));
    }
}

#[test]
fn a_gan_that_explodes_says_when() {
    let mut gan = ring(GanConfig {
        generator_rate: LearningRate::constant(1e30),
        ..small()
    });
    let error = gan.run(10, |_| ()).unwrap_err();
    assert!(matches!(error, Error::Diverged { step: 1, .. }), "{error}");
}

/// After one step there is no second loss to show it: the networks are tried on the next batch.
#[test]
fn a_gan_that_explodes_in_its_last_step_says_so_and_goes_back() {
    let explosive = [
        (LearningRate::constant(1e30), LearningRate::constant(1e-3)),
        (LearningRate::constant(1e-3), LearningRate::constant(1e30)),
        (LearningRate::constant(3e38), LearningRate::constant(1e-3)),
    ];
    for (generator_rate, discriminator_rate) in explosive {
        for spectral_norm in [false, true] {
            let config = GanConfig {
                generator_rate: generator_rate.clone(),
                discriminator_rate: discriminator_rate.clone(),
                spectral_norm,
                ema: Some(Ema { decay: 0.99 }),
                ..small()
            };
            let fresh = ring(config.clone()).generator().clone();
            let mut gan = ring(config);
            let result = gan.run(1, |_| ());
            let samples = gan.sample(5, &mut Rng::new(0)).unwrap();
            assert!(samples.iter().all(|x| x.is_finite()));
            let logits = gan.logits(&array![[0.5, -0.5]]).unwrap();
            assert!(logits.iter().all(|x| x.is_finite()));
            if spectral_norm && result.is_ok() {
                continue; // a discriminator whose weights are divided by their norm may be as large as it likes
            }
            let error = result.unwrap_err();
            assert!(matches!(error, Error::Diverged { .. }), "{error}");
            if discriminator_rate == LearningRate::constant(1e-3) {
                assert_eq!(gan.generator(), &fresh);
            }
        }
    }
}

#[test]
fn samples_in_any_memory_order_and_no_others() {
    let gan = ring(GanConfig { pack: 2, ..small() });
    let samples = Rng::new(3).standard_normal(2, 6).unwrap();
    let rows = samples.t().as_standard_layout().to_owned();
    let columns = samples.clone().reversed_axes(); // the same six rows, column after column
    assert_eq!(gan.logits(&columns).unwrap(), gan.logits(&rows).unwrap());
    let mut gan = ring(small());
    let real = Rng::new(4).standard_normal(2, 8).unwrap().reversed_axes();
    let z = Rng::new(5).standard_normal(8, 2).unwrap();
    gan.step_on(&real, &z, &z).unwrap();
    let mut bad = z.clone();
    bad[[3, 1]] = f32::NAN;
    let before = gan.generator().clone();
    for error in [
        gan.step_on(&bad, &z, &z).unwrap_err(),
        gan.step_on(&real, &bad, &z).unwrap_err(),
        gan.step_on(&real, &z, &bad).unwrap_err(),
    ] {
        assert!(
            matches!(error, Error::NotFinite { index: 7, .. }),
            "{error}"
        );
    }
    assert_eq!(gan.generator(), &before);
    let none = before.answer(&Array2::zeros((4, 0))).unwrap_err();
    assert!(matches!(none, Error::Empty { .. }), "{none}");
    let slope = Mlp::new(&[2, 3, 1], f32::NAN, &[], &mut Rng::new(0)).unwrap_err();
    assert!(matches!(slope, Error::Parameter { .. }), "{slope}");
}

/// A tape over one network's parameters knows no layer of a network of other widths.
#[test]
fn a_network_on_the_parameters_of_another_is_refused() {
    let make = |widths: &[usize]| Mlp::new(widths, 0.2, &[], &mut Rng::new(0)).unwrap();
    let (network, wider) = (make(&[2, 3, 1]), make(&[2, 4, 1]));
    let x = Array2::zeros((5, 2));
    let answer = |owner: &Mlp| {
        let mut tape = Tape::new(owner.parameters());
        let x = tape.input(&x);
        network.forward(&mut tape, x).map(|_| ())
    };
    assert_eq!(answer(&make(&[2, 3, 1])), Ok(()));
    assert_eq!(
        answer(&make(&[2, 3, 1, 1])),
        Ok(()),
        "the same as far as it goes"
    );
    assert_eq!(
        answer(&wider),
        Err(Error::Foreign {
            what: "parameter of one network"
        })
    );
}
