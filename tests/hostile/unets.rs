//! U-Nets of any sizes, told classes or sentences.

use diffusion_intuition::Denoiser;
use diffusion_intuition::autograd::Tape;
use diffusion_intuition::network::{Network, TextConfig, UNet, UNetConfig};
use diffusion_intuition::sampler::Guidance;
use ndarray::Array2;

use crate::draw::{Draw, no_nan_f32};
use crate::layers::{checked, side};

/// Sizes that are valid together, but for a few.
fn any_config(draw: &Draw) -> UNetConfig {
    let or = |usual: usize| match draw.rarely(16) {
        true => draw.size(),
        false => usual,
    };
    let groups = draw.one(&[1, 2, 4]);
    let levels = (0..or(draw.one(&[1, 2, 3])).min(70)).map(|_| or(draw.one(&[4, 8])));
    let levels: Vec<usize> = levels.collect();
    let text = draw.rarely(3).then(|| TextConfig {
        width: or(draw.one(&[2, 4])),
        blocks: draw.one(&[0, 1, 2]),
        heads: or(draw.one(&[1, 2])),
        factor: or(draw.one(&[1, 2])),
        levels: or(draw.one(&[1, 2])),
        ..TextConfig::new(or(5), or(4), or(3))
    });
    UNetConfig {
        height: or(draw.one(&[4, 8, 1, 6])),
        width: or(draw.one(&[4, 4, 8, 3])),
        channels: or(draw.one(&[1, 3])),
        levels,
        embedding: or(draw.one(&[2, 4, 6])),
        groups: or(groups),
        heads: or(draw.one(&[1, 2, 4])),
        classes: match text {
            Some(_) => or(0),
            None => or(draw.one(&[0, 2, 10])),
        },
        text,
    }
}

pub fn unets(draw: &Draw) -> Result<(), String> {
    let config = any_config(draw);
    let Ok(mut network) = UNet::new(&config, &mut draw.rng()) else {
        return Ok(());
    };
    // Nothing is at zero, as after training.
    let mut rng = draw.rng();
    let values = network.parameters_mut().values_mut();
    let noise = rng.standard_normal(1, values.len()).unwrap();
    let pairs = values.iter_mut().zip(&noise);
    pairs.for_each(|(value, z)| *value += 0.1 * z);
    let places = config.text.as_ref().map_or(3, |text| text.places);
    let words = Array2::from_shape_fn((2, places.min(9)), |_| draw.one(&[0, 1, 4]));
    // If it is told sentences, and knows these words.
    let _ = network.set_prompts(&words);
    if let Ok(cut) = network.without_skip(side(draw)) {
        network = cut;
    }
    let pixels = config.height * config.width * config.channels;
    if pixels > 5000 {
        return Ok(());
    }
    let n = draw.one(&[0, 1, 2, 3, 9]);
    let x = draw.rows(n, if draw.rarely(9) { draw.small() } else { pixels });
    let many = |draw: &Draw| if draw.rarely(9) { draw.small() } else { n };
    let ts: Vec<usize> = (0..many(draw))
        .map(|_| draw.one(&[0, 1, 999, usize::MAX]))
        .collect();
    let valid = !draw.rarely(4);
    let label = |_| match valid {
        true => draw.one(&[None, network.classes().checked_sub(1)]),
        false => Some(draw.size()),
    };
    let labels: Vec<Option<usize>> = (0..many(draw)).map(label).collect();
    let small = x.iter().all(|x| x.abs() < 1e4);
    if let (Ok(seen), true) = (network.activations(&x, &ts, &labels), small) {
        for h in &seen {
            no_nan_f32("activations", h)?;
        }
        for map in network
            .attention_maps(&x, &ts, &labels)
            .into_iter()
            .flatten()
        {
            no_nan_f32("shares of attention", &map)?;
        }
    }
    let mut tape = Tape::new(network.parameters());
    let x_t = tape.variable(&x);
    let answer = network.forward_given(&mut tape, x_t, &ts, &labels);
    checked(&mut tape, network.parameters(), answer, small, &[x_t])?;
    let guidance = match draw.rarely(2) {
        true => Guidance::towards(network.given_each(&labels), draw.f64()),
        false => Guidance::towards(network.given(label(0)), draw.f64()),
    };
    let t = draw.one(&[0, 5, usize::MAX]);
    let answers = [
        network.predict_given(&x, &ts, &labels),
        network.predict(&x, &ts),
        network.given(label(0)).denoise(&x, t),
        guidance.and_then(|guidance| guidance.denoise(&x, t)),
    ];
    for answer in answers.into_iter().flatten() {
        if answer.dim() != x.dim() {
            return Err(format!("{:?} from {:?}", answer.dim(), x.dim()));
        }
        if small {
            no_nan_f32("a prediction", &answer)?;
        }
    }
    Ok(())
}
