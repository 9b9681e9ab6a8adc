//! What a U-Net refuses: sizes that do not fit together, pictures and labels that do not fit it.

use diffusion_intuition::autograd::Tape;
use diffusion_intuition::network::{Network, UNet, UNetConfig};
use diffusion_intuition::{Error, Rng};
use ndarray::Array2;

use crate::network_unet::{made, small_config};

#[test]
fn sizes_that_do_not_fit_are_refused() {
    let refused = |change: &dyn Fn(&mut UNetConfig)| {
        let mut config = small_config();
        change(&mut config);
        UNet::new(&config, &mut Rng::new(0)).unwrap_err()
    };
    let changes: [&dyn Fn(&mut UNetConfig); 13] = [
        &|c| c.height = 6,
        &|c| c.width = 2,
        &|c| c.height = 0,
        &|c| c.channels = 0,
        &|c| c.embedding = 1,
        &|c| c.groups = 0,
        &|c| c.groups = 3,
        &|c| c.levels[0] = 0,
        &|c| c.levels[1] = 7,
        &|c| c.heads = 0,
        &|c| c.heads = 5,
        &|c| c.levels = vec![4; 64],
        &|c| c.levels = vec![4; 65],
    ];
    for (i, change) in changes.iter().enumerate() {
        let fault = refused(change);
        assert!(matches!(fault, Error::Parameter { .. }), "{i}: {fault}");
    }
    let fault = refused(&|c| c.levels.clear());
    assert!(matches!(fault, Error::Empty { .. }), "{fault}");
    let large: [&dyn Fn(&mut UNetConfig); 4] = [
        &|c| c.levels[2] = 1 << 40,
        &|c| c.channels = usize::MAX,
        &|c| c.classes = usize::MAX,
        &|c| (c.height, c.width) = (1 << 40, 1 << 40),
    ];
    for (i, change) in large.iter().enumerate() {
        let fault = refused(change);
        assert!(matches!(fault, Error::Size { .. }), "{i}: {fault}");
    }
    assert_eq!(
        refused(&|c| c.height = 6).to_string(),
        "height of pictures = 6: must be at least 1 and a multiple of 2 to the number of levels but one"
    );
}

#[test]
fn pictures_and_labels_that_do_not_fit_are_refused() {
    let network = made(&small_config());
    let x_t = Array2::zeros((2, 64));
    let fault = network.predict_given(&x_t, &[0, 1], &[None, Some(3)]);
    let (label, classes) = (3, 3);
    assert_eq!(fault.unwrap_err(), Error::Label { label, classes });
    let fault = network.predict_at(&Array2::zeros((2, 63)), 0).unwrap_err();
    assert!(matches!(fault, Error::Shape { .. }), "{fault}");
    let mut tape = Tape::new(network.parameters());
    let x = tape.input(&x_t);
    let ts = network.forward(&mut tape, x, &[0]);
    assert!(matches!(ts, Err(Error::Shape { .. })), "{ts:?}");
    // The number of classes is none, though the table has a row there: that of the label that says nothing.
    let fault = network.forward_given(&mut tape, x, &[0, 0], &[None, Some(3)]);
    assert_eq!(fault.unwrap_err(), Error::Label { label, classes });
    let labels = network.forward_given(&mut tape, x, &[0, 0], &[None]);
    assert!(matches!(labels, Err(Error::Shape { .. })), "{labels:?}");
    assert_eq!(
        network
            .predict_at(&Array2::zeros((0, 64)), 0)
            .unwrap()
            .dim(),
        (0, 64)
    );
}
