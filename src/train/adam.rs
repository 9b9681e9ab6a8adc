//! One pass over all parameters: Adam's step and the moving average.

use crate::parallel::*;
use fearless_simd::{Simd, dispatch};

use super::config::Adam;
use crate::autograd::SIMD;

/// Numbers that one thread updates at a time.
const PIECE: usize = 1 << 14;

/// Moments of the gradient, one each for every parameter.
#[derive(Debug, Clone)]
pub(crate) struct Moments {
    pub m: Vec<f32>,
    pub v: Vec<f32>,
}

/// What one step does, besides the arrays.
pub(crate) struct AdamStep<'a> {
    pub adam: &'a Adam,
    /// 0-based number of the step.
    pub step: u64,
    pub learning_rate: f64,
    /// Factor of the gradient: below 1 where it is clipped.
    pub gradient_scale: f64,
    /// Share of the moving average that stays.
    pub decay: f64,
}

impl Moments {
    pub fn new(len: usize) -> Self {
        let (m, v) = (vec![0.0; len], vec![0.0; len]);
        Self { m, v }
    }

    /// Writes the new parameters to `next`, and the new moving average beside the old one, if there is one: the
    /// old ones are still there if they turn out bad. Moves the moments. Whether all that it wrote is finite.
    pub fn update(
        &mut self,
        step: &AdamStep,
        parameters: &[f32],
        gradient: &[f32],
        next: &mut [f32],
        ema: Option<(&[f32], &mut [f32])>,
    ) -> bool {
        let (adam, k) = (step.adam, (step.step + 1) as f64);
        let left = |beta: f64| 1.0 - libm::pow(beta, k);
        // θ − lr·m̂/(√v̂ + ε) with m̂ = m/(1−β₁ᵏ), v̂ = v/(1−β₂ᵏ): three constants a step, in f64.
        let constants = Constants {
            size: (step.learning_rate / left(adam.beta1)) as f32,
            root: (1.0 / left(adam.beta2).sqrt()) as f32,
            keep: (1.0 - step.learning_rate * adam.weight_decay) as f32,
            epsilon: adam.epsilon as f32,
            scale: step.gradient_scale as f32,
            b1: adam.beta1 as f32,
            c1: (1.0 - adam.beta1) as f32,
            b2: adam.beta2 as f32,
            c2: (1.0 - adam.beta2) as f32,
        };
        let fresh = (1.0 - step.decay) as f32;
        let arrays = next
            .par_chunks_mut(PIECE)
            .zip(self.m.par_chunks_mut(PIECE))
            .zip(self.v.par_chunks_mut(PIECE))
            .zip(parameters.par_chunks(PIECE))
            .zip(gradient.par_chunks(PIECE));
        let one = |next: &mut [f32], m: &mut [f32], v: &mut [f32], p: &[f32], g: &[f32]| dispatch!(*SIMD, simd => update(simd, &constants, next, (m, v), (p, g)));
        let Some((old, ema)) = ema else {
            let finite = arrays.map(|((((next, m), v), p), g)| one(next, m, v, p, g));
            return finite.min() != Some(false);
        };
        let averages = ema.par_chunks_mut(PIECE).zip(old.par_chunks(PIECE));
        let finite = arrays
            .zip(averages)
            .map(|(((((next, m), v), p), g), (ema, old))| {
                let finite = one(next, m, v, p, g);
                dispatch!(*SIMD, simd => mean(simd, fresh, ema, (old, next))) && finite
            });
        finite.min() != Some(false)
    }
}

/// Writes the new moving average of which `decay` is the old one. Whether all that it wrote is finite.
pub(crate) fn average(decay: f64, (old, next): (&[f32], &[f32]), ema: &mut [f32]) -> bool {
    let fresh = (1.0 - decay) as f32;
    let pieces = ema.par_chunks_mut(PIECE).zip(old.par_chunks(PIECE));
    let pieces = pieces.zip(next.par_chunks(PIECE));
    let finite = pieces
        .map(|((ema, old), next)| dispatch!(*SIMD, simd => mean(simd, fresh, ema, (old, next))));
    finite.min() != Some(false)
}

/// What is the same for every parameter.
struct Constants {
    size: f32,
    root: f32,
    keep: f32,
    epsilon: f32,
    scale: f32,
    b1: f32,
    c1: f32,
    b2: f32,
    c2: f32,
}

#[inline(always)]
fn update<S: Simd>(
    _: S,
    c: &Constants,
    next: &mut [f32],
    (m, v): (&mut [f32], &mut [f32]),
    (p, g): (&[f32], &[f32]),
) -> bool {
    let n = next.len();
    let (m, v, p, g) = (&mut m[..n], &mut v[..n], &p[..n], &g[..n]);
    let mut bad = 0;
    for i in 0..n {
        // All is read before anything is written: large arrays start at the same place of a page, and a CPU
        // takes a number read there for the one just written there in another array, and waits.
        let (g, old) = (g[i] * c.scale, p[i]);
        let mean = c.b1 * m[i] + c.c1 * g;
        let square = c.b2 * v[i] + c.c2 * (g * g);
        m[i] = mean;
        v[i] = square;
        let new = old * c.keep - c.size * mean / (square.sqrt() * c.root + c.epsilon);
        next[i] = new;
        bad |= u32::from(!new.is_finite());
    }
    bad == 0
}

#[inline(always)]
fn mean<S: Simd>(_: S, fresh: f32, ema: &mut [f32], (old, p): (&[f32], &[f32])) -> bool {
    let mut bad = 0;
    for (e, (old, p)) in ema.iter_mut().zip(old.iter().zip(p)) {
        *e = old + fresh * (p - old);
        bad |= u32::from(!e.is_finite());
    }
    bad == 0
}
