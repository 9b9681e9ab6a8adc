//! From a text to a trained network, and what it writes.

use diffusion_intuition::network::{Network, Transformer, TransformerConfig};
use diffusion_intuition::prelude::*;
use diffusion_intuition::text::{Corpus, CorpusConfig, WordVectors};

use crate::args::Args;
use crate::common::files::failure;
use crate::folder::{CHECKPOINT, CURVE, Folder};

/// Different sentences that are held out at most; one in ten, if there are fewer.
const MOST_HELD_OUT: usize = 500;

/// Held-out sentences of which the loss is measured at most.
const MOST_MEASURED: usize = 200;

/// Points of the learning curve.
const POINTS: u64 = 20;

/// Steps between two checkpoints at most.
const SAVE: u64 = 50;

/// Sentences to learn from, and sentences to judge by.
pub struct Text {
    pub name: String,
    pub corpus: Corpus,
    pub train: Array2<usize>,
    pub held_out: Array2<usize>,
}

/// # Errors
/// What is wrong with the file.
pub fn load(args: &Args) -> Result<Text> {
    let config = CorpusConfig {
        min_count: args.min_count,
        max_words: Some(args.max_words),
        places: args.places,
    };
    let corpus = Corpus::read(&args.file, &config)?;
    let name = args.file.display().to_string();
    let different = corpus.report.sentences - corpus.report.repeated;
    if different < 10 {
        let reason = format!(
            "it has {different} different sentences; at least 10 are needed, to learn from some and judge by the others"
        );
        return Err(failure(&args.file, reason));
    }
    let held_out = (different / 10).min(MOST_HELD_OUT);
    let (train, held_out) = corpus.split(held_out, &mut Rng::new(args.seed))?;
    Ok(Text {
        name,
        corpus,
        train,
        held_out,
    })
}

/// A point of the learning curve, in nats a word: −ln p of each word given x_t, a mean over t.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub step: u64,
    /// In training, a mean over the steps since the point before.
    pub training: f64,
    /// Of held-out sentences, by the averaged parameters.
    pub held_out: f64,
}

/// A trained network.
pub struct Model {
    pub schedule: Schedule,
    pub vectors: WordVectors,
    /// With the averaged parameters.
    pub network: Transformer,
    pub curve: Vec<Point>,
}

/// Trains for `args.steps` steps in all, and tells of it. Of a run that was stopped, the folder has the first ones.
pub fn train(args: &Args, text: &Text, folder: &mut Folder, tell: impl Fn(&str)) -> Result<Model> {
    let rng = &mut Rng::new(args.seed);
    let words = text.corpus.vocabulary.len();
    // Few numbers, for each has noise; of norm 2, words are decided in the middle of the schedule.
    let d = if words > 300 { 32 } else { 16 };
    let directions = WordVectors::random(words, d, rng)?;
    let vectors = WordVectors::new(directions.vectors() * 2.0)?;
    let schedule = Schedule::cosine(200)?;
    let config = TransformerConfig {
        width: args.width,
        squared_error: 0.0,
        ..TransformerConfig::new(&vectors, text.corpus.places(), &schedule)
    };
    let mut network = Transformer::new(&config, rng)?;
    tell(&format!("{} parameters", network.parameters().count()));
    let (file, steps) = (folder.file(CHECKPOINT), args.steps);
    let mut curve = match file.exists() {
        true => read_curve(folder),
        false => Vec::new(),
    };
    let every = (steps / POINTS).max(1);
    let data = (text.train.clone(), vectors.clone());
    let settings = settings(args, every);
    let save = SAVE.min(every);
    let mut trainer = Trainer::open(&file, save, &mut network, data, &schedule, settings)?;
    curve.retain(|point: &Point| point.step <= trainer.step());
    if trainer.step() > 0 {
        tell(&format!("going on from step {}", trainer.step()));
    }
    for mark in (1..=steps / every).map(|i| i * every).chain([steps]) {
        trainer.run_to(&mut network, mark, |_| ())?;
        if trainer.step() != mark || curve.last().is_some_and(|point| point.step >= mark) {
            continue;
        }
        let mut averaged = network.clone();
        trainer.use_ema(&mut averaged)?;
        let from = curve.last().map_or(0, |point| point.step as usize);
        let point = Point {
            step: mark,
            training: metrics::Estimate::of(&trainer.losses()[from..])?.mean,
            held_out: loss(&averaged, &vectors, &schedule, &text.held_out)?,
        };
        tell(&format!(
            "step {mark:6} of {steps}: {:.3} nats a word, {:.3} of sentences that are held out",
            point.training, point.held_out
        ));
        curve.push(point);
        folder.write(CURVE, &written_curve(&curve))?;
    }
    trainer.use_ema(&mut network)?;
    Ok(Model {
        schedule,
        vectors,
        network,
        curve,
    })
}

fn settings(args: &Args, every: u64) -> TrainConfig {
    let peak = 4e-3 * (64.0 / args.width as f64).min(1.0);
    TrainConfig {
        batch: 64,
        prediction: Prediction::X0,
        adam: Adam {
            beta2: 0.98,
            ..Adam::default()
        },
        learning_rate: LearningRate::cosine(peak, args.steps).warm_up(100.min(args.steps / 10)),
        clip_grad_norm: Some(1.0),
        ema: Some(Ema { decay: 0.99 }),
        seed: args.seed,
        report_every: every,
        ..TrainConfig::default()
    }
}

/// Cross-entropy in nats a word, at ten timesteps spread over the schedule, always with the same noise.
fn loss(
    network: &Transformer,
    vectors: &WordVectors,
    schedule: &Schedule,
    sentences: &Array2<usize>,
) -> Result<f64> {
    let n = sentences.nrows().min(MOST_MEASURED);
    let sentences = sentences.select(Axis(0), &(0..n).collect::<Vec<_>>());
    let (x0, rng) = (vectors.encode(&sentences)?, &mut Rng::new(0));
    let mut sum = 0.0;
    for t in (10..200).step_by(20) {
        let (x_t, _) = schedule.q_sample(&x0, t, rng)?;
        let p = network.posteriors(&x_t, &vec![t; n], &vec![None; n])?;
        let words = p.rows().into_iter().zip(&sentences);
        sum -= words
            .map(|(p, word)| f64::from(p[*word].max(1e-30)).ln())
            .sum::<f64>();
    }
    Ok(sum / (10 * sentences.len()) as f64)
}

fn written_curve(curve: &[Point]) -> String {
    let line = |point: &Point| {
        format!(
            "{},{:.5},{:.5}\n",
            point.step, point.training, point.held_out
        )
    };
    "step,training,held_out\n".to_owned() + &curve.iter().map(line).collect::<String>()
}

fn read_curve(folder: &Folder) -> Vec<Point> {
    let text = std::fs::read_to_string(folder.file(CURVE)).unwrap_or_default();
    let point = |line: &str| {
        let mut fields = line.split(',');
        Some(Point {
            step: fields.next()?.parse().ok()?,
            training: fields.next()?.parse().ok()?,
            held_out: fields.next()?.parse().ok()?,
        })
    };
    text.lines().filter_map(point).collect()
}

impl Model {
    /// `n` sentences as word numbers, by DDPM in 100 steps.
    pub fn write(&self, n: usize, rng: &mut Rng) -> Result<Array2<usize>> {
        let sampler = Sampler::new(&self.schedule, Method::DDPM, 100)?;
        let noise = rng.standard_normal(n, self.columns())?;
        let x0 = sampler.sample(&Prediction::X0.of(&self.network), &noise, rng)?;
        self.vectors.round(&x0)
    }

    /// `n` sentences with the words of `pattern` that are known.
    pub fn infill(
        &self,
        pattern: &[Option<usize>],
        n: usize,
        rng: &mut Rng,
    ) -> Result<Array2<usize>> {
        let sampler = Sampler::new(&self.schedule, Method::DDPM, 50)?;
        let shape = (n, pattern.len());
        let words = Array2::from_shape_fn(shape, |(_, place)| pattern[place].unwrap_or(0));
        let known = self.vectors.encode(&words)?;
        let mask = Array2::from_shape_fn(known.dim(), |(_, column)| {
            pattern[column / self.vectors.dim()].is_some()
        });
        let noise = rng.standard_normal(n, self.columns())?;
        let model = Prediction::X0.of(&self.network);
        // Each step four times: what is filled in hears of what is known.
        let x0 = sampler.inpaint(&model, &noise, &known, &mask, 4, rng)?;
        self.vectors.round(&x0)
    }

    fn columns(&self) -> usize {
        self.network.config().places * self.vectors.dim()
    }
}
