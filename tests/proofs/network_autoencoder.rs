//! The autoencoder against PyTorch 2.15, its scale, and what it refuses. The golden values are made by
//! tests/golden/autoencoder.py.

use diffusion_intuition::autograd::{Gradients, Tape, check_gradients};
use diffusion_intuition::metrics::psnr;
use diffusion_intuition::network::{Autoencoder, AutoencoderConfig, Fold};
use diffusion_intuition::train::safetensors::TensorFile;
use diffusion_intuition::train::train_autoencoder;
use diffusion_intuition::{Error, Result, Rng, data};
use ndarray::{Array2, s};
use rayon::ThreadPoolBuilder;

use crate::network_unet::fill;
use crate::pytorchs::{assert_gradients, difference, golden, largest};

/// The network of the golden file, and of the same weights: pictures that are higher than wide, of two channels.
fn small() -> Autoencoder {
    let config = AutoencoderConfig {
        height: 11,
        width: 5,
        channels: 2,
        hidden: 6,
        latents: 3,
        kl: 0.25,
    };
    let mut network = Autoencoder::new(&config, &mut Rng::new(0)).unwrap();
    let parameters = network.parameters_mut();
    fill(parameters, parameters.ids());
    set_scale(&mut network, 0.5);
    network
}

fn set_scale(network: &mut Autoencoder, scale: f32) {
    let id = network.parameters().id("scale").unwrap();
    network.parameters_mut().get_mut(id).fill(scale);
}

fn matrix(file: &mut TensorFile, name: &str) -> Array2<f32> {
    let shape = file.shape(name).unwrap().to_vec();
    Array2::from_shape_vec((shape[0], shape[1]), file.read(name).unwrap()).unwrap()
}

/// Sums of some fifty products through 12 layers: 1e-5 is a hundred units in the last place, as for the U-Net.
#[test]
fn latents_and_pictures_are_pytorchs() {
    let (mut file, network) = (golden("pytorch_autoencoder"), small());
    assert_eq!(network.size(), [4, 2, 3]);
    let [pictures, folded, mean, decoded] =
        ["pictures", "folded", "mean", "decoded"].map(|name| matrix(&mut file, name));
    let fold = Fold::new([11, 5, 2], 2, 8).unwrap();
    assert_eq!(fold.fold(&pictures).unwrap(), folded); // copies and −1
    let latents = network.encode(&pictures).unwrap();
    let close = |ours: &Array2<f32>, theirs: &Array2<f32>| {
        let theirs = theirs.as_slice().unwrap();
        let gap = difference(ours, theirs) / largest(theirs);
        assert!(gap < 1e-5, "{gap:e}");
    };
    close(&(&latents / 0.5), &mean);
    close(&network.without_scale().encode(&pictures).unwrap(), &mean);
    let expected = fold.unfold(&decoded).unwrap();
    close(&network.decode(&latents).unwrap(), &expected);
    close(&network.without_scale().decode(&mean).unwrap(), &expected);
}

#[test]
fn loss_and_every_gradient_are_pytorchs() {
    let (mut file, network) = (golden("pytorch_autoencoder"), small());
    let [pictures, noise] = ["pictures", "noise"].map(|name| matrix(&mut file, name));
    let mut tape = Tape::new(network.parameters());
    let losses = network.loss(&mut tape, &pictures, &noise).unwrap();
    for (ours, theirs) in losses.iter().zip(file.read("losses").unwrap()) {
        let ours = tape.scalar(*ours);
        assert!((ours / theirs - 1.0).abs() < 1e-5, "{ours} {theirs}");
    }
    let mut gradients = Gradients::new(network.parameters());
    tape.backward(losses[0], &mut gradients).unwrap();
    let id = network.parameters().id("scale").unwrap();
    assert_eq!(gradients.get(id)[[0, 0]], 0.0);
    gradients.get_mut(id).fill(1.0); // what the file says: PyTorch's network has no scale
    assert_gradients(&mut file, "small", network.parameters(), &gradients);
}

/// Step 1e-2: rounding of the loss and the third derivative leave about 1e-4 of the scale.
#[test]
fn the_gradient_is_that_of_central_differences() {
    let config = AutoencoderConfig {
        height: 8,
        width: 3,
        channels: 1,
        hidden: 2,
        latents: 1,
        kl: 0.5,
    };
    let mut network = Autoencoder::new(&config, &mut Rng::new(0)).unwrap();
    let parameters = network.parameters_mut();
    fill(parameters, parameters.ids());
    let pictures = Rng::new(1).standard_normal(3, 24).unwrap();
    let noise = Rng::new(2).standard_normal(3, 4).unwrap();
    let loss = |tape: &mut Tape| Ok(network.loss(tape, &pictures, &noise)?[0]);
    for result in check_gradients(network.parameters(), 1e-2, &loss).unwrap() {
        let bound = 1e-3 * result.scale.max(0.1);
        assert!(result.difference < bound, "{result:?}");
    }
}

fn clothes() -> data::PictureSplit {
    data::fashion(format!("{}/data/fashion.bin", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// KL(N(μ, σ²) ‖ N(0, 1)) is 0 where both are the same: a network of zeros. The error of grey is that of the pictures
/// themselves, the border included.
#[test]
fn nothing_learned_is_nothing_told() {
    let mut network = Autoencoder::new(&AutoencoderConfig::default(), &mut Rng::new(0)).unwrap();
    network.parameters_mut().values_mut().fill(0.0);
    let rows = clothes().held_out.rows.slice(s![..4, ..]).to_owned();
    let noise = Rng::new(0).standard_normal(4, 256).unwrap();
    let mut tape = Tape::new(network.parameters());
    let [loss, error, kl] = network.loss(&mut tape, &rows, &noise).unwrap();
    assert_eq!(tape.scalar(kl), 0.0);
    let squares: f64 = rows.iter().map(|x| f64::from(x * x)).sum();
    let expected = (squares / 4.0 + 240.0) / 1024.0; // 1,024 − 784 numbers of −1
    // 4,096 squares added in f32: a few units in the last place.
    assert!((f64::from(tape.scalar(error)) / expected - 1.0).abs() < 1e-6);
    assert_eq!(tape.scalar(loss), tape.scalar(error));
}

/// After training the latents of the training pictures have variance 1: that of all their numbers, to rounding. Those of
/// others, too, within chance; and the same bits come out at any number of threads.
#[test]
fn training_learns_scales_and_repeats() {
    let (rows, held_out) = (clothes().train.rows, clothes().held_out.rows);
    let config = AutoencoderConfig {
        hidden: 8,
        ..AutoencoderConfig::default()
    };
    let train = || -> Result<_> {
        let mut network = Autoencoder::new(&config, &mut Rng::new(0))?;
        let mut losses = Vec::new();
        train_autoencoder(&mut network, &rows, 250, &mut Rng::new(1), |progress| {
            losses.push((progress.step, progress.loss));
        })?;
        Ok((network, losses))
    };
    let on = |threads| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(train).unwrap()
    };
    let (network, losses) = on(1);
    assert!(on(3) == (network.clone(), losses.clone()));
    let steps: Vec<u64> = losses.iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, [100, 200, 250]);
    // The clothes' variance about their mean is 0.33: less is learned.
    assert!(
        losses[0].1 > losses[2].1 && losses[2].1 < 0.25,
        "{losses:?}"
    );
    let variance = |rows| {
        let latents = network.encode(rows).unwrap().mapv(f64::from);
        latents.var(0.0)
    };
    // The scale is an f32, as each latent is.
    let own = variance(&rows);
    assert!((own - 1.0).abs() < 1e-5, "{own}");
    // Of 1,000 others: their mean squares lie around 1 with a standard deviation below 1 a picture, so that of all
    // is within 4·1/√1000 = 0.13 but once in 16,000.
    let other = variance(&held_out);
    assert!((other - 1.0).abs() < 0.13, "{other}");
    // Without the scale it is another.
    let plain = network.without_scale().encode(&rows).unwrap();
    let scale = f64::from(network.scale());
    let expected = 1.0 / (scale * scale);
    assert!((plain.mapv(f64::from).var(0.0) / expected - 1.0).abs() < 1e-5);
    assert!((scale - 1.0).abs() > 0.1);
}

#[test]
fn an_observer_stops_the_training() {
    let rows = clothes().train.rows.slice(s![..50, ..]).to_owned();
    let mut network = Autoencoder::new(&AutoencoderConfig::default(), &mut Rng::new(0)).unwrap();
    let mut calls = 0;
    train_autoencoder(&mut network, &rows, 1000, &mut Rng::new(1), |_| {
        calls += 1;
        std::ops::ControlFlow::Break(())
    })
    .unwrap();
    assert_eq!(calls, 1);
    let latents = network.encode(&rows).unwrap().mapv(f64::from);
    assert!((latents.var(0.0) - 1.0).abs() < 1e-5); // scaled all the same
}

/// A row's answer is its own, whatever else is in the batch, bit for bit.
#[test]
fn rows_are_coded_one_by_one() {
    let network = small();
    let pictures = Rng::new(1).standard_normal(7, 110).unwrap();
    let latents = network.encode(&pictures).unwrap();
    let decoded = network.decode(&latents).unwrap();
    for i in 0..7 {
        let alone = network.encode(&pictures.slice(s![i..=i, ..]).to_owned());
        let alone = alone.unwrap();
        assert_eq!(alone.row(0), latents.row(i));
        assert_eq!(network.decode(&alone).unwrap().row(0), decoded.row(i));
    }
    let none = network.encode(&Array2::zeros((0, 110))).unwrap();
    assert_eq!(none.dim(), (0, 24));
    assert_eq!(network.decode(&none).unwrap().dim(), (0, 110));
}

#[test]
fn bad_input_is_refused() {
    let config = AutoencoderConfig::default();
    let refused = |config| {
        let error = Autoencoder::new(&config, &mut Rng::new(0)).unwrap_err();
        assert!(matches!(
            error,
            Error::Parameter { .. } | Error::Size { .. }
        ));
    };
    for number in [0, usize::MAX] {
        refused(AutoencoderConfig {
            height: number,
            ..config
        });
        refused(AutoencoderConfig {
            width: number,
            ..config
        });
        refused(AutoencoderConfig {
            channels: number,
            ..config
        });
        refused(AutoencoderConfig {
            hidden: number,
            ..config
        });
        refused(AutoencoderConfig {
            latents: number,
            ..config
        });
    }
    for kl in [-1.0, f32::NAN, f32::INFINITY] {
        refused(AutoencoderConfig { kl, ..config });
    }
    let mut network = small();
    let shape = |result: Result<Array2<f32>>| assert!(matches!(result, Err(Error::Shape { .. })));
    shape(network.encode(&Array2::zeros((2, 109))));
    shape(network.decode(&Array2::zeros((2, 25))));
    let nan = Array2::from_elem((1, 110), f32::NAN);
    assert!(matches!(network.encode(&nan), Err(Error::NotFinite { .. })));
    let nan = Array2::from_elem((1, 24), f32::NAN);
    assert!(matches!(network.decode(&nan), Err(Error::NotFinite { .. })));
    let mut tape = Tape::new(network.parameters());
    let loss = network.loss(&mut tape, &Array2::zeros((2, 110)), &Array2::zeros((2, 23)));
    assert!(matches!(loss, Err(Error::Shape { what: "noise", .. })));
    drop(tape);
    let before = network.clone();
    let none = network.fit_scale(&Array2::zeros((0, 110)));
    assert!(matches!(none, Err(Error::Empty { .. })));
    let rng = &mut Rng::new(0);
    let none = train_autoencoder(&mut network, &Array2::zeros((0, 110)), 5, rng, |_| ());
    assert!(matches!(none, Err(Error::Empty { .. })));
    // Means that are all the same have no scale.
    assert!(network == before);
    network.parameters_mut().values_mut().fill(0.0);
    let same = network.fit_scale(&Array2::zeros((4, 110)));
    assert!(matches!(same, Err(Error::Parameter { .. })), "{same:?}");
    for (picture, side, multiple) in [
        ([0, 4, 1], 2, 2),
        ([4, 4, 0], 2, 2),
        ([4, 4, 1], 0, 2),
        ([4, 4, 1], 2, 0),
        ([4, 4, 1], 2, 3),
    ] {
        let error = Fold::new(picture, side, multiple).unwrap_err();
        assert!(matches!(error, Error::Parameter { .. }), "{error}");
    }
}

#[test]
fn peak_signal_to_noise_by_hand() {
    let (black, grey) = (
        Array2::from_elem((2, 3), -1.0),
        Array2::from_elem((2, 3), -0.8),
    );
    // 10·log₁₀(4/0.04) = 20, to the rounding of 0.2 in f32.
    let found = psnr(&black, &grey, 2.0).unwrap();
    assert!((found - 20.0).abs() < 1e-6, "{found}");
    // Half the error: 20·log₁₀ 2 more.
    let found = psnr(&black, &Array2::from_elem((2, 3), -0.9), 2.0).unwrap();
    assert!((found - 20.0 - 20.0 * 2.0_f64.log10()).abs() < 1e-5);
    assert_eq!(psnr(&black, &black, 2.0).unwrap(), f64::INFINITY);
    let shape = psnr(&black, &Array2::zeros((3, 2)), 2.0);
    assert!(matches!(shape, Err(Error::Shape { .. })));
    let empty = Array2::zeros((0, 3));
    assert!(matches!(
        psnr(&empty, &empty, 2.0),
        Err(Error::Empty { .. })
    ));
    for range in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            psnr(&black, &grey, range),
            Err(Error::Parameter { .. })
        ));
    }
    let nan = Array2::from_elem((2, 3), f32::NAN);
    assert!(matches!(
        psnr(&black, &nan, 2.0),
        Err(Error::NotFinite { .. })
    ));
}
