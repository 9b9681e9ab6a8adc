//! What a Transformer refuses.

use diffusion_intuition::autograd::Tape;
use diffusion_intuition::network::{Learned, Minibatch, Network, Sentences};
use diffusion_intuition::network::{Transformer, TransformerConfig};
use diffusion_intuition::text::WordVectors;
use diffusion_intuition::{Error, Rng};
use ndarray::{Array2, array};

use crate::network_transformer::{small, small_config};

#[test]
fn sizes_that_make_no_network() {
    let refused = |change: &dyn Fn(&mut TransformerConfig)| {
        let mut config = small_config(Learned::No);
        change(&mut config);
        Transformer::new(&config, &mut Rng::new(0)).unwrap_err()
    };
    for change in [
        &(|config: &mut TransformerConfig| config.places = 0) as &dyn Fn(&mut TransformerConfig),
        &|config| config.width = 0,
        &|config| config.heads = 0,
        &|config| config.heads = 3,
        &|config| config.factor = 0,
        &|config| config.embedding = 1,
        &|config| config.cross_entropy = -1.0,
        &|config| config.squared_error = f32::NAN,
    ] {
        let fault = refused(change);
        assert!(matches!(fault, Error::Parameter { .. }), "{fault}");
    }
    for change in [
        &(|config: &mut TransformerConfig| config.places = usize::MAX)
            as &dyn Fn(&mut TransformerConfig),
        &|config| config.width = usize::MAX / 2 * 2,
        &|config| config.factor = usize::MAX,
        &|config| config.blocks = usize::MAX,
        &|config| config.classes = usize::MAX,
    ] {
        let fault = refused(change);
        assert!(matches!(fault, Error::Size { .. }), "{fault}");
    }
}

#[test]
fn batches_that_do_not_fit() {
    let network = small(Learned::No);
    let x_t = Array2::zeros((2, 15));
    let shape = |fault: Error| assert!(matches!(fault, Error::Shape { .. }), "{fault}");
    shape(network.posteriors(&x_t, &[0], &[None; 2]).unwrap_err());
    shape(network.posteriors(&x_t, &[0; 2], &[None]).unwrap_err());
    shape(network.predict_at(&Array2::zeros((2, 14)), 0).unwrap_err());
    let fault = network.predict_at(&x_t, 50).unwrap_err();
    assert_eq!(
        fault,
        Error::Timestep {
            t: 50,
            timesteps: 50
        }
    );
    let fault = network
        .posteriors(&x_t, &[0; 2], &[Some(2), None])
        .unwrap_err();
    assert_eq!(
        fault,
        Error::Label {
            label: 2,
            classes: 2
        }
    );
    let none = network
        .posteriors(&Array2::zeros((0, 15)), &[], &[])
        .unwrap();
    assert_eq!(none.dim(), (0, 7));
}

#[test]
fn sentences_that_do_not_fit() {
    let network = small(Learned::No);
    let words = array![[0_usize, 1, 2]];
    let x0 = network.config().vectors.encode(&words).unwrap();
    let eps = Array2::zeros((1, 15));
    let alpha_bar = network.config().schedule.alpha_bar(3).unwrap();
    let x_t = x0.mapv(|x| x * alpha_bar.sqrt() as f32);
    let loss = |words: &Array2<usize>, [x_t, x0, eps]: [&Array2<f32>; 3], ts: &[usize]| {
        let mut tape = Tape::new(network.parameters());
        let batch = Minibatch {
            x_t: x_t.view(),
            ts,
            labels: &[],
            target: eps.view(),
            sentences: Some(Sentences {
                words: words.view(),
                x0: x0.view(),
                eps: eps.view(),
            }),
        };
        network.loss(&mut tape, &batch).map(|_| ())
    };
    let rows = [&x_t, &x0, &eps];
    assert_eq!(loss(&words, rows, &[3]), Ok(()));
    let foreign = |what| Err(Error::Foreign { what });
    assert_eq!(
        loss(&words, rows, &[9]),
        foreign("timestep of one schedule")
    );
    let other = array![[0, 1, 3]];
    assert_eq!(
        loss(&other, rows, &[3]),
        foreign("word vector of one vocabulary")
    );
    assert_eq!(
        loss(&array![[0, 1, 7]], rows, &[3]),
        Err(Error::Word { word: 7, words: 7 })
    );
    for fault in [
        loss(&array![[0, 1]], rows, &[3]),
        loss(&words, rows, &[3, 3]),
        loss(&words, [&x0, &x0, &Array2::zeros((1, 14))], &[3]),
        loss(&words, [&Array2::zeros((2, 15)), &x0, &eps], &[3]),
    ] {
        assert!(matches!(fault, Err(Error::Shape { .. })), "{fault:?}");
    }
}

#[test]
fn vectors_of_words() {
    let mut rng = Rng::new(0);
    let vectors = WordVectors::random(20, 8, &mut rng).unwrap();
    for vector in vectors.vectors().rows() {
        // Eight squares in f32, of a norm that was computed in f64.
        assert!((vector.dot(&vector) - 1.0).abs() < 1e-6);
    }
    let sentences = Array2::from_shape_fn((7, 3), |(i, j)| (5 * i + 7 * j) % 20);
    let x0 = vectors.encode(&sentences).unwrap();
    assert_eq!(
        x0.row(2).as_slice().unwrap()[8..16],
        vectors.vectors().row(17).to_vec()
    );
    assert_eq!(vectors.round(&x0).unwrap(), sentences);
    // The nearest, not the one of largest product: the norm counts.
    let two = WordVectors::new(array![[1.0, 0.0], [3.0, 0.0]]).unwrap();
    assert_eq!(
        two.round(&array![[1.5, 9.0, 2.5, 0.0]]).unwrap(),
        array![[0, 1]]
    );
    assert_eq!(
        vectors.encode(&array![[20]]),
        Err(Error::Word {
            word: 20,
            words: 20
        })
    );
    assert!(matches!(
        vectors.round(&Array2::zeros((1, 9))),
        Err(Error::Shape { .. })
    ));
    assert!(matches!(
        vectors.round(&array![[f32::NAN; 8]]),
        Err(Error::NotFinite { .. })
    ));
    assert!(matches!(
        WordVectors::new(Array2::zeros((0, 3))),
        Err(Error::Empty { .. })
    ));
    assert!(matches!(
        WordVectors::new(array![[f32::INFINITY]]),
        Err(Error::NotFinite { .. })
    ));
    assert!(matches!(
        WordVectors::random(usize::MAX, 3, &mut rng),
        Err(Error::Size { .. })
    ));
}
