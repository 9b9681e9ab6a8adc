//! Standard normal noise, many values at a time: Box–Muller on sixteen interleaved generators.
//!
//! The ziggurat of `rand_distr` makes one value after another, with a table and branches: 3.1 ns a value on
//! one core. This makes sixteen pairs at once without branches, so that the compiler turns the loops into
//! SIMD code: 1.1 ns. Every operation is an integer one or an addition, multiplication, division or square
//! root that IEEE 754 defines to the bit: a seed gives the same bits on every CPU.

use std::f32::consts::{LN_2, PI};

use fearless_simd::{Level, Simd, dispatch};

/// Generators side by side. Part of the definition of what a seed yields, as is the order of a block.
pub(super) const LANES: usize = 16;

/// Values made together: first the cosines' of all lanes, then the sines'.
const BLOCK: usize = 2 * LANES;

/// One 32-bit word a lane.
type Words = [u32; LANES];

/// Fills `out` with independent draws from N(0, 1), from generators that `seed` seeds.
pub(super) fn fill(out: &mut [f32], seed: impl FnMut() -> u64) {
    fill_at(Level::new(), out, seed);
}

/// [`fill`] with what the CPU has at `level`: the compiler then uses wider registers, but it may not
/// contract, reorder or approximate floating-point operations, so the bits do not change.
pub(super) fn fill_at(level: Level, out: &mut [f32], seed: impl FnMut() -> u64) {
    let lanes = Lanes::new(seed);
    dispatch!(level, simd => lanes.fill(simd, out));
}

/// xoshiro128++ (Blackman & Vigna 2021), one generator a lane: four words of state each.
pub(super) struct Lanes([Words; 4]);

impl Lanes {
    /// The first generator takes its state from the first two numbers of `seed`, low halves first.
    pub(super) fn new(mut seed: impl FnMut() -> u64) -> Self {
        let [mut a, mut b, mut c, mut d] = [[0; LANES]; 4];
        for i in 0..LANES {
            let (first, second) = (seed(), seed());
            (a[i], b[i]) = (first as u32, (first >> 32) as u32);
            (c[i], d[i]) = (second as u32, (second >> 32) as u32);
        }
        Self([a, b, c, d])
    }

    #[inline(always)]
    fn fill<S: Simd>(mut self, _: S, out: &mut [f32]) {
        let (blocks, rest) = out.as_chunks_mut();
        for block in blocks {
            *block = self.normals();
        }
        if !rest.is_empty() {
            rest.copy_from_slice(&self.normals()[..rest.len()]);
        }
    }

    /// The next 32 bits of every generator.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Words {
        let [a, b, c, d] = &mut self.0;
        let mut out = [0; LANES];
        for i in 0..LANES {
            out[i] = a[i].wrapping_add(d[i]).rotate_left(7).wrapping_add(a[i]);
            let shifted = b[i] << 9;
            c[i] ^= a[i];
            d[i] ^= b[i];
            b[i] ^= c[i];
            a[i] ^= d[i];
            c[i] ^= shifted;
            d[i] = d[i].rotate_left(11);
        }
        out
    }

    #[inline(always)]
    fn normals(&mut self) -> [f32; BLOCK] {
        let (a, b) = (self.next(), self.next());
        let mut out = [0.0; BLOCK];
        for i in 0..LANES {
            (out[i], out[LANES + i]) = box_muller(a[i], b[i]);
        }
        out
    }
}

/// Two independent normal values from 64 uniform bits: √(−2 ln u) (cos φ, sin φ) (Box & Muller 1958).
///
/// u has 40 bits, so values reach ±7.5 (beyond, the normal law has 5·10⁻¹⁴ of its mass); φ has 24.
#[inline(always)]
pub(super) fn box_muller(a: u32, b: u32) -> (f32, f32) {
    // u in (0, 1]: the upper 24 bits of a, then its lower 8 and those of b, at the middle of their step.
    // Through i32, for which every CPU has a vector conversion.
    let upper = (a >> 8) as i32 as f32;
    let lower = ((a & 0xff) << 8 | b & 0xff) as i32 as f32 + 0.5;
    let u = upper / (1_u64 << 24) as f32 + lower / (1_u64 << 40) as f32;
    // φ over the whole circle: 23 bits for the half of it where the cosine is positive, 1 for the sign of r.
    let step = (b >> 8 & 0x7f_ffff) as i32 - (1 << 22);
    let phi = (step as f32 + 0.5) * (PI / (1 << 23) as f32);
    let r = (-2.0 * ln(u)).sqrt();
    let r = f32::from_bits(r.to_bits() ^ (b & 1 << 31));
    let (sin, cos) = sin_cos(phi);
    (r * cos, r * sin)
}

/// ln u for positive, normal u, to 2 units in the last place, near u = 1 too.
///
/// u = m·2ᵉ with m in [√½, √2), ln m = 2 artanh z with z = (m−1)/(m+1), and the series 2(z + z³/3 + z⁵/5 +
/// z⁷/7): |z| ≤ 0.172, so the next term is at most 3·10⁻⁸.
#[inline(always)]
fn ln(u: f32) -> f32 {
    let bits = u.to_bits() as i32;
    let e = (bits - std::f32::consts::FRAC_1_SQRT_2.to_bits() as i32) >> 23;
    let m = f32::from_bits((bits - (e << 23)) as u32);
    let z = (m - 1.0) / (m + 1.0);
    let zz = z * z;
    let series = 2.0 + zz * (2.0 / 3.0 + zz * (2.0 / 5.0 + zz * (2.0 / 7.0)));
    e as f32 * LN_2 + z * series
}

/// Sine and cosine for |x| ≤ π/2, to 2·10⁻⁷: Taylor's series to x¹¹ and x¹².
#[inline(always)]
fn sin_cos(x: f32) -> (f32, f32) {
    /// ±1/n!, the coefficient of xⁿ.
    const fn c(n: u32) -> f32 {
        let (mut factorial, mut i) = (1.0, 1);
        while i <= n {
            factorial *= i as f64;
            i += 1;
        }
        let sign = if n % 4 < 2 { 1.0 } else { -1.0 };
        (sign / factorial) as f32
    }
    let xx = x * x;
    let sin = c(5) + xx * (c(7) + xx * (c(9) + xx * c(11)));
    let cos = c(4) + xx * (c(6) + xx * (c(8) + xx * (c(10) + xx * c(12))));
    let sin = x * (1.0 + xx * (c(3) + xx * sin));
    (sin, 1.0 + xx * (c(2) + xx * cos))
}
