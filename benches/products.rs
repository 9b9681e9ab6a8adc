//! The library's matrix products beside ndarray's: `cargo bench --bench products`.
//!
//! A layer forward (x·Wᵀ + b) and backward (dx = dy·W, dW = dyᵀ·x), with the shapes that convolutions have as
//! products and those of the reference network, on one thread and on two; both in turn, the fastest of all rounds.
//! ndarray's (`general_mat_mul` of the crate matrixmultiply) takes its AVX-512 kernels here, which it does not in a
//! program that only depends on the library.

mod timing;

use std::hint::black_box;
use std::time::Instant;

use diffusion_intuition::autograd::{Gradients, Tape, Workspace};
use diffusion_intuition::network::Parameters;
use diffusion_intuition::{Result, Rng};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};

/// Rows, inputs, outputs.
const SHAPES: [[usize; 3]; 8] = [
    [1024, 288, 32],
    [4096, 288, 32],
    [1024, 288, 64],
    [4096, 576, 32],
    [4096, 576, 64],
    [8192, 576, 64],
    [32, 128, 128],
    [1024, 128, 128],
];

const ROUNDS: usize = 60;

fn main() -> Result<()> {
    let heading = "threads         layer   forward ÷ ndarray   backward ÷ ndarray   (GFLOP/s)";
    timing::on_threads(heading, || SHAPES.into_iter().try_for_each(compare))
}

fn compare([n, inputs, outputs]: [usize; 3]) -> Result<()> {
    let mut rng = Rng::new(0);
    let mut parameters = Parameters::new();
    let layer = parameters.linear("layer", inputs, outputs, &mut rng)?;
    let x = rng.standard_normal(n, inputs)?;
    let mut gradients = Gradients::new(&parameters);
    let mut work = Workspace::new();
    let mut best = [f64::INFINITY; 4];
    for _ in 0..ROUNDS {
        let linear = |tape: &mut Tape, x| tape.linear(x, layer);
        let (ours, left) = timing::once(&parameters, &x, linear, &mut gradients, work)?;
        work = left;
        let weight = parameters.get(layer.weight);
        let theirs = theirs(weight, &parameters.get(layer.bias), &x);
        for (best, seconds) in best.iter_mut().zip(ours.into_iter().chain(theirs)) {
            *best = best.min(seconds);
        }
    }
    let flops = 2e-9 * (n * inputs * outputs) as f64;
    let [forward, backward, their_forward, their_backward] = best;
    println!(
        "{:7} {:>13} {:9.0} {:7.2}× {:12.0} {:7.2}×",
        rayon::current_num_threads(),
        format!("{n}×{inputs}→{outputs}"),
        flops / forward,
        their_forward / forward,
        2.0 * flops / backward,
        their_backward / backward
    );
    Ok(())
}

/// Seconds forward and backward.
fn theirs(weight: ArrayView2<f32>, bias: &ArrayView2<f32>, x: &Array2<f32>) -> [f64; 2] {
    let [mut y, mut dx] = [weight.nrows(), weight.ncols()].map(|c| Array2::zeros((x.nrows(), c)));
    let mut dw = Array2::zeros(weight.dim());
    let start = Instant::now();
    y.assign(bias);
    product(x.view(), weight.t(), 1.0, y.view_mut());
    let forward = start.elapsed().as_secs_f64();
    black_box(&y);
    let start = Instant::now();
    y.fill(1.0);
    product(y.view(), weight, 0.0, dx.view_mut());
    product(y.t(), x.view(), 0.0, dw.view_mut());
    black_box((dx, dw, y.sum_axis(Axis(0))));
    [forward, start.elapsed().as_secs_f64()]
}

/// `c = a·b + beta·c`, in halves of its longer side on two threads.
fn product(a: ArrayView2<f32>, b: ArrayView2<f32>, beta: f32, mut c: ArrayViewMut2<f32>) {
    let (rows, cols) = c.dim();
    if rayon::current_num_threads() == 1 {
        general_mat_mul(1.0, &a, &b, beta, &mut c);
    } else if rows >= cols {
        let (a, below) = a.split_at(Axis(0), rows / 2);
        let (mut c, mut c_below) = c.split_at(Axis(0), rows / 2);
        rayon::join(
            || general_mat_mul(1.0, &a, &b, beta, &mut c),
            || general_mat_mul(1.0, &below, &b, beta, &mut c_below),
        );
    } else {
        let (b, right) = b.split_at(Axis(1), cols / 2);
        let (mut c, mut c_right) = c.split_at(Axis(1), cols / 2);
        rayon::join(
            || general_mat_mul(1.0, &a, &b, beta, &mut c),
            || general_mat_mul(1.0, &a, &right, beta, &mut c_right),
        );
    }
}
