//! Digits out of noise: The book's network for handwritten digits paints sixteen at once, here; every one stands beside
//! the training picture that is nearest to it. Or scribble eight by eight pixels, and let it finish them; or let it go
//! on from half of a digit that somebody wrote.

use diffusion_intuition::network::UNetConfig;
use diffusion_intuition::prelude::*;

use crate::{Answer, Asked, Desk, Reply};

/// Takes the weights that the page has loaded.
pub fn load(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let config = UNetConfig {
        classes: 10,
        ..UNetConfig::default()
    };
    let mut network = UNet::new(&config, &mut Rng::new(0))?;
    network
        .parameters_mut()
        .load_bytes("digits.safetensors", asked.bytes().to_vec())?;
    let mut answer = Answer::default();
    answer.put("parameters", [network.parameters().count() as f64]);
    desk.digits = Some(network);
    Ok(answer)
}

/// Paints digits, the numbers say which, out of noise: every state on the way, and the nearest training pictures.
pub fn digits(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let network = desk.digits.as_ref().ok_or("the weights are not loaded")?;
    let labels: Vec<_> = asked
        .numbers()
        .iter()
        .map(|digit| Some(*digit as usize))
        .collect();
    let mut rng = Rng::new(asked.number("seed")?);
    let noise = rng.standard_normal(labels.len(), 64)?;
    let (given, scale) = (network.given_each(&labels), asked.number("scale")?);
    let guided = Guidance::towards(given, scale)?;
    let model: &dyn Denoiser = if scale == 1.0 { &given } else { &guided };
    let way = sampler(asked)?.trajectory(&Prediction::V.of(model), &noise, &mut rng)?;
    let mut answer = Answer::default();
    answer.put("states", way.states().iter().flatten().copied());
    put_nearest(&mut answer, way.samples())?;
    Ok(answer)
}

/// Finishes a scribble of 64 pixels, four times: noised to `t`, and painted from there (SDEdit).
pub fn finish(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let network = desk.digits.as_ref().ok_or("the weights are not loaded")?;
    let scribble: Vec<f32> = asked.numbers().iter().map(|x| *x as f32).collect();
    let guide = Array2::from_shape_vec((4, 64), scribble.repeat(4))?;
    let digit = asked.number::<usize>("digit").ok();
    let labels = [digit; 4];
    let (given, mut rng) = (network.given_each(&labels), Rng::new(asked.number("seed")?));
    let model = Prediction::V.of(&given);
    let finished = sampler(asked)?.edit(&model, &guide, asked.number("t")?, &mut rng)?;
    let mut answer = Answer::default();
    answer.put("states", finished.iter().copied());
    put_nearest(&mut answer, &finished)?;
    Ok(answer)
}

/// Goes on from a part of a written digit that the network was not trained on, four times, told nothing: that part is
/// kept, and the rest painted (inpainting, every step taken four times).
pub fn half(asked: &Asked, desk: &mut Desk) -> Reply<Answer> {
    let network = desk.digits.as_ref().ok_or("the weights are not loaded")?;
    let written = data::digits().held_out.rows;
    let (row, count) = (asked.number::<usize>("row")?, written.nrows());
    if row >= count {
        return Err(format!("row {row} is none of the {count} digits, counted from 0").into());
    }
    let kept: fn(usize, usize) -> bool = match asked.word("part")? {
        "left" => |_, x| x < 4,
        "right" => |_, x| x >= 4,
        "upper" => |y, _| y < 4,
        "lower" => |y, _| y >= 4,
        "all" => |_, _| true,
        other => return Err(format!("no part of a digit has the name \"{other}\"").into()),
    };
    let known = written.select(Axis(0), &[row; 4]);
    let mask = Array2::from_shape_fn((4, 64), |(_, at)| kept(at / 8, at % 8));
    let (model, mut rng) = (network.given(None), Rng::new(asked.number("seed")?));
    let noise = rng.standard_normal(4, 64)?;
    let sampler = Sampler::new(&Schedule::cosine(1000)?, Method::DDPM, 25)?;
    let model = Prediction::V.of(&model);
    let whole = sampler.inpaint(&model, &noise, &known, &mask, 4, &mut rng)?;
    let mut answer = Answer::default();
    let cells = known.row(0).into_iter().zip(mask.row(0));
    answer.put("known", cells.map(|(x, kept)| if *kept { *x } else { 0.0 }));
    answer.put("states", whole.iter().copied());
    put_nearest(&mut answer, &whole)?;
    Ok(answer)
}

fn sampler(asked: &Asked) -> Reply<Sampler> {
    let schedule = Schedule::cosine(1000)?;
    Ok(Sampler::spaced(
        &schedule,
        Method::DpmSolver,
        Spacing::UniformLambda,
        asked.number("steps")?,
    )?)
}

/// The training pictures nearest to these, and how far they are.
fn put_nearest(answer: &mut Answer, pictures: &Array2<f32>) -> Reply<()> {
    let train = data::digits().train;
    let nearest = metrics::nearest(pictures, &train.rows)?;
    answer.put("distances", nearest.iter().map(|(_, distance)| *distance));
    answer.put(
        "nearest",
        nearest
            .iter()
            .flat_map(|(row, _)| train.rows.row(*row).to_vec()),
    );
    Ok(())
}
