//! Prompts: Say what shall be in a picture, and see four that are as you say, and four that this book's network paints out
//! of noise. A program that has learned nothing reads them back: what is there, and at which column and row. Beside it,
//! another sentence, from the same noise.

use diffusion_intuition::network::{TextConfig, UNetConfig};
use diffusion_intuition::prelude::*;
use diffusion_intuition::scenes::{Obeyed, Scenes};
use ndarray::s;

use crate::{Answer, Asked, Desk, Reply};

/// Pictures of a sentence.
const PICTURES: usize = 4;
/// Two sentences stand side by side.
const SIDES: usize = 2;

/// The world of pictures and sentences, and once they are loaded the weights, with what they painted last.
pub struct Studio {
    scenes: Scenes,
    network: Option<UNet>,
    ways: [Option<Way>; SIDES],
}

/// A sentence, and the states of its pictures at the timesteps of a sampler.
struct Way {
    said: Array2<usize>,
    timesteps: Vec<usize>,
    states: Vec<Array2<f32>>,
}

/// What a sentence allows: how many pictures, some of them, and whether the network was never shown such a one.
pub fn scene(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let scenes = &desk.studio()?.scenes;
    let said = said(scenes, asked)?;
    let sentence = said.row(0).to_vec();
    let drawn = scenes.draw(&said, &mut Rng::new(asked.number("seed")?))?;
    let mut answer = Answer::default();
    answer.put("count", [scenes.count_of(&sentence)?]);
    answer.put("unseen", [u8::from(scenes.is_unseen(&sentence))]);
    answer.put("drawn", drawn.iter().copied());
    Ok(answer)
}

/// Takes the weights that the page has loaded.
pub fn brushes(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let studio = desk.studio()?;
    let words = studio.scenes.vocabulary();
    let padding = words.padding().ok_or("sentences have no padding")?;
    let text = TextConfig::new(words.len(), padding, studio.scenes.places());
    let [height, width, channels] = Scenes::SIZE;
    let config = UNetConfig {
        height,
        width,
        channels,
        levels: vec![16, 32, 64],
        embedding: 32,
        text: Some(text),
        ..UNetConfig::default()
    };
    let mut network = UNet::new(&config, &mut Rng::new(0))?;
    network
        .parameters_mut()
        .load_bytes("prompts.safetensors", asked.bytes().to_vec())?;
    let mut answer = Answer::default();
    answer.put("parameters", [network.parameters().count() as f64]);
    studio.network = Some(network);
    Ok(answer)
}

/// Paints a sentence out of noise: every state on the way, and what the program reads in the end, a line a picture.
pub fn picture(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let studio = desk.studio()?;
    let side = side(asked)?;
    let said = said(&studio.scenes, asked)?;
    let network = studio
        .network
        .as_mut()
        .ok_or("the weights are not loaded")?;
    network.set_prompts(&said)?;
    let mut rng = Rng::new(asked.number("seed")?);
    let [height, width, channels] = Scenes::SIZE;
    let noise = rng.standard_normal(PICTURES, height * width * channels)?;
    let schedule = Schedule::cosine(1000)?;
    let sampler = Sampler::new(&schedule, Method::DDPM, asked.number("steps")?)?;
    let labels: Vec<_> = (0..PICTURES).map(Some).collect();
    let (given, scale) = (network.given_each(&labels), asked.number("scale")?);
    let guided = Guidance::towards(given, scale)?;
    let model: &dyn Denoiser = if scale == 1.0 { &given } else { &guided };
    let way = sampler.trajectory(&Prediction::V.of(model), &noise, &mut rng)?;
    let pictures = way.samples().clamp(-1.0, 1.0);
    let mut answer = Answer::default();
    answer.put("states", way.states().iter().flatten().copied());
    let verdicts = verdicts(&studio.scenes, &said.row(0).to_vec(), &pictures)?;
    answer.put("verdicts", verdicts.bytes());
    studio.ways[side] = Some(Way {
        said,
        timesteps: sampler.timesteps().to_vec(),
        states: way.states().to_vec(),
    });
    Ok(answer)
}

/// How every pixel of a picture shares its attention among the words of its sentence, at a step of its way.
pub fn gaze(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let studio = desk.studio()?;
    let way = &studio.ways[side(asked)?];
    let way = way.as_ref().ok_or("nothing is painted on this side")?;
    let network = studio
        .network
        .as_mut()
        .ok_or("the weights are not loaded")?;
    let [picture, step] = [asked.number("picture")?, asked.number("step")?];
    let (Some(t), true) = (way.timesteps.get(step), picture < PICTURES) else {
        let steps = way.timesteps.len();
        return Err(format!(
            "picture {picture} at step {step}: there are {PICTURES} with {steps} steps each, counted from 0"
        )
        .into());
    };
    network.set_prompts(&way.said)?;
    let state: &Array2<f32> = &way.states[step];
    let x_t = state.slice(s![picture..=picture, ..]).to_owned();
    let maps = network.attention_maps(&x_t, &[*t], &[Some(picture)])?;
    let finest = maps.last().ok_or("this network looks at no words")?;
    let mut answer = Answer::default();
    answer.put("t", [*t as f64]);
    answer.put("shares", finest.iter().copied());
    Ok(answer)
}

impl Desk {
    fn studio(&mut self) -> Reply<&mut Studio> {
        if self.studio.is_none() {
            self.studio = Some(Studio {
                scenes: Scenes::new()?,
                network: None,
                ways: Default::default(),
            });
        }
        Ok(self.studio.as_mut().expect("made if it was not there"))
    }
}

/// The sentence once for each picture.
fn said(scenes: &Scenes, asked: &Asked) -> Reply<Array2<usize>> {
    let words = scenes.parse(asked.word("sentence")?)?;
    let places = scenes.places();
    Ok(Array2::from_shape_vec(
        (PICTURES, places),
        words.repeat(PICTURES),
    )?)
}

fn side(asked: &Asked) -> Reply<usize> {
    let side = asked.number("side")?;
    match side < SIDES {
        true => Ok(side),
        false => Err(format!("side {side} is none of the {SIDES}, counted from 0").into()),
    }
}

/// Of every picture a line: what is not as the sentence says, a bar, and the things that are read in it.
fn verdicts(scenes: &Scenes, said: &[usize], pictures: &Array2<f32>) -> Reply<String> {
    let mut lines = Vec::new();
    for things in scenes.read(pictures)? {
        let read: Vec<_> = things.iter().map(ToString::to_string).collect();
        let missed = missed(&scenes.obeys(said, &things)?);
        lines.push(format!("{}|{}", missed.join(", "), read.join("; ")));
    }
    Ok(lines.join("\n"))
}

/// What is not as the sentence says.
fn missed(obeyed: &Obeyed) -> Vec<&'static str> {
    let all = [
        (obeyed.count, "number"),
        (obeyed.colours, "colour"),
        (obeyed.shapes, "shape"),
        (obeyed.sizes, "size"),
        (obeyed.relation, "place"),
    ];
    let missed = all.into_iter().filter(|(right, _)| !right);
    missed.map(|(_, what)| what).collect()
}
