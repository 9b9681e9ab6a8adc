//! Muon's steps of matrices: all directions of a gradient, nearly equally far.

use std::ops::Range;

use super::adam::AdamStep;
use super::config::Muon;
use crate::autograd::{Matrix, Parameters, Start, product};
use crate::parallel::*;

/// Rounds of the iteration.
const ROUNDS: usize = 5;

/// a, b and c: Jordan's, for a steep slope at 0; what is large ends near 1, not at it.
const FACTORS: [f32; 3] = [3.4445, -4.7750, 2.0315];

/// Added to the norm: steps along almost nothing are small.
const EPSILON: f64 = 1e-7;

impl Muon {
    /// Writes to `next` where the matrices of `parameters` step to, from a first moment that has seen this `gradient`.
    /// Whether all that it wrote is finite.
    pub(super) fn update(
        &self,
        step: &AdamStep,
        parameters: &Parameters,
        (m, gradient): (&[f32], &[f32]),
        next: &mut [f32],
    ) -> bool {
        let (beta, rate) = (step.adam.beta1 as f32, step.learning_rate);
        let keep = (1.0 - rate * step.adam.weight_decay) as f32;
        let (mut rest, mut at, mut each) = (next, 0, Vec::new());
        for id in parameters.weights() {
            let range = parameters.range(id);
            let (_, tail) = rest.split_at_mut(range.start - at);
            let (next, tail) = tail.split_at_mut(range.len());
            (rest, at) = (tail, range.end);
            each.push((id, range, next));
        }
        let one = |(id, range, next): (_, Range<usize>, &mut [f32])| {
            let [rows, columns] = parameters.shape(id);
            let pairs = m[range.clone()].iter().zip(&gradient[range]);
            let ahead =
                pairs.map(|(m, g)| beta * m + (1.0 - beta) * (step.gradient_scale as f32) * g);
            let mut turned: Vec<f32> = ahead.collect();
            orthogonalise(&mut turned, [rows, columns]);
            let size = (rate * self.scale * (rows.max(columns) as f64).sqrt()) as f32;
            let old = parameters.get(id);
            for (next, (old, turned)) in next.iter_mut().zip(old.iter().zip(&turned)) {
                *next = keep * old - size * turned;
            }
            next.iter().all(|x| x.is_finite())
        };
        each.into_par_iter().map(one).min() != Some(false)
    }
}

/// Makes U·Vᵀ of U·Σ·Vᵀ, nearly.
fn orthogonalise(x: &mut Vec<f32>, [rows, columns]: [usize; 2]) {
    // In f64: squares of small numbers are 0 in f32.
    let squares = x.iter().map(|x| f64::from(*x) * f64::from(*x));
    let norm = squares.sum::<f64>().sqrt() + EPSILON;
    let over_norm = |x: &mut f32| *x = (f64::from(*x) / norm) as f32;
    x.iter_mut().for_each(over_norm);
    let (wide, n) = (rows <= columns, rows.min(columns));
    let [a, b, c] = FACTORS;
    let [mut gram, mut inner] = [vec![0.0; n * n], vec![0.0; n * n]];
    let mut next = vec![0.0; x.len()];
    let times = |factor: f32, from: &[f32], to: &mut [f32]| {
        to.iter_mut()
            .zip(from)
            .for_each(|(to, from)| *to = factor * from);
    };
    for _ in 0..ROUNDS {
        // (a + b·G + c·G²)·X with G = X·Xᵀ, or X·(a + b·G + c·G²) with G = Xᵀ·X, whichever is smaller.
        let view = Matrix::new(x, rows, columns);
        let (left, right) = if wide {
            (view, view.t())
        } else {
            (view.t(), view)
        };
        product(left, right, Start::Zero, &mut gram);
        times(b / c, &gram, &mut inner);
        let square = Matrix::new(&gram, n, n);
        product(square, square, Start::Add, &mut inner);
        times(c, &inner, &mut gram);
        times(a, x, &mut next);
        let inner = Matrix::new(&gram, n, n);
        let (left, right) = if wide { (inner, view) } else { (view, inner) };
        product(left, right, Start::Add, &mut next);
        std::mem::swap(x, &mut next);
    }
}
