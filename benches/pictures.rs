//! Convolutions and norms of 64 pictures beside the same work as one product: `cargo bench --bench pictures`.
//!
//! Forward and backward (dW, dx, db) in GFLOP/s; the limit is a layer y = x·Wᵀ + b with as many rows, inputs and
//! outputs as the convolution has pixels, taps and channels. Norms in ns a number. Last a U-Net for 8×8 pictures: a
//! step of training (without the optimiser's) and a prediction, both over the FLOPs of its convolutions alone. The
//! fastest of all rounds.

mod timing;

use std::time::Instant;

use diffusion_intuition::autograd::{Gradients, GroupNorm, Rows, Tape, Var, Workspace};
use diffusion_intuition::network::{Network, Parameters, Resize, UNet, UNetConfig};
use diffusion_intuition::{Result, Rng};
use ndarray::Array2;

const N: usize = 64;
const ROUNDS: usize = 100;

/// Side, inputs, outputs, what becomes of the side.
const LAYERS: [(usize, usize, usize, Resize); 8] = [
    (8, 1, 32, Resize::Keep),
    (8, 32, 32, Resize::Keep),
    (8, 64, 32, Resize::Keep),
    (4, 64, 64, Resize::Keep),
    (4, 128, 64, Resize::Keep),
    (8, 32, 64, Resize::Halve),
    (4, 64, 64, Resize::Double),
    (8, 32, 1, Resize::Keep),
];

fn main() -> Result<()> {
    let heading =
        "threads        what   forward (limit)   backward (limit)   in GFLOP/s; norms: ns";
    timing::on_threads(heading, || {
        LAYERS.into_iter().try_for_each(convolution)?;
        [(8, 32), (4, 64)].into_iter().try_for_each(norm)?;
        network()
    })
}

fn convolution((side, inputs, outputs, resize): (usize, usize, usize, Resize)) -> Result<()> {
    let mut rng = Rng::new(0);
    let mut parameters = Parameters::new();
    let layer = parameters.conv2d("conv", inputs, outputs, &mut rng)?;
    let layer = layer.resizing(resize);
    let linear = parameters.linear("linear", 9 * inputs, outputs, &mut rng)?;
    let x = rng.standard_normal(N * side * side, inputs)?;
    let [height, width] = layer.size([side, side]);
    let rows = N * height * width;
    let patches = rng.standard_normal(rows, 9 * inputs)?;
    let ours = fastest(&parameters, &x, |tape, x| {
        tape.conv2d(x, layer, [side, side])
    })?;
    let limit = fastest(&parameters, &patches, |tape, x| tape.linear(x, linear))?;
    let flops = 18e-9 * (rows * inputs * outputs) as f64;
    println!(
        "{:7} {:>15} {:6.0} ({:3.0}) {:12.0} ({:3.0})",
        rayon::current_num_threads(),
        format!("{side}×{side} {inputs}→{outputs} {resize:?}"),
        flops / ours[0],
        flops / limit[0],
        2.0 * flops / ours[1],
        2.0 * flops / limit[1],
    );
    Ok(())
}

/// With scale and shift for each picture, and SiLU.
fn norm((side, channels): (usize, usize)) -> Result<()> {
    let mut rng = Rng::new(0);
    let mut parameters = Parameters::new();
    let norm = parameters.norm("norm", channels)?;
    let table = parameters.uniform("table", [N, 2 * channels], 1.0, &mut rng)?;
    let rows = Rows::new(&(0..N).collect::<Vec<_>>(), N)?;
    let x = rng.standard_normal(N * side * side, channels)?;
    let seconds = fastest(&parameters, &x, |tape, x| {
        let table = Some((tape.parameter(table), &rows));
        let (groups, pixels, silu) = (8, side * side, true);
        tape.group_norm(
            x,
            GroupNorm {
                norm,
                groups,
                pixels,
                table,
                silu,
            },
        )
    })?;
    let [forward, backward] = seconds.map(|s| s * 1e9 / x.len() as f64);
    let what = format!("norm {side}×{side} {channels}");
    let threads = rayon::current_num_threads();
    println!("{threads:7} {what:>15} {forward:12.2} {backward:18.2}");
    Ok(())
}

/// FLOPs of the convolutions for one picture.
const FLOPS: f64 = 16.3e6;

fn network() -> Result<()> {
    let mut rng = Rng::new(0);
    let config = UNetConfig {
        classes: 10,
        ..UNetConfig::default()
    };
    let network = UNet::new(&config, &mut rng)?;
    let x = rng.standard_normal(N, 64)?;
    let (ts, labels) = ((0..N).collect::<Vec<_>>(), [Some(3); N]);
    let steps = fastest(network.parameters(), &x, |tape, x| {
        network.forward_given(tape, x, &ts, &labels)
    })?;
    let mut predict = f64::INFINITY;
    let many = rng.standard_normal(4 * N, 64)?;
    for _ in 0..ROUNDS / 4 {
        let start = Instant::now();
        network.predict_at(&many, 9)?;
        predict = predict.min(start.elapsed().as_secs_f64());
    }
    let flops = [3 * N, 4 * N].map(|n| n as f64 * FLOPS * 1e-9);
    println!(
        "{:7} U-Net: training {:.0} ({:.1} ms), prediction {:.0}",
        rayon::current_num_threads(),
        flops[0] / (steps[0] + steps[1]),
        1e3 * (steps[0] + steps[1]),
        flops[1] / predict,
    );
    Ok(())
}

/// Seconds forward and backward.
fn fastest(
    parameters: &Parameters,
    x: &Array2<f32>,
    op: impl Fn(&mut Tape, Var) -> Result<Var>,
) -> Result<[f64; 2]> {
    let (mut work, mut gradients) = (Workspace::new(), Gradients::new(parameters));
    let mut best = [f64::INFINITY; 2];
    for _ in 0..ROUNDS {
        let (seconds, left) = timing::once(parameters, x, &op, &mut gradients, work)?;
        work = left;
        for (best, seconds) in best.iter_mut().zip(seconds) {
            *best = best.min(seconds);
        }
    }
    Ok(best)
}
