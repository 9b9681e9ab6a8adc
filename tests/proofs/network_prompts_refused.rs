//! What a U-Net that is told sentences refuses: sizes that do not fit together, sentences and labels that it does not
//! know.

use diffusion_intuition::network::{Network, TextConfig, UNet, UNetConfig};
use diffusion_intuition::{Error, Rng};
use ndarray::{Array2, array};

use crate::network_prompts::{made, small_config};

#[test]
fn sizes_that_do_not_fit_are_refused() {
    type Change<'a> = &'a dyn Fn(&mut UNetConfig, &mut TextConfig);
    let refused = |change: Change| {
        let mut config = small_config();
        let mut text = config.text.clone().unwrap();
        change(&mut config, &mut text);
        config.text = Some(text);
        UNet::new(&config, &mut Rng::new(0)).unwrap_err()
    };
    let changes: [Change; 8] = [
        &|c, _| c.height = 3,
        &|c, _| c.classes = 2,
        &|c, _| (c.heads, c.levels) = (8, vec![4, 8]),
        &|_, t| t.width = 0,
        &|_, t| t.places = 0,
        &|_, t| t.factor = 0,
        &|_, t| t.levels = 0,
        &|_, t| t.heads = 4,
    ];
    for (i, change) in changes.iter().enumerate() {
        let fault = refused(change);
        assert!(matches!(fault, Error::Parameter { .. }), "{i}: {fault}");
    }
    // Eight heads fit the last level, and that is enough if no other looks at words.
    let mut config = small_config();
    config.heads = 8;
    config.text.as_mut().unwrap().levels = 1;
    assert!(UNet::new(&config, &mut Rng::new(0)).is_ok());
    let fault = refused(&|_, t| t.padding = 7);
    let (word, words) = (7, 7);
    assert_eq!(fault, Error::Word { word, words });
    let fault = refused(&|_, t| t.words = usize::MAX);
    assert!(matches!(fault, Error::Size { .. }), "{fault}");
    let fault = refused(&|_, t| t.factor = usize::MAX);
    assert!(matches!(fault, Error::Size { .. }), "{fault}");
}

#[test]
fn sentences_and_labels_that_it_does_not_know_are_refused() {
    let mut network = made(&small_config());
    let before = network.prompts().to_owned();
    let fault = network.set_prompts(&array![[0, 1, 3, 7, 2]]).unwrap_err();
    let (word, words) = (7, 7);
    assert_eq!(fault, Error::Word { word, words });
    let fault = network.set_prompts(&array![[0, 1, 3, 2]]).unwrap_err();
    let what = "prompts";
    let (expected, found) = (vec![1, 5], vec![1, 4]);
    assert_eq!(
        fault,
        Error::Shape {
            what,
            expected,
            found
        }
    );
    assert_eq!(network.prompts(), before);
    let x_t = Array2::zeros((2, 96));
    let fault = network.predict_given(&x_t, &[0, 1], &[None, Some(2)]);
    let (label, classes) = (2, 2);
    assert_eq!(fault.unwrap_err(), Error::Label { label, classes });
    // Without a list there is nothing but the empty sentence.
    let bare = UNet::new(&small_config(), &mut Rng::new(0)).unwrap();
    let fault = bare.predict_given(&x_t, &[0, 1], &[None, Some(0)]);
    let (label, classes) = (0, 0);
    assert_eq!(fault.unwrap_err(), Error::Label { label, classes });
    assert!(bare.predict_at(&x_t, 0).is_ok());
    let mut untold = UNet::new(&UNetConfig::default(), &mut Rng::new(0)).unwrap();
    let fault = untold.set_prompts(&before).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "sentences for a U-Net without a text encoder: make it with UNetConfig::text"
    );
}
