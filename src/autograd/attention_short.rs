//! Attention within samples of at most 16 rows, in vectors that hold a number of each row of q.
//!
//! The products of a 10×10 attention with heads of 16 columns are too small to be worth their calls. Here the shares
//! of a head are a vector for each key, one lane a query: the softmax over keys is then a softmax of vectors, without
//! a sum across lanes. All sums run in the order of the [general way](super::attention), so that both give the same
//! bits (tested).

use std::ops::Range;

use fearless_simd::{Select, Simd, SimdBase, SimdFloat, dispatch, f32x16};

use super::math::{SIMD, powers_of_softmax};
use super::vectors::{LANES, load, store, transpose};

/// One vector a key.
type Vectors<S> = [f32x16<S>; LANES];

/// Sizes of one sample: Lq rows of q and Lk of k and v, in heads of `width` columns.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub queries: usize,
    pub keys: usize,
    pub heads: usize,
    pub width: usize,
}

impl Sizes {
    /// Whether a lane a query and a vector a key are enough.
    pub fn are_short(&self) -> bool {
        self.queries.max(self.keys) <= LANES
    }

    /// Numbers of a sample's q or y, of its k or v, and of its shares.
    pub fn lengths(&self) -> [usize; 3] {
        let cols = self.heads * self.width;
        let lanes = if self.are_short() {
            LANES
        } else {
            self.queries
        };
        [
            self.queries * cols,
            self.keys * cols,
            self.heads * lanes * self.keys,
        ]
    }

    /// What q·kᵀ is multiplied by: 1/√d.
    pub fn scale(&self) -> f32 {
        1.0 / (self.width as f32).sqrt()
    }
}

/// One sample: y, and the shares of its heads, 16 numbers a key.
pub(super) fn forward(sizes: Sizes, qkv: [&[f32]; 3], y: &mut [f32], shares: &mut [f32]) {
    dispatch!(*SIMD, simd => all_heads(simd, sizes, qkv, y, shares));
}

/// One sample: dq, dk and dv from dy.
pub(super) fn backward(sizes: Sizes, values: [&[f32]; 5], results: [&mut [f32]; 3]) {
    dispatch!(*SIMD, simd => all_heads_back(simd, sizes, values, results));
}

/// Columns of head `h`, 16 at a time.
#[inline(always)]
fn blocks(sizes: &Sizes, h: usize) -> impl Iterator<Item = Range<usize>> {
    let (first, end) = (h * sizes.width, (h + 1) * sizes.width);
    (first..end)
        .step_by(LANES)
        .map(move |at| at..end.min(at + LANES))
}

#[inline(always)]
fn zeros<S: Simd>(simd: S) -> Vectors<S> {
    [f32x16::splat(simd, 0.0); LANES]
}

/// For every row of `b`, its products with all rows of `a`, one lane each: a and b are of these columns.
#[inline(always)]
fn products<S: Simd>(simd: S, sizes: &Sizes, h: usize, [a, b]: [&[f32]; 2]) -> Vectors<S> {
    let cols = sizes.heads * sizes.width;
    let mut sums = zeros(simd);
    for block in blocks(sizes, h) {
        let mut turned = zeros(simd);
        for (i, row) in a.chunks_exact(cols).enumerate() {
            [turned[i]] = load(simd, &row[block.clone()]);
        }
        let turned = transpose(turned);
        for (j, row) in b.chunks_exact(cols).enumerate() {
            let row = &row[block.clone()];
            let mut sum = sums[j];
            for c in 0..row.len() {
                sum = f32x16::splat(simd, row[c]).mul_add(turned[c], sum);
            }
            sums[j] = sum;
        }
    }
    sums
}

/// Row i of `to` is Σ_j shares_j[i]·row j of `from`, over the keys; or, `turned`, row j is Σ_i shares_j[i]·row i.
#[inline(always)]
fn mix<S: Simd, const TURNED: bool>(
    simd: S,
    sizes: &Sizes,
    h: usize,
    shares: &[f32],
    from: &[f32],
    to: &mut [f32],
) {
    let cols = sizes.heads * sizes.width;
    for block in blocks(sizes, h) {
        let mut rows = zeros(simd);
        for (j, row) in from.chunks_exact(cols).enumerate() {
            [rows[j]] = load(simd, &row[block.clone()]);
        }
        let terms = from.len() / cols;
        for (i, to) in to.chunks_exact_mut(cols).enumerate() {
            let mut sum = f32x16::splat(simd, 0.0);
            for j in 0..terms {
                let share = if TURNED {
                    shares[i * LANES + j]
                } else {
                    shares[j * LANES + i]
                };
                sum = f32x16::splat(simd, share).mul_add(rows[j], sum);
            }
            store([sum], &mut to[block.clone()]);
        }
    }
}

/// Halves onto each other with `both`.
#[inline(always)]
fn fold<S: Simd>(
    mut all: Vectors<S>,
    both: impl Fn(f32x16<S>, f32x16<S>) -> f32x16<S>,
) -> f32x16<S> {
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            all[i] = both(all[i], all[i + half]);
        }
    }
    all[0]
}

#[inline(always)]
fn all_heads<S: Simd>(
    simd: S,
    sizes: Sizes,
    [q, k, v]: [&[f32]; 3],
    y: &mut [f32],
    shares: &mut [f32],
) {
    let keys = sizes.keys;
    let scale = f32x16::splat(simd, sizes.scale());
    for (h, shares) in shares.chunks_exact_mut(keys * LANES).enumerate() {
        let mut z = products(simd, &sizes, h, [q, k]);
        let mut most = [f32x16::splat(simd, f32::NEG_INFINITY); LANES];
        for j in 0..keys {
            z[j] *= scale;
            most[j] = z[j].simd_gt(most[j]).select(z[j], most[j]);
        }
        let most = fold(most, |a, b| b.simd_gt(a).select(b, a));
        let mut powers = zeros(simd);
        for j in 0..keys {
            powers[j] = powers_of_softmax(simd, z[j] - most);
        }
        let sum = fold(powers, |a, b| a + b);
        for j in 0..keys {
            store([powers[j] / sum], &mut shares[j * LANES..][..LANES]);
        }
        mix::<S, false>(simd, &sizes, h, shares, v, y);
    }
}

#[inline(always)]
fn all_heads_back<S: Simd>(
    simd: S,
    sizes: Sizes,
    [q, k, v, dy, shares]: [&[f32]; 5],
    [dq, dk, dv]: [&mut [f32]; 3],
) {
    let keys = sizes.keys;
    let scale = f32x16::splat(simd, sizes.scale());
    let mut ds = [0.0; LANES * LANES];
    for (h, shares) in shares.chunks_exact(keys * LANES).enumerate() {
        mix::<S, true>(simd, &sizes, h, shares, dy, dv);
        let dp = products(simd, &sizes, h, [dy, v]);
        let mut p = zeros(simd);
        let mut along = zeros(simd);
        for j in 0..keys {
            [p[j]] = load(simd, &shares[j * LANES..][..LANES]);
            along[j] += dp[j] * p[j];
        }
        let mean = fold(along, |a, b| a + b);
        for j in 0..keys {
            let d = scale * p[j] * (dp[j] - mean);
            store([d], &mut ds[j * LANES..][..LANES]);
        }
        mix::<S, false>(simd, &sizes, h, &ds, k, dq);
        mix::<S, true>(simd, &sizes, h, &ds, q, dk);
    }
}
