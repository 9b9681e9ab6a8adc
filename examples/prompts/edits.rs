//! What the network has learned by heart, and what edits do: another word half way, negative prompts, and painting over
//! a picture.

use std::path::Path;

use diffusion_intuition::prelude::*;
use diffusion_intuition::scenes::{Scenes, Size, Thing};

use crate::common::training::loss_of_v;
use crate::recipe;

/// Pictures of each measure.
const PICTURES: usize = 200;

/// Scale of the guidance.
const SCALE: f64 = 3.0;

pub fn measure(weights: &Path) -> Result<()> {
    let scenes = Scenes::new()?;
    let mut network = recipe::network(&scenes)?;
    network.parameters_mut().load(weights)?;
    exact(&network, &scenes)?;
    by_heart(&network, &scenes)?;
    swap(&network, &scenes, 1.0)?;
    swap(&network, &scenes, SCALE)?;
    negative(&network, &scenes)?;
    for other in ["yellow square", "blue circle"] {
        let new = format!("a small red crab left of a large {other}");
        over(&network, &scenes, &new)?;
    }
    Ok(())
}

/// Beside the network the best model of all, told the sentence: E[x_0 | x_t, sentence] over all pictures that it allows.
fn exact(network: &UNet, scenes: &Scenes) -> Result<()> {
    for text in [
        "a red crab",
        "a large blue circle on the left",
        "a small red crab left of a blue square",
        "a yellow triangle above a large purple circle",
    ] {
        let sentence = scenes.parse(text)?;
        let rows = scenes.scenes_of(&sentence)?;
        let all = EmpiricalDenoiser::new(&rows, &recipe::schedule()?, recipe::PREDICTION)?;
        let network = told(network, scenes, &[text])?;
        let guided = Guidance::towards(network.given(Some(0)), SCALE)?;
        let best = recipe::sampler()?;
        let noise = Rng::new(8).standard_normal(PICTURES, Scenes::SIZE.iter().product())?;
        let best = best.sample(&all, &noise, &mut Rng::new(9))?;
        let own = recipe::sample(&guided, PICTURES, &mut Rng::new(8))?;
        for (painted, who) in [(best, "the best model"), (own, "the network")] {
            let read = scenes.read(&painted)?;
            let right = share(&read, |things| {
                scenes.obeys(&sentence, things).is_ok_and(|of| of.all)
            });
            let varied = scenes.freedom(&sentence, &read)?.share();
            println!("{text}, {who}: obeyed {right:.3}, diversity {varied:.3}");
        }
    }
    Ok(())
}

/// The loss on pictures that were trained on, and on fresh ones of the same sentences, always with the same noise.
fn by_heart(network: &UNet, scenes: &Scenes) -> Result<()> {
    let (rows, labels) = recipe::data(scenes)?;
    let some: Vec<usize> = (0..rows.nrows()).step_by(80).collect();
    let labels: Vec<usize> = some.iter().map(|i| labels[*i]).collect();
    let sentences = scenes.sentences().select(Axis(0), &labels);
    let fresh = scenes.draw(&sentences, &mut Rng::new(2))?;
    let schedule = recipe::schedule()?;
    let [old, new] = [rows.select(Axis(0), &some), fresh]
        .map(|rows| loss_of_v(network, &schedule, &rows, &labels));
    println!(
        "loss on pictures trained on {:.5}, on fresh ones {:.5}",
        old?, new?
    );
    Ok(())
}

/// The network with a list of these sentences.
fn told(network: &UNet, scenes: &Scenes, sentences: &[&str]) -> Result<UNet> {
    let words = sentences.iter().map(|text| scenes.parse(text));
    let words: Vec<usize> = words.collect::<Result<Vec<_>>>()?.concat();
    let shape = (sentences.len(), scenes.places());
    let prompts = Array2::from_shape_vec(shape, words).expect("whole sentences");
    let mut network = network.clone();
    network.set_prompts(&prompts)?;
    Ok(network)
}

/// The share of lists of things of which `holds`.
fn share(read: &[Vec<Thing>], holds: impl Fn(&[Thing]) -> bool) -> f64 {
    read.iter().filter(|things| holds(things)).count() as f64 / read.len() as f64
}

/// A model until a timestep, and another from there on.
struct Swap<'a> {
    models: [&'a dyn Denoiser; 2],
    /// The second is asked below this timestep.
    at: usize,
}

impl Denoiser for Swap<'_> {
    fn denoise(&self, x_t: &Array2<f32>, t: usize) -> Result<Array2<f32>> {
        self.models[usize::from(t < self.at)].denoise(x_t, t)
    }
}

/// Until which of 25 steps a word may change and still be followed, with guidance and without.
fn swap(network: &UNet, scenes: &Scenes, scale: f64) -> Result<()> {
    let colours = ["a small red crab", "a small blue crab"];
    let shapes = ["a small red crab", "a small red square"];
    let relations = ["left of", "right of"];
    let relations = relations.map(|of| format!("a small red crab {of} a small blue square"));
    let relations = relations.each_ref().map(String::as_str);
    for (pair, what) in [
        (colours, "colour"),
        (shapes, "shape"),
        (relations, "relation"),
    ] {
        let network = told(network, scenes, &pair)?;
        let [first, second] = [0, 1].map(|i| Guidance::towards(network.given(Some(i)), scale));
        let (first, second) = (first?, second?);
        let sentences = pair.map(|text| scenes.parse(text));
        let ts = recipe::sampler()?.timesteps().to_vec();
        for k in [0, 5, 10, 12, 14, 16, 18, 20, 21, 22, 23, 24, 25] {
            let at = ts.get(k).map_or(0, |t| t + 1);
            let models: [&dyn Denoiser; 2] = [&first, &second];
            let painted = recipe::sample(&Swap { models, at }, PICTURES, &mut Rng::new(3))?;
            let read = scenes.read(&painted)?;
            let obeyed = sentences.each_ref().map(|sentence| {
                let Ok(sentence) = sentence else {
                    return f64::NAN;
                };
                share(&read, |things| {
                    scenes.obeys(sentence, things).is_ok_and(|of| of.all)
                })
            });
            let [old, new] = obeyed;
            println!(
                "scale {scale}, {what} changed after {k} steps: {old:.3} obey the first, {new:.3} the second"
            );
        }
    }
    Ok(())
}

/// What is left open, led away from a sentence that says it.
fn negative(network: &UNet, scenes: &Scenes) -> Result<()> {
    let sentences = ["a red crab", "a large red crab", "a red crab on the left"];
    let network = told(network, scenes, &sentences)?;
    for scale in [1.0, 1.5, 2.0, 3.0, 4.0] {
        for (other, text) in [
            (None, "nothing"),
            (Some(1), sentences[1]),
            (Some(2), sentences[2]),
        ] {
            let (wanted, other) = (network.given(Some(0)), network.given(other));
            let guidance = Guidance::new(&wanted, &other, scale)?;
            let painted = recipe::sample(&guidance, PICTURES, &mut Rng::new(4))?;
            let read = scenes.read(&painted)?;
            let right = scenes.parse(sentences[0])?;
            let obeyed = share(&read, |things| {
                scenes.obeys(&right, things).is_ok_and(|of| of.all)
            });
            let large = share(&read, |things| {
                things.iter().any(|thing| thing.size == Size::Large)
            });
            let left = share(&read, |things| {
                things.iter().any(|of| of.x + of.size.side() <= 8)
            });
            println!(
                "scale {scale}, {}, not {text}: obeyed {obeyed:.3}, large {large:.3}, left {left:.3}",
                sentences[0]
            );
        }
    }
    Ok(())
}

/// SDEdit: pictures of one sentence, noised to t and painted over as another.
fn over(network: &UNet, scenes: &Scenes, text: &str) -> Result<()> {
    let sentences = ["a small red crab left of a large blue square", text];
    let network = told(network, scenes, &sentences)?;
    let old = scenes.parse(sentences[0])?;
    let rows = Array2::from_shape_fn((PICTURES, old.len()), |(_, k)| old[k]);
    let guides = scenes.draw(&rows, &mut Rng::new(5))?;
    let before = scenes.read(&guides)?;
    let guidance = Guidance::towards(network.given(Some(1)), SCALE)?;
    let model = recipe::PREDICTION.of(&guidance);
    let [new, old] = [scenes.parse(sentences[1])?, old];
    for t in (99..1000).step_by(100) {
        let painted = recipe::sampler()?.edit(&model, &guides, t, &mut Rng::new(6))?;
        let after = scenes.read(&painted)?;
        let obeyed = |sentence: &[usize]| {
            share(&after, |things| {
                scenes.obeys(sentence, things).is_ok_and(|of| of.all)
            })
        };
        // A thing of any kind within a pixel of where one was, for both that were.
        let near = |a: &Thing, b: &Thing| a.x.abs_diff(b.x).max(a.y.abs_diff(b.y)) <= 1;
        let kept = before.iter().zip(&after).filter(|(before, after)| {
            before
                .iter()
                .all(|one| after.iter().any(|other| near(one, other)))
        });
        let kept = kept.count() as f64 / PICTURES as f64;
        let [old, new] = [obeyed(&old), obeyed(&new)];
        println!(
            "painted over as {text}, from t = {t}: {old:.3} as before, {new:.3} as said, {kept:.3} in place"
        );
    }
    Ok(())
}
