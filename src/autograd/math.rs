//! Scalar functions that the compiler can turn into SIMD code, and sums in a fixed order.

use std::sync::LazyLock;

use crate::parallel::*;
use fearless_simd::{Level, Select, Simd, SimdBase, SimdFloat, f32x16, u32x16};

/// What the CPU can do. Loops run through `dispatch!` are compiled for each level and vectorised by the
/// compiler, which never fuses or reorders by itself: an element's bits do not depend on its place.
///
/// `DIFFUSION_INTUITION_VECTORS` set to 128 or 256 allows no vectors of more bits, so that a machine with wide ones
/// computes (and is tested) as one without. Any other value ends the program: to go on with wide ones would be to
/// test what was not asked.
pub(crate) static SIMD: LazyLock<Level> = LazyLock::new(|| {
    let asked = std::env::var_os("DIFFUSION_INTUITION_VECTORS").unwrap_or_default();
    match most_bits(&asked.to_string_lossy()) {
        Ok(bits) => no_wider(Level::new(), bits),
        Err(refusal) => panic!("{refusal}"),
    }
});

/// How many bits vectors may have by a value of `DIFFUSION_INTUITION_VECTORS`; all that there are if it is empty.
fn most_bits(asked: &str) -> Result<Option<u32>, String> {
    match asked {
        "" => Ok(None),
        "128" => Ok(Some(128)),
        "256" => Ok(Some(256)),
        _ => Err(format!(
            "DIFFUSION_INTUITION_VECTORS is {asked:?}; valid are 128, 256, and no such variable"
        )),
    }
}

/// The level, or where its vectors have more bits than these, one whose vectors have not.
fn no_wider(level: Level, bits: Option<u32>) -> Level {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return match bits {
        Some(128) => level.as_sse4_2().map_or(level, Level::Sse4_2),
        Some(256) => level.as_avx2().map_or(level, Level::Avx2),
        _ => level,
    };
    // Elsewhere no vectors have more than 128 bits.
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    {
        let _ = bits;
        level
    }
}

/// All levels that can be tried here, the CPU's own first.
#[cfg(test)]
pub(super) fn levels() -> [Level; 3] {
    [None, Some(256), Some(128)].map(|bits| no_wider(Level::new(), bits))
}

/// Whether a level multiplies and adds in one instruction, rounded once.
#[inline(always)]
pub(crate) fn fuses<S: Simd>() -> bool {
    S::f32s::LEN >= 8 || cfg!(target_arch = "aarch64")
}

/// a·b + c, in one instruction if the CPU `fuses`: where it does not, a fused one costs a call.
#[inline(always)]
fn mul_add(a: f32, b: f32, c: f32, fuses: bool) -> f32 {
    if fuses { a.mul_add(b, c) } else { a * b + c }
}

/// e^x to about 2 units in the last place; 0 below −87.3 and e^88.7 above: never infinite, NaN stays NaN.
///
/// x = n ln 2 + r with |r| ≤ ½ ln 2, then a polynomial of degree 6 in r and n into the exponent bits
/// (Cephes' `expf`). Without branches or calls, so that loops over it vectorise: std's costs 5 ns an
/// element. Only additions and multiplications in a fixed order: the same bits on every CPU that
/// [fuses] them.
#[inline(always)]
pub(crate) fn exp(x: f32, fuses: bool) -> f32 {
    // Comparisons, not f32::max: they let NaN through.
    let x = not_below(x);
    let x = if x > 88.7 { 88.7 } else { x };
    let (p, n) = split_exp(x, fuses);
    // 2ⁿ in two factors: 2¹²⁸ has no bits of its own.
    let half = ((n as i32) >> 1) as u32;
    p * power(half) * power(n.wrapping_sub(half))
}

/// `x`, but at least −87.3: what silu takes, for x·sigmoid(x) of a far smaller x would be x times a sigmoid that is
/// not quite 0, down to −4.
#[inline(always)]
pub(crate) fn not_below(x: f32) -> f32 {
    // The comparison of `sigmoid`.
    if x < -LARGEST { -LARGEST } else { x }
}

/// Logistic function 1/(1 + e^−x), for |x| ≤ 87.3; outside it is that of the nearest of these.
#[inline(always)]
pub(crate) fn sigmoid(x: f32, fuses: bool) -> f32 {
    let x = not_below(x);
    // The same comparison again, and not the one with x above: it is one instruction.
    let minus = not_below(-x);
    let (p, n) = split_exp(minus, fuses);
    1.0 / (1.0 + p * power(n))
}

/// Below this |x|, e^x is p·2ⁿ with an n in −126..=126, which has bits of its own.
const LARGEST: f32 = 87.3;

/// 1.5·2²³: adding it rounds to an integer, which is then in the low bits.
const MAGIC: f32 = 12_582_912.0;
const LN2_HIGH: f32 = 0.693_359_4;
const LN2_LOW: f32 = -2.121_944_4e-4;
/// Of the polynomial, highest first.
const COEFFICIENTS: [f32; 6] = [
    1.987_569_1e-4,
    1.398_199_9e-3,
    8.333_452e-3,
    4.166_579_6e-2,
    1.666_666_5e-1,
    0.5,
];

/// (p, n) with e^x = p·2ⁿ.
#[inline(always)]
fn split_exp(x: f32, fuses: bool) -> (f32, u32) {
    let shifted = mul_add(x, std::f32::consts::LOG2_E, MAGIC, fuses);
    let n = shifted - MAGIC;
    let r = mul_add(n, -LN2_HIGH, x, fuses);
    let r = mul_add(n, -LN2_LOW, r, fuses);
    let mut p = COEFFICIENTS[0];
    for c in &COEFFICIENTS[1..] {
        p = mul_add(p, r, *c, fuses);
    }
    p = mul_add(p * r, r, r, fuses) + 1.0;
    (p, shifted.to_bits().wrapping_sub(MAGIC.to_bits()))
}

/// 2ⁿ for n in −126..=127.
#[inline(always)]
fn power(n: u32) -> f32 {
    f32::from_bits(n.wrapping_add(127) << 23)
}

/// [`not_below`] of each.
#[inline(always)]
pub(super) fn all_not_below<S: Simd>(simd: S, x: f32x16<S>) -> f32x16<S> {
    let least = f32x16::splat(simd, -LARGEST);
    x.simd_lt(least).select(least, x)
}

/// (p, n) with e^x = p·2ⁿ of each, as [`split_exp`].
#[inline(always)]
fn split_exps<S: Simd>(simd: S, x: f32x16<S>) -> (f32x16<S>, u32x16<S>) {
    let splat = |value: f32| f32x16::splat(simd, value);
    let shifted = x.mul_add(splat(std::f32::consts::LOG2_E), splat(MAGIC));
    let n = shifted - splat(MAGIC);
    let r = n.mul_add(splat(-LN2_HIGH), x);
    let r = n.mul_add(splat(-LN2_LOW), r);
    let mut p = splat(COEFFICIENTS[0]);
    for c in &COEFFICIENTS[1..] {
        p = p.mul_add(r, splat(*c));
    }
    let p = (p * r).mul_add(r, r) + splat(1.0);
    (p, shifted.to_bits() - u32x16::splat(simd, MAGIC.to_bits()))
}

/// [`power`] of each.
#[inline(always)]
fn powers<S: Simd>(simd: S, n: u32x16<S>) -> f32x16<S> {
    f32x16::from_bits((n + u32x16::splat(simd, 127)) << 23)
}

/// Powers below e^−55, about 2⁻⁷⁹, of a softmax are 0.
const NEGLIGIBLE: f32 = -55.0;

/// e^x for a softmax, whose largest x is 0: its powers below e^−55 change no sum, but what they are multiplied with next
/// would be left with the bits of subnormal numbers, and many processors take a hundred times as long for these (the
/// Transformer of section 9 trained six times as slowly). So they are 0.
#[inline(always)]
pub(super) fn power_of_softmax(x: f32, fuses: bool) -> f32 {
    let power = exp(x, fuses);
    if x < NEGLIGIBLE { 0.0 } else { power }
}

/// [`power_of_softmax`] of each, with the same bits.
#[inline(always)]
pub(super) fn powers_of_softmax<S: Simd>(simd: S, x: f32x16<S>) -> f32x16<S> {
    let (p, n) = split_exps(simd, all_not_below(simd, x));
    let negligible = x.simd_lt(f32x16::splat(simd, NEGLIGIBLE));
    negligible.select(f32x16::splat(simd, 0.0), p * powers(simd, n))
}

/// [`sigmoid`] of each, with the same bits: where the compiler would not find the vectors by itself.
#[inline(always)]
pub(super) fn sigmoids<S: Simd>(simd: S, x: f32x16<S>) -> f32x16<S> {
    let x = all_not_below(simd, -all_not_below(simd, x));
    let (p, n) = split_exps(simd, x);
    let one = f32x16::splat(simd, 1.0);
    one / (one + p * powers(simd, n))
}

/// Numbers in one block of a sum.
const BLOCK: usize = 8192;

/// Σ f(i) over `0..len`, in f64: blocks of a fixed size, added in order, so that the number of threads
/// never changes a bit.
pub(crate) fn sum_of(len: usize, f: impl Fn(usize) -> f64 + Sync) -> f64 {
    let block = |b: usize| {
        let range = b * BLOCK..((b + 1) * BLOCK).min(len);
        // Eight running sums: one would wait for each addition to finish.
        let mut sums = [0.0_f64; 8];
        for i in range {
            sums[i % 8] += f(i);
        }
        sums.iter().sum::<f64>()
    };
    let blocks = len.div_ceil(BLOCK);
    if blocks <= 8 {
        return (0..blocks).map(block).sum();
    }
    let sums: Vec<f64> = (0..blocks).into_par_iter().map(block).collect();
    sums.iter().sum()
}

/// Σ x² over f32 numbers, in sixteen f32 sums: for norms, where 1e-6 is close enough. NaN or infinite if
/// any of the numbers is, or too large to square.
#[inline(always)]
pub(crate) fn sum_of_squares(values: &[f32]) -> f64 {
    let mut sums = [0.0_f32; 16];
    let whole = values.chunks_exact(16);
    let rest: f32 = whole.remainder().iter().map(|x| x * x).sum();
    for chunk in whole {
        sums.iter_mut().zip(chunk).for_each(|(s, x)| *s += x * x);
    }
    f64::from(rest) + sums.iter().map(|s| f64::from(*s)).sum::<f64>()
}

/// Length of the pieces that `len` numbers in rows of `cols` are split into for elementwise work.
pub(super) fn piece(len: usize, cols: usize) -> usize {
    const GRAIN: usize = 1 << 16;
    if len < 2 * GRAIN {
        return len.max(1);
    }
    GRAIN.next_multiple_of(cols.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fearless_simd::dispatch;

    #[test]
    fn a_width_that_is_none_is_refused_by_its_value() {
        let bits = ["", "256", "128"].map(|asked| most_bits(asked).unwrap());
        assert_eq!(bits, [None, Some(256), Some(128)]);
        for wrong in ["512", " 128", "wide"] {
            let refusal = most_bits(wrong).unwrap_err();
            assert!(
                refusal.contains(&format!("{wrong:?}; valid are 128, 256")),
                "{refusal}"
            );
        }
    }

    #[test]
    fn exp_is_within_two_units_in_the_last_place() {
        for fuses in [false, true] {
            let worst = (-870_000..=887_000).step_by(7).map(|i| {
                let x = i as f32 * 1e-4;
                let exact = f64::from(x).exp();
                (f64::from(exp(x, fuses)) / exact - 1.0).abs()
            });
            let worst = worst.fold(0.0, f64::max);
            assert!(worst < 2.0 * f64::from(f32::EPSILON), "{worst:e}");
        }
    }

    #[test]
    fn vectors_have_the_same_bits() {
        let place = |i: usize| (i as f32 - 50_000.0) * 1.9e-3;
        for i in (0..100_000).step_by(16) {
            let mut all: [f32; 16] = std::array::from_fn(|j| place(i + j));
            if i == 0 {
                all[..3].copy_from_slice(&[f32::NAN, f32::INFINITY, -f32::INFINITY]);
            }
            let (one, vector) = dispatch!(*SIMD, simd => {
                let vector = sigmoids(simd, f32x16::from_slice(simd, &all));
                (all.map(|x| sigmoid(x, fuses_of(simd))), <[f32; 16]>::from(vector))
            });
            assert_eq!(one.map(f32::to_bits), vector.map(f32::to_bits));
            let all = all.map(|x| -x.abs());
            let (one, vector) = dispatch!(*SIMD, simd => {
                let vector = powers_of_softmax(simd, f32x16::from_slice(simd, &all));
                (all.map(|x| power_of_softmax(x, fuses_of(simd))), <[f32; 16]>::from(vector))
            });
            assert_eq!(one.map(f32::to_bits), vector.map(f32::to_bits));
        }
    }

    fn fuses_of<S: Simd>(_: S) -> bool {
        fuses::<S>()
    }

    #[test]
    fn exp_at_the_ends() {
        for fuses in [false, true] {
            assert!(exp(f32::NAN, fuses).is_nan());
            assert!(exp(1e9, fuses).is_finite() && exp(1e9, fuses) > 3e38);
            assert!(exp(f32::NEG_INFINITY, fuses) < 2e-38);
            assert_eq!(exp(0.0, fuses), 1.0);
            assert_eq!(sigmoid(200.0, fuses), 1.0);
            assert!(sigmoid(-200.0, fuses) < 1e-37);
            assert!(sigmoid(f32::NAN, fuses).is_nan());
            for x in [-87.0_f32, -20.0, -1.0, 0.0, 1.0, 20.0] {
                // Four roundings and the exponential's own two units.
                let off = f64::from(sigmoid(x, fuses)) * (1.0 + f64::from(-x).exp()) - 1.0;
                assert!(off.abs() < 4.0 * f64::from(f32::EPSILON), "{x}: {off:e}");
            }
        }
    }

    #[test]
    fn sums_do_not_depend_on_threads() {
        let term = |i: usize| (i as f64).sin() / 7.0;
        let one = rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .unwrap();
        let three = rayon::ThreadPoolBuilder::new()
            .num_threads(3)
            .build()
            .unwrap();
        let len = 100_003;
        let a = one.install(|| sum_of(len, term));
        assert_eq!(a.to_bits(), three.install(|| sum_of(len, term)).to_bits());
        assert!((a - (0..len).map(term).sum::<f64>()).abs() < 1e-9);
    }
}
