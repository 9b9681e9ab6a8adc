//! Prompts: Say what shall be in a picture, and see four that are as you say, and four that this book's network paints out
//! of noise. A program that has learned nothing reads them back: what is there, and at which column and row. Beside it,
//! another sentence, from the same noise.

use diffusion_intuition::network::{TextConfig, UNetConfig};
use diffusion_intuition::prelude::*;
use diffusion_intuition::scenes::{Obeyed, Scenes};

use crate::{Answer, Asked, Desk, Reply};

/// Pictures of a sentence.
const PICTURES: usize = 4;

/// The world of pictures and sentences, and the weights once they are loaded.
pub struct Studio {
    scenes: Scenes,
    network: Option<UNet>,
}

/// What a sentence allows: how many pictures, some of them, and whether the network was never shown such a one.
pub fn scene(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let scenes = &desk.studio()?.scenes;
    let said = said(scenes, asked, PICTURES)?;
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

/// Paints a sentence out of noise: every state on the way, the timesteps they were seen at, and what the program reads
/// in the end, a line a picture.
pub fn picture(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let studio = desk.studio()?;
    let said = said(&studio.scenes, asked, PICTURES)?;
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
    answer.put("timesteps", sampler.timesteps().iter().map(|t| *t as f64));
    let verdicts = verdicts(&studio.scenes, &said.row(0).to_vec(), &pictures)?;
    answer.put("verdicts", verdicts.bytes());
    Ok(answer)
}

/// How every pixel of a picture, the numbers, shares its attention at a timestep among the words of a sentence.
pub fn gaze(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let studio = desk.studio()?;
    let said = said(&studio.scenes, asked, 1)?;
    let network = studio
        .network
        .as_mut()
        .ok_or("the weights are not loaded")?;
    network.set_prompts(&said)?;
    let pixels: Vec<f32> = asked.numbers().iter().map(|x| *x as f32).collect();
    let x_t = Array2::from_shape_vec((1, pixels.len()), pixels)?;
    let maps = network.attention_maps(&x_t, &[asked.number("t")?], &[Some(0)])?;
    let finest = maps.last().ok_or("this network looks at no words")?;
    let mut answer = Answer::default();
    answer.put("shares", finest.iter().copied());
    Ok(answer)
}

impl Desk {
    fn studio(&mut self) -> Reply<&mut Studio> {
        if self.studio.is_none() {
            self.studio = Some(Studio {
                scenes: Scenes::new()?,
                network: None,
            });
        }
        Ok(self.studio.as_mut().expect("made if it was not there"))
    }
}

/// The sentence once for each picture.
fn said(scenes: &Scenes, asked: &Asked, pictures: usize) -> Reply<Array2<usize>> {
    let words = scenes.parse(asked.word("sentence")?)?;
    let shape = (pictures, scenes.places());
    Ok(Array2::from_shape_vec(shape, words.repeat(pictures))?)
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
