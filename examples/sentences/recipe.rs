//! What is trained, and how: the same for the weights, their measures and what is written.

use diffusion_intuition::network::{Transformer, TransformerConfig};
use diffusion_intuition::prelude::*;
use diffusion_intuition::text::{Grammar, WordVectors};
use diffusion_intuition::train::{Muon, Times};

/// Numbers of a word vector.
const D: usize = 16;

/// Its norm: words are decided in the middle of the schedule. (Of vectors of norm 1 nothing can be told apart in more than
/// half of it.)
const NORM: f32 = 2.0;

/// Sentences to train on, drawn from the grammar.
const SENTENCES: usize = 500_000;

/// Evaluations of the network a sample.
const NFE: usize = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Aligned,
    Free,
}

impl Language {
    pub fn named(name: &str) -> Result<Self, String> {
        match name {
            "aligned" => Ok(Self::Aligned),
            "free" => Ok(Self::Free),
            _ => Err(format!("there is no language {name:?}: aligned, or free")),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Aligned => "aligned",
            Self::Free => "free",
        }
    }

    pub fn grammar(self) -> Grammar {
        match self {
            Self::Aligned => Grammar::aligned(),
            Self::Free => Grammar::free(),
        }
    }

    /// The attributes of which a class is made, the first changes slowest.
    pub fn told(self) -> &'static [&'static str] {
        match self {
            Self::Aligned => &["topic", "tense", "polarity"],
            Self::Free => &["topic", "tense"],
        }
    }

    pub fn steps(self) -> u64 {
        match self {
            Self::Aligned => 116_000,
            Self::Free => 40_000,
        }
    }

    pub fn vectors(self) -> Result<WordVectors> {
        let words = self.grammar().vocabulary().len();
        let directions = WordVectors::random(words, D, &mut Rng::new(1))?;
        WordVectors::new(directions.vectors() * NORM)
    }

    /// The Transformer of section 9, told the class.
    pub fn network(self) -> Result<Transformer> {
        let (grammar, vectors) = (self.grammar(), self.vectors()?);
        let config = TransformerConfig {
            embedding: 32,
            heads: 8,
            classes: self.classes(&grammar).len(),
            ..TransformerConfig::new(&vectors, grammar.places(), &schedule()?)
        };
        Transformer::new(&config, &mut Rng::new(0))
    }

    pub fn settings(self, steps: u64) -> TrainConfig {
        TrainConfig {
            batch: 128,
            prediction: Prediction::X0,
            adam: Adam {
                beta2: 0.98,
                ..Adam::default()
            },
            learning_rate: LearningRate::cosine(4e-3, steps).warm_up(100),
            ema: Some(Ema { decay: 0.999 }),
            // As well as told the class, the network is to write without, which is harder: it learns that most of the time.
            label_dropout: 0.85,
            muon: Some(Muon::default()),
            // Most where words are decided, some at either end.
            times: Times::LogNormal {
                mean: 0.2,
                std: 1.0,
            },
            report_every: 250,
            ..TrainConfig::default()
        }
    }

    /// Sentences to train on, and their classes: of each class as many as are its share.
    pub fn data(self) -> Result<(Array2<usize>, Vec<usize>)> {
        let (grammar, rng) = (self.grammar(), &mut Rng::new(2));
        let (mut words, mut labels) = (Vec::new(), Vec::new());
        for (class, values) in self.classes(&grammar).iter().enumerate() {
            let wanted: Vec<(&str, &str)> = values.iter().map(|(a, b)| (*a, &**b)).collect();
            let (narrow, p) = grammar.given(&wanted)?;
            let n = (p * SENTENCES as f64).round() as usize;
            words.extend(narrow.sample(n, rng)?);
            labels.resize(labels.len() + n, class);
        }
        let shape = (labels.len(), grammar.places());
        let sentences = Array2::from_shape_vec(shape, words).expect("whole sentences");
        Ok((sentences, labels))
    }

    /// The values of each class, in the order of the labels.
    pub fn classes(self, grammar: &Grammar) -> Vec<Vec<(&'static str, String)>> {
        let mut classes = vec![Vec::new()];
        for name in self.told() {
            let with = |class: &Vec<(&'static str, String)>| {
                let longer = |value: String| [&class[..], &[(*name, value)]].concat();
                values(grammar, name)
                    .into_iter()
                    .map(longer)
                    .collect::<Vec<_>>()
            };
            classes = classes.iter().flat_map(with).collect();
        }
        classes
    }
}

fn values(grammar: &Grammar, name: &str) -> Vec<String> {
    let all = grammar.attributes();
    let found = all.iter().find(|(attribute, _)| *attribute == name);
    let values = found.map(|(_, values)| values.iter().map(|value| (*value).to_owned()));
    values.expect("an attribute of the grammar").collect()
}

pub fn schedule() -> Result<Schedule> {
    Schedule::cosine(200)
}

/// Fresh noise at every step corrects what an earlier one got wrong.
pub fn sampler() -> Result<Sampler> {
    Sampler::new(&schedule()?, Method::DDPM, NFE)
}

/// Sentences as word numbers, each told its label or nothing, guided with `scale` (1: not at all).
pub fn write(
    network: &Transformer,
    labels: &[Option<usize>],
    scale: f64,
    clamp: bool,
    rng: &mut Rng,
) -> Result<Array2<usize>> {
    let vectors = &network.config().vectors;
    let mut sampler = sampler()?;
    if clamp {
        sampler = sampler.with_threshold(Threshold::Words(vectors.clone()))?;
    }
    let columns = network.config().places * vectors.dim();
    let noise = rng.standard_normal(labels.len(), columns)?;
    let given = network.given_each(labels);
    let guidance = Guidance::towards(given, scale)?;
    let model: &dyn Denoiser = if scale == 1.0 { &given } else { &guidance };
    let x0 = sampler.sample(&Prediction::X0.of(model), &noise, rng)?;
    vectors.round(&x0)
}
