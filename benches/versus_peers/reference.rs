//! The reference network, as ours and as what the peers need to build theirs.

use std::path::Path;

use diffusion_intuition::network::{FilmMlp, Network, TimeEmbedding};
use diffusion_intuition::sampler::Sampler;
use diffusion_intuition::{Mixture, Rng, Schedule};
use ndarray::Array2;
use serde_json::{Value, json};

use crate::case::Result;
use crate::files;

/// Dimension of the data.
pub const D: usize = 2;

/// The schedule of all cases: T = 200.
pub fn schedule() -> Schedule {
    Schedule::linear(200, 1e-4, 0.02).expect("a valid schedule")
}

/// The network with the weights that everyone starts from.
pub fn network() -> FilmMlp {
    FilmMlp::new(D, &mut Rng::new(0)).expect("a valid size")
}

/// Adds a little noise to all parameters.
pub fn shake(network: &mut dyn Network) {
    let values = network.parameters_mut().values_mut();
    let mut noise = vec![0.0; values.len()];
    Rng::new(1).fill_standard_normal(&mut noise);
    let pairs = values.iter_mut().zip(noise);
    pairs.for_each(|(value, noise)| *value += 0.02 * noise);
}

/// Eight narrow heaps on a circle.
pub fn ring() -> Mixture {
    let angle = |i: usize| i as f64 * std::f64::consts::TAU / 8.0;
    let means = Array2::from_shape_fn((8, D), |(i, column)| match column {
        0 => 2.0 * angle(i).cos(),
        _ => 2.0 * angle(i).sin(),
    });
    Mixture::isotropic(&means, 0.1).expect("a valid mixture")
}

/// Weights, embeddings and schedule for the peers.
pub fn share(network: &FilmMlp, schedule: &Schedule, scratch: &Path) -> Result<Value> {
    let mut told = share_network(network, &TimeEmbedding::new(128)?, schedule, scratch)?;
    told["d"] = json!(D);
    Ok(told)
}

/// The same of any network.
pub fn share_network(
    network: &dyn Network,
    embedding: &TimeEmbedding,
    schedule: &Schedule,
    scratch: &Path,
) -> Result<Value> {
    let parameters = network.parameters();
    let shapes: Vec<_> = parameters
        .ids()
        .map(|id| match parameters.shape(id) {
            [1, n] => json!([parameters.name(id), [n]]),
            shape => json!([parameters.name(id), shape]),
        })
        .collect();
    let ts: Vec<usize> = (0..schedule.timesteps()).collect();
    let embeddings = embedding.table(&ts);
    let paths = [
        scratch.join("parameters.f32"),
        scratch.join("embeddings.f32"),
    ];
    files::write(&paths[0], parameters.values())?;
    files::write(&paths[1], &embeddings)?;
    Ok(json!({
        "parameters": paths[0],
        "embeddings": paths[1],
        "shapes": shapes,
        "signal": schedule.alpha_bars().mapv(f64::sqrt).to_vec(),
        "noise": schedule.noise_levels().to_vec(),
    }))
}

/// Noise of n rows that everyone samples from.
pub fn start(n: usize, d: usize) -> Array2<f32> {
    Rng::new(3).standard_normal(n, d).expect("sizes that fit")
}

/// The noise and the steps of DDIM for the peers.
pub fn share_sampling(
    (start, sampler): (&Array2<f32>, &Sampler),
    schedule: &Schedule,
    scratch: &Path,
    told: &mut Value,
) -> Result<()> {
    let path = scratch.join("start.f32");
    files::write(&path, start)?;
    told["start"] = json!(path);
    told["steps"] = ddim_steps(schedule, sampler);
    Ok(())
}

/// t, √ᾱ and √(1−ᾱ) at each step of DDIM, then those at the next one's t, where 1 and 0 follow the last.
fn ddim_steps(schedule: &Schedule, sampler: &Sampler) -> Value {
    let (alpha_bars, timesteps) = (schedule.alpha_bars(), sampler.timesteps());
    let steps = timesteps.iter().enumerate().map(|(step, t)| {
        let here = alpha_bars[*t];
        let next = timesteps.get(step + 1).map_or(1.0, |t| alpha_bars[*t]);
        let [next_signal, next_noise] = [next.sqrt(), (1.0 - next).sqrt()];
        json!([t, here.sqrt(), (1.0 - here).sqrt(), next_signal, next_noise])
    });
    steps.collect()
}

/// Checks the samples that a peer wrote.
pub fn same_samples(ours: &Array2<f32>, scratch: &Path) -> Result<()> {
    let theirs = files::read(&scratch.join("samples.f32"))?;
    if theirs.len() != ours.len() {
        return Err(format!("{} numbers instead of {}", theirs.len(), ours.len()).into());
    }
    // Each prediction rounds to about 1e-6, and the updates, at most 50, add their errors up.
    let scale = ours.iter().fold(0.0_f32, |max, x| max.max(x.abs()));
    for (theirs, ours) in theirs.iter().zip(ours) {
        if (theirs - ours).abs() > 1e-4 * scale || theirs.is_nan() {
            return Err(format!("a sample is {theirs} instead of {ours}").into());
        }
    }
    Ok(())
}

/// Numbers in the weights that each row is multiplied with: of the input and output layers together, of
/// the three blocks' square matrices, and of the three projections of the time embedding.
const ENDS: usize = 2 * 128 * D;
const BLOCKS: usize = 3 * 128 * 128;
const TIME: usize = 3 * 128 * 256;

/// Floating-point operations in the matrix products of a prediction for `rows` rows that share a t.
pub fn prediction_flops(rows: usize) -> f64 {
    2.0 * (rows * (ENDS + BLOCKS) + TIME) as f64
}

/// The same for forward and backward of a batch with random t, none of them superfluous: the time branch
/// for each distinct t only, and no gradient of embedding and input, which nobody needs.
pub fn training_flops(rows: usize, timesteps: usize) -> f64 {
    let (n, timesteps) = (rows as f64, timesteps as f64);
    let distinct = timesteps * (1.0 - (1.0 - 1.0 / timesteps).powf(n));
    let rows = n * (2.5 * ENDS as f64 + 3.0 * BLOCKS as f64);
    2.0 * (rows + distinct * 2.0 * TIME as f64)
}
