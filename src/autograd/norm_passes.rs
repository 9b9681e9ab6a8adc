//! What a norm does to one picture, in vectors of 16 channels.
//!
//! `moments` holds a picture's mean, 1/√(variance + ε), factor a and summand b of z = (x − mean)·a + b, each one
//! number a channel; `sums` those of the way back.

use std::ops::Range;

use fearless_simd::{Simd, SimdBase, SimdFloat, f32x16};

use super::math::{all_not_below, sigmoids};
use super::vectors::{LANES, load, store};

/// Added to a variance, as PyTorch does.
pub(super) const EPS: f32 = 1e-5;

/// The channels of each vector.
#[inline(always)]
fn blocks(cols: usize) -> impl Iterator<Item = Range<usize>> {
    blocks_of(cols, LANES)
}

/// So many channels each.
#[inline(always)]
fn blocks_of(cols: usize, width: usize) -> impl Iterator<Item = Range<usize>> {
    let block = move |first| first..cols.min(first + width);
    (0..cols).step_by(width).map(block)
}

/// Vector of these channels of each of the four.
#[inline(always)]
fn parts<S: Simd>(simd: S, all: &[f32], block: &Range<usize>) -> [f32x16<S>; 4] {
    let cols = all.len() / 4;
    let mut parts = [f32x16::splat(simd, 0.0); 4];
    for i in 0..4 {
        [parts[i]] = load(simd, &all[i * cols..][block.clone()]);
    }
    parts
}

/// Σ (x − mean), or its `SQUARES`, over the pixels.
#[inline(always)]
fn deviations<S: Simd, const SQUARES: bool>(
    simd: S,
    x: &[f32],
    cols: usize,
    block: Range<usize>,
    mean: f32x16<S>,
) -> f32x16<S> {
    // Four sums: one would wait for each addition to finish.
    let mut sums = [f32x16::splat(simd, 0.0); 4];
    for rows in x.chunks(4 * cols) {
        for (i, row) in rows.chunks_exact(cols).enumerate() {
            let [x] = load(simd, &row[block.clone()]);
            let off = x - mean;
            sums[i] = if SQUARES {
                off.mul_add(off, sums[i])
            } else {
                sums[i] + off
            };
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

/// Mean and 1/√(variance + ε) of each channel's group.
#[inline(always)]
pub(super) fn moments<S: Simd>(simd: S, moments: &mut [f32], x: &[f32], groups: usize) {
    let cols = moments.len() / 4;
    let (mean, rest) = moments.split_at_mut(cols);
    let inverse = &mut rest[..cols];
    let (width, count) = (cols / groups, (x.len() / groups) as f32);
    for block in blocks(cols) {
        let zero = f32x16::splat(simd, 0.0);
        let sum = deviations::<S, false>(simd, x, cols, block.clone(), zero);
        store([sum], &mut mean[block]);
    }
    for group in mean.chunks_exact_mut(width) {
        let sum: f32 = group.iter().sum();
        group.fill(sum / count);
    }
    for block in blocks(cols) {
        let [mean] = load(simd, &mean[block.clone()]);
        let sum = deviations::<S, true>(simd, x, cols, block.clone(), mean);
        store([sum], &mut inverse[block]);
    }
    for group in inverse.chunks_exact_mut(width) {
        let sum: f32 = group.iter().sum();
        group.fill(1.0 / (sum / count + EPS).sqrt());
    }
}

/// Factor and summand of z.
#[inline(always)]
pub(super) fn affine<S: Simd>(
    simd: S,
    moments: &mut [f32],
    [gamma, beta]: [&[f32]; 2],
    table: Option<[&[f32]; 2]>,
) {
    let cols = moments.len() / 4;
    let one = f32x16::splat(simd, 1.0);
    for block in blocks(cols) {
        let [_, inverse, ..] = parts(simd, moments, &block);
        let [gamma, beta] = [gamma, beta].map(|all| load::<S, 1>(simd, &all[block.clone()])[0]);
        let (mut factor, mut summand) = (inverse * gamma, beta);
        if let Some([scale, shift]) = table {
            let [scale] = load(simd, &scale[block.clone()]);
            let [shift] = load(simd, &shift[block.clone()]);
            factor *= one + scale;
            summand = beta.mul_add(one + scale, shift);
        }
        store([factor], &mut moments[2 * cols..][block.clone()]);
        store([summand], &mut moments[3 * cols..][block]);
    }
}

/// y = z or silu(z).
#[inline(always)]
pub(super) fn forward<S: Simd>(simd: S, y: &mut [f32], x: &[f32], moments: &[f32], silu: bool) {
    let cols = moments.len() / 4;
    for block in blocks(cols) {
        let [mean, _, factor, summand] = parts(simd, moments, &block);
        for (y, x) in y.chunks_exact_mut(cols).zip(x.chunks_exact(cols)) {
            let [x] = load(simd, &x[block.clone()]);
            let mut z = (x - mean).mul_add(factor, summand);
            if silu {
                z = all_not_below(simd, z);
                z = z * sigmoids(simd, z);
            }
            store([z], &mut y[block.clone()]);
        }
    }
}

/// Turns dy into dz = dy·silu′(z), and sums dz and dz·x̂ over the pixels: the first half of `sums`.
#[inline(always)]
pub(super) fn backward_sums<S: Simd>(
    simd: S,
    dy: &mut [f32],
    sums: &mut [f32],
    x: &[f32],
    moments: &[f32],
    silu: bool,
) {
    let cols = moments.len() / 4;
    let one = f32x16::splat(simd, 1.0);
    for block in blocks(cols) {
        let [mean, inverse, factor, summand] = parts(simd, moments, &block);
        let [mut sum, mut product] = [f32x16::splat(simd, 0.0); 2];
        for (dy, x) in dy.chunks_exact_mut(cols).zip(x.chunks_exact(cols)) {
            let [x] = load(simd, &x[block.clone()]);
            let [mut dz] = load(simd, &dy[block.clone()]);
            let off = x - mean;
            if silu {
                let z = all_not_below(simd, off.mul_add(factor, summand));
                let s = sigmoids(simd, z);
                dz *= (z * s).mul_add(one - s, s);
                store([dz], &mut dy[block.clone()]);
            }
            sum += dz;
            product = (off * inverse).mul_add(dz, product);
        }
        store([sum], &mut sums[block.clone()]);
        store([product], &mut sums[cols..][block]);
    }
}

/// Turns dz into dx = a·dz − (p + x̂·q), with p and q the means of a·dz and a·dz·x̂ over a group: the second half of
/// `sums`.
#[inline(always)]
pub(super) fn backward<S: Simd>(
    simd: S,
    dz: &mut [f32],
    sums: &mut [f32],
    x: &[f32],
    moments: &[f32],
    groups: usize,
) {
    let cols = moments.len() / 4;
    let count = (dz.len() / groups) as f32;
    let factor = &moments[2 * cols..3 * cols];
    for i in 0..2 {
        let (sums, means) = sums[i * cols..].split_at_mut(2 * cols);
        for group in blocks_of(cols, cols / groups) {
            let pairs = factor[group.clone()].iter().zip(&sums[group.clone()]);
            let sum: f32 = pairs.map(|(a, sum)| a * sum).sum();
            means[group].fill(sum / count);
        }
    }
    for block in blocks(cols) {
        let [mean, inverse, factor, _] = parts(simd, moments, &block);
        let [_, _, p, q] = parts(simd, sums, &block);
        for (dz, x) in dz.chunks_exact_mut(cols).zip(x.chunks_exact(cols)) {
            let [x] = load(simd, &x[block.clone()]);
            let [d] = load(simd, &dz[block.clone()]);
            let means = ((x - mean) * inverse).mul_add(q, p);
            store([factor.mul_sub(d, means)], &mut dz[block.clone()]);
        }
    }
}
