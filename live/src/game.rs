//! A game beside a regression: A generator that plays against a discriminator and a diffusion network of its size learn
//! the same heaps, step by step in turn. Modes are counted while they do; seconds are those of training alone.

use diffusion_intuition::prelude::*;

use crate::{Answer, Asked, Desk, Reply};

/// Both in training.
pub struct Match {
    heaps: Mixture,
    game: Gan,
    network: FilmMlp,
    trainer: Trainer,
    sampler: Sampler,
}

/// New networks: the parameters of what makes samples on both sides, and of the discriminator.
pub fn pair(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let heaps = match asked.word("data")? {
        "ring" => data::ring_mixture_with(1.4, 0.014)?,
        "grid" => data::grid_mixture(),
        other => return Err(format!("no data has the name \"{other}\"").into()),
    };
    let (steps, seed) = (asked.number("steps")?, asked.number("seed")?);
    let rate = asked.number("game")?;
    let recipe = match asked.word("recipe")? {
        "classic" => GanConfig::classic(steps),
        "keen" => GanConfig {
            frequencies: octaves(0.7, 6),
            ..GanConfig::classic(steps)
        },
        "stable" => GanConfig::stable(steps),
        other => return Err(format!("no recipe has the name \"{other}\"").into()),
    };
    let ratio = recipe.discriminator_rate.at(0) / recipe.generator_rate.at(0);
    let game = GanConfig {
        generator: vec![64; 3],
        discriminator: vec![48; 3],
        generator_rate: LearningRate::cosine(rate, steps),
        discriminator_rate: LearningRate::cosine(ratio * rate, steps),
        seed,
        ..recipe
    };
    let network = FilmMlpConfig {
        hidden: 28,
        time: TimeEmbedding::new(32)?,
        frequencies: octaves(0.7, 6),
        ..FilmMlpConfig::default()
    };
    let network = FilmMlp::with_config(2, &network, &mut Rng::new(seed))?;
    let config = TrainConfig {
        ema: Some(Ema { decay: 0.995 }),
        seed,
        ..TrainConfig::cosine(asked.number("batch")?, asked.number("diffusion")?, steps)
    };
    let schedule = Schedule::linear(1000, 1e-4, 0.02)?;
    let both = Match {
        game: Gan::new(heaps.clone(), game)?,
        trainer: Trainer::new(&network, heaps.clone(), &schedule, config)?,
        sampler: Sampler::spaced(&schedule, Method::DpmSolver, Spacing::Quadratic, 20)?,
        network,
        heaps,
    };
    let counted = [
        both.game.generator().parameters(),
        both.network.parameters(),
        both.game.discriminator().parameters(),
    ];
    let mut answer = Answer::default();
    answer.put(
        "parameters",
        counted.map(|parameters| parameters.count() as f64),
    );
    answer.put("ceiling", [metrics::high_quality_ceiling(2)?]);
    answer.put("data", both.heaps.sample(400, &mut Rng::new(1))?);
    desk.pair = Some(both);
    Ok(answer)
}

/// Some steps of the game; the losses of discriminator and generator at each, in turn.
pub fn play(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let both = desk.pair.as_mut().ok_or("no networks have begun")?;
    let before = both.game.losses().len();
    both.game.run(asked.number("steps")?, |_| ())?;
    let losses = &both.game.losses()[before..];
    let mut answer = Answer::default();
    answer.put("losses", losses.iter().flatten().copied());
    Ok(answer)
}

/// Some steps of diffusion; the loss at each.
pub fn learn(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let both = desk.pair.as_mut().ok_or("no networks have begun")?;
    let before = both.trainer.losses().len();
    both.trainer
        .run(&mut both.network, asked.number("steps")?, |_| ())?;
    let mut answer = Answer::default();
    answer.put("losses", both.trainer.losses()[before..].iter().copied());
    Ok(answer)
}

/// A thousand samples of each, and what they reach.
pub fn score(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let both = desk.pair.as_ref().ok_or("no networks have begun")?;
    let mut rng = Rng::new(asked.number("seed")?);
    let made = both.game.sample(1000, &mut rng)?;
    let mut network = both.network.clone();
    both.trainer.use_ema(&mut network)?;
    let noise = rng.standard_normal(1000, 2)?;
    let walked = both.sampler.sample(&network, &noise, &mut rng)?;
    let reached = [
        metrics::mode_coverage(&made, &both.heaps)?,
        metrics::mode_coverage(&walked, &both.heaps)?,
    ];
    let mut answer = Answer::default();
    answer.put("made", made);
    answer.put("walked", walked);
    answer.put("covered", reached.iter().map(|modes| modes.covered as f64));
    answer.put("quality", reached.iter().map(|modes| modes.high_quality));
    Ok(answer)
}
